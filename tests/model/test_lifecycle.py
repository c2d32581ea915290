"""The life of an engagement."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from allies_sync.model.lifecycle import (
    Progress,
    State,
    TransitionError,
    become,
    by_date,
    can_become,
    following,
    is_frozen,
    is_online,
    progress,
)


def test_a_whole_life() -> None:
    state = State.PROPOSED
    for name in ("ouvert", "en cours", "bilan publié", "archivé"):
        state = become(state, State(name))
    assert state is State.ARCHIVED


@pytest.mark.parametrize("state", State)
def test_cancelled_from_anywhere_and_staying_the_same(state: State) -> None:
    assert can_become(state, State.CANCELLED)
    assert can_become(state, state)
    assert state not in following(state)


@pytest.mark.parametrize(
    ("state", "target"),
    [
        ("proposé", "archivé"),
        ("proposé", "bilan publié"),
        ("proposé", "en cours"),
        ("refusé", "ouvert"),
        ("ouvert", "refusé"),
        ("ouvert", "proposé"),
        ("archivé", "proposé"),
    ],
)
def test_what_cannot_follow(state: str, target: str) -> None:
    with pytest.raises(TransitionError) as caught:
        become(State(state), State(target))
    assert caught.value.allowed == following(State(state))


@pytest.mark.parametrize("state", ["ouvert", "en cours", "bilan publié"])
def test_archiving_and_cancelling_can_be_undone(state: str) -> None:
    before = State(state)
    assert become(become(before, State.ARCHIVED), before) is before
    assert become(become(before, State.CANCELLED), before) is before


def test_under_way_from_the_first_day() -> None:
    first = date(2027, 3, 12)
    assert by_date(State.OPEN, date(2027, 3, 11), first) is State.OPEN
    assert by_date(State.OPEN, first, first) is State.RUNNING
    assert by_date(State.PROPOSED, first, first) is State.PROPOSED
    assert by_date(State.CANCELLED, first, first) is State.CANCELLED


def test_niveau_d_avancement() -> None:
    assert {state.value: progress(state).value for state in State} == {
        "proposé": "En cours",
        "refusé": "Annulée",
        "ouvert": "En cours",
        "en cours": "En cours",
        "bilan publié": "Terminée",
        "archivé": "Terminée",
        "annulé": "Annulée",
    }
    assert progress(State.ARCHIVED, cancelled=True) is Progress.CANCELLED


def test_online_and_frozen() -> None:
    assert [state for state in State if not is_online(state)] == [State.PROPOSED, State.REFUSED]
    assert [state for state in State if is_frozen(state)] == [State.ARCHIVED, State.CANCELLED]


def test_states_and_problems_are_known_without_pydantic() -> None:
    """``--help`` and completion may name the states; they must stay quick."""
    code = "import sys, allies_sync.model.lifecycle, allies_sync.model.problems; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
