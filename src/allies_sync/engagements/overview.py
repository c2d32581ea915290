"""How engagements are doing: state, what is due, what is still to be done, what people changed. Only reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.drafting import places_left
from allies_sync.engagements.due import Due, bilan_due, due
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.extending import endings
from allies_sync.engagements.personal import asks_personal
from allies_sync.engagements.prepare import Preparation, Settled, as_found, plan_engagement, unknown_engagement
from allies_sync.engagements.standing import Why, asks_for_documents, standings
from allies_sync.engagements.stored import Description, check_slug, describe_space, today
from allies_sync.model.lifecycle import by_date
from allies_sync.platforms.errors import PlatformError
from allies_sync.reconcile.decide import Action
from allies_sync.text.messages import _
from allies_sync.text.system import system_words


@dataclass(frozen=True, slots=True)
class Status:
    """One engagement at a glance. ``error`` says why it could not be looked at, if it could not.

    ``missing``: roles of the three documents of a mémoire that are not there yet. ``pending`` counts what a sync
    would create or update; ``unknown`` what a platform did not answer for.
    """

    slug: str
    title: str
    state: str
    due: tuple[Due, ...] = ()
    pending: int = 0
    changed_by_people: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    place: str = ""
    error: UserError | PlatformError | None = None
    preparation: Preparation | None = None

    @property
    def todo(self) -> bool:
        """Whether ``status --check`` has something to report."""
        return bool(self.pending or self.conflicts)


def overview(
    desk: Desk,
    slugs: Sequence[str] | None = None,
    *,
    progress: Callable[[str], None] = lambda slug: None,
) -> Iterator[Status]:
    """Looks at the named engagements, or at all. One that is broken does not hide the others.

    Raises UserError for a slug that does not exist and PlatformError when the list cannot be had.
    """
    names = sorted(desk.store.engagements()) if slugs is None else [check_slug(slug) for slug in slugs]
    shared: Shared = {}
    for slug in names:
        progress(slug)
        yield look(desk, slug, named=slugs is not None, shared=shared)


def _described(desk: Desk, slug: str) -> Description:
    try:
        return describe_space(desk.store, slug)
    except OSError as error:
        raise PlatformError(
            _("« {slug} » ne peut pas être lu : {why}.").format(slug=slug, why=system_words(error))
        ) from error


Shared = dict[str, Settled]
"""What engagements of one template share, by the template's name: looked at once."""


def look(desk: Desk, slug: str, *, named: bool = True, shared: Shared | None = None) -> Status:
    """One engagement."""
    try:
        before = _described(desk, slug)
        engagement = before.engagement
        if engagement is None:
            raise unknown_engagement(desk, slug, before)
    except (UserError, PlatformError) as error:
        if named:
            raise
        return Status(slug, slug, "?", error=error)
    day = today(desk.environ)
    state = by_date(engagement.state, day, engagement.start).value
    try:
        known = shared.get(engagement.template) if shared is not None else None
        preparation = plan_engagement(desk, before, engagement, {}, settled=known)
        if shared is not None and known is None and len(preparation.parts) > 1:
            shared[engagement.template] = as_found(preparation.parts[0])
    except (UserError, PlatformError) as error:
        return Status(slug, engagement.title, state, due(engagement, day), error=error)
    items = preparation.items
    ends = endings(desk, preparation.workspace.resources)
    gone = {item.key for item in items if item.action in (Action.GONE, Action.FOREIGN)}
    over = {key for key, end in ends.items() if key in gone and end < day}  # gone by itself, at its end
    return Status(
        slug=slug,
        title=engagement.title,
        state=state,
        due=due(
            engagement,
            day,
            [end for key, end in ends.items() if key in over or key not in gone],
            _places(desk, preparation, day),
            asks_personal(preparation.workspace.resources),
        ),
        pending=sum(item.action in (Action.CREATE, Action.UPDATE) for item in items),
        changed_by_people=tuple(
            item.key
            for item in items
            if item.decision.by_people and item.key not in over and item.key not in preparation.drafts
        ),
        conflicts=tuple(item.key for item in items if item.action is Action.CONFLICT),
        unknown=tuple(item.key for item in items if item.action is Action.BLOCKED),
        missing=_missing(desk, preparation),
        place=preparation.place.url or preparation.place.path,
        preparation=preparation,
    )


def _places(desk: Desk, preparation: Preparation, day: date) -> int | None:
    """How much of the bilan's draft is left to write, when it is time for it."""
    if not bilan_due(preparation.engagement, day):
        return None
    try:
        return places_left(desk, preparation)
    except PlatformError:  # what is said of its folder says why
        return None


def _missing(desk: Desk, preparation: Preparation) -> tuple[str, ...]:
    """Which of the three documents a mémoire would lack, while the engagement is under way."""
    if not asks_for_documents(preparation.engagement):
        return ()
    found = standings(desk, preparation)
    return tuple(it.role.value for it in found if not it.there and it.why is not Why.UNKNOWN)
