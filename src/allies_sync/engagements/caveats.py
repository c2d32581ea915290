"""What platforms' own rules will make of what a plan is about to create: to be shown with it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.prepare import Preparation
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Caveats
from allies_sync.reconcile.decide import Action


def with_caveats(desk: Desk, preparation: Preparation) -> Preparation:
    """The same preparation, with what was learned. A platform that cannot say has said nothing."""
    found: dict[str, str] = {}
    for part in preparation.parts:
        new = [item for item in part.plan.items if item.action is Action.CREATE and item.resource is not None]
        for role in dict.fromkeys(item.role for item in new):
            platform = desk.bound(role).platform
            if isinstance(platform, Caveats):
                resources = [item.resource for item in new if item.role == role and item.resource is not None]
                with suppress(PlatformError):
                    found |= platform.caveats(part.plan.space, resources)
    return replace(preparation, caveats=found)
