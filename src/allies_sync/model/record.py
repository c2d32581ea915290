"""What a person says about a finished engagement that its other data do not tell: for its mémoire d'action."""

from __future__ import annotations

from collections.abc import Iterator

from allies_sync.model.base import Data, Issue, Line, Several, Statement, Text
from allies_sync.model.memoire import VOCABULARIES, option_for
from allies_sync.model.problems import Code


class Record(Data):
    """Fields of the mémoire, as its form has them. What is left empty is derived from the engagement, if it can be.

    ``nature``, ``participants``, ``duration``, ``progress``, ``success``: labels of the form's vocabularies.
    """

    nature: Several[Statement] = ()
    participants: Several[Statement] = ()
    duration: Several[Statement] = ()
    progress: Line = ""
    success: Line = ""
    years: Several[Statement] = ()
    description: Text = ""
    authors: Line = ""
    contributors: Line = ""

    def issues(self) -> Iterator[Issue]:
        for name, options in VOCABULARIES.items():
            found = getattr(self, name, ()) or ()
            values = (found,) if isinstance(found, str) else found
            allowed = tuple(option.label for option in options)
            for index, value in enumerate(values):
                if option_for(name, value) is None:
                    path = (name,) if isinstance(found, str) else (name, index)
                    yield Issue(path, Code.NOT_ALLOWED, value, allowed)
