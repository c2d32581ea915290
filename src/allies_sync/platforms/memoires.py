"""What a plugin implements to read mémoires d'action from somewhere, or to write them in a format of its own.

An importer is handed a :class:`Source`: what a person typed, already opened, bounded in size, pages and time, and
closed to every other host. It finds records and says what each holds *under the labels that people see*; which
field of a mémoire a label means is the core's business, and so is what is no mémoire at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from allies_sync.model.memoire import Memoire


@dataclass(frozen=True, slots=True)
class Value:
    """What a record says under one label.

    ``labels``: the chosen options of a closed question, each by its own label. ``text``: anything else, as a person
    typed or reads it; line breaks stay, HTML and markup are already undone.
    """

    label: str
    text: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was found.

    ``tag`` identifies it where it comes from. ``form`` tells records of one form from those of another ("" when that
    cannot be told). ``created`` and ``updated`` are ISO 8601. ``partial``: the place shows only a part of its fields.
    ``certain``: the place itself says that this is a mémoire, however little is in it.
    """

    tag: str
    title: str
    values: tuple[Value, ...] = ()
    form: str = ""
    url: str = ""
    created: str = ""
    updated: str = ""
    pictures: tuple[str, ...] = ()
    partial: bool = False
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a person should know about what was read: a sentence."""

    sentence: str


class Answer(Protocol):
    """What one address, or one file, holds. It may be read several times; it is kept on the disk, not in memory."""

    @property
    def url(self) -> str:
        """Where it came from in the end, after redirects; ``file://…`` for a file."""
        ...

    @property
    def status(self) -> int:
        """The server's status; 200 for a file."""
        ...

    @property
    def media_type(self) -> str:
        """``text/html``, ``application/json``… in small letters, "" when nobody says."""
        ...

    @property
    def charset(self) -> str:
        """The declared encoding, "" when nobody says."""
        ...

    @property
    def head(self) -> bytes:
        """The first 64 KiB."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """All of it, in pieces."""
        ...


class Source(Protocol):
    """What a person asked to import from."""

    @property
    def address(self) -> str:
        """The address, or the path, as it was typed."""
        ...

    @property
    def online(self) -> bool:
        """Whether further addresses of the same host can be asked for."""
        ...

    @property
    def start(self) -> Answer | None:
        """What is there; None for a folder."""
        ...

    @property
    def folder(self) -> Path | None:
        """The folder, when it is one."""
        ...

    def get(self, url: str) -> Answer:
        """Another address of the same host. Raises :class:`~allies_sync.platforms.errors.PlatformError` for another
        host, for what does not answer, and when the bounds of size, pages or time are reached."""
        ...


class MemoireImporter(Protocol):
    """Reads the records of one kind of place."""

    @property
    def name(self) -> str:
        """For messages and ``--from``."""
        ...

    def recognises(self, source: Source) -> bool:
        """Whether it can read this, judged by what is already open: no further request."""
        ...

    def read(self, source: Source) -> Iterator[Record | Remark]:
        """The records, one after the other: never all in memory. Raises PlatformError."""
        ...


@dataclass(frozen=True, slots=True)
class MemoireFormat:
    """A format to which mémoires can be exported. ``write`` is handed them one after the other."""

    name: str
    title: str
    suffix: str
    write: Callable[[Iterable[Memoire], BinaryIO], None]
