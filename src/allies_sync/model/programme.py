"""Sessions and what happens in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from allies_sync.model.base import (
    Clock,
    Count,
    Data,
    Day,
    Issue,
    Label,
    Line,
    Minutes,
    Name,
    Several,
    Statement,
    Text,
    Title,
    Url,
    hour,
)
from allies_sync.model.problems import Code


class Module(Data):
    """One of several activities to choose from."""

    title: Label
    objectives: Several[Statement] = ()
    description: Text = ""


class Part(Data):
    """Something done before or after a session."""

    title: Line = ""
    objectives: Several[Statement] = ()
    description: Text = ""
    actions: Several[Statement] = ()


class ProgrammeItem(Data):
    """One item of a programme. ``parallel``: how many of its modules run at the same time."""

    start: Clock | None = None
    duration: Minutes | None = None
    title: Label
    objectives: Several[Statement] = ()
    description: Text = ""
    outcomes: Several[Statement] = ()
    parallel: Annotated[int, Field(ge=1, le=50, strict=True)] | None = None
    modules: Several[Module] = ()

    @property
    def end(self) -> time | None:
        """When it ends, if both its start and its duration are known (``None`` past midnight)."""
        minutes = self.end_minutes
        return None if minutes is None or minutes >= 24 * 60 else time(*divmod(minutes, 60))

    @property
    def end_minutes(self) -> int | None:
        """Minutes from midnight to its end."""
        if self.start is None or self.duration is None:
            return None
        return minutes_of(self.start) + self.duration

    @property
    def hours(self) -> str:
        """``9h30–10h``, ``9h30`` or nothing."""
        if self.start is None:
            return ""
        return f"{hour(self.start)}–{hour(self.end)}" if self.end else hour(self.start)

    def issues(self) -> Iterator[Issue]:
        if self.parallel and self.parallel > max(1, len(self.modules)):
            yield Issue(("parallel",), Code.NO_MODULES, self.parallel, (str(len(self.modules)),))


class Session(Data):
    """One meeting. ``id`` never changes; ``when`` says in words what ``date`` cannot say yet."""

    id: Name
    title: Title
    date: Day | None = None
    when: Line = ""
    start: Clock | None = None
    end: Clock | None = None
    place: Line = ""
    access: Text = ""
    link: Url | None = None
    participants: Count | None = None
    description: Text = ""
    note: Text = ""
    preparation: Part | None = None
    programme: Several[ProgrammeItem] = ()
    follow_up: Part | None = None

    @property
    def hours(self) -> str:
        """``9h30–17h30``, ``9h30`` or nothing."""
        if self.start is None:
            return ""
        return f"{hour(self.start)}–{hour(self.end)}" if self.end else hour(self.start)

    def issues(self) -> Iterator[Issue]:
        if self.start and self.end and self.end <= self.start:
            yield Issue(("end",), Code.END_BEFORE_START, self.end, (hour(self.start),), other=("start",))
        timed = [(index, item, item.start) for index, item in enumerate(self.programme) if item.start]
        for (before, first, first_start), (index, item, item_start) in pairwise(timed):
            here, there = ("programme", index, "start"), ("programme", before, "start")
            details = {"title": item.title or "", "other": first.title or "", "other_hours": first.hours}
            if item_start < first_start:
                yield Issue(here, Code.NOT_SORTED, item_start, (hour(first_start),), details, there)
            elif first.end_minutes is not None and minutes_of(item_start) < first.end_minutes:
                end = hour(first.end) if first.end else "24h"
                yield Issue(here, Code.OVERLAP, item_start, (end,), details, there)

    def remarks(self) -> Iterator[Issue]:
        """What is worth saying, but not wrong: programme items outside the session's own hours."""
        for index, item in enumerate(self.programme):
            if item.start is None:
                continue
            late = self.end is not None and (item.end_minutes or minutes_of(item.start)) > minutes_of(self.end)
            if late or (self.start is not None and item.start < self.start):
                details = {"title": item.title, "other_hours": self.hours}
                yield Issue(("programme", index, "start"), Code.PROGRAMME_OUTSIDE, item.start, (), details)


def minutes_of(clock: time) -> int:
    """Minutes since midnight."""
    return clock.hour * 60 + clock.minute


def in_order(sessions: tuple[Session, ...]) -> tuple[Session, ...]:
    """By date; those without a date last, in the order given."""
    return tuple(sorted(sessions, key=lambda session: (session.date is None, session.date or date.max)))
