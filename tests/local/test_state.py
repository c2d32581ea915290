"""The description of an engagement, and the lease on it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from allies_sync.platforms.errors import Busy, Foreign, Refused, Superseded, Suspicious
from allies_sync.platforms.interface import Lease, StateStore, Stored
from allies_sync_local import disk
from allies_sync_local.files import LocalFiles
from allies_sync_local.lease import stop_living
from tests.local.conftest import lease, open_files, times, tree

SLUG = "2027-cooperation"
FILES = {"engagement.toml": b'title = "Coop"\n', "state.json": b"{}\n"}


@pytest.fixture
def state(base: Path) -> Path:
    return base / SLUG / "_allies-sync"


def opened(files: LocalFiles, slug: str = SLUG) -> Lease:
    return files.acquire(slug, lease())


def asleep(files: LocalFiles, state: Path, held: Lease) -> None:
    """The holder goes on living, but does not prolong: its time runs out."""
    long_ago = (state / "lease.json").stat().st_mtime - held.seconds - 1
    os.utime(state / "lease.json", (long_ago, long_ago))


def test_is_a_state_store(files: LocalFiles) -> None:
    assert isinstance(files, StateStore)


def test_an_engagement_that_is_not_there(files: LocalFiles, base: Path) -> None:
    assert files.load(SLUG) is None
    assert files.engagements() == {}
    assert not base.exists(), "looking must not make anything"


def test_what_was_saved_is_loaded(files: LocalFiles, state: Path) -> None:
    held = opened(files)
    assert files.load(SLUG) == Stored({}, ""), "a place that was taken and not filled holds nothing"
    stored = files.save(SLUG, held, FILES, None)
    assert stored.files == FILES
    assert files.load(SLUG) == stored
    again = files.save(SLUG, held, {"state.json": b'{"a": 1}\n'}, stored.revision)
    assert again.files == {**FILES, "state.json": b'{"a": 1}\n'}
    assert again.revision != stored.revision
    files.release(SLUG, held)
    assert sorted(tree(state)) == ["engagement.toml", "holder.lock", "lease.lock", "state.json"]


def test_saving_the_same_writes_nothing(files: LocalFiles, state: Path) -> None:
    held = opened(files)
    stored = files.save(SLUG, held, FILES, None)
    before = times(state)
    assert files.save(SLUG, held, FILES, stored.revision) == stored
    assert times(state) == before


def test_engagements_move_with_what_is_stored(files: LocalFiles, base: Path) -> None:
    for slug in ("2027-b", "2027-a", "_collectif"):
        files.save(slug, files.acquire(slug, lease(slug)), FILES, None)
    (base / "Photos").mkdir()
    (base / "2027-vide").mkdir()
    first = files.engagements()
    assert list(first) == ["2027-a", "2027-b"]
    (base / "2027-a/_allies-sync/engagement.toml").write_bytes(b'title = "Coap"\n')
    second = files.engagements()
    assert second["2027-a"] != first["2027-a"]
    assert second["2027-b"] == first["2027-b"]


def test_a_save_on_an_old_revision_is_superseded(files: LocalFiles, state: Path) -> None:
    held = opened(files)
    stored = files.save(SLUG, held, FILES, None)
    (state / "engagement.toml").write_text('title = "Une main humaine"\n')
    with pytest.raises(Superseded):
        files.save(SLUG, held, {"engagement.toml": b"x"}, stored.revision)
    with pytest.raises(Superseded):
        files.save(SLUG, held, {"engagement.toml": b"x"}, None)
    assert "humaine" in (state / "engagement.toml").read_text()


@pytest.mark.parametrize("name", ["../x.toml", "a/b.toml", ".x.toml", "lease.json", "lease.lock", "", "x.exe"])
def test_a_file_that_cannot_be_stored_is_refused(files: LocalFiles, name: str) -> None:
    held = opened(files)
    with pytest.raises(Refused):
        files.save(SLUG, held, {name: b"x"}, None)


@pytest.mark.parametrize("slug", ["..", ".", "", "a/b", "/tmp", "A", "a b", "_allies-sync", "é", "x" * 300, "a\0b"])
def test_a_slug_that_is_none_is_refused(files: LocalFiles, slug: str) -> None:
    with pytest.raises(Refused):
        files.load(slug)
    with pytest.raises(Refused):
        files.acquire(slug, lease())


def test_a_folder_of_somebody_else_is_foreign(files: LocalFiles, base: Path) -> None:
    (base / SLUG).mkdir(parents=True)
    assert files.load(SLUG) == Stored({}, "", abandoned=True), "an empty place may be taken"
    (base / SLUG / "notes.txt").write_text("à moi")
    with pytest.raises(Foreign):
        files.load(SLUG)
    with pytest.raises(Foreign):
        files.acquire(SLUG, lease())
    assert tree(base) == {SLUG: None, f"{SLUG}/notes.txt": "à moi".encode()}


def test_a_file_in_the_place_of_the_engagement_is_foreign(files: LocalFiles, base: Path) -> None:
    base.mkdir(parents=True)
    (base / SLUG).write_text("un fichier")
    with pytest.raises(Foreign):
        files.load(SLUG)
    with pytest.raises(Foreign):
        files.acquire(SLUG, lease())


def test_links_are_not_followed(files: LocalFiles, base: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "ailleurs"
    (elsewhere / "_allies-sync").mkdir(parents=True)
    (elsewhere / "_allies-sync" / "state.json").write_text("{}")
    base.mkdir(parents=True)
    (base / SLUG).symlink_to(elsewhere)
    with pytest.raises(Suspicious):
        files.load(SLUG)
    with pytest.raises(Suspicious):
        files.acquire(SLUG, lease())
    (base / "2027-b").mkdir()
    (base / "2027-b" / "_allies-sync").symlink_to(elsewhere / "_allies-sync")
    with pytest.raises(Suspicious):
        files.load("2027-b")
    with pytest.raises(Suspicious):
        files.acquire("2027-b", lease())
    assert files.engagements() == {"2027-b": "?"}
    assert sorted(tree(elsewhere)) == ["_allies-sync", "_allies-sync/state.json"]


# --- the lease ------------------------------------------------------------------------------------------


def test_a_lease_excludes_others_until_it_is_given_back(files: LocalFiles, base: Path) -> None:
    held = opened(files)
    assert held.expires is not None
    other = open_files(base)
    with pytest.raises(Busy) as busy:
        other.acquire(SLUG, lease("run-2", "Sacha (fixe)"))
    assert busy.value.lease.holder == "Camille (portable)"
    assert busy.value.lease.expires == held.expires
    assert "Camille" in busy.value.message
    with pytest.raises(Superseded):
        other.save(SLUG, lease("run-2"), FILES, None)
    other.release(SLUG, lease("run-2"))  # never another's
    with pytest.raises(Busy):
        other.acquire(SLUG, lease("run-2"))
    files.release(SLUG, held)
    assert other.acquire(SLUG, lease("run-2")).run == "run-2"


def test_a_lease_is_prolonged(files: LocalFiles, state: Path) -> None:
    held = opened(files)
    os.utime(state / "lease.json", (1_000_000_000, 1_000_000_000))
    again = files.acquire(SLUG, held)
    assert again.run == held.run
    assert again.expires is not None and held.expires is not None and again.expires >= held.expires


def test_an_expired_lease_is_taken_over_and_its_holder_learns_it(files: LocalFiles, base: Path, state: Path) -> None:
    held = opened(files)
    stored = files.save(SLUG, held, FILES, None)
    asleep(files, state, held)
    other = open_files(base)
    taken = other.acquire(SLUG, lease("run-2"))
    with pytest.raises(Superseded):
        files.save(SLUG, held, {"state.json": b"[]"}, stored.revision)
    with pytest.raises(Superseded):
        files.acquire(SLUG, held)
    files.release(SLUG, held)
    assert json.loads((state / "lease.json").read_text())["run"] == "run-2"
    other.release(SLUG, taken)
    with pytest.raises(Superseded):
        files.acquire(SLUG, held)  # even after the other has gone: everything may have changed
    assert files.load(SLUG) == stored


def test_an_expired_lease_that_nobody_took_still_holds(files: LocalFiles, state: Path) -> None:
    held = opened(files)
    asleep(files, state, held)
    stored = files.save(SLUG, held, FILES, None)
    assert files.acquire(SLUG, held).run == held.run
    assert files.load(SLUG) == stored


def test_the_clock_of_the_machine_does_not_matter(
    files: LocalFiles, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = opened(files)
    import time

    real = time.time
    for wrong in (lambda: 0.0, lambda: real() + 10 * 365 * 86400):
        monkeypatch.setattr(time, "time", wrong)
        with pytest.raises(Busy):
            open_files(base).acquire(SLUG, lease("run-2"))
    assert held.expires is not None


def test_a_lease_from_the_far_future_does_not_block_for_ever(files: LocalFiles, base: Path, state: Path) -> None:
    opened(files)
    os.utime(state / "lease.json", (4_000_000_000, 4_000_000_000))
    assert open_files(base).acquire(SLUG, lease("run-2")).run == "run-2"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"run": 3, "seconds": "mille"}', "\0" * 50])
def test_a_lease_that_somebody_broke_counts_as_expired(files: LocalFiles, base: Path, state: Path, text: str) -> None:
    opened(files)
    (state / "lease.json").write_text(text)
    assert open_files(base).acquire(SLUG, lease("run-2")).run == "run-2"


def test_a_dead_holder_of_this_machine_is_not_waited_for(files: LocalFiles, base: Path, state: Path) -> None:
    held = opened(files)
    stop_living(state, held.run)  # what the operating system does when a process ends
    assert open_files(base).acquire(SLUG, lease("run-2")).run == "run-2"


def test_a_dead_holder_of_another_machine_is_waited_for(files: LocalFiles, base: Path, state: Path) -> None:
    held = opened(files)
    stop_living(state, held.run)
    content = json.loads((state / "lease.json").read_text())
    (state / "lease.json").write_text(json.dumps({**content, "machine": "une-autre"}))
    with pytest.raises(Busy):
        open_files(base).acquire(SLUG, lease("run-2"))


def test_who_was_superseded_does_not_make_its_successor_look_dead(files: LocalFiles, base: Path, state: Path) -> None:
    held = opened(files)
    asleep(files, state, held)
    other, third = open_files(base), open_files(base)
    other.acquire(SLUG, lease("run-2"))
    with pytest.raises(Superseded):
        files.acquire(SLUG, held)
    with pytest.raises(Busy):
        third.acquire(SLUG, lease("run-3"))


# --- saving several files as one -------------------------------------------------------------------------


def broken_save(files: LocalFiles, held: Lease, new: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies while it writes the second of the files."""
    present = files.load(SLUG)
    assert present is not None
    real, count = disk.replace_file, 0

    def dying(*arguments: object) -> bool:
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(disk, "replace_file", dying)
        with pytest.raises(KeyboardInterrupt):
            files.save(SLUG, held, new, present.revision)


