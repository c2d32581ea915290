"""The OCS envelope: version 1 and 2, JSON and XML, and what a refused request looks like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from allies_sync_nextcloud.testing.accounts import AppPassword, User
from allies_sync_nextcloud.testing.auth import NoCredentials, Visit, WrongCredentials
from allies_sync_nextcloud.testing.exchange import Answer, Request, json_answer, text_answer
from allies_sync_nextcloud.testing.messages import translated
from allies_sync_nextcloud.testing.scope import Scope
from allies_sync_nextcloud.testing.state import ServerState
from allies_sync_nextcloud.testing.throttle import Blocked

_UNKNOWN = (
    "Invalid query, please check the syntax. API specifications are here: "
    "http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.\n"
)
_HTTP_OF = {997: 401, 998: 404, 999: 500}


class OcsError(Exception):
    """A refusal; ``code`` is the OCS one, from which the HTTP status follows."""

    def __init__(self, code: int, message: str = "", argument: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.argument = argument


@dataclass
class Call:
    """An OCS request, recognised."""

    state: ServerState
    request: Request
    user: User | None
    app_password: AppPassword | None
    arguments: tuple[str, ...]
    fields: Mapping[str, str | list[str]]
    headers: list[tuple[str, str]] = field(default_factory=list)
    """To send with the answer."""
    _scope: Scope | None = None

    @property
    def me(self) -> User:
        if self.user is None:
            raise OcsError(997, "Current user is not logged in")
        return self.user

    @property
    def scope(self) -> Scope:
        """The files that the user sees."""
        if self._scope is None:
            self._scope = Scope(self.state, self.me, f"/remote.php/dav/files/{self.me.uid}")
        return self._scope

    @property
    def language(self) -> str:
        chosen = self.user.language if self.user else None
        return chosen or self.request.headers.get("Accept-Language", "en")

    def translated(self, message: str, argument: str | None = None) -> str:
        return translated(message, self.language, argument)

    def field(self, name: str) -> str | None:
        value = self.fields.get(name)
        return value if isinstance(value, str) else None

    def flag(self, name: str) -> bool:
        return self.field(name) == "true"


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Route:
    method: str
    path: re.Pattern[str]
    handler: Handler
    public: bool = False


def route(method: str, path: str, handler: Handler, *, public: bool = False) -> Route:
    """``path`` with ``{}`` for each argument."""
    pattern = "([^/]+)".join(re.escape(part) for part in path.split("{}"))
    return Route(method, re.compile(pattern), handler, public)


class OcsRouter:
    def __init__(self, state: ServerState, routes: list[Route]) -> None:
        self._state = state
        self._routes = routes

    def answer(self, visit: Visit) -> Answer:
        request = visit.request
        version = 1 if request.path.startswith("/ocs/v1.php") else 2
        path = request.path.split(".php", 1)[1].strip("/")
        user, app_password = visit.session_user, visit.session_app_password
        if user is None and "Authorization" in request.headers:
            try:
                identity = visit.log_in()
                user, app_password = identity.user, identity.app_password
            except WrongCredentials:
                return _wrong_credentials()
            except Blocked:
                return self._failed(request, version, OcsError(429, "Reached maximum delay"), "en")
            except NoCredentials:
                pass
        found = [(one, one.path.fullmatch(path)) for one in self._routes if one.method == request.method]
        chosen = next(((one, match) for one, match in found if match), None)
        if chosen is None:
            return self._failed(request, version, OcsError(404, _UNKNOWN), "en")
        chosen_route, match = chosen
        if user is None and not chosen_route.public:
            return self._failed(request, version, OcsError(997, "Current user is not logged in"), "en")
        if request.headers.get("OCS-APIRequest", "").lower() != "true":
            return json_answer(412, {"message": "CSRF check failed"})
        call = Call(self._state, request, user, app_password, match.groups(), request.fields())
        try:
            data = chosen_route.handler(call)
        except OcsError as error:
            return self._failed(request, version, error, call.language)
        meta = {"status": "ok", "statuscode": 100 if version == 1 else 200, "message": "OK"}
        answer = _envelope(request, version, 200, meta, data)
        answer.headers += call.headers
        return answer

    def unavailable(self, request: Request) -> Answer:
        """In maintenance."""
        answer = self._failed(request, 2, OcsError(503, "Service unavailable"), "en")
        answer.set_header("X-Nextcloud-Maintenance-Mode", "1")
        return answer

    def _failed(self, request: Request, version: int, error: OcsError, language: str) -> Answer:
        message = translated(error.message, language, error.argument)
        meta = {"status": "failure", "statuscode": error.code, "message": message}
        status = _HTTP_OF.get(error.code, error.code if error.code >= 200 else 400)
        if version == 1 and status not in (401, 429, 503):
            status = 200
        return _envelope(request, version, status, meta, [])


def wants_json(request: Request) -> bool:
    asked = request.parameters.get("format")
    return asked == "json" or (asked is None and "application/json" in request.headers.get("Accept", ""))


def _envelope(request: Request, version: int, status: int, meta: dict[str, Any], data: Any) -> Answer:
    if version == 1:
        meta = {**meta, "totalitems": "", "itemsperpage": ""}
    if wants_json(request):
        return json_answer(status, {"ocs": {"meta": meta, "data": data}})
    parts = ['<?xml version="1.0"?>\n<ocs>\n <meta>\n']
    parts += [_element(name, value, 2) for name, value in meta.items()]
    parts.append(" </meta>\n")
    parts.append(_element("data", data, 1))
    parts.append("</ocs>\n")
    answer = text_answer(status, "".join(parts), "application/xml; charset=utf-8")
    answer.compressible = True
    return answer


def _element(name: str, value: Any, depth: int) -> str:
    indent = " " * depth
    if isinstance(value, (dict, list)):
        pairs = value.items() if isinstance(value, dict) else (("element", one) for one in value)
        inner = "".join(_element(str(key), one, depth + 1) for key, one in pairs)
        return f"{indent}<{name}>\n{inner}{indent}</{name}>\n" if inner else f"{indent}<{name}/>\n"
    if value is None:
        return f"{indent}<{name}/>\n"
    shown = ("1" if value else "") if isinstance(value, bool) else str(value)
    return f"{indent}<{name}>{escape(shown)}</{name}>\n"


def _wrong_credentials() -> Answer:
    """XML whatever was asked for: the login is refused before the format is looked at."""
    body = (
        '<?xml version="1.0"?>\n<ocs>\n <meta>\n  <status>failure</status>\n  <statuscode>997</statuscode>\n'
        "  <message>Unauthorised</message>\n </meta>\n <data/>\n</ocs>\n"
    )
    challenge = ("WWW-Authenticate", 'Basic realm="Authorisation Required"')
    return text_answer(401, body, "text/xml; charset=UTF-8", challenge)
