"""``memoires``: ``import``, ``check``, ``export``, ``new``, ``complete``, ``push``."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.cli.group import Command, application
from allies_sync.cli.options import DryRun, Json, Yes
from allies_sync.text.messages import _

app = application(help=_("Les mémoires d'action : importer, vérifier, compléter, exporter, envoyer."))

_MORE = {"allow_extra_args": True}
_SOURCE = _("L'adresse d'un wiki, d'une liste ou d'une fiche, ou un fichier ou dossier enregistré.")

Source = Annotated[str, typer.Argument(metavar=_("SOURCE"), help=_SOURCE)]
AnySource = Annotated[
    str | None,
    typer.Argument(metavar=_("SOURCE"), help=_SOURCE + " " + _("Sans elle : les mémoires du collectif.")),
]
Output = Annotated[str | None, typer.Option("--output", "-o", metavar=_("FICHIER"), help=_("Écrit dans ce fichier."))]
Force = Annotated[bool, typer.Option("--force", help=_("Remplace le fichier s'il existe déjà."))]
Ids = list[str] | None


@app.command(
    "import",
    cls=Command,
    help=_("Lit des mémoires ailleurs : wiki, page, fichier. N'a besoin d'aucune configuration, n'envoie rien."),
    context_settings=_MORE,
)
def import_(
    source: Source,
    output: Output = None,
    force: Force = False,
    full: Annotated[
        bool, typer.Option("--full", help=_("Avec --json : aussi les images, les dates et ce qui n'a pas de champ."))
    ] = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.show_memoires import show_import

    return show_import(source, output=output, force=force, full=full)


@app.command(
    "check",
    cls=Command,
    help=_("Ce qui manque à chaque mémoire, et une note d'ensemble."),
    context_settings=_MORE,
)
def check(
    source: AnySource = None,
    links: Annotated[
        bool, typer.Option("--links", help=_("Vérifie aussi que les liens répondent : une demande par seconde."))
    ] = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.show_memoires import show_check

    return show_check(source, links=links)


@app.command(
    "export",
    cls=Command,
    help=_("Écrit les mémoires en JSON, JSON-LD ou CSV."),
    context_settings=_MORE,
)
def export(
    source: AnySource = None,
    format: Annotated[
        str | None, typer.Option("--format", metavar="json|jsonld|csv", help=_("Le format (json si rien n'est dit)."))
    ] = None,
    output: Output = None,
    force: Force = False,
) -> int:
    from allies_sync.cli.show_memoires import show_export

    return show_export(source, format=format, output=output, force=force)


@app.command(
    "new",
    cls=Command,
    help=_("Garde la mémoire d'une action qui n'a pas été menée avec l'outil : pose les questions une à une."),
    context_settings=_MORE,
)
def new(
    title: Annotated[str | None, typer.Argument(metavar=_("TITRE"), help=_("Le titre, entre guillemets."))] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar=_("FICHIER"), help=_("Prend tout dans un fichier TOML ou JSON.")),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.memoire_writing import new_memoire

    return new_memoire(title, source, yes=yes, dry_run=dry_run)


@app.command(
    "complete",
    cls=Command,
    help=_("Passe en revue ce qui manque à une mémoire du collectif, et l'y écrit."),
    context_settings=_MORE,
)
def complete(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar=_("MÉMOIRE"), help=_("Son identifiant, ou des mots de son titre. Sans rien : toutes, une à une.")
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar=_("FICHIER"), help=_("Prend ce qui manque dans un fichier TOML ou JSON.")),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.memoire_writing import complete_memoire

    return complete_memoire(name, source, yes=yes, dry_run=dry_run)


@app.command(
    "push",
    cls=Command,
    help=_("Envoie des mémoires dans le wiki du collectif : chacune une fois, jamais par-dessus ce qu'on y a écrit."),
    context_settings=_MORE,
)
def push(
    source: Source,
    keep: Annotated[
        Ids, typer.Option("--keep", metavar=_("ÉLÉMENT"), help=_("Garder ce que quelqu'un a écrit sur le wiki."))
    ] = None,
    replace: Annotated[
        Ids, typer.Option("--replace", metavar=_("ÉLÉMENT"), help=_("Mettre la version de la source à la place."))
    ] = None,
    recreate: Annotated[
        Ids, typer.Option("--recreate", metavar=_("ÉLÉMENT"), help=_("Créer à nouveau ce que quelqu'un a supprimé."))
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.memoire_writing import push_memoires
    from allies_sync.cli.syncing import choices_of

    return push_memoires(source, choices_of(keep, replace, recreate), yes=yes, dry_run=dry_run)
