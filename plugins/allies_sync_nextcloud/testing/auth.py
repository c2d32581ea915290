"""Who sends a request: cookies, Basic, Bearer, and the waiting that failed logins impose."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing.accounts import AppPassword, Session, User
from allies_sync_nextcloud.testing.exchange import Request
from allies_sync_nextcloud.testing.state import ServerState
from allies_sync_nextcloud.testing.throttle import LOGIN

_NO_BASIC = (
    "No 'Authorization: Basic' header found. Either the client didn't send one, or the server is misconfigured"
)
_NO_BEARER = (
    "No 'Authorization: Bearer' header found. Either the client didn't send one, or the server is mis-configured"
)
_NO_ACCESS = "No public access to this resource."
_WRONG = "Username or password was incorrect"


class WrongCredentials(Exception):
    pass


class NoCredentials(Exception):
    pass


@dataclass
class Identity:
    user: User
    app_password: AppPassword | None = None
    from_session: bool = False
    """Recognised by its cookies alone: whatever else the request carried was not looked at."""


@dataclass
class Visit:
    """What one request brings along and takes home: waiting time, a new session cookie."""

    state: ServerState
    request: Request
    waited: float = 0.0
    new_session: Session | None = None
    _known: Session | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        try:
            cookies = SimpleCookie(self.request.headers.get("Cookie", ""))
        except CookieError:
            return
        morsel = cookies.get(self.state.instance)
        session = self.state.accounts.sessions.get(morsel.value) if morsel else None
        user = self.state.accounts.users.get(session.uid) if session else None
        self._known = session if user and user.enabled else None

    @property
    def session_user(self) -> User | None:
        return self.state.accounts.users[self._known.uid] if self._known else None

    @property
    def session_app_password(self) -> AppPassword | None:
        token = self._known.token if self._known else None
        return self.state.accounts.app_passwords.get(token) if token else None

    def end_session(self) -> None:
        if self._known:
            self.state.accounts.sessions.pop(self._known.key, None)
            self._known = None

    def hold(self, action: str) -> None:
        """Wait as the protection demands; raises ``throttle.Blocked``."""
        self._wait(self.state.throttle.hold(action))

    def fail(self, action: str) -> None:
        """One more failed attempt; a first failed login is made to wait at once."""
        throttle = self.state.throttle
        first = throttle.attempts(action) == 0
        throttle.register(action)
        if first and action == LOGIN:
            self._wait(throttle.delay(action))

    def log_in(self) -> Identity:
        """By the Authorization header. Raises for missing or wrong credentials, or ``throttle.Blocked``."""
        scheme, _, value = self.request.headers.get("Authorization", "").partition(" ")
        accounts = self.state.accounts
        if scheme.lower() == "bearer":
            bearer = accounts.bearer(value.strip())
            if bearer is None:
                raise WrongCredentials
            return self._entered(*bearer)
        if scheme.lower() != "basic":
            raise NoCredentials
        login, secret = basic_credentials(value)
        self.hold(LOGIN)
        found = accounts.check(login, secret)
        if found is None:
            self.fail(LOGIN)
            raise WrongCredentials
        return self._entered(*found)

    def _entered(self, user: User, app_password: AppPassword | None) -> Identity:
        user.last_login = self.state.clock.second() * 1000
        self.new_session = self.state.accounts.open_session(user, app_password)
        return Identity(user, app_password)

    def _wait(self, seconds: float) -> None:
        self.waited += seconds
        if not self.state.real_delays:
            self.state.clock.advance(seconds)

    def cookies(self) -> list[tuple[str, str]]:
        """Set-Cookie headers: a session for whoever logged in, or an empty one for who brought none."""
        if self._known is not None and self.new_session is None:
            return []
        key = self.new_session.key if self.new_session else "anonymous"
        far = "expires=Fri, 31-Dec-2100 23:59:59 GMT"
        return [
            ("Set-Cookie", f"{self.state.instance}={key}; path=/; HttpOnly; SameSite=Lax"),
            ("Set-Cookie", "oc_sessionPassphrase=simulated; path=/; HttpOnly; SameSite=Lax"),
            ("Set-Cookie", f"nc_sameSiteCookielax=true; path=/; httponly;{far}; SameSite=lax"),
            ("Set-Cookie", f"nc_sameSiteCookiestrict=true; path=/; httponly;{far}; SameSite=strict"),
        ]


def basic_credentials(value: str) -> tuple[str, str]:
    try:
        decoded = base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return "", ""
    login, _, secret = decoded.partition(":")
    return login, secret


def dav_identity(visit: Visit) -> Identity:
    """A valid session wins over the Authorization header, but does not do without one; a POST logs it out."""
    if visit.request.method == "POST":
        visit.end_session()
    user = visit.session_user
    if user is not None and "Authorization" in visit.request.headers:
        return Identity(user, visit.session_app_password, from_session=True)
    try:
        return visit.log_in()
    except NoCredentials:
        parts = [_NO_ACCESS, _NO_BASIC, _NO_BEARER, _NO_BASIC]
    except WrongCredentials:
        bearer = visit.request.headers.get("Authorization", "").lower().startswith("bearer")
        parts = [_NO_ACCESS, _NO_BASIC, "Bearer token was incorrect", _NO_BASIC]
        parts = parts if bearer else [_NO_ACCESS, _WRONG, _NO_BEARER, _WRONG]
    raise errors.not_authenticated(", ".join(parts))


def public_refusal(with_credentials: bool) -> errors.DavError:
    return errors.not_authenticated(_WRONG if with_credentials else _NO_BASIC)
