"""What people edit: a page's Markdown, where widgets are lines that can be read and typed.

    {{questionnaire: amont}}                            a form, by its name
    {{réponses: amont}}  {{nombre de réponses: amont}}  what was answered; the latter also inside a sentence
    {{dépouillement: amont | 5}}                        how often each answer was given, from five answers on
    {{bouton: programme.html | Voir le programme}}      where it leads, and what it says
    {{dossier: ../../fichiers/2027-x/Ressources/ | Ressources}}
    {{inclure: programme}}  {{sommaire}}  {{accompagnements}}

Links count from the web page that is made of the source. Escaped values cannot form such a line: their braces
are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from allies_sync.model.resources import Body, Page, Widget
from allies_sync.platforms.interface import Space
from allies_sync.text.characters import clean_line
from allies_sync.text.escaping import escape_markdown
from allies_sync.text.messages import _
from allies_sync.text.names import fold
from allies_sync_local.layout import FORMS, name_of
from allies_sync_local.links import Linker, markdown, name_in

DIRECTIVES: Mapping[str, str] = {
    "form": "questionnaire",
    "answers": "réponses",
    "count": "nombre de réponses",
    "tally": "dépouillement",
    "files": "dossier",
    "button": "bouton",
    "include": "inclure",
    "engagements": "accompagnements",
    "contents": "sommaire",
}
"""How each widget is called in a source."""

_WIDGETS = {fold(name): widget for widget, name in DIRECTIVES.items()}
_LINE = re.compile(r" {0,3}\{\{([^{}|:]+)(?::([^{}|]*))?(?:\|([^{}|]*))?\}\}[ \t]*")
_COUNT = re.compile(r"(?<!\\)\{\{\s*nombre de r[ée]ponses\s*:([^{}|]*)\}\}", re.IGNORECASE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Directive:
    """A widget as it stands in a source."""

    widget: str
    argument: str = ""
    label: str = ""

    def source(self) -> str:
        text = DIRECTIVES[self.widget]
        if self.argument:
            text += f": {self.argument}"
        if self.label:
            text += f" | {self.label}"
        return f"{{{{{text}}}}}"


# --- writing ----------------------------------------------------------------------------------------------


def page_source(space: Space, page: Page, here: str) -> str:
    """A page as people find it: its title, then its body. ``here`` is the URL of the web page."""
    text = body_source(space, page.body, here)
    if text.startswith("# "):
        return text
    title = f"# {escape_markdown(page.title)}\n"
    return f"{title}\n{text}" if text else title


def body_source(space: Space, body: Body, here: str) -> str:
    """A body with widgets as directives."""
    link = Linker(space, here)
    return markdown(body, link, lambda part, alone: _directive(link, part, alone))


def _directive(link: Linker, part: Widget, alone: bool) -> str:
    """A widget's source: a line of its own, or what may stand inside a sentence."""
    label = _plain(part.option("label"))
    url = link(part.target) if part.target else None
    name = _name_at(url, part)
    if part.name == "count" and name:
        return Directive("count", name).source()
    if part.name in ("engagements", "contents") and alone:
        return Directive(part.name).source()
    if name and alone:
        return Directive(part.name, name, part.option("threshold") if part.name == "tally" else "").source()
    if not url:
        return str(escape_markdown(label))
    if part.name == "files":
        label = label or _plain(name_in(url))
    label = label or _plain(_words(part.name)) or _plain(name_in(url))
    if alone:
        return Directive("files" if part.name == "files" else "button", url, label).source()
    return f"[{escape_markdown(label)}]({url})"


def _name_at(url: str | None, part: Widget) -> str | None:
    """What a form or page that a widget shows is called here; None when it is not of this wiki."""
    if url is None or part.name not in ("form", "answers", "count", "tally", "include"):
        return None
    relative = unquote(url).removeprefix("../" if url.startswith(f"../{FORMS}/") else "")
    return name_of(relative, "" if part.name == "include" else f"{FORMS}/")


def _words(widget: str) -> str:
    words = {
        "form": _("Ouvrir le questionnaire"),
        "answers": _("Voir les réponses"),
        "count": _("Voir les réponses"),
        "tally": _("Voir les réponses"),
        "include": _("Lire la page"),
    }
    return words.get(widget, "")


def _plain(label: str) -> str:
    """A label that cannot end its directive."""
    return clean_line(re.sub(r"[{}|]", " ", label))


# --- reading ----------------------------------------------------------------------------------------------


def decoded(data: bytes) -> str:
    """What a person saved, whatever their editor: UTF-8, else what Windows used to write; line ends as LF."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parts_of(source: str) -> Iterator[str | Directive]:
    """A source as Markdown and directives, in order. What is inside a code block is code."""
    lines: list[str] = []
    fence = ""
    for line in source.split("\n"):
        opening = _FENCE.match(line)
        if opening and not fence:
            fence = opening[1]
        elif opening and opening[1].startswith(fence) and not line[opening.end() :].strip():
            fence = ""
        directive = None if fence or opening else _parsed(line)
        if directive is None:
            lines.append(line)
            continue
        if any(line.strip() for line in lines):
            yield "\n".join(lines)
        lines = []
        yield directive
    if any(line.strip() for line in lines):
        yield "\n".join(lines)


def _parsed(line: str) -> Directive | None:
    found = _LINE.fullmatch(line)
    widget = _WIDGETS.get(fold(found[1])) if found else None
    if not found or not widget:
        return None
    return Directive(widget, (found[2] or "").strip(), (found[3] or "").strip())


def counted(text: str) -> list[str]:
    """The forms whose number of answers stands inside a text."""
    return [name.strip() for name in _COUNT.findall(text)]


def with_counts(text: str, counts: Mapping[str, int]) -> str:
    """A text with its numbers of answers."""
    return _COUNT.sub(lambda found: str(counts.get(found[1].strip(), 0)), text)
