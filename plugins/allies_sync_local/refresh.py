"""Renewing pages that no change was about: they show a form, another page or the list of engagements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from allies_sync.model.resources import REFERENCE
from allies_sync.platforms.interface import COLLECTIVE, Space
from allies_sync.text.names import is_slug
from allies_sync_local import disk
from allies_sync_local.layout import FORMS, SOURCES, form_files, page_files
from allies_sync_local.pair import Pair
from allies_sync_local.site import Site
from allies_sync_local.sources import Directive, decoded, parts_of


def refresh(base: Path, space: Space) -> None:
    """Makes anew what lags behind in a space, and the list of engagements in the collective's."""
    for pair in _pairs(base, space):
        pair.renew()
    for pair in _listing(base, space):
        disk.sweep(pair.root)
        pair.renew()


def collective_lags(base: Path, space: Space) -> bool:
    """Whether the collective's list of engagements does not show how things are."""
    return any(pair.lags() or disk.leftovers(pair.root) for pair in _listing(base, space))


def _pairs(base: Path, space: Space) -> Iterator[Pair]:
    """All pages and forms of a space, what only looks like one left out."""
    root = base / space.slug
    for folder, pattern, files_at in ((SOURCES, "*.md", page_files), (FORMS, "*.json", form_files)):
        if (root / folder).is_symlink():
            continue
        for path in sorted((root / folder).glob(pattern)):
            if is_slug(path.stem) and path.is_file() and not path.is_symlink():
                yield Pair(base, space, files_at(path.stem))


def _listing(base: Path, space: Space) -> Iterator[Pair]:
    """The collective's pages that list engagements, while another space is worked on."""
    if space.slug == COLLECTIVE or space.collective or (base / COLLECTIVE).is_symlink():
        return
    title = space.collective_name
    collective = replace(
        space, slug=COLLECTIVE, title=title, collective=True, home=None, menu=(), addresses={}, notice=""
    )
    site = Site(base, collective)
    for pair in _pairs(base, collective):
        source = decoded(disk.read_file(pair.source))
        listing = any(isinstance(part, Directive) and part.widget == "engagements" for part in parts_of(source))
        # what points to other resources is made with their addresses, which are not known here
        if listing and not REFERENCE.search(source):
            pair.site = site
            yield pair
