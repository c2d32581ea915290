"""The platform `local`: an engagement's files as a folder tree, its wiki as a static site, on one's own disk.

Everything heavy is imported when a platform is opened, not when the plugin is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from allies_sync.platforms.hookspecs import hookimpl

if TYPE_CHECKING:
    from allies_sync.platforms.interface import Opening, Platform, PlatformType
    from allies_sync.platforms.memoires import MemoireImporter


@hookimpl
def allies_sync_platforms() -> Sequence[PlatformType]:
    """One platform, for both roles."""
    from allies_sync.platforms.interface import PlatformType
    from allies_sync.text.messages import _
    from allies_sync_local.settings import LocalSettings

    return (
        PlatformType(
            name="local",
            title=_("Dossier de cet ordinateur"),
            roles=frozenset({"files", "wiki"}),
            settings=LocalSettings,
            open=_open,
            summary=_("Des dossiers et un petit site, sur un disque de cet ordinateur ou du réseau."),
        ),
    )


@hookimpl
def allies_sync_memoire_importers() -> Sequence[MemoireImporter]:
    """Mémoires in the folder of such a wiki."""
    from allies_sync_local.memoires import EntryFiles

    return (EntryFiles(),)


def _open(opening: Opening) -> Platform:
    if opening.role == "wiki":
        from allies_sync_local.wiki import LocalWiki

        return LocalWiki(opening)
    from allies_sync_local.files import LocalFiles

    return LocalFiles(opening)
