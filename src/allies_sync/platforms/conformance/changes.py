# ruff: noqa: S101 - pytest rewrites these assertions
"""Changing things: from the version that was seen, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allies_sync.model.resources import Access, Document, Resource
from allies_sync.platforms.conformance.bench import Bench, stable
from allies_sync.platforms.conformance.suite import Suite, claimed
from allies_sync.platforms.interface import Absent, Act, Done, Overtaken, Seen


class Changes(Suite):
    """Updates of content."""

    def altered(self, bench: Bench, resource: Resource, *words: str) -> Resource:
        changed = bench.samples.changed(resource, *words)
        if changed is None:
            pytest.skip(f"a {resource.kind} has no content that could change")
        return changed

    def test_an_update_based_on_what_is_there(self, bench: Bench, kind: str) -> None:
        resource, before = bench.make(kind)
        wanted = self.altered(bench, resource)
        after = bench.done(bench.change(Act.UPDATE, wanted, bench.seen(resource)))[wanted.id]
        assert after is not None and after.fingerprint != before.fingerprint
        assert after.remote_id == before.remote_id and after.address == before.address
        assert stable(bench.seen(wanted)) == stable(after), "Done.seen must equal the next look"
        assert after.fingerprint == (bench.platform.fingerprint(bench.space(), wanted) or after.fingerprint)
        assert bench.again().seen(wanted).fingerprint == after.fingerprint

    def test_an_update_based_on_an_older_version_is_not_done(self, bench: Bench, kind: str) -> None:
        resource, _ = bench.make(kind)
        base = bench.seen(resource)
        other = bench.again()
        theirs = self.altered(other, resource, "Ce que la collègue a écrit")
        written = other.done(other.change(Act.UPDATE, theirs, other.seen(resource)))[resource.id]
        assert written is not None
        ours = self.altered(bench, resource, "Ce que nous voulions écrire")
        outcome = bench.apply(bench.change(Act.UPDATE, ours, base))[resource.id]
        assert isinstance(outcome, Overtaken), f"Overtaken was due, not {outcome!r}"
        assert other.seen(resource).fingerprint == written.fingerprint
        if outcome.seen:
            assert outcome.seen.fingerprint == written.fingerprint

    def test_a_persons_words_win(self, bench: Bench, text_kind: str) -> None:
        resource, made = bench.make(text_kind)
        base = bench.seen(resource)
        bench.subject.edit(text_kind, base.address, "Ce qu'une participante a écrit")
        outcome = bench.apply(bench.change(Act.UPDATE, self.altered(bench, resource), base))[resource.id]
        assert isinstance(outcome, Overtaken), f"Overtaken was due, not {outcome!r}"
        assert "Ce qu'une participante a écrit" in bench.text(resource)
        now = bench.seen(resource)
        assert now.fingerprint != made.fingerprint
        assert now.remote_id == made.remote_id and now.mark == made.mark

    def test_a_persons_edit_that_is_taken_back_is_no_change(self, bench: Bench, text_kind: str) -> None:
        resource, made = bench.make(text_kind)
        address = bench.seen(resource).address
        bench.subject.edit(text_kind, address, "Un essai")
        bench.subject.edit(text_kind, address, bench.text(resource))
        once = bench.seen(resource).fingerprint
        bench.subject.edit(text_kind, address, bench.text(resource))
        assert bench.seen(resource).fingerprint == once != made.fingerprint

    def test_replacing_what_a_person_wrote_on_purpose(self, bench: Bench, text_kind: str) -> None:
        resource, made = bench.make(text_kind)
        bench.subject.edit(text_kind, made.address, "À remplacer")
        after = bench.done(bench.change(Act.UPDATE, resource, bench.seen(resource)))[resource.id]
        assert after is not None and after.fingerprint == made.fingerprint

    def test_the_same_update_again_changes_nothing(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        count = len(bench.subject.snapshot())
        again = bench.done(bench.change(Act.UPDATE, resource, bench.seen(resource)))[resource.id]
        assert again is not None
        assert (again.fingerprint, again.remote_id) == (made.fingerprint, made.remote_id)
        assert (again.address, again.access, again.mark) == (made.address, made.access, made.mark)
        assert len(bench.subject.snapshot()) == count

    def test_rights_alone_leave_the_content(self, bench: Bench, text_kind: str) -> None:
        resource, made = bench.make(text_kind)
        bench.subject.edit(text_kind, made.address, "Le texte d'une personne")
        now = bench.seen(resource)
        closer = bench.features.narrow(Access())
        outcome = bench.done(bench.change(Act.UPDATE, resource, now, access=closer, content=False))
        after = outcome[resource.id]
        assert after is not None and after.fingerprint == now.fingerprint
        assert "Le texte d'une personne" in bench.text(resource)

    def test_renewing_what_is_derived_leaves_the_content(self, bench: Bench, text_kind: str) -> None:
        resource, made = bench.make(text_kind)
        bench.subject.edit(text_kind, made.address, "Le texte d'une personne")
        now = bench.seen(resource)
        bench.done(bench.change(Act.UPDATE, resource, now, content=False, rights=False))
        after = bench.seen(resource)
        assert after.fingerprint == now.fingerprint and not after.stale
        assert "Le texte d'une personne" in bench.text(resource)

    def test_bytes_are_kept_as_they_are(self, bench: Bench) -> None:
        claimed(bench, "document")
        base = bench.samples.of("document", "image")
        assert isinstance(base, Document)
        bench.create(*bench.samples.needs([base]))
        for number, data in enumerate((b"\x89PNG\r\n\x1a\n\x00\xff" * 50, b"a\r\nb\rc\n\n", b"")):
            name = f"octets-{number}"
            resource = replace(base, id=f"document:{name}", name=f"{name}.bin", body=(), data=data)
            made = bench.create(resource)[resource.id]
            assert bench.content(resource).data == data
            assert made.fingerprint == bench.platform.fingerprint(bench.space(), resource)


class People(Suite):
    """What people do by hand: rename, delete, put their own things beside ours."""

    def test_what_a_person_deleted_is_absent(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        bench.subject.delete(kind, made.address)
        bench.absent(resource)

    def test_what_a_person_deleted_is_not_made_again(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        bench.subject.delete(kind, made.address)
        wanted = bench.samples.changed(resource) or resource
        [outcome] = bench.apply(bench.change(Act.UPDATE, wanted, made)).values()
        assert not isinstance(outcome, Done), "an update makes nothing that is gone"
        bench.absent(resource)

    def test_what_a_person_deleted_can_be_made_again_on_purpose(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        bench.subject.delete(kind, made.address)
        bench.absent(resource)
        bench.done(bench.change(Act.CREATE, resource, None))
        assert bench.seen(resource).fingerprint == made.fingerprint

    @pytest.mark.parametrize("renamed", ["document", "folder", "page"])
    def test_what_a_person_renamed_is_followed_or_absent(self, bench: Bench, renamed: str) -> None:
        claimed(bench, renamed)
        resource, made = bench.make(renamed)
        bench.subject.rename(renamed, made.address, "Autrement")
        seen = bench.look(resource)
        if isinstance(seen, Seen):
            assert seen.remote_id == made.remote_id and seen.fingerprint == made.fingerprint
            assert seen.address != made.address
            count = len(bench.subject.snapshot())
            wanted = bench.samples.changed(resource) or resource
            after = bench.done(bench.change(Act.UPDATE, wanted, seen))[resource.id]
            assert after is not None and after.address == seen.address, "it stays where the person put it"
            assert len(bench.subject.snapshot()) == count
        else:
            bench.absent(resource)
            [outcome] = bench.apply(bench.change(Act.UPDATE, resource, made)).values()
            assert not isinstance(outcome, Done)
            bench.absent(resource)

    def test_the_tool_deletes_what_nobody_touched(self, bench: Bench, kind: str) -> None:
        resource, made = bench.make(kind)
        [seen] = bench.done(bench.change(Act.DELETE, resource, bench.seen(resource))).values()
        assert seen is None
        assert bench.again().find(resource) == Absent()
        bench.memory.clear()
        again = bench.apply(bench.change(Act.DELETE, resource, made))[resource.id]
        assert isinstance(again, Done | Overtaken), f"gone is gone, but: {again!r}"

    def test_the_tool_deletes_nothing_that_a_person_changed(self, bench: Bench, text_kind: str) -> None:
        resource, made = bench.make(text_kind)
        base = bench.seen(resource)
        bench.subject.edit(text_kind, made.address, "Écrit entre-temps")
        outcome = bench.apply(bench.change(Act.DELETE, resource, base))[resource.id]
        assert isinstance(outcome, Overtaken), f"Overtaken was due, not {outcome!r}"
        assert "Écrit entre-temps" in bench.text(resource)

    def test_a_folder_with_a_persons_things_is_never_deleted(self, bench: Bench) -> None:
        claimed(bench, "folder", "document")
        folder, _ = bench.make("folder", "classeur")
        document, address = bench.place("document")
        bench.subject.create("document", address, "Mes notes")
        outcome = bench.apply(bench.change(Act.DELETE, folder, bench.seen(folder)))[folder.id]
        assert not isinstance(outcome, Done)
        bench.seen(folder)
        assert isinstance(bench.find(document), Seen), "the person's document is still there"

    def test_a_folder_is_deleted_after_what_the_tool_put_in_it(self, bench: Bench) -> None:
        claimed(bench, "folder", "document")
        folder, _ = bench.make("folder", "classeur")
        document, _ = bench.make("document")
        early = bench.apply(bench.change(Act.DELETE, folder, bench.seen(folder)))[folder.id]
        assert not isinstance(early, Done), "something is still in it"
        bench.seen(document)
        looked = [(it, bench.seen(it)) for it in (document, folder)]
        bench.done(*[bench.change(Act.DELETE, it, seen) for it, seen in looked])
        other = bench.again()
        other.memory.clear()
        assert other.find(folder) == Absent() and other.find(document) == Absent()

    def test_a_thing_of_a_person_is_not_taken_for_a_deleted_one(self, bench: Bench, text_kind: str) -> None:
        resource, made = bench.make(text_kind)
        bench.subject.delete(text_kind, made.address)
        bench.subject.create(text_kind, made.address, "Une autre, à la même place")
        seen = bench.look(resource)
        if isinstance(seen, Seen):
            assert seen.mark != bench.space().mark(resource.id)
            assert seen.fingerprint != made.fingerprint
