"""A page that is declared, as the wiki's own source."""

from __future__ import annotations

import re

from allies_sync.model.resources import Body, Page, Widget
from allies_sync.platforms.interface import Space
from allies_sync.text.characters import encodable
from allies_sync.text.escaping import escape_markdown
from allies_sync.text.messages import using_language
from allies_sync_yeswiki.links import Linker
from allies_sync_yeswiki.syntax import place, wiki_text
from allies_sync_yeswiki.widgets import Widgets

_TITLE = re.compile(r"\s*# ")


def page_source(space: Space, page: Page, base: str, tag: str) -> str:
    """A page as people find it in the editor."""
    with using_language(space.language):
        return body_source(space, page.body, base, tag, page.title)


def body_source(space: Space, body: Body, base: str, tag: str, title: str) -> str:
    """A body; it begins with a heading, if need be with the title."""
    link = Linker(space, base)
    widgets = Widgets(space, link, tag)
    shown: list[tuple[str, str]] = []
    parts: list[str] = []
    for part in body:
        if isinstance(part, Widget):
            parts.append(place(len(shown)))
            shown.append(widgets.source(part))
        else:
            parts.append(part.replace("\ue000", "").replace("\ue001", ""))
    markdown = "".join(parts)
    if not _TITLE.match(markdown):
        markdown = f"# {escape_markdown(title or tag)}\n\n{markdown}"
    # NUL and lone surrogates are nothing that the wiki could keep
    return encodable(wiki_text(markdown, link, shown)).replace("\0", "")
