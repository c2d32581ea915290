# ruff: noqa: S101 - pytest rewrites these assertions
"""Many at once, and killed anywhere: a rerun comes to the same end, nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count

import pytest

from allies_sync.model.resources import Access, Document, Resource, Rights
from allies_sync.platforms.conformance.bench import Bench, stable
from allies_sync.platforms.conformance.subject import Killed
from allies_sync.platforms.conformance.suite import Suite
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import (
    Absent,
    Act,
    Change,
    Done,
    Failed,
    Lease,
    Observation,
    Outcome,
    Overtaken,
    Seen,
    StateStore,
    Target,
)

MANY = 60
RUNS = 400
"""After so many requests an opening of a handful of resources has to be over."""

CLOSED = Access(Rights.TEAM, Rights.TEAM)

Prepare = Callable[[Bench], list[Resource]]
Work = Callable[[Bench, Sequence[Resource]], Iterable[Outcome]]


class Dying(Suite):
    """What dies after each of its requests."""

    def deaths(self, bench: Bench, prepare: Prepare, work: Work) -> Iterator[tuple[Bench, list[Resource]]]:
        """For each n: an engagement of its own, prepared, then worked on by a machine that dies after n requests.

        Gives another machine, that remembers what was known before the work began, and ends when nothing died. In
        the end there have to be as many things in each place, killed or not.
        """
        subject = bench.subject
        sizes: dict[int, int] = {}
        for number in count():
            assert number < RUNS, "the work never ends well: see what it says when crash_after(None) is in force"
            before = len(subject.snapshot())
            place = bench.elsewhere(f"2027-essai-{number}")
            resources = prepare(place)
            subject.crash_after(number)
            try:
                survived = self.survives(place, resources, work)
            finally:
                subject.crash_after(None)
            yield place.again(), resources
            sizes[number] = len(subject.snapshot()) - before
            if survived:
                break
        whole = sizes[number]
        odd = [died for died, size in sizes.items() if size != whole]
        assert not odd, f"more or fewer things than without a crash when killed after {odd} requests"

    def survives(self, place: Bench, resources: list[Resource], work: Work) -> bool:
        try:
            doomed = place.again()
            try:
                return not any(isinstance(it, Failed) for it in list(work(doomed, resources)))
            finally:
                with suppress(Killed, PlatformError):
                    doomed.platform.close()
        except (Killed, PlatformError, AssertionError):
            return False


class Batches(Suite):
    """Sixty things in one call."""

    def test_empty_batches(self, bench: Bench) -> None:
        assert dict(bench.platform.observe(bench.space(), [])) == {}
        assert list(bench.platform.apply(bench.space(), [])) == []

    def test_many_are_made_and_seen_in_one_call(self, bench: Bench) -> None:
        resources = self.many(bench)
        assert all(it == Absent() for it in bench.look_at(*resources).values())
        made = bench.create(*resources)
        seen = bench.look_at(*resources)
        for resource in resources:
            found = seen[resource.id]
            assert isinstance(found, Seen)
            if resource.kind != "folder":
                assert stable(found) == stable(made[resource.id])
        assert len({it.remote_id for it in made.values()}) == len(made)
        assert len({it.address.path for it in made.values()}) == len(made)

    def test_things_are_looked_at_in_any_order(self, bench: Bench) -> None:
        resources = bench.samples.one_of_each()
        bench.create(*resources)
        missing = [bench.samples.of(it.kind, "absent") for it in resources]
        bench.foresee(missing)
        targets = [Target(it.id, it.kind, it, bench.memory.get(it.id)) for it in [*missing, *resources]]
        answers = bench.observe(*reversed(targets))
        assert {it.id for it in resources} <= {key for key, it in answers.items() if isinstance(it, Seen)}
        gone = {it.id for it in missing if it.kind != "share"}
        assert gone <= {key for key, it in answers.items() if isinstance(it, Absent)}

    def test_what_left_the_template_is_still_seen(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        [seen] = bench.observe(Target(resource.id, kind, None, bench.memory[resource.id])).values()
        assert isinstance(seen, Seen) and stable(seen) == stable(made)
        change = replace(bench.change(Act.DELETE, resource, seen), resource=None)
        [after] = bench.done(change).values()
        assert after is None
        bench.absent(resource)

    def test_one_that_fails_stops_no_other(self, bench: Bench, text_kind: str) -> None:
        bench.create(*bench.samples.needs([bench.samples.of(text_kind)]))
        resources = [bench.samples.of(text_kind, f"lot-{number}") for number in range(6)]
        made = bench.create(*resources)
        other = bench.again()
        stale = {resources[1].id, resources[4].id}
        for resource in resources:
            if resource.id in stale:
                theirs = other.samples.changed(resource, "Une collègue était là")
                assert theirs is not None
                other.done(other.change(Act.UPDATE, theirs, other.seen(resource)))
        changes = []
        for resource in resources:
            wanted = bench.samples.changed(resource)
            assert wanted is not None
            changes.append(bench.change(Act.UPDATE, wanted, made[resource.id]))
        outcomes = bench.apply(*changes)
        assert {key for key, it in outcomes.items() if isinstance(it, Overtaken)} == stale
        assert {key for key, it in outcomes.items() if isinstance(it, Done)} == set(outcomes) - stale

    def test_containers_come_first(self, bench: Bench) -> None:
        if not (bench.samples.has("folder") and bench.samples.has("document")):
            pytest.skip("the platform holds no documents in folders")
        outer = bench.samples.of("folder", "dehors")
        inner = replace(bench.samples.of("folder", "dedans"), parent=outer.id)  # type: ignore[call-arg]
        document = bench.samples.of("document", "note")
        assert isinstance(document, Document)
        document = replace(document, folder=inner.id)
        resources = [outer, inner, document]
        bench.foresee(resources)
        bench.create(*resources)
        looked = {it.id: bench.seen(it) for it in resources}
        bench.done(*[bench.change(Act.DELETE, it, looked[it.id]) for it in reversed(resources)])
        for resource in resources:
            bench.absent(resource)

    def many(self, bench: Bench) -> list[Resource]:
        """Sixty resources, evenly of the kinds that are cheap to have many of."""
        kinds = [kind for kind in ("folder", "document", "page", "entry", "list") if bench.samples.has(kind)]
        if not kinds:
            pytest.skip("the platform holds nothing that one has many of")
        resources = [bench.samples.of(kinds[n % len(kinds)], f"numero-{n}") for n in range(MANY)]
        resources.sort(key=lambda it: kinds.index(it.kind))
        needed = bench.samples.needs(resources)
        if needed:
            bench.create(*needed)
        return resources


class Crashes(Dying):
    """The process dies, or the connection, after each request in turn."""

    def test_an_opening_killed_anywhere_is_finished_by_a_rerun(self, bench: Bench) -> None:
        def prepare(place: Bench) -> list[Resource]:
            return [replace(it, access=CLOSED) for it in place.samples.one_of_each()]

        def work(place: Bench, resources: Sequence[Resource]) -> Iterator[Outcome]:
            for group in self.groups(resources):
                place.foresee(group)
                yield from place.apply(*[place.change(Act.CREATE, it, None) for it in group]).values()

        for place, resources in self.deaths(bench, prepare, work):
            self.no_wider(place, resources)
            for group in self.groups(resources):
                for resource, found in ((it, place.find(it)) for it in group):
                    self.half_made(place, resource, found)
                    place.done(*self.completion(place, resource, found))
            self.finished(place, resources)

    def test_an_update_killed_anywhere_is_finished_by_a_rerun(self, bench: Bench) -> None:
        def prepare(place: Bench) -> list[Resource]:
            resources = place.samples.one_of_each()
            place.create(*resources)
            return [it for it in resources if place.samples.changed(it)]

        def work(place: Bench, resources: Sequence[Resource]) -> Iterable[Outcome]:
            wanted = [(place.seen(it), place.samples.changed(it) or it) for it in resources]
            return place.apply(*[place.change(Act.UPDATE, it, seen) for seen, it in wanted]).values()

        for place, resources in self.deaths(bench, prepare, work):
            for resource in resources:
                wanted = place.samples.changed(resource) or resource
                seen = place.seen(resource)
                new = place.platform.fingerprint(place.space(), wanted)
                old = place.memory[resource.id].fingerprint
                assert seen.unfinished or new is None or seen.fingerprint in (old, new), "a half-written version"
                after = place.done(place.change(Act.UPDATE, wanted, seen))[resource.id]
                assert after is not None and not after.unfinished
                assert after.fingerprint == (new or after.fingerprint)

    def test_a_freeze_killed_anywhere_is_finished_by_a_rerun(self, bench: Bench) -> None:
        if not bench.features.freeze:
            pytest.skip("the platform cannot refuse what people write")

        def prepare(place: Bench) -> list[Resource]:
            resources = place.samples.one_of_each()
            place.create(*resources)
            return resources

        def work(place: Bench, resources: Sequence[Resource]) -> Iterable[Outcome]:
            return place.apply(*[self.frozen(place, it) for it in resources]).values()

        for place, resources in self.deaths(bench, prepare, work):
            place.done(*[self.frozen(place, it) for it in resources])
            for resource in resources:
                seen = place.seen(resource)
                assert seen.fingerprint == place.memory[resource.id].fingerprint
                assert seen.access is None or seen.access.write is None

    def test_a_removal_killed_anywhere_is_finished_by_a_rerun(self, bench: Bench) -> None:
        def prepare(place: Bench) -> list[Resource]:
            resources = place.samples.one_of_each()
            place.create(*resources)
            return resources

        def removal(place: Bench, resources: Sequence[Resource]) -> list[Change]:
            looked = [(it, place.look(it)) for it in reversed(resources)]
            return [place.change(Act.DELETE, it, seen) for it, seen in looked if isinstance(seen, Seen)]

        def work(place: Bench, resources: Sequence[Resource]) -> Iterable[Outcome]:
            return place.apply(*removal(place, resources)).values()

        for place, resources in self.deaths(bench, prepare, work):
            place.apply(*removal(place, resources))
            place.memory.clear()
            for resource in resources:
                assert isinstance(place.find(resource), Absent), resource.id

    def test_a_state_killed_anywhere_is_the_old_or_the_new_one(self, bench: Bench) -> None:
        if not isinstance(bench.platform, StateStore):
            pytest.skip("the platform keeps no state")
        lease = Lease(run="conformance", holder="la suite", seconds=900)
        old = {"engagement.toml": b"slug = 'a'\n" * 50, "state.json": b"{}" * 100}
        new = {"engagement.toml": b"slug = 'b'\n" * 70, "state.json": b"[]" * 300}

        def prepare(place: Bench) -> list[Resource]:
            assert isinstance(place.platform, StateStore)
            place.platform.acquire(place.slug, lease)
            place.platform.save(place.slug, lease, old, None)
            return []

        def work(place: Bench, resources: Sequence[Resource]) -> Iterable[Outcome]:
            assert isinstance(place.platform, StateStore)
            held = place.platform.acquire(place.slug, lease)
            stored = place.platform.load(place.slug)
            place.platform.save(place.slug, held, new, stored.revision if stored else None)
            return []

        for place, _ in self.deaths(bench, prepare, work):
            store = place.platform
            assert isinstance(store, StateStore)
            held = store.acquire(place.slug, lease)
            stored = store.load(place.slug)
            assert stored is not None, "the description is gone"
            for name, data in stored.files.items():
                assert data in (old[name], new[name]), f"{name} is half written"
            saved = store.save(place.slug, held, new, stored.revision)
            assert dict(saved.files) == new == dict((store.load(place.slug) or saved).files)

    # --- helpers -----------------------------------------------------------------------------------------------

    def groups(self, resources: Sequence[Resource]) -> Iterator[list[Resource]]:
        """Batches in the order of the core: an entry or a share after what it points to."""
        late = ("entry", "share")
        yield [it for it in resources if it.kind not in late]
        rest = [it for it in resources if it.kind in late]
        if rest:
            yield rest

    def half_made(self, place: Bench, resource: Resource, found: Observation) -> None:
        """What a crash leaves is nothing, or something that says of itself that it is ours."""
        assert isinstance(found, Absent | Seen), found
        if isinstance(found, Seen):
            foretold = place.platform.fingerprint(place.space(), resource)
            ours = found.mark in (None, place.space().mark(resource.id))
            assert found.unfinished or (ours and found.fingerprint == (foretold or found.fingerprint)), (
                f"{resource.id} would be taken for a person's: {found!r}"
            )

    def no_wider(self, place: Bench, resources: Sequence[Resource]) -> None:
        """At no moment more people could read than in the end."""
        for resource in resources:
            found = place.find(resource)
            if isinstance(found, Seen) and found.access:
                wanted = place.access(resource)
                assert found.access.read.strictness >= wanted.read.strictness, "made open, closed later"

    def completion(self, place: Bench, resource: Resource, found: Observation) -> list[Change]:
        """What the core does about what a crash left."""
        if isinstance(found, Absent):
            return [place.change(Act.CREATE, resource, None)]
        assert isinstance(found, Seen)
        if found.unfinished:
            return [place.change(Act.UPDATE, resource, found)]
        if found.access != place.access(resource):
            return [place.change(Act.UPDATE, resource, found, content=False)]
        return []

    def finished(self, place: Bench, resources: Sequence[Resource]) -> None:
        for resource in resources:
            found = place.find(resource)
            assert isinstance(found, Seen) and not found.unfinished
            foretold = place.platform.fingerprint(place.space(), resource)
            assert found.fingerprint == (foretold or found.fingerprint)
            assert found.access in (None, place.access(resource))

    def frozen(self, place: Bench, resource: Resource) -> Change:
        access = place.access(resource).frozen()
        return place.change(Act.UPDATE, resource, place.seen(resource), access=access, content=False)
