"""Markdown read and shown: as tokens for a wiki's own syntax, as HTML for a page, as plain text.

CommonMark with tables, strikethrough and check boxes. What a value needs to stand in Markdown is in `escaping`.
Whatever the source holds, nothing of it is lost and the work is bounded: a source too long or too deeply nested to be
read as Markdown is shown as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from itertools import takewhile

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from allies_sync.text.characters import encodable
from allies_sync.text.escaping import Markdown, escape_markdown, escape_paragraphs
from allies_sync.text.names import slugify
from allies_sync.text.sanitise import clean_html
from allies_sync.text.tags import Open, Text, read_tags
from allies_sync.text.urls import REF_SCHEME, Link

__all__ = [
    "Link",
    "Markdown",
    "Token",
    "escape_markdown",
    "escape_paragraphs",
    "parse",
    "plain_text",
    "render_html",
    "render_people_html",
]

MAX_SOURCE = 2_000_000  # characters: pictures written into a page take hundreds of thousands
# Time goes with what may begin some markup, more than with length: this many take a few seconds at worst.
MAX_MARKS = 60_000
_MARKS = "\n[]*_~`<&!|\\"
# Rows that are too short get the cells they lack: a few kilobytes could make millions of cells.
MAX_CELLS = 100_000
_DELIMITER_ROW = "|:-> \t\r0123456789.)*+"  # also in a quotation or a list; rows of numbers do no harm

# The parser silently drops what is nested deeper; `_parse` sees to it. Time also goes with this, for brackets.
_MAX_NESTING = 20

_CHECKBOX = re.compile(r"\[([ xX])\](?=[ \u00a0])")
_ALIGNMENT = re.compile(r"text-align:(left|right|center)")


def parse(source: str) -> list[Token]:
    """Return the tokens of `source`, raw HTML in it being text.

    Headings bear a unique `id`. Targets stand as they were written for our own references (`ref:page:programme`),
    percent-encoded for the others. Check boxes are the characters ☐ and ☑.
    """
    return _parse(source, html=False)


def render_html(source: str, *, link: Link | None = None) -> str:
    """Return `source` as an HTML fragment; raw HTML in it is shown as text.

    `link` gives the URL of each target of a link or an image, or None: its text then stands without a link. Without
    `link`, http(s), mailto, tel and relative addresses stay. No image comes from elsewhere: it becomes a link.
    """
    return _render(source, html=False, link=link)


def render_people_html(source: str, *, link: Link | None = None) -> str:
    """Return a page that people wrote, raw HTML included, as an HTML fragment that does nothing but be read.

    `link` works as for `render_html`, also on raw HTML; what is taken out is what `sanitise.clean_html` says.
    """
    return _render(source, html=True, link=link)


def plain_text(source: str) -> str:
    """Return `source` as plain text to be read: no markup, the addresses of links in brackets, blocks apart."""
    writer = _PlainWriter()
    for token in _parse(source, html=True):
        writer.take(token)
    return "\n".join(writer.lines)


class _Parser(MarkdownIt):
    def normalizeLink(self, url: str) -> str:
        """Leave our own references as they are written: they are keys, not addresses."""
        return url if url.startswith(f"{REF_SCHEME}:") else super().normalizeLink(url)


def _parse(source: str, *, html: bool) -> list[Token]:
    source = encodable(source)
    if _is_bearable(source):
        tokens = _parser(html).parse(source)
        if not any(token.nesting == 1 and token.level >= _MAX_NESTING - 1 for token in tokens):
            return tokens
    return [Token("code_block", "code", 0, content=source, block=True, map=[0, source.count("\n") + 1])]


def _is_bearable(source: str) -> bool:
    if len(source) > MAX_SOURCE or sum(map(source.count, _MARKS)) > MAX_MARKS:
        return False
    cells = columns = 0
    for line in source.split("\n"):
        if not line.strip(_DELIMITER_ROW):
            columns = line.count("|") + 1 if line.strip("> \t\r") else 0
        cells += columns
    return cells <= MAX_CELLS


def _render(source: str, *, html: bool, link: Link | None) -> str:
    parser = _parser(html)
    rendered = parser.renderer.render(_parse(source, html=html), parser.options, {})
    return clean_html(rendered, link=link)


@cache
def _parser(html: bool) -> MarkdownIt:
    parser = _Parser("commonmark", {"html": html, "maxNesting": _MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    # Before escaped characters are joined to the text around them: "\[ ]" is no check box.
    parser.core.ruler.before("text_join", "check_boxes", _mark_check_boxes)
    parser.core.ruler.push("anchors", _set_anchors)
    parser.core.ruler.push("alignments", _set_alignments)
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    return parser


def _mark_check_boxes(state: StateCore) -> None:
    tokens = state.tokens
    for item, paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (item.type, paragraph.type) != ("list_item_open", "paragraph_open") or not inline.children:
            continue
        first = inline.children[0]
        found = _CHECKBOX.match(first.content) if first.type == "text" else None
        if found:
            first.content = ("☐" if found[1] == " " else "☑") + first.content[found.end() :]
            item.attrSet("class", "task")


def _set_anchors(state: StateCore) -> None:
    taken: set[str] = set()
    counts: dict[str, int] = {}
    for heading, inline in zip(state.tokens, state.tokens[1:], strict=False):
        if heading.type != "heading_open":
            continue
        try:
            base = slugify(_inline_text(inline.children or [], with_addresses=False))
        except ValueError:  # no letter that an anchor can hold
            base = "section"
        anchor = base
        while anchor in taken:
            counts[base] = counts.get(base, 1) + 1
            anchor = f"{base}-{counts[base]}"
        taken.add(anchor)
        heading.attrSet("id", anchor)


def _set_alignments(state: StateCore) -> None:
    """Say alignments by a class: pages allow no `style`."""
    for token in state.tokens:
        found = (
            _ALIGNMENT.fullmatch(str(token.attrs.get("style", ""))) if token.type in ("th_open", "td_open") else None
        )
        if found:
            token.attrs = {"class": f"align-{found[1]}"}


def _open_table(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return f'<div class="table">{renderer.renderToken(tokens, index, options, env)}'


def _close_table(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return f"{renderer.renderToken(tokens, index, options, env).rstrip()}</div>\n"


def _inline_text(children: Sequence[Token], *, with_addresses: bool = True) -> str:
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for child in children:
        match child.type:
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append("\n")
            case "html_inline":
                parts.append("\n" if child.content.lower().startswith("<br") else "")
            case "link_open":
                links.append((str(child.attrs.get("href", "")), len(parts)))
            case "link_close":
                url, start = links.pop()
                if with_addresses and url.startswith(("http://", "https://", "mailto:")):
                    shown = "".join(parts[start:])
                    parts.append("" if url.removeprefix("mailto:") == shown else f" ({url})")
            case _:
                parts.append(child.content)
    return "".join(parts)


@dataclass(slots=True)
class _Margin:
    """What one container puts before each of its lines: its mark before the first, as much room before the others."""

    mark: str
    room: str

    def take(self) -> str:
        mark, self.mark = self.mark, self.room
        return mark


class _PlainWriter:
    """Writes blocks as lines: quotations and lists keep their marks, everything else loses them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._margins: list[_Margin] = []
        self._last_margins: list[_Margin] = []
        self._cells: list[str] | None = None
        self._lists = 0
        self._starts_list = False  # the next block begins a list that stands in no other
        self._close_up = False  # no empty line before the next block

    def take(self, token: Token) -> None:
        match token.type:
            case "blockquote_open":
                self._margins.append(_Margin("> ", "> "))
            case "list_item_open":
                mark = f"{token.info}{token.markup} " if token.info else "- "
                self._margins.append(_Margin(mark, " " * len(mark)))
            case "blockquote_close" | "list_item_close":
                self._margins.pop()
            case "bullet_list_open" | "ordered_list_open":
                self._starts_list = self._starts_list or not self._lists
                self._lists += 1
            case "bullet_list_close" | "ordered_list_close":
                self._lists -= 1
            case "paragraph_open":
                self._close_up = token.hidden and not self._starts_list
            case "tr_open":
                self._cells = []
            case "tr_close":
                row, self._cells = " | ".join(self._cells or []), None
                self._write(row)
                self._close_up = True
            case "table_close":
                self._close_up = False
            case "inline":
                text = _inline_text(token.children or [])
                if self._cells is None:
                    self._write(text)
                else:
                    self._cells.append(text)
            case "code_block" | "fence":
                self._write(token.content.rstrip("\n"))
            case "html_block":
                self._write(_text_of_html(token.content))

    def _write(self, text: str) -> None:
        if not text:
            return
        if self.lines and not self._close_up:
            pairs = zip(self._margins, self._last_margins, strict=False)
            shared = takewhile(lambda pair: pair[0] is pair[1], pairs)
            self.lines.append("".join(margin.room for margin, _last in shared).rstrip())
        for line in text.split("\n"):
            start = "".join(margin.take() for margin in self._margins)
            self.lines.append(start + line if line else start.rstrip())
        self._last_margins = list(self._margins)
        self._close_up = self._starts_list = False


def _text_of_html(html: str) -> str:
    parts: list[str] = []
    for piece in read_tags(html):
        if isinstance(piece, Text):
            parts.append(_unescaped(piece.source))
        elif isinstance(piece, Open) and piece.name in ("br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4"):
            parts.append("\n")
    lines = [line.strip() for line in "".join(parts).split("\n")]
    return "\n".join(line for line in lines if line)


def _unescaped(source: str) -> str:
    try:
        return unescape(source)
    except ValueError:  # a character reference with thousands of digits
        return source
