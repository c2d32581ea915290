"""The lease between real processes: waiting, dying, sleeping."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from allies_sync.platforms.errors import Busy, Superseded
from tests.local.conftest import lease, open_files, tree
from tests.local.test_state import FILES, SLUG

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def spawn(work: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def appears(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.01)


def test_no_increment_is_lost(base: Path) -> None:
    rounds, workers = 8, 6

    def count(number: int) -> None:
        files = open_files(base)
        for turn in range(rounds):
            while True:
                try:
                    held = files.acquire(SLUG, lease(f"run-{number}-{turn}"))
                    break
                except Busy:
                    time.sleep(0.002)
            stored = files.load(SLUG)
            value = int(stored.files["state.json"]) if stored and stored.files else 0
            revision = stored.revision if stored and stored.files else None
            files.save(SLUG, held, {"state.json": str(value + 1).encode()}, revision)
            files.release(SLUG, held)

    children = [spawn(lambda number=number: count(number)) for number in range(workers)]  # type: ignore[misc]
    assert [ended(child) for child in children] == [0] * workers
    stored = open_files(base).load(SLUG)
    assert stored is not None and int(stored.files["state.json"]) == rounds * workers
    assert not [name for name in tree(base) if ".tmp" in name]


def test_a_holder_that_was_killed_is_replaced_at_once(base: Path, tmp_path: Path) -> None:
    ready = tmp_path / "pret"

    def hold() -> None:
        files = open_files(base)
        files.save(SLUG, files.acquire(SLUG, lease()), FILES, None)
        ready.touch()
        time.sleep(60)

    child = spawn(hold)
    appears(ready)
    files = open_files(base)
    with pytest.raises(Busy):
        files.acquire(SLUG, lease("run-2"))
    stored = files.load(SLUG)
    assert stored is not None and not stored.abandoned
    os.kill(child, signal.SIGKILL)
    assert ended(child) == -signal.SIGKILL
    stored = files.load(SLUG)
    assert stored is not None and stored.abandoned
    held = files.acquire(SLUG, lease("run-2"))
    files.release(SLUG, held)
    after = files.load(SLUG)
    assert after is not None and not after.abandoned and after.files == FILES


def test_a_holder_that_wakes_up_too_late_writes_nothing(base: Path, tmp_path: Path) -> None:
    ready, go = tmp_path / "pret", tmp_path / "continue"

    def sleep_and_save() -> None:
        files = open_files(base)
        held = files.acquire(SLUG, lease(seconds=1))
        stored = files.save(SLUG, held, FILES, None)
        ready.touch()
        appears(go)
        for late in (
            lambda: files.save(SLUG, held, {"state.json": b"trop tard"}, stored.revision),
            lambda: files.acquire(SLUG, held),
        ):
            try:
                late()
            except Superseded:
                continue
            raise AssertionError
        files.release(SLUG, held)

    child = spawn(sleep_and_save)
    appears(ready)
    os.kill(child, signal.SIGSTOP)
    files = open_files(base)
    deadline = time.monotonic() + 20
    while True:
        try:
            held = files.acquire(SLUG, lease("run-2"))
            break
        except Busy:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    stored = files.load(SLUG)
    assert stored is not None
    files.save(SLUG, held, {"state.json": b"[]"}, stored.revision)
    go.touch()
    os.kill(child, signal.SIGCONT)
    assert ended(child) == 0
    after = files.load(SLUG)
    assert after is not None and after.files["state.json"] == b"[]"
    assert files.acquire(SLUG, held).run == "run-2", "the late one gave back a lease that was not its own"
