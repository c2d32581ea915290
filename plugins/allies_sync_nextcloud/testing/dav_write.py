"""PUT, MKCOL, DELETE and PROPPATCH on files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing import dav_xml as xml
from allies_sync_nextcloud.testing import names, permissions
from allies_sync_nextcloud.testing.dav_properties import patch
from allies_sync_nextcloud.testing.dav_read import allowed_on
from allies_sync_nextcloud.testing.dav_xml import Change, Resource
from allies_sync_nextcloud.testing.exchange import Answer, Request
from allies_sync_nextcloud.testing.scope import Place, Scope
from allies_sync_nextcloud.testing.tree import File

HTML = ("Content-Type", "text/html; charset=UTF-8")
_ALGORITHMS = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256"}


def created(*headers: tuple[str, str]) -> Answer:
    return Answer(201, [*headers, ("Content-Length", "0"), HTML])


def parent_of(scope: Scope, segments: Sequence[str]) -> Place:
    """For a MKCOL: 409 where a PUT would be told 404."""
    parent = scope.find(segments[:-1])
    if parent is None:
        raise errors.conflict("Parent node does not exist")
    if parent.folder is None:
        raise errors.conflict("Parent node is not a collection")
    return parent


def mkcol(scope: Scope, segments: list[str], request: Request) -> Answer:
    asked: list[Change] = []
    if request.body.strip():
        asked = xml.changes(xml.parse(request.body, xml.name(xml.DAV, "mkcol")))
    if not segments:
        raise errors.already_exists(errors.ALLOWED)
    try:
        parent = parent_of(scope, segments)
    except errors.DavError as error:
        if _through_file(scope, segments):
            raise errors.conflict("Parent node is not a collection") from None
        raise error
    if names.partial(segments[-1]):
        raise errors.already_exists(errors.ALLOWED)
    existing = scope.child(parent, segments[-1])
    if existing is not None:
        raise errors.already_exists(allowed_on(existing))
    if not parent.may(permissions.CREATE):
        raise errors.forbidden()
    if scope.free_space(parent) == 0:
        raise errors.forbidden(f"Could not create directory {user_path(segments)}")
    made = scope.state.tree.make_folder(parent.inside, names.nfc(segments[-1]))
    answer = created(("OC-FileId", scope.state.oc_fileid(made.fileid)))
    place = Place(made, tuple(segments), parent.bits, parent.mount)
    statuses = [one for one in patch(scope, place, asked) if one.properties] if asked else []
    if any(status.status not in (200, 204) for status in statuses):
        return xml.multistatus([Resource(scope.href(place).rstrip("/"), statuses)], classes=None)
    return answer


def put(scope: Scope, segments: list[str], request: Request) -> Answer:
    if "Content-Range" in request.headers:
        raise errors.bad_request("Content-Range on PUT requests are forbidden.")
    if not segments:
        raise errors.conflict("PUT is not allowed on non-files.")
    parent = scope.locate(segments[:-1])
    if parent.folder is None:
        raise errors.not_found(f"Could not find node at path: files/{scope.owner.uid}/{'/'.join(segments)}")
    segments = [*segments[:-1], scope.new_name(parent, segments[-1])]
    if names.partial(segments[-1]):
        raise errors.locked(user_path(segments).lstrip("/"))
    place = scope.child(parent, segments[-1])
    if place is not None and place.file is None:
        raise errors.conflict("PUT is not allowed on non-files.")
    if not (place.may(permissions.UPDATE) if place else parent.may(permissions.CREATE)):
        raise errors.forbidden()
    _check_quota(scope, parent, segments, request)
    name = names.nfc(segments[-1])
    if names.too_long_for_upload(name):
        sent = "1 byte" if len(request.body) == 1 else f"{len(request.body)} bytes"
        message = f"Error while copying file to target location (copied: -1 bytes, expected filesize: {sent})"
        raise errors.internal(message)
    if not request.complete:
        raise _truncated(request)
    tree = scope.state.tree
    if place is not None and place.file is not None:
        file = place.file
        tree.write(file, request.body)
    else:
        file = tree.make_file(parent.folder, name, request.body)
    headers = _accept_times(scope, file, request)
    file.upload_time = scope.state.clock.second()
    file.checksums = request.headers.get("OC-Checksum", "").strip()
    headers += _hashes(request)
    return _stored(scope, file, headers, is_new=place is None)


def _stored(scope: Scope, file: File, headers: list[tuple[str, str]], is_new: bool) -> Answer:
    current = f'"{file.etag}"'
    headers = [*headers, ("OC-FileId", scope.state.oc_fileid(file.fileid)), ("ETag", current), ("OC-ETag", current)]
    return created(*headers) if is_new else Answer(204, headers)


def _accept_times(scope: Scope, file: File, request: Request) -> list[tuple[str, str]]:
    """The client's own times. A wrong one is a 500, after the content has been stored."""
    headers = []
    if "X-OC-MTime" in request.headers:
        scope.state.tree.touch(file, whole_seconds(request.headers["X-OC-MTime"]))
        headers.append(("X-OC-MTime", "accepted"))
    if "X-OC-CTime" in request.headers:
        file.creation_time = whole_seconds(request.headers["X-OC-CTime"])
        headers.append(("X-OC-CTime", "accepted"))
    return headers


