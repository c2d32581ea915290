"""The connection to one wiki: who we are there, and requests whose answers can be relied on."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from html import unescape
from typing import Any
from urllib.parse import quote, unquote, urlencode

import requests
from requests.auth import AuthBase

from allies_sync.platforms.errors import Denied, PlatformError
from allies_sync.platforms.http import MEGABYTE, HttpSession, Limits, sending
from allies_sync.text.messages import _
from allies_sync_yeswiki import hashcash
from allies_sync_yeswiki.classify import Verdict, api_trouble, edited, is_json, trouble, verdict
from allies_sync_yeswiki.settings import YesWikiSettings

Fields = Sequence[tuple[str, str]]

_HASHCASH = "tools/security/wp-hashcash-getkey.php"
_HIDDEN = re.compile(r'<input id="hidden(theme|squelette|style)"[^>]*\bvalue="([^"]*)"')
_LOGGED_IN = re.compile(r"action=logout")


class Bearer(AuthBase):
    """The API key of an account."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.key}"
        return request


class Server:
    """One wiki as one account. Use ``api`` for what gives JSON, ``post`` and ``page`` for what gives pages."""

    def __init__(self, settings: YesWikiSettings, secret: Callable[[], str | None]) -> None:
        self.settings = settings
        self.base = settings.url
        self._secret = secret
        self._guard = threading.Lock()
        self._signed_in = False
        self._hashcash: str | None = None
        self._theme: Mapping[str, str] | None = None
        self.date = ""
        """By the wiki's clock: when it gave its last answer to the API, as HTTP writes it."""
        self.session = HttpSession(
            settings.url, auth=self._auth, limits=Limits(size=60 * MEGABYTE), refused=lambda response: False
        )
        self.session.headers["Accept"] = "*/*"

    @property
    def host(self) -> str:
        return self.session.host

    def close(self) -> None:
        self.session.close()

    # --- who we are -----------------------------------------------------------------------------------------

    def _auth(self) -> AuthBase | None:
        if self.settings.login == "password":
            return None
        key = self._given()
        return Bearer(key)

    def _given(self) -> str:
        secret = self._secret()
        if not secret:
            raise Denied(
                _("Aucune clé n'est connue pour le compte « {user} » de {host}.").format(
                    user=self.settings.user, host=self.host
                ),
                _("Lancez « allies-sync login wiki »."),
            )
        self.session.keep_secret(secret, quote(secret))
        return secret

    @property
    def signed_in(self) -> bool:
        """Whether cookies say who we are."""
        return self._signed_in or self._has_cookies()

    def sign_in(self) -> None:
        """Makes sure that cookies say who we are: pages know nothing of keys."""
        with self._guard:
            if self._signed_in:
                return
            if self.settings.login == "password":
                self._sign_in_with_password()
            else:
                self._sign_in_with_key()
            self._signed_in = True

    def _sign_in_with_key(self) -> None:
        # any answer of the API sets the cookies; this one is refused to whom the wiki does not know
        if self._has_cookies():
            return
        response = self._get("api/triples/PagePrincipale&property=allies-sync")
        if response.status_code == 401 and verdict(response) is not Verdict.UPGRADE:
            raise self.unknown_key()
        if response.status_code != 200 or not is_json(response):
            raise api_trouble(response, self.host)
        if not self._has_cookies():
            raise self.unknown_key()

    def _sign_in_with_password(self) -> None:
        home = f"{self.base}/?PagePrincipale"
        fields = [
            ("action", "login"),
            ("name", self.settings.user),
            ("password", self._given()),
            ("remember", "0"),
            ("incomingurl", home),
            ("userpage", ""),
        ]
        response = self.session.post(f"{self.base}/?PagePrincipale", data=_form(fields), headers=_FORM)
        what = verdict(response)
        if what is not Verdict.SAVED and not self._has_cookies():
            raise trouble(what, self.host)
        if not self._has_cookies():
            raise Denied(
                _("{host} ne reconnaît pas le mot de passe du compte « {user} ».").format(
                    host=self.host, user=self.settings.user
                ),
                _("Relancez « allies-sync login wiki »."),
            )

    def unknown_key(self) -> PlatformError:
        return Denied(
            _("{host} ne reconnaît pas la clé du compte « {user} ».").format(host=self.host, user=self.settings.user),
            _(
                "Elle doit figurer dans « api_allowed_keys » de wakka.config.php, pour un compte qui existe ;"
                " puis lancez « allies-sync login wiki »."
            ),
        )

    @property
    def known_as(self) -> str:
        """Whose cookies they are."""
        return next((unquote(it.value or "") for it in self.session.cookies if it.name == "name"), "")

    def _has_cookies(self) -> bool:
        names = {cookie.name for cookie in self.session.cookies if cookie.value and cookie.value != "deleted"}
        return {"name", "token"} <= names

    # --- JSON -----------------------------------------------------------------------------------------------

    def api(
        self,
        route: str,
        *,
        method: str = "GET",
        fields: Fields | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """An answer of the API: 200, 201, or 404 when the wiki itself says that there is no such thing."""
        if self.settings.login == "password":
            self.sign_in()
        if method == "GET":
            response = self._get(route)
        else:
            data = _form(fields) if fields is not None else None
            sent = {**(_FORM if fields is not None else {}), **(headers or {})}
            response = self.session.request(method, self.url(route), data=data, headers=sent)
        self.date = response.headers.get("Date", "")
        if response.status_code in (200, 201, 404) and is_json(response):
            try:
                return response.status_code, response.json()
            except ValueError:
                raise trouble(Verdict.UNKNOWN, self.host) from None
        if response.status_code == 401 and not is_json(response) and verdict(response) is not Verdict.UPGRADE:
            raise self.unknown_key()
        raise api_trouble(response, self.host)

    def _get(self, route: str) -> requests.Response:
        with sending(repeat=True):
            return self.session.get(self.url(route))

    def url(self, route: str) -> str:
        return f"{self.base}/?{route}"

    # --- pages ----------------------------------------------------------------------------------------------

    def page(self, route: str) -> requests.Response:
        """A page as HTML; what is no page of a wiki is an error."""
        self.sign_in()
        response = self._get(route)
        what = verdict(response)
        if what not in (Verdict.PAGE, Verdict.READ_ONLY):
            raise trouble(Verdict.UNKNOWN if what is Verdict.SAVED else what, self.host)
        return response

    def page_as_anybody(self, route: str) -> requests.Response:
        """What somebody without an account is shown. The caller judges it."""
        with sending(repeat=True, anonymous=True):
            return self.session.get(self.url(route))

    def post_as_anybody(self, route: str, fields: Fields) -> requests.Response:
        """Sends a form as somebody without an account. The caller judges the answer."""
        with sending(anonymous=True):
            return self.session.post(self.url(route), data=_form(fields), headers=_FORM)

    def page_or_data(self, route: str) -> requests.Response:
        """An answer that the caller judges, asked for as who we are."""
        self.sign_in()
        return self._get(route)

    def post(self, route: str, fields: Fields) -> requests.Response:
        """Sends a form. The caller judges the answer."""
        self.sign_in()
        return self.session.post(self.url(route), data=_form(fields), headers=_FORM)

    def upload(self, route: str, field: str, name: str, data: bytes, media_type: str) -> requests.Response:
        """Sends a file. The caller judges the answer."""
        self.sign_in()
        return self.session.post(self.url(route), files={field: (name, data, media_type)})

    def restore(self, tag: str, revision: str) -> None:
        """Makes an old revision the present one. The wiki leads to the page then."""
        response = self.page_or_data(f"{quote(tag, safe='')}/revisions&restoreRevisionId={revision}")
        what = verdict(response, tag)
        if what is not Verdict.SAVED:
            raise trouble(Verdict.DENIED if what is Verdict.PAGE else what, self.host)

    def edit(self, tag: str, body: str, previous: str, more: Fields = ()) -> Verdict:
        """Saves a page; SAVED, CONFLICT, or another verdict. A stale riddle is solved anew, once."""
        self.sign_in()
        for attempt in (1, 2):
            fields = [("body", body), ("submit", "Sauver"), ("previous", previous), *more]
            answer = self._riddle(tag, renew=attempt == 2)
            if answer is not None:
                fields.append(("hashcash_value", answer))
            what = edited(self.post(f"{quote(tag, safe='')}/edit", fields), tag)
            if what is not Verdict.HASHCASH:
                break
        return what

    def _riddle(self, tag: str, *, renew: bool) -> str | None:
        """The answer to the riddle. It is the same for all pages, for some hours."""
        if self._hashcash is not None and not renew:
            return self._hashcash
        if renew:
            # showing an editor makes a new one when the old one is too old, or the first one of all
            self._read_editor(tag)
        self._hashcash = hashcash.solve(self.riddle_script())
        if self._hashcash is None and not renew:
            self._read_editor(tag)
            self._hashcash = hashcash.solve(self.riddle_script())
        return self._hashcash

    def riddle_script(self) -> str:
        """The riddle, "" when the wiki has none yet."""
        with sending(repeat=True, anonymous=True):
            response = self.session.get(f"{self.base}/{_HASHCASH}")
        return response.text if response.status_code == 200 else ""

    def theme(self, tag: str) -> Mapping[str, str]:
        """How the wiki looks, as a new page has to say it. Empty when the wiki does not tell."""
        if self._theme is None:
            self._read_editor(tag)
        return self._theme or {}

    def _read_editor(self, tag: str) -> None:
        response = self.page(f"{quote(tag, safe='')}/edit")
        found = {name: unescape(value) for name, value in _HIDDEN.findall(response.text)}
        self._theme = found if all(found.get(name) for name in ("theme", "squelette", "style")) else {}


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _form(fields: Fields) -> bytes:
    return urlencode([(name, value) for name, value in fields]).encode()
