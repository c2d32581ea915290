"""Entries that the tool owns, ``fiches/<form>/<name>.json``: read among the answers to their form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from allies_sync.model.resources import FieldKind, Form
from allies_sync.platforms.interface import Answer
from allies_sync_local import disk
from allies_sync_local.forms import answer_in, parsed
from allies_sync_local.layout import ENTRIES, entries_folder
from allies_sync_local.site import names_in


def entries_of(root: Path, form: Form) -> Iterator[Answer]:
    """The entries of a form in a space. What is no entry (any more) is passed over."""
    folder = root / ENTRIES / entries_folder(form.id)
    disk.check_inside(root, folder)
    several = frozenset(field.id for field in form.fields if field.kind is FieldKind.CHOICES)
    for name in names_in(folder):
        path = folder / name
        with disk.telling(path):
            data = parsed(disk.read_file(path)) or {}
            stamp = path.stat().st_mtime
        answer = answer_in(path.stem, parted(data, several), stamp)
        if answer is not None and data.get("form") == form.id:
            yield answer


def parted(data: Mapping[str, Any], several: frozenset[str]) -> dict[str, Any]:
    """An entry's data with the keys of several options as a list: they are kept joined by commas."""
    values = data.get("values")
    if not isinstance(values, dict):
        return dict(data)
    return {
        **data,
        "values": {
            key: value.split(",") if key in several and isinstance(value, str) else value
            for key, value in values.items()
        },
    }
