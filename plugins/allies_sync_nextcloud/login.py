"""Getting an app password: by Login Flow v2 in a browser, or in exchange for the account's password typed once.

The server names addresses to go on with. None is taken as it is: only what it says *on our own server* counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.auth import HTTPBasicAuth

from allies_sync.platforms.errors import Denied, PlatformError, Suspicious, Unavailable
from allies_sync.platforms.http import HttpSession, sending
from allies_sync.text.messages import _
from allies_sync_nextcloud.server import AGENT, Server

if TYPE_CHECKING:
    import requests

POLL = "index.php/login/v2/poll"
EVERY = 2.0
PATIENCE = 20 * 60.0
"""After so long the server forgets the request itself."""


def by_browser(server: Server, visit: Callable[[str], None], patience: float = PATIENCE) -> tuple[str, str]:
    """The account's name and its new app password, once a person has agreed at the address given to ``visit``."""
    with sending(anonymous=True):
        begun = server.json(server.http.post("index.php/login/v2", headers={"User-Agent": AGENT}))
        token = _text(_part(begun, "poll").get("token"))
        address = _here(server, _text(begun.get("login")))
        if not token or not address:
            raise server.nonsense()
        server.http.keep_secret(token)
        visit(address)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            with sending(repeat=True):
                answer = server.http.post(POLL, data={"token": token})
            if answer.status_code == 200:
                return _agreed(server, server.json(answer))
            if answer.status_code != 404:
                raise server.refusal(answer)
            server.http.sleep(EVERY)
    raise Unavailable(
        _("Personne n'a donné son accord dans le navigateur à temps."),
        _("Relancez « allies-sync login files »."),
    )


def by_password(server: Server, password: str) -> tuple[str, str]:
    """Exchanges the account's own password, which is then forgotten, for an app password."""
    user = server.settings.user
    answer = _once(server, user, password, "GET", "core/getapppassword")
    if answer.status_code == 403:
        # what was typed is an app password already
        return user, password
    if answer.status_code == 401:
        raise Denied(
            _("{host} refuse ce mot de passe pour le compte « {user} ».").format(host=server.host, user=user),
            _("Vérifiez le nom du compte, majuscules comprises. N'insistez pas : le serveur bloque qui insiste."),
        )
    secret = _text(_part(server.unpack(answer)[1], "apppassword", own=True))
    if not secret:
        raise server.nonsense()
    server.http.keep_secret(secret)
    return user, secret


def revoke(server: Server) -> None:
    """Makes the server forget this machine's app password."""
    answer = server.ocs_answer("DELETE", "core/apppassword", repeat=False)
    if answer.status_code not in (200, 401):
        raise server.refusal(answer)


def _agreed(server: Server, data: dict[str, Any]) -> tuple[str, str]:
    user, secret = _text(data.get("loginName")), _text(data.get("appPassword"))
    if not user or not secret:
        raise server.nonsense()
    server.http.keep_secret(secret)
    if user != server.settings.user:
        # nobody will ever use what was just given
        _once(server, user, secret, "DELETE", "core/apppassword")
        raise other_account(server, user)
    return user, secret


def _once(server: Server, user: str, secret: str, method: str, path: str) -> requests.Response:
    """One OCS request as somebody else than the session, which learns nothing of it."""
    session = HttpSession(
        server.settings.url,
        auth=lambda: HTTPBasicAuth(user.encode(), secret.encode()),
        agent=AGENT,
        limits=server.http.limits,
    )
    session.keep_secret(secret)
    headers = {"OCS-APIRequest": "true", "Accept": "application/json"}
    try:
        with sending(anonymous=False, cookies=False, repeat=False):
            return session.request(method, f"ocs/v2.php/{path}?format=json", headers=headers)
    finally:
        session.close()


def other_account(server: Server, user: str) -> PlatformError:
    return Denied(
        _("L'accord a été donné avec le compte « {other} », alors que la configuration nomme « {user} ».").format(
            other=user[:64], user=server.settings.user
        ),
        _("Déconnectez-vous dans le navigateur et recommencez, ou corrigez « user » dans [roles.files]."),
    )


def _here(server: Server, url: str) -> str:
    """The address to open, on our own server: behind a proxy the server may not know its own name."""
    if not url:
        return ""
    parts = urlsplit(url)
    mark = "/login/v2/flow"
    if mark not in parts.path:
        raise Suspicious(_("{host} propose une adresse de connexion inattendue.").format(host=server.host))
    start = "/index.php" if "/index.php/" in parts.path else ""
    tail = parts.path[parts.path.index(mark) :]
    return f"{server.http.base}{start}{tail}" + (f"?{parts.query}" if parts.query else "")


def _part(data: Any, key: str, *, own: bool = False) -> Any:
    found = data.get(key) if isinstance(data, dict) else None
    if own:
        return found
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= 1000 else ""
