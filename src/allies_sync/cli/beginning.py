"""A first ``allies-sync.toml``: two questions at most."""

from __future__ import annotations

import os
from pathlib import Path

from allies_sync.cli import settings
from allies_sync.cli.complaints import DONE
from allies_sync.cli.screen import ask, interactive, result, say, show, styled
from allies_sync.engagements.config import CONFIG_NAME, LOCAL_FOLDER, already_there, config_text, write_config
from allies_sync.engagements.errors import UserError
from allies_sync.text.characters import clean_line
from allies_sync.text.messages import _

LONGEST = 200


def begin(name: str | None, place: str | None, *, dry_run: bool, yes: bool) -> int:
    """Writes the configuration in the current folder, or where ``--config`` says."""
    file = Path(settings.current.config or CONFIG_NAME).expanduser().absolute()
    if os.path.lexists(file):
        raise already_there(file)
    asking = interactive() and not yes
    if name is None:
        default = file.parent.name or _("Notre collectif")
        name = ask(_("Nom de votre collectif :"), default) if asking else default
    if place is None:
        default = f"./{LOCAL_FOLDER}"
        place = ask(_("Dossier des espaces de travail :"), default) if asking else default
    name, place = clean_line(name), clean_line(place)
    if not name or len(name) > LONGEST:
        raise UserError(
            _("Le nom du collectif doit avoir de 1 à {most} caractères.").format(most=LONGEST),
            _("Rien n'a été modifié. Donnez-le avec --name."),
        )
    if not place:
        raise UserError(
            _("Le dossier des espaces de travail n'a pas de nom."), _("Rien n'a été modifié. Donnez-le avec --path.")
        )
    text = config_text(name, Path(place).as_posix() if os.name == "nt" else place)
    if not dry_run:
        write_config(file, text)
    result({"file": str(file), "written": not dry_run, "text": text})
    if dry_run:
        say(text)
        say(_("Rien n'a été modifié (--dry-run)."))
    else:
        show([styled(_("La configuration est écrite : {file}").format(file=file), "green")])
        say(_("Vérifiez-la avec « allies-sync doctor », puis : allies-sync new-engagement"))
    return DONE
