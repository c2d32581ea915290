"""Unpacking a package that somebody else may have made: bounded in files and bytes, and never outside its folder.

Two forms are read: a zip, and the folder that unpacking it by hand gives.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from allies_sync.memoires.bags import BLOCK
from allies_sync.memoires.paths import BadPackage, member_path, same_file, shown
from allies_sync.text.messages import _
from allies_sync.text.system import system_words

_SYMLINK, _REGULAR, _FOLDER = stat.S_IFLNK, stat.S_IFREG, stat.S_IFDIR


@dataclass(frozen=True, slots=True)
class Limits:
    """What a package may come to. ``total`` in bytes once unpacked; ``ratio``: of a file to its packed size;
    ``tables`` in bytes: the zip's list of files, and each of the bag's own lists."""

    files: int = 100_000
    total: int = 20 << 30
    ratio: int = 200
    tables: int = 64 << 20


LIMITS = Limits()
_SMALL = 1 << 20
"""Bytes below which a file may be packed as tight as it likes."""


def unpack(package: Path, into: Path, limits: Limits = LIMITS) -> Path:
    """The folder of the bag in a package: unpacked into ``into`` (an empty folder), or the package itself when it is
    a folder. Raises BadPackage; then nothing outside ``into`` was written."""
    if package.is_dir():
        _check_folder(package, limits)
        return package
    if package.exists() and not package.is_file():  # a pipe would never end
        raise damaged(package)
    try:
        with package.open("rb") as stream:
            _check_tables(stream, package.stat().st_size, limits)
            with zipfile.ZipFile(stream) as archive:
                _extract(archive, into, limits)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not package.exists():
            raise BadPackage(
                _("Il n'y a pas de paquet {path}.").format(path=package), _("Vérifiez le chemin.")
            ) from error
        raise BadPackage(
            _("Le paquet {path} ne peut pas être lu : {why}.").format(path=package.name, why=system_words(error)),
            _("Vérifiez le chemin, vos droits et la place sur le disque."),
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, struct.error) as error:
        raise damaged(package) from error
    return _bag_in(into)


def damaged(package: Path) -> BadPackage:
    """The package is no zip, or one that is broken."""
    return BadPackage(
        _("« {name} » n'est pas un paquet lisible : ce n'est pas un zip, ou il est abîmé.").format(
            name=shown(package.name)
        ),
        _("Reprenez-le de sa source, ou d'une sauvegarde."),
    )


def _bag_in(folder: Path) -> Path:
    """The bag: the only folder in the zip."""
    found = sorted(folder.iterdir())
    if len(found) == 1 and found[0].is_dir():
        return found[0]
    return folder


# --- a zip ----------------------------------------------------------------------------------------------------


def _check_tables(stream: BinaryIO, size: int, limits: Limits) -> None:
    """The list of files stands at the very end, and is not too long to be read into memory at once.

    APPNOTE.TXT 4.3.14 to 4.3.16. Raises BadPackage.
    """
    stream.seek(max(0, size - 22))
    end = stream.read(22)
    if len(end) < 22 or end[:4] != b"PK\x05\x06" or end[20:] != b"\0\0":
        raise damaged(Path(stream.name))
    length = struct.unpack("<L", end[12:16])[0]
    if size >= 98:
        stream.seek(size - 98)
        tail = stream.read(76)
        if tail[56:60] == b"PK\x06\x07":
            length = struct.unpack("<Q", tail[40:48])[0] if tail[:4] == b"PK\x06\x06" else limits.tables + 1
    if length > limits.tables:
        raise _too_much()
    stream.seek(0)


def _too_much() -> BadPackage:
    return BadPackage(
        _("Le paquet est démesuré : trop de fichiers, ou trop de données une fois décompressées."),
        _("Rien n'en a été gardé. Un paquet d'allies-sync n'est jamais ainsi : vérifiez d'où il vient."),
    )


def _extract(archive: zipfile.ZipFile, into: Path, limits: Limits) -> None:
    members = list(_members(archive, limits))
    for info, path in members:
        target = into.joinpath(*path.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        left = info.file_size
        with archive.open(info) as source, target.open("xb") as file:
            while block := source.read(BLOCK):
                left -= len(block)
                if left < 0:
                    raise _too_much()
                file.write(block)
        if left:
            raise zipfile.BadZipFile("a file is shorter than it says")


def _members(archive: zipfile.ZipFile, limits: Limits) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """The files of a zip, each checked before any is written. Raises BadPackage."""
    infos = archive.infolist()
    if len(infos) > limits.files or sum(info.file_size for info in infos) > limits.total:
        raise _too_much()
    seen = _Seen()
    for info in infos:
        path = member_path(info.filename)
        kind = stat.S_IFMT(info.external_attr >> 16)
        folder = info.filename.endswith("/")
        if kind not in (0, _FOLDER if folder else _REGULAR):
            raise _no_file(info.filename)
        if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile("encrypted, or packed in a rare way")
        if info.file_size > max(_SMALL, info.compress_size * limits.ratio):
            raise _too_much()
        seen.add(path, folder)
        if not folder:
            yield info, path


def _no_file(name: str) -> BadPackage:
    return BadPackage(
        _("« {name} », dans le paquet, n'est pas un fichier ordinaire mais un lien ou autre chose.").format(
            name=shown(name)
        ),
        _("Rien n'en a été écrit. Demandez un autre paquet à la personne qui vous l'a donné."),
    )


class _Seen:
    """No two names that are one file on some system; no file that is also a folder."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.folders: set[str] = set()

    def add(self, path: PurePosixPath, folder: bool) -> None:
        key = same_file(path)
        parents = {same_file(parent) for parent in path.parents}
        twice = key in self.files or (not folder and key in self.folders) or parents & self.files
        if twice:
            raise BadPackage(
                _("Le paquet contient deux fois le même nom de fichier : « {name} ».").format(name=shown(str(path))),
                _("Rien n'en a été écrit. Demandez un autre paquet à la personne qui vous l'a donné."),
            )
        (self.folders if folder else self.files).add(key)
        self.folders |= parents


# --- a folder --------------------------------------------------------------------------------------------------


def _check_folder(folder: Path, limits: Limits) -> None:
    """Nothing but plain files and folders, and not too many. Raises BadPackage."""
    seen = _Seen()
    count = total = 0
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                relative = Path(entry.path).relative_to(folder).as_posix()
                path = member_path(relative)
                here = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(here.st_mode):
                    waiting.append(Path(entry.path))
                elif not stat.S_ISREG(here.st_mode):
                    raise _no_file(relative)
                seen.add(path, stat.S_ISDIR(here.st_mode))
                count += 1
                total += here.st_size
                if count > limits.files or total > limits.total:
                    raise _too_much()
