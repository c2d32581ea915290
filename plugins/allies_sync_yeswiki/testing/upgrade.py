"""An older wiki becomes a newer one, in place: as the migrations of 4.5 were seen to do it."""

from __future__ import annotations

from allies_sync_yeswiki.testing import lists
from allies_sync_yeswiki.testing.forms import fields_of
from allies_sync_yeswiki.testing.state import WikiState

_NAME = 6


def upgrade(state: WikiState) -> None:
    """Entries stay as they are: questions with choices get the long names in their forms that entries called them by.
    Lists get their new shape, and keep their names."""
    if state.is_dev:
        return
    contents = {page.tag: lists.read_list(state, page.tag) for page in state.pages.latest()}
    for form in state.forms.values():
        names = [field.key for field in fields_of(state, form) if field.is_enum and field.name]
        form["bn_template"] = "".join(f"{_named(line, names)}\r\n" for line in form["bn_template"].splitlines())
    state.dialect = "dev"
    for page in state.pages.latest():
        content = contents.get(page.tag)
        if content is not None:
            page.body = lists.list_body(True, *content)


def _named(line: str, names: list[str]) -> str:
    """A line with the name that entries have for its question, and one value more, as the migration leaves it."""
    cells = line.split("***")
    if len(cells) > _NAME:
        long = cells[0].strip() + cells[1].strip() + cells[_NAME].strip()
        if long in names:
            cells[_NAME] = long
            return "***".join([*cells, " "])
    return line
