"""Bodies as Markdown files: for platforms on which a document shows nothing by itself.

References become links, widgets a link to what they are about. What leads nowhere yet keeps its words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from allies_sync.model.resources import REFERENCE, Body, Widget
from allies_sync.platforms.interface import Space
from allies_sync.text.escaping import escape_markdown
from allies_sync.text.messages import _

_UNSAFE = {" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", '"': "%22", "\\": "%5C", "|": "%7C"}
_UNSAFE_CHARACTERS = re.compile("|".join(map(re.escape, _UNSAFE)))
_ESCAPED = re.compile(r"\\.")

Link = Callable[[str], str | None]


def linker(space: Space) -> Link:
    """Turns ids into addresses as far as they are known, fit to stand in Markdown."""

    def link(target: str) -> str | None:
        address = space.addresses.get(target)
        return in_markdown(address.url) if address and address.url else None

    return link


def in_markdown(url: str) -> str:
    """An address that ends nowhere but where it ends, inside ``](…)``."""
    return _UNSAFE_CHARACTERS.sub(lambda found: _UNSAFE[found[0]], url)


def markdown(body: Body, link: Link, widget: Callable[[Widget, bool], str]) -> str:
    """A body as Markdown that ends with one line end, or "" when it is empty.

    ``widget`` gives a widget's source, told whether it stands on a line of its own.
    """
    text = ""
    after_widget = False
    for index, part in enumerate(body):
        if isinstance(part, str):
            source = resolved(part, link)
            text += source.lstrip("\n") if after_widget else source
            after_widget = False
        elif _stands_alone(body, index, after_widget or not text or text.endswith("\n")):
            before = text.rstrip("\n")
            text = before + ("\n\n" if before else "") + widget(part, True) + "\n\n"
            after_widget = True
        else:
            text += widget(part, False)
            after_widget = False
    text = text.strip("\n")
    return f"{text}\n" if text else ""


def _stands_alone(body: Body, index: int, starts_line: bool) -> bool:
    rest = next((part for part in body[index + 1 :] if isinstance(part, str)), "\n")
    return starts_line and rest.startswith("\n")


def resolved(text: str, link: Link) -> str:
    """Markdown with its ``ref:`` links resolved; only the words stay of a link that leads nowhere yet."""
    pieces: list[str] = []
    position = 0
    for found in REFERENCE.finditer(text):
        url = link(found[1])
        before = text[position : found.start()]
        if url is not None:
            pieces += [before, f"]({url})"]
        else:
            opening = _opening_bracket(before)
            pieces += [before[:opening], before[opening + 1 :]] if opening is not None else [before, "](#)"]
        position = found.end()
    return "".join([*pieces, text[position:]])


def _opening_bracket(text: str) -> int | None:
    """Where the bracket opens that is still open at the end of ``text``."""
    plain = _ESCAPED.sub("  ", text)
    depth = 0
    for index in range(len(plain) - 1, -1, -1):
        if plain[index] == "]":
            depth += 1
        elif plain[index] == "[":
            if depth == 0:
                return index
            depth -= 1
    return None


def name_in(url: str) -> str:
    """The last name of a URL, as people read it."""
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])


def plain_link(space: Space, link: Link, part: Widget) -> str:
    """A widget where nothing can be shown: a link to what it is about."""
    if part.name == "contents":
        items = [(title, link(key)) for key, title in space.menu]
        return "\n".join(f"- [{escape_markdown(title)}]({url})" for title, url in items if url)
    words = {
        "form": _("Ouvrir le questionnaire"),
        "answers": _("Voir les réponses"),
        "count": _("Voir les réponses"),
        "files": _("Ouvrir le dossier"),
        "include": _("Lire la page"),
    }
    label = part.option("label") or words.get(part.name, "")
    url = link(part.target) if part.target else None
    if not label and url:
        label = name_in(url)
    if not url:
        return str(escape_markdown(label)) if part.name == "button" else ""
    return f"[{escape_markdown(label)}]({url})"
