"""What the commands do with answers, on a simulated wiki: requests counted, hostile words, paper, promises kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from allies_sync.answers.paper import blank_sheet, read_sheet
from allies_sync.engagements.answers import Reading, questionnaires, read_answers
from allies_sync.engagements.live import Stream, shown
from allies_sync.engagements.paper import carry_addition, desk_of, prepare_addition
from allies_sync.engagements.personal import find_answers, prepare_purge, purge, withdraw
from allies_sync.engagements.stored import describe_space
from allies_sync.platforms.interface import Answer
from allies_sync.text.characters import encodable
from allies_sync_yeswiki.testing import Dialect, SimulatedWiki
from tests.answers.samples import HOSTILE
from tests.yeswiki.stage import Stage, example

SECRET = "zoe.secrete@exemple.org"


@pytest.fixture(params=["444", "dev"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    dialect: Dialect = request.param
    with SimulatedWiki(dialect) as wiki:
        stage = Stage(wiki, tmp_path, example())
        stage.done(stage.open())
        wiki.clock.advance(60)
        yield stage


def read(stage: Stage, moment: str | None = None) -> Reading:
    with stage.desk() as desk:
        return read_answers(desk, questionnaires(desk, stage.slug, moment))


def put(stage: Stage, moment: str, *answers: Answer) -> None:
    with stage.desk() as desk:
        asked = questionnaires(desk, stage.slug, moment)
        [form] = asked.forms
        for start in range(0, len(answers), 100):
            batch = answers[start : start + 100]
            assert len(desk_of(desk, form).add(asked.space, form, asked.target(form).known, batch)) == len(batch)


def answer(number: int, **values: str | tuple[str, ...]) -> Answer:
    return Answer(f"Papier{number:032x}", values, datetime(2027, 3, 1, 9, tzinfo=UTC) + timedelta(minutes=number))


def test_all_answers_in_two_requests(stage: Stage) -> None:
    put(
        stage,
        "amont",
        *(
            answer(it, attentes=f"Attente {it}", experience=str(it % 4 + 1), modules=("projet",), prenom=SECRET)
            for it in range(30)
        ),
    )
    put(stage, "a-froid", answer(99))
    found: list[Reading] = []
    taken = stage.requests(lambda: found.append(read(stage)))
    assert len(taken) <= 2, taken
    assert [len(answers) for _form, answers in found[0].pairs] == [30, 0, 1]
    tally = found[0].tallies()[0]
    experience, modules = (next(it for it in tally.questions if it.id == name) for name in ("experience", "modules"))
    assert [bar.number for bar in experience.bars] == [8, 8, 7, 7]
    assert {bar.key: bar.number for bar in modules.bars}["projet"] == 30
    assert SECRET not in repr(found[0].tallies()) and not found[0].remarks


def test_hostile_answers_come_as_they_were_typed(stage: Stage) -> None:
    words = [encodable(text) for text in HOSTILE]  # no browser sends a lone surrogate
    put(stage, "amont", *(answer(it, attentes=text) for it, text in enumerate(words)))
    found = {it.id: it.values["attentes"] for it in read(stage, "amont").pairs[0][1]}
    for number, text in enumerate(words):
        wanted = text.replace("\0", "").replace("\r\n", "\n")
        assert (
            str(found[answer(number).id]).strip() == "\n".join(line.rstrip() for line in wanted.split("\n")).strip()
        )


def test_from_paper_once(stage: Stage) -> None:
    with stage.desk() as desk:
        asked = questionnaires(desk, stage.slug, "amont")
        [form] = asked.forms
        blank = blank_sheet(stage.slug, form, form.title, asked.lists, "c0de", 3)
        rows = [list(row) for row in (blank.headings, *blank.rows)]
        columns = rows[1]
        for place, text in enumerate(("=1+1", "<b>deux</b>"), 3):
            rows[place][columns.index("attentes")] = text
            rows[place][columns.index("modules:projet")] = "x"
        sheet = read_sheet(rows)
        addition, filled = prepare_addition(desk, sheet)
        assert not filled.troubles and carry_addition(desk, addition) == ["1", "2"]
        before = stage.wiki.control.entries()
        addition, _filled = prepare_addition(desk, sheet)
        assert (addition.new, addition.there, addition.differ) == ((), ("1", "2"), ())
        assert carry_addition(desk, addition) == [] and stage.wiki.control.entries() == before


def test_one_withdrawn_all_purged(stage: Stage) -> None:
    put(stage, "amont", answer(1, attentes="Apprendre", prenom="Zoé"), answer(2, attentes="Rester", prenom=SECRET))
    with stage.desk() as desk:
        found = read_answers(desk, questionnaires(desk, stage.slug))
        [match] = find_answers(found, "zoe apprendre")
        assert withdraw(desk, found, match).removed
    assert [it.values["attentes"] for it in read(stage, "amont").pairs[0][1]] == ["Rester"]
    with stage.desk() as desk:
        plan = prepare_purge(desk, stage.slug)
        assert plan.answers == 1
        outcome = purge(desk, plan)
        assert outcome.error is None and outcome.answers["form:amont"] == 1 and outcome.recorded
        assert describe_space(desk.store, stage.slug).engagement.purged == outcome.recorded  # type: ignore[union-attr]
    [it] = read(stage, "amont").pairs[0][1]
    assert it.id == answer(2).id and it.values["attentes"] == "Rester" and not it.values.get("prenom")
    assert SECRET not in repr(stage.wiki.control.snapshot()) and "Zoé" not in repr(stage.wiki.control.snapshot())
    with stage.desk() as desk:
        assert prepare_purge(desk, stage.slug).answers == 0
    assert stage.actions() == {}


def test_live_asks_once_and_writes_when_something_came(stage: Stage) -> None:
    with stage.desk() as desk:
        asked = questionnaires(desk, stage.slug, "amont")
        stream, pages = Stream(desk, asked), shown(desk, asked)
        assert {it.key for it in pages.pages} == {"page:questionnaire", "page:en-direct"}
        assert stream.read() is True and pages.renew(desk)
        quiet = stage.requests(lambda: [stream.read() for _round in range(5)])
        assert len(quiet) == 5 and not any(it.startswith("POST") for it in quiet), quiet
        put(stage, "amont", *(answer(it, attentes=SECRET, experience="2", prenom=SECRET) for it in range(6)))
        stage.wiki.clock.advance(5)
        assert stream.read() is True
        assert len(stream.answers["form:amont"]) == 6
        before = snapshot(stage)
        taken = stage.requests(lambda: pages.renew(desk))
        changed = {tag for tag, body in snapshot(stage).items() if before.get(tag) != body}
        assert changed and len(written(taken)) == len(changed), (changed, taken)
        assert all(SECRET not in snapshot(stage)[tag] for tag in changed)
        assert any("6" in snapshot(stage)[tag] for tag in changed)
        again = stage.requests(lambda: pages.renew(desk))
        assert not written(again), again
    assert stage.actions() == {}


def written(taken: list[str]) -> list[str]:
    """Pages that were written, among requests; the tool tries its right to write on a page that nobody sees."""
    return [it for it in taken if "/edit" in it and "AlliesSyncVerification" not in it]


def live_page(stage: Stage) -> str:
    """What the page En direct includes about the first questionnaire."""
    bodies = [stage.wiki.control.body(tag) for tag in stage.wiki.control.snapshot()["pages"] if "_Direct-" in tag]
    return next(body for body in bodies if "Avez-vous" in body or "à partir de" in body)


def test_the_page_en_direct_counts_and_says_no_word(stage: Stage) -> None:
    put(stage, "amont", *(answer(it, attentes=SECRET, experience="2", prenom=SECRET) for it in range(4)))
    stage.wiki.clock.advance(60)
    assert stage.actions() == {} and stage.done(stage.sync())
    assert "**4** réponses reçues." in live_page(stage) and "à partir de 5" in live_page(stage)
    assert "Une fois ou deux" not in live_page(stage)
    put(stage, "amont", answer(5, experience="4", modules=("projet", "statuts")), answer(6, experience="insulte"))
    stage.wiki.clock.advance(60)
    stage.done(stage.sync())
    page = live_page(stage)
    assert "**6** réponses reçues." in page and "(5 réponses)" in page
    assert "Une fois ou deux : **4**" in page and "Souvent : **1**" in page and 'progressbar val="80"' in page
    assert "Faire avancer" not in page, "one answer alone would say who gave it"
    for tag, body in snapshot(stage).items():
        assert "_Direct" not in tag or (SECRET not in body and "insulte" not in body)
    stage.wiki.clock.advance(60)
    assert not written(stage.requests(lambda: stage.done(stage.sync())))


def test_words_that_a_person_wrote_beside_the_numbers_stay(stage: Stage) -> None:
    stage.wiki.clock.advance(60)
    tag = next(it for it in stage.wiki.control.snapshot()["pages"] if "_Direct-" in it)
    stage.wiki.control.write(tag, "Nous en parlons demain.", user="Membre")
    put(stage, "amont", *(answer(it, experience="2") for it in range(6)))
    put(stage, "a-froid", answer(9))
    stage.wiki.clock.advance(60)
    for _round in range(2):
        stage.done(stage.sync())
        assert stage.wiki.control.body(tag) == "Nous en parlons demain."


def snapshot(stage: Stage) -> dict[str, str]:
    return {
        tag: repr(page)
        for tag, page in stage.wiki.control.snapshot()["pages"].items()
        if "Rep" not in tag and "Papier" not in tag
    }


@pytest.mark.slow
def test_five_thousand_answers_in_linear_time_and_two_requests(stage: Stage) -> None:
    def measured(number: int) -> tuple[float, int]:
        held = len(read(stage, "amont").pairs[0][1])
        put(stage, "amont", *(answer(it, attentes="mot " * 30, experience="2") for it in range(held, number)))
        best, taken = [], []
        for _round in range(2):
            start = time.process_time()
            taken = stage.requests(lambda: read(stage).tallies())
            best.append(time.process_time() - start)
        assert len(read(stage, "amont").pairs[0][1]) == number
        return min(best), len(taken)

    few, many = measured(500), measured(5_000)
    assert many[1] <= 2 and many[0] < 20 * few[0], (few, many)
