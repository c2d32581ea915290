"""What a web page is made of, gathered from the files of its space and nothing else.

The result is plain data, so that its hash says whether a page on the disk lags behind, without making it anew.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from allies_sync.model.resources import REFERENCE, FieldKind, Option, Rights
from allies_sync.platforms.errors import Suspicious
from allies_sync.platforms.interface import Answer, Space
from allies_sync.text.names import is_slug
from allies_sync_local import disk
from allies_sync_local.forms import (
    Questionnaire,
    answer_in,
    list_names,
    options_in,
    parsed,
    questionnaire,
)
from allies_sync_local.integrity import EDITION
from allies_sync_local.layout import ANSWERS, ENTRIES, FORMS, INDEX, LISTS, SOURCES, Files, entries_folder, split_name
from allies_sync_local.links import Linker
from allies_sync_local.sources import Directive, counted, decoded, parts_of, with_counts

Model = dict[str, Any]

_LIMIT = 8 * 1024 * 1024
_DEEPEST = 3
_INCLUDES = 40
"""How many pages one page may include, so that pages of a few lines cannot make one that nobody can open."""

THRESHOLD = 5
"""From how many answers on they are counted in public, where the source does not say it."""

_TITLE = re.compile(rb'<meta name="application-name" content="([^"]*)">')
_CLOSED = frozenset({FieldKind.CHOICE, FieldKind.CHOICES, FieldKind.SCALE})


def inputs_of(model: Model) -> str:
    """The hash of what a page is made of."""
    text = json.dumps([EDITION, model], ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Site:
    """One space's files, each read once."""

    def __init__(self, base: Path, space: Space) -> None:
        self.base = base
        self.space = space
        self.root = base / space.slug
        self._read: dict[str, bytes | None] = {}

    # --- models -------------------------------------------------------------------------------------------

    def page(self, files: Files, source: bytes) -> Model:
        """What a page is made of."""
        blocks = _Blocks(self, files.address)
        return {
            "kind": "page",
            "stem": files.stem,
            "home": files.stem == INDEX,
            "chrome": self._chrome(files),
            "blocks": list(blocks.of(decoded(source), files.stem)),
        }

    def form(self, files: Files, source: bytes) -> Model:
        """What a printable questionnaire is made of."""
        form = self._questionnaire("", parsed(source) or {})
        blocks = _Blocks(self, files.address)
        questions = [
            {
                "kind": question.kind.value,
                "label": question.label,
                "help": question.help,
                "required": question.required,
                "personal": question.personal,
                "options": [option.label for option in question.options],
            }
            for question in form.questions
        ]
        return {
            "kind": "form",
            "stem": files.stem,
            "title": form.title,
            "chrome": self._chrome(files),
            "notice": list(blocks.of(form.notice, "")),
            "questions": questions,
        }

    def _chrome(self, files: Files) -> Model:
        here = self.url(files.address)
        link = Linker(self.space, here)
        menu = [(link(key), title) for key, title in self.space.menu]
        up = "../" * files.address.count("/")
        return {
            "title": self.space.title,
            "collective": self.space.collective_name,
            "licence": self.space.licence,
            **({"notice": self.space.notice} if self.space.notice else {}),
            "language": self.space.language,
            "up": up,
            "home": (link(self.space.home) if self.space.home else None) or "",
            "menu": [[url, title] for url, title in menu if url],
            "current": files.address.rpartition("/")[2],
        }

    # --- what is read -------------------------------------------------------------------------------------

    def url(self, relative: str) -> str:
        return self.root.joinpath(*relative.split("/")).as_uri()

    def read(self, space: str, relative: str) -> bytes | None:
        """A file of this space ("") or another; None when it is not there or not to be read."""
        key = f"{space}/{relative}"
        if key not in self._read:
            self._read[key] = self._fetch(self._root(space), relative)
        return self._read[key]

    def _root(self, space: str) -> Path:
        return self.base / space if space else self.root

    def _fetch(self, root: Path, relative: str) -> bytes | None:
        path = root.joinpath(*relative.split("/"))
        with suppress(OSError, Suspicious):
            disk.check_inside(root, path.parent)
            return disk.read_file(path, _LIMIT)
        return None

    def questionnaire(self, name: str) -> Questionnaire | None:
        """A form by the name that sources give it."""
        place = split_name(name)
        data = self.read(place[0], f"{FORMS}/{place[1]}.json") if place else None
        found = parsed(data) if data is not None else None
        return self._questionnaire(place[0], found) if place and found is not None else None

    def _questionnaire(self, space: str, data: Mapping[str, Any]) -> Questionnaire:
        lists: dict[str, tuple[Option, ...]] = {}
        for name in list_names(data):
            place = split_name(name)
            content = self.read(place[0] or space, f"{LISTS}/{place[1]}.json") if place else None
            lists[name] = options_in(parsed(content) or {}) if content is not None else ()
        return questionnaire(data, lists)

    def answers(self, name: str) -> list[Answer]:
        """What was answered to a form; what cannot be read is left out."""
        found = []
        for identity, data in self._folder(name, ANSWERS):
            answer = answer_in(identity, data)
            if answer:
                found.append(answer)
        return found

    def entries(self, name: str, form: Questionnaire) -> list[Model]:
        """The entries that the tool itself put into a form, without what is personal."""
        place = split_name(name)
        stem = entries_folder(form.id) if form.id else (place[1] if place else "")
        shown = [question for question in form.questions if not question.personal]
        found = []
        for _identity, data in self._folder(f"{place[0]}/{stem}" if place and place[0] else stem, ENTRIES):
            raw = data.get("values")
            values = raw if isinstance(raw, dict) else {}
            items = [[question.label, _readable(values.get(question.id), question.options)] for question in shown]
            title = data.get("title")
            told = {"", title}
            found.append(
                {"title": title if isinstance(title, str) else "", "items": [it for it in items if it[1] not in told]}
            )
        return found

    def _folder(self, name: str, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        place = split_name(name)
        if place is None:
            return
        space, stem = place
        for file in names_in(self._root(space) / folder / stem):
            data = self.read(space, f"{folder}/{stem}/{file}")
            content = parsed(data) if data is not None else None
            if content is not None:
                yield file.removesuffix(".json"), content

    def engagements(self) -> list[list[str]]:
        """All spaces with a start page: title and folder, the latest year first."""
        found = []
        with suppress(OSError), os.scandir(self.base) as entries:
            for entry in entries:
                if is_slug(entry.name) and entry.is_dir(follow_symlinks=False):
                    home = Path(entry.path) / f"{INDEX}.html"
                    if not home.is_file():  # nor a pipe, which would never end
                        continue
                    with suppress(OSError), home.open("rb") as file:
                        title = _TITLE.search(file.read(4096))
                        text = html.unescape(title[1].decode("utf-8", "replace")) if title else entry.name
                        found.append([text, entry.name])
        return sorted(found, key=lambda item: item[1], reverse=True)


def names_in(folder: Path) -> list[str]:
    """The JSON files of a folder by name; links and what is hidden left out."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(name for name in names if name.endswith(".json") and not name.startswith("."))


class _Blocks:
    """The parts of one page: texts with their links, and what its widgets show."""

    def __init__(self, site: Site, address: str) -> None:
        self.site = site
        self.up = "../" * address.count("/")
        self.link = Linker(site.space, site.url(address))
        self.included = 0

    def of(self, source: str, name: str, including: tuple[str, ...] = (), prefix: str = "") -> Iterator[Model]:
        """``prefix`` leads from the page to where the source's own links count from."""
        for part in parts_of(source):
            if isinstance(part, str):
                yield self._text(part, prefix)
            elif part.widget == "include":
                yield from self._include(part.argument, (*including, name), prefix)
            else:
                yield self._widget(part, prefix)

    def _text(self, text: str, prefix: str) -> Model:
        counts = {name: len(self.site.answers(name)) for name in counted(text)}
        references = {key: self.link(key) for key in REFERENCE.findall(text)}
        return {"is": "text", "text": with_counts(text, counts), "references": references, "prefix": prefix}

    def _include(self, name: str, including: tuple[str, ...], prefix: str) -> Iterator[Model]:
        place = split_name(name)
        source = self.site.read(place[0], f"{SOURCES}/{place[1]}.md") if place else None
        self.included += 1
        endless = name in including or len(including) > _DEEPEST or self.included > _INCLUDES
        if place is None or source is None or endless:
            yield {"is": "missing", "name": name}
            return
        text = re.sub(r"\A\s*# .*\n?", "", decoded(source))
        yield from self.of(text, name, including, f"{self.up}../{place[0]}/" if place[0] else prefix)

    def _widget(self, part: Directive, prefix: str) -> Model:
        site = self.site
        if part.widget in ("button", "files"):
            return {"is": part.widget, "label": part.label, "href": rebased(part.argument, prefix)}
        if part.widget == "contents":
            menu = [(self.link(key), key, title) for key, title in site.space.menu]
            return {"is": "contents", "items": [[title, url] for url, key, title in menu if url]}
        if part.widget == "engagements":
            items = [[title, f"{self.up}../{slug}/{INDEX}.html"] for title, slug in site.engagements()]
            return {"is": "engagements", "items": items}
        form = site.questionnaire(part.argument)
        place = split_name(part.argument)
        if form is None or place is None:
            return {"is": "missing", "name": part.argument}
        folder = f"{self.up}../{place[0]}/" if place[0] else self.up
        found: Model = {"is": part.widget, "title": form.title, "href": f"{folder}{FORMS}/{place[1]}.html"}
        if part.widget == "form":
            return found | {
                "questions": len(form.questions),
                "personal": form.personal,
                "moment": form.moment,
            }
        answers = site.answers(part.argument)
        found["count"] = len(answers)
        if part.widget == "tally":
            found["threshold"] = int(part.label) if part.label.isascii() and part.label.isdigit() else THRESHOLD
            found["tallies"] = list(tallies(form, answers, found["threshold"]))
        if part.widget == "answers":
            found["entries"] = site.entries(part.argument, form)
            found["open"] = form.answers is not Rights.TEAM
            found["tallies"] = list(tallies(form, answers)) if found["open"] else []
        return found


def tallies(form: Questionnaire, answers: Iterable[Answer], threshold: int = 1) -> Iterator[Model]:
    """How often each answer to a closed question was given, for those that at least ``threshold`` answers say
    something to. Nothing personal, no free text, and nothing that is no option."""
    answers = list(answers)
    for question in form.questions:
        if question.kind not in _CLOSED or question.personal or not question.options:
            continue
        known = {option.key for option in question.options}
        given = [known.intersection(_several(answer.values.get(question.id))) for answer in answers]
        counts = Counter(value for values in given for value in values)
        answered = sum(map(bool, given))
        if answered >= max(threshold, 1):
            rows = [[option.label, counts[option.key]] for option in question.options]
            yield {"label": question.label, "answered": answered, "rows": rows}


def _several(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _readable(value: Any, options: Iterable[Option]) -> str:
    labels = {option.key: option.label for option in options}
    if isinstance(value, str):
        return labels.get(value, value)
    return ", ".join(labels.get(str(item), str(item)) for item in value) if isinstance(value, list) else ""


def rebased(url: str, prefix: str) -> str:
    """A link of an included page, from where it is shown."""
    relative = prefix and url and not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|[/#]", url)
    return prefix + url if relative else url
