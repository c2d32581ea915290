"""What participants sent, and what may be done with it: optional protocols of a platform that holds forms.

All of them are met through :mod:`allies_sync.platforms.interface`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from allies_sync.model.resources import Form
from allies_sync.platforms.things import Known, Space, Target


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a form; ``values`` by field id, text as the person typed it, several values as a tuple."""

    id: str
    values: Mapping[str, str | tuple[str, ...]]
    created: datetime | None = None
    updated: datetime | None = None


@runtime_checkable
class Answers(Protocol):
    """A platform that holds what participants sent."""

    def answers(self, space: Space, form: Form, known: Known | None) -> Sequence[Answer]:
        """All answers to a form. Raises PlatformError."""
        ...


@runtime_checkable
class Entries(Protocol):
    """A platform that keeps the entries that the tool owns apart from what people sent (see :class:`Answers`)."""

    def entries(self, space: Space, form: Form, known: Known | None) -> Sequence[Answer]:
        """All entries of a form, of both kinds. Raises PlatformError."""
        ...


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was answered to several forms: ``answers`` by the form's id, without forms that are not there (any more).

    ``whole``: these are all answers to these forms; otherwise only those written since the token that was given (some
    may have been given before), and none was taken away as far as the platform can tell. ``token`` is for the next
    time. ``remarks``: what a person should know about these answers, as sentences. ``unread``: answers that are there
    and could not be read, one sentence each that says which and why; they are in no ``answers``.
    """

    answers: Mapping[str, Sequence[Answer]]
    token: str = ""
    whole: bool = True
    remarks: Sequence[str] = ()
    unread: Sequence[str] = ()


@runtime_checkable
class Gathering(Protocol):
    """A platform that reads the answers to many forms in as few requests as those to one."""

    def gather(self, space: Space, forms: Sequence[Target], since: str = "") -> Gathered:
        """The answers to several forms, or what came since an earlier call that gave the token ``since``.

        A form of which the platform says plainly that it is not there is left out: it is no form without answers. A
        token that the platform does not understand (any more) counts as none. Raises PlatformError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Purged:
    """``answers``: how many answers lost something. ``left``: where the same words may still be, as sentences.
    ``unread``: answers that could not be read and so lost nothing, one sentence each; the purge is not finished."""

    answers: int
    left: Sequence[str] = field(default=())
    unread: Sequence[str] = field(default=())


@runtime_checkable
class AnswerDesk(Protocol):
    """A platform in which answers can be put, taken away and made anonymous.

    Whatever is killed in the middle is finished by doing the same again.
    """

    def add(self, space: Space, form: Form, known: Known | None, answers: Sequence[Answer]) -> Sequence[str]:
        """Puts answers that came on paper beside the others. Returns the ids of those that were really added: one
        whose id is there already is left as it is, whatever it holds.

        Ids are made of ASCII letters and digits, a capital first, at most 64; they stay the answers' ids. ``created``
        is kept where the platform can. Raises PlatformError, when some may have been added.
        """
        ...

    def withdraw(self, space: Space, form: Form, known: Known | None, ids: Sequence[str]) -> Sequence[str]:
        """Removes answers to this form, with all that the platform keeps of them. Returns the ids of those that it
        removed: what is not there, or no answer to this form, is passed over. Raises PlatformError."""
        ...

    def purge(self, space: Space, form: Form, known: Known | None, fields: Collection[str]) -> Purged:
        """Empties these fields in all answers to the form, in older revisions too where the platform keeps any.
        All else in the answers stays as it is, their ids and times too where the platform can. Raises
        PlatformError."""
        ...


@runtime_checkable
class Recovery(Protocol):
    """A platform in which one answer can have been written over another, and which still has the other."""

    def overwritten(self, space: Space, form: Form, known: Known | None) -> int:
        """How many answers to the form lie under others. Only reads. Raises PlatformError."""
        ...

    def recover(self, space: Space, form: Form, known: Known | None) -> Sequence[str]:
        """Puts them beside those that lie over them, and returns their ids. Those are the same whenever it is done
        again, so that none is there twice. Raises PlatformError, when some may have been put back."""
        ...
