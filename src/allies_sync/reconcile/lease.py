"""Holding the right to write: exactly one run at a time, and one that knows when it no longer is the one."""

from __future__ import annotations

import getpass
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from allies_sync.platforms.errors import Busy, PlatformError, Superseded
from allies_sync.platforms.interface import Finishing, Lease, StateStore, Stored
from allies_sync.text.messages import _

LEASE_SECONDS = 120
"""How long a lease lasts unless prolonged: the time after which a dead holder stops being in the way."""


def new_lease(seconds: int = LEASE_SECONDS) -> Lease:
    """A lease for this run: who and on which machine (for people), and a name for the run."""
    try:
        who = getpass.getuser()
    except (OSError, KeyError, ImportError):
        who = _("quelqu'un")
    return Lease(run=os.urandom(8).hex(), holder=f"{who} ({platform.node() or '?'})", seconds=seconds)


def elapsed() -> float:
    """Seconds that pass also while the machine sleeps, where the system can tell."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@dataclass
class Held:
    """A lease as held by this run, by this machine's own *monotonic* clock: a wrong wall clock does not matter.

    The time counts from before the request that took it, so that this side always gives up first.
    """

    store: StateStore
    slug: str
    lease: Lease
    since: float
    clock: Callable[[], float] = elapsed
    lost: Superseded | None = field(default=None)

    @property
    def age(self) -> float:
        return self.clock() - self.since

    @property
    def over(self) -> bool:
        """Whether the lease ended, or was lost: nothing more may be written, whatever the server says of it."""
        return self.lost is not None or self.age >= self.lease.seconds * 0.9

    def check(self) -> None:
        """Prolongs the lease when a third of it is over. Raises Superseded when it was lost, and from then on."""
        if self.lost:
            raise self.lost
        if self.age < self.lease.seconds / 3:
            return
        started = self.clock()
        try:
            self.lease = self.store.acquire(self.slug, self.lease)
        except (Busy, Superseded) as error:
            self.lost = _superseded(self.slug, error)
            raise self.lost from error
        except PlatformError as error:
            if self.age < self.lease.seconds * 0.8:
                return
            self.lost = _superseded(self.slug, error)
            raise self.lost from error
        self.since = started

    def save(self, files: dict[str, bytes], revision: str | None, *, last: bool = False) -> Stored:
        """Writes the description under this lease; ``last``: nothing more will be written under it."""
        self.check()
        if last and isinstance(self.store, Finishing):
            return self.store.finish(self.slug, self.lease, files, revision)
        return self.store.save(self.slug, self.lease, files, revision)


def _superseded(slug: str, error: PlatformError) -> Superseded:
    if isinstance(error, Superseded):
        return error
    return Superseded(
        _("Le verrou de « {slug} » a été perdu pendant le travail : {why}").format(slug=slug, why=error.message),
        _("Ce qui était fait l'est. Relancez la même commande : elle reprendra là où elle s'est arrêtée."),
    )


@contextmanager
def hold(store: StateStore, slug: str, *, seconds: int = LEASE_SECONDS, patience: float = 10.0) -> Iterator[Held]:
    """Takes the lease, waiting ``patience`` seconds for another run to end, and gives it back.

    Raises :class:`~allies_sync.platforms.errors.Busy` when somebody else still holds it then.
    """
    lease = new_lease(seconds)
    held = Held(store, slug, lease, elapsed())
    deadline = held.since + patience
    pause = 0.05
    while True:
        held.since = elapsed()
        try:
            held.lease = store.acquire(slug, lease)
            break
        except Busy:
            if elapsed() + pause > deadline:
                raise
            time.sleep(pause)
            pause = min(pause * 1.7, 2.0)
    try:
        yield held
    finally:
        # what is not given back expires by itself; the first error is the one to tell
        with suppress(PlatformError):
            store.release(slug, held.lease)
