"""Which commands plugins add, found without importing any of them.

``importlib.metadata`` costs as much as all of ``--help``; so the metadata folders on the path are looked through
for the one section that matters. Loading is left to :mod:`allies_sync.platforms.manager`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

GROUP = "allies_sync.commands"

_SECTION = f"[{GROUP}]"
_METADATA = (".dist-info", ".egg-info")


def command_names(path: Sequence[str] | None = None) -> list[str]:
    """The commands that installed plugins announce."""
    names: set[str] = set()
    for folder in sys.path if path is None else path:
        for text in _announcements(folder or os.curdir):
            names.update(_names(text))
    return sorted(names)


def _announcements(folder: str) -> Iterator[str]:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.endswith(_METADATA):
                continue
            with suppress(OSError), open(f"{entry.path}/entry_points.txt", "rb") as file:  # noqa: PTH123 - pathlib costs
                content = file.read(100_000)
                if GROUP.encode() in content:
                    yield content.decode("utf-8", "replace")


def _names(text: str) -> Iterator[str]:
    inside = False
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("["):
            inside = line == _SECTION
        elif inside and "=" in line and not line.startswith("#"):
            yield line.partition("=")[0].strip()
