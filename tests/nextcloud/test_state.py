"""The description in the workspace, and its lease, where the conformance suite does not look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allies_sync.platforms.errors import Busy, Superseded
from allies_sync.platforms.interface import Lease
from allies_sync_nextcloud import lease as leases
from tests.nextcloud.machine import SLUG
from tests.nextcloud.stage import Stage

ANNE = Lease("anne", "Anne (portable)", 120)
BRUNO = Lease("bruno", "Bruno", 120)
STATE = f"/Engagements/{SLUG}/_allies-sync"
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


# --- names that are leases ------------------------------------------------------------------------------------------


@given(
    st.text(max_size=40),
    st.text(min_size=1, max_size=60),
    st.integers(0, 10**6),
    st.integers(min_value=1, max_value=10**5),
)
def test_a_name_says_what_it_was_made_of(run: str, holder: str, number: int, seconds: int) -> None:
    run = run.encode("utf-8", "replace").decode() or "run"
    held = leases.taken(number, Lease(run, holder, seconds), NOW)
    assert "/" not in held.name and "\0" not in held.name and len(held.name.encode()) <= 300
    read = leases.of_name(held.name)
    assert read is not None and read.number == number and read.until == held.until
    assert read.run == held.run or len(held.run.encode()) > 30
    assert read.alive(NOW) and not read.alive(NOW + timedelta(seconds=seconds + 3))


@pytest.mark.parametrize("name", ["", "verrou", "verrou-1-libre", "verrou-000001-x", "verrou-000001-a-1-b", "Photos"])
def test_other_names_are_no_leases(name: str) -> None:
    assert leases.of_name(name) is None


def test_a_lease_never_ends_before_its_holder_believes() -> None:
    held = leases.taken(1, ANNE, NOW + timedelta(milliseconds=999))
    assert held.until is not None and held.until >= NOW + timedelta(seconds=ANNE.seconds, milliseconds=999)


# --- leases on the server -----------------------------------------------------------------------------------------


def names(stage: Stage) -> list[str]:
    listing = stage.server.control.listing("allies")
    return sorted(path.removeprefix(f"{STATE}/") for path in listing if path.startswith(f"{STATE}/verrou"))


def test_one_name_remains_however_often_it_is_taken(stage: Stage) -> None:
    for lease in (ANNE, BRUNO, ANNE):
        platform = stage.platform()
        platform.acquire(SLUG, lease)
        platform.acquire(SLUG, lease)
        platform.release(SLUG, lease)
        [only] = names(stage)
        assert only.endswith("-libre")


def test_a_lease_that_a_person_deleted_is_made_again(stage: Stage) -> None:
    anne = stage.platform()
    anne.acquire(SLUG, ANNE)
    anne.release(SLUG, ANNE)
    [name] = names(stage)
    stage.server.control.remove("allies", f"{STATE}/{name}")
    stage.later()
    stage.platform().acquire(SLUG, BRUNO)
    with pytest.raises(Busy):
        stage.platform().acquire(SLUG, ANNE)


def test_a_zombie_gives_nothing_back_that_is_anothers(stage: Stage) -> None:
    anne, bruno = stage.platform(), stage.platform()
    anne.acquire(SLUG, ANNE)
    stage.later()
    bruno.acquire(SLUG, BRUNO)
    anne.release(SLUG, ANNE)
    with pytest.raises(Busy) as busy:
        stage.platform().acquire(SLUG, ANNE)
    assert busy.value.lease.holder == "Bruno"


def test_a_zombie_that_prolongs_is_told(stage: Stage) -> None:
    anne, bruno = stage.platform(), stage.platform()
    held = anne.acquire(SLUG, ANNE)
    stage.later()
    bruno.acquire(SLUG, BRUNO)
    with pytest.raises((Busy, Superseded)):
        anne.acquire(SLUG, held)


def test_prolonging_survives_a_lost_answer(stage: Stage) -> None:
    anne = stage.platform()
    held = anne.acquire(SLUG, ANNE)
    held = anne.acquire(SLUG, held)
    stage.server.control.drop(effect=True)
    again = anne.acquire(SLUG, held)
    assert again.expires and held.expires and again.expires >= held.expires
    assert len(names(stage)) == 1


def test_a_workspace_restored_from_a_backup_opens_again(stage: Stage) -> None:
    stage.machine().done()
    stage.later()
    # what a backup does not hold: properties
    stage.server.state.properties.clear()
    for name in names(stage):
        stage.server.control.remove("allies", f"{STATE}/{name}")
    stage.later()
    stage.machine().sync()
    assert stage.machine().files.load(SLUG) is not None


# --- what people find -----------------------------------------------------------------------------------------------


def test_people_can_read_the_description(stage: Stage) -> None:
    stage.machine().done()
    assert stage.server.control.read("allies", f"{STATE}/engagement.toml") == f'slug = "{SLUG}"\n'.encode()


def test_what_a_person_wrote_into_the_description_counts(stage: Stage) -> None:
    platform = stage.platform()
    platform.acquire(SLUG, ANNE)
    stored = platform.save(SLUG, ANNE, {"engagement.toml": b"a = 1\n", "state.json": b"1"}, None)
    stage.later(10)
    stage.server.control.write("allies", f"{STATE}/engagement.toml", "a = 'à la main'\n")
    stage.later(10)
    platform.acquire(SLUG, ANNE)
    with pytest.raises(Superseded):
        platform.save(SLUG, ANNE, {"engagement.toml": b"a = 2\n"}, stored.revision)
    now = platform.load(SLUG)
    assert now is not None and now.files["engagement.toml"] == "a = 'à la main'\n".encode()
    assert now.files["state.json"] == b"1"
    platform.save(SLUG, ANNE, {"state.json": b"2"}, now.revision)
    there = {path for path in stage.server.control.listing("allies") if path.endswith(".toml")}
    assert there == {f"{STATE}/engagement.toml"}, "nothing was put aside"
    platform.release(SLUG, ANNE)
    again = stage.platform()
    before = len(stage.server.log)
    again.load(SLUG)
    asked = [f"{it.method} {it.path}" for it in stage.server.log[before:]]
    assert not [it for it in asked if it.endswith("engagement.toml")], "taken in, it costs nothing more"


def test_what_a_person_wrote_in_that_very_moment_is_kept_aside(stage: Stage) -> None:
    platform = stage.platform()
    platform.acquire(SLUG, ANNE)
    stored = platform.save(SLUG, ANNE, {"engagement.toml": b"a = 1\n"}, None)
    stage.server.control.write("allies", f"{STATE}/engagement.toml", "a = 'à la main'\n")
    platform.save(SLUG, ANNE, {"engagement.toml": b"a = 2\n"}, stored.revision)
    found = {path: it for path, it in stage.server.control.listing("allies").items() if path.endswith(".toml")}
    assert found.pop(f"{STATE}/engagement.toml") == b"a = 2\n"
    assert list(found.values()) == ["a = 'à la main'\n".encode()]


def test_a_description_too_new_in_the_same_second_is_not_overwritten(stage: Stage) -> None:
    stage.server.clock.freeze()
    anne, bruno = stage.platform(), stage.platform()
    anne.acquire(SLUG, ANNE)
    first = anne.save(SLUG, ANNE, {"state.json": b"1"}, None)
    loaded = bruno.load(SLUG)
    assert loaded is not None and loaded.revision == first.revision
    second = anne.save(SLUG, ANNE, {"state.json": b"2"}, first.revision)
    anne.release(SLUG, ANNE)
    bruno.acquire(SLUG, BRUNO)
    with pytest.raises(Superseded):
        bruno.save(SLUG, BRUNO, {"state.json": b"3"}, loaded.revision)
    again = stage.platform().load(SLUG)
    assert again is not None and again.revision == second.revision


def test_a_lease_is_given_back_though_a_name_is_in_the_way(stage: Stage) -> None:
    anne = stage.platform()
    anne.acquire(SLUG, ANNE)
    anne.release(SLUG, ANNE)
    anne.acquire(SLUG, BRUNO)
    [name] = names(stage)
    held = leases.of_name(name)
    assert held is not None
    stage.server.control.make_folder("allies", f"{STATE}/{leases.Held(held.number + 1).name}")
    anne.release(SLUG, BRUNO)
    assert all(name.endswith("-libre") for name in names(stage))
    stage.platform().acquire(SLUG, ANNE)
    assert len(names(stage)) == 1


def test_the_lease_of_the_making_ends_with_the_description_that_says_so(stage: Stage) -> None:
    anne, bruno = stage.platform(), stage.platform()
    lease = anne.acquire(SLUG, ANNE)
    stored = anne.save(SLUG, lease, {"state.json": b"1"}, None)
    with pytest.raises(Busy):
        bruno.acquire(SLUG, BRUNO)
    anne.finish(SLUG, lease, {"state.json": b"2"}, stored.revision)
    assert stage.count(lambda: anne.release(SLUG, lease)) == 0
    with pytest.raises(Superseded):
        anne.save(SLUG, lease, {"state.json": b"3"}, stored.revision)
    bruno.acquire(SLUG, BRUNO)
    with pytest.raises(Busy):
        stage.platform().acquire(SLUG, ANNE)
    loaded = bruno.load(SLUG)
    assert loaded is not None and loaded.files == {"state.json": b"2"}
    bruno.save(SLUG, BRUNO, {"state.json": b"4"}, loaded.revision)


def test_a_lease_that_was_taken_over_is_given_back_by_its_name(stage: Stage) -> None:
    stage.machine().done()
    anne = stage.platform()
    lease = anne.acquire(SLUG, ANNE)
    loaded = anne.load(SLUG)
    assert loaded is not None
    anne.finish(SLUG, lease, {"state.json": b"2"}, loaded.revision)
    anne.release(SLUG, lease)
    [only] = names(stage)
    assert only.endswith("-libre")
