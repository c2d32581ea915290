"""All that a plugin can answer, in one file.

A plugin is a Python package with an entry point in the group ``allies_sync`` (or a module named in
``ALLIES_SYNC_PLUGINS`` while it is being written) that implements some of these functions with ``@hookimpl``.
See ``docs/plugins.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from allies_sync.platforms.interface import PlatformType
    from allies_sync.platforms.memoires import MemoireFormat, MemoireImporter

hookspec = pluggy.HookspecMarker("allies_sync")
hookimpl = pluggy.HookimplMarker("allies_sync")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an engagement. ``links`` by name: ``home``, ``questionnaire``, ``files``…"""

    slug: str
    title: str
    state: str
    links: Mapping[str, str]


@hookspec
def allies_sync_platforms() -> Sequence[PlatformType]:
    """The platforms that this plugin brings."""
    return ()


@hookspec
def allies_sync_templates() -> Sequence[Path]:
    """Folders that hold templates, each in a folder of its own with a ``template.toml``."""
    return ()


@hookspec
def allies_sync_memoire_importers() -> Sequence[MemoireImporter]:
    """Readers of mémoires d'action from other places (see :mod:`allies_sync.platforms.memoires`).

    The first that recognises a source reads it; those that came along with the tool are asked first.
    """
    return ()


@hookspec
def allies_sync_memoire_formats() -> Sequence[MemoireFormat]:
    """Formats to which mémoires can be exported, besides those of the tool."""
    return ()


@hookspec
def engagement_opened(event: Event) -> None:
    """A workspace was opened: called once, after everything was made and the state was saved.

    What this raises is shown as a warning; it undoes nothing.
    """


@hookspec
def bilan_published(event: Event) -> None:
    """A bilan was published, or published again with other words: called after its PDF and page are there. ``links``:
    ``bilan`` (the PDF), ``page``, ``home``, those that are known.

    What this raises is shown as a warning; it undoes nothing.
    """


@hookspec
def engagement_archived(event: Event) -> None:
    """An engagement was archived: called after its mémoire stands among the others. ``links``: the fields of the
    mémoire that link its documents (``link_proposition``…), and ``home``.

    What this raises is shown as a warning; it undoes nothing.
    """
