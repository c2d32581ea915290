"""The configuration names another group: what got its rights by the former one is handed over, people's own stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from allies_sync_yeswiki.testing import Dialect, SimulatedWiki
from tests.yeswiki.stage import Stage

FORMER, NOW = "equipe", "animation"


@pytest.fixture(params=["444", "dev"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    dialect: Dialect = request.param
    with SimulatedWiki(dialect) as wiki:
        yield Stage(wiki, tmp_path)


def named(stage: Stage) -> dict[str, str]:
    """What stands in the wiki, as far as it names one of the groups."""
    return {name: text for name, text in stage.picture()[0].items() if f"@{FORMER}" in text or f"@{NOW}" in text}


def test_another_group_takes_over(stage: Stage) -> None:
    stage.done(stage.open())
    number = next(n for n, it in stage.wiki.state.forms.items() if "form:amont" in it["bn_description"])
    stage.wiki.control.answer(number, {"bf_titre": "R", "bf_attentes": "du temps"})
    by_hand = "Cooperation-2027.Coulisses"
    stage.wiki.control.set_acl(by_hand, read="Zoe", write="Zoe")
    stage.done(stage.sync())
    assert stage.actions() == {}
    stage.wiki.control.add_user("Animatrice", NOW)
    stage.config.write_text(stage.config.read_text().replace(f'team_group = "{FORMER}"', f'team_group = "{NOW}"'))
    stage.done(stage.sync())
    left = [name for name, text in named(stage).items() if f"@{FORMER}" in text and "_Entete" not in name]
    assert [it for it in left if "_Compte" not in it and "_Direct" not in it] == []
    assert "Zoe" in stage.picture()[0][f"pages {by_hand}"], "what a person decided stays"
    assert stage.actions() == {}
    assert stage.sync().complete
