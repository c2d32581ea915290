"""What a platform's author writes: how to reach an empty place, and what a person's hands can do there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NoReturn

import pytest

from allies_sync.platforms.interface import Address, Platform


class Killed(BaseException):
    """Raised by a subject in the place of a request: the process has died there.

    Not an :class:`Exception`, so that no platform can take it for a fault of the server and go on.
    """


def lacking(what: str) -> NoReturn:
    """Skips the test: the subject cannot do this."""
    pytest.skip(f"the subject cannot {what}")


class Subject(ABC):
    """A platform under test, in one role, with an empty place of its own for one test.

    :meth:`open` is all that is needed. Every other method that is written makes more tests run; what is left out
    is skipped, with the reason. ``kind`` is a resource's (``page``), ``address`` what the platform said of it.
    """

    #: the role that is tested: ``files`` or ``wiki``
    role: str = "files"

    #: whether processes (not only threads) that call :meth:`open` reach the same place
    shared_by_processes: bool = False

    @abstractmethod
    def open(self) -> Platform:
        """A new connection to the place. Each one stands for another machine; threads open their own."""

    # --- a person, who does not go through the tool -----------------------------------------------------------

    def edit(self, kind: str, address: Address, text: str) -> None:
        """Replaces the content of a page or document. Raises PermissionError when the platform refuses it."""
        lacking("edit by hand")

    def delete(self, kind: str, address: Address) -> None:
        """Deletes what is there, with all that is in it."""
        lacking("delete by hand")

    def rename(self, kind: str, address: Address, name: str) -> None:
        """Gives a document, folder or page another name, in the same container."""
        lacking("rename by hand")

    def create(self, kind: str, address: Address, text: str) -> None:
        """Makes a thing of a person's own exactly there: a folder (``text`` is then empty), a document, a page…

        Raises PermissionError when the platform refuses it.
        """
        lacking("create by hand")

    # --- the weather -------------------------------------------------------------------------------------------

    def break_(self) -> None:
        """Makes the platform unreachable, also for connections that are open."""
        lacking("make the platform unreachable")

    def mend(self) -> None:  # noqa: B027 - only needed where break_ is written
        """Undoes :meth:`break_`."""

    def crash_after(self, requests: int | None) -> None:
        """From the next :meth:`open` on, a connection does this many writing or reading requests, then each further
        one raises :class:`Killed` and does nothing (or drops the connection). None: no more of that."""
        lacking("let the process die in the middle")

    # --- looking from outside ----------------------------------------------------------------------------------

    def snapshot(self) -> Mapping[str, str]:
        """All that the place holds, by whatever names it: shows that nothing was written, or made twice. Empty when
        the subject cannot look; then many tests see less."""
        return {}
