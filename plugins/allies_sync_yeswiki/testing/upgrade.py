"""An older wiki becomes a newer one, in place: as the migrations of 4.5 do it."""

from __future__ import annotations

from allies_sync_yeswiki.testing import lists, php
from allies_sync_yeswiki.testing.entry_table import data_of, entries_of_form
from allies_sync_yeswiki.testing.forms import fields_of
from allies_sync_yeswiki.testing.state import WikiState


def upgrade(state: WikiState) -> None:
    """Choices get their short property names in every entry, lists their new shape; names of lists stay."""
    if state.is_dev:
        return
    former = {number: fields_of(state, form) for number, form in state.forms.items()}
    contents = {page.tag: lists.read_list(state, page.tag) for page in state.pages.latest()}
    entries = [(page, data) for page, data in entries_of_form(state, None)]
    state.dialect = "dev"
    for page in state.pages.latest():
        content = contents.get(page.tag)
        if content is not None:
            page.body = lists.list_body(True, *content)
    for page, data in entries:
        fields = former.get(str(data.get("id_typeannonce")), [])
        names = {field.key: field.name for field in fields if field.is_enum and field.name}
        page.body = php.json_plain({names.get(name, name): value for name, value in data_of(page).items()})
