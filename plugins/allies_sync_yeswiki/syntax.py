"""Markdown as a YesWiki page: headings, lists, tables, links and emphasis in the wiki's own signs, so that people can
go on writing; what it has no signs for as HTML that does nothing but be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

from allies_sync.text.markdown import Token, parse
from allies_sync.text.urls import is_safe_link
from allies_sync_yeswiki.inert import html_words, raw, words

Link = Callable[[str], str | None]
"""Gives, for ``ref:…`` or an address, what stands in a link of the wiki: a page's name or an address."""

PLACE = re.compile("\ue000(\\d+)\ue001")
"""Where a widget stands in a Markdown source. No typed words hold these characters."""

_PLAIN = re.compile(r"[^\[\]|\n\"]*")
_SIGNS = {"strong": "**", "em": "//", "s": "~~"}
_TAGS = {"strong": "b", "em": "i", "s": "s"}
_CODE = re.compile(r"[\w .,;:/+()'-]+")


def place(number: int) -> str:
    return f"\ue000{number}\ue001"


def wiki_text(source: str, link: Link, widgets: Sequence[tuple[str, str]] = ()) -> str:
    """A Markdown source as a page. ``widgets``: for each place, what stands there alone, and inside a line."""
    writer = _Writer(link, widgets)
    writer.blocks(parse(source))
    text = "\n".join(line.rstrip() for line in "".join(writer.out).split("\n"))
    return re.sub(r"\n{4,}", "\n\n\n", text).strip("\n")


@dataclass
class _List:
    ordered: bool
    number: int


