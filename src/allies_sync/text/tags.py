"""Raw HTML read as a stream of texts and tags, in time that grows with its length only, however broken it is.

The standard library's parser and lxml can be made to take minutes by one hostile page. This one tells only what
sanitising needs, and is no wall by itself: what it lets through is checked again by nh3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape

_NAME = re.compile(r"[a-zA-Z][^\s/>\x00]*")
_GAP = re.compile(r"[\s/]+")
_ATTRIBUTE = re.compile(r"([^\s/>=][^\s/>=]*)\s*(?:=\s*)?")
_UNQUOTED = re.compile(r"[^\s>]+")
# Elements whose content is nothing to read.
_SILENT = frozenset(
    {"script", "style", "iframe", "object", "embed", "applet", "svg", "math", "template", "noembed", "noframes"}
)


@dataclass(frozen=True, slots=True)
class Text:
    """What stands between two tags, its entities still written as they were."""

    source: str


@dataclass(frozen=True, slots=True)
class Open:
    """A start tag, its name and those of its attributes in lower case, their values decoded."""

    name: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Close:
    """An end tag, which may close nothing."""

    name: str


def read_tags(html: str) -> Iterator[Text | Open | Close]:
    """Yield the texts and tags of `html`. Comments and what scripts and styles hold are left out.

    A tag or a comment that never ends is text: whoever wrote it sees it.
    """
    position = 0
    # Searches that would fail are not made: each would go to the end, once for every tag.
    last_end, last_comment_end = html.rfind(">"), html.rfind("-->")
    unclosed: set[str] = set()
    while (start := html.find("<", position)) >= 0:
        if start > position:
            yield Text(html[position:start])
        if start > last_end:
            position = start
            break
        following = html[start + 1 : start + 2]
        if html.startswith("<!--", start):
            if start + 2 > last_comment_end:
                yield Text("<")
                position = start + 1
            else:
                position = html.index("-->", start + 2) + 3
        elif following in ("!", "?"):
            position = html.index(">", start) + 1
        elif following == "/" and (name := _NAME.match(html, start + 2)):
            yield Close(name[0].lower())
            position = html.index(">", start) + 1
        elif name := _NAME.match(html, start + 1):
            attributes, position = _read_attributes(html, name.end())
            if position < 0:  # never ends, and neither does anything after it
                position = start
                break
            tag = name[0].lower()
            if tag in _SILENT:
                position = _after_silent(html, tag, position, unclosed)
            else:
                yield Open(tag, attributes)
        else:
            yield Text("<")
            position = start + 1
    if position < len(html):
        yield Text(html[position:])


def text_source(source: str) -> str:
    """Return the source of a `Text` so that it can only be read as text; entities stay what they are."""
    return source.replace("<", "&lt;").replace(">", "&gt;")


def start_tag(name: str, attributes: dict[str, str]) -> str:
    """Return the source of a start tag."""
    pairs = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{pairs}>"


def _read_attributes(html: str, position: int) -> tuple[dict[str, str], int]:
    """Return the attributes that start at `position`, and where their tag ends; -1 if it never does."""
    attributes: dict[str, str] = {}
    while True:
        if gap := _GAP.match(html, position):
            position = gap.end()
        if position >= len(html):
            return attributes, -1
        if html[position] == ">":
            return attributes, position + 1
        found = _ATTRIBUTE.match(html, position)
        if not found:  # a lone "="
            position += 1
            continue
        position = found.end()
        value = ""
        if "=" in found[0]:
            quote = html[position : position + 1]
            if quote and quote in "\"'":
                end = html.find(quote, position + 1)
                if end < 0:
                    return attributes, -1
                value, position = html[position + 1 : end], end + 1
            elif bare := _UNQUOTED.match(html, position):
                value, position = bare[0], bare.end()
        attributes.setdefault(found[1].lower(), _decoded(value))


def _decoded(value: str) -> str:
    try:
        return unescape(value)
    except ValueError:  # a character reference with thousands of digits
        return ""


def _after_silent(html: str, tag: str, position: int, unclosed: set[str]) -> int:
    """Return where the content of a silent element ends; if it never does, the element holds nothing."""
    if tag in unclosed or html[position - 2] == "/":
        return position
    found = re.compile(f"</{tag}[^>]*>", re.IGNORECASE).search(html, position)
    if not found:
        unclosed.add(tag)
        return position
    return found.end()
