"""YesWiki for the role `wiki`: the pages, questionnaires and rights of engagements in the collective's own wiki."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from allies_sync.platforms.hookspecs import hookimpl

if TYPE_CHECKING:
    from allies_sync.platforms.interface import Opening, Platform, PlatformType
    from allies_sync.platforms.memoires import MemoireImporter


@hookimpl
def allies_sync_platforms() -> Sequence[PlatformType]:
    """One platform."""
    from allies_sync.platforms.interface import PlatformType
    from allies_sync.text.messages import _
    from allies_sync_yeswiki.settings import YesWikiSettings

    return (
        PlatformType(
            name="yeswiki",
            title=_("YesWiki"),
            roles=frozenset({"wiki"}),
            settings=YesWikiSettings,
            open=_open,
            summary=_("Des pages et des questionnaires, dans le YesWiki du collectif."),
        ),
    )


@hookimpl
def allies_sync_memoire_importers() -> Sequence[MemoireImporter]:
    """Mémoires of any wiki of this kind, old or new, and of pages saved from one."""
    from allies_sync_yeswiki.memoires_importer import WikiImporter

    return (WikiImporter(),)


def _open(opening: Opening) -> Platform:
    from allies_sync_yeswiki.platform import YesWiki

    return YesWiki(opening)
