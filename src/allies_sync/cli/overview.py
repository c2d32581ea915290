"""``status``."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.cli.options import Json, slug_completion
from allies_sync.text.messages import _


def status(
    slug: Annotated[
        str | None,
        typer.Argument(
            metavar=_("IDENTIFIANT"),
            help=_("Un seul accompagnement ; sans rien, tous."),
            autocompletion=slug_completion,
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help=_("Code de sortie 3 s'il y a quelque chose à mettre à jour."))
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help=_("Tous les accompagnements, comme sans identifiant."))
    ] = False,
    json: Json = False,
) -> int:
    if slug and every:
        from allies_sync.engagements.errors import UserError

        raise UserError(
            _("--all ne se combine pas avec un identifiant."), _("Donnez l'identifiant seul, ou --all seul.")
        )
    from allies_sync.cli.show_status import show_status

    return show_status([slug] if slug else None, check=check)
