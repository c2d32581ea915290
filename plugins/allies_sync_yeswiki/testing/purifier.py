"""What the wiki's HTML purifier leaves of a text (its rules as far as they were measured)."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

_KEPT = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "center",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "li",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "u",
        "ul",
    ]
)
_EMPTY = frozenset(("br", "hr", "img", "col"))
_DROPPED_WITH_CONTENT = frozenset(("script", "style", "iframe", "object", "embed", "template", "title"))
_ATTRIBUTES = frozenset(
    [
        "alt",
        "align",
        "class",
        "colspan",
        "height",
        "href",
        "id",
        "lang",
        "rel",
        "rowspan",
        "src",
        "style",
        "target",
        "title",
        "width",
    ]
)
_SCHEMES = frozenset(("", "http", "https", "mailto", "ftp", "tel", "news", "nntp"))
_RAW = "\ue000"


class _Purifier(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._open: list[str] = []
        self._dropping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED_WITH_CONTENT:
            self._dropping += 1
        elif tag in _KEPT and not self._dropping:
            attributes = "".join(f' {name}="{escape(value)}"' for name, value in _safe(tag, attrs))
            self.out.append(f"<{tag}{attributes}{' /' if tag in _EMPTY else ''}>")
            if tag not in _EMPTY:
                self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED_WITH_CONTENT:
            self._dropping = max(0, self._dropping - 1)
        elif tag in self._open and not self._dropping:
            while self._open:
                last = self._open.pop()
                self.out.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self.out.append(escape(data, quote=False))

    def finish(self) -> str:
        self.close()
        self.out += [f"</{tag}>" for tag in reversed(self._open)]
        return "".join(self.out)


def _safe(tag: str, attrs: list[tuple[str, str | None]]) -> list[tuple[str, str]]:
    kept: list[tuple[str, str]] = []
    for name, value in attrs:
        if name not in _ATTRIBUTES or value is None or name.startswith("on"):
            continue
        if name in ("href", "src") and not _harmless(value):
            continue
        kept.append((name, value))
    if tag == "img" and not any(name == "alt" for name, _ in kept):
        source = next((value for name, value in kept if name == "src"), "")
        kept.append(("alt", source.rpartition("/")[2]))
    return kept


def _harmless(address: str) -> bool:
    try:
        return urlsplit("".join(address.split())).scheme.lower() in _SCHEMES
    except ValueError:
        return False


def purify(text: str) -> str:
    """A text as it is stored."""
    purifier = _Purifier()
    purifier.feed(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))
    return purifier.finish()


def purify_wiki(text: str) -> str:
    """In wiki text the marks of raw HTML stay, and no new ones arise."""
    return purify(text.replace('""', _RAW)).replace('""', "''").replace(_RAW, '""')


def strip_scripts(text: str) -> str:
    """Rich text loses the tags of scripts, not what stands between them; with or without the purifier."""
    return re.sub(r"</?script[^>]*>", "", text, flags=re.IGNORECASE)
