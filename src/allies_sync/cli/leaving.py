"""``adopt``, ``cancel`` and ``remove``."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.cli.options import DryRun, Json, Slug, Yes
from allies_sync.text.messages import _


def adopt(
    place: Annotated[
        str, typer.Argument(metavar=_("DOSSIER-OU-ADRESSE"), help=_("Où se trouve l'espace de travail à reprendre."))
    ],
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.work import desk, do
    from allies_sync.engagements.adopting import prepare_adoption

    with desk() as opened:
        preparation = prepare_adoption(opened, place)
        done = _("L'espace « {slug} » est repris : ce poste peut le tenir à jour.").format(slug=preparation.slug)
        return do(opened, preparation, yes=yes, dry_run=dry_run, done=done)


def cancel(slug: Slug, dry_run: DryRun = False, yes: Yes = False, json: Json = False) -> int:
    from allies_sync.cli.work import desk, do
    from allies_sync.engagements.editing import prepare_state
    from allies_sync.model.lifecycle import State

    with desk() as opened:
        preparation = prepare_state(opened, slug, State.CANCELLED)
        return do(
            opened,
            preparation,
            yes=yes,
            dry_run=dry_run,
            question=_("Annuler cet accompagnement ? Rien n'est supprimé, l'espace passe en lecture seule."),
            done=_(
                "L'accompagnement est annulé. Pour revenir en arrière : allies-sync edit {slug} --set state=ouvert"
            ).format(slug=slug),
        )


def remove(
    slug: Slug,
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm", metavar=_("IDENTIFIANT"), help=_("L'identifiant, répété, pour confirmer d'avance.")
        ),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.removing import remove_engagement

    return remove_engagement(slug, confirm, dry_run=dry_run, yes=yes)
