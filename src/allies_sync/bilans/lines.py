"""Lines of text as plain data: strings, and objects for what is more than letters.

Typed words come out clean, with French typography where that changes no word, and with places where words that are
wider than a line may be cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from allies_sync.text.characters import calm_marks, clean_lines, cut
from allies_sync.text.markdown import Token
from allies_sync.text.urls import SAFE_SCHEMES, is_safe_link

Inline = str | dict[str, Any]

LONGEST_WORD = 44  # letters, half a line
MOST_CUTS = 150  # in one paragraph: the typesetter's time grows with their square
_PIECE = 30
_LONGEST_TARGET = 2_000

_BLANKS = re.compile("[\t\n]")
_WORDS = re.compile("(?:[^\\s]|[\u00a0\u202f])+")
_GOOD_ENDS = "/?&=.-_,;:)]}"

# French puts a no-break space before high punctuation and inside guillemets. Only blanks that are there are changed.
_BLANK_BEFORE = re.compile(" (?=[;!?%€‰])")
_BLANK_INSIDE = re.compile("(?<=«) | (?=[»:](?:[\\s.,;!?)]|$))")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")


def line(text: str, *, french: bool = True, longest: int = LONGEST_WORD) -> list[Inline]:
    """Return plain text as pieces of a line."""
    return joined(pieces(clean(text, french), longest))


def clean(text: str, french: bool) -> str:
    """Return typed text as one line without what hides or misleads; `french`: with its blanks and apostrophes."""
    text = _BLANKS.sub(" ", calm_marks(clean_lines(text)))
    if not french:
        return text
    return _APOSTROPHE.sub("’", _BLANK_INSIDE.sub("\u00a0", _BLANK_BEFORE.sub("\u202f", text)))


def pieces(text: str, longest: int) -> list[Inline]:
    """Return `text` with places where words longer than `longest` may be cut."""
    found: list[Inline] = []
    last = 0
    for word in _WORDS.finditer(text):
        start = word.start()
        while word.end() - start > longest:
            end = start + len(_piece(text[start : start + min(longest, _PIECE)]))
            found.extend((text[last:end], {"k": "cut"}))
            start = last = end
    return [*found, text[last:]] if last < len(text) else found


def _piece(text: str) -> str:
    good = max(text.rfind(end) for end in _GOOD_ENDS) + 1
    return text[:good] if good > len(text) // 2 else cut(text, len(text) - 1) or text


def wrapped(token: Token, inside: list[Inline], struck: bool) -> list[Inline]:
    """Return what stands between the marks that `token` opens.

    `struck`: a line goes through it already, and PDF/UA has no place for a second one.
    """
    if not inside:
        return []
    if token.type == "s_open":
        return inside if struck or _holds(inside, "strike") else [{"k": "strike", "c": inside}]
    if token.type != "link_open":
        return [{"k": "strong" if token.type == "strong_open" else "emph", "c": inside}]
    target = str(token.attrs.get("href", ""))
    scheme = target.partition(":")[0].lower()
    if scheme not in SAFE_SCHEMES or not is_safe_link(target) or len(target) > _LONGEST_TARGET:
        return inside
    return [{"k": "link", "to": target, "underlined": not (struck or _holds(inside, "strike")), "c": inside}]


def _holds(line: Sequence[Inline], kind: str) -> bool:
    parts = (piece for piece in line if not isinstance(piece, str))
    return any(part["k"] == kind or _holds(part.get("c", ()), kind) for part in parts)


def joined(line: list[Inline]) -> list[Inline]:
    """Return strings beside each other as one, without blanks at the ends."""
    found: list[Inline] = []
    for piece in line:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece != "":
            found.append(piece)
    if found and isinstance(found[0], str):
        found[0] = found[0].lstrip(" \n\t")
    if found and isinstance(found[-1], str):
        found[-1] = found[-1].rstrip(" \n\t")
    return [piece for piece in found if piece != ""]


def letters_in(line: Sequence[Inline]) -> str:
    """Return what a reader sees of a line."""
    return "".join(
        piece if isinstance(piece, str) else " " if piece["k"] == "break" else letters_in(piece.get("c", ()))
        for piece in line
    ).strip()


def cuts_in(line: Sequence[Inline]) -> int:
    """Return how many places a line has where words may be cut."""
    return sum(0 if isinstance(piece, str) else piece["k"] == "cut" or cuts_in(piece.get("c", ())) for piece in line)


def flat(line: Sequence[Inline]) -> Iterator[Inline]:
    """Yield the pieces of a line without what surrounds them."""
    for piece in line:
        if isinstance(piece, str) or "c" not in piece:
            yield piece
        else:
            yield from flat(piece["c"])


def softened(line: Sequence[Inline]) -> list[Inline]:
    """Return a line that cannot be parted, with cheaper places for cuts when it has very many."""
    if cuts_in(line) <= MOST_CUTS:
        return list(line)
    return joined(["\u200b" if not isinstance(piece, str) and piece["k"] == "cut" else piece for piece in flat(line)])
