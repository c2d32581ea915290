"""The suite's part about answers is worth something only if it fails: each mistake here is caught by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import pytest

from allies_sync.platforms.conformance import Conformance
from allies_sync.platforms.conformance.bench import Bench
from allies_sync.platforms.interface import Answer, Gathered, Purged, Target
from allies_sync_local import answers, disk, wiki
from allies_sync_local.answers import Box
from allies_sync_local.wiki import LocalWiki
from tests.local.test_conformance import LocalSubject

Patch = Callable[[pytest.MonkeyPatch], None]


def overwrites(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(answers, "names_in", lambda folder: [])
    patch.setattr(disk, "create_file", lambda path, data, frozen=False: disk.overwrite(path, data))


def adds_again(patch: pytest.MonkeyPatch) -> None:
    honest = Box.add
    patch.setattr(Box, "add", lambda box, new: [it.id for it in new if honest(box, [it]) or True])


def purges_all(patch: pytest.MonkeyPatch) -> None:
    honest = Box.purge

    def purge(box: Box, fields: Collection[str]) -> Purged:
        return honest(box, {*fields, "attente"})

    patch.setattr(Box, "purge", purge)


def purges_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Box, "purge", lambda box, fields: Purged(0))


def withdraws_all(patch: pytest.MonkeyPatch) -> None:
    honest = Box.withdraw
    patch.setattr(Box, "withdraw", lambda box, ids: honest(box, [it.id for it in box.read()]))


def stands_still(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Box, "stamps", lambda box: iter(()))


def invents_forms(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Box, "has_form", lambda box: True)


def sees_nothing(patch: pytest.MonkeyPatch) -> None:
    def gather(self: LocalWiki, space: Any, forms: Sequence[Target], since: str = "") -> Gathered:
        return Gathered({it.key: () for it in forms})

    patch.setattr(LocalWiki, "gather", gather)


def reads_from_anywhere(patch: pytest.MonkeyPatch) -> None:
    """Believes what a memory says of whose a form is."""

    def box(self: LocalWiki, space: Any, form: Any, known: Any) -> Box:
        slug = known.remote_id.partition("/")[0] if known else space.slug
        return Box(self.base / slug, wiki._files(space, "form", form, None))

    patch.setattr(LocalWiki, "_box", box)


def trims(patch: pytest.MonkeyPatch) -> None:
    honest = answers.answer_in

    def answer_in(identity: str, data: Any, changed: float | None = None) -> Answer | None:
        found = honest(identity, data, changed)
        values = {key: value[:1000] for key, value in found.values.items()} if found else {}
        return Answer(identity, values, found.created if found else None)

    patch.setattr(answers, "answer_in", answer_in)


@pytest.mark.parametrize(
    ("mistake", "test"),
    [
        (overwrites, "test_what_is_added_twice_is_there_once"),
        (adds_again, "test_what_is_added_twice_is_there_once"),
        (purges_all, "test_fields_are_emptied_and_no_others"),
        (purges_nothing, "test_fields_are_emptied_and_no_others"),
        (withdraws_all, "test_an_answer_is_withdrawn_and_no_other"),
        (stands_still, "test_what_came_since"),
        (invents_forms, "test_a_form_that_is_not_there_is_no_form_without_answers"),
        (sees_nothing, "test_several_forms_are_read_at_once"),
        (sees_nothing, "test_nothing_is_known_of_answers_while_it_is_unreachable"),
        (reads_from_anywhere, "test_a_memory_that_names_anothers_form_reaches_no_answers"),
        (trims, "test_hostile_answers_stay_words"),
    ],
)
def test_a_mistake_is_caught(mistake: Patch, test: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def verdict(folder: str) -> bool:
        subject = LocalSubject("wiki", tmp_path / folder)
        subject.base.mkdir()
        bench = Bench(subject)
        try:
            getattr(Conformance(), test)(bench)
            return True
        except (AssertionError, pytest.fail.Exception):
            return False
        finally:
            bench.close()

    assert verdict("juste"), "the platform itself is not at fault"
    mistake(monkeypatch)
    assert not verdict("faux")
