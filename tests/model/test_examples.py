"""The examples are complete, correct, and about nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from allies_sync.model.checking import remarks_of
from allies_sync.model.engagement import Engagement
from allies_sync.model.tomlfile import dump_toml, load_toml, parse_toml

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(EXAMPLES.glob("*.toml"))


def example(name: str) -> Engagement:
    return load_toml((EXAMPLES / f"{name}.toml").read_text("utf-8"), f"{name}.toml", Engagement)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_examples_load_without_a_remark(file: Path) -> None:
    engagement = example(file.stem)
    assert remarks_of(engagement.remarks()) == ()
    assert load_toml(dump_toml(engagement), file.name, Engagement) == engagement


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_examples_name_nobody(file: Path) -> None:
    text = file.read_text("utf-8")
    assert not re.search(r"\b0\d([ .]?\d\d){4}\b", text), "a phone number"
    assert all(url.endswith(".example/") for url in re.findall(r"https?://\S+?/", text))
    assert all(re.fullmatch(r"\w+ [A-Z]\.", person.name) for person in example(file.stem).people)


def test_the_day_of_accompaniment_uses_everything() -> None:
    day = example("dynamiques-de-cooperation")
    (session,) = day.sessions
    assert str(session.date) == "2027-03-12"
    workshop = next(item for item in session.programme if item.modules)
    assert (len(workshop.modules), workshop.parallel) == (4, 3)
    assert all(item.start and item.duration for item in session.programme)
    assert (str(day.price.total), day.price.people, day.price.lines[0].support_people) == ("1000.00", 3, 1)
    assert [phase.on_site for phase in day.calendar] == [False, True, False]
    unused = set(Engagement.model_fields) - set(
        parse_toml(EXAMPLES.joinpath("dynamiques-de-cooperation.toml").read_text(), "")
    )
    assert unused == {
        "slug",
        "state",
        "opened",
        "cancelled",
        "archived",
        "archived_from",
        "links_until",
        "purged",
        "withdrawn",
        "end",
        "stories_licence",
        "commissioned_by",
        "territory",
        "documents",
    }


def test_the_alliance_uses_everything() -> None:
    territory = example("alliees-quartier").territory
    assert territory is not None
    assert territory.starting_point and territory.scale and territory.committee.members and territory.alliances
    assert [step.state.value for step in territory.all_steps].count("fait") == 2
