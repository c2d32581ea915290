# ruff: noqa: S101 - pytest rewrites these assertions
"""Unknown is not absent, and what comes from a workspace is data from outside."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import product

import pytest

from allies_sync.model.resources import Document, Form, Resource
from allies_sync.platforms.conformance.bench import COLLECTIVE, Bench, unreachable
from allies_sync.platforms.conformance.suite import Suite, claimed
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import (
    Absent,
    Act,
    Address,
    Answers,
    Checks,
    Failed,
    Finding,
    Known,
    Seen,
    StateStore,
    Target,
    Unknown,
)

OUTSIDE = ("../../../etc/passwd", "/etc/passwd", "../2027-voisin", "..", "C:\\Windows\\a.ini", "a/../..", "\0", "")


class Unreachable(Suite):
    """A platform that cannot be asked has said nothing."""

    def test_nothing_is_absent_while_it_is_unreachable(self, bench: Bench) -> None:
        resources = bench.samples.one_of_each()
        bench.create(*resources)
        new = [bench.samples.of(it.kind, "nouveau") for it in resources]
        with unreachable(bench.subject):
            targets = [Target(it.id, it.kind, it, bench.memory.get(it.id)) for it in [*resources, *new]]
            self.all_unknown(bench, targets)
        for resource in resources:
            bench.seen(resource)

    def test_nothing_is_done_while_it_is_unreachable(self, bench: Bench) -> None:
        resources = [it for it in bench.samples.one_of_each() if bench.samples.changed(it)]
        bench.create(*bench.samples.one_of_each())
        changes = []
        for resource in resources:
            wanted = bench.samples.changed(resource)
            assert wanted is not None
            changes.append(bench.change(Act.UPDATE, wanted, bench.seen(resource)))
        before = {it.id: bench.seen(it).fingerprint for it in resources}
        with unreachable(bench.subject):
            try:
                outcomes = list(bench.platform.apply(bench.space(), changes))
            except PlatformError:
                outcomes = []
            assert all(isinstance(outcome, Failed) for outcome in outcomes)
            assert all(isinstance(it.error, PlatformError) for it in outcomes if isinstance(it, Failed))
        assert {it.id: bench.seen(it).fingerprint for it in resources} == before

    def test_an_unreachable_state_is_not_an_empty_one(self, bench: Bench) -> None:
        store = bench.platform
        if not isinstance(store, StateStore):
            pytest.skip("the platform keeps no state")
        # what this connection has just made itself it may know without asking; another one has to ask
        other = bench.again().platform
        assert isinstance(other, StateStore)
        with unreachable(bench.subject):
            for ask in (store.engagements, other.engagements, lambda: other.load(bench.slug)):
                with pytest.raises(PlatformError):
                    ask()

    def test_another_connection_is_refused_in_words_too(self, bench: Bench, text_kind: str) -> None:
        resource, _ = bench.make(text_kind)
        with unreachable(bench.subject):
            try:
                other = bench.again()
            except PlatformError:
                return
            target = Target(resource.id, resource.kind, resource, other.memory[resource.id])
            self.all_unknown(other, [target])
            with pytest.raises(PlatformError):
                other.platform.read(other.space(), target)

    def all_unknown(self, bench: Bench, targets: list[Target]) -> None:
        try:
            answers = bench.platform.observe(bench.space(), targets)
        except PlatformError as error:
            assert error.message
            return
        assert set(answers) == {target.key for target in targets}
        for key, answer in answers.items():
            assert isinstance(answer, Unknown), f"{key}: Unknown was due, not {answer!r}"
            assert answer.reason


class Tampering(Suite):
    """What is remembered was read back from a file that others can reach."""

    def test_two_engagements_do_not_see_each_other(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        neighbour = bench.elsewhere()
        missing = neighbour.samples.needs([resource])
        if missing:
            neighbour.create(*missing)
        assert isinstance(neighbour.find(resource), Absent)
        theirs = neighbour.create(resource)[resource.id]
        assert theirs.remote_id != made.remote_id and theirs.address != made.address
        assert theirs.mark is None or theirs.mark != made.mark
        neighbour.done(neighbour.change(Act.DELETE, resource, neighbour.seen(resource)))
        assert bench.seen(resource).remote_id == made.remote_id

    def test_the_shared_place_is_a_place_of_its_own(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        shared = bench.elsewhere(COLLECTIVE, collective=True)
        missing = shared.samples.needs([resource])
        if missing:
            shared.create(*missing)
        assert isinstance(shared.find(resource), Absent)
        theirs = shared.create(resource)[resource.id]
        assert theirs.remote_id != made.remote_id
        assert shared.seen(resource).fingerprint == theirs.fingerprint
        assert bench.seen(resource).remote_id == made.remote_id

    def test_a_memory_that_names_anothers_thing_reaches_nothing(self, bench: Bench, kind: str) -> None:
        neighbour = bench.elsewhere()
        victim, before = neighbour.make(kind)
        resource, mine = bench.make(kind)
        honest = bench.memory[resource.id]
        forged = [
            Known(before.remote_id, before.address, before.fingerprint, before.access, dict(before.details)),
            replace(honest, remote_id=before.remote_id),
            replace(honest, address=before.address),
            replace(honest, address=before.address, remote_id=""),
        ]
        for known in forged:
            self.attack(bench, resource, known, mine, before)
            self.attack(bench, resource, known, None, before)
            assert neighbour.seen(victim).fingerprint == before.fingerprint, known
            assert neighbour.seen(victim).access == before.access, known

    def test_a_memory_that_points_outside_reaches_nothing(self, bench: Bench, kind: str) -> None:
        resource, mine = bench.make(kind)
        others = {it: bench.samples.of(it, "temoin") for it in bench.features.kinds}
        neighbour = bench.elsewhere()
        witnesses = list(others.values())
        neighbour.create(*neighbour.samples.needs(witnesses), *witnesses)
        before = {it.id: neighbour.seen(it).fingerprint for it in witnesses}
        for path in OUTSIDE:
            known = Known(path, Address(path, f"file://{path}"), mine.fingerprint, mine.access)
            self.attack(bench, resource, known, None)
        assert {it.id: neighbour.seen(it).fingerprint for it in witnesses} == before

    def test_a_container_that_is_anothers_gets_nothing(self, bench: Bench) -> None:
        claimed(bench, "folder", "document")
        neighbour = bench.elsewhere()
        folder, theirs = neighbour.make("folder", "classeur")
        neighbour.make("document", "leur")
        bench.make("folder", "classeur")
        resource = bench.samples.of("document", "intrus")
        assert isinstance(resource, Document)
        for number, address in enumerate([theirs.address, *(Address(path) for path in OUTSIDE)]):
            intruder = replace(resource, id=f"document:intrus-{number}", name=f"intrus-{number}.md")
            bench.addresses[folder.id] = address
            with suppress(PlatformError):
                predicted = bench.platform.predict(bench.space(), intruder)
                if predicted:
                    bench.addresses[intruder.id] = predicted
                list(bench.platform.apply(bench.space(), [bench.change(Act.CREATE, intruder, None)]))
            neighbour.foresee([folder])
            own = replace(intruder, folder=folder.id)
            assert isinstance(neighbour.find(own), Absent), f"written through {address.path!r}"
            neighbour.create(own)

    def attack(
        self, bench: Bench, resource: Resource, known: Known, base: Seen | None, victim: Seen | None = None
    ) -> None:
        """Does what the core would with a state file that somebody tampered with."""
        bench.addresses[resource.id] = known.address
        target = Target(resource.id, resource.kind, resource, known)
        bases = [base]
        with suppress(PlatformError):
            found = bench.platform.observe(bench.space(), [target])[resource.id]
            if isinstance(found, Seen):
                assert victim is None or found.address != victim.address, "another's thing is shown as ours"
                bases.append(found)
        wanted = bench.samples.changed(resource) or resource
        for act, basis in product((Act.UPDATE, Act.DELETE), bases):
            if basis is not None:
                with suppress(PlatformError):
                    change = replace(bench.change(act, wanted, basis), known=known)
                    list(bench.platform.apply(bench.space(), [change]))
        bench.memory[resource.id] = self.restored(bench, resource)

    def restored(self, bench: Bench, resource: Resource) -> Known:
        """Our own thing, made again if the attack went to it."""
        bench.memory.pop(resource.id, None)
        bench.addresses.pop(resource.id, None)
        found = bench.find(resource)
        if not isinstance(found, Seen):
            found = bench.create(resource)[resource.id]
        return Known(found.remote_id, found.address, found.fingerprint, found.access, dict(found.details))


class Optional(Suite):
    """What a platform may offer beside."""

    def test_checks_only_find(self, bench: Bench) -> None:
        if not isinstance(bench.platform, Checks):
            pytest.skip("the platform has no checks of its own")
        before = bench.subject.snapshot()
        findings = list(bench.platform.check())
        assert findings and all(isinstance(it, Finding) and it.sentence for it in findings)
        assert bench.subject.snapshot() == before

    def test_a_new_form_has_no_answers(self, bench: Bench) -> None:
        claimed(bench, "form")
        if not isinstance(bench.platform, Answers):
            pytest.skip("the platform holds no answers")
        form, _ = bench.make("form")
        assert isinstance(form, Form)
        assert list(bench.platform.answers(bench.space(), form, bench.memory[form.id])) == []
