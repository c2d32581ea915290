"""What a server, a proxy or somebody hostile can do to a request, and when they do it."""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing import names
from allies_sync_nextcloud.testing.exchange import Answer, ConnectionDropped, Request, html_answer, json_answer

_TARGET = re.compile(r"^/(?:remote\.php/(?:dav/files/[^/]+|webdav)|public\.php/webdav)(/.*)?$")


def files_path(request: Request) -> str:
    """The path within the user's files that a DAV request is about; empty for any other request."""
    found = _TARGET.match(request.path)
    return "/" + "/".join(map(names.nfc, names.split_path(found[1] or ""))) if found else ""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """``effect``: whether the request has done its work on the server before it goes wrong."""

    effect: bool = False
    rewrites: ClassVar[bool] = False
    """Changes the real answer, and so always lets the request have its effect."""

    def received(self, request: Request) -> Request:
        """What arrives at the server of what was sent."""
        return request

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
class Locked(Fault):
    """423, as while somebody else writes the same file."""

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        return errors.locked(files_path(request).lstrip("/")).answer()


@dataclass(frozen=True)
class LockFailure(Fault):
    """The lock that comes out as a 500."""

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        return errors.lock_failure(files_path(request).lstrip("/")).answer()


@dataclass(frozen=True)
class Unavailable(Fault):
    """503, from a proxy in front of the server; with or without a time to come back."""

    retry_after: str | None = None

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        headers = [("Retry-After", self.retry_after)] if self.retry_after is not None else []
        return html_answer(503, "<body>Service Unavailable</body>", *headers)


@dataclass(frozen=True)
class Status(Fault):
    """Any status, with a body of one's own."""

    status: int
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        return Answer(self.status, [("Content-Type", self.kind), *self.headers], self.body)


@dataclass(frozen=True)
class TooManyRequests(Fault):
    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        if request.path.startswith("/ocs/"):
            meta = {"status": "failure", "statuscode": 429, "message": "Reached maximum delay"}
            return json_answer(429, {"ocs": {"meta": meta, "data": []}})
        return errors.too_many_requests().answer()


@dataclass(frozen=True)
class Html(Fault):
    """A page where JSON or XML was due: a portal's login, a proxy's notice."""

    status: int = 200

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        return html_answer(self.status, "<body><h1>Bienvenue</h1><form>…</form></body>")


@dataclass(frozen=True)
class Nonsense(Fault):
    """The right kind and status, and a body that is no JSON and no XML."""

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        kind = "application/json" if request.path.startswith("/ocs/") else "application/xml"
        status = genuine.status if genuine else 200 if request.path.startswith("/ocs/") else 207
        return Answer(status, [("Content-Type", f"{kind}; charset=utf-8")], b'{"ocs": <d:multistatus \xff')


@dataclass(frozen=True)
class Entities(Fault):
    """XML with a document type: entities that grow without end, or that would fetch a file of the client."""

    external: str | None = None
    rewrites: ClassVar[bool] = True

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        if genuine is None or b"<?xml" not in genuine.body[:10]:
            return genuine
        if self.external:
            definitions = f'<!ENTITY e SYSTEM "{self.external}">'
        else:
            definitions = '<!ENTITY a "aaaaaaaaaaaaaaaa">' + "".join(
                f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 16}">' for level in range(8)
            )
        entity = "&e;" if self.external else "&i;"
        head, _, rest = genuine.body.decode().partition("?>")
        rest = re.sub(r"(<d:href>|<s:message>)", rf"\g<1>{entity}", rest, count=1)
        genuine.body = f"{head}?>\n<!DOCTYPE d:x [{definitions}]>{rest}".encode()
        return genuine


@dataclass(frozen=True)
class Oversized(Fault):
    """The genuine answer, padded with blanks to ``size`` bytes (legal in JSON, and after an XML document)."""

    size: int = 21 * 1024 * 1024
    rewrites: ClassVar[bool] = True

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        if genuine is not None:
            genuine.body += b" " * (self.size - len(genuine.body))
            genuine.headers = [one for one in genuine.headers if one[0].lower() != "content-length"]
            genuine.compressible = False
        return genuine


@dataclass(frozen=True)
class ForeignHrefs(Fault):
    """A multistatus that also lists resources which were not asked for: other places, ``..``, other hosts."""

    hrefs: tuple[str, ...] = (
        "/remote.php/dav/files/admin/secret.txt",
        "/remote.php/dav/files/admin/A/../../../../etc/passwd",
        "http://elsewhere.example/remote.php/dav/files/x/y.txt",
        "/",
    )
    instead: bool = False
    """Only these, not the genuine ones."""
    rewrites: ClassVar[bool] = True

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        if genuine is None or b"<d:multistatus" not in genuine.body:
            return genuine
        found = re.search(rb"<d:response><d:href>.*?</d:href>(.*?)</d:response>", genuine.body, re.DOTALL)
        content = found[1] if found else b""
        added = b"".join(
            b"<d:response><d:href>" + href.encode() + b"</d:href>" + content + b"</d:response>" for href in self.hrefs
        )
        if self.instead:
            genuine.body = re.sub(rb"<d:response>.*</d:response>", b"", genuine.body, flags=re.DOTALL)
        genuine.body = genuine.body.replace(b"</d:multistatus>", added + b"</d:multistatus>")
        return genuine


@dataclass(frozen=True)
class Redirect(Fault):
    """To another address; a client must not take its credentials there."""

    location: str
    status: int = 302

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        location = self.location.replace("{path}", request.raw_path)
        return html_answer(self.status, "", ("Location", location))


@dataclass(frozen=True)
class EchoSecret(Fault):
    """An error that repeats the credentials it was sent, as some proxies' debugging pages do."""

    status: int = 500

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        sent = request.headers.get("Authorization", "")
        scheme, _, value = sent.partition(" ")
        clear = base64.b64decode(value).decode("utf-8", "replace") if scheme.lower() == "basic" else value
        message = f"Authorization: {sent} ({clear})"
        if request.path.startswith("/ocs/"):
            meta = {"status": "failure", "statuscode": self.status, "message": message}
            return json_answer(self.status, {"ocs": {"meta": meta, "data": []}})
        return errors.DavError(self.status, "Exception", message).answer()


@dataclass(frozen=True)
class CutShort(Fault):
    """The connection breaks within the answer's body."""

    after: int = 20
    rewrites: ClassVar[bool] = True

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        if genuine is not None:
            genuine.cut_after = self.after
            genuine.compressible = False
        return genuine


@dataclass(frozen=True)
class Corrupted(Fault):
    """The body arrives with one bit turned over, and nobody notices."""

    rewrites: ClassVar[bool] = True

    def received(self, request: Request) -> Request:
        body = request.body
        return replace(request, body=bytes([body[0] ^ 1]) + body[1:]) if body else request

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
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
    path: str | None = None
    """Anything in the decoded path, ``/ocs/…/shares`` or ``/Bilan.pdf``; with ``below``, a place in the files."""
    below: bool = False
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
        if self.path is not None and self.below:
            target = files_path(request)
            if target != self.path and not target.startswith(self.path.rstrip("/") + "/"):
                return False
        elif self.path is not None and self.path not in request.path:
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


__all__ = [
    "Corrupted",
    "CutShort",
    "Drop",
    "EchoSecret",
    "Entities",
    "Fault",
    "Faults",
    "ForeignHrefs",
    "Html",
    "LockFailure",
    "Locked",
    "Nonsense",
    "Oversized",
    "Plan",
    "Redirect",
    "Rewritten",
    "Slow",
    "Status",
    "TooManyRequests",
    "Unavailable",
    "files_path",
]
