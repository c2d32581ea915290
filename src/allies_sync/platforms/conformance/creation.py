# ruff: noqa: S101 - pytest rewrites these assertions
"""Making things: they are what was asked for, where it was foretold, and never in another's place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allies_sync.model.resources import KINDS, WIDGETS, Page, Rights, Widget
from allies_sync.platforms.conformance.bench import Bench, kept_off, stable
from allies_sync.platforms.conformance.samples import EDITED
from allies_sync.platforms.conformance.subject import Subject
from allies_sync.platforms.conformance.suite import Suite, claimed
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Absent, Act, Done, Seen


class Creation(Suite):
    """What is made, and what is found afterwards."""

    def test_features_make_sense(self, bench: Bench) -> None:
        features = bench.features
        assert features.kinds and features.kinds <= set(KINDS)
        assert features.marks <= features.kinds
        assert not features.fallback & features.kinds
        assert features.widgets <= set(WIDGETS)
        assert features.read <= set(Rights) and features.write <= set(Rights)

    def test_nothing_is_there_before(self, bench: Bench, kind: str) -> None:
        resource = bench.samples.of(kind)
        bench.foresee([*bench.samples.needs([resource])])
        assert isinstance(bench.find(resource), Absent)

    def test_what_was_made_is_what_is_seen(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        assert stable(bench.seen(resource)) == stable(made), "Done.seen must equal the next look"
        assert stable(bench.seen(resource)) == stable(made), "looking changes nothing"
        assert not made.unfinished

    def test_the_fingerprint_is_the_foretold_one(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        foretold = bench.platform.fingerprint(bench.space(), resource)
        if foretold is None:
            assert kind not in ("document", "page"), "people edit pages and documents: never None for them"
            pytest.skip(f"the server decides the fingerprint of a {kind}")
        assert made.fingerprint == foretold

    def test_the_address_is_the_foretold_one(self, bench: Bench, kind: str) -> None:
        resource, address = bench.place(kind)
        assert bench.create(resource)[resource.id].address == address
        bench.memory.clear()
        assert bench.platform.predict(bench.space(), resource) == address, "the same before and after"

    def test_another_machine_finds_it_with_nothing_remembered(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        other = bench.again()
        other.memory.clear()
        found = other.find(resource)
        assert isinstance(found, Seen), f"not found again: {found!r}"
        assert stable(found) == stable(made)

    def test_the_mark_is_read_back(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        if kind not in bench.features.marks:
            assert made.mark is None
            pytest.skip(f"the platform does not mark a {kind}")
        assert made.mark == bench.space().mark(resource.id)
        assert bench.seen(resource).mark == made.mark

    def test_a_second_creation_makes_no_second_thing(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        before = len(bench.outside())
        other = bench.again()
        other.memory.clear()
        other.foresee([resource])
        [outcome] = other.apply(other.change(Act.CREATE, resource, None)).values()
        assert isinstance(outcome, Done) or kept_off(outcome), outcome
        assert len(bench.outside()) == before
        assert bench.seen(resource).remote_id == made.remote_id

    def test_a_creation_never_writes_over_what_came_in_between(self, bench: Bench, text_kind: str) -> None:
        resource, _ = bench.place(text_kind)
        other = bench.again()
        other.create(other.samples.changed(resource, "Celle de la collègue") or resource)
        outcome = bench.apply(bench.change(Act.CREATE, resource, None))[resource.id]
        assert kept_off(outcome), f"Overtaken was due, not {outcome!r}"
        assert "Celle de la collègue" in other.text(resource)

    def test_a_creation_never_writes_over_a_persons_thing(self, bench: Bench, kind: str) -> None:
        resource, address = bench.place(kind)
        bench.subject.create(kind, address, "" if kind == "folder" else "Mes notes")
        before = bench.subject.snapshot()
        outcome = bench.apply(bench.change(Act.CREATE, resource, None))[resource.id]
        assert kept_off(outcome), f"Overtaken or Foreign was due, not {outcome!r}"
        assert bench.subject.snapshot() == before

    def test_foreign_things_bear_no_mark_of_ours(self, bench: Bench, kind: str) -> None:
        resource, address = bench.place(kind)
        bench.subject.create(kind, address, "" if kind == "folder" else "Mes notes")
        found = bench.find(resource)
        assert isinstance(found, Seen), f"something is there, but: {found!r}"
        assert found.mark == ("" if kind in bench.features.marks else None)
        assert not found.unfinished, "a person's thing is nothing to be completed"

    def test_pages_may_point_to_each_other(self, bench: Bench) -> None:
        claimed(bench, "page")
        first = bench.samples.of("page", "premiere")
        second = bench.samples.of("page", "seconde")
        assert isinstance(first, Page) and isinstance(second, Page)
        first = replace(first, body=("Voir [l'autre](ref:page:seconde).\n",))
        second = replace(second, body=("Retour à [la première](ref:page:premiere).\n",))
        bench.foresee([first, second])
        bench.create(first, second)
        for page in (first, second):
            assert bench.seen(page).fingerprint == bench.platform.fingerprint(bench.space(), page)

    def test_a_link_may_lead_to_what_has_no_address_yet(self, bench: Bench, text_kind: str) -> None:
        resource = bench.samples.of(text_kind)
        bench.create(*bench.samples.needs([resource]))
        body = ("Voir [le lien](ref:share:a-venir) et [la suite](ref:page:a-venir).\n",)
        resource = replace(resource, body=body)  # type: ignore[call-arg]
        bench.foresee([resource])
        assert bench.platform.fingerprint(bench.space(), resource)
        assert "la suite" in (bench.platform.render(bench.space(), resource).text or "")

    def test_every_widget_that_is_claimed_can_be_shown(self, bench: Bench) -> None:
        claimed(bench, "page")
        targets = {"form": "form", "answers": "form", "count": "form", "files": "folder"}
        targets |= {"include": "page", "button": "page"}
        for name in sorted(bench.features.widgets):
            target = f"{targets[name]}:cible" if name in targets else None
            if target:
                if not bench.samples.has(targets[name]):
                    continue
                needed = bench.samples.of(targets[name], "cible")
                if needed.id not in bench.memory:
                    bench.create(*bench.samples.needs([needed]), needed)
            page = bench.samples.of("page", f"montre-{name}")
            assert isinstance(page, Page)
            widget = Widget(name, target, (("label", "Ouvrir"),))
            page = replace(page, body=("Avant.\n\n", widget, "\n\nAprès.\n"))
            made = bench.create(page)[page.id]
            assert made.fingerprint == bench.platform.fingerprint(bench.space(), page), name
            assert "Avant" in bench.text(page) and "Après" in bench.text(page), name

    def test_another_menu_is_no_persons_change(self, bench: Bench) -> None:
        claimed(bench, "page")
        home, other = bench.samples.of("page", "accueil"), bench.samples.of("page", "programme")
        assert isinstance(home, Page)
        home = replace(home, home=True)
        bench.home, bench.menu = home.id, [(home.id, home.title)]
        before = bench.create(home)[home.id]
        bench.menu = [*bench.menu, (other.id, other.title)]
        bench.create(other)
        now = bench.seen(home)
        assert now.fingerprint == before.fingerprint
        renewal = bench.change(Act.UPDATE, home, now, content=False, rights=False)
        renewed = bench.done(renewal)[home.id]
        assert renewed is not None and renewed.fingerprint == before.fingerprint
        assert not bench.seen(home).stale, "renewed, so nothing lags behind"

    def test_what_was_made_can_be_read(self, bench: Bench, text_kind: str) -> None:
        resource, _ = bench.make(text_kind, words="Bienvenue à l'atelier")
        content = bench.content(resource)
        assert content.data and content.media_type
        assert content.text is not None and "Bienvenue à l'atelier" in content.text

    def test_rendering_gives_what_is_read_and_writes_nothing(self, bench: Bench, kind: str) -> None:
        resource = bench.samples.of(kind)
        bench.create(*bench.samples.needs([resource]))
        bench.foresee([resource])
        before = bench.subject.snapshot()
        bench.platform.render(bench.space(), resource)
        assert bench.subject.snapshot() == before
        bench.create(resource)
        rendered, content = bench.platform.render(bench.space(), resource), bench.content(resource)
        if kind in EDITED:
            assert rendered.text == content.text and content.text is not None

    def test_what_is_not_there_cannot_be_read(self, bench: Bench, text_kind: str) -> None:
        resource, _ = bench.place(text_kind)
        with pytest.raises(PlatformError):
            bench.content(resource)

    def test_closing_twice(self, subject: Subject) -> None:
        platform = subject.open()
        platform.close()
        platform.close()
