"""The WSGI application: faults, maintenance, routing, and the headers that every answer of a Nextcloud carries."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIEnvironment

from allies_sync.platforms.testing.clock import http_date
from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing import names, ocs_core, ocs_shares, ocs_users
from allies_sync_nextcloud.testing.auth import Visit
from allies_sync_nextcloud.testing.dav_router import DavRouter
from allies_sync_nextcloud.testing.exchange import (
    Answer,
    Headers,
    Request,
    html_answer,
    json_answer,
    text_answer,
)
from allies_sync_nextcloud.testing.faults import Faults
from allies_sync_nextcloud.testing.log import Entry, RequestLog
from allies_sync_nextcloud.testing.ocs import OcsRouter
from allies_sync_nextcloud.testing.public_links import public_dav, public_page
from allies_sync_nextcloud.testing.state import ServerState

_APACHE_404 = (
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html><head>\n'
    "<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n"
    "<p>The requested URL was not found on this server.</p>\n</body></html>\n"
)
_CLOSING = {400, 408, 413, 500, 501, 503}


class Application:
    """One server, as a WSGI server calls it."""

    def __init__(self, state: ServerState, faults: Faults, log: RequestLog) -> None:
        self.state = state
        self.faults = faults
        self.log = log
        self._dav = DavRouter(state)
        self._ocs = OcsRouter(state, [*ocs_core.ROUTES, *ocs_shares.ROUTES, *ocs_users.ROUTES])

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = _request(environ)
        entry = self.log.begin(request, self.state.clock.now())
        answer = self._answer(request, entry)
        self._finish(request, answer)
        entry.status = answer.status
        entry.answer_bytes = 0 if request.method == "HEAD" else len(answer.body)
        environ["simulated.cut_after"] = answer.cut_after
        headers = [(name, value.encode("utf-8").decode("latin-1")) for name, value in answer.headers]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [b"" if request.method == "HEAD" else answer.body]

    def _answer(self, request: Request, entry: Entry) -> Answer:
        striking = self.faults.striking(request)
        entry.faults = [type(fault).__name__ for fault in striking]
        for fault in striking:
            if not fault.effect and not fault.rewrites:
                replaced = fault.answer(request, None)
                if replaced is not None:
                    return replaced
        for fault in striking:
            request = fault.received(request)
        visit = Visit(self.state, request)
        entry.effect = True
        with self.state.lock:
            answer = self._genuine(visit)
            for cookie in visit.cookies():
                answer.headers.append(cookie)
        entry.waited = visit.waited
        if visit.waited and self.state.real_delays:
            time.sleep(visit.waited)
        for fault in striking:
            if fault.effect or fault.rewrites:
                answer = fault.answer(request, answer) or answer
        return answer

    def _genuine(self, visit: Visit) -> Answer:
        request = visit.request
        try:
            if names.apache_refuses(request.raw_path):
                return text_answer(404, _APACHE_404, "text/html; charset=iso-8859-1")
            if self.state.maintenance and request.path != "/status.php":
                return self._maintenance(request)
            return self._routed(visit)
        except errors.DavError as error:
            return error.answer()

    def _routed(self, visit: Visit) -> Answer:
        path = visit.request.path
        if path == "/status.php":
            return ocs_core.status_php(self.state)
        if path.startswith(("/remote.php/dav", "/remote.php/webdav")):
            return self._dav.answer(visit)
        if path.startswith(("/ocs/v1.php", "/ocs/v2.php")):
            return self._ocs.answer(visit)
        if path.startswith("/public.php/webdav"):
            return public_dav(self.state, visit)
        segments = [one for one in path.removeprefix("/index.php").split("/") if one]
        if segments[:2] == ["login", "v2"]:
            answer = ocs_core.login_flow(self.state, visit, segments[2:])
            if answer is not None:
                return answer
        if segments[:1] == ["s"] and len(segments) > 1:
            return public_page(self.state, visit, segments[1:])
        return self._other_page(visit.request, segments)

    def _other_page(self, request: Request, segments: list[str]) -> Answer:
        if not segments:
            return html_answer(302, "", ("Location", f"{request.base}/index.php/login"))
        if segments == ["login"]:
            return html_answer(200, "<body>Login</body>")
        if segments[:1] == [".well-known"]:
            message = f"{segments[-1]} not supported"
            return json_answer(404, {"message": message}, ("X-NEXTCLOUD-WELL-KNOWN", "1"))
        if segments[:1] == ["f"]:
            return html_answer(303, "", ("Location", "/index.php/apps/files/?fileNotFound=1"))
        return html_answer(404, "<body>Page not found</body>")

    def _maintenance(self, request: Request) -> Answer:
        if request.path.startswith("/remote.php/"):
            return errors.maintenance().answer()
        if request.path.startswith("/ocs/"):
            return self._ocs.unavailable(request)
        headers = [("X-Nextcloud-Maintenance-Mode", "1"), ("Retry-After", "120")]
        return html_answer(503, "<body>This server is in maintenance mode.</body>", *headers)

    def _finish(self, request: Request, answer: Answer) -> None:
        if answer.compressible and answer.body and "gzip" in request.headers.get("Accept-Encoding", ""):
            answer.body = gzip.compress(answer.body, 6, mtime=0)
            answer.set_header("Content-Encoding", "gzip")
            answer.set_header("Content-Length", str(len(answer.body)))
        answer.headers.append(("Date", http_date(self.state.clock.now())))
        answer.headers.append(("Server", "Apache/2.4 (simulated)"))
        if answer.status in _CLOSING:
            answer.headers.append(("Connection", "close"))
        if answer.header("Content-Length") is None and answer.status not in (204, 304) and request.method != "HEAD":
            answer.headers.append(("Content-Length", str(len(answer.body))))


def _request(environ: WSGIEnvironment) -> Request:
    body, complete = _read(environ)
    raw_uri = environ.get("REQUEST_URI") or environ.get("RAW_URI") or environ["PATH_INFO"]
    raw_path, _, query = str(raw_uri).partition("?")
    fields = [
        (name.removeprefix("HTTP_").replace("_", "-"), str(value))
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    ]
    return Request(
        method=environ["REQUEST_METHOD"],
        raw_path=raw_path,
        query=query,
        headers=Headers((name, value) for name, value in fields if value),
        body=body,
        complete=complete,
        connection=environ.get("simulated.connection", 0),
        position=environ.get("simulated.position", 0),
        host=environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}",
    )


def _read(environ: WSGIEnvironment) -> tuple[bytes, bool]:
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        return stream.read(), True
    announced = int(environ.get("CONTENT_LENGTH") or 0)
    body = stream.read(announced) if announced else b""
    return body, len(body) == announced
