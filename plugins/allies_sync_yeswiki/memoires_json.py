"""Records out of a wiki's own JSON: its API, the routes of older wikis, and files that somebody saved of both.

Entries name options by keys and questions by properties that every wiki calls otherwise; the labels stand in the
description of the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from allies_sync.model.memoire import VOCABULARIES
from allies_sync.model.memoire_form import FIELD_IDS, LABELS
from allies_sync.model.memoire_labels import place, tells_a_memoire
from allies_sync.platforms.memoires import Record, Value
from allies_sync_yeswiki.memoires_pages import Survey, entry_of_html
from allies_sync_yeswiki.memoires_text import absolute, moment, own_tag, page_address, words_of

_KEYS = re.compile(r"[\w-]+(,[\w-]+)*")
_OPEN = ("", "*")
_READ = 11
_TITLES = ("bf_titre",)
_UNSEEN = {f"bf_{FIELD_IDS[name]}": LABELS[name] for name in ("tag", "url", "created", "updated")}
_INTERNAL = frozenset(
    (
        "id_fiche",
        "id_typeannonce",
        "bf_titre",
        "createur",
        "statut_fiche",
        "date_creation_fiche",
        "date_maj_fiche",
        "owner",
        "user",
        "url",
        "html_data",
        "html_output",
        "date_debut_validite_fiche",
        "date_fin_validite_fiche",
        "categorie_fiche",
        "html",
        "error",
    )
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a form. ``options`` is None for an open one."""

    property: str
    label: str
    kind: str
    options: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """A form as the wiki describes it."""

    number: str
    title: str
    questions: tuple[Question, ...] = field(default=())

    @property
    def of_memoires(self) -> bool:
        return tells_a_memoire(question.label for question in self.questions)


def schema_of(form: Any) -> Schema | None:
    """A form out of its JSON, in the words of any version; None for anything else."""
    if not isinstance(form, Mapping) or not form.get("bn_id_nature"):
        return None
    prepared = form.get("prepared")
    fields = prepared.values() if isinstance(prepared, Mapping) else prepared
    hidden = _hidden(form.get("template"))
    questions = []
    for item in fields if fields and not isinstance(fields, str) else ():
        if not isinstance(item, Mapping):
            continue
        name = str(item.get("propertyname") or item.get("id") or "")
        label = " ".join(unescape(unescape(str(item.get("label") or ""))).split())
        if not name or (label == "" and not place(words_of(name))) or any(name.endswith(it) for it in hidden):
            continue
        questions.append(Question(name, label or words_of(name), str(item.get("type") or ""), _options(item)))
    questions += _unseen(form.get("template"))
    return Schema(str(form["bn_id_nature"]), unescape(str(form.get("bn_label_nature") or "")), tuple(questions))


def _unseen(template: Any) -> Iterator[Question]:
    """Questions of the tool's own form that nobody sees, and of which the wiki says nothing but in its lines."""
    for row in template if isinstance(template, list) else ():
        if isinstance(row, list) and len(row) > 1 and str(row[0]) == "champs_cache" and str(row[1]) in _UNSEEN:
            yield Question(str(row[1]), _UNSEEN[str(row[1])], "hidden")


def _hidden(template: Any) -> list[str]:
    """Questions that not everybody may read: older wikis give their answers to everybody all the same."""
    found = []
    for row in template if isinstance(template, list) else ():
        if isinstance(row, list) and len(row) > _READ and str(row[_READ]).strip() not in _OPEN:
            name = str(row[6] if str(row[0]) in ("checkbox", "liste", "radio") and str(row[6]).strip() else row[1])
            found.append(name.strip())
    return [name for name in found if name]


