"""Counting: what a person would count by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from allies_sync.answers.tallying import tally
from allies_sync.model.resources import Field, FieldKind, Form, Option
from allies_sync.platforms.interface import Answer
from tests.answers.samples import ratio

OPTIONS = (Option("1", "Jamais"), Option("2", "Parfois"), Option("3", "Souvent"))
FORM = Form(
    id="form:amont",
    role="wiki",
    title="Avant",
    name="amont",
    moment="amont",
    fields=(
        Field(id="attentes", kind=FieldKind.LONG_TEXT, label="Vos attentes ?"),
        Field(id="experience", kind=FieldKind.SCALE, label="Déjà ?", options=OPTIONS),
        Field(id="modules", kind=FieldKind.CHOICES, label="Quoi ?", options_from="list:modules"),
        Field(id="prenom", kind=FieldKind.TEXT, label="Prénom", personal=True),
        Field(id="courriel", kind=FieldKind.EMAIL, label="Courriel"),
        Field(id="jeton", kind=FieldKind.HIDDEN, label=""),
    ),
)
LISTS = {"list:modules": (Option("a", "Animer"), Option("n", "Numérique"))}
START = datetime(2027, 3, 1, 9, tzinfo=UTC)


def answer(number: int, **values: str | tuple[str, ...]) -> Answer:
    return Answer(f"R{number}", values, START + timedelta(minutes=number))


def test_a_questionnaire_is_counted() -> None:
    found = tally(
        FORM,
        [
            answer(3, attentes="trois", experience="3", modules=("n", "a", "n"), prenom="Zoé"),
            answer(1, attentes=" \n\u200b", experience="1", courriel="a@b.fr"),
            answer(2, attentes="deux", experience="autre", modules="a", jeton="x"),
        ],
        LISTS,
    )
    assert (found.answers, found.first, found.last) == (3, START + timedelta(minutes=1), START + timedelta(minutes=3))
    attentes, experience, modules = found.questions
    assert [(it.answer, it.text) for it in attentes.texts] == [("R2", "deux"), ("R3", "trois")]
    assert attentes.answered == 2 and not attentes.bars
    assert [(bar.label, bar.number) for bar in experience.bars] == [
        ("Jamais", 1),
        ("Parfois", 0),
        ("Souvent", 1),
        ("autre", 1),
    ]
    assert [(bar.key, bar.number) for bar in modules.bars] == [("a", 2), ("n", 1)]
    assert modules.answered == 2 and not modules.texts


def test_what_is_personal_comes_only_when_asked_for() -> None:
    answers = [answer(1, prenom="Zoé", courriel="z@x.fr")]
    assert {it.id for it in tally(FORM, answers, LISTS).questions} == {"attentes", "experience", "modules"}
    assert "Zoé" not in repr(tally(FORM, answers, LISTS)) and "z@x.fr" not in repr(tally(FORM, answers, LISTS))
    personal = [it for it in tally(FORM, answers, LISTS, personal=True).questions if it.personal]
    assert [it.texts[0].text for it in personal] == ["Zoé", "z@x.fr"]


def test_in_public_what_is_no_option_has_no_words() -> None:
    answers = [answer(1, experience="Zoé est nulle", modules=("a", "zut", "flûte")), answer(2, experience="2")]
    found = tally(FORM, answers, LISTS, public=True)
    assert [(bar.key, bar.number) for bar in found.questions[1].bars] == [("1", 0), ("2", 1), ("3", 0), ("", 1)]
    assert [(bar.label, bar.number) for bar in found.questions[2].bars] == [
        ("Animer", 1),
        ("Numérique", 0),
        ("Autre réponse", 1),
    ]
    assert "Zoé" not in repr(found) and "flûte" not in repr(found)


def test_a_form_without_answers() -> None:
    found = tally(FORM, [], LISTS)
    assert (found.answers, found.first, found.last) == (0, None, None)
    assert [bar.number for bar in found.questions[1].bars] == [0, 0, 0]


def test_moments_of_all_kinds_are_put_in_order() -> None:
    naive = Answer("N", {"attentes": "n"}, datetime(2027, 3, 1, 8))  # a platform may give such
    never = Answer("A", {"attentes": "j"})
    updated = Answer("U", {"attentes": "u"}, None, START)
    assert [it.answer for it in tally(FORM, [never, updated, naive], LISTS).questions[0].texts] == ["N", "U", "A"]


values = st.dictionaries(
    st.sampled_from([field.id for field in FORM.fields]),
    st.one_of(
        st.sampled_from(["1", "2", "3", "a", "n", "", " ", "autre"]),
        st.lists(st.sampled_from("12anx"), max_size=4).map(tuple),
    ),
)


@given(st.lists(values, max_size=12))
def test_the_numbers_are_those_of_an_independent_count(rows: list[dict[str, str | tuple[str, ...]]]) -> None:
    found = tally(FORM, [answer(number, **row) for number, row in enumerate(rows)], LISTS)
    for question in found.questions[1:]:
        counted: Counter[str] = Counter()
        for row in rows:
            value = row.get(question.id, ())
            counted.update({value} if isinstance(value, str) else set(value))
        for bar in question.bars:
            assert bar.number == counted[bar.key]
        assert len({bar.key for bar in question.bars}) == len(question.bars)
        assert sum(bar.number for bar in question.bars) >= question.answered
    assert all(question.answered <= found.answers for question in found.questions)


def test_time_is_linear() -> None:
    def work(number: int) -> Callable[[], object]:
        answers = [
            answer(it, attentes="mot " * 50, experience=str(it % 5), modules=("a", "n")) for it in range(number)
        ]
        return lambda: tally(FORM, answers, LISTS)

    assert ratio(work, 2_000, 20_000) < 25
