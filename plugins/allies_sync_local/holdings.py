"""Everything that is in an engagement's folder, for archives: read block by block, and put back."""

from __future__ import annotations

import mimetypes
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from allies_sync.platforms.errors import Refused, Suspicious
from allies_sync.platforms.holdings import Holding
from allies_sync.text.messages import _
from allies_sync_local import disk

BLOCK = 1 << 20


def files_in(root: Path) -> Iterator[Holding]:
    """All files of a space, sorted; links are not followed, and what the tool keeps for itself is left out."""
    found = sorted(_walk(root, ""))
    for path, size in found:
        yield Holding(path, size, mimetypes.guess_type(path)[0] or "application/octet-stream")


def _walk(root: Path, relative: str) -> Iterator[tuple[str, int]]:
    folder = root.joinpath(*relative.split("/")) if relative else root
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{relative}/{entry.name}" if relative else entry.name
            if path == disk.STATE_FOLDER or disk.is_temporary(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(root, path)
            elif entry.is_file(follow_symlinks=False):
                yield path, entry.stat(follow_symlinks=False).st_size


def is_place(path: str) -> bool:
    """Whether a file can be made at ``path``: no other system would refuse one of its names."""
    try:
        disk.checked(Path(), path)
    except Suspicious:
        return False
    return True


def _place(root: Path, path: str) -> Path:
    if path.split("/")[0] == disk.STATE_FOLDER:
        raise Refused(_("« {path} » n'est pas un document.").format(path=path[:100]))
    try:
        found = disk.checked(root, path)
    except Suspicious as error:
        text = _("« {path} » n'est pas un nom de fichier possible dans ce dossier.")
        raise Refused(text.format(path=path[:200]), error.advice) from error
    disk.check_inside(root, found.parent)
    return found


def _found(root: Path, path: str) -> Path:
    """Where a file is that somebody put there: this disk took its name, even if no other system would."""
    parts = path.split("/")
    plain = all(part not in (".", "..") and "\0" not in part and PurePath(part).name == part != "" for part in parts)
    if not plain or parts[0] == disk.STATE_FOLDER:
        raise Refused(_("« {path} » n'est pas un document.").format(path=path[:100]))
    found = root.joinpath(*parts)
    disk.check_inside(root, found.parent)
    return found


def blocks_of(root: Path, path: str) -> Iterator[bytes]:
    """A file, block by block."""
    place = _found(root, path)
    with disk.telling(place):
        if not stat.S_ISREG(os.lstat(place).st_mode):
            raise Refused(_("« {path} » n'est pas un fichier.").format(path=path[:100]))
        with place.open("rb") as stream:
            while block := stream.read(BLOCK):
                yield block


def make(root: Path, path: str, blocks: Iterable[bytes]) -> bool:
    """Makes a file and its folders, never over another."""
    place = _place(root, path)
    with disk.telling(place):
        if disk.find(place) is not None:
            return False
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            disk.create_file(place, b"".join(blocks))
        except FileExistsError:
            return False
    return True
