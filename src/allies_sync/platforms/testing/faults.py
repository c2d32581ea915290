"""What a server, a proxy or somebody hostile can do to a request, and when they do it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import unquote

from allies_sync.platforms.testing.exchange import Answer, ConnectionDropped, Request


@dataclass(frozen=True, kw_only=True)
class Fault:
    """``effect``: whether the request has done its work on the server before it goes wrong."""

    effect: bool = False
    rewrites: ClassVar[bool] = False
    """Changes the real answer, and so always lets the request have its effect."""

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        """In place of the genuine one, which is None when the request had no effect."""
        raise NotImplementedError


@dataclass(frozen=True)
class Drop(Fault):
    """The connection is closed without an answer."""

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        raise ConnectionDropped


@dataclass(frozen=True)
class Slow(Fault):
    """The answer takes ``seconds`` of real time: for a client's time-out."""

    seconds: float
    rewrites: ClassVar[bool] = True

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        time.sleep(self.seconds)
        return genuine


@dataclass(frozen=True)
class Status(Fault):
    """Any status, with a body of one's own."""

    status: int
    body: bytes = b""
    kind: str = "text/html; charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        return Answer(self.status, [("Content-Type", self.kind), *self.headers], self.body)


@dataclass(frozen=True)
class Unavailable(Fault):
    """503, from a proxy in front of the server; with or without a time to come back."""

    retry_after: str | None = None
    status: int = 503

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        headers = [("Content-Type", "text/html")]
        if self.retry_after is not None:
            headers.append(("Retry-After", self.retry_after))
        return Answer(self.status, headers, b"<html><body><h1>Service Unavailable</h1></body></html>")


@dataclass(frozen=True)
class Html(Fault):
    """A page where something else was due: a portal's login, a proxy's notice."""

    status: int = 200
    page: str = (
        "<!doctype html>\n<html><body><h1>Bienvenue</h1><form method=post><input name=code></form></body></html>"
    )

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        return Answer(self.status, [("Content-Type", "text/html; charset=utf-8")], self.page.encode())


@dataclass(frozen=True)
class Nonsense(Fault):
    """The right kind and status, and a body that is no JSON, no XML and no UTF-8."""

    rewrites: ClassVar[bool] = True
    body: bytes = b'{"ocs": <d:multistatus \xff'

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        if genuine is not None:
            genuine.body = self.body
            genuine.headers = [one for one in genuine.headers if one[0].lower() != "content-length"]
        return genuine


@dataclass(frozen=True)
class Oversized(Fault):
    """The genuine answer, padded with blanks to ``size`` bytes (legal in JSON, and after any document)."""

    size: int = 21 * 1024 * 1024
    rewrites: ClassVar[bool] = True

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        if genuine is not None:
            genuine.body += b" " * (self.size - len(genuine.body))
            genuine.headers = [one for one in genuine.headers if one[0].lower() != "content-length"]
        return genuine


@dataclass(frozen=True)
class Redirect(Fault):
    """To another address (``{target}``: the one that was asked); a client must not take its credentials there."""

    location: str
    status: int = 302

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        return Answer(self.status, [("Location", self.location.replace("{target}", request.target))])


@dataclass(frozen=True)
class EchoSecret(Fault):
    """An error that repeats the credentials it was sent, as some debugging pages do."""

    status: int = 500

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        sent = f"Authorization: {request.headers.get('Authorization')} Cookie: {request.headers.get('Cookie')}"
        return Answer(self.status, [("Content-Type", "text/html")], sent.encode() + request.body[:2000])


@dataclass(frozen=True)
class CutShort(Fault):
    """The connection breaks within the answer's body."""

    after: int = 20
    rewrites: ClassVar[bool] = True

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        if genuine is not None:
            genuine.cut_after = self.after
        return genuine


@dataclass(frozen=True)
class Rewritten(Fault):
    """The genuine answer after a test's own hands."""

    change: Callable[[Answer], Answer]
    rewrites: ClassVar[bool] = True

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        return self.change(genuine) if genuine is not None else None


@dataclass
class Plan:
    """When a fault strikes: from the ``at``-th matching request on, ``times`` times (None: for ever)."""

    fault: Fault
    at: int = 1
    times: int | None = 1
    method: str | None = None
    target: str | None = None
    """Anything in path and query, decoded: ``api/forms``, ``/edit``."""
    when: Callable[[Request], bool] | None = None
    seen: int = field(default=0, init=False)
    struck: int = field(default=0, init=False)

    def strikes(self, request: Request) -> bool:
        if not self._concerns(request):
            return False
        self.seen += 1
        if self.seen < self.at or (self.times is not None and self.struck >= self.times):
            return False
        self.struck += 1
        return True

    def _concerns(self, request: Request) -> bool:
        if self.method is not None and request.method != self.method:
            return False
        if self.target is not None and self.target not in unquote(request.target):
            return False
        return self.when is None or self.when(request)


class Faults:
    """The plans that are in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: list[Plan] = []

    def add(self, plan: Plan) -> Plan:
        with self._lock:
            self._plans.append(plan)
        return plan

    def remove(self, plan: Plan) -> None:
        with self._lock:
            if plan in self._plans:
                self._plans.remove(plan)

    def clear(self) -> None:
        with self._lock:
            self._plans.clear()

    def striking(self, request: Request) -> list[Fault]:
        with self._lock:
            return [plan.fault for plan in self._plans if plan.strikes(request)]


def instead_of_genuine(striking: list[Fault], request: Request) -> Answer | None:
    """What comes in place of an answer, when a fault keeps the request from having its effect."""
    for fault in striking:
        if not fault.effect and not fault.rewrites:
            replaced = fault.answer(request, None)
            if replaced is not None:
                return replaced
    return None


def after_effect(striking: list[Fault], request: Request, genuine: Answer) -> Answer:
    """What becomes of an answer."""
    for fault in striking:
        if fault.effect or fault.rewrites:
            genuine = fault.answer(request, genuine) or genuine
    return genuine
