"""What was last seen of pages, kept on this computer without their words: it spares reading what nobody changed.

Nothing here is trusted beyond that: the wiki is asked what changed since, and a page that it names is read again. The
file can be deleted at any time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from allies_sync_yeswiki.revisions import PageRevision

_VERSION = 2
_MOST = 20_000


@dataclass(slots=True)
class Kept:
    """``as_of``: by the clock of the wiki's database, until when all changes were known. ``pages``: by folded name,
    with whether a later revision would bear a later time. ``metadata``: what pages say of themselves, likewise.
    ``lists``: title and options by name. ``settled``: whether no other change can bear that time."""

    as_of: str = ""
    pages: dict[str, tuple[PageRevision, bool]] = field(default_factory=dict)
    metadata: dict[str, Mapping[str, Any]] | None = None
    lists: dict[str, tuple[str, tuple[tuple[str, str], ...]]] | None = None
    settled: bool = False


class Memory:
    """The file of one wiki and one account."""

    def __init__(self, folder: Path | None, base: str, user: str) -> None:
        name = sha256(f"{base}\n{user}".encode()).hexdigest()[:20]
        self._file = folder / f"yeswiki-{name}.json" if folder else None
        self._stored = ""

    def load(self) -> Kept:
        """What is kept; nothing when there is nothing that can be understood."""
        if self._file is None:
            return Kept()
        try:
            self._stored = self._file.read_text("utf-8")
            data = json.loads(self._stored)
            if data["version"] != _VERSION:
                return Kept()
            pages = {
                str(key): (PageRevision(str(tag), str(id), "", str(time), str(user), str(print)), settled is True)
                for key, (tag, id, time, user, print, settled) in data["pages"].items()
            }
            metadata: dict[str, Mapping[str, Any]] | None = None
            if data["metadata"] is not None:
                metadata = {str(key): dict(values) for key, values in data["metadata"].items()}
            lists = None
            if data["lists"] is not None:
                lists = {
                    str(tag): (str(title), tuple((str(key), str(label)) for key, label in options))
                    for tag, (title, options) in data["lists"].items()
                }
            return Kept(str(data["as_of"]), pages, metadata, lists, data["settled"] is True)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return Kept()

    def save(self, kept: Kept) -> None:
        """Keeps it, if it differs from what was loaded. A disk that is full or closed is no reason to stop."""
        if self._file is None:
            return
        pages = {
            key: [page.tag, page.id, page.time, page.user, page.fingerprint, settled]
            for key, (page, settled) in list(kept.pages.items())[-_MOST:]
        }
        data = {
            "version": _VERSION,
            "as_of": kept.as_of,
            "pages": pages,
            "metadata": kept.metadata,
            "lists": kept.lists,
            "settled": kept.settled,
        }
        text = json.dumps(data, sort_keys=True)
        if text == self._stored:
            return
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, draft = mkstemp(dir=self._file.parent, prefix=self._file.name)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(draft).replace(self._file)
            self._stored = text
