"""Options that several commands share, each said once. Help texts are read when a command is built."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.text.messages import _


def slug_completion(incomplete: str) -> list[str]:
    """Slugs that this machine has seen lately: asking the platforms would make the Tab key slow."""
    from allies_sync.cli.recent import recent_slugs

    return [slug for slug in recent_slugs() if slug.startswith(incomplete)]


Slug = Annotated[
    str,
    typer.Argument(
        metavar=_("IDENTIFIANT"),
        help=_("L'accompagnement, par exemple 2027-dynamiques-de-cooperation."),
        autocompletion=slug_completion,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help=_("Montre ce qui serait fait, sans rien modifier."))]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=_("Fait sans demander de confirmation."))]
Json = Annotated[bool, typer.Option("--json", help=_("Écrit le résultat en JSON, pour un programme."))]


def template_completion(incomplete: str) -> list[str]:
    """The templates that come along."""
    from allies_sync.workspace.templates import Templates

    return [name for name in Templates().names() if name.startswith(incomplete)]
