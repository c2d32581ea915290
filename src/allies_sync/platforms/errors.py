"""What can go wrong on a platform, as sentences for the person who runs the tool.

Every message says what the platform answered, in the person's words; the command that catches it adds to which
engagement it happened, what was not changed and what to do next. Never a secret, never a traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allies_sync.platforms.things import Lease


class PlatformError(Exception):
    """Something went wrong at a platform. ``advice`` says what to do next, when the platform knows."""

    #: whether the same command may succeed later without anybody changing anything
    temporary: bool = False

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class Unavailable(PlatformError):
    """The platform is down, in maintenance, throttling, or talks nonsense: nothing is known."""

    temporary = True


class Denied(PlatformError):
    """The platform refuses: wrong credentials or missing rights."""


class Full(PlatformError):
    """No room left: disk, quota, length of a name."""


class Refused(PlatformError):
    """The platform will never accept this: a bad name, a policy, a file where a folder should be."""


class Foreign(PlatformError):
    """Something of the same name is there and is not ours."""


class Suspicious(PlatformError):
    """What was read back from the workspace points outside it: refused before anything was written."""


class Busy(PlatformError):
    """Another run holds the lease."""

    temporary = True

    def __init__(self, message: str, lease: Lease, advice: str = "") -> None:
        super().__init__(message, advice)
        self.lease = lease


class Superseded(PlatformError):
    """The state was changed by another run since it was read, or the lease was lost."""

    temporary = True
