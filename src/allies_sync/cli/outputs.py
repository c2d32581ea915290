"""Files that a command writes where a person asked for them: whole or not at all, and never over another one."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from allies_sync.engagements.errors import UserError
from allies_sync.text.messages import _
from allies_sync.text.system import system_words


def chosen_format(format: str | None, output: str | None, known: Sequence[str]) -> str | None:
    """The format that was asked for, or that the file's name tells. Raises UserError for one that there is not."""
    asked = format.strip().lower() if format is not None else None
    if asked is None and output is not None:
        asked = Path(output).suffix.lower().removeprefix(".")
        if asked not in known:
            raise UserError(
                _("Le nom « {file} » ne dit pas le format.").format(file=output[:200]),
                _("Terminez-le par {formats}, ou ajoutez --format.").format(
                    formats=", ".join(f".{name}" for name in known)
                ),
            )
    if asked is not None and asked not in known:
        raise UserError(
            _("Le format « {format} » n'existe pas.").format(format=asked[:40]),
            _("Choisissez {formats}.").format(formats=", ".join(known)),
        )
    return asked


def write_output(name: str, data: bytes, *, force: bool, private: bool = False) -> Path:
    """Writes a file at once; ``private``: only its owner can read it. Raises UserError when there is one already."""
    with writing(name, force=force, private=private) as file:
        file.write(data)
    return Path(name).expanduser()


@contextmanager
def writing(name: str, *, force: bool, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write piece by piece, which is there whole at the end of the block, or not at all."""
    path = Path(name).expanduser()
    if path.is_dir():
        raise UserError(
            _("{file} est un dossier : il faut un nom de fichier.").format(file=name), _("Rien n'a été écrit.")
        )
    if path.exists() and not force:
        raise UserError(
            _("Le fichier {file} existe déjà : il n'est pas remplacé.").format(file=path),
            _("Donnez un autre nom, ou ajoutez --force pour le remplacer."),
        )
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=".allies-sync-", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        if not private:
            Path(temporary).chmod(0o666 & ~_mask())
        Path(temporary).replace(path)
    except BaseException as error:
        with suppress(OSError):
            Path(temporary).unlink()
        if isinstance(error, OSError):
            raise _unwritable(path, error) from error
        raise


def _unwritable(path: Path, error: OSError) -> UserError:
    return UserError(
        _("Le fichier {file} ne peut pas être écrit : {why}.").format(file=path, why=system_words(error)),
        _("Choisissez un autre dossier."),
    )


def write_stdout(data: bytes, kind: str) -> None:
    """Writes a file's content to standard output, unless a person would see nothing but signs."""
    if kind == "ods" and sys.stdout.isatty():
        raise UserError(
            _("Un classeur ne s'affiche pas dans un terminal."), _("Ajoutez -o FICHIER, par exemple -o reponses.ods")
        )
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
