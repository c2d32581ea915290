"""``POST /remote.php/dav/bulk``: many small files in one request, each with its own outcome."""

from __future__ import annotations

import hashlib
from typing import Any

from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing import names, permissions
from allies_sync_nextcloud.testing.dav_write import whole_seconds
from allies_sync_nextcloud.testing.exchange import Answer, Request, php_json, text_answer
from allies_sync_nextcloud.testing.scope import Place, Scope

_END = b"\r\n"


class Broken(Exception):
    """The rest of the body cannot be read; what came before has been stored."""


def bulk(scope: Scope, request: Request) -> Answer:
    boundary = _boundary(request.headers.get("Content-Type", ""))
    written: dict[str, Any] = {}
    rest = request.body
    while rest != b"--" + boundary + b"--" + _END:
        try:
            headers, content, rest = _part(rest, boundary)
        except Broken:
            return text_answer(400, php_json(written), "text/html; charset=UTF-8")
        path = headers.get("x-file-path", "")
        if names.partial(path):
            raise errors.internal("Call to a member function getETag() on null", "Error")
        written[path] = _stored(scope, path, headers, content)
    return text_answer(200, php_json(written or []), "text/html; charset=UTF-8")


def _boundary(kind: str) -> bytes:
    mimetype, _, parameter = kind.partition(";")
    key, _, value = parameter.partition("=")
    if not value:
        raise errors.bad_request("Error while parsing boundary in Content-Type header.")
    if mimetype.strip() != "multipart/related":
        raise errors.bad_request("Content-Type must be multipart/related")
    if key.strip() != "boundary":
        raise errors.bad_request("Boundary is invalid")
    return value.strip().strip('"').encode()


def _part(body: bytes, boundary: bytes) -> tuple[dict[str, str], bytes, bytes]:
    opening = b"--" + boundary + _END
    if not body.startswith(opening):
        raise Broken
    head, separator, rest = body[len(opening) :].partition(_END + _END)
    headers = {}
    for line in head.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition(":")
        headers[key.strip().lower()] = value.strip()
    length = headers.get("content-length", "")
    if not separator or not length.isdigit() or "x-file-md5" not in headers:
        raise Broken
    content, after = rest[: int(length)], rest[int(length) :]
    if hashlib.md5(content).hexdigest() != headers["x-file-md5"] or not after.startswith(_END):  # noqa: S324
        raise Broken
    return headers, content, after[len(_END) :]


def _stored(scope: Scope, path: str, headers: dict[str, str], content: bytes) -> dict[str, Any]:
    """Existing files are overwritten without a word."""
    failed = {"error": True, "message": f'Could not create path "/{scope.owner.uid}/files{path}"'}
    segments = names.split_path(path)
    try:
        parent = scope.locate(segments[:-1])
        place = scope.child(parent, segments[-1])
    except errors.DavError:
        return failed
    if parent.folder is None or not _allowed(scope, parent, place, len(content)):
        return failed
    if place is not None and place.file is not None:
        file = place.file
        scope.state.tree.write(file, content)
    else:
        file = scope.state.tree.make_file(parent.folder, names.nfc(segments[-1]), content)
    sent = headers.get("x-file-mtime") or headers.get("x-oc-mtime")
    if sent:
        try:
            scope.state.tree.touch(file, whole_seconds(sent))
        except errors.DavError as error:
            return {"error": True, "message": error.message}
    file.upload_time = scope.state.clock.second()
    file.checksums = ""
    return {
        "error": False,
        "etag": file.etag,
        "fileid": scope.state.oc_fileid(file.fileid),
        "permissions": scope.locate(segments).letters(),
    }


def _allowed(scope: Scope, parent: Place, place: Place | None, length: int) -> bool:
    free = scope.free_space(parent)
    if free is not None and length > free:
        return False
    if place is None:
        return parent.may(permissions.CREATE)
    return place.file is not None and place.may(permissions.UPDATE)
