"""Markdown as a tree of plain data that the typesetter builds pages from: nothing in it is markup any more.

A block is a JSON object whose `k` says what it is (`heading`, `paragraph`, `bullets`, `numbers`, `quote`, `table`,
`records`, `code`, `figure`, `rule`); a piece of a line is a string or an object (`strong`, `emph`, `strike`, `code`,
`link`, `break`, `cut`: a place where a long word may be cut). `booklet.typ` is the only reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

from allies_sync.bilans.lines import (
    LONGEST_WORD,
    MOST_CUTS,
    Inline,
    clean,
    cuts_in,
    flat,
    joined,
    letters_in,
    pieces,
    softened,
    wrapped,
)
from allies_sync.text.characters import calm_marks, clean_lines, cut
from allies_sync.text.markdown import Token, parse
from allies_sync.text.messages import _

Block = dict[str, Any]
Picture = Callable[[str], tuple[str, str] | None]
"""From an image's target to its file and the alternative text that it bears itself; None when it is not at hand."""

_DEEPEST = 7  # lists and quotations in one another; the typesetter bears about twice as many
_LONGEST_HEADING = 300
_LONGEST_ALT = 4_000
_LEAD = 200  # letters: two lines and a half
_FEW = 12  # rows: a longer table may part
_LINE_LETTERS = 84  # on a line of text
_WIDE_TABLE = 8  # columns: the page is turned
_MOST_COLUMNS = 16  # more than that are records, one under the other


def blocks(source: str, picture: Picture, *, french: bool = True) -> list[Block]:
    """Return the blocks of Markdown `source`; every word of it is in one of them.

    Headings start at level 1 and skip none. What is nested too deeply stands one level up.
    """
    return _kept(_levelled(_Reader(picture, french).read(parse(source))))


