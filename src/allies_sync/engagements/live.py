"""Keeping what pages show of the answers fresh while a session goes on: one read now and then, a write when something
changed, and an end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from allies_sync.engagements.answers import Questionnaires, gather
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.prepare import plan_engagement
from allies_sync.model.engagement import Engagement
from allies_sync.model.resources import Access, Page, Widget
from allies_sync.platforms.errors import PlatformError, Unavailable
from allies_sync.platforms.interface import (
    Act,
    Answer,
    Change,
    Done,
    Failed,
    Gathered,
    Known,
    Seen,
    Space,
    Target,
    Unknown,
)
from allies_sync.reconcile.decide import Action
from allies_sync.reconcile.plan import Item

PAUSE = 4.0
"""Seconds between two reads."""
MINUTES = 180
AFTERWARDS = timedelta(minutes=30)
"""How long after a session's end people still answer."""
EVERYTHING = 30
"""After so many reads everything is read again: what was withdrawn shows in no list of what is new."""
COUNTING = frozenset({"count", "tally", "answers"})


@dataclass(frozen=True, slots=True)
class Shown:
    """The pages that show answers to some forms. ``doubtful``: some could not be looked at."""

    space: Space
    pages: tuple[Item, ...]
    doubtful: bool = False

    def renew(self, desk: Desk) -> bool:
        """Makes anew what is derived from the answers and lags behind; pages' own words stay. Whether all was done.

        Takes no lease: nothing that people or the tool wrote is changed, and two that do it come to the same. Raises
        PlatformError.
        """
        well = True
        for role in dict.fromkeys(item.role for item in self.pages):
            platform = desk.bound(role).platform
            items = {item.key: item for item in self.pages if item.role == role}
            found = platform.observe(self.space, [_target(item) for item in items.values()])
            for observation in found.values():
                if isinstance(observation, Unknown):
                    raise Unavailable(observation.reason)
            stale = [_change(items[key], it) for key, it in found.items() if isinstance(it, Seen) and it.stale]
            for outcome in platform.apply(self.space, stale) if stale else ():
                if isinstance(outcome, Failed):
                    raise outcome.error
                well = well and isinstance(outcome, Done)
            well = well and all(isinstance(observation, Seen) for observation in found.values())
        return well


def _target(item: Item) -> Target:
    return Target(item.key, item.kind, item.resource, _known(item))


def _known(item: Item) -> Known | None:
    return item.decision.base.known() if item.decision.base else None


def _change(item: Item, seen: Seen) -> Change:
    access = item.decision.access or item.asked or Access()
    return Change(item.key, item.kind, Act.UPDATE, item.resource, seen, _known(item), access, False, False)


def shown(desk: Desk, asked: Questionnaires) -> Shown:
    """The pages that show answers to these forms, looked at once. Raises UserError and PlatformError."""
    preparation = plan_engagement(desk, asked.before, asked.engagement, {})
    ids = {form.id for form in asked.forms}
    plan = preparation.own.plan
    showing = [it for it in plan.items if isinstance(it.resource, Page) and ids & set(counted(it.resource))]
    pages = tuple(item for item in showing if isinstance(item.seen, Seen) and item.decision.base is not None)
    return Shown(plan.space, pages, any(item.action is Action.BLOCKED for item in showing))


def counted(page: Page) -> list[str]:
    """The forms of which a page shows answers."""
    return [part.target for part in page.body if isinstance(part, Widget) and part.name in COUNTING and part.target]


# --- what came in ----------------------------------------------------------------------------------------------


class Stream:
    """What was answered, followed from read to read."""

    def __init__(self, desk: Desk, asked: Questionnaires) -> None:
        self.desk = desk
        self.asked = asked
        self.token = ""
        self.reads = 0
        self.unread: tuple[str, ...] = ()
        self._found: dict[str, dict[str, Answer]] = {}

    @property
    def answers(self) -> Mapping[str, Sequence[Answer]]:
        """All answers by form, as far as is known now."""
        return {key: tuple(found.values()) for key, found in self._found.items()}

    def read(self) -> bool:
        """Reads what came since the last time; whether anything changed. Raises PlatformError."""
        whole = self.reads % EVERYTHING == 0
        gathered = gather(self.desk, self.asked, "" if whole else self.token)
        self.reads += 1
        self.token = gathered.token
        if gathered.whole:
            self.unread = tuple(gathered.unread)
        before = self._found
        self._found = self._after(gathered)
        return self._found != before

    def _after(self, gathered: Gathered) -> dict[str, dict[str, Answer]]:
        came = {key: {it.id: it for it in answers} for key, answers in gathered.answers.items()}
        if gathered.whole:
            return came
        return {key: {**found, **came.get(key, {})} for key, found in self._found.items()} | {
            key: found for key, found in came.items() if key not in self._found
        }


def ending(engagement: Engagement, session: str, now: datetime, minutes: int | None) -> datetime:
    """When to stop: after so many minutes, else half an hour after the end of the session that is on today."""
    latest = now + timedelta(minutes=minutes or MINUTES)
    if minutes is not None:
        return latest
    ends = [
        datetime.combine(it.date, it.end, now.tzinfo) + AFTERWARDS
        for it in engagement.sessions
        if it.date == now.date() and it.end is not None and session in ("", it.id)
    ]
    coming = [end for end in ends if end > now]
    return min(coming) if coming else latest


def follow(
    stream: Stream,
    until: Callable[[], bool],
    changed: Callable[[], None],
    failed: Callable[[PlatformError], None],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Reads until ``until``; calls ``changed`` after the first read and after each that brought something.

    A platform that does not answer is asked less and less often, up to once a minute; ``failed`` hears of the first
    failure of a row. An error of ``changed`` counts as one: it is called again.
    """
    seconds, due, first = PAUSE, True, True
    while not until():
        try:
            due = stream.read() or due
            if due:
                changed()
            due, seconds, first = False, PAUSE, True
        except PlatformError as error:
            if first:
                failed(error)
            first = False
            seconds = min(seconds * 2, 60.0)
        pause(seconds)
