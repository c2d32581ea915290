"""Addresses, texts and small things out of a wiki's pages: the same for all its generations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urljoin, urlsplit

if TYPE_CHECKING:
    from bs4 import Tag

_SHOWN = re.compile(r"[?&]id_fiche=([^&#]+)")
_WIKI = re.compile(r"[?&]wiki=([^&/#]+)")
_SHORT = re.compile(r"/(?:index\.php)?\?([^&/=#]+)(?=[/&#]|$)")
_OWN = re.compile(r"[^.]*\.Fiche-(memoire-[a-z0-9-]+)")
_LAST = re.compile(r"/([^/?#&=.]+)$")
_BLOCKS = frozenset(
    (
        "p",
        "div",
        "ul",
        "ol",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "tr",
        "table",
        "section",
        "article",
        "blockquote",
        "pre",
        "dt",
        "dd",
    )
)
_BREAK = re.compile(r"(<br\s*/?>)[ \t]*\r?\n", re.IGNORECASE)
_FRENCH = re.compile(r"(\d\d)[./](\d\d)[./](\d{4})\D{1,6}(\d\d):(\d\d)(?::(\d\d))?")
_STORED = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)")
_PROPERTY = re.compile(r"(?:checkbox|liste|radio)(?:fiche)?(?:liste|list)?(.*?)(?:bf_(\w+))?", re.IGNORECASE)


def tag_in(url: str) -> str:
    """The name of the page or entry that an address shows, "" for none."""
    found = _SHOWN.search(url) or _WIKI.search(url) or _SHORT.search(url)
    if not found and "?" not in url:
        found = _LAST.search(urlsplit(url).path)
    return unquote(found[1]) if found else ""


def own_tag(tag: str) -> str:
    """What identifies a mémoire that the tool itself put into a wiki, as far as the name of its page tells."""
    found = _OWN.fullmatch(tag)
    if not found:
        return tag
    return found[1] if re.fullmatch(r".*-[0-9a-f]{8}", found[1]) else found[1].removeprefix("memoire-")


def base_of(url: str) -> str:
    """How the addresses of a wiki's pages begin, made from that of one page: ``https://wiki.example/?``."""
    start, mark, rest = url.partition("?")
    if mark and rest.startswith("wiki="):
        return f"{start}?wiki="
    if mark:
        return f"{start.removesuffix('index.php')}?"
    return start[: start.rfind("/") + 1] + "?" if start.count("/") > 2 else f"{start}/?"


def page_address(base: str, tag: str) -> str:
    """The address of a page."""
    return f"{base}{quote(tag, safe='')}" if base else ""


def rebased(url: str, asked: str) -> str:
    """The same page at the host that was asked: what wikis write into their pages is often an address of the past."""
    here, there = urlsplit(asked), urlsplit(url)
    same = (there.scheme, there.netloc) == (here.scheme, here.netloc)
    if same or here.scheme not in ("http", "https") or not there.netloc:
        return url
    return url.replace(f"{there.scheme}://{there.netloc}", f"{here.scheme}://{here.netloc}", 1)


def absolute(base: str, url: str) -> str:
    """An address as it stands in a page, made whole. "" when it is none."""
    try:
        whole = urljoin(base.partition("?")[0], url.strip()) if base else url.strip()
    except ValueError:
        return ""
    return whole if whole.startswith(("http://", "https://")) else ""


def moment(text: str) -> str:
    """A date of the wiki as ISO 8601 without a zone, "" for none."""
    stored = _STORED.search(text)
    french = _FRENCH.search(text)
    if stored:
        iso = f"{stored[1]}T{stored[2]}"
    elif french:
        iso = f"{french[3]}-{french[2]}-{french[1]}T{french[4]}:{french[5]}:{french[6] or '00'}"
    else:
        return ""
    try:
        return datetime.fromisoformat(iso).isoformat()
    except ValueError:
        return ""


def words_of(name: str) -> str:
    """A label made of the name of a property, where nothing better is known: ``bf_lien_doc`` is « lien doc »."""
    found = _PROPERTY.fullmatch(name)
    if found and (found[2] or found[1]):
        return (found[2] or found[1]).replace("_", " ")
    return name.removeprefix("image").removeprefix("fichier").removeprefix("bf_").replace("_", " ")


def tidy(html: str) -> str:
    """HTML of a piece in which the line end that follows a ``<br>`` does not count twice."""
    return _BREAK.sub(r"\1", html)


def by_class(node: Tag, wanted: frozenset[str]) -> dict[str, list[Tag]]:
    """The elements below one that have some classes, in one pass: far quicker than a selector for each."""
    found: dict[str, list[Tag]] = {}
    from bs4.element import Tag

    for element in node.descendants:
        if isinstance(element, Tag):
            for name in element.attrs.get("class", ()):
                if name in wanted:
                    found.setdefault(name, []).append(element)
    return found


def text_of(node: Tag) -> str:
    """What a person reads: line breaks where the page breaks lines, nothing of the wiki's own helpers."""
    lines = (" ".join(line.split()) for line in "".join(_walk(node)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _walk(node: Tag) -> Iterator[str]:
    from bs4.element import NavigableString, PreformattedString, Tag

    waiting: list[object] = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, PreformattedString):
            continue  # comments and the like
        if isinstance(here, NavigableString | str):
            yield str(here)
        elif isinstance(here, Tag):
            if here.name == "br":
                yield "\n"
                continue
            if here.name in ("script", "style") or _helper(here):
                continue
            block = here.name in _BLOCKS
            if "yeswiki-editable" in (here.get("class") or ()):
                yield here.get_text().strip()
                continue
            if block:
                yield "\n- " if here.name == "li" else "\n"
                waiting.append("\n")
            waiting.extend(reversed(here.contents))


def _helper(node: Tag) -> bool:
    """The « ? » that old wikis put behind the name of a page that does not exist."""
    if node.name != "a" or node.get_text(strip=True) != "?":
        return False
    before = node.find_previous_sibling()
    return before is not None and "missingpage" in (before.get("class") or ())
