"""Finishing a page's HTML, which is already sanitised: headings in order, tables that read well on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from itertools import count

from allies_sync.text.tags import Close, Open, Text, read_tags, start_tag

_WIDE = 3
"""A table of so many columns becomes one card for each row on a narrow screen."""
_SHORT = 8
"""A first column of so few characters holds hours: it stays beside the rest."""

_BEFORE_MARK = re.compile(r" (?=[?!;:»](?:\s|$))|(?<=«) ")
_NO_BREAK = "\u00a0"
_SPAN_OF_TIME = re.compile(r"\b\d{1,2}(?:h\d{0,2}|:\d\d)?–\d{1,2}(?:h(?:\d\d)?|:\d\d)(?!\w)")

_ROLES = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tfoot": "rowgroup", "tr": "row", "td": "cell"}

Piece = Text | Open | Close


def spaced(text: str, language: str) -> str:
    """French puts a space before some marks; no line may begin with one of them."""
    return _BEFORE_MARK.sub(_NO_BREAK, text) if language == "fr" else text


class Fragments:
    """The texts of one page, in order. The first heading of the first level is the page's title."""

    def __init__(self, language: str = "") -> None:
        self.title = ""
        self._language = language
        self._code = 0
        self._anchors: set[str] = set()

    def finish(self, html: str) -> str:
        """One text. Later headings of the first level go down to the second, anchors stay unique."""
        pieces = list(read_tags(html))
        if not self.title:
            pieces = self._without_title(pieces)
        return "".join(_source(piece) for piece in _labelled(self._in_order(piece) for piece in pieces))

    def _without_title(self, pieces: list[Piece]) -> list[Piece]:
        opening = next((i for i, piece in enumerate(pieces) if isinstance(piece, Open) and piece.name == "h1"), None)
        if opening is None:
            return pieces
        closing = next(
            (i for i in range(opening, len(pieces)) if isinstance(piece := pieces[i], Close) and piece.name == "h1"),
            opening,
        )
        self.title = spaced(" ".join(_text(pieces[opening:closing]).split()), self._language)
        return pieces[:opening] + pieces[closing + 1 :] if self.title else pieces

    def _in_order(self, piece: Piece) -> Piece:
        if isinstance(piece, Text):
            return piece if self._code else Text(spaced(piece.source, self._language))
        if piece.name in ("code", "pre"):
            self._code += 1 if isinstance(piece, Open) else -1
        name = "h2" if piece.name == "h1" else piece.name
        if isinstance(piece, Close):
            return Close(name)
        attributes = dict(piece.attributes)
        if "id" in attributes:
            attributes["id"] = self._unique(attributes["id"])
        return Open(name, attributes)

    def _unique(self, anchor: str) -> str:
        for number in count(1):
            candidate = anchor if number == 1 else f"{anchor}-{number}"
            if candidate not in self._anchors:
                break
        self._anchors.add(candidate)
        return candidate


def _labelled(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Wide tables: each cell says which column it is of, and what it is, whatever the screen makes of it."""
    table: list[Piece] = []
    for piece in pieces:
        if table or (isinstance(piece, Open) and piece.name == "table"):
            table.append(piece)
            if isinstance(piece, Close) and piece.name == "table":
                yield from _cards(table)
                table = []
        else:
            yield piece
    yield from table


def _cards(table: list[Piece]) -> list[Piece]:
    labels = _columns(table)
    nested = sum(isinstance(piece, Open) and piece.name == "table" for piece in table) > 1
    spanned = any(isinstance(piece, Open) and {"colspan", "rowspan"} & piece.attributes.keys() for piece in table)
    if len(labels) < _WIDE or nested or spanned:
        return table
    found: list[Piece] = []
    in_head, column = False, 0
    for piece in table:
        if isinstance(piece, Close):
            in_head = in_head and piece.name != "thead"
            found.append(piece)
        elif isinstance(piece, Open):
            in_head = in_head or piece.name == "thead"
            column = 0 if piece.name == "tr" else column
            attributes = dict(piece.attributes)
            if piece.name in _ROLES:
                attributes["role"] = _ROLES[piece.name]
            if piece.name == "table":
                attributes["class"] = "cards timed" if _starts_short(table) else "cards"
            elif piece.name in ("td", "th"):
                attributes["role"] = "columnheader" if in_head else "cell"
                if not in_head and column < len(labels):
                    attributes["data-label"] = labels[column]
                column += 1
            found.append(Open(piece.name, attributes))
        else:
            found.append(piece)
    return found


def _columns(table: list[Piece]) -> list[str]:
    """What the columns are called in the table's head."""
    labels: list[str] = []
    start: int | None = None
    for index, piece in enumerate(table):
        if isinstance(piece, Open) and piece.name == "th":
            start = index
        elif isinstance(piece, Close) and piece.name == "th" and start is not None:
            labels.append(" ".join(_text(table[start:index]).split()))
            start = None
        elif isinstance(piece, Close) and piece.name == "thead":
            return labels
    return []


def _starts_short(table: list[Piece]) -> bool:
    """Whether every row begins with a few characters, such as an hour."""
    starts: list[str] = []
    start: int | None = None
    first = False
    for index, piece in enumerate(table):
        if isinstance(piece, Open) and piece.name == "tr":
            first = True
        elif isinstance(piece, Open) and piece.name == "td" and first:
            start, first = index, False
        elif isinstance(piece, Close) and piece.name == "td" and start is not None:
            starts.append(_text(table[start:index]).strip())
            start = None
    return bool(starts) and max(map(len, starts)) <= _SHORT


def _text(pieces: list[Piece]) -> str:
    return unescape("".join(piece.source for piece in pieces if isinstance(piece, Text)))


def _source(piece: Piece) -> str:
    if isinstance(piece, Text):
        # a line could end after the dash
        return _SPAN_OF_TIME.sub(r'<span class="whole">\g<0></span>', piece.source)
    return start_tag(piece.name, piece.attributes) if isinstance(piece, Open) else f"</{escape(piece.name)}>"
