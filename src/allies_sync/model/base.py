"""What all declared data has in common: frozen, nothing unknown, and values that are cleaned once, here.

Cleaning is idempotent, so that what is written and read again is the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from allies_sync.model.problems import Code, Detail, Path

EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)
GREATEST_AMOUNT = 100_000_000
LONGEST_SLUG = 80

Model = TypeVar("Model", bound="Data")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Issue:
    """What is wrong between several values; ``path`` and ``other`` start at the object that found it."""

    path: Path
    code: Code
    found: object = None
    allowed: tuple[str, ...] = ()
    details: Mapping[str, Detail] = field(default_factory=dict)
    other: Path | None = None


class Data(BaseModel):
    """Declared data. Subclasses say in :meth:`issues` what must hold between their fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def issues(self) -> Iterator[Issue]:
        """What does not fit together.

        May be asked of an object of which other fields are missing or invalid, to tell a person everything
        at once: such a field then has its default, or ``None`` (see ``checking``).
        """
        yield from ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        found = tuple(self.issues())
        if found:
            raise PydanticCustomError("issues", "values do not fit together", {"issues": found})
        return self


def without_personal(data: Model) -> Model:
    """The same data with every field that is marked as personal back at its default, at any depth."""
    changes: dict[str, Any] = {}
    for name, info in type(data).model_fields.items():
        extra = info.json_schema_extra
        if isinstance(extra, dict) and extra.get("personal"):
            changes[name] = info.get_default(call_default_factory=True, validated_data={})
        else:
            changes[name] = _without_personal(getattr(data, name))
    return data.model_copy(update=changes)


def _without_personal(value: Any) -> Any:
    if isinstance(value, Data):
        return without_personal(value)
    if isinstance(value, tuple):
        return tuple(_without_personal(item) for item in value)
    return value


# --- Text -------------------------------------------------------------------------------------------------

_LINE_SPACE = re.compile(r"[ \t\n\u2028\u2029]+")  # not the no-break spaces that French typography needs
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_HOPELESS_LINE, _HOPELESS_TEXT = 5_000, 60_000
"""Longer than that, nothing makes it short enough: it is not even cleaned, which may take long."""


def _clean(value: str) -> str:
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii() and not _stacked(text):
        text = unicodedata.normalize("NFC", text)
    if _CONTROL.search(text):
        raise PydanticCustomError(Code.CONTROL_CHARACTERS.value, "control characters")
    return text


def _stacked(text: str) -> bool:
    """Whether accents are piled up as no language does; to put such piles in order takes quadratic time."""
    height = 0
    for char in text:
        height = height + 1 if unicodedata.combining(char) else 0
        if height > 30:
            return True
    return False


def clean_line(value: Any) -> Any:
    """One line: line breaks become spaces, runs of spaces one; stripped."""
    if not isinstance(value, str) or len(value) > _HOPELESS_LINE:
        return value
    return _LINE_SPACE.sub(" ", _clean(value)).strip()


def clean_text(value: Any) -> Any:
    """Several paragraphs: line breaks stay, spaces at the end of lines go; stripped."""
    if not isinstance(value, str) or len(value) > _HOPELESS_TEXT:
        return value
    return "\n".join(line.rstrip(" \t") for line in _clean(value).split("\n")).strip()


def _has_word(value: Any) -> Any:
    value = clean_line(value)
    if isinstance(value, str) and not any(char.isalnum() for char in value):
        raise PydanticCustomError(Code.EMPTY.value, "needs a letter or a digit")
    return value


Line = Annotated[str, StringConstraints(strict=True, max_length=200), BeforeValidator(clean_line)]
"""One line of up to 200 characters; may be empty."""
Label = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200), BeforeValidator(clean_line)]
"""The same, not empty."""
Title = Annotated[str, StringConstraints(strict=True, max_length=200), BeforeValidator(_has_word)]
"""The same, with at least one letter or digit: something can be named after it."""
Statement = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=1_000), BeforeValidator(clean_text)
]
"""One item of a list: a sentence or a short paragraph; not empty."""
Text = Annotated[str, StringConstraints(strict=True, max_length=20_000), BeforeValidator(clean_text)]
"""Paragraphs, separated by an empty line. Typed words, never Markdown. May be empty."""

# --- Lists and numbers ------------------------------------------------------------------------------------

Several = Annotated[tuple[Item, ...], Field(max_length=200)]
"""A list of up to 200 items."""
Yes = StrictBool
Count = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
Minutes = Annotated[StrictInt, Field(ge=1, le=24 * 60)]
Months = Annotated[StrictInt, Field(ge=1, le=120)]


