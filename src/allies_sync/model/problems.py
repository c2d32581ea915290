"""What is wrong with a file or an input, as data. Sentences are made from it elsewhere.

Nothing here imports pydantic, so that a command that only shows problems stays quick to start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as _field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum

LONGEST_EXCERPT = 60


class Code(StrEnum):
    """What kind of problem it is. Each has exactly one sentence in ``workspace.problems``."""

    # the file itself
    SYNTAX = "syntax"
    UNQUOTED = "unquoted"
    TWICE = "twice"
    TOO_BIG = "too_big"
    NOT_TEXT = "not_text"
    CANNOT_EDIT = "cannot_edit"
    # one value
    MISSING = "missing"
    UNKNOWN_KEY = "unknown_key"
    WRONG_TYPE = "wrong_type"
    NOT_ALLOWED = "not_allowed"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    TOO_MANY = "too_many"
    TOO_FEW = "too_few"
    OUT_OF_RANGE = "out_of_range"
    TOO_PRECISE = "too_precise"
    BAD_DATE = "bad_date"
    BAD_TIME = "bad_time"
    BAD_AMOUNT = "bad_amount"
    BAD_ID = "bad_id"
    BAD_SLUG = "bad_slug"
    BAD_URL = "bad_url"
    BAD_EMAIL = "bad_email"
    BAD_FORMAT = "bad_format"
    CONTROL_CHARACTERS = "control_characters"
    # several values together
    END_BEFORE_START = "end_before_start"
    DUPLICATE = "duplicate"
    NOT_SORTED = "not_sorted"
    OVERLAP = "overlap"
    NO_MODULES = "no_modules"
    NO_OPTIONS = "no_options"
    TWO_SOURCES = "two_sources"
    USELESS_OPTIONS = "useless_options"
    INCONSISTENT = "inconsistent"
    # remarks: worth saying, not refused
    SESSION_OUTSIDE = "session_outside"
    PROGRAMME_OUTSIDE = "programme_outside"


Path = tuple[str | int, ...]
"""Where a value is: keys, and positions in lists from 0."""

Detail = str | int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    ``file``: as the person knows it, empty for what was typed on the command line. ``line``: from 1; ``None``
    when no line is to blame. ``field``: ``sessions[0].date``, as :func:`dotted` writes it. ``found``: a short,
    printable excerpt, empty when nothing was found. ``allowed``: values or names of types. ``details``: what
    the sentence of this code needs besides (``suggestion``, ``other``, ``other_line``, ``length``…).
    """

    file: str
    line: int | None
    field: str
    found: str
    allowed: tuple[str, ...]
    code: str
    column: int | None = None
    details: Mapping[str, Detail] = _field(default_factory=dict, hash=False)


class InvalidData(ValueError):
    """A file or an input that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("; ".join(f"{p.file}:{p.line} {p.field}: {p.code} {p.found}" for p in self.problems))


def dotted(path: Iterable[str | int]) -> str:
    """``("sessions", 0, "date")`` as ``sessions[0].date``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def excerpt(value: object) -> str:
    """A short, printable picture of any value, close to how it is written in TOML."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + _printable(value) + '"'
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value.hour}h{value.minute:02}"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int):
        return str(value) if value.bit_length() < 200 else "…"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + _clipped(", ".join(_printable(str(key)) for key in list(value)[:5])) + "}"
    if isinstance(value, list | tuple):
        return f"[…] ({len(value)})"
    return _clipped(type(value).__name__)


def _printable(text: str) -> str:
    clipped = _clipped(text)
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in clipped)


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST_EXCERPT else text[: LONGEST_EXCERPT - 1] + "…"
