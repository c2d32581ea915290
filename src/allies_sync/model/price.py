"""What an engagement costs, and its calendar as a client reads it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from allies_sync.model.base import (
    Amount,
    Count,
    Data,
    Day,
    Issue,
    Label,
    Line,
    Quantity,
    Several,
    Statement,
    Text,
    Yes,
)
from allies_sync.model.problems import Code

NET_OF_VAT = "net de TVA"


def _read_vat(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = " ".join(value.split()).casefold()
    if text == NET_OF_VAT.casefold():
        return None
    if not text[:1].isdigit():
        raise PydanticCustomError(Code.NOT_ALLOWED.value, "not a rate", {"allowed": (NET_OF_VAT, "5.5", "10", "20")})
    return text.removesuffix("%")


Vat = Annotated[Quantity | None, BeforeValidator(_read_vat)]
"""A rate in percent, or ``None``: ``"net de TVA"``."""


class PriceLine(Data):
    """One line of the price. ``amount`` is for the whole line, without VAT."""

    label: Label
    people: Count | None = None
    support_people: Count = 0
    amount: Amount
    vat: Vat = None

    @property
    def vat_amount(self) -> Decimal:
        """The VAT of this line, to the cent."""
        return (self.amount * (self.vat or 0) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)

    @property
    def vat_label(self) -> str:
        """``net de TVA`` or ``20 %``."""
        if self.vat is None:
            return NET_OF_VAT
        return f"{self.vat.normalize():f}".replace(".", ",") + "\u00a0%"


class Price(Data):
    """The whole price, with what has to be said about it (how it is paid, what it includes)."""

    lines: Several[PriceLine] = ()
    note: Text = ""

    @property
    def total(self) -> Decimal:
        """Sum without VAT."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))

    @property
    def total_vat(self) -> Decimal:
        """Sum of the VAT, rounded line by line."""
        return sum((line.vat_amount for line in self.lines), Decimal("0.00"))

    @property
    def total_due(self) -> Decimal:
        """What the client pays."""
        return self.total + self.total_vat

    @property
    def people(self) -> int:
        """How many people intervene: the most of any line, support not counted."""
        return max((line.people or 0 for line in self.lines), default=0)

    @property
    def net_of_vat(self) -> bool:
        """Whether no line bears VAT."""
        return all(line.vat is None for line in self.lines)


class Phase(Data):
    """One phase of the calendar. ``when`` says it in words (« septembre 2027 »); the dates are optional."""

    label: Label
    on_site: Yes = False
    days: Quantity | None = None
    people: Count | None = None
    actions: Several[Statement] = ()
    when: Line = ""
    start: Day | None = None
    end: Day | None = None

    def issues(self) -> Iterator[Issue]:
        if self.start and self.end and self.end < self.start:
            yield Issue(("end",), Code.END_BEFORE_START, self.end, (self.start.isoformat(),), other=("start",))


class Deliverable(Data):
    """Something handed over, at a date or a horizon in words."""

    title: Label
    horizon: Line = ""
    description: Text = ""
