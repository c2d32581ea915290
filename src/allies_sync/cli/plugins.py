"""``plugins list``."""

from __future__ import annotations

from allies_sync.cli.group import Command, application
from allies_sync.cli.options import Json
from allies_sync.text.messages import _

app = application(help=_("Les greffons : plateformes, modèles et commandes en plus."))


@app.callback()
def _plugins() -> None:
    """A group, although it has one command."""


@app.command(
    "list",
    cls=Command,
    help=_("Les greffons installés, et ce que chacun apporte."),
    context_settings={"allow_extra_args": True},
)
def list_plugins(json: Json = False) -> int:
    from allies_sync.cli.show_lists import show_plugins

    return show_plugins()
