"""The secrets of the roles: where they come from, to whom they may go, and keeping them out of every message.

A secret is one revocable password of the collective's own account on one platform. It comes from the environment
(``ALLIES_SYNC_FILES_SECRET``, ``ALLIES_SYNC_WIKI_SECRET``), else from the machine's keyring, else from a file of its
owner's alone. There it is filed under the server's origin and the account: a configuration found in some folder can
name another server, but then it finds no secret to send there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from allies_sync.engagements import credentials
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


@dataclass(frozen=True, slots=True)
class Account:
    """Whose secret it is: a service name made of the server's origin, and the account on it."""

    service: str
    user: str
    origin: str


class Where(StrEnum):
    """Where a secret is kept on this machine."""

    KEYRING = "keyring"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Kept:
    """A secret that this machine keeps."""

    where: Where
    secret: str = field(repr=False)


def role_account(role: str, config: Config) -> Account | None:
    """The account of a role, or None when its settings name no web server or nobody on it."""
    settings = config.roles[role].settings
    url, user = str(settings.get("url", "")).strip(), str(settings.get("user", "")).strip()
    place, name = origin(url), service(url)
    return Account(name, user, place) if place and name and user else None


def role_secret(role: str, config: Config, environ: Mapping[str, str]) -> str | None:
    """The secret of a role, or None when there is none anywhere. To be called only when it is needed.

    Raises :class:`~allies_sync.platforms.errors.Denied` when neither keyring nor file can say.
    """
    found = environ.get(variable(role))
    if not found:
        account = role_account(role, config)
        kept = kept_secret(role, account) if account else None
        found = kept.secret if kept else None
    if found:
        keep_quiet(found)
    return found or None


def kept_secret(role: str, account: Account, *, needed: bool = True) -> Kept | None:
    """What this machine keeps for an account: in its keyring, else in a file.

    Raises Denied for a file that others can read, and where there is none, for a keyring that does not answer; unless
    it is ``needed`` only for a keyring that is locked.
    """
    trouble = None
    try:
        found = credentials.from_keyring(account.service, account.user)
        if found:
            keep_quiet(found)
            return Kept(Where.KEYRING, found)
    except credentials.KeyringTrouble as error:
        trouble = error.kind
    found = credentials.from_file(account.service, account.user)
    if found:
        keep_quiet(found)
        return Kept(Where.FILE, found)
    if trouble is credentials.Trouble.LOCKED or (needed and trouble is not None):
        raise keyring_error(trouble, role, account.user)
    return None


def keyring_error(trouble: credentials.Trouble, role: str, user: str) -> Denied:
    """Why the keyring was of no help, and what to do."""
    name = variable(role)
    if trouble is credentials.Trouble.MISSING:
        return Denied(
            _("Ce poste n'a pas de trousseau de mots de passe, et {variable} n'est pas définie.").format(
                variable=name
            ),
            _(
                "Lancez « allies-sync login {role} », ou donnez le secret du compte « {user} » dans la variable "
                "d'environnement {variable}."
            ).format(role=role, user=user, variable=name),
        )
    messages = {
        credentials.Trouble.UNLOADABLE: _("Le trousseau de mots de passe de ce poste ne peut pas être chargé."),
        credentials.Trouble.LOCKED: _("Le trousseau de mots de passe de ce poste est verrouillé."),
    }
    return Denied(
        messages.get(trouble, _("Le trousseau de mots de passe de ce poste ne répond pas.")),
        _("Ouvrez le trousseau, ou donnez le secret dans la variable d'environnement {variable}.").format(
            variable=name
        ),
    )


def keep_quiet(secret: str) -> None:
    """Makes sure that a secret appears in no message of this process."""
    _handed_out.add(secret)


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
