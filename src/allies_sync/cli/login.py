"""``login`` and ``logout``."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.cli.options import Json
from allies_sync.text.messages import _


def role_completion(incomplete: str) -> list[str]:
    """The roles."""
    return [role for role in ("files", "wiki") if role.startswith(incomplete)]


Role = Annotated[
    str,
    typer.Argument(
        metavar=_("RÔLE"),
        help=_("files pour les documents, wiki pour les pages et les questionnaires."),
        autocompletion=role_completion,
    ),
]


def login(
    role: Role,
    password: Annotated[
        bool,
        typer.Option(
            "--password",
            help=_("Demander le mot de passe du compte, sans l'afficher, au lieu de passer par le site."),
        ),
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help=_("Montrer l'adresse à ouvrir sans lancer de navigateur."))
    ] = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.show_login import enter

    return enter(role, password=password, browser=not no_browser)


def logout(
    role: Role,
    forget: Annotated[
        bool,
        typer.Option("--forget", help=_("Oublier le secret sur ce poste même si la plateforme ne peut être jointe.")),
    ] = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.show_login import leave

    return leave(role, forget=forget)
