"""``answers`` and what can be done with them: ``sheet``, ``add``, ``withdraw``, ``purge``."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.cli.group import Command, application, defaulting
from allies_sync.cli.options import DryRun, Json, Slug, Yes
from allies_sync.text.messages import _

app = application(defaulting("show"), help=_("Les réponses aux questionnaires : lire, compter, ajouter, retirer."))

Moment = Annotated[
    str | None,
    typer.Option("--moment", metavar="amont|a-chaud|a-froid", help=_("Seulement les questionnaires de ce moment.")),
]
Session = Annotated[
    str | None,
    typer.Option("--session", metavar=_("NUMÉRO"), help=_("Seulement le questionnaire de cette rencontre.")),
]
Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar=_("FICHIER"), help=_("Écrit dans ce fichier (.csv, .ods…)."))
]
Force = Annotated[bool, typer.Option("--force", help=_("Remplace le fichier s'il existe déjà."))]


@app.command(
    "show",
    cls=Command,
    help=_("Les réponses : combien, les choix comptés, les textes."),
    context_settings={"allow_extra_args": True},
)
def show(
    slug: Slug,
    moment: Moment = None,
    session: Session = None,
    personal: Annotated[
        bool, typer.Option("--personal", help=_("Montre aussi les réponses personnelles : à ne pas transmettre."))
    ] = False,
    format: Annotated[
        str | None,
        typer.Option("--format", metavar="csv|ods|json", help=_("Toutes les réponses, pour un tableur.")),
    ] = None,
    output: Output = None,
    force: Force = False,
    live: Annotated[
        bool, typer.Option("--live", help=_("Tient la page « En direct » à jour tant que la rencontre dure."))
    ] = False,
    minutes: Annotated[
        str | None,
        typer.Option(
            "--minutes", metavar=_("NOMBRE"), help=_("Combien de temps avec --live (180 si rien n'est dit).")
        ),
    ] = None,
    json: Json = False,
) -> int:
    from allies_sync.cli.show_answers import show_answers

    if live or minutes is not None:
        from allies_sync.cli.live_answers import keep_live

        return keep_live(slug, moment, session, minutes=minutes, output=output, odd=bool(personal or format))
    return show_answers(slug, moment, session, personal=personal, format=format, output=output, force=force)


@app.command(
    "sheet",
    cls=Command,
    help=_("Une feuille de tableur à remplir d'après les réponses sur papier."),
    context_settings={"allow_extra_args": True},
)
def sheet(
    slug: Slug,
    moment: Moment = None,
    session: Session = None,
    format: Annotated[
        str | None, typer.Option("--format", metavar="csv|ods", help=_("Le format de la feuille (ods)."))
    ] = None,
    output: Output = None,
    force: Force = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.paper import write_sheet

    return write_sheet(slug, moment, session, format=format, output=output, force=force)


@app.command(
    "add",
    cls=Command,
    help=_("Ajoute les réponses d'une feuille remplie, sans doublon."),
    context_settings={"allow_extra_args": True},
)
def add(
    first: Annotated[
        str, typer.Argument(metavar=_("FICHIER"), help=_("La feuille remplie ; l'identifiant peut être donné avant."))
    ],
    second: Annotated[str | None, typer.Argument(metavar=_("FICHIER"), hidden=True)] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.paper import add_sheet

    slug, file = (first, second) if second is not None else (None, first)
    return add_sheet(slug, file, dry_run=dry_run, yes=yes)


@app.command(
    "withdraw",
    cls=Command,
    help=_("Retire la réponse d'une personne, à sa demande."),
    context_settings={"allow_extra_args": True},
)
def withdraw(
    slug: Slug,
    find: Annotated[
        str | None,
        typer.Option(
            "--find", metavar=_("MOTS"), help=_("Des mots de la réponse : un prénom, une adresse, une phrase.")
        ),
    ] = None,
    answer: Annotated[
        str | None, typer.Option("--id", metavar=_("RÉPONSE"), help=_("L'identifiant de la réponse, déjà connu."))
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.withdrawing import withdraw_answer

    return withdraw_answer(slug, find, answer, dry_run=dry_run, yes=yes)


@app.command(
    "purge",
    cls=Command,
    help=_("Efface les réponses personnelles là où elles sont, après avoir montré lesquelles."),
    context_settings={"allow_extra_args": True},
)
def purge(slug: Slug, dry_run: DryRun = False, yes: Yes = False, json: Json = False) -> int:
    from allies_sync.cli.purging import purge_answers

    return purge_answers(slug, dry_run=dry_run, yes=yes)


@app.command(
    "recover",
    cls=Command,
    help=_("Retrouve les réponses qu'une autre a écrasées."),
    context_settings={"allow_extra_args": True},
)
def recover(slug: Slug, dry_run: DryRun = False, yes: Yes = False, json: Json = False) -> int:
    from allies_sync.cli.recovering import recover_answers

    return recover_answers(slug, dry_run=dry_run, yes=yes)
