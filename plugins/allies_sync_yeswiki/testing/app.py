"""The WSGI application: faults, routing, and the headers that every answer of a YesWiki carries."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIEnvironment

from allies_sync.platforms.testing.clock import http_date
from allies_sync.platforms.testing.exchange import Answer, Request
from allies_sync.platforms.testing.faults import Faults, after_effect, instead_of_genuine
from allies_sync.platforms.testing.log import Entry, RequestLog
from allies_sync_yeswiki.testing import administration, api_bazar, bazar, editing, feeds, layout, rights_table
from allies_sync_yeswiki.testing.actions import Redirected
from allies_sync_yeswiki.testing.api import answer_api
from allies_sync_yeswiki.testing.attachments import apache_404, static_file
from allies_sync_yeswiki.testing.call import Call
from allies_sync_yeswiki.testing.handlers import answer_page
from allies_sync_yeswiki.testing.layout import HTML
from allies_sync_yeswiki.testing.state import WikiError, WikiState
from allies_sync_yeswiki.testing.visit import Visit

LOADED = (administration, api_bazar, bazar, editing, feeds, rights_table)
"""Modules that register handlers, actions and routes."""
_KEY_SCRIPT = "/tools/security/wp-hashcash-getkey.php"
_ALWAYS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Credentials", "true"),
    ("X-frame-Options", "deny"),
    ("Content-Security-Policy", "frame-ancestors 'none';"),
)
_BROKEN_METHODS = ("PUT", "PATCH", "DELETE")


class Application:
    """One wiki, as a WSGI server calls it."""

    def __init__(self, state: WikiState, faults: Faults, log: RequestLog) -> None:
        self.state = state
        self.faults = faults
        self.log = log

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request.from_environ(environ)
        entry = self.log.begin(request, self.state.clock.now())
        answer = self._answer(request, entry)
        body = b"" if request.method == "HEAD" else answer.body
        answer.headers.append(("Date", http_date(self.state.clock.now())))
        answer.headers.append(("Server", "Apache/2.4 (simulated)"))
        if answer.header("Content-Length") is None:
            answer.headers.append(("Content-Length", str(len(answer.body))))
        entry.status, entry.answer_bytes = answer.status, len(body)
        environ["simulated.cut_after"] = answer.cut_after
        headers = [(name, value.encode("utf-8").decode("latin-1")) for name, value in answer.headers]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [body]

    def _answer(self, request: Request, entry: Entry) -> Answer:
        striking = self.faults.striking(request)
        entry.faults = [type(fault).__name__ for fault in striking]
        replaced = instead_of_genuine(striking, request)
        if replaced is not None:
            return replaced
        with self.state.lock:
            entry.effect = True
            answer = self._genuine(request, entry)
        return after_effect(striking, request, answer)

    def _genuine(self, request: Request, entry: Entry) -> Answer:
        call = Call(request, rewrite_mode=self.state.config.rewrite_mode)
        if call.path == _KEY_SCRIPT:
            script = self.state.hashcash.script()
            if script is None:
                return Answer(500, [("Content-Type", HTML), ("Connection", "close")])
            return Answer(200, [("Content-Type", HTML)], script.encode())
        if call.path.startswith("/files/"):
            return static_file(self.state, call.path)
        if call.place is None:
            return apache_404()
        visit = Visit(self.state, call)
        entry.user = visit.user
        answer = self._routed(visit)
        answer.headers += [*_ALWAYS, *visit.cookies()]
        return answer

    def _routed(self, visit: Visit) -> Answer:
        call = visit.call
        if not call.place:
            return layout.redirect(self.state.url(self.state.config.root_page))
        if call.route is not None:
            return answer_api(visit)
        try:
            if call.method in _BROKEN_METHODS:
                raise WikiError(
                    "Too few arguments to function YesWiki\\Core\\Service\\ApiService::isAuthorized(), 0 passed in "
                    f"{self.state.folder()}/tools/bazar/handlers/page/api_{call.method.lower()}.php on line 14 "
                    "and exactly 2 expected",
                    "includes/services/ApiService.php:23",
                )
            return answer_page(visit)
        except Redirected as redirected:
            return layout.redirect(redirected.location, redirected.body)
        except WikiError as error:
            return layout.page(visit, f'<div class="page">{layout.exception(self.state, error)}\n</div>')
