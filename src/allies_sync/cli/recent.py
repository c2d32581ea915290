"""Slugs that commands on this machine have seen lately, so that the Tab key need not ask any platform.

A cache like any other: it may be deleted, and it holds nothing but slugs.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

MOST = 2000


def recent_slugs() -> list[str]:
    """What was remembered, or nothing."""
    with suppress(OSError):
        return _file().read_text(encoding="utf-8", errors="replace").split()
    return []


def remember_slugs(slugs: Iterable[str], *, instead: bool = False) -> None:
    """Adds slugs, or puts them in the place of all others; writes only when something changes."""
    known = recent_slugs()
    wanted = sorted({*slugs} if instead else {*known, *slugs})[:MOST]
    if wanted == known:
        return
    with suppress(OSError):
        file = _file()
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.write_text("\n".join(wanted) + "\n", encoding="utf-8")
        draft.replace(file)


def _file() -> Path:
    chosen = os.environ.get("ALLIES_SYNC_CACHE")
    if chosen:
        return Path(chosen) / "slugs"
    import platformdirs

    return platformdirs.user_cache_path("allies-sync", appauthor=False) / "slugs"
