"""Whatever dies or fails, at each request in turn: a rerun comes to the same end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from allies_sync.platforms.conformance import Killed
from allies_sync.platforms.errors import PlatformError
from allies_sync_nextcloud.testing import (
    CutShort,
    Drop,
    Fault,
    Html,
    Locked,
    LockFailure,
    Nonsense,
    Oversized,
    Redirect,
    SimulatedNextcloud,
    Status,
    Unavailable,
)
from tests.nextcloud.machine import RESOURCES, Machine, changed, frozen
from tests.nextcloud.stage import Stage

Work = Callable[[Machine], object]

FAULTS: dict[str, Fault] = {
    "dropped before": Drop(effect=False),
    "dropped after": Drop(effect=True),
    "cut short": CutShort(),
    "locked": Locked(),
    "a lock as a 500": LockFailure(),
    "unavailable": Unavailable(),
    "an error": Status(500),
    "an error after the effect": Status(500, effect=True),
    "a page": Html(),
    "nonsense": Nonsense(),
    "too long": Oversized(),
    "elsewhere": Redirect("http://127.0.0.1:9/"),
}

WORKS: dict[str, tuple[Work, Work]] = {
    "an opening": (lambda machine: None, lambda machine: machine.sync()),
    "an update": (lambda machine: machine.done(), lambda machine: machine.sync(changed(RESOURCES))),
    "a freeze": (lambda machine: machine.done(), lambda machine: machine.sync(frozen())),
    "a thaw": (lambda machine: [machine.sync(), machine.sync(frozen())], lambda machine: machine.sync()),
    "a removal": (lambda machine: machine.done(), lambda machine: machine.remove()),
}
"""What was there before, and what is interrupted."""

QUICKLY = ("an opening",)
WHOLE = ("an opening", "a freeze", "a removal")
"""Tried with every fault at every request; the others at each third."""

LASTING = ("dropped before", "unavailable", "an error")
"""Faults that also stay until the person tries again."""


@contextmanager
def stage_for(name: str) -> Iterator[Stage]:
    with SimulatedNextcloud() as server:
        stage = Stage(server)
        WORKS[name][0](stage.machine())
        stage.later()
        yield stage
        stage.close()


def undisturbed(name: str) -> tuple[int, object]:
    """How many requests the work takes, and what stands there afterwards."""
    with stage_for(name) as stage:
        machine = stage.machine()
        number = stage.count(lambda: WORKS[name][1](machine))
        return number, stage.picture()


@pytest.fixture(scope="module")
def pictures() -> dict[str, tuple[int, object]]:
    return {name: undisturbed(name) for name in WORKS}


def finish(stage: Stage, name: str) -> None:
    stage.later()
    WORKS[name][1](stage.machine())


def check(stage: Stage, name: str, picture: object, where: str) -> None:
    assert stage.picture() == picture, where
    assert not stage.windows, f"{where}: a stranger could have read"
    for entry in stage.server.log:
        if entry.method == "PUT" and "/remote.php/dav/files/" in entry.path and entry.status < 300:
            assert {"if-match", "if-none-match"} & {it.lower() for it in entry.headers}, f"a blind write: {entry}"


@pytest.mark.parametrize(
    "name", [*QUICKLY, *(pytest.param(it, marks=pytest.mark.slow) for it in WORKS if it not in QUICKLY)]
)
def test_killed_after_each_request(name: str, pictures: dict[str, tuple[int, object]]) -> None:
    number, picture = pictures[name]
    for count in range(number + 1):
        with stage_for(name) as stage:
            with suppress(Killed, PlatformError):
                WORKS[name][1](stage.machine(dies_after=count))
            finish(stage, name)
            check(stage, name, picture, f"killed after {count} of {number}")


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", WORKS)
def test_every_fault_at_each_request(name: str, fault: str, pictures: dict[str, tuple[int, object]]) -> None:
    number, picture = pictures[name]
    for at in range(1, number + 1, 1 if name in WHOLE else 3):
        for times in (1, None) if fault in LASTING else (1,):
            with stage_for(name) as stage:
                stage.server.control.inject(FAULTS[fault], at=at, times=times)
                with suppress(PlatformError):
                    WORKS[name][1](stage.machine())
                stage.server.control.clear_faults()
                finish(stage, name)
                check(stage, name, picture, f"{fault} at {at} of {number}, {times or 'all the'} times")


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKS)
def test_refused_at_each_request_and_asked_no_more(name: str, pictures: dict[str, tuple[int, object]]) -> None:
    number, picture = pictures[name]
    for at in range(1, number + 1):
        with stage_for(name) as stage:
            before = len(stage.server.log)
            stage.server.control.inject(Status(401), at=at, times=None)
            with suppress(PlatformError):
                WORKS[name][1](stage.machine())
            refused = [it for it in stage.server.log[before:] if it.status == 401]
            assert len(refused) <= 4, "each connection is refused once at most"
            stage.server.control.clear_faults()
            finish(stage, name)
            check(stage, name, picture, f"refused at {at} of {number}")