@dataclass
class _Writer:
    link: Link
    widgets: Sequence[tuple[str, str]]
    out: list[str] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    cells: list[str] | None = None
    head: bool = False

    # --- blocks -------------------------------------------------------------------------------------------

    def blocks(self, tokens: Sequence[Token]) -> None:
        index = 0
        while index < len(tokens):
            token = tokens[index]
            match token.type:
                case "heading_open":
                    signs = "=" * max(2, 7 - int(token.tag[1]))
                    self.block(f"{signs}{self.inline(tokens[index + 1], heading=True)}{signs}")
                    index += 2
                case "paragraph_open":
                    self.paragraph(tokens[index + 1])
                    index += 2
                case "fence" | "code_block":
                    self.code(token.content.rstrip("\n"))
                case "hr":
                    self.block("----")
                case "blockquote_open":
                    self.opening("<blockquote>")
                case "blockquote_close":
                    self.ending("</blockquote>")
                case "bullet_list_open" | "ordered_list_open":
                    start = int(token.attrs.get("start", 1) or 1)
                    self.lists.append(_List(token.type == "ordered_list_open", start))
                case "bullet_list_close" | "ordered_list_close":
                    self.lists.pop()
                    if not self.lists:
                        self.out.append("\n")
                case "list_item_open":
                    self.item()
                case "table_open":
                    self.opening('<div style="overflow-x:auto">')
                    self.out.append("[|\n")
                case "table_close":
                    self.out.append("|]")
                    self.ending("</div>")
                case "thead_open" | "thead_close":
                    self.head = token.type == "thead_open"
                case "tr_open":
                    self.cells = []
                case "tr_close":
                    self.out.append("|" + "|".join(self.cells or []) + "|\n")
                    self.cells = None
                case "th_open" | "td_open":
                    if self.cells is not None:
                        self.cells.append(self.cell(tokens[index + 1]))
                    index += 1
                case _:
                    pass
            index += 1

    def block(self, text: str) -> None:
        """A line of its own; inside a list it stays in the item, since an empty line would end it."""
        if self.lists:
            self.in_item(text)
        else:
            self.out.append(f"{text}\n\n")

    def opening(self, tag: str) -> None:
        """A tag before what it holds, on the same line: a line end would be shown."""
        if self.lists:
            self.in_item(raw(tag))
            self.out[-1] = self.out[-1].rstrip("\n")
        else:
            self.out.append(raw(tag))

    def ending(self, tag: str) -> None:
        self.out[-1] = self.out[-1].rstrip("\n")
        self.out.append(raw(tag) + ("\n" if self.lists else "\n\n"))

    def paragraph(self, token: Token) -> None:
        alone = PLACE.fullmatch((token.content or "").strip())
        if alone:
            text = self.shown(alone, 0)
            if text:
                # after an action the wiki takes one line end less for a break
                self.block(text if self.lists else f"{text}\n")
            return
        self.block(self.inline(token))

    def code(self, text: str) -> None:
        if self.lists:
            self.in_item(raw(f"<code>{html_words(text)}</code>").replace("\n", "<br>"))
        elif re.search(r'%%|""|[\[\]]|^\(', text):
            self.block(raw(f"<pre>{html_words(text)}</pre>"))
        else:
            self.block(f"%%{text}%%")

    def item(self) -> None:
        current = self.lists[-1]
        sign = f"{current.number})" if current.ordered else "-"
        current.number += 1
        if self.out and not self.out[-1].endswith("\n"):
            self.out.append("\n")
        self.out.append(" " * len(self.lists) + sign + " ")

    def in_item(self, text: str) -> None:
        """What belongs to the item that is open, on its line: a line of its own would end the list."""
        if self.out and self.out[-1].endswith("\n"):
            self.out[-1] = self.out[-1].rstrip("\n") + raw("<br>")
        self.out.append(text.replace("\n", raw("<br>")) + "\n")

    def cell(self, token: Token) -> str:
        text = self.inline(token).replace("\n", raw("<br>")).strip()
        if self.head and text and "**" not in text:
            text = f"**{text}**"
        # a blank at the end alone: to the left
        return f"{text} " if text else raw("&nbsp;") + " "

    # --- inside a line --------------------------------------------------------------------------------------

    def inline(self, token: Token, *, heading: bool = False) -> str:
        children = token.children or []
        text = self.run(children, 0, len(children))
        text = "\n".join(line.strip(" ") for line in text.split("\n"))
        if heading:
            return text.replace("\n", " ")
        return text

    def run(self, children: Sequence[Token], start: int, end: int) -> str:
        pieces: list[str] = []
        index = start
        while index < end:
            child = children[index]
            kind = child.type.removesuffix("_open")
            if child.type == "text":
                pieces.append(self.text(child.content))
            elif child.type == "softbreak":
                pieces.append(" ")
            elif child.type == "hardbreak":
                pieces.append("\n")
            elif child.type == "code_inline":
                pieces.append(self.inline_code(child.content))
            elif child.type == "image":
                pieces.append(self.image(child))
            elif child.type == "link_open":
                close = self.closing(children, index, end)
                pieces.append(self.linked(child, children[index + 1 : close]))
                index = close
            elif kind in _SIGNS and child.nesting == 1:
                close = self.closing(children, index, end)
                pieces.append(self.emphasis(kind, self.run(children, index + 1, close)))
                index = close
            else:
                pieces.append(self.text(child.content))
            index += 1
        return "".join(pieces)

    def closing(self, children: Sequence[Token], index: int, end: int) -> int:
        level = children[index].level
        for position in range(index + 1, end):
            if children[position].nesting == -1 and children[position].level == level:
                return position
        return end

    def emphasis(self, kind: str, text: str) -> str:
        if not text.strip():
            return text
        sign = _SIGNS[kind]
        if "\n" in text or sign in text or text[0] == sign[0] or text[-1] == sign[0]:
            tag = _TAGS[kind]
            return raw(f"<{tag}>") + text + raw(f"</{tag}>")
        return f"{sign}{text}{sign}"

    def text(self, content: str) -> str:
        pieces: list[str] = []
        position = 0
        for found in PLACE.finditer(content):
            pieces += [words(content[position : found.start()]), self.shown(found, 1)]
            position = found.end()
        return "".join([*pieces, words(content[position:])])

    def shown(self, found: re.Match[str], which: int) -> str:
        number = int(found[1])
        return self.widgets[number][which] if number < len(self.widgets) else ""

    def inline_code(self, content: str) -> str:
        if _CODE.fullmatch(content) and "//" not in content:
            return f"`{content}`"
        return raw(f"<code>{html_words(content)}</code>")

    def image(self, token: Token) -> str:
        """A picture is asked for by no page of ours: it becomes a link."""
        shown = token.content or str(token.attrs.get("src", ""))
        return self.to(str(token.attrs.get("src", "")), shown) or words(shown)

    def linked(self, token: Token, inside: Sequence[Token]) -> str:
        target = str(token.attrs.get("href", ""))
        if all(child.type in ("text", "softbreak") for child in inside):
            shown = "".join(child.content if child.type == "text" else " " for child in inside)
            return self.to(target, shown) or self.text(shown)
        rendered = self.run(inside, 0, len(inside))
        url = self.link(target)
        if url is None or not is_safe_link(url):
            return rendered
        return self.to(target, "".join(child.content for child in inside)) or rendered

    def to(self, target: str, shown: str) -> str | None:
        """A link of the wiki, or None for one that leads nowhere."""
        url = self.link(target)
        if not url or not is_safe_link(url):
            return None
        shown = " ".join(shown.split()) or url
        simple = _PLAIN.fullmatch(shown) and "@@" not in shown and "\u00a3\u00a3" not in shown
        if simple and re.fullmatch(r"[^\s\[\]|@\"\u00a3]+", url):
            return f"[[{url} {shown}]]"
        href = escape(url, quote=True)
        return raw(f'<a href="{_defused(href)}">{html_words(shown)}</a>')


def _defused(href: str) -> str:
    return href.replace("[", "%5B").replace("]", "%5D").replace("|", "%7C").replace("{", "%7B").replace("}", "%7D")