def _options(item: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Labels by key, of whatever shape they come in."""
    values = item.get("values")
    found = item.get("options")
    if found is None and isinstance(values, Mapping):
        found = values.get("label", {})
    if isinstance(found, list):
        found = {str(key): label for key, label in enumerate(found)}
    if not isinstance(found, Mapping):
        return None
    return {str(key): " ".join(unescape(str(label)).split()) for key, label in found.items()}


def is_entry(item: Any) -> bool:
    """Whether something is an entry of a form."""
    return isinstance(item, Mapping) and ("bf_titre" in item or "id_fiche" in item)


def record_of(item: Mapping[str, Any], schema: Schema | None, base: str, key: str | None = None) -> Record:
    """A record out of an entry. Without the form's description, what can be told by the names of its properties."""
    tag = str(item.get("id_fiche") or key or "")
    name = own_tag(tag)
    title = " ".join(unescape(str(item.get("bf_titre") or "")).split())
    url = str(item.get("url") or "")
    html = item.get("html_output")
    common: dict[str, Any] = {
        "form": str(item.get("id_typeannonce") or ""),
        "url": url if url.startswith(("http://", "https://")) else page_address(base, tag),
        "created": moment(str(item.get("date_creation_fiche") or "")),
        "updated": moment(str(item.get("date_maj_fiche") or "")),
    }
    if isinstance(html, str) and "BAZ_rubrique" in html and schema is None:
        keys = {name: value for name, value in item.items() if isinstance(value, str) and _KEYS.fullmatch(value)}
        shown = entry_of_html(html, Survey(base=base, tag=tag), keys)
        if shown is not None:
            return Record(name, title or shown.title, shown.values, pictures=shown.pictures, **common)
    questions = schema.questions if schema else _guessed(item)
    values, pictures = [], []
    for question in questions:
        raw = _plain(item.get(question.property))
        if not raw or question.property in _TITLES or question.property in _INTERNAL:
            continue
        if question.kind == "image" or question.property.startswith("image"):
            root = base.partition("?")[0]
            pictures.append(raw if raw.startswith("http") else absolute(root, f"files/{raw}") or raw)
        else:
            values.append(_value(question, raw))
    return Record(name, title, tuple(values), pictures=tuple(pictures), **common)


def _plain(value: Any) -> str:
    """What an entry says, as one text; several keys are joined as the wiki joins them."""
    if isinstance(value, Mapping):
        return ",".join(str(key) for key, on in value.items() if on)
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else str(value).strip()


def _value(question: Question, raw: str) -> Value:
    if question.options is not None:
        keys = [key.strip() for key in raw.split(",") if key.strip()]
        if raw in question.options:
            keys = [raw]
        return Value(question.label, labels=tuple(question.options.get(key, unescape(key)) for key in keys))
    if question.kind in ("textelong", "textarea") and ("</p>" in raw or "<br" in raw):
        return Value(question.label, _without_html(raw))
    return Value(question.label, unescape(raw).replace("\r\n", "\n"))


def _without_html(raw: str) -> str:
    from bs4 import BeautifulSoup

    from allies_sync_yeswiki.memoires_text import text_of, tidy

    return text_of(BeautifulSoup(tidy(raw), "html.parser"))


def _guessed(item: Mapping[str, Any]) -> Iterator[Question]:
    """Questions told by the names of properties; options by their place in the commons' own lists."""
    for name in item:
        if name in _INTERNAL or name.startswith(("filename-", "data-")):
            continue
        label = words_of(name)
        known = VOCABULARIES.get(place(label) or "")
        raw = _plain(item[name])
        if known and raw and all(key.strip().isdigit() for key in raw.split(",")):
            named = {str(number): option.label for number, option in enumerate(known, 1)}
            named |= {option.key: option.label for option in known if option.key.isdigit()}
            yield Question(name, label, "guessed", named)
        elif place(label):
            yield Question(name, label, "")


def guesses(record: Record, item: Mapping[str, Any]) -> bool:
    """Whether options were told by their place alone."""
    return any(question.kind == "guessed" for question in _guessed(item)) and bool(record.values)
