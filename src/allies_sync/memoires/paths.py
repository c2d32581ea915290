"""Names inside a package: what is read from one, and what is put into one.

A package goes to other systems, and comes back from other people: each name in it has to be a file on all of them,
and none may lead out of the folder that it is unpacked into.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from allies_sync.platforms.errors import Refused
from allies_sync.text.messages import _
from allies_sync.text.names import safe_filename

DEEPEST = 30
LONGEST = 1000

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


class BadPackage(Refused):
    """A package that is damaged, or was made to do harm: nothing of it was used."""


def member_path(name: str) -> PurePosixPath:
    """The relative path that a name in a package means. Raises BadPackage for one that is no plain relative path on
    every system."""
    parts = name.rstrip("/").split("/")
    if name.startswith("/") or len(name) > LONGEST or len(parts) > DEEPEST or not all(map(_plain, parts)):
        raise BadPackage(
            _("Le paquet contient un nom de fichier dangereux : « {name} ».").format(name=shown(name)),
            _("Rien n'en a été écrit. Demandez un autre paquet à la personne qui vous l'a donné."),
        )
    return PurePosixPath(*parts)


def shown(name: str) -> str:
    """A name as it may be told to a person."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name[:80])


def same_file(path: PurePosixPath) -> str:
    """The key under which two names are one file on some system."""
    return unicodedata.normalize("NFC", str(path)).casefold()


def _plain(part: str) -> bool:
    return (
        bool(part)
        and part not in (".", "..")
        and len(part.encode("utf-8", "replace")) <= 255
        and not _FORBIDDEN.search(part)
        and not part.endswith((".", " "))
        and not _DEVICE.fullmatch(part)
    )


class Names:
    """Gives everything that goes into a package a name of its own, near to the one it has."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, folder: str, path: str) -> str:
        """``folder/path`` made safe, and unlike all that were taken before."""
        parts = [_safe(part) for part in path.split("/") if part not in ("", ".", "..")][-DEEPEST + 5 :] or ["_"]
        wanted = PurePosixPath(folder, *parts)
        number = 1
        found = wanted
        while same_file(found) in self._taken:
            number += 1
            found = wanted.with_name(f"{wanted.stem[:80]}-{number}{wanted.suffix}")
        self._taken.add(same_file(found))
        return str(found)


def _safe(part: str) -> str:
    try:
        return safe_filename(part)
    except ValueError:
        return "_"