class _Reader:
    """Walks over the parser's tokens, once."""

    def __init__(self, picture: Picture, french: bool) -> None:
        self._picture = picture
        self._french = french
        self._tokens: Sequence[Token] = ()
        self._at = 0

    def read(self, tokens: Sequence[Token]) -> list[Block]:
        self._tokens, self._at = tokens, 0
        return self._until("", 0)

    def _until(self, end: str, depth: int) -> list[Block]:
        """Read blocks up to the token that closes the one they stand in."""
        found: list[Block] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.type == end:
                break
            found.extend(self._block(token, depth))
        return found

    def _block(self, token: Token, depth: int) -> Iterator[Block]:
        match token.type:
            case "heading_open":
                children = self._inline()
                yield from self._heading(0 if depth else int(token.tag[1:]), children)
            case "paragraph_open":
                yield from self._paragraph(self._inline())
            case "inline":
                yield from self._paragraph(token.children or [])
            case "blockquote_open":
                inside = self._until("blockquote_close", depth + 1)
                yield from _unless_deep(depth, inside, {"k": "quote", "c": inside})
            case "bullet_list_open":
                items = self._items("bullet_list_close", depth + 1)
                yield from _unless_deep(depth, list(chain(*items)), {"k": "bullets", "items": items})
            case "ordered_list_open":
                start = min(int(token.attrs.get("start", 1)), 999_999)
                items = self._items("ordered_list_close", depth + 1)
                yield from _unless_deep(depth, list(chain(*items)), {"k": "numbers", "start": start, "items": items})
            case "table_open":
                yield from self._table(depth)
            case "code_block" | "fence":
                yield from _code(token.content)
            case "hr":
                yield {"k": "rule"}
            case "html_block":
                yield from _code(token.content)
            case _:
                return

    def _inline(self) -> Sequence[Token]:
        """The children of the `inline` token that follows, its closing one being passed over."""
        children = self._tokens[self._at].children or []
        self._at += 2
        return children

    def _items(self, end: str, depth: int) -> list[list[Block]]:
        items: list[list[Block]] = []
        while self._tokens[self._at].type != end:
            self._at += 1  # the item's own opening
            items.append(self._until("list_item_close", depth))
        self._at += 1
        return items

    def _heading(self, level: int, children: Sequence[Token]) -> Iterator[Block]:
        """A heading; in a list, or too long for a page of contents, a paragraph in bold. Level 0: in a list."""
        shown = self._line(children)
        letters = letters_in(shown)
        if letters and level and len(letters) <= _LONGEST_HEADING:
            yield {"k": "heading", "level": level, "c": shown}
        elif letters:
            yield from _paragraphs([{"k": "strong", "c": shown}])
        yield from self._figures(children)

    def _paragraph(self, children: Sequence[Token]) -> Iterator[Block]:
        """A paragraph; pictures in it stand between what comes before and after them."""
        part: list[Token] = []
        opened: list[Token] = []  # marks around the picture: closed before it, opened again after it
        for child in children:
            figure = self._figure(child)
            if figure is not None:
                closing = [Token(mark.type.replace("_open", "_close"), mark.tag, -1) for mark in reversed(opened)]
                yield from _paragraphs(self._line([*part, *closing]))
                part = list(opened)
                yield figure
                continue
            part.append(child)
            if child.nesting == 1:
                opened.append(child)
            elif child.nesting == -1:
                opened.pop()
        yield from _paragraphs(self._line(part))

    def _figures(self, children: Sequence[Token]) -> Iterator[Block]:
        yield from filter(None, map(self._figure, children))

    def _figure(self, token: Token) -> Block | None:
        found = self._picture(str(token.attrs.get("src", ""))) if token.type == "image" else None
        if found is None:
            return None
        file, own_words = found
        typed = clean(_alt(token), self._french)
        caption = str(token.attrs.get("title", ""))
        return {
            "k": "figure",
            "file": file,
            "alt": cut(typed or own_words or _("Image sans description"), _LONGEST_ALT),
            "caption": softened(pieces(clean(caption, self._french), LONGEST_WORD)) if caption else [],
        }

    # --- tables ----------------------------------------------------------------------------------------------

    def _table(self, depth: int) -> Iterator[Block]:
        rows: list[list[Sequence[Token]]] = []
        aligned: list[str] = []
        while (token := self._tokens[self._at]).type != "table_close":
            self._at += 1
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                if len(rows) == 1:
                    aligned.append(str(token.attrs.get("class", "align-start")).removeprefix("align-"))
                rows[-1].append(self._inline())
        self._at += 1
        yield from self._laid_out(rows, aligned, depth)
        for row in rows:
            for cell in row:
                yield from self._figures(cell)

    def _laid_out(self, rows: list[list[Sequence[Token]]], aligned: list[str], depth: int) -> Iterator[Block]:
        columns = len(aligned)
        if columns > _MOST_COLUMNS:
            head = [softened(self._line(cell)) for cell in rows[0]]
            records = [
                [
                    [{"k": "strong", "c": [*name, _("{what} : ").format(what="")]}, *softened(self._line(cell))]
                    for name, cell in zip(head, row, strict=False)
                ]
                for row in rows[1:]
            ]
            yield {"k": "records", "records": records or [[[name] for name in head]]}
            return
        turned = columns >= _WIDE_TABLE and depth == 0
        small = columns > 5
        room = int(_LINE_LETTERS * (1.2 if small else 1.08) * (1.6 if turned else 1)) - 2 * columns
        widths = _widths([[letters_in(self._line(cell)) for cell in row] for row in rows], room)
        longest = [max(3, int(room * width / sum(widths) * 0.85)) for width in widths]
        cells = [
            [softened(self._line(cell, longest=most)) for cell, most in zip(row, longest, strict=False)]
            for row in rows
        ]
        yield {
            "k": "table",
            "turned": turned,
            "small": small,
            "widths": widths,
            "aligned": aligned,
            "head": cells[0],
            "rows": cells[1:],
        }

    # --- lines -----------------------------------------------------------------------------------------------

    def _line(self, children: Sequence[Token], longest: int = LONGEST_WORD) -> list[Inline]:
        """What a line shows, blanks at its ends left out."""
        stack: list[list[Inline]] = [[]]
        opened: list[Token] = []
        for child in children:
            match child.type:
                case "strong_open" | "em_open" | "s_open" | "link_open":
                    opened.append(child)
                    stack.append([])
                case "strong_close" | "em_close" | "s_close" | "link_close":
                    inside = stack.pop()
                    closed = opened.pop()
                    struck = any(token.type == "s_open" for token in opened)
                    stack[-1].extend(wrapped(closed, inside, struck) if len(stack) < _DEEPEST else inside)
                case "softbreak":
                    stack[-1].append(" ")
                case "hardbreak":
                    stack[-1].append({"k": "break"})
                case "code_inline":
                    stack[-1].append({"k": "code", "c": pieces(clean(child.content, False), longest)})
                case "image":
                    if self._picture(str(child.attrs.get("src", ""))) is None:
                        words = _("[image : {words}]").format(words=_alt(child) or child.attrs.get("src", ""))
                        stack[-1].extend(pieces(clean(words, self._french), longest))
                case _:
                    stack[-1].extend(pieces(clean(child.content, self._french), longest))
        return joined(stack[0])


