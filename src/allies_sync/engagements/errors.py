"""Mistakes of the person who runs the tool, as sentences with a next step."""

from __future__ import annotations

from collections.abc import Sequence


class UserError(Exception):
    """What was asked for cannot be done as it was asked (exit code 2). Nothing was changed.

    ``details``: one line each, when there is more than one thing to mend.
    """

    def __init__(self, message: str, advice: str = "", details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.details = tuple(details)


class Declined(Exception):
    """The person said no: nothing was changed, and nothing is wrong."""
