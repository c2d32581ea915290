"""Which pages are entries, of which form, with which values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from allies_sync_yeswiki.testing import names
from allies_sync_yeswiki.testing.pages import Revision
from allies_sync_yeswiki.testing.state import WikiState
from allies_sync_yeswiki.testing.triples import ENTRY, TYPE

Data = dict[str, Any]


def is_entry(state: WikiState, tag: str) -> bool:
    return state.triples.value(tag, TYPE) == ENTRY


def data_of(page: Revision) -> Data:
    try:
        data = json.loads(page.body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def entries_of_form(state: WikiState, form: str | None) -> Iterator[tuple[Revision, Data]]:
    """All entries, or those of one form, in the order of their revisions."""
    tags = {names.fold(row.resource) for row in state.triples.find(property=TYPE) if row.value == ENTRY}
    found = sorted((page for page in state.pages.latest() if names.fold(page.tag) in tags), key=lambda page: page.id)
    for page in found:
        data = data_of(page)
        if form is None or str(data.get("id_typeannonce")) == form:
            yield page, data


def title_of(state: WikiState, page: Revision) -> str:
    """Empty for a page that is no entry."""
    return str(data_of(page).get("bf_titre", "")) if is_entry(state, page.tag) else ""
