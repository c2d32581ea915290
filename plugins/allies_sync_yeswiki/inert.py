"""Words in a page that are words for the wiki too: no action, no link, no markup.

Measured on both wikis: what stands between two ``""`` is given out as it is, before anything else is looked for; but
tables, progress bars and headings are searched in what was given out: their characters are written as numbers.
"""

from __future__ import annotations

import re
from html import escape

_NUMBERED = {char: f"&#{ord(char)};" for char in "[]{}=|#%!\u00a3@*_~`\\"}

# What the wiki would read, with the quotation marks that touch it: they would join those that we put around.
_RISKY = re.compile(
    r'"*(?:'
    r"(?:[*~@\u00a3_/%#])(?=[*~@\u00a3_/%#])[*~@\u00a3_/%#]+"  # emphasis and so on: any of them doubled
    r"|(?<!\w)[*_]|[*_](?!\w)"  # the emphasis of Markdown
    r"|[`\[\]|]"  # code, links, tables
    r"|\{+|\}\}+"  # actions, comments
    r"|={2,}|-{3,}"  # headings, rules, line breaks
    r"|\b[A-Z][a-z]+[A-Z0-9][A-Za-z0-9]*"  # a name of a page
    r"|\b[A-Za-z][A-Za-z0-9]*://[^\s]*"  # an address
    r"|&(?=#?\w+;)"  # an entity
    r"|\"\""
    r')"*'
)
_EDGES = re.compile(r"^[/~=@\u00a3%#!-]+|[/~=@\u00a3%!-]+$")


def raw(html: str) -> str:
    """HTML in a page. It must not hold two quotation marks in a row: attributes that are empty are left out."""
    return f'""{html}""'


def words(text: str) -> str:
    """A text on one line as it may stand in a page: as it is, but for the parts that the wiki would read."""
    pieces: list[str] = []
    position = 0
    for found in _spans(text):
        start, end = found
        pieces += [text[position:start], raw(html_words(text[start:end]))]
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def html_words(text: str) -> str:
    """A text inside raw HTML."""
    return "".join(_NUMBERED.get(char) or escape(char, quote=True) for char in text)


def _spans(text: str) -> list[tuple[int, int]]:
    spans = [(it.start(), it.end()) for it in _RISKY.finditer(text)]
    spans += [(it.start(), it.end()) for it in _EDGES.finditer(text)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        while start > 0 and text[start - 1] == '"':
            start -= 1
        while end < len(text) and text[end] == '"':
            end += 1
        # parts that touch, or are parted by a blank, become one: less noise for whoever edits the page
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


_PARAMETER = str.maketrans(
    {'"': "\u201d", "{": "(", "}": ")", "\n": " ", "\r": " ", "\t": " ", "[": "(", "]": ")", "|": "/"}
)


def parameter(text: str) -> str:
    """A text inside the quotation marks of an action. The wiki escapes what it shows of it."""
    return " ".join(text.translate(_PARAMETER).split())
