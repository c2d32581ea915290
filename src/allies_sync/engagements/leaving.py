"""Removing a workspace: only what the tool made and nobody touched."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from allies_sync.engagements.carry import Progress
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.keepsakes import keep_copy
from allies_sync.engagements.prepare import Preparation, plan_engagement, unknown_engagement
from allies_sync.engagements.stored import check_slug, describe_space
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Address, Seen, Unknown
from allies_sync.reconcile.apply import delete_items
from allies_sync.reconcile.lease import Held, hold
from allies_sync.reconcile.plan import Item
from allies_sync.reconcile.results import Finished, Result


@dataclass(frozen=True, slots=True)
class Removal:
    """What would be removed, what stays because somebody touched it, and what could not be looked at."""

    preparation: Preparation
    removed: tuple[Item, ...]
    kept: tuple[Item, ...]
    unknown: tuple[Item, ...]


@dataclass
class Removed:
    """What removing came to. ``erased``: nothing is left at all; otherwise ``place`` is where the rest is."""

    slug: str
    items: tuple[Item, ...]
    place: Address
    finished: dict[str, Finished] = field(default_factory=dict)
    halted: PlatformError | None = None
    forgotten: bool = False
    kept_data: Path | None = None
    erased: bool = False

    @property
    def complete(self) -> bool:
        return self.forgotten


class HalfErased(Exception):
    """A removal was killed at its very end: nothing but an empty place is left (see :func:`finish_removal`)."""


def prepare_removal(desk: Desk, slug: str) -> Removal:
    """Looks at a workspace and sorts out what may go. Nothing of the collective's is ever among it.

    Raises UserError when there is no such engagement, and :class:`HalfErased`.
    """
    before = describe_space(desk.store, check_slug(slug))
    if before.never_filled and before.abandoned:
        raise HalfErased
    if before.engagement is None:
        raise unknown_engagement(desk, slug, before)
    return _sort(plan_engagement(desk, before, before.engagement, {}))


def finish_removal(desk: Desk, slug: str) -> bool:
    """Erases the empty place that a killed removal left. Returns whether nothing is left."""
    with hold(desk.store, slug) as held:
        return _erase(held)


def _sort(preparation: Preparation) -> Removal:
    removed: list[Item] = []
    kept: list[Item] = []
    unknown: list[Item] = []
    for item in preparation.own.plan.items:
        if isinstance(item.seen, Unknown):
            unknown.append(item)
        elif isinstance(item.seen, Seen):
            untouched = item.decision.base is not None and item.seen.fingerprint == item.decision.base.fingerprint
            (removed if untouched or item.seen.unfinished else kept).append(item)
    return Removal(preparation, tuple(removed), tuple(kept), tuple(unknown))


def remove(desk: Desk, removal: Removal, *, progress: Progress = lambda finished: None) -> Removed:
    """Removes what was shown. What somebody touches in between stays.

    The tool's memory of the workspace goes last, and only when nothing of its own is left to remove.
    """
    slug = removal.preparation.slug
    store = desk.store
    shown = {item.key for item in removal.removed}
    with hold(store, slug) as held:
        fresh = prepare_removal(desk, slug)
        going = [item for item in fresh.removed if item.key in shown]
        report = delete_items(
            fresh.preparation.own.plan,
            going,
            desk.bindings,
            held,
            revision=fresh.preparation.own.revision,
            progress=progress,
        )
        result = Removed(
            slug,
            fresh.preparation.own.plan.items,
            fresh.preparation.place,
            finished=report.finished,
            halted=report.halted,
        )
        failed = any(it.result is Result.FAILED for it in report.finished.values())
        # what could not be looked at when the person agreed stays, and has to be found again
        unshown = len(going) < len(fresh.removed)
        if report.halted is None and not failed and not fresh.unknown and not unshown:
            result.kept_data = keep_copy(slug, "engagement.toml", describe_space(store, slug).text.encode())
            result.erased = _erase(held)
            result.forgotten = True
    return result


def _erase(held: Held) -> bool:
    held.check()
    return held.store.erase(held.slug, held.lease)
