"""What is said of a page beside its text: theme, banner, anybody's own keys."""

from __future__ import annotations

import json
from typing import Any

from allies_sync_yeswiki.testing import php
from allies_sync_yeswiki.testing.state import ReadOnly, WikiState
from allies_sync_yeswiki.testing.triples import METADATA


def metadata_of(state: WikiState, tag: str) -> dict[str, Any] | None:
    stored = state.triples.value(tag, METADATA)
    return json.loads(stored) if stored else None


def merge_metadata(state: WikiState, tag: str, changes: dict[str, Any]) -> None:
    if state.read_only:
        raise ReadOnly("includes/services/TripleStore.php:210")
    state.triples.replace(tag, METADATA, php.json_plain({**(metadata_of(state, tag) or {}), **changes}))
