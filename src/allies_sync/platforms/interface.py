"""What a platform is: a place where an engagement's resources live.

A plugin implements :class:`Platform`, and what it can of the optional protocols below it. The core decides
*what* should be done; a platform says what exists, does what it is told, and reads back what it did.

Four rules hold for every method:

* **Unknown is not absent.** What could not be asked is :class:`Unknown`; only the server's own plain "there is no
  such thing" is :class:`Absent`.
* **A write carries what it was based on.** When the thing is no longer what ``Change.seen`` says, nothing is
  written and the outcome is :class:`Overtaken`.
* **What comes from a workspace is data from outside.** Paths and ids in :class:`Known` were read back from a
  file that others can reach: check them against the engagement's own place before using them. What lies outside it
  is never Seen.
* **Two threads may call at once.** While :meth:`Platform.apply` works, the core prolongs the lease
  (:meth:`StateStore.acquire`) from another thread on the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from allies_sync.model.resources import Access, Resource
from allies_sync.platforms.answers import Answer, AnswerDesk, Answers, Entries, Gathered, Gathering, Purged, Recovery
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.things import (
    COLLECTIVE,
    Absent,
    Address,
    Content,
    Details,
    Features,
    Known,
    Lease,
    Observation,
    Seen,
    Space,
    Stored,
    Target,
    Unknown,
)

__all__ = [
    "COLLECTIVE",
    "Absent",
    "Act",
    "Address",
    "Answer",
    "AnswerDesk",
    "Answers",
    "Caveats",
    "Change",
    "Checks",
    "Content",
    "Credentials",
    "Details",
    "Done",
    "Entries",
    "Failed",
    "Features",
    "Finding",
    "Finishing",
    "Gathered",
    "Gathering",
    "Keyed",
    "Known",
    "Lease",
    "Level",
    "Login",
    "Observation",
    "Opening",
    "Outcome",
    "Overtaken",
    "Platform",
    "PlatformType",
    "Probes",
    "Purged",
    "Recovery",
    "Seen",
    "Space",
    "StateStore",
    "Stored",
    "Target",
    "Unknown",
]


class Act(StrEnum):
    """What a change does."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """One write. ``seen`` is what it is based on (None: nothing was there).

    ``content`` and ``rights`` say which parts to write. With neither, only what is derived is renewed (see
    :attr:`Seen.stale`). ``access`` has already been narrowed to the platform's levels.
    """

    key: str
    kind: str
    act: Act
    resource: Resource | None
    seen: Seen | None
    known: Known | None
    access: Access
    content: bool = True
    rights: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """Written; ``seen`` is what was read back (None after a deletion)."""

    key: str
    seen: Seen | None


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Not written: somebody changed the thing in between. ``seen`` is what is there now, None when unknown."""

    key: str
    seen: Seen | None


@dataclass(frozen=True, slots=True)
class Failed:
    """Not written, or not known whether it was. ``error`` is for the person."""

    key: str
    error: PlatformError


Outcome = Done | Overtaken | Failed


