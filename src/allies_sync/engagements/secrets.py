"""The secrets of the roles: where they come from, to whom they may go, and keeping them out of every message.

A secret is one revocable password of the collective's own account on one platform. It comes from the environment
(``ALLIES_SYNC_FILES_SECRET``, ``ALLIES_SYNC_WIKI_SECRET``), else from the machine's keyring. There it is filed under
the server's origin and the account: a configuration found in some folder can name another server, but then it finds
no secret to send there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from allies_sync.platforms.errors import Denied
from allies_sync.text.messages import _

if TYPE_CHECKING:
    from allies_sync.engagements.config import Config

HIDDEN = "•••"

_SHORTEST = 4  # a shorter "secret" would blank out half of every message
_DEFAULT_PORTS = {"http": 80, "https": 443}
_IN_URL = re.compile(r"(?<=://)[^/\s@]+@")
_NAMED = re.compile(
    r"(?i)\b(authorization|proxy-authorization|cookie|set-cookie|x-api-key)(['\"]?\s*[:=]\s*)[^\r\n]+"
    r"|\b([\w-]*(?:password|passwd|passphrase|secret|token|mot de passe|motdepasse))"
    r"(['\"]?\s*[:=]\s*['\"]?)[^\s'\"&,;]+"
)

_handed_out: set[str] = set()


def variable(role: str) -> str:
    """The environment variable that holds a role's secret."""
    return f"ALLIES_SYNC_{role.upper()}_SECRET"


def origin(url: str) -> str | None:
    """``https://example.org:8443`` of an address: what a secret is bound to. None when it is no web address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        return None
    if ":" in host:
        host = f"[{host}]"
    return f"{scheme}://{host}" if port in (None, _DEFAULT_PORTS[scheme]) else f"{scheme}://{host}:{port}"


def service(url: str) -> str | None:
    """The name under which the keyring keeps the secret for a server, or None when it is no web address."""
    place = origin(url)
    return f"allies-sync {place}" if place else None


def role_secret(role: str, config: Config, environ: Mapping[str, str]) -> str | None:
    """The secret of a role, or None when there is none anywhere. To be called only when it is needed.

    Raises :class:`~allies_sync.platforms.errors.Denied` when the keyring cannot be asked.
    """
    settings = config.roles[role].settings
    found = environ.get(variable(role)) or _from_keyring(
        role, str(settings.get("url", "")), str(settings.get("user", ""))
    )
    if found:
        _handed_out.add(found)
    return found or None


def _from_keyring(role: str, url: str, user: str) -> str | None:
    name = service(url)
    if name is None or not user:
        return None
    advice = _("Ouvrez le trousseau, ou donnez le secret dans la variable d'environnement {variable}.").format(
        variable=variable(role)
    )
    try:
        import keyring
        import keyring.errors
    except Exception as error:  # a keyring that does not even load must not look like our own fault
        raise Denied(_("Le trousseau de mots de passe de ce poste ne peut pas être chargé."), advice) from error
    try:
        return keyring.get_password(name, user)
    except keyring.errors.NoKeyringError as error:
        message = _("Ce poste n'a pas de trousseau de mots de passe, et {variable} n'est pas définie.")
        advice = _("Donnez le secret du compte « {user} » dans la variable d'environnement {variable}.")
        raise Denied(
            message.format(variable=variable(role)), advice.format(user=user, variable=variable(role))
        ) from error
    except keyring.errors.KeyringLocked as error:
        raise Denied(_("Le trousseau de mots de passe de ce poste est verrouillé."), advice) from error
    except Exception as error:  # backends raise whatever their system library raises
        raise Denied(_("Le trousseau de mots de passe de ce poste ne répond pas."), advice) from error


def hide(text: str, environ: Mapping[str, str] | None = None) -> str:
    """``text`` without any secret that is known, and without passwords in addresses: for what people read."""
    surroundings = os.environ if environ is None else environ
    known = _handed_out | {
        value for name, value in surroundings.items() if name.startswith("ALLIES_SYNC_") and name.endswith("_SECRET")
    }
    for value in sorted(known, key=len, reverse=True):
        if len(value) >= _SHORTEST:
            text = text.replace(value, HIDDEN)
    return _IN_URL.sub(f"{HIDDEN}@", text)


def redact(text: str, environ: Mapping[str, str] | None = None) -> str:
    """The same, and without what only looks like a secret: for files of details, which nobody reads for pleasure."""
    return _NAMED.sub(lambda found: f"{found[1] or found[3]}{found[2] or found[4]}{HIDDEN}", hide(text, environ))
