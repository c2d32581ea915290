"""Files that people had put into a workspace, given back to it from a package.

Not every platform takes every name. A name that is not taken becomes the one that the file has in the package, which
every system takes; nothing is ever put over another file, and what a run gave back, the next one finds.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath

from allies_sync.memoires.manifest import InBag, KeptFile
from allies_sync.memoires.packages import PAYLOAD, Package
from allies_sync.platforms.errors import PlatformError, Refused, Suspicious
from allies_sync.platforms.holdings import FileNames, Holdings
from allies_sync.platforms.interface import Platform, Space
from allies_sync.text.messages import _

_BLOCK = 1 << 20
_ATTEMPTS = 100
_STEM = 80
"""Characters that are left of a long name, when a number goes behind it."""


@dataclass
class Given:
    """What giving back came to. ``made``: files; ``left``: what is in the package only."""

    made: int = 0
    differences: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def renamings(platform: Platform, package: Package) -> Iterator[str]:
    """What can be told beforehand of the names that files will have."""
    for kept, path in _places(platform, package).items():
        if path != kept.path:
            yield _renamed(kept, path)
        elif not _takes(platform, path):
            text = _("« {path} » ne peut pas être remis ici. {kept}")
            yield text.format(path=path, kept=_kept(kept))


def give_back(platform: Platform, space: Space, package: Package) -> Given:
    """Puts back what is not there. Raises PlatformError when nothing can be told of what is there."""
    given = Given()
    places = _places(platform, package)
    if not places:
        return given
    if not isinstance(platform, Holdings):
        given.left += [
            _("« {path} » n'est pas remis : cette plateforme ne prend pas les fichiers des personnes. {kept}").format(
                path=it.path, kept=_kept(it)
            )
            for it in places
        ]
        return given
    giving = _Giving(platform, space, package, {it.path: it.size for it in platform.holdings(space)}, given)
    for kept, path in places.items():
        giving.one(kept, path)
    return given


@dataclass
class _Giving:
    platform: Holdings
    space: Space
    package: Package
    there: dict[str, int]
    given: Given

    def one(self, kept: KeptFile, path: str) -> None:
        """Gives one file back: at its own path, else at the nearest one."""
        try:
            found = path if path == kept.path and self._at_home(kept) else None
            if found is None:
                found = self._nearby(kept, path if path != kept.path else _safe(kept))
        except PlatformError as error:
            text = _("« {path} » n'a pas pu être remis : {why} {kept}")
            self.given.left.append(text.format(path=kept.path, why=error.message, kept=_kept(kept)))
            return
        if found != kept.path:
            self.given.differences.append(_renamed(kept, found))

    def _at_home(self, kept: KeptFile) -> bool:
        """Whether the file is now at its own path, or somebody's other version of it; False when it cannot be."""
        if kept.path not in self.there:
            try:
                return self._make(kept, kept.path)
            except (Refused, Suspicious):
                if _safe(kept) == kept.path:
                    raise
                return False
        if self.there[kept.path] != kept.content.size:
            text = _("« {path} » est déjà là, avec un autre contenu : gardé tel quel. {kept}")
            self.given.differences.append(text.format(path=kept.path, kept=_kept(kept)))
        return True

    def _nearby(self, kept: KeptFile, path: str) -> str:
        """The path at which the file is now. Raises PlatformError."""
        for number in range(1, _ATTEMPTS):
            found = _numbered(path, number)
            if found in self.there:
                if self._is_same(found, kept.content):
                    return found
            elif self._make(kept, found):
                return found
        raise Refused(_("tous les noms qui en approchent sont pris."))

    def _make(self, kept: KeptFile, path: str) -> bool:
        size = kept.content.size
        made = self.platform.deposit(self.space, path, _blocks(self.package.path(kept.content)), size)
        if made:
            self.there[path] = size
            self.given.made += 1
        return made

    def _is_same(self, path: str, content: InBag) -> bool:
        if self.there[path] != content.size:
            return False
        digest = hashlib.sha256()
        for block in self.platform.fetch(self.space, path):
            digest.update(block)
        return digest.hexdigest() == content.sha256


def _places(platform: Platform, package: Package) -> Mapping[KeptFile, str]:
    """Where each file of people goes: its own path, or one that every system takes and no other file has."""
    own = {it.content.path for it in package.manifest.resources if it.kind == "document" and it.content}
    people = [it for it in package.manifest.files if it.content.path not in own]
    taken = {_key(it.path) for it in package.manifest.files}
    places = {}
    for kept in people:
        path = kept.path
        if not _takes(platform, path) and _takes(platform, _safe(kept)):
            path = next(it for it in (_numbered(_safe(kept), number) for number in count(1)) if _key(it) not in taken)
            taken.add(_key(path))
        places[kept] = path
    return places


def _takes(platform: Platform, path: str) -> bool:
    return platform.takes(path) if isinstance(platform, FileNames) else True


def _safe(kept: KeptFile) -> str:
    """The file's path in the package, which every system takes."""
    return kept.content.path.partition("/")[2] or kept.content.path


def _numbered(path: str, number: int) -> str:
    if number == 1:
        return path
    whole = PurePosixPath(path)
    return str(whole.with_name(f"{whole.stem[:_STEM].rstrip(' .')} ({number}){whole.suffix}"))


def _key(path: str) -> str:
    """Equal for two paths that are one on some system."""
    return unicodedata.normalize("NFC", path).casefold()


def _renamed(kept: KeptFile, path: str) -> str:
    text = _("« {path} » : ce nom n'est pas possible ici, le fichier s'appelle « {new} ».")
    return text.format(path=kept.path, new=path)


def _kept(kept: KeptFile) -> str:
    return _("Il est dans le paquet : {place}").format(place=place_in(kept.content))


def place_in(content: InBag) -> str:
    """Where a file is in the package, for people who unpack it."""
    return f"{PAYLOAD}/{content.path}"


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            yield block
