"""``templates list``, ``templates show`` and ``templates check``."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.cli.group import Command, application
from allies_sync.cli.options import Json, template_completion
from allies_sync.text.messages import _

app = application(help=_("Les modèles d'espaces : liste, contenu, vérification."))

Name = Annotated[
    str, typer.Argument(metavar=_("MODÈLE"), help=_("Le nom d'un modèle."), autocompletion=template_completion)
]


@app.command(
    "list",
    cls=Command,
    help=_("Les modèles disponibles : ceux du collectif, des greffons, et ceux fournis."),
    context_settings={"allow_extra_args": True},
)
def list_templates(json: Json = False) -> int:
    from allies_sync.cli.show_lists import show_templates

    return show_templates()


@app.command("show", cls=Command, help=_("Ce qu'un modèle crée."), context_settings={"allow_extra_args": True})
def show(name: Name, json: Json = False) -> int:
    from allies_sync.cli.show_lists import show_template

    return show_template(name)


@app.command(
    "check",
    cls=Command,
    help=_("Vérifie un modèle : clés inconnues, renvois sans cible, pages que rien ne relie, fichiers manquants."),
    context_settings={"allow_extra_args": True},
)
def check(
    name: Annotated[
        str, typer.Argument(metavar=_("MODÈLE-OU-DOSSIER"), help=_("Le nom d'un modèle, ou son dossier."))
    ],
    json: Json = False,
) -> int:
    from allies_sync.cli.show_lists import check_template_named

    return check_template_named(name)
