"""Time as servers tell it: their clock, dates (RFC 9110, 5.6.7), and when they want to be asked again (10.2.3)."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests


class ServerClock:
    """The server's own clock, as its answers tell it: never ahead of it, a second behind at most, and the way."""

    def __init__(self) -> None:
        self._heard: tuple[datetime, float] | None = None
        self._guard = threading.Lock()

    def hear(self, response: requests.Response) -> None:
        """Takes the time from an answer."""
        moment = http_date(response.headers.get("Date", ""))
        if moment is None:
            return
        with self._guard:
            if self._heard is None or moment >= self._now(self._heard):
                self._heard = (moment, time.monotonic())

    def now(self) -> datetime | None:
        """The earliest that it can be there; None before the first answer."""
        with self._guard:
            return self._now(self._heard) if self._heard else None

    @staticmethod
    def _now(heard: tuple[datetime, float]) -> datetime:
        return heard[0] + timedelta(seconds=time.monotonic() - heard[1])


def http_date(text: str) -> datetime | None:
    """A moment as HTTP writes it, in UTC; None for anything else."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def retry_after(response: requests.Response) -> float | None:
    """In how many seconds the server wants to be asked again, if it says so."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(min(int(text[:9]), 10**6))
    moment = http_date(text) if text else None
    if moment is None:
        return None
    now = http_date(response.headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (moment - now).total_seconds())
