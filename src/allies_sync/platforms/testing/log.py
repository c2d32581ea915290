"""Every request that reached a simulated server, so that tests can count exactly."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from allies_sync.platforms.testing.exchange import Request


@dataclass
class Entry:
    number: int
    connection: int
    position: int
    """0 for the first request of a connection."""
    method: str
    target: str
    """Path and query, decoded."""
    raw_target: str
    headers: dict[str, str]
    body: bytes
    moment: float
    """By the server's clock."""
    user: str = ""
    """Whom the server took the client for; nobody when empty."""
    status: int = 0
    """0 as long as it is not answered, or when the connection was dropped."""
    answer_bytes: int = 0
    faults: list[str] = field(default_factory=list)
    effect: bool = False
    """Whether the server did what it was asked (and perhaps refused it)."""

    def __str__(self) -> str:
        outcome = str(self.status or "no answer")
        troubled = f"  [{', '.join(self.faults)}]" if self.faults else ""
        where = f"c{self.connection}.{self.position}"
        return f"{self.number:4} {where} {self.user or '-'} {self.method} {self.target} → {outcome}{troubled}"


class RequestLog(Sequence[Entry]):
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []

    def begin(self, request: Request, moment: float) -> Entry:
        with self._lock:
            entry = Entry(
                number=len(self._entries) + 1,
                connection=request.connection,
                position=request.position,
                method=request.method,
                target=unquote(request.target),
                raw_target=request.target,
                headers=dict(request.headers),
                body=request.body,
                moment=moment,
            )
            self._entries.append(entry)
            return entry

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            return iter(list(self._entries))

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        with self._lock:
            return self._entries[index]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def select(
        self, method: str | None = None, target: str | None = None, status: int | None = None, since: int = 0
    ) -> list[Entry]:
        """``target``: anything in path and query, decoded; ``since``: how many entries to skip (a former ``len``)."""
        return [
            entry
            for entry in list(self)[since:]
            if (method is None or entry.method == method)
            and (target is None or target in entry.target)
            and (status is None or entry.status == status)
        ]

    def count(
        self, method: str | None = None, target: str | None = None, status: int | None = None, since: int = 0
    ) -> int:
        return len(self.select(method, target, status, since))

    def methods(self, since: int = 0) -> Counter[str]:
        return Counter(entry.method for entry in list(self)[since:])

    def statuses(self, since: int = 0) -> Counter[int]:
        return Counter(entry.status for entry in list(self)[since:])

    def connections(self, since: int = 0) -> set[int]:
        return {entry.connection for entry in list(self)[since:]}

    def traffic(self, since: int = 0) -> int:
        """Bytes of the answers' bodies, as they went over the wire."""
        return sum(entry.answer_bytes for entry in list(self)[since:])

    def __str__(self) -> str:
        """One line a request: what to print when a count is not what a test expected."""
        return "\n".join(map(str, self))
