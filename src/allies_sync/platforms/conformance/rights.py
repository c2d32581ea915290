# ruff: noqa: S101 - pytest rewrites these assertions
"""Who may read and who may write: as asked or stricter, told as found, and held against people when frozen."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from allies_sync.model.resources import Access, Resource, Rights
from allies_sync.platforms.conformance.bench import Bench
from allies_sync.platforms.conformance.samples import EDITED
from allies_sync.platforms.conformance.suite import Suite
from allies_sync.platforms.interface import Act, Seen

WRITERS: tuple[Rights | None, ...] = (*Rights, None)


class Permissions(Suite):
    """Rights of single things, and of a whole workspace."""

    def test_rights_are_narrowed_never_widened(self, bench: Bench) -> None:
        for read, write in product(Rights, WRITERS):
            narrow = bench.features.narrow(Access(read, write))
            assert narrow.read.strictness >= read.strictness
            if write and narrow.write:
                assert narrow.write.strictness >= write.strictness
            assert bench.features.narrow(narrow) == narrow, "what was narrowed once stays"

    def test_rights_are_what_was_asked_for(self, bench: Bench, kind: str) -> None:
        asked = {bench.features.narrow(Access(read, write)) for read, write in product(Rights, WRITERS)}
        told = False
        for number, access in enumerate(sorted(asked, key=repr)):
            resource = replace(bench.samples.of(kind, f"droits-{number}"), access=access)
            missing = [it for it in bench.samples.needs([resource]) if it.id not in bench.memory]
            if missing:
                bench.create(*missing)
            made = bench.create(resource)[resource.id]
            self.agrees(made, access)
            told = told or made.access is not None
            self.agrees(bench.seen(resource), access)
        if not told:
            pytest.skip(f"the platform does not tell the rights of a {kind}")

    def test_rights_can_be_changed_and_changed_back(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        before = bench.access(resource)
        frozen = [before.frozen()] if bench.features.freeze else []
        for access in (bench.features.narrow(Access(Rights.TEAM, Rights.TEAM)), *frozen, before):
            change = bench.change(Act.UPDATE, resource, bench.seen(resource), access=access, content=False)
            after = bench.done(change)[resource.id]
            assert after is not None
            self.agrees(after, access)
            self.agrees(bench.seen(resource), access)
            assert after.fingerprint == made.fingerprint, "rights are no content"
            assert after.address == made.address

    def test_an_update_of_the_content_leaves_the_rights(self, bench: Bench, text_kind: str) -> None:
        resource, made = bench.make(text_kind)
        wanted = bench.samples.changed(resource)
        assert wanted is not None
        after = bench.done(bench.change(Act.UPDATE, wanted, bench.seen(resource), rights=False))[resource.id]
        assert after is not None and after.access == made.access

    def test_a_frozen_workspace_refuses_what_people_write(self, bench: Bench) -> None:
        resources, written = self.workspace(bench)
        before = {it.id: bench.seen(it) for it in resources}
        self.set_rights(bench, resources, frozen=True)
        for resource in resources:
            seen = bench.seen(resource)
            assert seen.fingerprint == before[resource.id].fingerprint, "freezing changes no content"
            assert seen.address == before[resource.id].address
            assert seen.access is None or seen.access.write is None
        for resource in written:
            with pytest.raises(PermissionError):
                bench.subject.edit(resource.kind, before[resource.id].address, "Trop tard")
            assert "Trop tard" not in bench.text(resource)
            with pytest.raises(PermissionError):
                self.add_beside(bench, resource)

    def test_a_thawed_workspace_is_as_it_was(self, bench: Bench) -> None:
        resources, written = self.workspace(bench)
        before = {it.id: bench.seen(it) for it in resources}
        self.set_rights(bench, resources, frozen=True)
        self.set_rights(bench, resources, frozen=False)
        for resource in resources:
            seen = bench.seen(resource)
            assert (seen.fingerprint, seen.access) == (before[resource.id].fingerprint, before[resource.id].access)
        for resource in written:
            bench.subject.edit(resource.kind, before[resource.id].address, "De nouveau")
            assert "De nouveau" in bench.text(resource)

    def test_the_tool_still_writes_in_a_frozen_workspace(self, bench: Bench) -> None:
        resources, written = self.workspace(bench)
        self.set_rights(bench, resources, frozen=True)
        for resource in written:
            wanted = bench.samples.changed(resource)
            assert wanted is not None
            frozen = bench.access(resource).frozen()
            change = bench.change(Act.UPDATE, wanted, bench.seen(resource), access=frozen)
            after = bench.done(change)[resource.id]
            assert after is not None and (after.access is None or after.access.write is None)

    # --- helpers -----------------------------------------------------------------------------------------------

    def agrees(self, seen: Seen, access: Access) -> None:
        assert seen.access is None or seen.access == access, f"asked for {access}, found {seen.access}"

    def workspace(self, bench: Bench) -> tuple[list[Resource], list[Resource]]:
        """One thing of each kind, made; and those of them that people write into."""
        if not bench.features.freeze:
            pytest.skip("the platform cannot refuse what people write")
        resources = bench.samples.one_of_each()
        bench.create(*resources)
        written = [it for it in resources if it.kind in EDITED]
        if not written:
            pytest.skip("the platform holds nothing that people edit")
        return resources, written

    def set_rights(self, bench: Bench, resources: list[Resource], *, frozen: bool) -> None:
        changes = []
        for resource in resources:
            access = bench.access(resource).frozen() if frozen else bench.access(resource)
            changes.append(bench.change(Act.UPDATE, resource, bench.seen(resource), access=access, content=False))
        bench.done(*changes)

    def add_beside(self, bench: Bench, resource: Resource) -> None:
        """A person tries to put something into a frozen folder."""
        if resource.kind != "document" or not bench.samples.has("folder"):
            raise PermissionError("nowhere to put anything")
        beside = bench.samples.of("document", "intrus")
        address = bench.platform.predict(bench.space(), beside)
        if address is None:
            raise PermissionError("nowhere to put anything")
        bench.subject.create("document", address, "Trop tard")
