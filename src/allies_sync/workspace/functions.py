"""The functions that templates may call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from allies_sync.model.resources import WIDGETS, Body, Widget
from allies_sync.text.escaping import Markdown, escape_markdown
from allies_sync.workspace.filters import LONGEST_RANGE, as_text
from allies_sync.workspace.flaws import Flaw, Refusal
from allies_sync.workspace.running import Run, current
from allies_sync.workspace.views import Empty, Missing, View, clean, is_set, look_up, member

WIDGET_TARGETS: Mapping[str, frozenset[str]] = {
    "form": frozenset({"form"}),
    "answers": frozenset({"form"}),
    "count": frozenset({"form"}),
    "tally": frozenset({"form"}),
    "files": frozenset({"folder"}),
    "button": frozenset({"folder", "document", "share", "form", "page", "entry"}),
    "include": frozenset({"page"}),
    "engagements": frozenset(),
    "contents": frozenset(),
}
"""What each widget may be about; an empty set for those that are about nothing."""

_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_BLANK_LINES = re.compile(r"\n{3,}")
_URL = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_UNSAFE_IN_URL = re.compile(r"[^A-Za-z0-9/?#:@!$&*+,;=._~%-]")
_POINTER = re.compile(r"(?<!\\)\]\(ref:")
_ENTITY = re.compile(r"&(?=#?[A-Za-z0-9]+;)")


def link(target: Any, text: Any = None, session: Any = None) -> Markdown:
    """``[text](ref:target)``; the target's title unless a text is given, and no link where it is not there."""
    run = current()
    resolved = run.resolve(as_text(target), _session(session))
    thing = run.catalog.things[resolved]
    words = escape_markdown(thing.title if text is None else as_text(text))
    if not thing.present:
        return words
    run.links.add(resolved)
    return Markdown.trusted(f"[{words}](ref:{resolved})")


def weblink(url: Any, text: Any = None) -> Markdown:
    """A link to the web, to an address that may be a value. Anything but http and https is refused."""
    address = as_text(url).strip()
    if not _URL.fullmatch(address):
        raise Refusal(Flaw.NOT_A_LINK, found=address)
    words = re.sub(r"^https?://|/$", "", address) if text is None else as_text(text)
    return Markdown.trusted(f"[{escape_markdown(words)}]({_quoted(address)})")


def _quoted(address: str) -> str:
    """An address that ends where it ends, whatever is in it."""
    address = _ENTITY.sub("%26", address)
    return _UNSAFE_IN_URL.sub(
        lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace")), address
    )


def widget(name: Any, target: Any = None, session: Any = None, **options: Any) -> Markdown:
    """Something that the platform shows here. Nothing where its target is not there."""
    run = current()
    kind = as_text(name)
    if kind not in WIDGET_TARGETS:
        raise Refusal(Flaw.UNKNOWN_WIDGET, found=kind, allowed=sorted(WIDGETS))
    resolved = None
    if WIDGET_TARGETS[kind] or target is not None:
        if target is None or not WIDGET_TARGETS[kind]:
            allowed = [f"{item}:…" for item in sorted(WIDGET_TARGETS[kind])]
            raise Refusal(Flaw.DANGLING, found="" if target is None else as_text(target), allowed=allowed)
        resolved = run.resolve(as_text(target), _session(session))
        thing = run.catalog.things[resolved]
        if thing.kind not in WIDGET_TARGETS[kind]:
            allowed = [f"{item}:…" for item in sorted(WIDGET_TARGETS[kind])]
            raise Refusal(Flaw.DANGLING, found=resolved, allowed=allowed)
        if not thing.present:
            return Markdown.trusted("")
        if kind == "files" and thing.share:
            options.setdefault("share", thing.share)
    values = tuple(sorted((key, " ".join(as_text(value).split())) for key, value in options.items()))
    run.widgets.append(Widget(kind, resolved, values))
    return Markdown.trusted(f"{_OPEN}{len(run.widgets) - 1}{_CLOSE}")


def document_link(piece: Any, text: Any = None) -> Markdown:
    """A link to one of ``engagement.documents`` with its title, unless a text is given: to its address elsewhere, or
    to the link that its readers have; only the words for what is the team's alone."""
    run = current()
    if not isinstance(piece, View):
        raise Refusal(Flaw.DANGLING, found=as_text(piece), allowed=("engagement.documents",))
    words = member(piece, "title") if text is None else text
    if not member(piece, "shown"):
        return escape_markdown(as_text(words))
    address = member(piece, "url")
    if is_set(address):
        return weblink(address, words)
    share = as_text(member(piece, "share_id"))
    return link(share, words) if share in run.catalog.things else escape_markdown(as_text(words))


def published(name: Any) -> Markdown:
    """What people published under a name (``bilan``), as Markdown; empty when nothing was. It cannot point to things
    of the workspace by their id: nobody looked at that."""
    text = current().published.get(as_text(name), "")
    current().step(size=len(text))
    return Markdown.trusted(_POINTER.sub("](#", clean(text)))


def exists(target: Any, session: Any = None) -> bool:
    """Whether this engagement has that page, form, folder…"""
    run = current()
    return run.catalog.things[run.resolve(as_text(target), _session(session))].present


def has(path: Any) -> bool:
    """Whether a field holds anything: ``has("territory.name")``, ``has("session.place")``."""
    return has_field(current().roots, as_text(path))


def has_field(roots: Mapping[str, Any], path: str) -> bool:
    """Whether the field at ``path``, of the engagement unless it begins with another root, holds anything."""
    first = path.partition(".")[0]
    if first == "session" and first not in roots:
        raise Refusal(Flaw.NEEDS_SESSION, found=path)
    full = path if first in roots else f"engagement.{path}"
    try:
        return is_set(look_up(roots, full))
    except AttributeError:
        raise Refusal(Flaw.UNKNOWN_FIELD, full, path) from None


def bounded_range(*numbers: int) -> range:
    """``range``, of up to a thousand numbers."""
    found = range(*numbers)
    if len(found) > LONGEST_RANGE:
        raise Refusal(Flaw.TOO_MUCH, allowed=(str(LONGEST_RANGE),), what="steps")
    return found


def _session(session: Any) -> str | None:
    if session is None or isinstance(session, Empty):
        return None
    if isinstance(session, Missing):
        str(session)
    return as_text(member(session, "id") if isinstance(session, View) else session)


PLAIN_FUNCTIONS: Mapping[str, Callable[..., Any]] = {"exists": exists, "has": has, "range": bounded_range}
MARKDOWN_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **PLAIN_FUNCTIONS,
    "document_link": document_link,
    "link": link,
    "published": published,
    "weblink": weblink,
    "widget": widget,
}


def to_body(text: str, run: Run) -> Body:
    """A rendered source as a body: blank lines tidied, widgets in their places."""
    tidy = _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n")).strip("\n"))
    parts: list[str | Widget] = []
    for index, part in enumerate(_MARK.split(f"{tidy}\n" if tidy else "")):
        if index % 2:
            parts.append(run.widgets[int(part)])
        elif part:
            parts.append(part)
    return tuple(parts)
