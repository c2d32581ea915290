"""What the collective shares is the same whatever engagement is being looked at."""

from __future__ import annotations

import pytest

from allies_sync.model.lifecycle import State
from allies_sync.model.resources import Scope, source_fingerprint
from allies_sync.workspace.rendering import Collective, render_workspace
from allies_sync.workspace.samples import full_engagement, minimal_engagement
from allies_sync.workspace.templates import Templates


@pytest.mark.parametrize("name", ["accompagnement", "alliees"])
def test_two_engagements_agree_about_what_is_shared(name: str) -> None:
    template = Templates().get(name)
    found = []
    for engagement in (full_engagement(State.OPEN), minimal_engagement(State.RUNNING)):
        workspace = render_workspace(template, engagement, Collective())
        shared = [item for item in workspace.resources if item.scope is Scope.COLLECTIVE]
        found.append({item.id: source_fingerprint(item) for item in shared})
    assert found[0]
    assert found[0] == found[1]
