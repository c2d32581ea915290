"""Typed words inside Markdown: a value becomes text, and nothing but text, whatever surrounds it.

`Markdown` marks what is Markdown already, so that a value is escaped once. Everything else is a plain string: doubt
ends in a visible backslash, never in markup. A Jinja environment for Markdown takes `finalize=escape_markdown`,
`autoescape=False` and `concat = staticmethod(concatenate)` (macros, blocks and `{% set %}` then give `Markdown`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from string import Formatter
from typing import Any, SupportsIndex

from allies_sync.text.characters import clean_line, clean_lines

# Markup wherever it stands, one alternative for each reason:
_MARKUP = re.compile(
    r'[\\`*\[\]<>|~$^{}"]'  # code, emphasis, links, HTML, tables, strikethrough, mathematics, templates, titles
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis, but not inside a word
    r"|&(?! )"  # entities
    r"|!(?=\[|$)"  # an image, with what the value or the template says next
    # Links that GFM and other renderers make of bare text:
    r"|:(?=//)"  # http://…
    r"|(?<=[wW]{3})\.|(?<=[^\W_])\.(?=[^\W\d_]{2})"  # www.…, exemple.org
    r"|(?<=\S)@(?=\S)"  # addresses
)
# Markup at the start of a line only: headings, lists, underlines of titles, definitions; and, after a "]" of the
# template, the target of a link.
_START = re.compile(r"(?=[#+\-=:(.)])|[0-9]+(?=[.)](?: |$))")
_CLOSING = re.compile(r"(?<= )(?=#+$)")  # the end of a heading
_LAST_BACKSLASH = re.compile(r"\\\\$")


class Markdown(str):
    """A string that is Markdown source. `Markdown(value)` escapes the value, unless it is `Markdown` already.

    Adding, joining and `format` escape what they bring in. What other string methods return is a plain string.
    """

    __slots__ = ()

    def __new__(cls, value: object = "") -> Markdown:
        return value if isinstance(value, Markdown) else cls.trusted(_escape_line(clean_line(str(value))))

    @classmethod
    def trusted(cls, source: str) -> Markdown:
        """Return `source`, which a template's author wrote, as it is."""
        return str.__new__(cls, source)

    def __add__(self, other: str) -> Markdown:
        return Markdown.trusted(str.__add__(self, Markdown(other)))

    def __radd__(self, other: str) -> Markdown:
        return Markdown.trusted(str.__add__(Markdown(other), self))

    def __mul__(self, count: SupportsIndex) -> Markdown:
        return Markdown.trusted(str.__mul__(self, count))

    __rmul__ = __mul__

    def join(self, parts: Iterable[str]) -> Markdown:
        """Join `parts`, each escaped unless it is Markdown, with this source between them."""
        return Markdown.trusted(str.join(self, [Markdown(part) for part in parts]))

    def format(self, *args: object, **kwargs: object) -> Markdown:
        """Fill the places of this source with values, each escaped unless it is Markdown."""
        return Markdown.trusted(_MarkdownFormatter().vformat(self, args, kwargs))

    def __reduce__(self) -> tuple[Any, ...]:
        return Markdown.trusted, (str(self),)  # a copy is not escaped again


class _MarkdownFormatter(Formatter):
    def vformat(self, format_string: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        return super().vformat(str(format_string), args, kwargs)

    def format_field(self, value: object, format_spec: str) -> str:
        return Markdown(value if isinstance(value, Markdown) and not format_spec else format(value, format_spec))


def escape_markdown(value: object) -> Markdown:
    """Return `value` as inert text on one line: rendered anywhere in a line, it reads as `clean_line` gives it.

    What is `Markdown` already comes back as it is. An empty value is empty: `**{value}**` is the
    template's to avoid then.
    """
    return Markdown(value)


def escape_paragraphs(value: str, prefix: str = "") -> Markdown:
    """Return text of several lines as plain paragraphs: an empty line parts two, a single line end is a line break.

    `prefix` starts every line: `"> "` makes a quotation of it.
    """
    paragraphs: list[list[str]] = [[]]
    for line in map(clean_line, clean_lines(value).split("\n")):
        if line:
            paragraphs[-1].append(_escape_line(line))
        elif paragraphs[-1]:
            paragraphs.append([])
    blocks = [f"\\\n{prefix}".join(lines) for lines in paragraphs if lines]
    return Markdown.trusted(prefix + f"\n{prefix.rstrip()}\n{prefix}".join(blocks) if blocks else "")


def concatenate(parts: Iterable[str]) -> Markdown:
    """Join what a Jinja template gave out, each part of it Markdown already."""
    return Markdown.trusted("".join(parts))


def _escape_line(line: str) -> str:
    escaped = _MARKUP.sub(r"\\\g<0>", line)
    start = _START.match(escaped)
    if start:
        escaped = f"{start[0]}\\{escaped[start.end() :]}"
    escaped = _CLOSING.sub(r"\\", escaped)
    # Even escaped, it would take away the "|" of a table.
    return _LAST_BACKSLASH.sub("&#92;", escaped)
