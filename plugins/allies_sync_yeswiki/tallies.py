"""How often each answer to a closed question was given, as a page: numbers and bars, no word that somebody typed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from html import unescape
from typing import Any

from allies_sync.model.resources import Widget
from allies_sync.platforms.interface import Space
from allies_sync.text.messages import _, ngettext, using_language
from allies_sync_yeswiki.answers import Names, is_answer
from allies_sync_yeswiki.entrylines import question
from allies_sync_yeswiki.inert import words
from allies_sync_yeswiki.looking import WikiForm
from allies_sync_yeswiki.news import is_recent

EDITION = 2
"""Raised when the same answers give another page."""
THRESHOLD = 5


def made_of(names: Names, form: WikiForm, slug: str, widget: Widget, date: str) -> str:
    """Stands for all that the page is made of. Answers are known by their names and times, not read; as long as
    another of the same second may still come (``date``: the wiki's present one), it stands for that too."""
    mine = [it for it in names if is_answer(it, form.number, slug)]
    there = sorted((str(it.get("id_fiche", "")), str(it.get("date_maj_fiche", ""))) for it in mine)
    last = max((moment for _tag, moment in there), default="")
    unsettled = bool(last) and is_recent(last, date)
    asked = [(str(it.get("propertyname")), str(it.get("label")), repr(it.get("options"))) for it in form.prepared]
    text = repr((EDITION, there, unsettled, asked, widget.options))
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def source(space: Space, form: WikiForm, entries: Iterable[Mapping[str, Any]], slug: str, widget: Widget) -> str:
    """The page. Nothing of a question that fewer have answered than the widget says."""
    mine = [it for it in entries if is_answer(it, form.number, slug)]
    threshold = _number(widget.option("threshold"))
    with using_language(space.language):
        return "\n".join(_lines(form, mine, threshold, frozenset(widget.option("questions").split())))


def empty(space: Space) -> str:
    """The page of a form that nobody has answered, or that is not there yet."""
    with using_language(space.language):
        return _received(0)


def _lines(
    form: WikiForm, entries: Sequence[Mapping[str, Any]], threshold: int, questions: frozenset[str]
) -> Iterator[str]:
    yield _received(len(entries))
    if 0 < len(entries) < threshold:
        yield ""
        yield _("Les réponses sont comptées ici à partir de {count}.").format(count=threshold)
    for field in form.prepared:
        name = str(field.get("propertyname") or "")
        if question(name).removeprefix("bf_") not in {it.replace("-", "_") for it in questions}:
            continue
        options = _options(field.get("options"))
        given = [options.keys() & set(_keys(it.get(name))) for it in entries]
        answered = sum(map(bool, given))
        if options and answered >= max(threshold, 1):
            yield from _question(str(field.get("label") or name), options, given, answered)


def _question(label: str, options: Mapping[str, str], given: Sequence[set[str]], answered: int) -> Iterator[str]:
    counts = Counter(key for keys in given for key in keys)
    number = ngettext("{count} réponse", "{count} réponses", answered).format(count=answered)
    yield ""
    yield f"**{words(_line(label))}** ({number})"
    # on one line: each end of line would be a break between a bar and its words
    yield "".join(
        f'""<div style="margin:.5em 0 .25em">""{words(_line(option))} : **{counts[key]}**""</div>""'
        f"{_bar(round(100 * counts[key] / answered), counts[key])}"
        for key, option in options.items()
    )


def _bar(share: int, count: int) -> str:
    if count == 0:  # the wiki takes no bar of nothing
        return '""<div class="progress" style="margin:0 5px 0 0"></div>""'
    return f'{{{{progressbar val="{max(share, 1)}"}}}}'


def _received(count: int) -> str:
    if count == 0:
        return _("Le nombre de réponses paraîtra ici.")
    return ngettext("**{count}** réponse reçue.", "**{count}** réponses reçues.", count).format(count=count)


def _options(found: Any) -> dict[str, str]:
    """Labels by key; the wiki gives keys that count from nothing as a list."""
    pairs = enumerate(found) if isinstance(found, list) else found.items() if isinstance(found, dict) else ()
    return {str(key): unescape(str(label)) for key, label in pairs}


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from map(str, value)
    else:
        for part in value if isinstance(value, list) else str(value or "").split(","):
            yield str(part).strip()


def _line(text: str) -> str:
    return " ".join(text.split())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else THRESHOLD