class Platform(Protocol):
    """A place where resources live. One object serves one role of one collective, for many engagements."""

    @property
    def features(self) -> Features:
        """What the platform can express."""
        ...

    def predict(self, space: Space, resource: Resource) -> Address | None:
        """Where the resource will be, when that is knowable before it is created; None for a link's token or a
        form's number. ``space.addresses`` already holds the container's address. Raises PlatformError for a name
        that the platform cannot take."""
        ...

    def fingerprint(self, space: Space, resource: Resource) -> str | None:
        """The fingerprint that :meth:`observe` would report had the resource just been written, or None when the
        server decides it. Never None for pages and documents, which people edit. Addresses of what does not exist
        yet may be missing from ``space.addresses``."""
        ...

    def observe(self, space: Space, targets: Sequence[Target]) -> Mapping[str, Observation]:
        """What exists, by key, in the fewest requests. One answer for each target.

        A known resource is looked for by its remote id where it has one (people rename things), else at its
        address. May raise :class:`~allies_sync.platforms.errors.PlatformError`: then all is Unknown.
        """
        ...

    def apply(self, space: Space, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Does a batch and yields one outcome for each change, as they finish.

        Changes come containers first (last for deletions). Unpredictable addresses that they need are in
        ``space.addresses``. A creation where something is already is Overtaken. An exception is taken as the failure
        of all that has no outcome yet. An empty batch finishes what a killed run left to tidy up, if anything.
        """
        ...

    def read(self, space: Space, target: Target) -> Content:
        """The present content. Raises PlatformError."""
        ...

    def render(self, space: Space, resource: Resource) -> Content:
        """What :meth:`read` would give had the resource just been written: for comparing, writes nothing."""
        ...

    def close(self) -> None:
        """Ends connections. Also called after an error; a second call is harmless."""
        ...


# --- optional protocols ------------------------------------------------------------------------------------


@runtime_checkable
class StateStore(Protocol):
    """Where engagements describe themselves. The platform of the role ``files`` has to be one.

    Everything is kept in a folder that is never shared with participants.
    """

    def engagements(self) -> Mapping[str, str]:
        """All engagements by slug, with a revision that moves when anything in them may have. One request. Without
        the collective's space."""
        ...

    def load(self, slug: str) -> Stored | None:
        """The description, or None when there is no such engagement; no files for a place that was taken and never
        filled, or is half erased. Raises
        :class:`~allies_sync.platforms.errors.Foreign` when something else has that name."""
        ...

    def locate(self, slug: str) -> Address:
        """Where the workspace is or will be, for people."""
        ...

    def acquire(self, slug: str, lease: Lease) -> Lease:
        """Takes the lease, making the engagement's place when there is none. Exactly one of several wins.

        A lease of the same ``run`` is prolonged. Raises :class:`~allies_sync.platforms.errors.Busy` with the
        present holder's lease as long as that has not expired by the platform's clock. A lease that has ``expires``
        and was taken over in between is Busy or Superseded.
        """
        ...

    def save(self, slug: str, lease: Lease, files: Mapping[str, bytes], revision: str | None) -> Stored:
        """Writes files (others stay) when the revision is still ``revision`` (None: nothing was stored) and the
        lease is still held; raises :class:`~allies_sync.platforms.errors.Superseded` otherwise."""
        ...

    def release(self, slug: str, lease: Lease) -> None:
        """Gives the lease back, if it is still held. Never takes another's; harmless after :meth:`erase`."""
        ...

    def erase(self, slug: str, lease: Lease) -> bool:
        """Removes the description, and the engagement's place if nothing else is in it (returns whether). Raises
        Superseded when the lease is not held."""
        ...

    def resolve(self, place: str) -> str | None:
        """The slug of the engagement at a path or URL that a person typed, or None when it is not in here."""
        ...


@runtime_checkable
class Finishing(Protocol):
    """A store that can end a lease with the request that writes the last of a description."""

    def finish(self, slug: str, lease: Lease, files: Mapping[str, bytes], revision: str | None) -> Stored:
        """:meth:`StateStore.save`, after which this lease writes no more. ``release`` follows all the same, and asks
        nothing of the server where that is no longer needed."""
        ...


class Level(StrEnum):
    """How a finding of ``doctor`` is to be taken."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of ``doctor``; ``advice`` says what to do about it."""

    level: Level
    sentence: str
    advice: str = ""


@runtime_checkable
class Checks(Protocol):
    """A platform that can say how it is doing."""

    def check(self) -> Iterator[Finding]:
        """Findings in the order in which things depend on each other. Only reads."""
        ...


@runtime_checkable
class Probes(Protocol):
    """A platform that can try what no look at its settings tells, on things of its own."""

    def probes(self) -> Sequence[str]:
        """What :meth:`probe` will make and remove again, as sentences for who has to agree. Asks nobody."""
        ...

    def probe(self) -> Iterator[Finding]:
        """Makes it, tries, and removes it; before that, what a probe that died has left. Raises PlatformError."""
        ...


@dataclass(frozen=True, slots=True)
class Opening:
    """What a platform is opened with: the role's settings from the configuration, already checked by
    :attr:`PlatformType.settings`, and a way to ask for its secret that asks nobody until it is needed."""

    role: str
    settings: Any
    secret: Callable[[], str | None] = lambda: None
    collective: str = ""
    language: str = "fr"
    #: where to keep what can always be fetched again; None: keep nothing
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class PlatformType:
    """How a plugin announces a platform.

    ``settings`` is a pydantic model class for the role's table in ``allies-sync.toml`` (without ``platform``).
    ``title`` and ``summary`` are for people.
    """

    name: str
    title: str
    roles: frozenset[str]
    settings: type[Any]
    open: Callable[[Opening], Platform]
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login came to: the account's exact name, and a secret of this machine alone, that can be revoked."""

    user: str
    secret: str = field(repr=False)


@runtime_checkable
class Login(Protocol):
    """A platform that hands out a secret to this machine."""

    def login(self, visit: Callable[[str], None], password: str | None = None) -> Credentials:
        """Gets a secret. ``visit`` is told the address at which a person has to agree, and the call waits for that;
        with the account's own ``password``, which is then forgotten, nobody is asked. Stores nothing. Raises
        PlatformError."""
        ...

    def logout(self) -> None:
        """Makes the platform forget the secret in use. Raises PlatformError."""
        ...


@runtime_checkable
class Keyed(Protocol):
    """A platform that hands out no secret: a person brings along the one that its admin made."""

    def key_question(self) -> str:
        """What is to be typed, and where a person finds it: ``Clé d'API du compte « X », …``."""
        ...

    def accept(self, secret: str) -> Credentials:
        """Tries a secret that was typed, and says whose it is. Stores nothing. Raises PlatformError."""
        ...


@runtime_checkable
class Caveats(Protocol):
    """A platform whose own rules refuse or change some of what it is asked for."""

    def caveats(self, space: Space, resources: Sequence[Resource]) -> Mapping[str, str]:
        """What will become of resources that are about to be made, where it is not what was asked for: the end of a
        sentence, by resource id. To be shown with the plan. Only reads. Raises PlatformError."""
        ...
