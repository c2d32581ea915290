"""How many requests things take, counted at the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from allies_sync.model.resources import Share
from allies_sync.platforms.interface import Opening
from allies_sync_nextcloud.platform import NextcloudFiles
from tests.nextcloud.machine import RESOURCES, Machine, changed, document, frozen
from tests.nextcloud.stage import Stage

CREATIONS = len(RESOURCES)
DROPS = sum(isinstance(it, Share) and it.drop for it in RESOURCES)
"""A drop box is born closed and opened by a second request."""

FOLDERS_SHOWN = 1
"""Folders that participants get by a share of their own."""


@pytest.fixture
def cached(stage: Stage, tmp_path: Path) -> Stage:
    """A stage whose machines keep what they saw."""
    make = stage.platform

    def platform(*, dies_after: int | None = None) -> NextcloudFiles:
        plain = make(dies_after=dies_after)
        opening = Opening("files", stage.settings(), lambda: "allies-password", cache=tmp_path)
        kept = NextcloudFiles(opening, plain.server.http.limits)
        kept.server.http.sleep = stage.server.clock.sleep
        stage.platforms.append(kept)
        return kept

    stage.platform = platform  # type: ignore[method-assign]
    return stage


def test_opening(stage: Stage) -> None:
    machine = stage.machine()
    machine.done(RESOURCES[:1])
    other = stage.machine("2027-autre")
    taken = stage.count(other.done)
    assert taken <= CREATIONS + DROPS + FOLDERS_SHOWN + 11, list(map(str, stage.server.log))


def test_opening_uses_few_connections(stage: Stage) -> None:
    stage.machine().done()
    assert len({entry.connection for entry in stage.server.log}) <= 4


def test_a_second_sync(cached: Stage) -> None:
    cached.machine().done()
    cached.later()
    assert cached.count(lambda: cached.machine().done()) <= 3
    assert cached.count(lambda: cached.machine().done()) <= 2, "nothing moved since it was last looked at"


def test_a_second_sync_with_nothing_kept(stage: Stage) -> None:
    stage.machine().done()
    stage.later()
    assert stage.count(lambda: stage.machine().done()) <= 4


def test_an_edited_document_is_read_once(cached: Stage) -> None:
    cached.machine().done()
    cached.later()
    cached.server.control.write("allies", "/Engagements/2027-cooperation/Proposition/Proposition.md", "À la main")
    cached.later()
    cached.machine().sync()
    reading = [it for it in cached.server.log if it.method == "GET" and it.path.endswith("Proposition.md")]
    assert 1 <= len(reading) <= 2, "once for the plan, once under the lease"
    before = len(reading)
    cached.machine().sync()
    reading = [it for it in cached.server.log if it.method == "GET" and it.path.endswith("Proposition.md")]
    assert len(reading) == before, "what it says is remembered"


def test_a_freeze_and_a_thaw(stage: Stage) -> None:
    stage.machine().done()
    stage.later()
    assert stage.count(lambda: stage.machine().done(frozen())) <= 20
    stage.later()
    assert stage.count(lambda: stage.machine().done()) <= 20


def test_an_update_of_all_documents(stage: Stage) -> None:
    stage.machine().done()
    stage.later()
    # a write and a look at what it may have buried for each of three documents
    assert stage.count(lambda: stage.machine().done(changed(RESOURCES))) <= 12 + 2 * 3


@pytest.mark.parametrize("number", [3, 12])
def test_all_engagements(cached: Stage, number: int) -> None:
    slugs = [f"2027-essai-{n}" for n in range(number)]
    for slug in slugs:
        cached.machine(slug).done(RESOURCES[:6])
    cached.later()

    def look() -> None:
        platform = cached.platform()
        assert set(platform.engagements()) == set(slugs)
        for slug in slugs:
            machine = Machine(platform, slug)
            assert machine.actions(RESOURCES[:6]) == {}

    cached.count(look)
    assert cached.count(look) <= 3, "warm"
    cached.later()
    cached.server.control.write("allies", f"/Engagements/{slugs[0]}/note.md", "Bonjour")
    assert cached.count(look) <= 3 + 1, "one moved"


def test_all_engagements_with_nothing_kept(stage: Stage) -> None:
    slugs = [f"2027-essai-{n}" for n in range(12)]
    for slug in slugs:
        stage.machine(slug).done(RESOURCES[:6])
    stage.later()

    def look() -> None:
        platform = stage.platform()
        for slug in platform.engagements():
            Machine(platform, slug).plan(RESOURCES[:6])

    assert stage.count(look) <= 3 + len(slugs)


def test_nothing_is_asked_for_twice_in_a_row(stage: Stage) -> None:
    stage.machine().done()
    asked = [(it.method, it.path, it.query) for it in stage.server.log if it.method in ("GET", "PROPFIND")]
    assert len(asked) - len(set(asked)) <= 1, asked


def test_many_things_take_no_more_looking(stage: Stage) -> None:
    many = tuple(document(f"N{number}", "folder:proposition") for number in range(50))
    machine = stage.machine()
    taken = stage.count(lambda: machine.done((*RESOURCES, *many)))
    assert taken <= CREATIONS + len(many) + DROPS + FOLDERS_SHOWN + 13
