"""What applying a plan came to, item by item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Address, Seen
from allies_sync.reconcile.plan import Item


class Result(StrEnum):
    """What became of an item."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finished:
    """One item after applying."""

    item: Item
    result: Result
    error: PlatformError | None = None
    address: Address | None = None


@dataclass
class Report:
    """What applying a plan came to. ``halted``: why the rest was not tried, if it was not."""

    finished: dict[str, Finished] = field(default_factory=dict)
    halted: PlatformError | None = None
    addresses: dict[str, Address] = field(default_factory=dict)
    #: what each thing is called on its platform, of those that are there now
    remote_ids: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether everything that was to be done is done."""
        return self.halted is None and all(it.result is Result.DONE for it in self.finished.values())


Progress = Callable[[Finished], None]


Shown = tuple[str, str, str]


def shown(item: Item) -> Shown:
    """What a person agrees to: that this is done to this thing as it was then, and to no later version of it."""
    return item.key, item.action.value, item.seen.fingerprint if isinstance(item.seen, Seen) else ""
