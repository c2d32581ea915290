"""The brute-force protection: every failed login from an address slows the next ones, then refuses them all.

All clients of the simulated server share one address, as an office behind one router does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from allies_sync.platforms.testing.clock import Clock

LONGEST = 25.0
_FIRST = 0.1
_MOST = 10
_REMEMBERED = 12 * 3600
_BLOCKING = 30 * 60

LOGIN = "login"
PUBLIC_DAV = "public_webdav_auth"
PUBLIC_PAGE = "publicLinkAuth"


class Blocked(Exception):
    """Too many failed attempts in the last half hour: refused without looking at the credentials (429)."""


@dataclass
class Throttle:
    clock: Clock
    enabled: bool = True
    _attempts: list[tuple[float, str]] = field(default_factory=list)

    def register(self, action: str = LOGIN) -> None:
        if self.enabled:
            self._attempts.append((self.clock.now(), action))

    def add_attempts(self, count: int, action: str = LOGIN) -> None:
        """For tests: as if ``count`` logins had just failed."""
        for _ in range(count):
            self.register(action)

    def reset(self) -> None:
        self._attempts.clear()

    def attempts(self, action: str | None = None, within: float = _REMEMBERED) -> int:
        since = self.clock.now() - within
        return sum(1 for moment, of in self._attempts if moment >= since and action in (None, of))

    def delay(self, action: str | None = None) -> float:
        """Seconds that the server now waits before it looks at credentials."""
        count = self.attempts(action) if self.enabled else 0
        if count == 0:
            return 0.0
        return LONGEST if count > _MOST else min(LONGEST, _FIRST * 2**count)

    def hold(self, action: str) -> float:
        """The delay to impose on this request; raises ``Blocked`` when there were too many."""
        delay = self.delay(action)
        if delay >= LONGEST and self.attempts(action, _BLOCKING) > _MOST:
            raise Blocked
        return delay
