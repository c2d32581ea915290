"""What the tool remembers of the quotations it wrote, without their words once they are nobody's answer any more.

A remembered part is needed to know it again in a text where people write too. Its words are not: a hash of what a
reader sees of them does as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace

from allies_sync.bilans.parts import Part
from allies_sync.text.blocks import Likeness, likeness, split
from allies_sync.text.names import fold

_QUOTATION = re.compile(r"/(?:citation-)?([0-9a-f]{12})$")
_FORGOTTEN = re.compile(r"\[sha256:[0-9a-f]{64}\]")
_TICK = re.compile(r"^\s*[-*+] \[[ xX]\] ")
ENOUGH = 12
"""So many letters are no coincidence when they stand inside other words."""


def forgotten(
    parts: Iterable[Part], *, kept: Container[str] = (), digests: Container[str] | None = None
) -> list[Part]:
    """Parts, in which quotations have no words any more: those of these ``digests``, or all whose key is not
    ``kept``."""
    return [_without_words(part) if _is_gone(part, kept, digests) else part for part in parts]


def _is_gone(part: Part, kept: Container[str], digests: Container[str] | None) -> bool:
    found = _QUOTATION.search(part.key)
    if found is None:
        return False
    return part.key not in kept if digests is None else found[1] in digests


def _without_words(part: Part) -> Part:
    return replace(part, text=_mark(part.text))


def _mark(text: str) -> str:
    if _FORGOTTEN.fullmatch(text):
        return text
    return f"[sha256:{hashlib.sha256(repr(_unticked(likeness(text))).encode('utf-8', 'replace')).hexdigest()}]"


def _unticked(like: Likeness) -> Likeness:
    """A tick says that somebody chose the words, not that they wrote them."""
    third = like[2] if len(like) > 2 else ""
    if like[:2] == ("ul", "li") and isinstance(third, str) and third.startswith("☑"):
        return (*like[:2], "☐" + third[1:], *like[3:])
    return like


def known_again(base: Sequence[Part], source: str, mine: Sequence[Part]) -> tuple[Part, ...]:
    """``base`` with the words that stand in ``source`` for quotations that are gone from ``mine``, ticked or not: so
    they are found there and leave it. Where somebody changed them they are that person's words."""
    new = {part.key: part.text for part in mine}
    gone = [part for part in base if part.key not in new and _QUOTATION.search(part.key)]
    there = {_mark(block.text): block.text for block in split(source)[0]} if gone else {}

    def again() -> Iterator[Part]:
        for part in base:
            if part.key in new or not _QUOTATION.search(part.key):
                yield replace(part, text=new[part.key]) if _FORGOTTEN.fullmatch(part.text) else part
            elif (words := there.get(_mark(part.text))) is not None:
                yield replace(part, text=words)
            elif not _FORGOTTEN.fullmatch(part.text):
                yield part

    return tuple(again())


def stands_in(words: str, document: str) -> bool:
    """Whether a document holds somebody's words: inside a block when they are long enough, else as a whole block.
    Marks, case, accents and spaces aside."""
    wanted = _letters(words)
    if not wanted:
        return False
    found = (_letters(_TICK.sub("", block.text)) for block in split(document)[0])
    return any(wanted == one or (len(wanted) >= ENOUGH and wanted in one) for one in found)


def _letters(text: str) -> str:
    return "".join(character for character in fold(text) if character.isalnum())
