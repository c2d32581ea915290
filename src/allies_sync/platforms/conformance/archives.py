# ruff: noqa: S101 - pytest rewrites these assertions
"""Giving everything that a space holds, and taking it again: only of platforms that can."""

from __future__ import annotations

import pytest

from allies_sync.model.resources import Resource
from allies_sync.platforms.conformance.bench import Bench
from allies_sync.platforms.conformance.suite import Suite, claimed
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.holdings import Holdings, Pages
from allies_sync.platforms.interface import Target

HOSTILE = ("../dehors.txt", "/dehors.txt", "a/../../dehors.txt", "a//b.txt", "_allies-sync/state.json", "")


def target_of(bench: Bench, resource: Resource) -> Target:
    """The thing as the core asks for it."""
    return Target(resource.id, resource.kind, resource, bench.memory.get(resource.id))


class Archives(Suite):
    """The optional protocols of ``platforms/holdings.py``."""

    def holdings(self, bench: Bench) -> Holdings:
        if not isinstance(bench.platform, Holdings):
            pytest.skip("the platform does not give its files")
        return bench.platform

    def test_all_files_are_given_as_they_are(self, bench: Bench) -> None:
        platform = self.holdings(bench)
        claimed(bench, "document")
        resource, made = bench.make("document")
        listed = list(platform.holdings(bench.space()))
        paths = [it.path for it in listed]
        assert paths == sorted(paths) and made.address.path in paths
        assert not [path for path in paths if "allies-sync" in path.split("/")[0]], "not the tool's own description"
        held = next(it for it in listed if it.path == made.address.path)
        data = b"".join(platform.fetch(bench.space(), held.path))
        assert data == bench.content(resource).data and held.size == len(data)

    def test_a_file_is_put_back_beside_the_others_and_never_over_one(self, bench: Bench) -> None:
        platform = self.holdings(bench)
        space = bench.space()
        assert platform.deposit(space, "Dossier à part/été.bin", [b"\x00\xff", b"fin"], 5)
        assert not platform.deposit(space, "Dossier à part/été.bin", [b"autre"], 5)
        assert b"".join(platform.fetch(space, "Dossier à part/été.bin")) == b"\x00\xfffin"
        assert [it.size for it in platform.holdings(space) if it.path.endswith("été.bin")] == [5]

    def test_paths_that_lead_out_are_refused(self, bench: Bench) -> None:
        platform = self.holdings(bench)
        before = bench.subject.snapshot()
        for path in HOSTILE:
            with pytest.raises(PlatformError):
                platform.deposit(bench.space(), path, [b"x"], 1)
            with pytest.raises(PlatformError):
                list(platform.fetch(bench.space(), path))
        assert bench.subject.snapshot() == before

    def test_a_page_is_put_back_as_it_was_given(self, bench: Bench) -> None:
        platform = bench.platform
        if not isinstance(platform, Pages):
            pytest.skip("the platform does not take pages back")
        resource, made = bench.make("page")
        target = target_of(bench, resource)
        bench.subject.edit("page", made.address, "Ce qu'une participante a écrit")
        theirs = platform.read(bench.space(), target)
        edited = bench.seen(resource)
        bench.subject.edit("page", made.address, "Autre chose")
        seen = platform.put_back(bench.space(), target, bench.seen(resource), theirs)
        assert seen.fingerprint == edited.fingerprint == bench.seen(resource).fingerprint
        assert platform.read(bench.space(), target).data == theirs.data
        with pytest.raises(PlatformError):
            platform.put_back(bench.space(), target, made, theirs)

    def test_a_page_is_shown_as_html(self, bench: Bench) -> None:
        platform = bench.platform
        if not isinstance(platform, Pages):
            pytest.skip("the platform does not show its pages")
        resource, _made = bench.make("page")
        try:
            shown = platform.shown(bench.space(), target_of(bench, resource))
        except PlatformError:
            pytest.skip("not everybody may read this page")
        assert shown.media_type == "text/html" and "<" in (shown.text or "")
