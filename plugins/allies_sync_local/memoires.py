"""Mémoires out of a local wiki: its folder, or one entry's file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from allies_sync.model.memoire import SEVERAL, VOCABULARIES
from allies_sync.model.memoire_form import FIELD_IDS, FORM_ID, LABELS
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import COLLECTIVE
from allies_sync.platforms.memoires import Record, Remark, Source, Value
from allies_sync.text.messages import _
from allies_sync_local import disk
from allies_sync_local.layout import ENTRIES, entries_folder
from allies_sync_local.site import names_in

_MOST = 1024 * 1024


class EntryFiles:
    """See :class:`allies_sync.platforms.memoires.MemoireImporter`."""

    name = "local"

    def recognises(self, source: Source) -> bool:
        if source.folder is not None:
            return _folder(source.folder) is not None
        return source.start is not None and source.start.head.lstrip()[:1] == b"{" and _marked(source.start.head)

    def read(self, source: Source) -> Iterator[Record | Remark]:
        if source.folder is None:
            if source.start is not None:
                yield _record(b"".join(source.start.chunks())[:_MOST], "")
            return
        folder = _folder(source.folder)
        for name in names_in(folder) if folder is not None else ():
            path = folder / name if folder is not None else Path(name)
            try:
                with disk.telling(path):
                    yield _record(disk.read_file(path), path.stem)
            except PlatformError as error:
                yield Remark(error.message)


def _folder(place: Path) -> Path | None:
    """Where the entries are: from the wiki's own folder, from that of the collective, or from theirs."""
    own = Path(ENTRIES) / entries_folder(FORM_ID)
    for folder in (place / COLLECTIVE / own, place / own):
        if folder.is_dir() and not folder.is_symlink():
            return folder
    return None


def _marked(head: bytes) -> bool:
    return f'"form": "{FORM_ID}"'.encode() in head


def _record(data: bytes, stem: str) -> Record | Remark:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    values = found.get("values") if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping) or not isinstance(values, Mapping) or found.get("form") != FORM_ID:
        return Remark(_("« {name} » n'est pas une mémoire : laissé de côté.").format(name=stem or "?"))
    said = {name: str(values[question]) for name, question in FIELD_IDS.items() if values.get(question)}
    return Record(
        tag=said.get("tag", stem),
        title=said.get("title", "") or str(found.get("title") or ""),
        values=tuple(_value(name, text) for name, text in said.items() if name not in ("tag", "title", "url")),
        form="memoires",
        url=said.get("url", ""),
        certain=True,
    )


def _value(name: str, text: str) -> Value:
    if name in VOCABULARIES:
        labels: dict[str, Any] = {option.key: option.label for option in VOCABULARIES[name]}
        keys = text.split(",") if name in SEVERAL else [text]
        return Value(LABELS[name], labels=tuple(labels.get(key, key) for key in keys))
    return Value(LABELS[name], text)
