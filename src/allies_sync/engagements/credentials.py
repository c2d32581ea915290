"""Secrets that stay on this machine: in its keyring, or, where there is none, in files of their owner's alone.

Both file a secret under a server's origin and an account, and give it out for exactly these. What goes wrong is told
without the secret: backends put into their exceptions whatever they like, so none of those is passed on.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import tempfile
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from types import ModuleType

import platformdirs

from allies_sync.platforms.errors import Denied, Full, PlatformError, Refused
from allies_sync.text.messages import _
from allies_sync.text.system import system_words

_OTHERS = 0o077
_LARGEST = 64 * 1024


class Trouble(StrEnum):
    """Why a keyring could not be used."""

    UNLOADABLE = "unloadable"
    MISSING = "missing"
    LOCKED = "locked"
    SILENT = "silent"


class KeyringTrouble(Exception):
    """The keyring could not be used."""

    def __init__(self, kind: Trouble) -> None:
        super().__init__(kind.value)
        self.kind = kind


# --- the keyring -------------------------------------------------------------------------------------------


def from_keyring(service: str, user: str) -> str | None:
    """The secret, or None when the keyring has none. Raises KeyringTrouble."""
    keyring = _keyring()
    try:
        found: str | None = keyring.get_password(service, user)
    except Exception as error:  # backends raise whatever their system library raises
        raise KeyringTrouble(_kind(keyring, error)) from None
    return found or None


def to_keyring(service: str, user: str, secret: str) -> None:
    """Keeps a secret, and makes sure that it is kept: some backends take everything and keep nothing."""
    keyring = _keyring()
    try:
        keyring.set_password(service, user, secret)
        kept = keyring.get_password(service, user)
    except Exception as error:
        raise KeyringTrouble(_kind(keyring, error)) from None
    if kept != secret:
        raise KeyringTrouble(Trouble.SILENT)


def out_of_keyring(service: str, user: str) -> None:
    """Forgets a secret, if there is one. Raises KeyringTrouble."""
    keyring = _keyring()
    try:
        keyring.delete_password(service, user)
    except keyring.errors.PasswordDeleteError:
        if from_keyring(service, user) is not None:
            raise KeyringTrouble(Trouble.SILENT) from None
    except Exception as error:
        raise KeyringTrouble(_kind(keyring, error)) from None


def _keyring() -> ModuleType:
    try:
        import keyring
        import keyring.errors
    except Exception:  # a keyring that does not even load must not look like our own fault
        raise KeyringTrouble(Trouble.UNLOADABLE) from None
    return keyring


def _kind(keyring: ModuleType, error: Exception) -> Trouble:
    if isinstance(error, keyring.errors.NoKeyringError):
        return Trouble.MISSING
    return Trouble.LOCKED if isinstance(error, keyring.errors.KeyringLocked) else Trouble.SILENT


# --- files -------------------------------------------------------------------------------------------------


def secret_file(service: str, user: str) -> Path:
    """Where the secret for a server and an account is, or would be."""
    name = hashlib.sha256(f"{service}\0{user}".encode()).hexdigest()[:32]
    return _folder() / f"{name}.json"


def from_file(service: str, user: str) -> str | None:
    """The secret, or None when there is no file. Raises Denied for a file that others can read, or that is broken."""
    file = secret_file(service, user)
    try:
        _check(file.parent, file.parent.lstat())
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(handle, "rb") as stream:
            _check(file, os.fstat(handle))
            raw = stream.read(_LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _exposed(file) from None
        raise Denied(
            _("Le fichier de secret {file} ne peut pas être lu.").format(file=file),
            _("Vérifiez qu'il est à vous, ou supprimez-le et relancez « allies-sync login »."),
        ) from None
    try:
        kept = json.loads(raw)
        if kept["service"] == service and kept["user"] == user and isinstance(kept["secret"], str):
            return kept["secret"] or None
    except (ValueError, TypeError, KeyError, RecursionError):
        pass  # said below, without what was read
    raise Denied(
        _("Le fichier de secret {file} est abîmé.").format(file=file),
        _("Supprimez-le, puis relancez « allies-sync login »."),
    )


def to_file(service: str, user: str, secret: str) -> Path:
    """Keeps a secret in a file of the owner's alone, whole or not at all. Raises PlatformError."""
    file = secret_file(service, user)
    folder = file.parent
    text = json.dumps({"service": service, "user": user, "secret": secret}, ensure_ascii=False, indent=2)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        _check(folder, folder.lstat())
        handle, draft = tempfile.mkstemp(prefix=".", dir=folder)  # 0600 from its first moment
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            Path(draft).replace(file)
        finally:
            with suppress(OSError):
                Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(file, error) from None
    return file


def out_of_files(service: str, user: str) -> bool:
    """Forgets a secret; whether there was a file. Raises Refused when it cannot be removed."""
    file = secret_file(service, user)
    try:
        file.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise Refused(
            _("Le fichier de secret {file} ne peut pas être supprimé : {why}.").format(
                file=file, why=system_words(error)
            ),
            _("Supprimez-le à la main."),
        ) from None
    return True


def _folder() -> Path:
    return platformdirs.user_data_path("allies-sync", appauthor=False) / "secrets"


def _check(path: Path, found: os.stat_result) -> None:
    """Refuses what somebody else owns or could read. On Windows the profile's own access list does that."""
    if stat.S_ISLNK(found.st_mode):
        raise _exposed(path)
    if os.name != "nt" and (found.st_uid != os.geteuid() or found.st_mode & _OTHERS):
        raise _exposed(path)


def _exposed(path: Path) -> Denied:
    mode = "700" if path.suffix != ".json" else "600"
    advice = _("Supprimez-le, puis relancez « allies-sync login ».")
    if not path.is_symlink():
        advice = _("Tapez : chmod {mode} {path} — puis renouvelez le secret avec « allies-sync login ».")
    return Denied(
        _("{path} n'est pas réservé à votre compte : d'autres personnes ont pu y lire un secret.").format(path=path),
        advice.format(mode=mode, path=path),
    )


def _not_written(file: Path, error: OSError) -> PlatformError:
    message = _("Le secret n'a pas pu être rangé dans {file} : {why}.").format(file=file, why=system_words(error))
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Full(message, _("Faites de la place sur le disque, puis relancez la commande."))
    return Refused(message, _("Vérifiez que vous avez le droit d'y écrire."))
