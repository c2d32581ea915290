"""Forms as a template declares them."""

from __future__ import annotations

from typing import Any

import pytest

from allies_sync.model.checking import check
from allies_sync.model.problems import Code, InvalidData
from allies_sync.model.questionnaire import Moment, Question, Questionnaire
from allies_sync.model.resources import FieldKind, Rights

SCALE = [{"key": str(n), "label": label} for n, label in enumerate(["Pas du tout", "Un peu", "Beaucoup"], 1)]


def question(**more: Any) -> Question:
    return check({"id": "attentes", "label": "Vos attentes ?", **more}, Question)


def codes(model: type[Any] = Question, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidData) as caught:
        check({"id": "attentes", "label": "Vos attentes ?", **more}, model)
    return [(problem.field, problem.code) for problem in caught.value.problems]


def test_a_question_becomes_a_field_of_a_form() -> None:
    field = question(kind="scale", options=SCALE, required=True, help="De 1 à 3").to_field()
    assert (field.id, field.kind, field.required, field.help) == ("attentes", FieldKind.SCALE, True, "De 1 à 3")
    assert (field.options[0].key, field.options[0].label) == ("1", "Pas du tout")
    assert question(kind="choice", options_from="list:themes").to_field().options_from == "list:themes"


def test_an_address_is_personal_whatever_the_template_says() -> None:
    assert question(kind="email").to_field().personal
    assert not question().to_field().personal


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"id": "Mes attentes"}, [("id", Code.BAD_ID)]),
        ({"kind": "liste"}, [("kind", Code.NOT_ALLOWED)]),
        ({"kind": "liste", "options": SCALE}, [("kind", Code.NOT_ALLOWED)]),
        ({"kind": "choice"}, [("options", Code.NO_OPTIONS)]),
        ({"kind": "choice", "options": SCALE, "options_from": "list:x"}, [("options_from", Code.TWO_SOURCES)]),
        ({"kind": "choice", "options_from": "themes"}, [("options_from", Code.BAD_ID)]),
        ({"kind": "text", "options": SCALE}, [("options", Code.USELESS_OPTIONS)]),
        ({"kind": "choices", "options": [*SCALE, SCALE[0]]}, [("options[3].key", Code.DUPLICATE)]),
        (
            {"kind": "scale", "options": ["1", "2"]},
            [("options[0]", Code.WRONG_TYPE), ("options[1]", Code.WRONG_TYPE)],
        ),
        ({"max_length": 0}, [("max_length", Code.OUT_OF_RANGE)]),
        ({"required": "oui"}, [("required", Code.WRONG_TYPE)]),
    ],
)
def test_bad_questions(more: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert codes(**more) == expected


def test_questionnaires() -> None:
    form = check(
        {
            "id": "a-chaud",
            "moment": "a-chaud",
            "title": "À chaud",
            "per_session": True,
            "questions": [
                {"id": "avis", "kind": "scale", "label": "Votre avis", "options": SCALE},
                {"id": "adresse", "kind": "email", "label": "Votre adresse"},
            ],
        },
        Questionnaire,
    )
    assert (form.moment, form.answers) == (Moment.AT_ONCE, Rights.TEAM)
    assert [question.id for question in form.closed_questions] == ["avis"]
    assert [question.id for question in form.personal_questions] == ["adresse"]


def test_two_questions_of_one_id() -> None:
    questions = [{"id": "a", "label": "?"}, {"id": "a", "label": "!"}, {"id": "b"}]
    with pytest.raises(InvalidData) as caught:
        check({"id": "q", "moment": "amont", "title": "Q", "questions": questions}, Questionnaire)
    assert [(problem.field, problem.code) for problem in caught.value.problems] == [
        ("questions[2].label", Code.MISSING),
        ("questions[1].id", Code.DUPLICATE),
    ]
