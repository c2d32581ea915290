"""Forms, lists, entries and answers as JSON files: written for people too, read as what anybody may have edited."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from allies_sync.model.resources import Entry, Field, FieldKind, Form, List_, Option, Resource, Rights
from allies_sync.platforms.interface import Answer, Space
from allies_sync_local.layout import LISTS, name_of, safe_stem
from allies_sync_local.links import Linker
from allies_sync_local.sources import body_source, decoded

MARK = "mark"


def json_source(space: Space, resource: Resource, here: str) -> str:
    """The file of a form, list or entry, with the tool's mark."""
    data: dict[str, Any] = {MARK: space.mark(resource.id), "title": resource.title}
    if isinstance(resource, Form):
        data |= _form(space, resource, here)
    elif isinstance(resource, List_):
        data["options"] = _options(resource.options)
    elif isinstance(resource, Entry):
        data |= {"form": resource.form, "values": dict(resource.values)}
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _form(space: Space, form: Form, here: str) -> dict[str, Any]:
    link = Linker(space, here)
    data: dict[str, Any] = {"id": form.id, "moment": form.moment, "session": form.session}
    data = {key: value for key, value in data.items() if value}
    data["answers"] = form.answers.value
    if form.entry_title:
        data["entry_title"] = form.entry_title
    data["notice"] = body_source(space, form.notice, here).rstrip("\n")
    data["fields"] = [_field(field, link) for field in form.fields]
    return data


def _field(field: Field, link: Linker) -> dict[str, Any]:
    data: dict[str, Any] = {"id": field.id, "kind": field.kind.value, "label": field.label}
    if field.options_from:
        url = link(field.options_from) or ""
        name = name_of(url.removeprefix("../") if url.startswith(f"../{LISTS}/") else url, f"{LISTS}/")
        data["options_from"] = name or safe_stem(field.options_from.partition(":")[2])
    optional: dict[str, Any] = {
        "help": field.help,
        "required": field.required,
        "personal": field.personal,
        "options": _options(field.options),
        "max_length": field.max_length,
        "default": field.default,
    }
    return data | {key: value for key, value in optional.items() if value}


def _options(options: tuple[Option, ...]) -> list[dict[str, str]]:
    return [{"key": option.key, "label": option.label} for option in options]


# --- fingerprints and marks -------------------------------------------------------------------------------


def page_fingerprint(data: bytes) -> str:
    """Of a page's source, whatever its line ends."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def json_fingerprint(data: bytes) -> str:
    """Of what a JSON file says: neither its layout nor our mark counts."""
    found = parsed(data)
    if found is None:
        return f"unreadable-{hashlib.sha256(data).hexdigest()}"
    content = {key: value for key, value in found.items() if key != MARK}
    text = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def mark_in(data: bytes) -> str:
    """The mark that a JSON file bears, "" for none."""
    found = (parsed(data) or {}).get(MARK)
    return found if isinstance(found, str) else ""


def parsed(data: bytes) -> dict[str, Any] | None:
    """A JSON object; None for anything else."""
    try:
        found = json.loads(decoded(data))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


# --- reading what anybody may have edited -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it is shown."""

    id: str
    kind: FieldKind
    label: str
    help: str
    required: bool
    personal: bool
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A form as it is shown."""

    id: str
    title: str
    moment: str
    notice: str
    answers: Rights
    questions: tuple[Question, ...]

    @property
    def personal(self) -> int:
        return sum(question.personal for question in self.questions)


def questionnaire(data: Mapping[str, Any], lists: Mapping[str, tuple[Option, ...]]) -> Questionnaire:
    """Reads a form's file leniently: what is not understood is left out, what is doubtful counts as personal."""
    fields = [item for item in _items(data.get("fields")) if item.get("kind") != FieldKind.HIDDEN]
    answers = data.get("answers")
    return Questionnaire(
        id=_text(data.get("id")),
        title=_text(data.get("title")),
        moment=_text(data.get("moment")),
        notice=_text(data.get("notice")),
        answers=Rights(answers) if answers in set(Rights) else Rights.TEAM,
        questions=tuple(_question(item, lists) for item in fields),
    )


def _question(item: Mapping[str, Any], lists: Mapping[str, tuple[Option, ...]]) -> Question:
    kind = item.get("kind")
    source = item.get("options_from")
    return Question(
        id=_text(item.get("id")),
        kind=FieldKind(kind) if kind in set(FieldKind) else FieldKind.TEXT,
        label=_text(item.get("label")),
        help=_text(item.get("help")),
        required=item.get("required") is True,
        personal=item.get("personal", False) is not False,
        options=lists.get(source, ()) if isinstance(source, str) else options_in(item),
    )


def options_in(data: Mapping[str, Any]) -> tuple[Option, ...]:
    """The options of a list's file, or of a field."""
    return tuple(Option(_text(item.get("key")), _text(item.get("label"))) for item in _items(data.get("options")))


def list_names(data: Mapping[str, Any]) -> list[str]:
    """The lists that a form takes its options from."""
    names = [item.get("options_from") for item in _items(data.get("fields"))]
    return [name for name in names if isinstance(name, str)]


def answer_in(identity: str, data: Mapping[str, Any], changed: float | None = None) -> Answer | None:
    """One answer's file, ``changed`` at some moment; None when it holds no values."""
    values = data.get("values")
    if not isinstance(values, dict):
        return None
    return Answer(
        id=identity,
        values={str(key): _value(value) for key, value in values.items() if value is not None},
        created=_moment(data.get("created")),
        updated=_moment(data.get("updated")) or (datetime.fromtimestamp(changed, UTC) if changed else None),
    )


def _value(value: Any) -> str | tuple[str, ...]:
    if isinstance(value, list):
        return tuple(_text(item) for item in value)
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _items(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found
