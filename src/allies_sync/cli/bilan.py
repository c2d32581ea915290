"""``bilan draft``, ``bilan quotes`` and ``publish-bilan``."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.cli.group import Command, application
from allies_sync.cli.options import DryRun, Json, Slug, Yes
from allies_sync.text.messages import _

app = application(help=_("Le brouillon du bilan, et les citations à choisir."))

Recreate = Annotated[bool, typer.Option("--recreate", help=_("L'écrit à nouveau, si quelqu'un l'a supprimé."))]


@app.command(
    "draft",
    cls=Command,
    help=_(
        "Écrit le brouillon du bilan dans le dossier du bilan. Relancée, la commande ne met à jour que ce que "
        "personne n'a touché."
    ),
    context_settings={"allow_extra_args": True},
)
def draft(
    slug: Slug, recreate: Recreate = False, dry_run: DryRun = False, yes: Yes = False, json: Json = False
) -> int:
    from allies_sync.cli.show_bilan import do_draft

    return do_draft(slug, recreate=recreate, dry_run=dry_run, yes=yes)


@app.command(
    "quotes",
    cls=Command,
    help=_("Écrit la liste des phrases à cocher pour que le bilan les cite. Ce qui est coché le reste."),
    context_settings={"allow_extra_args": True},
)
def quotes(
    slug: Slug, recreate: Recreate = False, dry_run: DryRun = False, yes: Yes = False, json: Json = False
) -> int:
    from allies_sync.cli.show_bilan import do_quotes

    return do_quotes(slug, recreate=recreate, dry_run=dry_run, yes=yes)


def publish_bilan(
    slug: Slug,
    force: Annotated[
        bool,
        typer.Option("--force", help=_("Publie même s'il reste des passages à écrire : ils sont laissés de côté.")),
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help=_("Remet le PDF à sa place, même si quelqu'un l'a changé ou supprimé.")),
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.show_bilan import do_publish

    return do_publish(slug, force=force, replace=replace, dry_run=dry_run, yes=yes)
