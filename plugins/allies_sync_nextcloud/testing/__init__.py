"""A simulated Nextcloud 27 for tests, faithful to what was measured on a real one."""

from allies_sync_nextcloud.testing.control import Control
from allies_sync_nextcloud.testing.faults import (
    Corrupted,
    CutShort,
    Drop,
    EchoSecret,
    Entities,
    Fault,
    ForeignHrefs,
    Html,
    Locked,
    LockFailure,
    Nonsense,
    Oversized,
    Plan,
    Redirect,
    Rewritten,
    Slow,
    Status,
    TooManyRequests,
    Unavailable,
)
from allies_sync_nextcloud.testing.log import Entry, RequestLog
from allies_sync_nextcloud.testing.server import SERVICE, SimulatedNextcloud

__all__ = [
    "SERVICE",
    "Control",
    "Corrupted",
    "CutShort",
    "Drop",
    "EchoSecret",
    "Entities",
    "Entry",
    "Fault",
    "ForeignHrefs",
    "Html",
    "LockFailure",
    "Locked",
    "Nonsense",
    "Oversized",
    "Plan",
    "Redirect",
    "RequestLog",
    "Rewritten",
    "SimulatedNextcloud",
    "Slow",
    "Status",
    "TooManyRequests",
    "Unavailable",
]
