"""What was answered to a form, counted: what charts, drafts and public counts are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allies_sync.model.resources import FieldKind


@dataclass(frozen=True, slots=True)
class Bar:
    """How many gave one answer of a closed question."""

    key: str
    label: str
    number: int


@dataclass(frozen=True, slots=True)
class Said:
    """A free text as the person typed it; ``answer`` is the id of the answer that it is in."""

    answer: str
    text: str


@dataclass(frozen=True, slots=True)
class QuestionTally:
    """One question. ``answered``: how many answers say something to it.

    ``bars``: of a closed question, all options in their order, zeros included; what is no option comes last.
    ``texts``: of an open one, the oldest first.
    """

    id: str
    label: str
    kind: FieldKind
    personal: bool
    answered: int
    bars: tuple[Bar, ...] = ()
    texts: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class FormTally:
    """One form: how many answers it has, when the first and the last came, and each question."""

    form: str
    title: str
    moment: str
    session: str
    answers: int
    first: datetime | None
    last: datetime | None
    questions: tuple[QuestionTally, ...]
