# ruff: noqa: S101 - pytest rewrites these assertions
"""The state store: where an engagement describes itself, and who may write there."""

from __future__ import annotations

import multiprocessing
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from allies_sync.platforms.conformance.bench import COLLECTIVE, SLUG, Bench
from allies_sync.platforms.conformance.subject import Subject
from allies_sync.platforms.conformance.suite import Suite
from allies_sync.platforms.errors import Busy, Foreign, PlatformError, Superseded
from allies_sync.platforms.interface import Act, Lease, Seen, StateStore, Stored

ANNE = Lease(run="run-anne", holder="Anne (portable)", seconds=300)
BRUNO = Lease(run="run-bruno", holder="Bruno (bureau)", seconds=300)
FILES = {"engagement.toml": b"slug = '2027-essai'\n", "state.json": bytes(range(256))}
MANY = 8
ROUNDS = 5


class State(Suite):
    """Loading, saving and the lease."""

    @pytest.fixture
    def store(self, subject: Subject) -> Iterator[StateStore]:
        yield from self.opened(subject)

    @pytest.fixture
    def other(self, subject: Subject) -> Iterator[StateStore]:
        """Another machine."""
        yield from self.opened(subject)

    def opened(self, subject: Subject) -> Iterator[StateStore]:
        platform = subject.open()
        if not isinstance(platform, StateStore):
            platform.close()
            assert subject.role != "files", "the platform of the role files has to keep the state"
            pytest.skip("the platform keeps no state")
        yield platform
        platform.close()

    def saved(self, store: StateStore, lease: Lease = ANNE) -> Stored:
        store.acquire(SLUG, lease)
        return store.save(SLUG, lease, FILES, None)

    def same(self, loaded: Stored | None, stored: Stored) -> None:
        assert loaded is not None
        assert (dict(loaded.files), loaded.revision) == (dict(stored.files), stored.revision)

    # --- what is kept ------------------------------------------------------------------------------------------

    def test_an_empty_place(self, store: StateStore) -> None:
        assert dict(store.engagements()) == {}
        assert store.load(SLUG) is None
        assert store.locate(SLUG).path

    def test_what_is_saved_is_loaded(self, store: StateStore, other: StateStore) -> None:
        stored = self.saved(store)
        assert dict(stored.files) == FILES and stored.revision
        loaded = other.load(SLUG)
        assert loaded is not None and dict(loaded.files) == FILES
        assert loaded.revision == stored.revision
        assert set(other.engagements()) == {SLUG}

    def test_files_that_are_not_named_stay(self, store: StateStore, other: StateStore) -> None:
        stored = self.saved(store)
        after = store.save(SLUG, ANNE, {"state.json": b"{}"}, stored.revision)
        assert after.revision != stored.revision
        assert dict(after.files) == {**FILES, "state.json": b"{}"}
        self.same(other.load(SLUG), after)

    def test_an_older_revision_is_not_saved(self, store: StateStore, other: StateStore) -> None:
        first = self.saved(store)
        second = store.save(SLUG, ANNE, {"state.json": b"2"}, first.revision)
        for revision in (first.revision, None, "nonsense"):
            with pytest.raises(Superseded):
                store.save(SLUG, ANNE, {"state.json": b"3"}, revision)
        self.same(other.load(SLUG), second)

    def test_nothing_is_saved_without_the_lease(self, store: StateStore, other: StateStore) -> None:
        with pytest.raises(PlatformError):
            store.save(SLUG, ANNE, FILES, None)
        stored = self.saved(store)
        with pytest.raises(Superseded):
            other.save(SLUG, BRUNO, {"state.json": b"2"}, stored.revision)
        store.release(SLUG, ANNE)
        with pytest.raises(Superseded):
            store.save(SLUG, ANNE, {"state.json": b"2"}, stored.revision)
        self.same(other.load(SLUG), stored)

    @pytest.mark.parametrize("slug", ["2027-voisin", COLLECTIVE])
    def test_two_descriptions_are_two(self, store: StateStore, slug: str) -> None:
        self.saved(store)
        store.acquire(slug, BRUNO)
        theirs = store.save(slug, BRUNO, {"engagement.toml": b"autre"}, None)
        assert set(store.engagements()) == {SLUG, slug} - {COLLECTIVE}
        loaded = store.load(SLUG)
        assert loaded is not None and dict(loaded.files) == FILES
        assert dict(theirs.files) == {"engagement.toml": b"autre"}
        assert store.locate(SLUG) != store.locate(slug)

    @pytest.mark.parametrize("slug", ["../dehors", "..", "", "a/b", "a\\b", "\0", "."])
    def test_a_slug_leads_nowhere_else(self, store: StateStore, subject: Subject, slug: str) -> None:
        before = subject.snapshot()
        with pytest.raises(PlatformError):
            store.acquire(slug, ANNE)
        with pytest.raises(PlatformError):
            store.load(slug)
        assert subject.snapshot() == before

    def test_the_revision_of_an_engagement_moves_with_what_is_in_it(self, bench: Bench, text_kind: str) -> None:
        store = bench.platform
        if not isinstance(store, StateStore) or bench.subject.role != "files":
            pytest.skip("the state is kept elsewhere")
        lease = Lease(run="conformance", holder="la suite", seconds=900)
        store.acquire(bench.slug, lease)
        stored = store.save(bench.slug, lease, FILES, None)
        resource, made = bench.make(text_kind)
        seen = [store.engagements()[bench.slug]]
        assert store.engagements()[bench.slug] == seen[0], "it stays when nothing happens"
        store.save(bench.slug, lease, {"state.json": b"{}"}, stored.revision)
        seen.append(store.engagements()[bench.slug])
        bench.done(bench.change(Act.UPDATE, bench.samples.changed(resource) or resource, bench.seen(resource)))
        seen.append(store.engagements()[bench.slug])
        assert len(set(seen)) == 3, "a revision did not move"
        bench.subject.edit(text_kind, made.address, "Une personne était là")
        assert store.engagements()[bench.slug] not in seen, "a person's edit moves it too"

    def test_a_place_is_found_again(self, bench: Bench) -> None:
        store = bench.platform
        if not isinstance(store, StateStore):
            pytest.skip("the platform keeps no state")
        lease = Lease(run="conformance", holder="la suite", seconds=900)
        store.acquire(bench.slug, lease)
        store.save(bench.slug, lease, FILES, None)
        place = store.locate(bench.slug)
        assert store.resolve(place.path) == bench.slug
        assert place.url is None or store.resolve(place.url) == bench.slug
        for resource in bench.samples.one_of_each() if bench.subject.role == "files" else []:
            inside = bench.create(resource)[resource.id].address.url
            if inside and resource.kind in ("folder", "document"):
                assert store.resolve(inside) == bench.slug, "people copy the address of what they look at"
        for stranger in ("/nowhere/at/all", "https://example.org/elsewhere", ""):
            assert store.resolve(stranger) is None

    def test_something_else_of_that_name_is_foreign(self, bench: Bench) -> None:
        store = bench.platform
        if not isinstance(store, StateStore) or not bench.samples.has("folder"):
            pytest.skip("the platform keeps no state in folders")
        slug = "2027-dossier-de-quelqu-un"
        bench.subject.create("folder", store.locate(slug), "")
        before = bench.subject.snapshot()
        with pytest.raises(Foreign):
            store.load(slug)
        with pytest.raises(Foreign):
            store.acquire(slug, ANNE)
        assert bench.subject.snapshot() == before
        assert slug not in store.engagements()

    # --- the lease ---------------------------------------------------------------------------------------------

    def test_a_lease_is_held(self, store: StateStore, other: StateStore) -> None:
        held = store.acquire(SLUG, ANNE)
        assert held.run == ANNE.run and held.holder == ANNE.holder
        assert held.expires is not None and held.expires.tzinfo is not None
        assert timedelta(seconds=0) < held.expires - datetime.now(UTC) < timedelta(hours=1)
        with pytest.raises(Busy) as busy:
            other.acquire(SLUG, BRUNO)
        assert busy.value.lease.run == ANNE.run and busy.value.lease.holder == ANNE.holder
        assert busy.value.lease.expires is not None

    def test_a_lease_is_prolonged_by_its_holder(self, store: StateStore) -> None:
        first = store.acquire(SLUG, replace(ANNE, seconds=20))
        for lease in (replace(first, seconds=600), replace(ANNE, seconds=900)):
            longer = store.acquire(SLUG, lease)
            assert first.expires and longer.expires and longer.expires > first.expires
            first = longer

    def test_a_lease_is_given_back(self, store: StateStore, other: StateStore) -> None:
        store.acquire(SLUG, ANNE)
        other.release(SLUG, BRUNO)
        with pytest.raises(Busy):
            other.acquire(SLUG, BRUNO)
        store.release(SLUG, ANNE)
        store.release(SLUG, ANNE)
        other.acquire(SLUG, BRUNO)
        store.release(SLUG, ANNE)
        with pytest.raises(Busy):
            store.acquire(SLUG, ANNE)

    def test_a_dead_holder_is_replaced_and_cannot_come_back(self, store: StateStore, other: StateStore) -> None:
        stored = self.saved(store, replace(ANNE, seconds=1))
        started = time.monotonic()
        with pytest.raises(Busy):
            other.acquire(SLUG, BRUNO)
        while True:
            assert time.monotonic() - started < 5, "a lease of one second is still in the way"
            try:
                other.acquire(SLUG, BRUNO)
                break
            except Busy:
                time.sleep(0.1)
        assert time.monotonic() - started > 0.5, "a lease of one second was over too early"
        with pytest.raises(Superseded):
            store.save(SLUG, ANNE, {"state.json": b"late"}, stored.revision)
        for lease in (ANNE, replace(ANNE, seconds=1, expires=datetime.now(UTC))):
            with pytest.raises((Busy, Superseded)):
                store.acquire(SLUG, lease)
        store.release(SLUG, ANNE)
        after = other.save(SLUG, BRUNO, {"state.json": b"new"}, stored.revision)
        self.same(store.load(SLUG), after)

    def test_the_lease_is_prolonged_while_another_thread_writes(self, bench: Bench, text_kind: str) -> None:
        store = bench.platform
        if not isinstance(store, StateStore):
            pytest.skip("the platform keeps no state")
        lease = Lease(run="conformance", holder="la suite", seconds=900)
        held = store.acquire(bench.slug, lease)
        bench.create(*bench.samples.needs([bench.samples.of(text_kind)]))
        resources = [bench.samples.of(text_kind, f"ensemble-{number}") for number in range(20)]
        problems: list[Exception] = []

        def write() -> None:
            try:
                bench.create(*resources)
            except Exception as error:
                problems.append(error)

        writer = threading.Thread(target=write)
        writer.start()
        while writer.is_alive():
            again = store.acquire(bench.slug, lease)
            assert held.expires and again.expires and again.expires >= held.expires
            held = again
        writer.join()
        assert not problems
        assert all(isinstance(bench.look(it), Seen) for it in resources)

    def test_exactly_one_of_many_threads_wins(self, subject: Subject, store: StateStore) -> None:
        barrier = threading.Barrier(MANY)
        results: dict[str, list[str]] = {f"2027-course-{number}": [] for number in range(ROUNDS)}

        def race(number: int) -> None:
            for slug, result in results.items():
                result.append(contend(subject, slug, number, barrier.wait))

        threads = [threading.Thread(target=race, args=(number,)) for number in range(MANY)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        for result in results.values():
            assert sorted(result) == ["busy"] * (MANY - 1) + ["won"]

    def test_exactly_one_of_many_processes_wins(self, subject: Subject, store: StateStore) -> None:
        if not subject.shared_by_processes:
            pytest.skip("the subject's place is not shared by processes")
        if sys.platform == "win32" or sys.platform == "darwin":
            pytest.skip("needs processes that inherit the subject")
        context = multiprocessing.get_context("fork")
        barrier = context.Barrier(MANY)
        results = context.SimpleQueue()
        processes = [
            context.Process(target=lambda number=number: results.put(contend(subject, SLUG, number, barrier.wait)))
            for number in range(MANY)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(timeout=60)
        assert sorted(results.get() for _ in processes) == ["busy"] * (MANY - 1) + ["won"]

    # --- the end -----------------------------------------------------------------------------------------------

    def test_an_erased_engagement_is_gone(self, store: StateStore, other: StateStore) -> None:
        self.saved(store)
        assert store.erase(SLUG, ANNE) is True
        assert other.load(SLUG) is None and SLUG not in other.engagements()
        store.release(SLUG, ANNE)
        other.acquire(SLUG, BRUNO)
        assert dict(other.save(SLUG, BRUNO, FILES, None).files) == FILES

    def test_only_the_description_is_erased(self, bench: Bench, text_kind: str) -> None:
        store = bench.platform
        if not isinstance(store, StateStore) or bench.subject.role != "files":
            pytest.skip("the state is kept elsewhere")
        lease = Lease(run="conformance", holder="la suite", seconds=900)
        store.acquire(bench.slug, lease)
        store.save(bench.slug, lease, FILES, None)
        resource, made = bench.make(text_kind)
        assert store.erase(bench.slug, lease) is False
        assert bench.slug not in store.engagements()
        assert bench.seen(resource).fingerprint == made.fingerprint

    def test_nothing_is_erased_without_the_lease(self, store: StateStore, other: StateStore) -> None:
        stored = self.saved(store)
        with pytest.raises(Superseded):
            other.erase(SLUG, BRUNO)
        self.same(other.load(SLUG), stored)


def contend(subject: Subject, slug: str, number: int, wait: object) -> str:
    """One of many machines that want the lease at the same moment."""
    platform = subject.open()
    try:
        assert isinstance(platform, StateStore) and callable(wait)
        wait()
        platform.acquire(slug, Lease(run=f"run-{number}", holder=f"machine {number}", seconds=300))
        return "won"
    except Busy as busy:
        return "busy" if busy.lease.holder else "busy with nobody"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        platform.close()
