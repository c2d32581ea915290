"""Mémoires written one after the other: JSON, JSON-LD, CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

from allies_sync.memoires.jsonld import CONTEXT, memoire_jsonld
from allies_sync.model.memoire import KEYS, Memoire
from allies_sync.model.memoire_form import LABELS
from allies_sync.platforms.memoires import MemoireFormat
from allies_sync.text.messages import _

_FORMULA = re.compile(r"[=+\-@\t\r]|\s+[=+\-@]")
_COLUMNS = (*KEYS, "pictures", "created", "updated", "url", "other")


def write_json(memoires: Iterable[Memoire], out: BinaryIO, *, everything: bool = True) -> int:
    """A list of mémoires; returns how many. Without ``everything``, with the keys of the commons' exchange alone."""
    return _write_list((memoire.to_json(everything=everything) for memoire in memoires), out)


def write_jsonld(memoires: Iterable[Memoire], out: BinaryIO) -> None:
    """JSON-LD with the terms of schema.org: one graph."""
    out.write(b'{"@context": "' + CONTEXT.encode() + b'", "@graph": ')
    _write_list(({k: v for k, v in memoire_jsonld(it).items() if k != "@context"} for it in memoires), out)
    out.write(b"}\n")


def write_csv(memoires: Iterable[Memoire], out: BinaryIO) -> None:
    """A table for spreadsheets: a line for each, no cell that a program takes for a formula."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    try:
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow([LABELS[name] for name in _COLUMNS])
        for memoire in memoires:
            writer.writerow([tame(_cell(memoire, name)) for name in _COLUMNS])
    finally:
        text.detach()


def tame(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{text}" if _FORMULA.match(text) else text


def formats(more: Mapping[str, MemoireFormat]) -> dict[str, MemoireFormat]:
    """All formats by name: the tool's own, then those of plugins."""
    own = (
        MemoireFormat("json", _("JSON, que « memoires import » relit"), "json", _json),
        MemoireFormat("jsonld", _("JSON-LD, avec les termes de schema.org"), "jsonld", write_jsonld),
        MemoireFormat("csv", _("tableau pour un tableur"), "csv", write_csv),
    )
    return {item.name: item for item in own} | {
        name: item for name, item in more.items() if name not in {it.name for it in own}
    }


def _json(memoires: Iterable[Memoire], out: BinaryIO) -> None:
    write_json(memoires, out)


def _cell(memoire: Memoire, name: str) -> str:
    if name == "other":
        return "\n".join(f"{it.label} : {it.value}" for it in memoire.other)
    value: Any = getattr(memoire, name)
    if isinstance(value, tuple):
        return "\n".join(value)
    return "" if value is None else str(value)


def _write_list(items: Iterable[Mapping[str, Any]], out: BinaryIO) -> int:
    count = 0
    out.write(b"[")
    for item in items:
        out.write((b",\n" if count else b"\n") + json.dumps(item, ensure_ascii=False, indent=1).encode())
        count += 1
    out.write(b"\n]\n" if count else b"]\n")
    return count