def test_a_save_that_was_cut_short_counts_whole(
    files: LocalFiles, base: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = opened(files)
    files.save(SLUG, held, FILES, None)
    new = {"engagement.toml": b'title = "Nouveau"\n', "state.json": b'{"b": 2}\n'}
    before = files.engagements()
    broken_save(files, held, new, monkeypatch)
    assert files.engagements() != before
    other = open_files(base)
    loaded = other.load(SLUG)
    assert loaded is not None and loaded.files == new
    stop_living(state, held.run)
    taken = other.acquire(SLUG, lease("run-2"))
    assert other.load(SLUG) == loaded
    other.release(SLUG, taken)
    assert sorted(tree(state)) == ["engagement.toml", "holder.lock", "lease.lock", "state.json"]
    assert (state / "state.json").read_bytes() == new["state.json"]


def test_a_person_s_edit_after_a_save_that_was_cut_short_stays(
    files: LocalFiles, base: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = opened(files)
    files.save(SLUG, held, FILES, None)
    broken_save(files, held, {"engagement.toml": b"a = 1\n", "state.json": b"[1]\n"}, monkeypatch)
    (state / "state.json").write_bytes(b'"de la main de quelqu\'un"\n')
    files.acquire(SLUG, replace(lease(), expires=None))
    loaded = files.load(SLUG)
    assert loaded is not None
    assert loaded.files == {"engagement.toml": b"a = 1\n", "state.json": b'"de la main de quelqu\'un"\n'}


def test_a_forged_save_that_was_cut_short_reaches_nothing_else(files: LocalFiles, base: Path, state: Path) -> None:
    held = opened(files)
    stored = files.save(SLUG, held, FILES, None)
    files.release(SLUG, held)
    evil = {
        name: {"before": None, "data": "eA=="} for name in ("../evil.toml", "lease.lock", "a/b.json", "..\\x.json")
    }
    (state / ".allies-sync-save.json").write_text(json.dumps(evil))
    assert files.load(SLUG) == replace(stored, abandoned=True)
    files.acquire(SLUG, lease("run-2"))
    assert not (base / SLUG / "evil.toml").exists()
    assert not (state / ".allies-sync-save.json").exists()


# --- leftovers, erasing, resolving ------------------------------------------------------------------------


def test_taking_the_lease_sweeps_what_a_killed_run_left(files: LocalFiles, base: Path, state: Path) -> None:
    held = opened(files)
    files.save(SLUG, held, FILES, None)
    files.release(SLUG, held)
    folder = base / SLUG / "Bilan"
    folder.mkdir()
    for place in (base / SLUG, state, folder):
        (place / ".allies-sync-0123456789abcdef.tmp").write_bytes(b"x")
    (folder / ".allies-sync-notes.tmp").write_text("pas à nous")
    (folder / "notes.tmp").write_text("pas à nous")
    folder.chmod(0o555)
    files.acquire(SLUG, lease("run-2"))
    left = [path.name for path in (base / SLUG).rglob("*.tmp")]
    assert sorted(left) == [".allies-sync-notes.tmp", "notes.tmp"]
    assert folder.stat().st_mode & 0o777 == 0o555


def test_erasing_leaves_nothing(files: LocalFiles, base: Path) -> None:
    held = opened(files)
    files.save(SLUG, held, FILES, None)
    assert files.erase(SLUG, held) is True
    assert tree(base) == {}
    assert files.load(SLUG) is None


def test_erasing_leaves_what_people_put_there(files: LocalFiles, base: Path) -> None:
    held = opened(files)
    files.save(SLUG, held, FILES, None)
    (base / SLUG / "notes.txt").write_text("à garder")
    assert files.erase(SLUG, held) is False
    assert sorted(tree(base)) == [SLUG, f"{SLUG}/notes.txt"]


def test_only_the_holder_erases(files: LocalFiles) -> None:
    files.save(SLUG, opened(files), FILES, None)
    with pytest.raises(Superseded):
        files.erase(SLUG, lease("run-2"))
    assert files.load(SLUG) is not None


def test_resolving_what_a_person_types(
    files: LocalFiles, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.save(SLUG, opened(files), FILES, None)
    folder = base / SLUG / "Bilan final"
    folder.mkdir()
    monkeypatch.chdir(base)
    (tmp_path / "raccourci").symlink_to(folder)
    inside = [
        str(base / SLUG),
        f"{base / SLUG}/",
        SLUG,
        f"./{SLUG}/Bilan final",
        f'"{folder}"',
        folder.as_uri(),
        f"file://localhost{(base / SLUG).as_posix()}",
        str(folder / "pas-encore-la.odt"),
        str(tmp_path / "raccourci"),
    ]
    assert [files.resolve(place) for place in inside] == [SLUG] * len(inside)
    outside = [
        "",
        ".",
        "..",
        str(base),
        "/",
        "https://example.org/" + SLUG,
        "file://serveur/" + SLUG,
        "a\0b",
        "2027-x",
    ]
    assert [files.resolve(place) for place in outside] == [None] * len(outside)
    (base / "Photos").mkdir()
    assert files.resolve(str(base / "Photos")) is None


def test_locating_is_for_people(files: LocalFiles, base: Path) -> None:
    assert files.locate(SLUG).url == (base / SLUG).as_uri()
