"""A simulated YesWiki for tests, in two dialects, faithful to what was measured on real ones."""

from allies_sync.platforms.testing.faults import (
    CutShort,
    Drop,
    EchoSecret,
    Fault,
    Html,
    Nonsense,
    Oversized,
    Plan,
    Redirect,
    Rewritten,
    Slow,
    Status,
    Unavailable,
)
from allies_sync.platforms.testing.log import Entry, RequestLog
from allies_sync_yeswiki.testing.control import Control
from allies_sync_yeswiki.testing.faults import (
    BeingUpgraded,
    CacheNotWritable,
    DatabaseDown,
    FatalError,
    Installer,
    UnexpectedError,
)
from allies_sync_yeswiki.testing.server import ADMIN, KEY, PERSON, SERVICE, SimulatedWiki
from allies_sync_yeswiki.testing.state import Config, Dialect

__all__ = [
    "ADMIN",
    "KEY",
    "PERSON",
    "SERVICE",
    "BeingUpgraded",
    "CacheNotWritable",
    "Config",
    "Control",
    "CutShort",
    "DatabaseDown",
    "Dialect",
    "Drop",
    "EchoSecret",
    "Entry",
    "FatalError",
    "Fault",
    "Html",
    "Installer",
    "Nonsense",
    "Oversized",
    "Plan",
    "Redirect",
    "RequestLog",
    "Rewritten",
    "SimulatedWiki",
    "Slow",
    "Status",
    "Unavailable",
    "UnexpectedError",
]
