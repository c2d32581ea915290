"""``edit``."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.cli.options import DryRun, Json, Slug, Yes
from allies_sync.text.messages import _


def edit(
    slug: Slug,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar=_("CHAMP=VALEUR"),
            help=_("Une donnée à changer : start=2027-03-19, client.name=DLA, sessions[0].date=2027-03-19."),
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar=_("FICHIER"), help=_("Prendre toutes les données dans un fichier TOML.")),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.changing import keeping_draft, prepared
    from allies_sync.cli.work import desk, do

    with desk() as opened, keeping_draft(slug, dry_run=dry_run):
        preparation = prepared(opened, slug, changes or [], source)
        return do(opened, preparation, yes=yes, dry_run=dry_run, done=_("Les données et l'espace sont à jour."))
