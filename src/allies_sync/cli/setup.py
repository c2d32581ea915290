"""``init`` and ``doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.cli.options import DryRun, Json, Yes
from allies_sync.text.messages import _


def init(
    name: Annotated[str | None, typer.Option("--name", metavar=_("NOM"), help=_("Le nom du collectif."))] = None,
    place: Annotated[
        str | None,
        typer.Option("--path", metavar=_("DOSSIER"), help=_("Le dossier des espaces de travail (./espaces).")),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.beginning import begin

    return begin(name, place, dry_run=dry_run, yes=yes)


def doctor(
    probe: Annotated[
        bool,
        typer.Option("--probe", help=_("Essaie aussi d'écrire, sur des éléments créés pour cela puis supprimés.")),
    ] = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.checkup import check_up

    return check_up(probe=probe)
