"""From a record, which says things under labels, to a mémoire: what each label means, and what has no place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from allies_sync.model.memoire import LONGEST_DESCRIPTION, SEVERAL, VOCABULARIES, Memoire, option_for, same_words
from allies_sync.model.memoire_form import memoire_of_values, read_other
from allies_sync.model.memoire_labels import TELLING, place
from allies_sync.platforms.memoires import Record, Value

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST_LINE = 1_990
_MOST = 100


@dataclass(frozen=True, slots=True)
class Built:
    """What a record came to. ``telling``: it says something that hardly any other form asks for. ``cut``: a text
    was too long."""

    memoire: Memoire | None
    telling: bool
    cut: bool = False


def build(record: Record) -> Built:
    """Makes a mémoire of a record. Values under unknown labels are kept as they are."""
    found: dict[str, Any] = {"tag": _line(record.tag), "title": _line(record.title), "url": _line(record.url)}
    others: list[dict[str, str]] = []
    told: list[str] = []
    cut = False
    for value in record.values:
        if not (value.text.strip() or any(label.strip() for label in value.labels)):
            continue
        name = place(value.label)
        if name is None or (found.get(name) and name not in ("tag", "url", "title")):
            text = value.text or ", ".join(value.labels)
            cut = cut or len(text) > LONGEST_DESCRIPTION
            others.append({"label": _line(value.label), "value": _text(text)})
            continue
        cut = cut or len(value.text) > LONGEST_DESCRIPTION
        if name == "other":
            told.append(_text(value.text))
            continue
        if name == "title" and found["title"]:
            continue
        found[name] = _read(name, value, others)
    for name, moment in (("created", record.created), ("updated", record.updated)):
        found.setdefault(name, moment or None)
    found["pictures"] = [*found.get("pictures", ()), *map(_line, record.pictures)][:_MOST]
    telling = any(found.get(name) for name in TELLING)
    for name in VOCABULARIES:
        found.setdefault(name, [] if name in SEVERAL else None)
    read_other("\n".join(told), found)
    found["other"] = [*others, *found.get("other", ())][:200]
    found["title"] = found["title"] or found["tag"]
    return Built(_validated(found), telling, cut)


def from_entry(name: str, values: Mapping[str, str | Sequence[str]]) -> Memoire | None:
    """A mémoire out of an entry called ``name`` of the tool's own form; None for one without a title."""
    given = {key: (value,) if isinstance(value, str) else tuple(value) for key, value in values.items()}
    found = memoire_of_values(given)
    for key, value in found.items():
        if isinstance(value, str):
            found[key] = _text(value) if key == "description" else _line(value)
        elif key != "other" and value:
            found[key] = [_line(item) for item in value][:_MOST]
    found["tag"] = found["tag"] or _line(name)
    return _validated(found)


def _validated(found: dict[str, Any]) -> Memoire | None:
    if not found["title"]:
        return None
    try:
        return Memoire.model_validate(found)
    except ValidationError as error:
        # a date that is none, say: what cannot be understood is left out, the rest counts
        bad = {str(problem["loc"][0]) for problem in error.errors(include_url=False) if problem["loc"]}
        if "title" in bad or not bad:
            return None
        try:
            return Memoire.model_validate({name: value for name, value in found.items() if name not in bad})
        except ValidationError:
            return None


def _read(name: str, value: Value, others: list[dict[str, str]]) -> Any:
    """The value of one field."""
    if name in SEVERAL:
        return [_line(label) for label in value.labels or split_labels(name, value.text)][:_MOST]
    if name in VOCABULARIES and value.labels:
        for more in value.labels[1:]:
            others.append({"label": _line(value.label), "value": _text(more)})
        return _line(value.labels[0])
    if name == "pictures":
        return [_line(line) for line in (value.text or "\n".join(value.labels)).splitlines() if line.strip()]
    text = value.text or ", ".join(value.labels)
    return _text(text) if name == "description" else _line(text)


def split_labels(name: str, text: str) -> list[str]:
    """Several labels written one after the other, parted by commas, which a label may have itself."""
    pieces = [piece.strip() for piece in re.split(r",|\n", text)]
    found: list[str] = []
    while pieces:
        for count in range(min(len(pieces), 6), 0, -1):
            joined = ", ".join(pieces[:count])
            if count == 1 or (option_for(name, joined) and same_words(joined)):
                found.append(joined)
                del pieces[:count]
                break
    return [label for label in found if label]


def _line(text: str) -> str:
    line = " ".join(_CONTROL.sub(" ", text[: 4 * _LONGEST_LINE]).split())
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def _text(text: str) -> str:
    tame = _CONTROL.sub("", text[: 2 * LONGEST_DESCRIPTION].replace("\r\n", "\n").replace("\r", "\n"))
    return tame if len(tame) <= LONGEST_DESCRIPTION else tame[: LONGEST_DESCRIPTION - 1] + "…"
