"""Which entries somebody gets to see, filtered as the API and the lists do it."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from allies_sync_yeswiki.testing.entry_table import Data, data_of, entries_of_form, is_entry
from allies_sync_yeswiki.testing.forms import Field, fields_of
from allies_sync_yeswiki.testing.pages import Revision
from allies_sync_yeswiki.testing.state import WikiState
from allies_sync_yeswiki.testing.visit import Visit

_ALWAYS_SHOWN = ("id_fiche", "id_typeannonce", "date_creation_fiche", "statut_fiche", "date_maj_fiche", "owner")
_DATES = ("jour", "listedatedeb", "listedatefin")


def search(visit: Visit, form: str | None, *, query: str = "", date_min: str = "") -> list[tuple[Revision, Data]]:
    """Readable entries. The query looks at what is stored, also in fields that the visitor may not read."""
    conditions = [one for one in query.split("|") if one]
    return [
        (page, data)
        for page, data in entries_of_form(visit.state, form)
        if visit.may("read", page.tag)
        and page.time >= date_min
        and all(_fulfils(visit.state, data, condition) for condition in conditions)
    ]


def _fulfils(state: WikiState, data: Data, condition: str) -> bool:
    name, operator, values = re.match(r"([^!=]*)(!?=|)(.*)", condition, re.DOTALL).groups()  # type: ignore[union-attr]
    if not operator:
        return True
    stored = data.get(name.strip(), "")
    text = stored if isinstance(stored, str) else ""
    field = next((one for one in _fields(state, data) if one.key == name.strip()), None)
    parts = text.split(",") if field is not None and (field.is_checkbox or field.kind == "tags") else [text]
    if not values:
        found = not text
    else:
        try:
            found = any(
                re.fullmatch(value, part, re.IGNORECASE | re.DOTALL) for value in values.split(",") for part in parts
            )
        except re.error:
            return False
    return not found if operator == "!=" else found


def _fields(state: WikiState, data: Data) -> list[Field]:
    return fields_of(state, state.forms.get(str(data.get("id_typeannonce"))))


def visible(visit: Visit, page: Revision, data: Data | None = None) -> Data:
    """An entry's own values: empty where the visitor may not read the field."""
    state = visit.state
    data = data_of(page) if data is None else data
    hidden = {
        field.key
        for field in _fields(state, data)
        if field.key and field.read_acl and not state.accounts.allows(field.read_acl, visit.user, page.owner)
    }
    return {name: "" if name in hidden else value for name, value in data.items()}


def as_json(visit: Visit, page: Revision, data: Data | None = None) -> dict[str, Any]:
    """An entry as the API shows it."""
    shown = visible(visit, page, data)
    shown["user"], shown["owner"] = page.user, page.owner
    shown["html_data"] = html_data(visit.state, shown)
    shown["url"] = visit.state.url(page.tag)
    return shown


def html_data(state: WikiState, shown: Data) -> str:
    """The attributes ``data-…`` that lists carry: choices, dates, and what every entry has."""
    fields = _fields(state, shown)
    listed = {field.key for field in fields if field.is_enum or field.kind in _DATES or field.kind == "tags"}
    for field in fields:
        if field.kind == "map":
            listed |= {field.parts[1], field.parts[2]}
    return "".join(
        f'data-{name}="{escape(value)}" '
        for name, value in shown.items()
        if isinstance(value, str) and value and (name in listed or name in _ALWAYS_SHOWN)
    )


def one_entry(visit: Visit, tag: str) -> tuple[Revision, Data] | None:
    page = visit.state.pages.get(tag)
    if page is None or not is_entry(visit.state, tag) or not visit.may("read", tag):
        return None
    return page, data_of(page)
