"""Whatever dies or fails, at each request in turn: a rerun comes to the same end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

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


@contextmanager
def stage_for(name: str, dialect: Dialect) -> Iterator[Stage]:
    with SimulatedWiki(dialect) as wiki, TemporaryDirectory() as folder:
        stage = Stage(wiki, Path(folder))
        wiki.control.write("PageDeZoe", "Je suis là.", user="Zoe")
        WORKS[name][0](stage)
        yield stage


@cache
def undisturbed(name: str, dialect: Dialect) -> tuple[int, Picture]:
    """How many requests the work takes, and what stands there afterwards."""
    with stage_for(name, dialect) as stage:
        WORKS[name][1](stage)
        return len(stage.wire.sent), stage.picture()


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
def test_killed_after_each_request(name: str, dialect: Dialect) -> None:
    number, picture = undisturbed(name, dialect)
    for count in range(number + 1):
        with stage_for(name, dialect) as stage:
            with suppress(Killed, PlatformError):
                WORKS[name][1](stage, count)
            finish(stage, name)
            check(stage, name, picture, f"killed after {count} of {number}")


def test_a_sample_of_deaths_of_an_opening() -> None:
    number, picture = undisturbed("an opening", "dev")
    for count in range(2, number, 9):
        with stage_for("an opening", "dev") as stage:
            with suppress(Killed, PlatformError):
                stage.open(count)
            finish(stage, "an opening")
            check(stage, "an opening", picture, f"killed after {count} of {number}")


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", WORKS)
def test_every_fault_at_each_request(name: str, fault: str) -> None:
    dialect: Dialect = "dev" if list(FAULTS).index(fault) % 2 else "444"
    number, picture = undisturbed(name, dialect)
    for at in range(1, number + 1):
        for times in (1, None) if fault in LASTING else (1,):
            with stage_for(name, dialect) as stage:
                stage.wiki.control.inject(FAULTS[fault], at=at, times=times)
                with suppress(PlatformError, UserError):
                    WORKS[name][1](stage)
                finish(stage, name)
                check(stage, name, picture, f"{fault} at {at} of {number}, {times or 'all the'} times")
