"""``archive``, ``unarchive`` and ``restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from allies_sync.cli.group import Command, application, defaulting
from allies_sync.cli.options import DryRun, Json, Slug, Yes
from allies_sync.text.messages import _

app = application(
    cls=defaulting("one"), help=_("Archive un accompagnement terminé en mémoire d'action, et vérifie les paquets.")
)

PackageFile = Annotated[
    Path, typer.Argument(metavar=_("PAQUET"), help=_("Le fichier fait par « archive », ou le dossier dépaqueté."))
]


@app.command(
    "one",
    cls=Command,
    help=_("Archive un accompagnement terminé en mémoire d'action."),
    context_settings={"allow_extra_args": True},
)
def one(
    slug: Slug,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar=_("FICHIER"), help=_("Où écrire le paquet (./<slug>-memoire.zip).")),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help=_("Archive même s'il manque des documents ; la mémoire dit lesquels."))
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.show_archive import archive_engagement

    return archive_engagement(slug, output, force=force, dry_run=dry_run, yes=yes)


@app.command(
    "verify",
    cls=Command,
    help=_("Vérifie un paquet : rien n'y manque, rien n'y a changé."),
    context_settings={"allow_extra_args": True},
)
def verify(package: PackageFile, json: Json = False) -> int:
    from allies_sync.cli.show_archive import verify_package

    return verify_package(package)


def unarchive(slug: Slug, dry_run: DryRun = False, yes: Yes = False, json: Json = False) -> int:
    from allies_sync.cli.work import desk, do
    from allies_sync.engagements.archiving import prepare_unarchive

    with desk() as opened:
        preparation = prepare_unarchive(opened, slug)
        return do(
            opened,
            preparation,
            yes=yes,
            dry_run=dry_run,
            question=_("Rouvrir cet espace à l'écriture ? La mémoire déjà publiée reste."),
            done=_("L'espace est rouvert, avec les droits d'avant."),
        )


def restore(
    package: PackageFile,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar=_("CONFIGURATION"), help=_("Le fichier allies-sync.toml des plateformes d'arrivée.")
        ),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.show_restore import restore_package

    return restore_package(package, to, dry_run=dry_run, yes=yes)
