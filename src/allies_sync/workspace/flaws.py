"""What can be wrong with a template, beyond what its TOML says, and how bad that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from allies_sync.model.problems import Detail, Problem, excerpt


class Flaw(StrEnum):
    """What kind of problem it is. Each has one sentence in :mod:`allies_sync.workspace.sentences`."""

    # finding and loading
    NO_TEMPLATE_FILE = "template_no_file"
    UNKNOWN_BASE = "template_unknown_base"
    BASE_CIRCLE = "template_base_circle"
    TOO_BIG = "template_too_big"
    UNREADABLE = "template_unreadable"
    OTHER_NAME = "template_other_name"
    # references between declared things
    DANGLING = "template_dangling"
    NOT_HERE = "template_not_here"
    NEEDS_SESSION = "template_needs_session"
    FOLDER_CIRCLE = "template_folder_circle"
    NOTHING_REMOVED = "template_nothing_removed"
    SAME_NAME = "template_same_name"
    NO_HOME = "template_no_home"
    TWO_HOMES = "template_two_homes"
    UNREACHED = "template_unreached"
    MISSING_SOURCE = "template_missing_source"
    UNUSED_SOURCE = "template_unused_source"
    OTHER_ID = "template_other_id"
    # Jinja sources
    SYNTAX = "template_syntax"
    FORBIDDEN = "template_forbidden"
    UNKNOWN_FILTER = "template_unknown_filter"
    UNKNOWN_TEST = "template_unknown_test"
    UNKNOWN_NAME = "template_unknown_name"
    UNKNOWN_FIELD = "template_unknown_field"
    UNKNOWN_WIDGET = "template_unknown_widget"
    UNKNOWN_BLOCK = "template_unknown_block"
    NOT_CONSTANT = "template_not_constant"
    RAW_REFERENCE = "template_raw_reference"
    RAW_HTML = "template_raw_html"
    BAD_PLACE = "template_bad_place"
    BREAKS_OUT = "template_breaks_out"
    BAD_CHARACTER = "template_bad_character"
    # rendering
    UNSET = "template_unset"
    NOT_TEXT = "template_not_text"
    NOT_A_LIST = "template_not_a_list"
    NOT_A_NUMBER = "template_not_a_number"
    ALREADY_MARKDOWN = "template_already_markdown"
    NOT_A_LINK = "template_not_a_link"
    TOO_MUCH = "template_too_much"
    FAILED = "template_failed"


class Severity(StrEnum):
    """An error stops a template from being used; a warning is worth a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that ``templates check`` says."""

    problem: Problem
    severity: Severity = Severity.ERROR


class Refusal(Exception):
    """What a template may not do, found while it runs. Where it happened is added by whoever catches it."""

    def __init__(
        self, code: Flaw, field: str = "", found: str = "", allowed: Iterable[str] = (), **details: Detail
    ) -> None:
        super().__init__(f"{code} {field} {found}")
        self.code = code
        self.field = field
        self.found = found
        self.allowed = tuple(allowed)
        self.details = details

    def at(self, file: str, line: int | None) -> Problem:
        """The same as a problem at a place."""
        return flaw(self.code, file, line, self.field, self.found, self.allowed, self.details)


def flaw(
    code: Flaw,
    file: str,
    line: int | None,
    field: str = "",
    found: str = "",
    allowed: Sequence[str] = (),
    details: Mapping[str, Detail] | None = None,
) -> Problem:
    """A problem, with the word that was probably meant."""
    known = dict(details or {})
    close = get_close_matches(found, allowed, n=1, cutoff=0.6) if found and allowed else []
    if close:
        known.setdefault("suggestion", close[0])
    return Problem(file, line, field, excerpt(found)[1:-1], tuple(allowed), code, details=known)
