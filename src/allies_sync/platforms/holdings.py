"""Optional protocols of platforms that give everything a space holds, and take it again: for archives.

Like all optional protocols they are found by what a platform can do, not by what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from allies_sync.platforms.interface import Content, Seen, Space, Target


@dataclass(frozen=True, slots=True)
class Holding:
    """A file in a space: ``path`` in the space's own place, with ``/``; ``size`` in bytes."""

    path: str
    size: int
    media_type: str = "application/octet-stream"


@runtime_checkable
class Holdings(Protocol):
    """A platform into whose spaces people put files themselves."""

    def holdings(self, space: Space) -> Iterator[Holding]:
        """All files of a space, sorted by path, the tool's own documents among them; not the tool's description of
        the space, nor what lies behind links. Raises PlatformError."""
        ...

    def fetch(self, space: Space, path: str) -> Iterator[bytes]:
        """A file's bytes, block by block. ``path`` is checked like any data from outside. Raises PlatformError."""
        ...

    def deposit(self, space: Space, path: str, blocks: Iterable[bytes], size: int) -> bool:
        """Makes a file, with the folders that it needs; False when there is one already, which stays as it is.
        Raises PlatformError."""
        ...


@runtime_checkable
class FileNames(Protocol):
    """A platform that tells beforehand which names of files it does not take: those are given back under a name that
    all systems take. One that does not tell refuses them in :meth:`Holdings.deposit`, to the same end."""

    def takes(self, path: str) -> bool:
        """Whether a file can have this path in a space. ``path`` is data from outside. No I/O."""
        ...


@runtime_checkable
class Pages(Protocol):
    """A platform that shows pages as HTML, and takes a page back as it gave it."""

    def shown(self, space: Space, target: Target) -> Content:
        """The page as people see it, without what surrounds it on the platform. HTML, and data from outside. Raises
        PlatformError."""
        ...

    def put_back(self, space: Space, target: Target, seen: Seen, content: Content) -> Seen:
        """Writes a page's content as :meth:`Platform.read` gave it on a platform of the same kind, over the version
        that was ``seen``. Returns what is there then. Raises PlatformError."""
        ...


@runtime_checkable
class Attachments(Protocol):
    """A platform that can keep a file beside a page, open to everybody and without an end."""

    def attach(self, space: Space, page: Target, name: str, data: bytes, media_type: str) -> str:
        """Keeps the file and returns the address at which everybody may read it. Called again it may keep it twice:
        the core remembers the address. Raises PlatformError."""
        ...