def whole_seconds(sent: str) -> int:
    if not re.fullmatch(r"\s*[+-]?\d+(\.\d*)?([eE]\d+)?\s*", sent):
        message = "X-OC-MTime header must be an integer (unix timestamp)."
        raise errors.internal(message, "InvalidArgumentException")
    seconds = int(float(sent))
    if seconds <= 0:
        raise errors.internal("X-OC-MTime header must be a valid positive integer", "InvalidArgumentException")
    return seconds


def _hashes(request: Request) -> list[tuple[str, str]]:
    """``X-Hash`` asks the server what it has received."""
    asked = request.headers.get("X-Hash", "")
    return [
        (f"X-Hash-{shown}", hashlib.new(algorithm, request.body).hexdigest())
        for algorithm, shown in _ALGORITHMS.items()
        if asked in (algorithm, "all")
    ]


def _truncated(request: Request) -> errors.DavError:
    expected = request.headers.get("Content-Length", "0")
    return errors.bad_request(
        f"Expected filesize of {expected} bytes but read (from Nextcloud client) and wrote (to Nextcloud storage) "
        "0 bytes. Could either be a network problem on the sending side or a problem writing to the "
        "storage on the server side."
    )


def _check_quota(scope: Scope, parent: Place, segments: Sequence[str], request: Request) -> None:
    announced = [request.headers.get(one, "") for one in ("Content-Length", "OC-Total-Length")]
    required = max((int(one) for one in announced if one.isdigit()), default=0)
    free = scope.free_space(parent)
    if free is not None and required > free:
        raise errors.insufficient_storage(user_path(segments), required, free)


def delete(scope: Scope, segments: list[str], request: Request) -> Answer:
    if not segments:
        raise errors.forbidden("" if scope.public else "Permission denied to delete home folder")
    place = scope.locate(segments)
    remove(scope, place)
    if scope.user is not None:
        scope.state.properties.pop((scope.user.uid, scope.property_path(place)), None)
    return Answer(204)


def remove(scope: Scope, place: Place) -> None:
    """What a recipient deletes of a share is his view of it."""
    if place.is_mount and place.mount is not None:
        scope.state.shares.leave_mount(scope.owner.uid, place.mount)
        return
    if not place.may(permissions.DELETE):
        raise errors.forbidden()
    scope.state.tree.delete(place.node, by_stranger=scope.public)


def proppatch(scope: Scope, segments: list[str], request: Request) -> Answer:
    document = xml.parse(request.body, xml.name(xml.DAV, "propertyupdate"))
    place = scope.locate(segments)
    statuses = patch(scope, place, xml.changes(document))
    href = names.encode(request.path)
    return xml.multistatus([Resource(href, statuses)], classes=None)


def user_path(segments: Sequence[str]) -> str:
    return "/" + "/".join(segments)


def _through_file(scope: Scope, segments: Sequence[str]) -> bool:
    for count in range(1, len(segments)):
        place = scope.find(segments[:count])
        if place is None:
            return False
        if place.file is not None:
            return True
    return False
