"""The simulated server's clock: real time plus what a test added, or standing still where a test stopped it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime


class Clock:
    """Ticks like real time until it is frozen; ``advance`` moves it in both states. Never goes to sleep."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0
        self._frozen: float | None = None

    def now(self) -> float:
        with self._lock:
            return self._frozen if self._frozen is not None else time.time() + self._offset

    def second(self) -> int:
        return int(self.now())

    def today(self) -> date:
        return datetime.fromtimestamp(self.now(), UTC).date()

    def advance(self, seconds: float) -> None:
        """Also what to give a client as its ``sleep``: the server's time passes, the test does not wait."""
        with self._lock:
            if self._frozen is not None:
                self._frozen += seconds
            else:
                self._offset += seconds

    sleep = advance

    def set(self, moment: float | datetime) -> None:
        moment = moment.timestamp() if isinstance(moment, datetime) else moment
        with self._lock:
            if self._frozen is not None:
                self._frozen = moment
            else:
                self._offset = moment - time.time()

    def freeze(self, moment: float | datetime | None = None) -> None:
        now = self.now()
        with self._lock:
            self._frozen = now
        if moment is not None:
            self.set(moment)

    def run(self) -> None:
        """Let time pass again, from where the clock stands."""
        now = self.now()
        with self._lock:
            self._frozen = None
            self._offset = now - time.time()


def http_date(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