def _read_amount(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise PydanticCustomError(Code.WRONG_TYPE.value, "not an amount", {"allowed": ("amount",)})
    if isinstance(value, str):
        value = re.sub(r"[\s€]", "", value).replace(",", ".")
        if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", value):
            raise PydanticCustomError(Code.BAD_AMOUNT.value, "not an amount")
    if isinstance(value, int) and value.bit_length() > 64:
        raise _too_great()
    try:
        amount = Decimal(repr(value) if isinstance(value, float) else value)
        if not amount.is_finite():
            raise PydanticCustomError(Code.BAD_AMOUNT.value, "not an amount")
        if abs(amount) > GREATEST_AMOUNT:
            raise _too_great()
        rounded = amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        raise PydanticCustomError(Code.BAD_AMOUNT.value, "not an amount") from None
    if rounded != amount:
        raise PydanticCustomError(Code.TOO_PRECISE.value, "more than two decimals", {"allowed": (2,)})
    return rounded + 0  # no negative zero


def _too_great() -> PydanticCustomError:
    return PydanticCustomError(Code.OUT_OF_RANGE.value, "too great", {"ge": -GREATEST_AMOUNT, "le": GREATEST_AMOUNT})


Amount = Annotated[Decimal, BeforeValidator(_read_amount)]
"""Money with two decimals, negative for a discount. Written ``1000``, ``1000.5`` or ``"1 000,50 €"``."""
Quantity = Annotated[Decimal, BeforeValidator(_read_amount), Field(ge=0, le=10_000)]
"""Days, a percentage: up to two decimals, not negative."""

# --- Dates and times --------------------------------------------------------------------------------------

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]) ?[hH:] ?([0-5][0-9])?(?::00)?")


def _read_day(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
        try:
            value = date.fromisoformat(value.strip())
        except ValueError:
            value = None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise PydanticCustomError(Code.BAD_DATE.value, "not a date")
    return value


def _read_clock(value: Any) -> Any:
    if isinstance(value, str):
        match = _CLOCK.fullmatch(value.strip())
        value = time(int(match[1]), int(match[2] or 0)) if match else None
    if not isinstance(value, time) or value.tzinfo or value.second or value.microsecond:
        raise PydanticCustomError(Code.BAD_TIME.value, "not a time of day")
    return value


def hour(clock: time) -> str:
    """``9h30``, ``14h``: as French programmes write it."""
    return f"{clock.hour}h{clock.minute:02}" if clock.minute else f"{clock.hour}h"


Day = Annotated[date, BeforeValidator(_read_day), Field(ge=EARLIEST, le=LATEST)]
"""``2027-03-12``, with or without quotes."""
Clock = Annotated[time, BeforeValidator(_read_clock)]
"""Hours and minutes: ``"9h30"``, ``"09:30"``, ``"14h"``, or TOML's ``09:30:00``."""

# --- Names and addresses ----------------------------------------------------------------------------------

_ATOM = r"[^@\s<>\"(),;:\\]+"
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10)}


def shaped(pattern: str, code: Code, longest: int) -> Callable[[Any], Any]:
    """A validator: one line of at most ``longest`` characters that ``pattern`` matches wholly."""
    shape = re.compile(pattern)

    def check(value: Any) -> Any:
        value = clean_line(value)
        if isinstance(value, str) and (len(value) > longest or not shape.fullmatch(value) or value in _RESERVED):
            raise PydanticCustomError(code.value, "not of the right shape", {"longest": longest})
        return value

    return check


def _read_url(value: Any) -> Any:
    value = clean_line(value)
    if not isinstance(value, str):
        return value
    bad = PydanticCustomError(Code.BAD_URL.value, "not a web address")
    if len(value) > 2_000 or re.search(r"[\s<>\"\\]", value):
        raise bad
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise bad from None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        raise bad
    return value


def is_url(text: str) -> bool:
    """Whether a text is a web address: http or https, without a password in it."""
    try:
        _read_url(text)
    except PydanticCustomError:
        return False
    return bool(text)


Identifier = Annotated[str, Field(strict=True), BeforeValidator(shaped("[a-z][a-z0-9_]*", Code.BAD_ID, 40))]
"""A question's id: small letters, digits, ``_``."""
Name = Annotated[str, Field(strict=True), BeforeValidator(shaped("[a-z][a-z0-9]*(-[a-z0-9]+)*", Code.BAD_ID, 40))]
"""A session's or template's id: small letters, digits, single hyphens."""
Key = Annotated[str, Field(strict=True), BeforeValidator(shaped("[a-z0-9][a-z0-9_-]*", Code.BAD_ID, 40))]
"""An option's key; may start with a digit."""
Slug = Annotated[
    str, Field(strict=True), BeforeValidator(shaped("[a-z0-9]+(-[a-z0-9]+)*", Code.BAD_SLUG, LONGEST_SLUG))
]
"""An engagement's slug: fit for a folder's name, a page's name, a command line."""
Url = Annotated[str, Field(strict=True), BeforeValidator(_read_url)]
"""A web address: http or https, without a password in it."""
Email = Annotated[str, Field(strict=True), BeforeValidator(shaped(rf"{_ATOM}@{_ATOM}\.{_ATOM}", Code.BAD_EMAIL, 254))]
"""One e-mail address."""
