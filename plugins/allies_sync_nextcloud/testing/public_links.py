"""What strangers can do with a link: ``/public.php/webdav`` and the pages below ``/s/TOKEN``."""

from __future__ import annotations

import io
import zipfile
from urllib.parse import quote

from allies_sync.platforms.testing.clock import http_date
from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing import names, permissions
from allies_sync_nextcloud.testing.auth import Visit, basic_credentials, public_refusal
from allies_sync_nextcloud.testing.dav_read import allowed_methods, get
from allies_sync_nextcloud.testing.dav_router import handle_files
from allies_sync_nextcloud.testing.exchange import Answer, html_answer, json_answer
from allies_sync_nextcloud.testing.scope import Place, PublicScope
from allies_sync_nextcloud.testing.shares import Share
from allies_sync_nextcloud.testing.state import ServerState
from allies_sync_nextcloud.testing.throttle import PUBLIC_DAV, PUBLIC_PAGE, Blocked

DAV = "/public.php/webdav"


def public_dav(state: ServerState, visit: Visit) -> Answer:
    request = visit.request
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise public_refusal(with_credentials=False)
    token, password = basic_credentials(value)
    try:
        visit.hold(PUBLIC_DAV)
    except Blocked:
        raise errors.too_many_requests() from None
    share = _open_link(state, token)
    if share is None or (share.password is not None and share.password != password):
        visit.fail(PUBLIC_DAV)
        raise public_refusal(with_credentials=True)
    ajax = request.headers.get("X-Requested-With") == "XMLHttpRequest"
    if not state.policies.outgoing_federation and not ajax:
        raise errors.not_authenticated("")
    scope = PublicScope(state, share, state.accounts.users[share.owner])
    segments = names.split_path(request.path.removeprefix(DAV))
    if scope.drop_only:
        if request.method != "PUT":
            raise errors.method_not_allowed("Only PUT is allowed on files drop", allowed_methods(scope, segments))
        segments = segments[-1:]
    return handle_files(scope, segments, request, DAV + "/")


def _open_link(state: ServerState, token: str) -> Share | None:
    share = state.shares.by_token(token) if state.policies.links else None
    return None if share is None or state.shares.trashed(share) else share


def public_page(state: ServerState, visit: Visit, segments: list[str]) -> Answer:
    """``segments`` follow ``/s/``: the token, and perhaps ``download`` or ``authenticate/…``."""
    token, *rest = segments
    share = state.shares.by_token(token) if state.policies.links else None
    try:
        visit.hold(PUBLIC_PAGE)
    except Blocked:
        return html_answer(429, "<body>Too many requests</body>")
    if share is None:
        visit.fail(PUBLIC_PAGE)
        return html_answer(404, "<body>File not found</body>")
    if rest[:1] == ["authenticate"]:
        return _authenticate(share, visit, rest)
    if share.password is not None and not _authenticated(share, visit):
        after = "downloadShare" if rest[:1] == ["download"] else "showShare"
        location = f"/index.php/s/{token}/authenticate/{after}"
        return Answer(303, [("Location", location), ("Content-Type", "text/html; charset=UTF-8")])
    if state.shares.trashed(share):
        return html_answer(404, "<body>File not found</body>")
    if rest[:1] == ["download"]:
        return _download(state, share, visit)
    return html_answer(200, "<body>Public share</body>")


def _authenticate(share: Share, visit: Visit, rest: list[str]) -> Answer:
    if visit.request.method == "POST":
        if visit.request.fields().get("password") == share.password:
            after = "/download" if rest[1:] == ["downloadShare"] else ""
            cookie = ("Set-Cookie", f"simulated_link_{share.number}=open; path=/; HttpOnly")
            return html_answer(303, "", ("Location", f"/index.php/s/{share.token}{after}"), cookie)
        visit.fail(PUBLIC_PAGE)
    return html_answer(200, "<body>This share is password-protected</body>")


def _authenticated(share: Share, visit: Visit) -> bool:
    return f"simulated_link_{share.number}=open" in visit.request.headers.get("Cookie", "")


def _download(state: ServerState, share: Share, visit: Visit) -> Answer:
    if not share.permissions & permissions.READ:
        return json_answer(200, "Share has no read permission")
    scope = PublicScope(state, share, state.accounts.users[share.owner])
    parameters = visit.request.parameters
    segments = names.split_path(f"{parameters.get('path', '')}/{parameters.get('files', '')}")
    try:
        place = scope.locate(segments)
    except errors.DavError:
        return html_answer(404, "<body>File not found</body>")
    if place.file is not None:
        served = get(scope, segments, visit.request)
        kept = [one for one in served.headers if one[0] in ("Content-Type", "Content-Disposition", "Content-Length")]
        return Answer(200, kept, place.file.content)
    name = quote(place.node.name)
    disposition = f"attachment; filename*=UTF-8''{name}.zip; filename=\"{name}.zip\""
    headers = [("Content-Type", "application/zip"), ("Content-Disposition", disposition)]
    headers.append(("Last-Modified", http_date(state.clock.now())))
    return Answer(200, headers, _zipped(scope, place))


def _zipped(scope: PublicScope, place: Place) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in scope.walk(place, float("inf")):
            path = "/".join([place.node.name, *one.segments[len(place.segments) :]])
            if one.file is not None:
                archive.writestr(path, one.file.content)
            else:
                archive.writestr(path + "/", b"")
    return buffer.getvalue()
