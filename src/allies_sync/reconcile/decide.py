"""What to do about one resource: a pure function of what is wanted, remembered, was about to be done, and seen.

The rule behind all of it: a person's change is whatever differs from what the tool *read back* after its own
last write. It is never overwritten, undone or re-created.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from allies_sync.model.resources import Access
from allies_sync.platforms.interface import Absent, Observation, Seen, Unknown
from allies_sync.reconcile.state import Intent, Level, Place, Remembered


class Action(StrEnum):
    """What the plan says of a resource."""

    CREATE = "create"
    UPDATE = "update"
    KEEP = "keep"
    CONFLICT = "conflict"
    GONE = "gone"
    FOREIGN = "foreign"
    ORPHAN = "orphan"
    BLOCKED = "blocked"
    NONE = "none"


class Choice(StrEnum):
    """What a person decided about one resource on the command line."""

    KEEP = "keep"
    REPLACE = "replace"
    RECREATE = "recreate"


class Reason(StrEnum):
    """Why; the sentences are in :mod:`allies_sync.reconcile.wording`."""

    NEW = "new"
    SOURCE = "source"
    LINKS = "links"
    RIGHTS = "rights"
    FREEZE = "freeze"
    THAW = "thaw"
    UNFINISHED = "unfinished"
    REPLACED = "replaced"
    MERGED = "merged"
    ELSEWHERE = "elsewhere"
    RECREATED = "recreated"
    EDITED = "edited"
    EDITED_BOTH = "edited-both"
    RIGHTS_BY_PEOPLE = "rights-by-people"
    FOUND_AGAIN = "found-again"
    DELETED = "deleted"
    ENDED = "ended"
    CONTAINER_GONE = "container-gone"
    CONTAINER_FOREIGN = "container-foreign"
    CONTAINER_BLOCKED = "container-blocked"
    SAME_NAME = "same-name"
    LEFT_TEMPLATE = "left-template"
    UNKNOWN = "unknown"
    UNSUPPORTED = "unsupported"
    OTHER_TEMPLATE = "other-template"
    NOTHING = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is declared: fingerprint of the source, rights narrowed to the platform, unpredictable things that it
    points to (their remote ids now; "" for one still to be made), and what reading it back should give.

    ``elsewhere``: the content is not at hand, it was handed over by another run. ``based_on``: the fingerprint of
    what was there when the content was made; a person's words that were there then are in it.
    """

    source: str
    access: Access
    expected: str | None
    links: Mapping[str, str]
    mark: str
    elsewhere: bool = False
    based_on: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do. ``base`` is what is remembered once the decision is taken, before anything is written: it may
    have learned from what a crash left (None: nothing is, or the entry is to be forgotten)."""

    action: Action
    reason: Reason = Reason.NOTHING
    base: Remembered | None = None
    access: Access | None = None
    content: bool = False
    rights: bool = False
    derived: bool = False
    by_people: bool = False

    @property
    def writes(self) -> bool:
        """Whether the platform is asked to write anything, derived things included."""
        return self.content or self.rights or self.derived


def decide(
    wanted: Wanted | None,
    remembered: Remembered | None,
    intent: Intent | None,
    seen: Observation,
    blank: Remembered,
    *,
    choice: Choice | None = None,
    recovering: bool = False,
) -> Decision:
    """Decides about one resource.

    ``blank`` carries what a new memory of it would say of its kind, role and platform. ``recovering``: the whole
    state was lost, so what stands in our own place counts as ours, as people may have left it.
    """
    if isinstance(seen, Unknown):
        return Decision(Action.BLOCKED, Reason.UNKNOWN, remembered)
    if isinstance(seen, Absent):
        return _absent(wanted, remembered, choice)
    base = _baseline(wanted, remembered, intent, seen, blank, recovering)
    if base is None:
        return Decision(Action.FOREIGN, Reason.SAME_NAME)
    if seen.details and dict(seen.details) != base.details:
        base = base.model_copy(update={"details": dict(seen.details)})
    base = _moved(base, seen)
    if wanted is None:
        changed = base.fingerprint != seen.fingerprint
        return Decision(Action.ORPHAN, Reason.LEFT_TEMPLATE, base, by_people=changed)
    if seen.unfinished and wanted.elsewhere:
        return Decision(Action.KEEP, Reason.ELSEWHERE, base)
    if seen.unfinished:
        return Decision(Action.UPDATE, Reason.UNFINISHED, base, access=wanted.access, content=True, rights=True)
    return _with_rights(_content(wanted, base, seen, choice), wanted, base, seen)


def _absent(wanted: Wanted | None, remembered: Remembered | None, choice: Choice | None) -> Decision:
    if wanted is None:
        return Decision(Action.NONE)
    if wanted.elsewhere:
        reason = Reason.ELSEWHERE if remembered is None else Reason.DELETED
        return Decision(Action.GONE, reason, remembered, by_people=remembered is not None)
    if remembered is None:
        return Decision(Action.CREATE, Reason.NEW, access=wanted.access, content=True, rights=True)
    if choice is Choice.RECREATE:
        return Decision(Action.CREATE, Reason.RECREATED, access=wanted.access, content=True, rights=True)
    return Decision(Action.GONE, Reason.DELETED, remembered, by_people=True)


def _baseline(
    wanted: Wanted | None,
    remembered: Remembered | None,
    intent: Intent | None,
    seen: Seen,
    blank: Remembered,
    recovering: bool,
) -> Remembered | None:
    """What the tool would remember had its last run ended well; None when the thing is not ours."""
    ours = wanted is not None and seen.mark == wanted.mark
    unmarked = seen.mark is None
    if remembered is None:
        if intent is not None and intent.early and wanted is not None and (ours or unmarked):
            done = seen.unfinished or (wanted.expected is None and ours) or seen.fingerprint == wanted.expected
            # a person may have been there before us: what bears no mark is ours only if it says what ours would say
            return _found(blank, seen, wanted.source, done, intent.access, wanted.links) if ours or done else None
        if intent is not None and intent.act != "delete" and (ours or unmarked):
            done = seen.unfinished or (intent.expected is None and ours) or seen.fingerprint == intent.expected
            return _found(blank, seen, intent.source if done else "", done, intent.access, intent.links)
        if wanted is not None and (ours or (unmarked and recovering)):
            done = seen.unfinished or seen.fingerprint == wanted.expected
            return _found(blank, seen, wanted.source, done, None, wanted.links)
        return None
    if intent is None or intent.act == "delete":
        return remembered
    update: dict[str, object] = {}
    if intent.content and intent.expected is not None and seen.fingerprint == intent.expected:
        update = {"source": intent.source, "fingerprint": seen.fingerprint, "links": intent.links}
    if intent.access and seen.access == intent.access.access():
        update |= {"access": intent.access, "access_seen": intent.access}
    return remembered.model_copy(update=update)


def _found(
    blank: Remembered, seen: Seen, source: str, done: bool, access: Level | None, links: Mapping[str, str]
) -> Remembered:
    rights = access if access and seen.access == access.access() else None
    return blank.model_copy(
        update={
            "source": source or blank.source,
            "fingerprint": seen.fingerprint if done else "",
            "access": rights,
            "access_seen": rights,
            "links": dict(links),
        }
    )


def _moved(base: Remembered, seen: Seen) -> Remembered:
    place = Place(path=seen.address.path, url=seen.address.url)
    if base.address == place and base.remote_id == seen.remote_id:
        return base
    return base.model_copy(update={"address": place, "remote_id": seen.remote_id})


def _content(wanted: Wanted, base: Remembered, seen: Seen, choice: Choice | None) -> Decision:
    people = seen.fingerprint != base.fingerprint
    new_source = wanted.source != base.source
    new_links = any(base.links.get(key) != remote for key, remote in wanted.links.items())
    ours = new_source or new_links
    if people and wanted.expected is not None and seen.fingerprint == wanted.expected:
        # both came to the same text: nothing to write, nobody to ask
        agreed = {"source": wanted.source, "fingerprint": seen.fingerprint, "links": dict(wanted.links)}
        return Decision(Action.NONE, base=base.model_copy(update=agreed))
    if wanted.elsewhere:
        return _not_at_hand(base, people, new_source)
    if people and wanted.based_on is not None and wanted.based_on == seen.fingerprint:
        return Decision(Action.UPDATE, Reason.MERGED, base, content=True)
    if people and choice is Choice.REPLACE:
        return Decision(Action.UPDATE, Reason.REPLACED, base, content=True)
    if people and not ours:
        reason = Reason.EDITED if base.fingerprint else Reason.FOUND_AGAIN
        return Decision(Action.KEEP, reason, base, by_people=True)
    if people:
        if choice is Choice.KEEP:
            kept = base.model_copy(update={"source": wanted.source, "links": dict(wanted.links)})
            return Decision(Action.KEEP, Reason.EDITED, kept, by_people=True)
        return Decision(Action.CONFLICT, Reason.EDITED_BOTH, base, by_people=True)
    if new_source or new_links:
        return Decision(Action.UPDATE, Reason.SOURCE if new_source else Reason.LINKS, base, content=True)
    return Decision(Action.NONE, base=base)


def _not_at_hand(base: Remembered, people: bool, new_source: bool) -> Decision:
    """About a document whose content only the run that handed it over had: it stays as it is."""
    if people:
        reason = Reason.EDITED if base.fingerprint else Reason.FOUND_AGAIN
        return Decision(Action.KEEP, reason, base, by_people=True)
    if new_source:  # the run that handed the next version over died
        return Decision(Action.KEEP, Reason.ELSEWHERE, base)
    return Decision(Action.NONE, base=base)


def _with_rights(decision: Decision, wanted: Wanted, base: Remembered, seen: Seen) -> Decision:
    """Adds what is to be done about rights, which people may change too."""
    before = decision.base or base
    asked = before.access.access() if before.access else None
    people = bool(seen.access and before.access_seen and seen.access != before.access_seen.access())
    decision = replace(decision, derived=seen.stale, access=seen.access or wanted.access)
    if wanted.access == asked:
        if people and decision.action is Action.NONE:
            return replace(decision, action=Action.KEEP, reason=Reason.RIGHTS_BY_PEOPLE, by_people=True)
        return decision
    freezing = wanted.access.write is None
    thawing = asked is not None and asked.write is None and not freezing
    if people and not freezing and not thawing:
        # both changed the rights: the person's stay, and the declaration counts as answered
        kept = before.model_copy(update={"access": Level.of(wanted.access)})
        action = Action.KEEP if decision.action is Action.NONE else decision.action
        return replace(
            decision, action=action, reason=decision.reason or Reason.RIGHTS_BY_PEOPLE, base=kept, by_people=True
        )
    target = wanted.access
    former = before.former
    if freezing and people and seen.access:
        former = Level.of(seen.access)
    if thawing:
        target = before.former.access() if before.former else wanted.access
        former = None
    new_base = before.model_copy(update={"former": former})
    if seen.access == target:
        settled = {"access": Level.of(wanted.access), "access_seen": Level.of(seen.access)}
        return replace(decision, base=new_base.model_copy(update=settled))
    reason = Reason.FREEZE if freezing else Reason.THAW if thawing else Reason.RIGHTS
    action = Action.UPDATE if decision.action in (Action.NONE, Action.KEEP) else decision.action
    return replace(
        decision,
        action=action,
        reason=decision.reason if decision.content or decision.action is Action.CONFLICT else reason,
        base=new_base,
        access=target,
        rights=True,
    )
