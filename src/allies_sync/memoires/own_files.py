"""Mémoires in the tool's own files: what ``import --json`` prints and ``export`` writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from allies_sync.model.memoire import KEYS, SEVERAL, VOCABULARIES
from allies_sync.model.memoire_form import LABELS
from allies_sync.platforms.jsonstream import json_items
from allies_sync.platforms.memoires import Record, Remark, Source, Value

_PLAIN = ("tag", "title")
_DISTINCT = frozenset({"link_documentation", "link_proposition", "link_cahier_des_charges"})


class OwnFiles:
    """A list of mémoires with the keys of the commons' exchange, or a single one."""

    name = "json"

    def recognises(self, source: Source) -> bool:
        if source.start is None:
            return False
        head = source.start.head.lstrip(b"\xef\xbb\xbf \t\r\n")
        return head[:1] in b"[{" and head[:1] != b"" and any(f'"{key}"'.encode() in head for key in _DISTINCT)

    def read(self, source: Source) -> Iterator[Record | Remark]:
        if source.start is None:
            return
        head = source.start.head.lstrip(b"\xef\xbb\xbf \t\r\n")
        if head[:1] == b"{":
            yield _record({key: value for key, value in json_items(source.start.chunks()) if key})
            return
        for _key, item in json_items(source.start.chunks()):
            if isinstance(item, Mapping):
                yield _record(item)


def _record(item: Mapping[str, Any]) -> Record:
    values = [_value(name, item[name]) for name in KEYS if name not in _PLAIN and item.get(name)]
    others = item.get("other")
    for other in others if isinstance(others, list) else ():
        if isinstance(other, Mapping):
            values.append(Value(str(other.get("label", "")), str(other.get("value", ""))))
    pictures = item.get("pictures")
    return Record(
        tag=_text(item.get("tag")),
        title=_text(item.get("title")),
        values=tuple(values),
        form="memoires",
        url=_text(item.get("url")),
        created=_text(item.get("created")),
        updated=_text(item.get("updated")),
        pictures=tuple(map(str, pictures)) if isinstance(pictures, list) else (),
        certain=True,
    )


def _value(name: str, value: Any) -> Value:
    if name in VOCABULARIES:
        labels = value if isinstance(value, list) and name in SEVERAL else [value]
        return Value(LABELS[name], labels=tuple(map(_text, labels)))
    return Value(LABELS[name], _text(value))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return "" if value is None else str(value)
