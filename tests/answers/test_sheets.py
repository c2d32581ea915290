"""Spreadsheets: what is written is text and nothing else; what people save is read."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from allies_sync.answers.sheets import UnreadableSheet, read_sheet, to_csv, to_ods
from allies_sync.answers.tables import LONGEST, Table, answers_table, counts_table, inert, together
from allies_sync.answers.tallying import tally
from allies_sync.text.characters import clean_lines
from tests.answers.samples import FORM, HOSTILE, LISTS, SECRET, answer, hostile_answers, ratio

FORMULA = "=+-@\t\r|%\uff1d\uff0b\uff0d\uff20"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"

texts = st.text(st.characters(codec="utf-8"), max_size=12)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.tuples(*[texts] * width), min_size=1, max_size=4).map(
        lambda rows: Table("Feuille", tuple(f"c{it}" for it in range(width)), tuple(rows))
    )
)


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_hostile_answers_are_text_in_a_csv() -> None:
    table = answers_table("Avant", FORM, hostile_answers(), LISTS)
    data = to_csv(table)
    rows = cells(data)
    assert len(rows) == len(HOSTILE) + 1 and {len(row) for row in rows} == {6}
    for row in rows:
        for cell in row:
            assert not cell.lstrip().startswith(tuple(FORMULA)), cell[:50]
            assert len(cell) < 32_767
    text = data.decode("utf-8-sig")
    assert not any(sign in text for sign in "\x00\x1b\x9b\x9d\u202e\u2066\ud800\ue000")
    assert SECRET not in text
    for word in ("alert(1)", "HYPERLINK", "cmd|", "SUM(A1:A9)", "avantaprès", "algo", "Espace supprimé."):
        assert word in text, word
    assert table.cut == 1


def test_hostile_answers_are_text_in_a_workbook() -> None:
    answers = hostile_answers()
    table = answers_table("Avant", FORM, answers, LISTS)
    data = to_ods([table, counts_table([("Avant", tally(FORM, answers, LISTS))])])
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.namelist()[0] == "mimetype"
        content = package.read("content.xml")
    tree = etree.fromstring(content)
    found = list(tree.iter(f"{TABLE}table-cell"))
    assert len(found) > 6 * len(HOSTILE)
    for cell in found:
        assert not any("formula" in name for name in cell.attrib)
        assert cell.get(f"{OFFICE}value-type") in (None, "string")
    assert {element.tag for element in tree.iter() if str(element.tag).startswith(TEXT)} <= {
        f"{TEXT}{name}" for name in ("p", "s", "tab")
    }
    assert SECRET.encode() not in content and b"\x1b" not in content
    rows = read_sheet(data)
    assert rows[5][2] == '=HYPERLINK("http://mal.example";"cliquez")', "shown as it was typed"


def test_personal_columns_come_when_asked_for() -> None:
    table = answers_table("Avant", FORM, hostile_answers(), LISTS, personal=True)
    assert table.headings[-2:] == ("Prénom", "Courriel") and table.rows[0][-1] == SECRET


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)
@given(tables)
def test_what_is_written_is_read_again(table: Table) -> None:
    clean = tuple(tuple(clean_lines(cell) for cell in row) for row in table.rows)
    table = Table(table.title, table.headings, clean)
    assert read_sheet(to_csv(table)) == [list(table.headings), *map(list, clean)]
    for row in cells(to_csv(table)):
        assert all(inert(cell) in (cell, f"'{cell}") for cell in row)
    tree = etree.fromstring(zipfile.ZipFile(io.BytesIO(to_ods([table]))).read("content.xml"))
    found = [[_said(cell) for cell in row.iter(f"{TABLE}table-cell")] for row in tree.iter(f"{TABLE}table-row")]
    assert found == [list(table.headings), *map(list, clean)]


def _said(cell: etree._Element) -> str:
    def text(element: etree._Element) -> str:
        inner = {"s": " ", "tab": "\t"}.get(etree.QName(element).localname, element.text or "")
        return inner + "".join(text(child) + (child.tail or "") for child in element)

    return "\n".join(text(paragraph) for paragraph in cell.iter(f"{TEXT}p"))


@pytest.mark.parametrize("text", ["-3", "+2,5", "12", "4.25"])
def test_numbers_stay_numbers(text: str) -> None:
    assert inert(text) == text


def test_several_questionnaires_in_one_table() -> None:
    one = Table("Un", ("N°", "Q"), (("1", "a"),))
    two = Table("Deux", ("N°", "R"), (("1", "b"),), 2)
    assert together([one, two]) == Table(
        "Réponses", ("Questionnaire", "N°", "Q", "R"), (("Un", "1", "a", ""), ("Deux", "1", "", "b")), 2
    )


def test_sheets_of_one_name_and_names_that_programs_refuse() -> None:
    names = ["a/b: c? [d]*", "a/b: c? [d]*", "é" * 60, "", "\\"]
    data = to_ods([Table(name, ("x",), ()) for name in names])
    tree = etree.fromstring(zipfile.ZipFile(io.BytesIO(data)).read("content.xml"))
    found = [sheet.get(f"{TABLE}name") for sheet in tree.iter(f"{TABLE}table")]
    assert len(set(found)) == 5 and all(
        name and len(name) <= 31 and not set(name) & set("[]*?:/\\") for name in found
    )


def test_a_cell_holds_what_a_spreadsheet_can() -> None:
    table = answers_table(
        "A", FORM, [answer(1, attentes="é" * (LONGEST + 5)), answer(2, attentes="é" * LONGEST)], LISTS
    )
    assert table.cut == 1 and len(table.rows[0][2]) == LONGEST and table.rows[0][2].endswith("…")


# --- reading what others saved ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        "a;b\r\nà;'=1\r\n".encode("utf-8-sig"),
        "a,b\nà,'=1\n".encode("cp1252"),
        "a\tb\nà\t'=1\n".encode("utf-16"),
    ],
)
def test_text_files_of_other_programs(data: bytes) -> None:
    assert read_sheet(data) == [["a", "b"], ["à", "=1"]]


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", b" " * 110_000_000)
    return file.getvalue()


def entities() -> bytes:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doc = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><x>&l9;</x>'
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(to_ods([Table("a", ("b",), ())]))) as good, zipfile.ZipFile(file, "w") as package:
        for name in good.namelist():
            package.writestr(name, doc if name == "content.xml" else good.read(name))
    return file.getvalue()


def repeated() -> bytes:
    """A sheet that says of itself that it has a million rows of a thousand columns."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(to_ods([Table("a", ("b",), ())]))) as good, zipfile.ZipFile(file, "w") as package:
        for name in good.namelist():
            data = good.read(name)
            if name == "content.xml":
                data = data.replace(b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1000000">')
                data = data.replace(b"<table:table-cell ", b'<table:table-cell table:number-columns-repeated="900" ')
            package.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize("make", [lambda: b"PK\x03\x04rien", lambda: b"PK" + b"\0" * 99, bomb, repeated])
def test_what_is_no_sheet_is_refused(make: Callable[[], bytes]) -> None:
    data = make()
    start = time.monotonic()
    with pytest.raises(UnreadableSheet):
        read_sheet(data)
    assert time.monotonic() - start < 20


def test_nothing_is_expanded() -> None:
    assert "ha" not in str(read_sheet(entities()))


@pytest.mark.parametrize("write", [to_csv, lambda table: to_ods([table])], ids=["csv", "ods"])
def test_time_is_linear(write: Callable[[Table], object]) -> None:
    def work(number: int) -> Callable[[], object]:
        answers = [answer(it, attentes="mot " * 20, experience="parfois", modules=("a", "n")) for it in range(number)]
        return lambda: write(answers_table("Avant", FORM, answers, LISTS))

    assert ratio(work, 300, 3_000) < 25
