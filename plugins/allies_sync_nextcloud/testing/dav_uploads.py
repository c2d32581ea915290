"""Chunked uploads: a folder of pieces in ``/remote.php/dav/uploads/USER/``, put together by a MOVE of ``.file``."""

from __future__ import annotations

import hashlib

from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing import dav_xml as xml
from allies_sync_nextcloud.testing import names, permissions
from allies_sync_nextcloud.testing.dav_properties import etag
from allies_sync_nextcloud.testing.dav_read import depth_of
from allies_sync_nextcloud.testing.dav_transfer import destination_path
from allies_sync_nextcloud.testing.dav_write import created, user_path, whole_seconds
from allies_sync_nextcloud.testing.dav_xml import DAV, Resource, Status
from allies_sync_nextcloud.testing.exchange import Answer, Request
from allies_sync_nextcloud.testing.scope import Scope

_LENGTH = xml.name(DAV, "getcontentlength")
_WHOLE = ".file"

Pieces = dict[str, bytes]


class Uploads:
    """Of one user; ``pieces`` lives as long as the server."""

    def __init__(self, scope: Scope, folders: dict[str, Pieces]) -> None:
        self._scope = scope
        self._folders = folders
        self._prefix = f"/remote.php/dav/uploads/{scope.owner.uid}"

    def answer(self, segments: list[str], request: Request) -> Answer:
        if not segments:
            raise errors.not_implemented(request.method)
        name = segments[0]
        if request.method == "MKCOL":
            if name in self._folders:
                raise errors.already_exists(errors.ALLOWED)
            self._folders[name] = {}
            return created()
        pieces = self._folders.get(name)
        if pieces is None:
            raise errors.not_found(f"File with name //{name} could not be located")
        if request.method == "PROPFIND":
            return self._list(name, pieces, request)
        if request.method == "PUT" and len(segments) == 2:
            known = segments[1] in pieces
            pieces[segments[1]] = request.body
            tag = f'"{hashlib.md5(request.body).hexdigest()}"'  # noqa: S324
            return Answer(204, [("ETag", tag), ("OC-ETag", tag)]) if known else created()
        if request.method == "DELETE" and len(segments) == 1:
            del self._folders[name]
            return Answer(204)
        if request.method == "MOVE" and segments[1:] == [_WHOLE]:
            return self._assemble(name, pieces, request)
        raise errors.not_implemented(request.method)

    def _list(self, name: str, pieces: Pieces, request: Request) -> Answer:
        sizes = {_WHOLE: sum(map(len, pieces.values())), **{one: len(pieces[one]) for one in sorted(pieces)}}
        href = names.encode(f"{self._prefix}/{name}/")
        resources = [Resource(href, [Status(404, [(_LENGTH, None)])])]
        if depth_of(request) > 0:
            resources += [
                Resource(href + names.encode(one), [Status(200, [(_LENGTH, str(length))])])
                for one, length in sizes.items()
            ]
        return xml.multistatus(resources)

    def _assemble(self, name: str, pieces: Pieces, request: Request) -> Answer:
        scope = self._scope
        path = destination_path(request, "/remote.php/dav/")
        if not path.startswith(scope.prefix + "/"):
            raise errors.conflict("The destination node is not found")
        segments = names.split_path(path.removeprefix(scope.prefix))
        parent = scope.find(segments[:-1])
        if parent is None or parent.folder is None:
            raise errors.conflict("The destination node is not found")
        content = b"".join(pieces[one] for one in sorted(pieces, key=lambda one: (len(one), one)))
        total = request.headers.get("OC-Total-Length", "")
        if total.isdigit() and int(total) != len(content):
            message = f"Chunks on server do not sum up to {total} but to {len(content)} bytes"
            raise errors.bad_request(message)
        place = scope.child(parent, segments[-1])
        if not (place.may(permissions.UPDATE) if place else parent.may(permissions.CREATE)):
            raise errors.forbidden()
        free = scope.free_space(parent)
        if free is not None and len(content) > free:
            raise errors.insufficient_storage(user_path(segments if place else segments[:-1]), len(content), free)
        if names.too_long_for_upload(segments[-1]):
            raise errors.internal("Could not rename part file to final file")
        tree = scope.state.tree
        if place is not None and place.file is not None:
            file = place.file
            tree.write(file, content)
        else:
            file = tree.make_file(parent.folder, names.nfc(segments[-1]), content)
        file.checksums = request.headers.get("OC-Checksum", "").strip()
        headers = []
        if "X-OC-MTime" in request.headers:
            tree.touch(file, whole_seconds(request.headers["X-OC-MTime"]))
            headers.append(("X-OC-MTime", "accepted"))
        file.upload_time = scope.state.clock.second()
        del self._folders[name]
        current = etag(scope, scope.locate(segments))
        headers += [("OC-ETag", current), ("ETag", current), ("OC-FileId", scope.state.oc_fileid(file.fileid))]
        return Answer(204, headers) if place else created(*headers)
