"""The platform: which part does what, and what was looked at for one engagement serves the others."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from allies_sync.model.resources import WIDGETS, Page, Resource
from allies_sync.platforms.errors import PlatformError, Refused
from allies_sync.platforms.interface import (
    Act,
    Address,
    Change,
    Content,
    Failed,
    Features,
    Observation,
    Opening,
    Outcome,
    Space,
    Target,
    Unknown,
)
from allies_sync.text.messages import _
from allies_sync_yeswiki.looking import Look, read_page
from allies_sync_yeswiki.names import page_tag, page_url
from allies_sync_yeswiki.pages import page_fingerprint, page_source
from allies_sync_yeswiki.pagework import PageWork
from allies_sync_yeswiki.rights import Levels
from allies_sync_yeswiki.server import Server

_FRESH = 20.0
"""For so many seconds what was looked at for one space serves the others too."""


class YesWiki:
    """A YesWiki, for the role ``wiki``."""

    def __init__(self, opening: Opening) -> None:
        self.settings = opening.settings
        self.server = Server(opening.settings, opening.secret)
        self.levels = Levels(opening.settings)
        self._look: Look | None = None
        self._looked = 0.0
        self._served: set[str] = set()

    @property
    def features(self) -> Features:
        return Features(
            kinds=frozenset({"page"}),
            read=self.levels.known,
            write=self.levels.known,
            marks=frozenset({"page"}),
            widgets=frozenset(WIDGETS),
        )

    # --- without asking -----------------------------------------------------------------------------------------

    def predict(self, space: Space, resource: Resource) -> Address | None:
        if isinstance(resource, Page):
            tag = page_tag(space, resource)
            return Address(tag, page_url(self.server.base, tag))
        return None

    def render(self, space: Space, resource: Resource) -> Content:
        if not isinstance(resource, Page):
            raise Refused(_("Rien ne dit ce qu'il faut écrire."))
        text = page_source(space, resource, self.server.base, page_tag(space, resource))
        return Content(text.encode(), "text/plain", text)

    def fingerprint(self, space: Space, resource: Resource) -> str | None:
        if isinstance(resource, Page):
            return page_fingerprint(page_source(space, resource, self.server.base, page_tag(space, resource)))
        return None

    # --- looking ------------------------------------------------------------------------------------------------

    def look(self, slug: str) -> Look:
        """A look at the wiki: a new one for a space that this one has served already."""
        if self._look is None or slug in self._served or time.monotonic() - self._looked > _FRESH:
            self._look, self._looked, self._served = Look(self.server), time.monotonic(), set()
        self._served.add(slug)
        return self._look

    def last_look(self, slug: str) -> Look:
        """What was looked at last, for writing on top of it."""
        if self._look is None or slug not in self._served or time.monotonic() - self._looked > _FRESH:
            return self.look(slug)
        return self._look

    def observe(self, space: Space, targets: Sequence[Target]) -> Mapping[str, Observation]:
        if not targets:
            return {}
        look = self.look(space.slug)
        found: dict[str, Observation] = {}
        work = PageWork(self.server, self.levels, space, look)
        pages: list[tuple[Target, str]] = []
        for target in targets:
            try:
                page = target.resource if isinstance(target.resource, Page) else None
                pages.append((target, work.tag(page, target.known)))
            except PlatformError as error:
                found[target.key] = Unknown(error.message)
        found.update(work.observe(pages))
        return found

    def read(self, space: Space, target: Target) -> Content:
        work = PageWork(self.server, self.levels, space, self.last_look(space.slug))
        page = target.resource if isinstance(target.resource, Page) else None
        tag = work.tag(page, target.known)
        found = read_page(self.server, tag)
        if found is None:
            raise PlatformError(_("La page « {tag} » n'existe pas sur le wiki.").format(tag=tag))
        return Content(found.body.encode(), "text/plain", found.body)

    # --- writing ------------------------------------------------------------------------------------------------

    def apply(self, space: Space, changes: Sequence[Change]) -> Iterator[Outcome]:
        if not changes:
            return
        work = PageWork(self.server, self.levels, space, self.last_look(space.slug))
        try:
            deletions = [change for change in changes if change.act is Act.DELETE]
            writes = [change for change in changes if change.act is not Act.DELETE]
            yield from work.apply(writes, lambda: Look(self.server))
            for change in deletions:
                try:
                    yield work.delete(change)
                except PlatformError as error:
                    yield Failed(change.key, error)
        finally:
            self._look = None

    def close(self) -> None:
        self.server.close()


