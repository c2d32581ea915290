"""``new-engagement``."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.cli.options import DryRun, Json, Yes, slug_completion, template_completion
from allies_sync.text.messages import _

Text = str | None


def new_engagement(
    title: Annotated[Text, typer.Argument(metavar=_("TITRE"), help=_("Le titre, entre guillemets."))] = None,
    client: Annotated[Text, typer.Option("--client", metavar=_("NOM"), help=_("L'organisation cliente."))] = None,
    start: Annotated[
        Text, typer.Option("--start", metavar=_("DATE"), help=_("Le premier jour, par exemple 2027-03-12."))
    ] = None,
    end: Annotated[Text, typer.Option("--end", metavar=_("DATE"), help=_("Le dernier jour, s'il est connu."))] = None,
    template: Annotated[
        Text,
        typer.Option(
            "--template",
            metavar=_("MODÈLE"),
            help=_("Le modèle d'espace (« allies-sync templates list »)."),
            autocompletion=template_completion,
        ),
    ] = None,
    participants: Annotated[
        Text, typer.Option("--participants", metavar=_("NOMBRE"), help=_("Le nombre de participant·e·s attendu·e·s."))
    ] = None,
    slug: Annotated[
        Text,
        typer.Option("--slug", metavar=_("IDENTIFIANT"), help=_("L'identifiant, s'il ne doit pas venir du titre.")),
    ] = None,
    proposal: Annotated[
        bool,
        typer.Option(
            "--proposal", help=_("Une proposition en cours d'écriture : seulement les documents, pas de wiki.")
        ),
    ] = False,
    source: Annotated[
        Text, typer.Option("--from", metavar=_("FICHIER"), help=_("Prendre toutes les données dans un fichier TOML."))
    ] = None,
    like: Annotated[
        Text,
        typer.Option(
            "--like",
            metavar=_("IDENTIFIANT"),
            help=_("Reprendre le programme, le prix et les textes d'un autre accompagnement."),
            autocompletion=slug_completion,
        ),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.opening_data import Given, engagement_of
    from allies_sync.cli.work import desk, do
    from allies_sync.engagements.opening import prepare_opening

    given = Given(
        title=title,
        client=client,
        start=start,
        end=end,
        template=template,
        participants=participants,
        slug=slug,
        proposal=proposal,
        source=source,
        like=like,
    )
    with desk() as opened:
        engagement = engagement_of(opened, given)
        preparation = prepare_opening(opened, engagement)
        done = _("L'espace est ouvert.") if preparation.before is None else _("L'espace est à jour.")
        return do(opened, preparation, yes=yes, dry_run=dry_run, done=done, links=True)
