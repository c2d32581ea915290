"""Files that spreadsheet programs open: CSV and OpenDocument, written; those and what Excel saves, read."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

from allies_sync.answers.tables import Table, inert
from allies_sync.text.characters import cut

BIGGEST = 20_000_000
"""Bytes of a sheet that is read, also when it is unpacked."""
MOST_ROWS = 10_000
MOST_COLUMNS = 500

_ODS = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
}
_COLUMN, _CELL, _HEAD = "allies-colonne", "allies-texte", "allies-titre"
_NOT_IN_A_NAME = str.maketrans("[]*?:/\\'", "() -----")
_SEPARATORS = ";\t,"


class UnreadableSheet(ValueError):
    """No spreadsheet, or one that is too big."""


# --- writing ---------------------------------------------------------------------------------------------------


def to_csv(table: Table) -> bytes:
    """As the spreadsheet programs of a French-speaking computer open it: semicolons, and a mark that it is UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in (table.headings, *table.rows):
        writer.writerow([inert(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def to_ods(tables: Sequence[Table]) -> bytes:
    """One sheet for each table. All cells are text, which no program takes for a formula."""
    from lxml import etree  # type: ignore[import-untyped]
    from odfdo import Document

    package = Document("spreadsheet").container
    if package is None:  # pragma: no cover - a new document has one
        raise UnreadableSheet
    content = package.get_part("content.xml")
    tree = etree.fromstring(content if isinstance(content, bytes) else str(content).encode())
    [body] = tree.iter(f"{{{_ODS['office']}}}spreadsheet")
    for child in list(body):
        body.remove(child)
    [styles] = tree.iter(f"{{{_ODS['office']}}}automatic-styles")
    _add_styles(styles, etree)
    names: set[str] = set()
    for table in tables:
        sheet = etree.SubElement(body, _tag("table", "table"))
        sheet.set(_tag("table", "name"), _sheet_name(table.title, names))
        columns = etree.SubElement(sheet, _tag("table", "table-column"))
        columns.set(_tag("table", "number-columns-repeated"), str(max(len(table.headings), 1)))
        columns.set(_tag("table", "style-name"), _COLUMN)
        for number, row in enumerate((table.headings, *table.rows)):
            line = etree.SubElement(sheet, _tag("table", "table-row"))
            for text in row:
                cell = etree.SubElement(line, _tag("table", "table-cell"))
                cell.set(_tag("table", "style-name"), _CELL if number > table.head else _HEAD)
                if text:
                    cell.set(_tag("office", "value-type"), "string")
                    for paragraph in text.split("\n"):
                        _fill(etree.SubElement(cell, _tag("text", "p")), paragraph, etree)
    package.set_part("content.xml", etree.tostring(tree, xml_declaration=True, encoding="UTF-8"))
    file = io.BytesIO()
    package.save(file)
    return file.getvalue()


def _add_styles(styles: Any, etree: Any) -> None:
    """Columns of 5 cm, texts that go on below, headings in bold."""

    def style(name: str, family: str, **properties: str) -> None:
        found = etree.SubElement(styles, _tag("style", "style"))
        found.set(_tag("style", "name"), name)
        found.set(_tag("style", "family"), family)
        for key, value in properties.items():
            kind, space, attribute = key.split("__")
            part = f"{kind.replace('_', '-')}-properties"
            element = found.find(_tag("style", part))
            element = etree.SubElement(found, _tag("style", part)) if element is None else element
            element.set(_tag(space, attribute.replace("_", "-")), value)

    style(_COLUMN, "table-column", table_column__style__column_width="5cm")
    cell = {"table_cell__fo__wrap_option": "wrap", "table_cell__style__vertical_align": "top"}
    style(_CELL, "table-cell", **cell)
    style(_HEAD, "table-cell", **cell, text__fo__font_weight="bold")


def _tag(space: str, name: str) -> str:
    return f"{{{_ODS[space]}}}{name}"


def _fill(paragraph: Any, text: str, etree: Any) -> None:
    """A text with its tabs and blanks, which XML would run together."""
    last = None
    word = ""
    for char in text + "\0":
        space = char == "\t" or (char == " " and (not word or word.endswith(" ")))
        if not space and char != "\0":
            word += char
            continue
        if last is None:
            paragraph.text = (paragraph.text or "") + word
        else:
            last.tail = word
        word = ""
        if space:
            last = etree.SubElement(paragraph, _tag("text", "tab" if char == "\t" else "s"))


def _sheet_name(title: str, names: set[str]) -> str:
    """A name that no sheet of the file has, and that Excel takes too: 31 characters, none of ``[]*?:/\\``."""
    base = cut(" ".join(title.translate(_NOT_IN_A_NAME).split()), 31).strip() or "-"
    name, number = base, 1
    while name.casefold() in names:
        number += 1
        name = f"{cut(base, 27).strip()} {number}"
    names.add(name.casefold())
    return name


# --- reading ---------------------------------------------------------------------------------------------------


def read_sheet(data: bytes) -> list[list[str]]:
    """The rows of the first sheet that holds any, as text, whatever program saved it. Raises UnreadableSheet."""
    if len(data) > BIGGEST:
        raise UnreadableSheet
    return _read_package(data) if data.startswith(b"PK") else _read_csv(data)


def _read_package(data: bytes) -> list[list[str]]:
    import python_calamine as calamine

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if sum(it.file_size for it in package.infolist()) > 5 * BIGGEST:
                raise UnreadableSheet
        with calamine.load_workbook(io.BytesIO(data)) as book:
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                if sheet.total_height > MOST_ROWS or sheet.total_width > MOST_COLUMNS:
                    raise UnreadableSheet
                rows = sheet.to_python(skip_empty_area=False)
                if rows:
                    return [[_text(cell) for cell in row] for row in rows]
    except (zipfile.BadZipFile, calamine.CalamineError, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableSheet from error
    return []


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None or isinstance(value, timedelta) else str(value)


def _read_csv(data: bytes) -> list[list[str]]:
    text = _decoded(data)
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    csv.field_size_limit(BIGGEST)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise UnreadableSheet from error
    if len(rows) > MOST_ROWS or max(map(len, rows), default=0) > MOST_COLUMNS:
        raise UnreadableSheet
    return [[_unguarded(cell) for cell in row] for row in rows]


def _unguarded(cell: str) -> str:
    """A cell without the apostrophe that was put in front of it."""
    return cell[1:] if cell.startswith("'") and inert(cell[1:]) == cell else cell


def _decoded(data: bytes) -> str:
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        with suppress(UnicodeDecodeError):
            return data.decode(encoding)
    raise UnreadableSheet
