"""Following answers while a meeting goes on: one read now and then, a write when something changed, and an end."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from allies_sync.cli.show_answers import answers_document, lines
from allies_sync.engagements.answers import Questionnaires, read_answers
from allies_sync.engagements.live import AFTERWARDS, EVERYTHING, MINUTES, Stream, ending, follow
from allies_sync.engagements.stored import Description
from allies_sync.model.engagement import Engagement
from allies_sync.model.resources import Form
from allies_sync.platforms.errors import PlatformError, Unavailable
from allies_sync.platforms.interface import Answer, Gathered, Space, Target
from allies_sync.reconcile.looking import Bound
from allies_sync.reconcile.state import State
from tests.answers.samples import FORM, answer, ratio

ENGAGEMENT = Engagement.model_validate(
    {
        "title": "Essai",
        "start": "2027-03-12",
        "client": {"name": "DLA"},
        "sessions": [
            {"id": "un", "title": "Un", "date": "2027-03-12", "start": "9h", "end": "17h"},
            {"id": "deux", "title": "Deux", "date": "2027-03-12", "start": "18h", "end": "20h"},
        ],
    }
)


@dataclass
class Wiki:
    """Holds answers, and says what came since."""

    found: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: bool = False

    def gather(self, space: Space, forms: Sequence[Target], since: str = "") -> Gathered:
        self.asked.append(since)
        if self.down:
            raise Unavailable("Le wiki ne répond pas.")
        known = int(since) if since else 0
        answers = {it.key: self.found.get(it.key, [])[known:] for it in forms}
        return Gathered(answers, str(max(map(len, self.found.values()), default=0)), whole=not since)


def bench(*forms: Form) -> tuple[Wiki, Any, Questionnaires]:
    wiki = Wiki()
    desk = SimpleNamespace(bound=lambda role: Bound("mémoire", wiki))  # type: ignore[arg-type]
    before = Description("2027-x", ENGAGEMENT, "", State(slug="2027-x"), None, recovering=True)
    return wiki, desk, Questionnaires(ENGAGEMENT, before, Space("2027-x", "Essai"), forms or (FORM,), {})


def run(
    stream: Stream, rounds: int, between: Callable[[int], None], changed: Callable[[], None]
) -> tuple[list[float], list[PlatformError]]:
    """Follows for some rounds; gives the pauses and the failures that were told."""
    pauses: list[float] = []
    failures: list[PlatformError] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        between(len(pauses))

    follow(stream, lambda: len(pauses) >= rounds, changed, failures.append, pause=pause)
    return pauses, failures


def test_all_forms_are_read_in_one_request() -> None:
    forms = [replace(FORM, id=f"form:{it}", name=str(it)) for it in range(8)]
    wiki, desk, asked = bench(*forms)
    wiki.found = {form.id: [answer(number) for number in range(700)] for form in forms}
    found = read_answers(desk, asked)
    assert wiki.asked == [""]
    assert sum(len(answers) for _form, answers in found.pairs) == 5_600
    assert [form.answers for form in found.tallies()] == [700] * 8


def test_what_is_shown_takes_time_as_answers_do() -> None:
    def work(number: int) -> Callable[[], object]:
        wiki, desk, asked = bench()
        wiki.found[FORM.id] = [
            answer(it, attentes="Un mot après l'autre. " * 10, experience="parfois", modules=("a", "n"))
            for it in range(number)
        ]

        def show() -> None:
            found = read_answers(desk, asked)
            assert sum(1 for _line in lines(found, personal=False, full=False)) > number
            json.dumps(answers_document("2027-x", found, personal=False))

        return show

    assert ratio(work, 200, 2_000) < 25


def test_one_write_for_each_change_and_one_request_for_each_read() -> None:
    wiki, desk, asked = bench()
    stream, seen = Stream(desk, asked), []

    def between(number: int) -> None:
        if number in (3, 4, 9):
            wiki.found.setdefault(FORM.id, []).append(answer(number, attentes="x"))

    pauses, failures = run(stream, 12, between, lambda: seen.append(len(stream.answers.get(FORM.id, ()))))
    assert seen == [0, 1, 2, 3]
    assert len(wiki.asked) == 12 and wiki.asked[0] == "" and wiki.asked[-1] == "3"
    assert set(pauses) == {4.0} and not failures


def test_a_corrected_answer_is_one_answer() -> None:
    wiki, desk, asked = bench()
    stream = Stream(desk, asked)
    wiki.found[FORM.id] = [answer(1, attentes="avant")]
    assert stream.read() and not stream.read()
    wiki.found[FORM.id].append(answer(1, attentes="après"))
    assert stream.read()
    assert [dict(it.values) for it in stream.answers[FORM.id]] == [{"attentes": "après"}]


def test_what_was_withdrawn_goes_after_a_while() -> None:
    wiki, desk, asked = bench()
    stream = Stream(desk, asked)
    wiki.found[FORM.id] = [answer(1), answer(2)]
    stream.read()
    del wiki.found[FORM.id][0]
    changes = [stream.read() for _round in range(EVERYTHING)]
    assert changes.count(True) == 1
    assert [it.id for it in stream.answers[FORM.id]] == [answer(2).id]


def test_a_wiki_that_is_down_is_asked_less_often_and_told_once() -> None:
    wiki, desk, asked = bench()
    stream, seen = Stream(desk, asked), []
    wiki.down = True

    def between(number: int) -> None:
        if number == 7:
            wiki.down = False
            wiki.found[FORM.id] = [answer(1)]

    pauses, failures = run(stream, 9, between, lambda: seen.append(True))
    assert pauses == [8.0, 16.0, 32.0, 60.0, 60.0, 60.0, 60.0, 4.0, 4.0]
    assert len(failures) == 1 and seen == [True]


def test_a_write_that_failed_is_done_again_although_nothing_came() -> None:
    wiki, desk, asked = bench()
    stream, tries = Stream(desk, asked), []
    wiki.found[FORM.id] = [answer(1)]

    def changed() -> None:
        tries.append(True)
        if len(tries) < 3:
            raise Unavailable("Le wiki ne répond pas.")

    _pauses, failures = run(stream, 6, lambda number: None, changed)
    assert len(tries) == 3 and len(failures) == 1


def at(hour: int, minute: int = 0, day: int = 12) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("session", "now", "minutes", "end"),
    [
        ("", at(10), None, at(17) + AFTERWARDS),
        ("deux", at(10), None, at(20) + AFTERWARDS),
        ("", at(17, 45), None, at(20) + AFTERWARDS),
        ("", at(21), None, at(21) + timedelta(minutes=MINUTES)),
        ("", at(10, day=11), None, at(10, day=11) + timedelta(minutes=MINUTES)),
        ("", at(10), 5, at(10, 5)),
    ],
)
def test_when_it_stops_by_itself(session: str, now: datetime, minutes: int | None, end: datetime) -> None:
    assert ending(ENGAGEMENT, session, now, minutes) == end


def test_answers_are_the_same_however_they_came() -> None:
    """Read by read, and all at once."""
    wiki, desk, asked = bench()
    stream = Stream(desk, asked)
    for number in range(40):
        wiki.found.setdefault(FORM.id, []).append(answer(number % 25, attentes=str(number)))
        stream.read()
    latest = {it.id: it for it in wiki.found[FORM.id]}
    assert {it.id: it for it in stream.answers[FORM.id]} == latest
