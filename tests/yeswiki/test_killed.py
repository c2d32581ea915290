"""Whatever dies or fails, at each request in turn: a rerun comes to the same end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from copy import deepcopy
from functools import cache
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from allies_sync.engagements.errors import UserError
from allies_sync.model.lifecycle import State
from allies_sync.platforms.conformance import Killed
from allies_sync.platforms.errors import PlatformError
from allies_sync_yeswiki.testing import (
    BeingUpgraded,
    CacheNotWritable,
    CutShort,
    DatabaseDown,
    Dialect,
    Drop,
    FatalError,
    Fault,
    Html,
    Installer,
    Nonsense,
    Redirect,
    SimulatedWiki,
    Status,
    Unavailable,
    UnexpectedError,
)
from tests.yeswiki.stage import Stage

Work = Callable[..., object]
Picture = tuple[dict[str, str], list[str]]
StageFor = Callable[[str, Dialect], Stage]
Undisturbed = Callable[[str, Dialect], tuple[int, Picture]]

FAULTS: dict[str, Fault] = {
    "dropped before": Drop(effect=False),
    "dropped after": Drop(effect=True),
    "cut short": CutShort(),
    "no database": DatabaseDown(),
    "an installer": Installer(),
    "an upgrade": BeingUpgraded(),
    "no cache folder": CacheNotWritable(),
    "php dies": FatalError(),
    "an exception": UnexpectedError(),
    "an exception after the effect": UnexpectedError(effect=True),
    "unavailable": Unavailable(),
    "an error after the effect": Status(500, effect=True),
    "a page": Html(),
    "nonsense": Nonsense(),
    "elsewhere": Redirect("http://127.0.0.1:9/"),
    "to a door": Redirect("/sso/?r=aHR0cDovL3dpa2kv"),
}
WORKS: dict[str, tuple[Callable[[Stage], object], Work]] = {
    "an opening": (lambda stage: None, Stage.open),
    "a freeze": (lambda stage: stage.done(stage.open()), lambda stage, *dies: stage.move(State.ARCHIVED, *dies)),
    "a removal": (lambda stage: stage.done(stage.open()), Stage.remove),
}
"""What was there before, and what is interrupted."""

LASTING = ("no database", "unavailable", "dropped before")
"""Faults that also stay until the person tries again."""


class Theatre:
    """Stages on which the same thing was done before, one after the other: it is done once, and put back."""

    def __init__(self, name: str, dialect: Dialect) -> None:
        self.closing = ExitStack()
        self.wiki = self.closing.enter_context(SimulatedWiki(dialect))
        home = Path(self.closing.enter_context(TemporaryDirectory()))
        self.place, self.kept = home / "place", home / "kept"
        self.place.mkdir()
        stage = Stage(self.wiki, self.place)
        self.wiki.control.write("PageDeZoe", "Je suis là.", user="Zoe")
        WORKS[name][0](stage)
        copytree(self.place, self.kept)
        self.before = stage.before
        self.state = self.copied(vars(self.wiki.state))

    def copied(self, state: dict[str, Any]) -> dict[str, Any]:
        stay = (self.wiki.state.lock, self.wiki.state.clock)
        return deepcopy(state, {id(it): it for it in stay})

    def stage(self) -> Stage:
        self.wiki.control.clear_faults()
        vars(self.wiki.state).update(self.copied(self.state))
        rmtree(self.place)
        copytree(self.kept, self.place)
        stage = Stage(self.wiki, self.place)
        stage.before = self.before
        return stage


@pytest.fixture(scope="module")
def stage_for() -> Iterator[StageFor]:
    """Stages by what was there before, and the dialect."""
    theatres: dict[tuple[str, Dialect], Theatre] = {}

    def make(name: str, dialect: Dialect) -> Stage:
        if (name, dialect) not in theatres:
            theatres[name, dialect] = Theatre(name, dialect)
        return theatres[name, dialect].stage()

    yield make
    for theatre in theatres.values():
        theatre.closing.close()


@pytest.fixture(scope="module")
def undisturbed(stage_for: StageFor) -> Undisturbed:
    """How many requests the work takes, and what stands there afterwards."""

    @cache
    def work(name: str, dialect: Dialect) -> tuple[int, Picture]:
        stage = stage_for(name, dialect)
        WORKS[name][1](stage)
        return len(stage.wire.sent), stage.picture()

    return work


def finish(stage: Stage, name: str) -> None:
    stage.wiki.control.clear_faults()
    with suppress(UserError):
        # a removal that came to its end is told that there is no such engagement
        WORKS[name][1](stage)


def check(stage: Stage, name: str, picture: Picture, where: str) -> None:
    things, files = stage.picture()
    assert things == picture[0], where
    assert files == picture[1], where
    if name != "a removal":
        assert stage.actions() == {}, where


@pytest.mark.parametrize("name", [*(pytest.param(it, marks=pytest.mark.slow) for it in WORKS)])
@pytest.mark.parametrize("dialect", ["444", "dev"])
def test_killed_after_each_request(
    name: str, dialect: Dialect, stage_for: StageFor, undisturbed: Undisturbed
) -> None:
    number, picture = undisturbed(name, dialect)
    for count in range(number + 1):
        stage = stage_for(name, dialect)
        with suppress(Killed, PlatformError):
            WORKS[name][1](stage, count)
        finish(stage, name)
        check(stage, name, picture, f"killed after {count} of {number}")


def test_a_sample_of_deaths_of_an_opening(stage_for: StageFor, undisturbed: Undisturbed) -> None:
    number, picture = undisturbed("an opening", "dev")
    for count in range(2, number, 9):
        stage = stage_for("an opening", "dev")
        with suppress(Killed, PlatformError):
            stage.open(count)
        finish(stage, "an opening")
        check(stage, "an opening", picture, f"killed after {count} of {number}")


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", WORKS)
def test_every_fault_at_each_request(name: str, fault: str, stage_for: StageFor, undisturbed: Undisturbed) -> None:
    dialect: Dialect = "dev" if list(FAULTS).index(fault) % 2 else "444"
    number, picture = undisturbed(name, dialect)
    for at in range(1, number + 1):
        for times in (1, None) if fault in LASTING else (1,):
            stage = stage_for(name, dialect)
            stage.wiki.control.inject(FAULTS[fault], at=at, times=times)
            with suppress(PlatformError, UserError):
                WORKS[name][1](stage)
            finish(stage, name)
            check(stage, name, picture, f"{fault} at {at} of {number}, {times or 'all the'} times")
