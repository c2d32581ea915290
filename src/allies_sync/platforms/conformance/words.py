# ruff: noqa: S101 - pytest rewrites these assertions
"""Typed words are never code, and names are what people type."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from html import unescape

import pytest

from allies_sync.model.resources import Document, Folder, Page, Resource
from allies_sync.platforms.conformance.bench import Bench
from allies_sync.platforms.conformance.samples import PAYLOADS, letters
from allies_sync.platforms.conformance.suite import Suite, claimed
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Absent, Act, Done, Failed, Outcome, Seen
from allies_sync.text.escaping import escape_markdown

HOSTILE = (
    "../../dehors.md",
    "..",
    ".",
    "/etc/dehors.md",
    "sous/dossier.md",
    "..\\..\\dehors.md",
    "nul\0octet.md",
    "ligne\nligne.md",
)
"""Names that would lead somewhere else. The core sends none; a platform still has to hold against them."""

AWKWARD = (
    "Bilan #1 ? 100 % & plus + moins ; = 'é'.md",
    'Guillemets "droits" <et> chevrons.md',
    "CON",
    "trait-d\u2019union\u00a0insécable\u202f!.md",
    "point final.",
    " espaces ",
    "💥 émoji.md",
    "a*b|c:d.md",
    "%2e%2e%2fdehors.md",
)
"""Names that are no attack but that some system chokes on: kept apart and found again, or refused in words."""


class Words(Suite):
    """Contents, titles and names that are code somewhere."""

    def test_hostile_words_stay_words(self, bench: Bench, text_kind: str) -> None:
        base = bench.samples.of(text_kind)
        bench.create(*bench.samples.needs([base]))
        for number, payload in enumerate(PAYLOADS):
            name = f"mots-{number}"
            resource = bench.samples.of(text_kind, name, f"Avant {escape_markdown(payload)} après")
            made = bench.create(resource)[resource.id]
            assert made.fingerprint == bench.platform.fingerprint(bench.space(), resource), payload
            assert bench.seen(resource).fingerprint == made.fingerprint, payload
            text = bench.text(resource)
            assert any(letters(payload) in letters(it) for it in (text, unescape(text))), payload

    def test_hostile_titles_stay_words(self, bench: Bench, kind: str) -> None:
        base = bench.samples.of(kind)
        bench.create(*bench.samples.needs([base]))
        for number, payload in enumerate(PAYLOADS):
            resource = replace(bench.samples.of(kind, f"titre-{number}"), title=payload)
            made = bench.create(resource)[resource.id]
            now = bench.seen(resource)
            assert now.fingerprint == made.fingerprint, payload
            foretold = bench.platform.fingerprint(bench.space(), resource)
            assert foretold is None or foretold == made.fingerprint, payload

    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_name_leads_nowhere_else(self, bench: Bench, name: str) -> None:
        claimed(bench, "document")
        neighbour = bench.elsewhere()
        victim, before = neighbour.make("document")
        outside = len(bench.subject.snapshot())
        bench.create(*bench.samples.needs([bench.samples.of("document")]))
        resource = self.named(bench, "document", name)
        try:
            bench.foresee([resource])
            outcome = bench.apply(bench.change(Act.CREATE, resource, None))[resource.id]
        except PlatformError:
            outcome = None
        if isinstance(outcome, Done) and outcome.seen:
            parts = outcome.seen.address.path.replace("\\", "/").split("/")
            assert ".." not in parts and "\0" not in outcome.seen.address.path
            assert bench.seen(resource).fingerprint == outcome.seen.fingerprint
        assert neighbour.seen(victim).fingerprint == before.fingerprint
        if outside and not isinstance(outcome, Done):
            assert len(bench.subject.snapshot()) <= outside + 1, "only the folder around it was made"

    @pytest.mark.parametrize("name", AWKWARD)
    def test_an_awkward_name_is_kept_or_refused_in_words(self, bench: Bench, name: str) -> None:
        named = [kind for kind in ("folder", "document") if bench.samples.has(kind)]
        if not named:
            pytest.skip("the platform holds nothing that has a name of its own")
        bench.create(*bench.samples.needs([bench.samples.of(kind) for kind in named]))
        for kind in named:
            resource = self.named(bench, kind, name)
            outcome = self.tried(bench, resource)
            if isinstance(outcome, Done):
                other = bench.again()
                other.memory.clear()
                assert isinstance(other.find(resource), Seen)

    @pytest.mark.parametrize("long", ["document", "folder", "page"])
    def test_long_names_are_kept_apart_or_refused_in_words(self, bench: Bench, long: str) -> None:
        claimed(bench, long)
        bench.create(*bench.samples.needs([bench.samples.of(long)]))
        made = []
        for ending in ("un", "deux"):
            name = ("e" if long == "page" else "é") * 300 + ending
            resource = self.named(bench, long, name, key=f"{long}:long-{ending}")
            if isinstance(self.tried(bench, resource), Done):
                made.append(bench.seen(resource).remote_id)
        assert len(set(made)) == len(made), "two long names came to the same thing"

    @pytest.mark.parametrize("named", ["document", "folder"])
    def test_composed_and_decomposed_accents_are_one_name(self, bench: Bench, named: str) -> None:
        claimed(bench, named)
        bench.create(*bench.samples.needs([bench.samples.of(named)]))
        apart = self.named(bench, named, unicodedata.normalize("NFD", "Réunion d'été"))
        composed = self.named(bench, named, unicodedata.normalize("NFC", "Réunion d'été"))
        made = bench.create(apart)[apart.id]
        other = bench.again()
        other.memory.clear()
        found = other.find(composed)
        assert isinstance(found, Seen), f"the same name in the other form is not found: {found!r}"
        assert found.remote_id == made.remote_id

    @pytest.mark.parametrize("named", ["document", "folder"])
    def test_names_that_differ_in_case_are_kept_apart(self, bench: Bench, named: str) -> None:
        claimed(bench, named)
        bench.create(*bench.samples.needs([bench.samples.of(named)]))
        first = self.named(bench, named, "Bilan", key=f"{named}:bilan-a")
        second = self.named(bench, named, "bilan", key=f"{named}:bilan-b")
        made = bench.create(first)[first.id]
        if isinstance(self.tried(bench, second), Done):
            assert bench.seen(second).remote_id != made.remote_id
        assert bench.seen(first).fingerprint == made.fingerprint

    # --- helpers -----------------------------------------------------------------------------------------------

    def named(self, bench: Bench, kind: str, name: str, key: str = "") -> Resource:
        """A resource whose name people see."""
        resource = bench.samples.of(kind)
        assert isinstance(resource, Folder | Document | Page)
        return replace(resource, name=name, id=key or resource.id)

    def tried(self, bench: Bench, resource: Resource) -> Outcome:
        """Creates a resource that may be refused; nothing may be left of a refused one."""
        try:
            bench.foresee([resource])
            outcome = bench.apply(bench.change(Act.CREATE, resource, None))[resource.id]
        except PlatformError as error:
            return Failed(resource.id, error)
        if isinstance(outcome, Done) and outcome.seen:
            assert bench.seen(resource).fingerprint == outcome.seen.fingerprint
        elif isinstance(outcome, Failed):
            try:
                found = bench.find(resource)
            except PlatformError:
                return outcome
            assert not isinstance(found, Seen) or found.mark != bench.space().mark(resource.id)
            assert isinstance(found, Seen | Absent)
        return outcome
