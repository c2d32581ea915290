"""Forms that people fill in, as a template declares them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, StrictInt

from allies_sync.model.base import (
    Data,
    Identifier,
    Issue,
    Key,
    Label,
    Line,
    Name,
    Several,
    Text,
    Title,
    Yes,
    shaped,
)
from allies_sync.model.people import Notice
from allies_sync.model.problems import Code
from allies_sync.model.resources import Field as FormField
from allies_sync.model.resources import FieldKind, Rights
from allies_sync.model.resources import Option as FormOption

ListId = Annotated[str, Field(strict=True), BeforeValidator(shaped(r"list:[a-z0-9][a-z0-9._/-]*", Code.BAD_ID, 60))]
"""The id of a list that several forms share: ``list:themes``."""


class Moment(StrEnum):
    """When a form is filled in; ``resource``: the form of the resource space, at any time."""

    BEFORE = "amont"
    AT_ONCE = "a-chaud"
    LATER = "a-froid"
    RESOURCE = "resource"


CLOSED_KINDS = frozenset({FieldKind.CHOICE, FieldKind.CHOICES, FieldKind.SCALE})
"""Kinds whose answers are among options, and can be counted."""


class Option(Data):
    """One possible answer. ``key`` is stored and never changes; ``label`` is shown."""

    key: Key
    label: Label


class Question(Data):
    """One question. ``options`` are in the order in which they are shown; a scale goes from low to high."""

    id: Identifier
    kind: FieldKind = FieldKind.TEXT
    label: Label
    help: Text = ""
    required: Yes = False
    personal: Yes = False
    options: Several[Option] = ()
    options_from: ListId | None = None
    max_length: Annotated[StrictInt, Field(ge=1, le=100_000)] | None = None
    default: Line = ""

    @property
    def closed(self) -> bool:
        """Whether its answers can be counted."""
        return self.kind in CLOSED_KINDS

    @property
    def is_personal(self) -> bool:
        """An e-mail address is personal, whatever the template says."""
        return self.personal or self.kind is FieldKind.EMAIL

    def to_field(self) -> FormField:
        """The same, as a platform takes it."""
        return FormField(
            id=self.id,
            kind=self.kind,
            label=self.label,
            help=self.help,
            required=self.required,
            personal=self.is_personal,
            options=tuple(FormOption(option.key, option.label) for option in self.options),
            options_from=self.options_from,
            max_length=self.max_length,
            default=self.default,
        )

    def issues(self) -> Iterator[Issue]:
        if self.kind is None:  # it was not among the known ones: nothing can be said about options
            return
        if self.kind in CLOSED_KINDS:
            if not self.options and not self.options_from:
                yield Issue(("options",), Code.NO_OPTIONS, self.kind.value, other=("options_from",))
            elif self.options and self.options_from:
                yield Issue(("options_from",), Code.TWO_SOURCES, self.options_from, other=("options",))
        elif self.options or self.options_from:
            path = ("options",) if self.options else ("options_from",)
            closed = tuple(kind.value for kind in FieldKind if kind in CLOSED_KINDS)
            yield Issue(path, Code.USELESS_OPTIONS, self.kind.value, closed)
        yield from duplicates("options", tuple(option.key for option in self.options), "key")


class Questionnaire(Data):
    """A form. ``answers``: who may read what was answered; personal answers are for the team in any case.

    ``notice`` says only what differs from the engagement's ``privacy``. ``per_session``: one for each session.
    """

    id: Name
    moment: Moment
    title: Title
    introduction: Text = ""
    questions: Several[Question] = ()
    thanks: Text = ""
    notice: Notice | None = None
    answers: Rights = Rights.TEAM
    per_session: Yes = False

    @property
    def personal_questions(self) -> tuple[Question, ...]:
        """Those whose answers never reach anything public."""
        return tuple(question for question in self.questions if question.is_personal)

    @property
    def closed_questions(self) -> tuple[Question, ...]:
        """Those whose answers can be counted."""
        return tuple(question for question in self.questions if question.closed)

    def issues(self) -> Iterator[Issue]:
        yield from duplicates("questions", tuple(question.id for question in self.questions), "id")


def duplicates(name: str, values: tuple[str | None, ...], key: str) -> Iterator[Issue]:
    """An issue for every value of ``name[i].key`` that was there before."""
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        if value is None:
            continue
        if value in first:
            yield Issue((name, index, key), Code.DUPLICATE, value, other=(name, first[value], key))
        else:
            first[value] = index
