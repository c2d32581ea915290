"""How many requests things take, counted at the wiki, which also holds 2,000 pages of other people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from allies_sync.model.lifecycle import State
from allies_sync_yeswiki.testing import Dialect, SimulatedWiki
from tests.yeswiki.stage import Stage, example

FOREIGN = 2000
BASE = "Dynamiques-de-cooperation-2027"


@pytest.fixture(params=[pytest.param("444", marks=pytest.mark.slow), "dev"])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def stage(dialect: Dialect, tmp_path: Path) -> Iterator[Stage]:
    with SimulatedWiki(dialect) as wiki:
        wiki.control.fill(FOREIGN)
        wiki.clock.advance(3700)
        yield Stage(wiki, tmp_path, example())


def creations(stage: Stage) -> int:
    return sum(it.role == "wiki" for it in stage.plan().items)


def test_openings(stage: Stage) -> None:
    taken = stage.requests(lambda: stage.done(stage.open()))
    made = creations(stage)
    assert made >= 12
    assert len(taken) <= 2 * made + 8, taken
    stage.wiki.clock.advance(3700)
    second = stage.engagement.replace('title = "Dynamiques', 'title = "Autres dynamiques')
    taken = stage.requests(lambda: stage.done(stage.open(text=second)))
    own = made - 3
    assert len(taken) <= 2 * own + 8, taken


def test_a_second_sync(stage: Stage) -> None:
    stage.done(stage.open())
    stage.wiki.clock.advance(60)
    pages = [
        tag for tag in stage.wiki.control.snapshot()["pages"] if tag.startswith("Dynamiques-de-cooperation-2027")
    ]
    assert len(stage.requests(lambda: stage.done(stage.sync()))) <= 4 + len(pages), "nothing is remembered yet"
    assert len(stage.requests(lambda: stage.done(stage.sync()))) <= 4, "nothing changed meanwhile"
    stage.wiki.control.write(
        "Dynamiques-de-cooperation-2027.Programme", "======Programme======\nÀ la main.", user="Membre"
    )
    stage.wiki.clock.advance(60)
    assert len(stage.requests(lambda: stage.done(stage.sync()))) <= 6, "one page was edited"
    assert stage.wiki.control.body(f"{BASE}.Programme").endswith("À la main.")


@pytest.mark.parametrize("number", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_all_engagements(stage: Stage, number: int) -> None:
    for place in range(number):
        text = stage.engagement.replace('title = "Dynamiques', f'title = "Dynamiques {place}')
        stage.done(stage.open(text=text))
    stage.wiki.clock.advance(60)
    assert len(stage.status()) == number
    taken = stage.requests(lambda: stage.status())
    assert len(taken) <= 4, taken
    assert all(not it.todo and not it.changed_by_people for it in stage.status())


def test_what_changed_is_seen_whatever_is_remembered(stage: Stage) -> None:
    stage.done(stage.open())
    stage.wiki.clock.advance(60)
    for _round in range(2):
        assert stage.actions() == {}
    control = stage.wiki.control
    control.write(f"{BASE}.Programme", "Le nôtre.", user="Membre")
    control.delete(f"{BASE}.Documents")
    control.set_acl(f"{BASE}.Avis", write="*")
    control.answer(next(number for number, form in control.forms.items() if "amont" in form["bn_label_nature"]), {})
    stage.wiki.clock.advance(60)
    seen = {key: (action.value) for key, action in stage.actions().items()}
    assert seen["page:programme"] == "keep"
    assert seen["page:documents"] == "gone"
    assert "page:avis" in seen
    stage.sync()
    assert "**1** réponse" in control.body(next(tag for tag in control.snapshot()["pages"] if "_Compte-" in tag))


def test_two_edits_within_one_second(stage: Stage) -> None:
    """The second one has the time of the first, and is seen all the same."""
    stage.done(stage.open())
    tag = f"{BASE}.Programme"
    stage.wiki.clock.advance(60)
    stage.actions()
    stage.wiki.clock.freeze()
    stage.wiki.control.write(tag, "Une première fois.", user="Membre")
    stage.actions()
    stage.wiki.control.write(tag, "Une seconde fois.", user="Membre", seconds_later=0)
    assert stage.actions()["page:programme"].value == "keep"
    with stage.desk() as desk:
        looked = desk.bound("wiki").platform
        stage.wiki.clock.advance(60)
        stage.actions()
        assert looked is not None
    assert stage.wiki.control.body(tag) == "Une seconde fois."


def test_a_freeze_and_a_thaw(stage: Stage) -> None:
    stage.done(stage.open())
    stage.wiki.clock.advance(60)
    stage.sync()
    assert len(stage.requests(lambda: stage.done(stage.move(State.ARCHIVED)))) <= 45
    stage.wiki.clock.advance(60)
    assert len(stage.requests(lambda: stage.done(stage.move(State.OPEN)))) <= 50
