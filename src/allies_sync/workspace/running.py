"""One rendering: what it may still consume, what it knows of the other things, and what it wrote on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from allies_sync.model.resources import Widget
from allies_sync.workspace.flaws import Flaw, Refusal

LARGEST_OUTPUT = 2_000_000
"""Characters of one rendered page or document."""
MOST_WORK = 4 * LARGEST_OUTPUT
"""Characters that may be put together on the way there: what a macro returns is counted at each level."""
MOST_STEPS = 100_000
"""Turns of loops and calls."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A declared thing, as the others see it.

    ``present``: whether this engagement has it; ``shared``: it is the collective's; ``share``: the share by which a
    folder is reached without an account, if it has one.
    """

    kind: str
    title: str
    present: bool = True
    shared: bool = False
    share: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All declared things by their full id; those that come once per session are in ``each`` by their short one."""

    things: Mapping[str, Listed] = field(default_factory=dict)
    each: frozenset[str] = frozenset()

    def resolve(self, target: str, session: str | None, *, shared: bool = False) -> str:
        """The id of the thing that is meant, of the given session if it comes once for each.

        ``shared``: asked by something of the collective's, which must not depend on any one engagement.
        """
        if target in self.each:
            if session is None:
                raise Refusal(Flaw.NEEDS_SESSION, found=target)
            target = f"{target}-{session}"
        if target not in self.things:
            raise Refusal(Flaw.DANGLING, found=target, allowed=sorted({*self.things, *self.each}))
        if shared and not self.things[target].shared:
            raise Refusal(Flaw.NOT_HERE, found=target)
        return target


@dataclass(slots=True)
class Run:
    """The state of one rendering."""

    catalog: Catalog = field(default_factory=Catalog)
    session: str | None = None
    roots: Mapping[str, Any] = field(default_factory=dict)
    shared: bool = False
    published: Mapping[str, str] = field(default_factory=dict)
    widgets: list[Widget] = field(default_factory=list)
    links: set[str] = field(default_factory=set)
    steps: int = 0
    work: int = 0

    def resolve(self, target: str, session: str | None = None) -> str:
        """The id of what a function names; of this rendering's own session unless another is given."""
        return self.catalog.resolve(target, session or self.session, shared=self.shared)

    def step(self, times: int = 1, size: int = 0) -> None:
        """Counts turns and what they write; raises a Refusal when it is too much."""
        self.steps += times
        self.work += size
        if self.steps > MOST_STEPS:
            raise Refusal(Flaw.TOO_MUCH, allowed=(str(MOST_STEPS),), what="steps")
        if self.work > MOST_WORK:
            raise Refusal(Flaw.TOO_MUCH, allowed=(str(LARGEST_OUTPUT),), what="size")


_current: ContextVar[Run] = ContextVar("allies_sync_run")


def current() -> Run:
    """The rendering that is going on."""
    try:
        return _current.get()
    except LookupError:
        return Run()


@contextmanager
def running(run: Run) -> Iterator[Run]:
    """Makes ``run`` the current one."""
    token = _current.set(run)
    try:
        yield run
    finally:
        _current.reset(token)
