"""Reading a file that a person named."""

from __future__ import annotations

from pathlib import Path

from allies_sync.engagements.errors import UserError
from allies_sync.model.problems import InvalidData
from allies_sync.model.tomlfile import decode
from allies_sync.text.messages import _
from allies_sync.workspace.problems import describe

BIGGEST = 5_000_000


def read_text(name: str) -> str:
    """The text of a file. Raises UserError when there is none."""
    path = Path(name)
    nothing = _("Rien n'a été modifié.")
    try:
        if path.is_dir():
            raise UserError(
                _("{file} est un dossier : il faut le fichier lui-même.").format(file=name),
                nothing + " " + _("Indiquez par exemple {file}.").format(file=path / "engagement.toml"),
            )
        if path.stat().st_size > BIGGEST:
            raise UserError(
                _("Le fichier {file} est bien trop grand pour des données d'accompagnement.").format(file=name),
                nothing,
            )
        return decode(path.read_bytes(), name)
    except FileNotFoundError as error:
        raise UserError(
            _("Le fichier {file} n'existe pas.").format(file=name),
            nothing + " " + _("Vérifiez son nom et son dossier."),
        ) from error
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidData):
            raise UserError(describe(error.problems[0]), nothing) from error
        raise UserError(
            _("Le fichier {file} ne peut pas être lu.").format(file=name[:200]),
            nothing + " " + _("Vérifiez son nom, et que vous avez le droit de le lire."),
        ) from error
