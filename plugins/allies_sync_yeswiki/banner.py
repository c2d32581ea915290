"""What stands above every page of an engagement: its title and the way to its other pages.

A page of the wiki that the tool keeps up to date; pages show it by their metadata, without touching the wiki's menus.
Its own metadata say what the tool wrote last, so that it need not be read to know whether it lags behind.
"""

from __future__ import annotations

from hashlib import sha256

from allies_sync.platforms.interface import Space
from allies_sync.text.messages import _, using_language
from allies_sync_yeswiki.inert import parameter, words
from allies_sync_yeswiki.links import Linker
from allies_sync_yeswiki.names import is_tag

KEY = "banner"


def wanted(space: Space) -> bool:
    """Whether the space has a banner."""
    return bool(space.menu) and not space.collective


def source(space: Space, base: str) -> str:
    """The banner as a page."""
    link = Linker(space, base)
    with using_language(space.language):
        untitled = _("Accueil")
    title = words(" ".join(space.title.split())) or untitled
    buttons = []
    for key, name in space.menu:
        url = link.of(key)
        if url and is_tag(url):
            buttons.append(f'{{{{button link="{url}" text="{parameter(name)}" class="btn-default btn-sm"}}}}')
    lines = [
        '{{section bgcolor="var(--primary-color)" class="white text-center" }}',
        f"====={title}=====",
        *([words(space.notice)] if space.notice else []),
        " ".join(buttons),
        '{{end elem="section"}}',
    ]
    return "\n".join(lines)


def stamp(text: str) -> str:
    """What is remembered of a banner."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def mark(space: Space, key: str, text: str, made_of: str = "") -> str:
    """The mark on a derived page, which also says what was written, and what that was made of."""
    return f"{space.mark(key)}:{made_of}-{stamp(text)}" if made_of else f"{space.mark(key)}:{stamp(text)}"


def written(found: str) -> str:
    """The stamp of what was written on a page that bears this mark."""
    return found.rpartition(":")[2].rpartition("-")[2]
