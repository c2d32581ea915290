"""The life of an engagement: its states, and which may follow which. Pure functions; nothing else imported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum


class State(StrEnum):
    """Where an engagement is in its life; the values are what people read and write."""

    PROPOSED = "proposé"
    REFUSED = "refusé"
    OPEN = "ouvert"
    RUNNING = "en cours"
    BILAN_PUBLISHED = "bilan publié"
    ARCHIVED = "archivé"
    CANCELLED = "annulé"


class Progress(StrEnum):
    """The mémoire's *niveau d'avancement*."""

    RUNNING = "En cours"
    FINISHED = "Terminée"
    CANCELLED = "Annulée"


_FOLLOWING: Mapping[State, frozenset[State]] = {
    State.PROPOSED: frozenset({State.OPEN, State.REFUSED}),
    State.REFUSED: frozenset({State.PROPOSED}),
    State.OPEN: frozenset({State.RUNNING, State.BILAN_PUBLISHED, State.ARCHIVED}),
    State.RUNNING: frozenset({State.OPEN, State.BILAN_PUBLISHED, State.ARCHIVED}),
    State.BILAN_PUBLISHED: frozenset({State.RUNNING, State.ARCHIVED}),
    State.ARCHIVED: frozenset({State.OPEN, State.RUNNING, State.BILAN_PUBLISHED}),
    State.CANCELLED: frozenset({State.PROPOSED, State.OPEN, State.RUNNING, State.BILAN_PUBLISHED, State.ARCHIVED}),
}


class TransitionError(ValueError):
    """A state that cannot follow the present one; ``allowed`` says which can."""

    def __init__(self, state: State, target: State) -> None:
        self.state = state
        self.target = target
        self.allowed = following(state)
        super().__init__(f"{state} -> {target}")


def following(state: State) -> tuple[State, ...]:
    """The states that may come next, in the order of a life.

    ``annulé`` may follow anything, and may be taken back. Archiving may skip a bilan that was never written;
    unarchiving brings the former state back.
    """
    reachable = _FOLLOWING[state] | {State.CANCELLED}
    return tuple(candidate for candidate in State if candidate in reachable and candidate is not state)


def can_become(state: State, target: State) -> bool:
    """Whether ``target`` may come next. Staying the same is always possible."""
    return target is state or target in following(state)


def become(state: State, target: State) -> State:
    """``target``, or :class:`TransitionError`."""
    if not can_become(state, target):
        raise TransitionError(state, target)
    return target


def by_date(state: State, today: date, first_day: date) -> State:
    """An open engagement is under way from its first day; a person decides everything else."""
    if state is State.OPEN and today >= first_day:
        return State.RUNNING
    return state


def is_online(state: State) -> bool:
    """Whether participants have a workspace: not while the proposition is being written, nor when refused."""
    return state not in {State.PROPOSED, State.REFUSED}


def is_frozen(state: State) -> bool:
    """Whether people may only read."""
    return state in {State.ARCHIVED, State.CANCELLED}


def progress(state: State, *, cancelled: bool = False) -> Progress:
    """The mémoire's niveau d'avancement. ``cancelled``: it was cancelled before it was archived."""
    if cancelled or state in {State.CANCELLED, State.REFUSED}:
        return Progress.CANCELLED
    if state in {State.BILAN_PUBLISHED, State.ARCHIVED}:
        return Progress.FINISHED
    return Progress.RUNNING
