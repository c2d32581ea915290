"""Nextcloud for the role `files`: folders, documents and links of engagements in the collective's own account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from allies_sync.platforms.hookspecs import hookimpl

if TYPE_CHECKING:
    from allies_sync.platforms.interface import Opening, Platform, PlatformType


@hookimpl
def allies_sync_platforms() -> Sequence[PlatformType]:
    """One platform."""
    from allies_sync.platforms.interface import PlatformType
    from allies_sync.text.messages import _
    from allies_sync_nextcloud.settings import NextcloudSettings

    return (
        PlatformType(
            name="nextcloud",
            title=_("Nextcloud"),
            roles=frozenset({"files"}),
            settings=NextcloudSettings,
            open=_open,
            summary=_("Des dossiers, des documents et des liens, dans le Nextcloud du collectif."),
        ),
    )


def _open(opening: Opening) -> Platform:
    from allies_sync_nextcloud.platform import NextcloudFiles

    return NextcloudFiles(opening)
