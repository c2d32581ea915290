"""What a person asks to import from: an address, a saved file, a folder of saved files."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from allies_sync.memoires.pinned import Bounds
from allies_sync.memoires.web import HEAD, Reply, Web
from allies_sync.platforms.errors import Refused, Unavailable
from allies_sync.platforms.memoires import Answer
from allies_sync.text.messages import _
from allies_sync.text.system import system_words

LARGEST_FILE = 2 * 1024 * 1024 * 1024
MOST_FILES = 20_000
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """A saved file. See :class:`allies_sync.platforms.memoires.Answer`."""

    path: Path
    status: int = 200
    charset: str = ""

    @property
    def url(self) -> str:
        return self.path.absolute().as_uri()

    @property
    def media_type(self) -> str:
        return mimetypes.guess_type(self.path.name)[0] or ""

    @property
    def head(self) -> bytes:
        with self._told() as file:
            return file.read(HEAD)

    def chunks(self) -> Iterator[bytes]:
        with self._told() as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    def _told(self) -> BinaryIO:
        try:
            return self.path.open("rb")
        except OSError as error:
            raise unreadable(self.path, error) from error


@dataclass(frozen=True, slots=True)
class FileSource:
    """A saved file, or a folder of them. See :class:`allies_sync.platforms.memoires.Source`."""

    address: str
    start: Answer | None = None
    folder: Path | None = None
    online: bool = False

    def get(self, url: str) -> Answer:
        raise Refused(_("Un fichier enregistré est lu seul : aucune autre adresse n'est demandée."))


@dataclass(frozen=True, slots=True)
class WebSource:
    """An address. See :class:`allies_sync.platforms.memoires.Source`."""

    address: str
    start: Reply
    web: Web
    online: bool = True
    folder: Path | None = None

    def get(self, url: str) -> Reply:
        return self.web.get(url)


def open_source(typed: str, bounds: Bounds | None = None) -> FileSource | WebSource:
    """Opens what a person typed: one request for an address. Raises PlatformError."""
    typed = typed.strip()
    if typed.lower().startswith(("http://", "https://")):
        web = Web(typed, bounds or Bounds())
        reply = web.get(typed)
        if reply.status >= 400:
            raise Unavailable(
                _("{address} répond par l'erreur {status}.").format(address=typed[:200], status=reply.status),
                _("Vérifiez cette adresse dans un navigateur."),
            )
        return WebSource(typed, reply, web)
    return open_file(Path(typed).expanduser())


def open_file(path: Path) -> FileSource:
    """A saved file, or a folder. Raises Refused."""
    try:
        if path.is_dir():
            return FileSource(str(path), folder=path)
        if not path.is_file():
            raise Refused(
                _("« {path} » n'est ni un fichier de ce poste, ni une adresse qui commence par https://.").format(
                    path=path
                )
            )
        if path.stat().st_size > LARGEST_FILE:
            raise Refused(_("Le fichier « {path} » est trop grand pour être lu.").format(path=path))
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    return FileSource(str(path), FileAnswer(path))


def files_in(folder: Path) -> Iterator[FileSource]:
    """The files of a folder by name, hidden ones and links left out. Raises Refused for too many."""
    found = []
    try:
        for path in folder.rglob("*"):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if not hidden and path.is_file() and not path.is_symlink():
                found.append(path)
                if len(found) > MOST_FILES:
                    raise Refused(
                        _("Le dossier « {path} » contient plus de {count} fichiers.").format(
                            path=folder, count=MOST_FILES
                        )
                    )
    except OSError as error:
        raise unreadable(folder, error) from error
    for path in sorted(found):
        yield open_file(path)


def unreadable(path: Path, error: Exception) -> Refused:
    """A file that cannot be read."""
    reason = system_words(error) if isinstance(error, OSError) else _("ce chemin n'est pas possible")
    return Refused(_("« {path} » ne peut pas être lu : {reason}.").format(path=path, reason=reason))
