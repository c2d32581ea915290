"""Sheets for answers on paper: what is typed comes back, once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allies_sync.answers.paper import NotASheet, answers_in, blank_sheet, identity, read_sheet, same
from allies_sync.answers.sheets import read_sheet as read_rows
from allies_sync.answers.sheets import to_csv, to_ods
from allies_sync.answers.tables import Table
from allies_sync.model.resources import Field, FieldKind, Form, Option
from allies_sync.platforms.interface import Answer
from tests.answers.samples import FORM, LISTS

NOW = datetime(2027, 3, 12, 18, tzinfo=UTC)
BLANK = blank_sheet("2027-x", FORM, "Avant", LISTS, "c0de", 10)


def filled(*rows: tuple[str, ...]) -> list[list[str]]:
    """The sheet as a person saves it, with its first rows filled in."""
    lines = [list(row) for row in (BLANK.headings, *BLANK.rows)]
    for place, row in enumerate(rows, 3):
        lines[place][: len(row)] = row
    return lines


def test_the_sheet_says_what_it_is_for_and_how_to_fill_it_in() -> None:
    assert BLANK.headings[:5] == ("allies-sync", "2027-x", "form:amont", "c0de", "Avant")
    assert BLANK.rows[0] == ("n°", "attentes", "experience", "modules:a", "modules:n", "note", "prenom", "courriel")
    assert BLANK.rows[1][2] == "Déjà coopéré ? — 1 = Jamais · 2 = Parfois · 3 = Souvent"
    assert BLANK.rows[1][3] == "Quoi explorer ? — Animer : x si c'est coché"
    assert BLANK.rows[1][6] == "Prénom (personnel)"
    assert [row[0] for row in BLANK.rows[2:]] == [str(it) for it in range(1, 11)]
    anonymous = blank_sheet("2027-x", FORM, "Avant", LISTS, "c0de", 10, personal=False)
    assert "prenom" not in anonymous.rows[0] and "courriel" not in anonymous.rows[0]


def test_a_filled_sheet_is_read() -> None:
    rows = filled(
        ("1", "=1+1", "parfois", "x", "", "4,5", "Zoé"),
        ("2", "", "3", "OUI", "non"),
        ("3 bis", " ", "1 = Jamais"),
        ("4", "", "", "", ""),
    )
    found = answers_in(read_sheet(rows), FORM, LISTS, NOW)
    assert not found.troubles
    assert [(number, dict(it.values)) for number, it in found.answers] == [
        ("1", {"attentes": "=1+1", "experience": "parfois", "modules": ("a",), "note": "4.5", "prenom": "Zoé"}),
        ("2", {"experience": "souvent", "modules": ("a",)}),
        ("3 bis", {"experience": "jamais"}),
    ]
    moments = [it.created for _number, it in found.answers]
    assert moments[0] == NOW and moments == sorted(set(moments))
    [(_n, first), *_rest] = answers_in(read_sheet(rows), FORM, LISTS, NOW, personal=False).answers
    assert "prenom" not in first.values


@pytest.mark.parametrize(
    ("kind", "typed", "taken"),
    [
        (FieldKind.NUMBER, "1 200,50", "1200.50"),
        (FieldKind.NUMBER, "-3", "-3"),
        (FieldKind.NUMBER, "trois", None),
        (FieldKind.DATE, "12/3/2027", "2027-03-12"),
        (FieldKind.DATE, "2027-03-12", "2027-03-12"),
        (FieldKind.DATE, "31/02/2027", None),
    ],
)
def test_numbers_and_days_as_people_write_them(kind: FieldKind, typed: str, taken: str | None) -> None:
    form = Form(id="form:x", role="wiki", title="X", name="x", fields=(Field(id="q", kind=kind, label="Q"),))
    rows = [["allies-sync", "2027-x", "form:x", "c0de"], ["n°", "q"], [""], ["1", typed]]
    found = answers_in(read_sheet(rows), form, {}, NOW)
    assert [it.values["q"] for _number, it in found.answers] == ([taken] if taken else [])
    assert bool(found.troubles) is (taken is None)


def test_what_cannot_be_understood_is_told_with_its_row() -> None:
    rows = filled(("1", "", "4", "peut-être"), ("1", "x"), ("", "x"), ("5", "", "Jamais"))
    rows[1].append("invention")
    rows[6].append("mot")
    found = answers_in(read_sheet(rows), FORM, LISTS, NOW)
    assert [(it.row, it.sentence.split(" ")[0]) for it in found.troubles] == [
        (2, "la"),
        (4, "«"),
        (4, "«"),
        (5, "le"),
        (6, "cette"),
    ]


def test_nothing_right_of_the_last_column_is_lost_in_silence() -> None:
    lines = to_csv(BLANK).decode("utf-8-sig").splitlines()
    lines[3] = "1;Du temps; et de la place;parfois;;;;Zoé;zoe@exemple.org"
    lines[4] = "2;Du temps;parfois;x;;4;Zoé;;;; une note"
    lines[5] = '3;"Du temps; et de la place";parfois;;;;Zoé;'
    lines[6] = "4;;;;;;;;;;;"
    lines[7] = "5;Du temps; et de la place;;;;;;"  # one more than there are columns, and nothing in it
    found = answers_in(read_sheet(read_rows("\n".join(lines).encode())), FORM, LISTS, NOW)
    told = {it.row: it.sentence for it in found.troubles}
    assert set(told) == {4, 5, 8}
    assert "« zoe@exemple.org »" in told[4] and "entre guillemets" in told[4]
    assert "« une note »" in told[5]
    assert "entre guillemets" in told[8]
    [(_number, answer)] = found.answers
    assert answer.values["attentes"] == "Du temps; et de la place"


def test_a_note_beside_the_table_is_told_and_an_empty_column_is_not() -> None:
    rows = [[*row, ""] for row in filled(("1", "Du temps", "parfois"), ("2", "Rien", "parfois"))]
    assert not answers_in(read_sheet(rows), FORM, LISTS, NOW).troubles
    rows[4][-1] = "à relire"
    [trouble] = answers_in(read_sheet(rows), FORM, LISTS, NOW).troubles
    assert trouble.row == 5 and "« à relire »" in trouble.sentence


def test_the_numbers_of_options_are_not_taken_for_others() -> None:
    def chosen(typed: str, *keys: str) -> object:
        options = tuple(Option(key, label) for key, label in zip(keys, ("Bas", "Moyen", "Haut"), strict=True))
        form = Form(
            id="form:amont",
            role="wiki",
            title="A",
            name="amont",
            fields=(Field(id="avis", kind=FieldKind.SCALE, label="Avis", options=options),),
        )
        blank = blank_sheet("2027-x", form, "A", {}, "c0de", 1)
        rows = [list(blank.headings), *map(list, blank.rows[:2]), ["1", typed]]
        found = answers_in(read_sheet(rows), form, {}, NOW)
        return found.answers[0][1].values["avis"] if found.answers else None

    assert chosen("1", "0", "1", "2") == "1", "the number is the key, as the sheet says"
    assert chosen("1", "bas", "moyen", "haut") == "bas"
    assert chosen("3", "bas", "3", "haut") == "3"
    assert chosen("1", "bas", "3", "haut") is None, "neither has a number"
    assert chosen("MOYEN ", "0", "1", "2") == "1"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["a", "b"]],
        [["allies-sync"], ["n°"]],
        [["allies-sync", "2027-x", "form:amont", "../.."], ["n°"]],
        [["autre", "2027-x", "form:amont", "c0de"], ["n°"]],
    ],
)
def test_another_file_is_no_sheet(rows: list[list[str]]) -> None:
    with pytest.raises(NotASheet):
        read_sheet(rows)


def test_ids_are_those_of_a_number_on_a_sheet() -> None:
    sheet = read_sheet(filled())
    other = read_sheet([["allies-sync", "2027-x", "form:amont", "0ther"], ["n°"]])
    ids = {identity(sheet, "1"), identity(sheet, "2"), identity(other, "1")}
    assert len(ids) == 3 and all(it.startswith("Papier") and it.isalnum() and len(it) < 64 for it in ids)
    assert identity(sheet, " 1 bis") == identity(sheet, "1 BIS")


words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=20)
values = st.fixed_dictionaries(
    {},
    optional={
        "attentes": words,
        "experience": st.sampled_from(["jamais", "parfois", "souvent"]),
        "modules": st.sets(st.sampled_from(["a", "n"])).map(lambda keys: tuple(sorted(keys))),
        "prenom": words,
    },
)


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=80)
@given(st.lists(values, min_size=1, max_size=5), st.booleans())
def test_what_is_typed_comes_back_and_is_the_same_twice(answers: list[dict[str, str]], workbook: bool) -> None:
    rows = filled(
        *(
            (
                str(number),
                it.get("attentes", ""),
                it.get("experience", ""),
                "x" if "a" in it.get("modules", ()) else "",
                "x" if "n" in it.get("modules", ()) else "",
                "",
                it.get("prenom", ""),
            )
            for number, it in enumerate(answers, 1)
        )
    )
    table = Table("R", tuple(rows[0]), tuple(map(tuple, rows[1:])))
    data = to_ods([table]) if workbook else to_csv(table)
    once = answers_in(read_sheet(read_rows(data)), FORM, LISTS, NOW)
    again = answers_in(read_sheet(read_rows(data)), FORM, LISTS, NOW)
    assert once == again and not once.troubles
    typed = {str(number): it for number, it in enumerate(answers, 1)}
    for number, found in once.answers:
        assert same(found.values, typed[number], FORM)
    said = {
        number
        for number, it in typed.items()
        if any((isinstance(v, tuple) and v) or (str(v).strip() and v) for v in it.values())
    }
    assert {number for number, _it in once.answers} <= said


def test_the_same_whatever_the_order_and_the_blanks() -> None:
    one = Answer("A", {"attentes": "a  b\n", "modules": ("n", "a"), "prenom": "Zoé"})
    assert same(one.values, {"attentes": "a b", "modules": ("a", "n")}, FORM)
    assert not same(one.values, {"attentes": "a c", "modules": ("a", "n")}, FORM)
