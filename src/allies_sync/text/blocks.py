"""Markdown as the sequence of its blocks: a heading, a paragraph, a table, an item of a list, and what is between.

For merging: the blocks of a text put together again are that text, character for character.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from allies_sync.text.markdown import Token, parse

Likeness = tuple[str, ...]
"""What a reader sees of a block, whichever of its spellings an editor chose."""

_MARKS = {
    "em_open": "<i",
    "em_close": "i>",
    "strong_open": "<b",
    "strong_close": "b>",
    "s_open": "<s",
    "s_close": "s>",
    "bullet_list_open": "ul",
    "ordered_list_open": "ol",
    "list_item_open": "li",
    "blockquote_open": "quote",
    "blockquote_close": "quote>",
    "tr_open": "row",
    "th_open": "cell",
    "td_open": "cell",
    "hr": "hr",
}


@dataclass(frozen=True, slots=True)
class Block:
    """One block as it is written, and the empty lines before it."""

    before: str
    text: str

    @property
    def level(self) -> int:
        """Of a heading, 1 to 6; 0 for everything else."""
        first = next(iter(parse(self.text)), None)
        return int(first.tag[1]) if first is not None and first.type == "heading_open" else 0


def with_unix_lines(source: str) -> str:
    """``source`` with LF line ends and no byte order mark: what the other functions here take."""
    return source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def split(source: str) -> tuple[tuple[Block, ...], str]:
    """The blocks of ``source``, and the empty lines after the last one."""
    lines = source.split("\n")
    taken = 0
    blocks: list[Block] = []
    for start, end in _spans(source, lines):
        before = "".join(line + "\n" for line in lines[taken:start])
        blocks.append(Block(("\n" if blocks else "") + before, "\n".join(lines[start:end])))
        taken = end
    rest = "\n".join(lines[taken:])
    return tuple(blocks), ("\n" + rest if blocks and taken < len(lines) else rest)


def join(blocks: Sequence[Block], tail: str = "\n") -> str:
    """The text again."""
    return "".join(block.before + block.text for block in blocks) + tail


def _spans(source: str, lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """First and last line (exclusive) of each block. What the parser shows nothing of is a block as well: nobody's
    words are lost because they look like the target of a link."""
    position = 0
    for token in parse(source):
        if token.map is None or token.nesting < 0 or token.level != (token.type == "list_item_open"):
            continue
        if token.type in ("bullet_list_open", "ordered_list_open"):
            continue
        start, end = token.map
        yield from _runs(lines, position, start)
        while end > start + 1 and not lines[end - 1].strip():
            end -= 1
        yield start, end
        position = end
    yield from _runs(lines, position, len(lines))


def _runs(lines: Sequence[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of lines that are not empty."""
    first = None
    for number in range(start, end):
        if lines[number].strip():
            first = number if first is None else first
        elif first is not None:
            yield first, number
            first = None
    if first is not None:
        yield first, end


def likeness(text: str) -> Likeness:
    """What a reader sees of a block. Editors write ``*`` for ``-``, add escapes, fill up tables, make links of
    addresses, drop or double spaces: none of that makes another block."""
    found = tuple(_merged(_parts(parse(text))))
    return found or ("source", " ".join(text.split()))


def _parts(tokens: Sequence[Token]) -> Iterator[str | tuple[str, ...]]:
    for token in tokens:
        if token.type == "inline":
            yield from _inline(token.children or [])
        elif token.type == "heading_open":
            yield (token.tag,)
        elif token.type in ("fence", "code_block"):
            yield "code", token.content.strip("\n")
        elif token.type in _MARKS:
            yield (_MARKS[token.type],)


def _inline(children: Sequence[Token]) -> Iterator[str | tuple[str, ...]]:
    links: list[bool] = []
    for position, child in enumerate(children):
        match child.type:
            case "text":
                yield child.content
            case "softbreak":
                yield " "
            case "hardbreak":
                yield ("br",)
            case "code_inline":
                yield "code", child.content
            case "image":
                yield "image", str(child.attrs.get("src", "")), " ".join(child.content.split())
            case "link_open":
                url = str(child.attrs.get("href", ""))
                bare = _shown(children[position + 1 :]) in (url, url.removeprefix("mailto:"), url.partition("//")[2])
                links.append(bare)
                if not bare:
                    yield "link", url
            case "link_close":
                if not links.pop():
                    yield ("link>",)
            case _ if child.type in _MARKS:
                yield (_MARKS[child.type],)


def _shown(children: Sequence[Token]) -> str:
    """The words of the link that begins here."""
    words = []
    for child in children:
        if child.type == "link_close":
            break
        words.append(child.content)
    return "".join(words)


def _merged(parts: Iterator[str | tuple[str, ...]]) -> Iterator[str]:
    """Texts joined with what they touch and their spaces evened out; marks as they are."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text.strip():
            yield _even(text)
        text = ""
        yield "\0".join(part)  # no text holds it: the parser replaces it
    if text.strip():
        yield _even(text)


def _even(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
