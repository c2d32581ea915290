"""Holding a lease: prolonged in time, lost when somebody else has it, and never believed in after that."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allies_sync.platforms.errors import Busy, Superseded, Unavailable
from allies_sync.platforms.interface import Lease
from allies_sync.reconcile.lease import Held, hold, new_lease

from .memory import Memory, World

SLUG = "2027-essai"


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def held_by(memory: Memory, clock: Clock, seconds: int = 60) -> Held:
    lease = memory.acquire(SLUG, new_lease(seconds))
    return Held(memory, SLUG, lease, clock(), clock=clock)


def test_a_lease_is_prolonged_before_it_ends() -> None:
    world, clock = World(), Clock()
    held = held_by(Memory(world), clock)
    for _round in range(10):
        clock.now += 30
        world.clock += timedelta(seconds=30)
        held.check()
    assert world.leases[SLUG].run == held.lease.run


def test_nothing_is_asked_of_the_server_while_the_lease_is_young() -> None:
    world, clock = World(), Clock()
    held = held_by(Memory(world), clock)
    before = world.requests
    clock.now += 10
    held.check()
    assert world.requests == before


def test_a_holder_that_wakes_up_too_late_stops_and_stays_stopped() -> None:
    world, clock = World(), Clock()
    held = held_by(Memory(world), clock)
    clock.now += 3600
    world.clock += timedelta(hours=1)
    other = Memory(world).acquire(SLUG, new_lease())
    with pytest.raises(Superseded):
        held.check()
    with pytest.raises(Superseded):
        held.save({"state.json": b"{}"}, None)
    assert world.leases[SLUG].run == other.run
    assert SLUG not in world.stored


def test_a_server_that_does_not_answer_costs_the_lease_only_when_it_is_nearly_over() -> None:
    world, clock = World(), Clock()
    held = held_by(Memory(world), clock)
    world.silent = True
    clock.now += 30
    held.check()
    clock.now += 25
    with pytest.raises(Superseded):
        held.check()


def test_somebody_elses_lease_is_waited_for_then_told() -> None:
    world = World()
    Memory(world).acquire(SLUG, Lease("other", "camille (bureau)", 600))
    with pytest.raises(Busy) as error, hold(Memory(world), SLUG, patience=0.1):
        pass
    assert error.value.lease.holder == "camille (bureau)"


def test_a_dead_holders_lease_ends_by_itself() -> None:
    world = World()
    Memory(world).acquire(SLUG, Lease("dead", "quelqu'un", 120))
    world.clock += timedelta(seconds=121)
    with hold(Memory(world), SLUG, patience=0) as held:
        assert world.leases[SLUG].run == held.lease.run
    assert SLUG not in world.leases


def test_a_lease_is_given_back_after_an_error_and_its_loss_hides_no_error() -> None:
    world = World()
    with pytest.raises(ZeroDivisionError), hold(Memory(world), SLUG, patience=0):
        raise ZeroDivisionError
    assert SLUG not in world.leases
    with pytest.raises(Unavailable), hold(Memory(world), SLUG, patience=0):
        world.silent = True
        raise Unavailable("Le serveur ne répond plus.")
