"""Where a template's additions stand among what it takes from its base."""

from allies_sync.model.lifecycle import State
from allies_sync.workspace.rendering import Collective, render_workspace
from allies_sync.workspace.samples import full_engagement
from allies_sync.workspace.templates import Templates


def test_additions_follow_what_the_file_names_before_them() -> None:
    template = Templates().get("alliees")
    menu = render_workspace(template, full_engagement(State.OPEN), Collective()).menu
    titles = [title for _key, title in menu]
    assert titles[:3] == ["Accueil", "Les étapes", "Comité de pilotage"]
    assert titles[-4:] == ["Ressources", "Documents", "En direct", "Bilan"]
