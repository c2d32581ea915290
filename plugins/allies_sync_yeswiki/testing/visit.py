"""Who asks, and what the answer does to the cookies."""

from __future__ import annotations

import secrets
from email.utils import formatdate

from allies_sync_yeswiki.testing.accounts import HOUR, QUARTER, Session
from allies_sync_yeswiki.testing.call import Call
from allies_sync_yeswiki.testing.state import Privilege, WikiState

SESSION_COOKIE = "YesWiki-main"


class Visit:
    """One request, with the state it is about."""

    def __init__(self, state: WikiState, call: Call) -> None:
        self.state = state
        self.call = call
        self.with_key = False
        self.redirects = True
        """Whether an action may turn the answer into a redirect: not within other answers."""
        self.session = self._session()
        self._token = call.cookies.get("token", "")
        self._forgotten = False

    @property
    def user(self) -> str:
        """Whom the wiki takes the visitor for; empty for nobody that it knows."""
        return self.session.user

    @property
    def is_admin(self) -> bool:
        return self.state.is_admin(self.user)

    def may(self, privilege: Privilege, tag: str | None = None) -> bool:
        return self.state.allows(privilege, self.call.tag if tag is None else tag, self.user)

    def may_manage(self, tag: str) -> bool:
        return self.state.pages.get(tag) is not None and (self.is_admin or self.state.owns(tag, self.user))

    def _session(self) -> Session:
        now, accounts, cookies = self.state.clock.now(), self.state.accounts, self.call.cookies
        session = accounts.session(cookies.get(SESSION_COOKIE, ""))
        if session.user and (session.ends < now or session.user not in accounts.users):
            session.user = ""
        key = self._key()
        if key:
            self.with_key = True
            session.user, session.lasts = key, HOUR
        elif not session.user:
            login = accounts.logins.get(cookies.get("token", ""))
            if login is not None and login.ends >= now and login.user == cookies.get("name"):
                session.user, session.lasts = login.user, login.lasts
        session.ends = now + session.lasts
        return session

    def _key(self) -> str:
        """The user of the key that came with a call of the API: a wrong key is no key."""
        if self.call.route is None or not self.state.config.authorization_arrives:
            return ""
        scheme, _, key = self.call.request.headers.get("Authorization", "").partition(" ")
        return self.state.accounts.user_of_key(key.strip()) if scheme.lower() == "bearer" else ""

    def log_in(self, user: str, *, remember: bool) -> None:
        self.session.user = user
        self.session.lasts = QUARTER if remember else HOUR
        self.session.ends = self.state.clock.now() + self.session.lasts

    def log_out(self) -> None:
        self._forgotten = bool(self.session.user)
        self.state.accounts.logins.pop(self._token, None)
        self.session.user = ""

    # -- forged forms ---------------------------------------------------------------------------------------------

    def new_csrf_token(self, purpose: str) -> str:
        token = self.session.tokens.setdefault(purpose, secrets.token_hex(24))
        return f"{secrets.token_hex(7)}.{token}"

    def csrf_error(self, purpose: str, sent: str) -> str | None:
        """What is wrong with a token that came with a form."""
        if not sent and not self.state.is_dev:
            return (
                "Erreur de conception du site : Le formulaire de soumission ne contenait pas le jeton "
                "d'identification unique nécessaire aux mécanismes internes de sécurité."
            )
        if sent.partition(".")[2] != self.session.tokens.get(purpose):
            return (
                "Cette page a peut-être été ouverte une seconde fois. Veuillez renouveler la demande depuis cette "
                "fenêtre (le jeton interne de sécurité n'était pas bon)."
            )
        return None

    # -- cookies --------------------------------------------------------------------------------------------------

    def cookies(self) -> list[tuple[str, str]]:
        number = f"{SESSION_COOKIE}={self.session.number}; path=/; HttpOnly; SameSite=Lax"
        lines = [number]
        if self.user:
            login = self.state.accounts.logins.get(self._token)
            if login is None or login.user != self.user or login.ends < self.state.clock.now():
                self._token = self.state.accounts.new_token(self.user, self.session.lasts, self.state.clock.now())
            else:
                login.ends = self.session.ends
            lines += [self._cookie("name", self.user), self._cookie("token", self._token)]
        elif self._forgotten:
            lines += [self._cookie("name", "", ends=1.0), self._cookie("token", "", ends=1.0)]
        return [("Set-Cookie", line) for line in lines]

    def _cookie(self, name: str, value: str, ends: float | None = None) -> str:
        moment = self.session.ends if ends is None else ends
        age = max(0, int(moment - self.state.clock.now()))
        expires = formatdate(moment, usegmt=True)
        return f"{name}={value}; expires={expires}; Max-Age={age}; path=/; HttpOnly; SameSite=Lax"
