"""Everything below ``/remote.php/``: which DAV endpoint a request is for, and as whom."""

from __future__ import annotations

from collections.abc import Callable

from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing import dav_read, dav_transfer, dav_write, names
from allies_sync_nextcloud.testing import dav_xml as xml
from allies_sync_nextcloud.testing.accounts import User
from allies_sync_nextcloud.testing.auth import Identity, Visit, dav_identity
from allies_sync_nextcloud.testing.dav_bulk import bulk
from allies_sync_nextcloud.testing.dav_query import report, search
from allies_sync_nextcloud.testing.dav_trash import TrashBin
from allies_sync_nextcloud.testing.dav_uploads import Pieces, Uploads
from allies_sync_nextcloud.testing.dav_xml import DAV, Resource, Status
from allies_sync_nextcloud.testing.exchange import Answer, Request, text_answer
from allies_sync_nextcloud.testing.scope import Scope
from allies_sync_nextcloud.testing.state import ServerState
from allies_sync_nextcloud.testing.throttle import Blocked

BASE = "/remote.php/dav/"
LEGACY = "/remote.php/webdav"
_RESOURCETYPE = xml.name(DAV, "resourcetype")
_PRINCIPAL = xml.name(DAV, "current-user-principal")

Handler = Callable[[Scope, list[str], Request], Answer]
_HANDLERS: dict[str, Handler] = {
    "PROPFIND": dav_read.propfind,
    "GET": dav_read.get,
    "HEAD": dav_read.get,
    "OPTIONS": dav_read.options,
    "PUT": dav_write.put,
    "MKCOL": dav_write.mkcol,
    "DELETE": dav_write.delete,
    "PROPPATCH": dav_write.proppatch,
    "REPORT": report,
}


def handle_files(scope: Scope, segments: list[str], request: Request, base: str) -> Answer:
    """Any method on files, the same for users and for public links."""
    early = dav_read.check_preconditions(scope, segments, request)
    if early is not None:
        return early
    if request.method in ("MOVE", "COPY"):
        transfer = dav_transfer.move if request.method == "MOVE" else dav_transfer.copy
        return transfer(scope, segments, request, base)
    handler = _HANDLERS.get(request.method)
    if handler is None:
        raise errors.not_implemented(request.method)
    return handler(scope, segments, request)


class DavRouter:
    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._uploads: dict[str, dict[str, Pieces]] = {}

    def answer(self, visit: Visit) -> Answer:
        request = visit.request
        try:
            identity = dav_identity(visit)
        except Blocked:
            raise errors.too_many_requests() from None
        path = request.path
        if path.startswith(LEGACY):
            scope = Scope(self._state, identity.user, LEGACY)
            return handle_files(scope, names.split_path(path.removeprefix(LEGACY)), request, LEGACY + "/")
        segments = names.split_path(path.removeprefix(BASE.rstrip("/")))
        if not segments:
            return self._root(identity, request)
        area, *rest = segments
        if area == "bulk" and not rest and request.method == "POST":
            return bulk(self._scope(identity, identity.user.uid), request)
        if area in ("files", "trashbin", "uploads") and rest:
            return self._area(area, identity, rest, request)
        raise errors.not_found(f"File not found: {area} in 'root'")

    def _area(self, area: str, identity: Identity, rest: list[str], request: Request) -> Answer:
        user = self._state.accounts.user(rest[0])
        if user is None:
            raise errors.not_found(f"Principal with name {rest[0]} not found")
        if user.uid != identity.user.uid:
            return _foreign_home(user, rest, request)
        scope = self._scope(identity, rest[0])
        if area == "trashbin":
            return TrashBin(self._state, user).answer(rest[1:], request)
        if area == "uploads":
            return Uploads(scope, self._uploads.setdefault(user.uid, {})).answer(rest[1:], request)
        return handle_files(scope, rest[1:], request, BASE)

    def _scope(self, identity: Identity, spelled: str) -> Scope:
        return Scope(self._state, identity.user, f"{BASE}files/{spelled}")

    def _root(self, identity: Identity, request: Request) -> Answer:
        if request.method == "SEARCH":
            return search(lambda uid: self._searched(identity, uid), request)
        if request.method == "OPTIONS":
            return dav_read.options(self._scope(identity, identity.user.uid), [], request)
        if request.method != "PROPFIND":
            raise errors.not_implemented(request.method)
        wanted = xml.wanted_properties(request.body) or [_RESOURCETYPE]
        principal = f"<d:href>/remote.php/dav/principals/users/{identity.user.uid}/</d:href>"
        known: dict[str, str | None] = {_RESOURCETYPE: "<d:collection/>", _PRINCIPAL: principal}
        return xml.multistatus([_plain_collection(BASE, wanted, known)])

    def _searched(self, identity: Identity, uid: str) -> Scope:
        if uid != identity.user.uid:
            raise errors.not_found(f"File not found: {uid} in 'files'")
        return self._scope(identity, uid)


def _plain_collection(href: str, wanted: list[str], known: dict[str, str | None]) -> Resource:
    found = [(tag, known[tag]) for tag in wanted if tag in known]
    lacking = [(tag, None) for tag in wanted if tag not in known]
    return Resource(href, [Status(200, found), Status(404, lacking)])


def _foreign_home(user: User, rest: list[str], request: Request) -> Answer:
    """Somebody else's home: it answers 207 with nothing in it, instead of refusing."""
    below = rest[1:]
    if request.method == "MKCOL" and len(below) == 1:
        raise errors.forbidden("Permission denied to create directory")
    if request.method == "PUT" and len(below) == 1:
        raise errors.forbidden(f"Permission denied to create file (filename {below[0]})")
    if request.method == "MKCOL":
        raise errors.conflict("Parent node does not exist")
    if below:
        raise errors.not_found(f"File not found: {below[0]} in '{user.uid}'")
    if request.method == "DELETE":
        raise errors.forbidden("Permission denied to delete home folder")
    if request.method == "PROPFIND":
        wanted = xml.wanted_properties(request.body) or [_RESOURCETYPE]
        href = names.encode(f"{BASE}files/{rest[0]}/")
        return xml.multistatus([_plain_collection(href, wanted, {_RESOURCETYPE: "<d:collection/>"})])
    if request.method in ("GET", "HEAD"):
        return text_answer(200, "", "text/html; charset=UTF-8")
    raise errors.not_implemented(request.method)
