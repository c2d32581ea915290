"""A process that dies at any write leaves what the next one finishes: the same tree, contents included."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.local.conftest import times, tree
from tests.local.machine import SLUG, Machine, frozen
from tests.local.test_conformance import CHANGES, WRITES

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

Work = Callable[[Path], None]


def dies_at(number: int, base: Path, work: Work) -> bool:
    """Runs ``work`` in a process that is killed before its write of that number; whether it was."""
    child = os.fork()
    if child == 0:
        left = number

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event == "open":
                path, flags = arguments[0], arguments[2]
                if not (isinstance(flags, int) and flags & WRITES):
                    return
            elif event in CHANGES:
                path = arguments[0]
            else:
                return
            if isinstance(path, str | os.PathLike) and os.fspath(path).startswith(str(base)):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        code = 1
        try:
            work(base)
            code = 0
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the work failed by itself"
    return False


def modes(base: Path) -> dict[str, int]:
    return {path.relative_to(base).as_posix(): path.stat().st_mode for path in base.rglob("*")}


def whole(base: Path) -> dict[str, bytes | None]:
    """Everything, but the addresses of this test's own folder in the state."""
    found = tree(base)
    return {name: data and data.replace(base.as_uri().encode(), b"file:///base") for name, data in found.items()}


def rerun_everywhere(tmp_path: Path, prepare: Work, work: Work, step: int) -> int:
    reference = tmp_path / "tranquille"
    prepare(reference)
    work(reference)
    expected, expected_modes = whole(reference), modes(reference)
    for number in count(0, step):
        base = tmp_path / f"run-{number}"
        prepare(base)
        killed = dies_at(number, base, work)
        work(base)
        assert whole(base).keys() == expected.keys(), f"killed at write {number}"
        assert whole(base) == expected, f"killed at write {number}"
        assert modes(base) == expected_modes, f"killed at write {number}"
        before = times(base)
        work(base)
        assert times(base) == before, f"a second rerun wrote something, killed at write {number}"
        if not killed:
            return number
    raise AssertionError


def opening(base: Path) -> None:
    for report in Machine(base).open_all():
        assert report.complete, report


def freezing(base: Path) -> None:
    from tests.local.machine import RESOURCES

    assert Machine(base).sync(frozen(RESOURCES)).complete


def removing(base: Path) -> None:
    Machine(base).remove()


def nothing(base: Path) -> None:
    pass


def test_an_opening_twice_writes_nothing(tmp_path: Path) -> None:
    opening(tmp_path)
    before, content = times(tmp_path), tree(tmp_path)
    assert Machine(tmp_path).actions() == {}
    opening(tmp_path)
    assert times(tmp_path) == before and tree(tmp_path) == content
    assert not [name for name in content if ".allies-sync-" in name or "lease.json" in name]


def test_the_list_of_engagements_shows_what_was_opened_after_it(tmp_path: Path) -> None:
    opening(tmp_path)
    page = (tmp_path / "wiki/_collectif/index.html").read_text()
    assert f'href="../{SLUG}/index.html"' in page and "Dynamiques de coopération" in page


def test_an_opening_killed_at_some_writes(tmp_path: Path) -> None:
    assert rerun_everywhere(tmp_path, nothing, opening, 19) > 100


@pytest.mark.slow
def test_an_opening_killed_at_every_write(tmp_path: Path) -> None:
    rerun_everywhere(tmp_path, nothing, opening, 1)


def test_a_freeze_killed_at_some_writes(tmp_path: Path) -> None:
    rerun_everywhere(tmp_path, opening, freezing, 11)


@pytest.mark.slow
def test_a_freeze_killed_at_every_write(tmp_path: Path) -> None:
    rerun_everywhere(tmp_path, opening, freezing, 1)


def test_a_removal_leaves_nothing(tmp_path: Path) -> None:
    opening(tmp_path)
    removing(tmp_path)
    assert not [name for name in tree(tmp_path) if SLUG in name]
    assert SLUG not in (tmp_path / "wiki/_collectif/index.html").read_text()


def test_a_removal_killed_at_some_writes(tmp_path: Path) -> None:
    rerun_everywhere(tmp_path, opening, removing, 11)


@pytest.mark.slow
def test_a_removal_killed_at_every_write(tmp_path: Path) -> None:
    rerun_everywhere(tmp_path, opening, removing, 1)
