# ruff: noqa: S101 - pytest rewrites these assertions
"""What participants sent: read as they typed it, added once, taken away and made anonymous, and no other's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from allies_sync.model.resources import Form, Resource
from allies_sync.platforms.conformance.bench import Bench, unreachable
from allies_sync.platforms.conformance.runs import Dying
from allies_sync.platforms.conformance.samples import PAYLOADS
from allies_sync.platforms.conformance.suite import claimed
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Answer, AnswerDesk, Answers, Gathered, Gathering, Known, Outcome, Target

SENT = datetime(2027, 3, 12, 9, 30, tzinfo=UTC)
OUTSIDE = ("../../dehors", "..", "", "/etc/passwd", "PagePrincipale", "\0", "a" * 500)
LONG = "Un mot après l'autre. " * 20_000
"""Some 440,000 characters."""


def answer(number: int, **values: str | tuple[str, ...]) -> Answer:
    """An answer on paper."""
    return Answer(f"Papier{number:032x}", {"attente": f"Réponse {number}", **values}, SENT)


def typed(text: str | tuple[str, ...] | None) -> object:
    """A text without what no server keeps: NUL, carriage returns, blanks at the ends of lines."""
    if not isinstance(text, str):
        return text
    lines = text.replace("\0", "").replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


class Answering(Dying):
    """The optional protocols about answers, each skipped where the platform has none."""

    def test_answers_are_added_and_read_back(self, bench: Bench) -> None:
        form = questionnaire(bench)
        sent = [answer(1, avis="oui", courriel="zoe@exemple.org"), answer(2, attente="deux\nlignes", avis="non")]
        assert list(add(bench, form, *sent)) == [it.id for it in sent]
        found = read(bench, form)
        assert set(found) == {it.id for it in sent}
        for it in sent:
            assert {key: typed(value) for key, value in found[it.id].values.items() if value} == dict(it.values)

    def test_hostile_answers_stay_words(self, bench: Bench) -> None:
        form = questionnaire(bench)
        words = [*PAYLOADS, "a\0b", "z\u0300\u0301\u0302" * 50, "\u202egauche", LONG]
        sent = [answer(number, attente=text) for number, text in enumerate(words)]
        add(bench, form, *sent)
        found = read(bench, form)
        for it in sent:
            assert typed(found[it.id].values["attente"]) == typed(it.values["attente"])

    def test_what_is_added_twice_is_there_once(self, bench: Bench) -> None:
        form = questionnaire(bench)
        add(bench, form, answer(1))
        again = [answer(1, attente="D'autres mots"), answer(2), answer(2)]
        assert list(add(bench, form, *again)) == [answer(2).id]
        assert list(add(bench, form, *again)) == []
        assert {it.values["attente"] for it in read(bench, form).values()} == {"Réponse 1", "Réponse 2"}

    def test_an_answer_is_withdrawn_and_no_other(self, bench: Bench) -> None:
        form = questionnaire(bench)
        other = bench.create_form("autre")
        add(bench, form, answer(1), answer(2))
        add(bench, other, answer(3))
        before = bench.subject.snapshot()
        assert list(withdraw(bench, form, *OUTSIDE, answer(3).id)) == []
        assert bench.subject.snapshot() == before
        assert list(withdraw(bench, form, answer(1).id, answer(3).id)) == [answer(1).id]
        assert list(withdraw(bench, form, answer(1).id)) == []
        assert set(read(bench, form)) == {answer(2).id}
        assert set(read(bench, other)) == {answer(3).id}
        assert not any("Réponse 1" in readable(it) for it in bench.subject.snapshot().values())

    def test_fields_are_emptied_and_no_others(self, bench: Bench) -> None:
        form = questionnaire(bench)
        add(bench, form, answer(1, courriel="zoe@exemple.org", avis="oui"), answer(2, avis="non"))
        assert purge(bench, form, "absent") == 0
        assert purge(bench, form, "courriel") == 1
        assert purge(bench, form, "courriel") == 0
        values = {key: {k: v for k, v in it.values.items() if v} for key, it in read(bench, form).items()}
        assert values == {
            answer(1).id: {"attente": "Réponse 1", "avis": "oui"},
            answer(2).id: {**answer(2, avis="non").values},
        }
        assert not any("zoe@exemple.org" in readable(it) for it in bench.subject.snapshot().values())

    def test_several_forms_are_read_at_once(self, bench: Bench) -> None:
        forms = [questionnaire(bench), bench.create_form("autre")]
        add(bench, forms[0], answer(1), answer(2))
        gathered = gather(bench, forms)
        assert gathered.whole and set(gathered.answers) == {it.id for it in forms}
        for form in forms:
            assert {it.id: it.values for it in gathered.answers[form.id]} == {
                key: it.values for key, it in read(bench, form).items()
            }

    def test_what_came_since(self, bench: Bench) -> None:
        forms = [questionnaire(bench), bench.create_form("autre")]
        first = gather(bench, forms)
        add(bench, forms[0], answer(1))
        second = gather(bench, forms, first.token)
        assert ids(second, forms[0]) == {answer(1).id} and ids(second, forms[1]) == set()
        quiet = gather(bench, forms, second.token)
        assert ids(quiet, forms[0]) <= {answer(1).id}, "a few may come again"
        add(bench, forms[1], answer(2))
        assert answer(2).id in ids(gather(bench, forms, quiet.token), forms[1])
        for token in ("", "n'importe quoi", "\0", "9" * 400):
            everything = gather(bench, forms, token)
            assert everything.whole and ids(everything, forms[0]) == {answer(1).id}

    def test_a_form_that_is_not_there_is_no_form_without_answers(self, bench: Bench) -> None:
        form = questionnaire(bench)
        missing = bench.samples.of("form", "absent")
        assert isinstance(missing, Form)
        bench.foresee([missing])
        self.refused(bench, missing, None)
        if isinstance(bench.platform, Gathering):
            targets = [Target(it.id, it.kind, it, bench.memory.get(it.id)) for it in (form, missing)]
            assert set(bench.platform.gather(bench.space(), targets).answers) == {form.id}

    def test_nothing_is_known_of_answers_while_it_is_unreachable(self, bench: Bench) -> None:
        form = questionnaire(bench)
        add(bench, form, answer(1))
        with unreachable(bench.subject):
            self.refused(bench, form, bench.memory[form.id])
            with pytest.raises(PlatformError):
                gather(bench, [form])
        assert set(read(bench, form)) == {answer(1).id}

    def test_a_memory_that_names_anothers_form_reaches_no_answers(self, bench: Bench) -> None:
        neighbour = bench.elsewhere()
        theirs = questionnaire(neighbour)
        add(neighbour, theirs, answer(7, courriel="zoe@exemple.org"))
        form = questionnaire(bench)
        honest, victim = bench.memory[form.id], neighbour.memory[theirs.id]
        for known in (victim, replace(honest, remote_id=victim.remote_id)):
            bench.memory[form.id] = known
            with suppress(PlatformError):
                assert answer(7).id not in read(bench, form)
            with suppress(PlatformError):
                assert answer(7).id not in ids(gather(bench, [form]), form)
            with suppress(PlatformError):
                add(bench, form, answer(8))
            with suppress(PlatformError):
                assert list(withdraw(bench, form, answer(7).id)) == []
            with suppress(PlatformError):
                assert purge(bench, form, "courriel") == 0
        assert {key: dict(it.values) for key, it in read(neighbour, theirs).items()} == {
            answer(7).id: {"attente": "Réponse 7", "courriel": "zoe@exemple.org"}
        }

    def test_work_on_answers_killed_anywhere_is_finished_by_a_rerun(self, bench: Bench) -> None:
        claimed(bench, "form")
        desk(bench)
        new = [answer(number, courriel="zoe@exemple.org") for number in (3, 4)]

        def prepare(place: Bench) -> list[Resource]:
            form = questionnaire(place)
            add(place, form, answer(1, courriel="zoe@exemple.org"), answer(2))
            return [form]

        def work(place: Bench, resources: Sequence[Resource]) -> Iterable[Outcome]:
            [form] = resources
            assert isinstance(form, Form)
            add(place, form, *new)
            withdraw(place, form, answer(2).id)
            purge(place, form, "courriel")
            return []

        for place, resources in self.deaths(bench, prepare, work):
            work(place, resources)
            [form] = resources
            assert isinstance(form, Form)
            assert {key: it.values["attente"] for key, it in read(place, form).items()} == {
                answer(number).id: f"Réponse {number}" for number in (1, 3, 4)
            }
            assert not any(it.values.get("courriel") for it in read(place, form).values())

    def refused(self, bench: Bench, form: Form, known: Known | None) -> None:
        """Every way to the answers says that it cannot be gone."""
        platform, space = bench.platform, bench.space()
        if isinstance(platform, AnswerDesk):
            for ask in (
                lambda: platform.add(space, form, known, [answer(5)]),
                lambda: platform.withdraw(space, form, known, [answer(1).id]),
                lambda: platform.purge(space, form, known, ["courriel"]),
            ):
                with pytest.raises(PlatformError):
                    ask()


# --- helpers -----------------------------------------------------------------------------------------------------


def questionnaire(bench: Bench) -> Form:
    """A form that exists. Skips without forms or without answers."""
    claimed(bench, "form")
    desk(bench)
    return bench.create_form("essai")


def desk(bench: Bench) -> AnswerDesk:
    if not isinstance(bench.platform, AnswerDesk):
        pytest.skip("answers can only be read on this platform")
    return bench.platform


def add(bench: Bench, form: Form, *answers: Answer) -> Sequence[str]:
    return desk(bench).add(bench.space(), form, bench.memory[form.id], answers)


def withdraw(bench: Bench, form: Form, *ids: str) -> Sequence[str]:
    return desk(bench).withdraw(bench.space(), form, bench.memory[form.id], ids)


def purge(bench: Bench, form: Form, *fields: str) -> int:
    purged = desk(bench).purge(bench.space(), form, bench.memory[form.id], fields)
    assert all(isinstance(it, str) and it for it in purged.left)
    return purged.answers


def read(bench: Bench, form: Form) -> dict[str, Answer]:
    assert isinstance(bench.platform, Answers)
    answers = bench.platform.answers(bench.space(), form, bench.memory[form.id])
    found = {it.id: it for it in answers}
    assert len(found) == len(answers), "an id names one answer"
    return found


def gather(bench: Bench, forms: Sequence[Form], since: str = "") -> Gathered:
    if not isinstance(bench.platform, Gathering):
        pytest.skip("the platform reads the answers to one form at a time")
    targets = [Target(it.id, it.kind, it, bench.memory[it.id]) for it in forms]
    gathered = bench.platform.gather(bench.space(), targets, since)
    assert isinstance(gathered.answers, Mapping) and set(gathered.answers) <= {it.id for it in forms}
    return gathered


def ids(gathered: Gathered, form: Form) -> set[str]:
    return {it.id for it in gathered.answers.get(form.id, ())}


def readable(stored: str) -> str:
    """What a snapshot holds, as text, whether it is given as text or as hexadecimal digits."""
    try:
        return bytes.fromhex(stored).decode("utf-8", "replace")
    except ValueError:
        return stored
