"""What the core and a platform talk about: a space, what is looked for in it, and what is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from allies_sync.model.resources import Access, Resource, Rights

if TYPE_CHECKING:
    from allies_sync.platforms.errors import PlatformError

COLLECTIVE = "_collectif"
"""The slug of the space that all engagements share: the only one that is no slug."""

Details = Mapping[str, str | int | bool | None]
"""What a platform wants to be reminded of about one resource: a few plain values, kept in the state."""


@dataclass(frozen=True, slots=True)
class Features:
    """What a platform can express. The core never asks for more, and shows what it narrowed.

    ``read`` and ``write``: the levels that it can tell apart; ``freeze``: whether it can refuse people's writes;
    ``marks``: the kinds that can bear the tool's mark; ``preconditions``: whether the server itself refuses a
    write based on an old revision; ``fallback``: kinds that it lacks but whose absence is harmless (a share on a
    disk: links go to the shared thing itself); ``versions``: whether it keeps what a document held before;
    ``unguarded``: kinds that have no rights of their own (whoever may open the page around a form fills it in).
    """

    kinds: frozenset[str]
    read: frozenset[Rights] = frozenset({Rights.TEAM})
    write: frozenset[Rights] = frozenset({Rights.TEAM})
    freeze: bool = True
    marks: frozenset[str] = frozenset()
    widgets: frozenset[str] = frozenset()
    preconditions: bool = True
    expiry: bool = False
    versions: bool = False
    fallback: frozenset[str] = frozenset()
    unguarded: frozenset[str] = frozenset()

    def asked(self, resource: Resource) -> Access:
        """The rights that a resource is to have there."""
        return resource.access if resource.kind in self.unguarded else self.narrow(resource.access)

    def narrow(self, access: Access) -> Access:
        """The nearest rights that the platform has, never wider than those asked for.

        A level that no stricter level of the platform covers becomes ``TEAM`` (read) or nobody (write).
        """

        def stricter(wanted: Rights, available: frozenset[Rights]) -> Rights | None:
            fitting = [level for level in available if level.strictness >= wanted.strictness]
            return min(fitting, key=lambda level: level.strictness, default=None)

        write = stricter(access.write, self.write) if access.write else None
        if access.write is None and not self.freeze:
            write = min(self.write, key=lambda level: -level.strictness, default=None)
        return Access(stricter(access.read, self.read) or Rights.TEAM, write)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a resource is: ``path`` in the platform's own terms, ``url`` for people (``file://`` on a disk)."""

    path: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Space:
    """The engagement that a call is about.

    ``slug`` is unique in the collective, and all that the space holds is under it; :data:`COLLECTIVE` is one too.
    ``addresses`` holds, by resource id and for all roles, where things are or will be, as far as that is known now.
    ``collective``: the shared place of all engagements.
    """

    slug: str
    title: str
    addresses: Mapping[str, Address] = field(default_factory=dict)
    collective: bool = False
    collective_name: str = ""
    #: a link to the workspace's start page for the platform's own navigation; id of the home page
    home: str | None = None
    #: pages in the order of the menu: (id, title)
    menu: Sequence[tuple[str, str]] = ()
    language: str = "fr"
    #: under which licence the pages are, in words for people
    licence: str = ""
    #: a sentence to show above every page, also those that people wrote: that the space is archived, and since when
    notice: str = ""

    def mark(self, key: str) -> str:
        """The tool's own mark on a resource: it says whose it is, and stays the same for ever."""
        return f"allies-sync:{self.slug}:{key}"


@dataclass(frozen=True, slots=True)
class Known:
    """What the tool remembers of a resource from its last run."""

    remote_id: str
    address: Address
    fingerprint: str
    access: Access | None = None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to look at. ``resource`` is None when it left the template; ``known`` when it is new."""

    key: str
    kind: str
    resource: Resource | None
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What exists.

    ``fingerprint``: of the content as a person would see it, the same for the same content on every run.
    ``mark``: the mark that it bears, "" for none, None when this kind can bear none.
    ``access``: the rights as found, None when they cannot be told, or are its container's.
    ``unfinished``: the tool's own half-made thing, that nobody touched since. It comes back as an update of
    content and rights. Whatever else a crash leaves has to match the foretold fingerprint, or counts as a person's.
    ``stale``: something derived (a rendered page) lags behind; renewing it loses nothing of a person's.
    ``revision``: the platform's own precondition, handed back in :attr:`Change.seen`.
    """

    remote_id: str
    address: Address
    fingerprint: str
    mark: str | None = None
    access: Access | None = None
    revision: str = ""
    unfinished: bool = False
    stale: bool = False
    modified: datetime | None = None
    modified_by: str = ""
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Absent:
    """The platform says plainly that there is no such thing."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing could be learned. ``reason`` is a sentence for the person; ``error`` what was raised, if anything was:
    the core knows what helps."""

    reason: str
    error: PlatformError | None = field(default=None, compare=False)

    @classmethod
    def of(cls, error: PlatformError) -> Unknown:
        """What an error means for the thing that was looked for."""
        return cls(error.message, error)


Observation = Seen | Absent | Unknown


@dataclass(frozen=True, slots=True)
class Content:
    """What a resource holds now: ``data`` as stored, and the same as text when a person can read it."""

    data: bytes
    media_type: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """An engagement's own description as kept in its workspace. ``revision`` moves with any of the files.

    ``abandoned``: a run that died left its lease behind; the next one that may write clears it away.
    """

    files: Mapping[str, bytes]
    revision: str
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write, for a while. ``run`` names one run of the tool; ``holder`` is for people.

    ``expires`` is by the platform's own clock (UTC), set by the platform.
    """

    run: str
    holder: str
    seconds: int
    expires: datetime | None = None
