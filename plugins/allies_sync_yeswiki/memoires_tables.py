"""Records out of the tables that a wiki exports as text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from html import unescape

from allies_sync.model.memoire import VOCABULARIES
from allies_sync.model.memoire_labels import place
from allies_sync.platforms.memoires import Record, Value
from allies_sync_yeswiki.memoires_scan import Piece
from allies_sync_yeswiki.memoires_text import moment


def csv_records(piece: Piece) -> Iterator[Record]:
    """The export that people look at, or copy: a table as text."""
    text = unescape(re.sub(r"^<pre[^>]*>|</pre>$", "", piece.html.strip(), flags=re.IGNORECASE)).strip()
    yield from table_records(csv.reader(io.StringIO(text)), "csv")


def table_records(rows: Iterable[list[str]], form: str) -> Iterator[Record]:
    """Records of a table whose first line has the labels."""
    lines = iter(rows)
    heads = [head.strip().rstrip("* ") for head in next(lines, [])]
    for line in lines:
        cells = dict(zip(heads, line, strict=False))
        title = next((cells[head] for head in heads if head.lower() in ("titre", "bf_titre")), "")
        if not title.strip():
            continue
        values = tuple(
            Value(head, _unquoted(head, cell))
            for head, cell in cells.items()
            if head.lower() not in ("titre", "bf_titre") and not head.startswith(("datetime_", "bf_"))
        )
        created = moment(cells.get("datetime_create", ""))
        updated = moment(cells.get("datetime_latest", ""))
        yield Record("", " ".join(title.split()), values, form, created=created, updated=updated)


def _unquoted(label: str, cell: str) -> str:
    """Some versions put the labels of options between quotes of their own."""
    if '"' in cell and place(label) in VOCABULARIES:
        return ", ".join(next(csv.reader([cell], skipinitialspace=True), []))
    return cell