def _alt(token: Token) -> str:
    return " ".join(child.content for child in token.children or [] if child.content) or token.content


def _paragraphs(line: list[Inline]) -> Iterator[Block]:
    """One paragraph, or several when a monstrous word would take the typesetter too long."""
    if not letters_in(line):
        return
    part: list[Inline] = []
    cuts = 0
    for piece in flat(line) if cuts_in(line) > MOST_CUTS else line:
        part.append(piece)
        cuts += not isinstance(piece, str) and piece["k"] == "cut"
        if cuts >= MOST_CUTS:
            yield {"k": "paragraph", "c": part}
            part, cuts = [], 0
    if part:
        yield {"k": "paragraph", "c": part}


def _code(content: str) -> Iterator[Block]:
    """Lines as they were typed, in blocks that the typesetter takes one at a time."""
    if not content.strip():
        return
    lines: list[list[Inline]] = []
    size = 0
    for line in calm_marks(clean_lines(content)).rstrip("\n").expandtabs(4).split("\n"):
        indented = len(line) - len(line.lstrip(" "))
        rest = pieces("\u00a0" * min(indented, 40) + line[indented:], LONGEST_WORD)
        for start in range(0, max(len(rest), 1), 2 * MOST_CUTS):
            part = rest[start : start + 2 * MOST_CUTS]
            lines.append(part)
            size += len(part) + 1
            if size > 2 * MOST_CUTS:
                yield {"k": "code", "lines": lines}
                lines, size = [], 0
    if lines:
        yield {"k": "code", "lines": lines}


def _unless_deep(depth: int, inside: list[Block], block: Block) -> list[Block]:
    return inside if depth >= _DEEPEST else [block] if inside else []


def _widths(rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """How many letters wide columns are in `room`: short texts stay on a line, long ones share what is left."""
    texts = [[row[column] for row in rows if column < len(row)] for column in range(len(rows[0]))]
    wanted = [max(4, min(max(map(len, cells)), room) + 2) for cells in texts]
    words = [max((len(word) for cell in cells for word in cell.split()), default=0) for cells in texts]
    least = [max(4, min(word, 18) + 2) for word in words]
    most = max(wanted)
    while sum(min(want, max(most, low)) for want, low in zip(wanted, least, strict=True)) > room and most > 4:
        most -= 1
    return [min(want, max(most, low)) for want, low in zip(wanted, least, strict=True)]


def _levelled(found: list[Block]) -> list[Block]:
    """Levels from 1, without a gap: a person may start with any, and skip some."""
    stack: list[int] = []
    for block in found:
        if block["k"] == "heading":
            while stack and stack[-1] >= block["level"]:
                stack.pop()
            stack.append(block["level"])
            block["level"] = len(stack)
    return found


def _kept(found: list[Block]) -> list[Block]:
    """Mark what stays on the page of what it announces: "… écrit :", or a line under a heading; and tables on that of
    the line that says something of them, "30 personnes ont répondu.", which would stand alone on the next."""
    for before, block, after in zip([{"k": ""}, *found], found, [*found[1:], {"k": ""}], strict=False):
        if block["k"] != "paragraph":
            continue
        said = letters_in(block["c"])
        if before["k"] == "table" and not before["turned"] and len(before["rows"]) <= _FEW and len(said) < _LEAD:
            before["keep"] = True
        introduces = after["k"] in ("figure", "table") or after.get("level", 0) > before.get("level", 99)
        block["keep"] = said.endswith(":") or (before["k"] == "heading" and len(said) < _LEAD and introduces)
    return found
