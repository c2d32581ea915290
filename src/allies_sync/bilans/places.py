"""Places that only a person can fill in: ``[À écrire : …]`` in a draft."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from allies_sync.text.blocks import with_unix_lines
from allies_sync.text.escaping import Markdown, escape_markdown
from allies_sync.text.messages import _

# Editors may escape the bracket; whoever retypes it may forget an accent or the space.
_OPENING = re.compile(r"(?<!\\\\)\\?\[[ \u00a0\u202f]*(?:[àa] [ée]crire|to write)[ \u00a0\u202f]*:", re.IGNORECASE)
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Place:
    """One place still to be filled in: its line in the draft, counted from 1, and what is wanted there."""

    line: int
    wanted: str


def to_write(wanted: str) -> Markdown:
    """A place for a person's words; ``wanted`` says which ones."""
    return Markdown.trusted(_("[À écrire : {wanted}]")).format(wanted=escape_markdown(wanted))


def places(source: str) -> tuple[Place, ...]:
    """All places left in a draft. Quotations, tables and pictures hold none: what looks like one there was said by
    somebody else."""
    found: list[Place] = []
    lines = unicodedata.normalize("NFC", with_unix_lines(source)).split("\n")
    for number, line in enumerate(lines, 1):
        for match in _OPENING.finditer(line) if _ours(line) else ():
            wanted = re.sub(r"\\(?=[^\w\s])", "", line[match.end() :].partition("]")[0]).strip(" \\\u00a0")
            found.append(Place(number, wanted if len(wanted) <= _LONGEST else wanted[: _LONGEST - 1] + "…"))
    return tuple(found)


def without_places(source: str) -> str:
    """The same text with nothing where a place was."""
    lines = unicodedata.normalize("NFC", source).split("\n")
    return "\n".join(_without(line) if _ours(line) else line for line in lines)


def _without(line: str) -> str:
    match = _OPENING.search(line)
    if match is None:
        return line
    return line[: match.start()] + _without(line[match.end() :].partition("]")[2])


def _ours(line: str) -> bool:
    """Whether a line may hold a place, and not somebody else's words."""
    return not line.lstrip().startswith((">", "|", "!["))
