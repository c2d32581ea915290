"""Sends a recording's requests to the simulated server, one after the other, as they were recorded."""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from allies_sync.platforms.testing.clock import Clock
from allies_sync_nextcloud.testing import SimulatedNextcloud

from .comparing import RECORDED_BASE, Comparison, Ties, recorded_moment, start_of_recordings

_SUMMARY = re.compile(r"^<(\d+) bytes sha256=[0-9a-f]+>$")
_FORWARDED = {"host", "content-length", "authorization", "cookie", "accept-encoding", "connection"}

Exchange = dict[str, Any]
Before = Callable[["Replay"], None]


@dataclass(frozen=True)
class Login:
    """Who sends a request; ``secret`` None is the user's own password."""

    user: str
    secret: str | None = None
    bearer: bool = False


@dataclass
class Scenario:
    """What a recording presupposes, who speaks in it, and what of it is left out."""

    recording: str
    users: dict[int, Login | Callable[[Replay], Login]] = field(default_factory=dict)
    """Where the one whose files are named is not the one who asks."""
    before: dict[int, Before] = field(default_factory=dict)
    """What happened on the real server between two requests, outside of HTTP."""
    setup: Before | None = None
    requires: tuple[str, ...] = ()
    """Recordings that came before on the same server, whose leftovers this one sees."""
    left_out: dict[int, str] = field(default_factory=dict)
    """Exchanges that are not compared, and why. They are not sent either, except where ``sent`` says so."""
    sent: frozenset[int] = frozenset()
    ignored: dict[int, frozenset[str]] = field(default_factory=dict)
    """Parts of an answer that may differ, by the end of their description."""
    late: frozenset[int] = frozenset()
    """Began in one second, by the answer's Date, and had their effect in the next."""
    races: bool = False
    """Recorded from clients that worked at the same time."""
    default_user: str = "allies"


def recordings_folder() -> Path | None:
    folder = Path(__file__).parents[4] / "shared" / "recordings" / "nextcloud"
    return folder if folder.is_dir() else None


def load(name: str) -> list[Exchange]:
    folder = recordings_folder()
    assert folder is not None
    exchanges: list[Exchange] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return exchanges


@dataclass(frozen=True)
class Outcome:
    number: int
    name: str
    differences: list[str]
    left_out: str | None = None


class Replay:
    def __init__(self, server: SimulatedNextcloud) -> None:
        self.server = server
        self.control = server.control
        self.ties = Ties()
        self.tokens: dict[int, str] = {}
        """Tokens of links by the recorded number of their share."""
        self.app_password = ""
        self._cookies: dict[str, str] = {}

    @property
    def clock(self) -> Clock:
        return self.server.clock

    def run(self, scenario: Scenario) -> Iterator[Outcome]:
        if scenario.setup:
            scenario.setup(self)
        for number, exchange in enumerate(load(scenario.recording)):
            if number in scenario.before:
                scenario.before[number](self)
            reason = scenario.left_out.get(number)
            if reason is not None and number not in scenario.sent:
                yield Outcome(number, exchange["name"], [], reason)
                continue
            ignored = scenario.ignored.get(number, frozenset())
            self._set_clock(exchange, late=number in scenario.late)
            differences = self._replay(exchange, self._login(scenario, number, exchange), ignored)
            yield Outcome(number, exchange["name"], differences if reason is None else [], reason)

    def _set_clock(self, exchange: Exchange, late: bool) -> None:
        moment = recorded_moment(exchange)
        if moment is not None:
            self.clock.freeze(max(moment + late, self.clock.now()))

    def _login(self, scenario: Scenario, number: int, exchange: Exchange) -> Login | None:
        chosen = scenario.users.get(number)
        if chosen is not None:
            return chosen if isinstance(chosen, Login) else chosen(self)
        if "Authorization" not in exchange["request"]["headers"]:
            return None
        found = re.match(r"/remote\.php/dav/(?:files|uploads|trashbin)/([^/]+)", exchange["request"]["path"])
        return Login(found[1] if found else scenario.default_user)

    def _replay(self, exchange: Exchange, login: Login | None, ignored: frozenset[str]) -> list[str]:
        answer, body = self._send(exchange, login)
        recorded = exchange["response"]
        comparison = Comparison(self.ties, self.server.url, ignored)
        if answer.status != recorded["status"]:
            shown = body.decode("utf-8", "replace")[:300]
            return [f"status: recorded {recorded['status']}, simulated {answer.status} {shown}"]
        comparison.headers(recorded["headers"], dict(answer.getheaders()), answer.status)
        if exchange["request"]["method"] != "HEAD":
            text = recorded["body"]
            text = text[text.find("\r\n\r\n") + 4 :] if text.startswith("HTTP/1.1 ") else text
            comparison.body(text, body, answer.getheader("Content-Type") or "")
        self._remember(exchange, body)
        return comparison.differences

    def _remember(self, exchange: Exchange, body: bytes) -> None:
        """Tokens and app passwords, for requests that use them later without saying so."""
        if b'"apppassword"' in body:
            self.app_password = json.loads(body)["ocs"]["data"]["apppassword"]
        if exchange["request"]["method"] == "POST" and b'"share_type":3' in body:
            recorded = json.loads(exchange["response"]["body"])["ocs"]["data"]
            self.tokens[int(recorded["id"])] = json.loads(body)["ocs"]["data"]["token"]

    def _send(self, exchange: Exchange, login: Login | None) -> tuple[http.client.HTTPResponse, bytes]:
        request = exchange["request"]
        target = self.ties.in_text(request["path"]) + (f"?{request['query']}" if request["query"] else "")
        body, chunked = _body(exchange)
        body = self.ties.in_search(body)
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=30)
        connection.putrequest(request["method"], target.encode().decode("latin-1"), skip_accept_encoding=True)
        for name, value in request["headers"].items():
            if name.lower() not in _FORWARDED and name.lower() != "transfer-encoding":
                value = self.ties.in_text(value).replace(RECORDED_BASE, self.server.url)
                connection.putheader(name, value.encode("latin-1"))
        if login is not None:
            connection.putheader("Authorization", self._authorization(login))
        if "Cookie" in request["headers"]:
            connection.putheader("Cookie", "; ".join(f"{name}={value}" for name, value in self._cookies.items()))
        half_closed = "half-closed" in exchange["name"]
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif body or request["method"] in ("PUT", "POST", "MKCOL", "PROPFIND"):
            connection.putheader("Content-Length", "100" if half_closed else str(len(body)))
        connection.endheaders(body if body else None, encode_chunked=chunked)
        if half_closed and connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_WR)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if "Cookie" not in request["headers"]:
            set_cookies = [value for name, value in answer.getheaders() if name == "Set-Cookie"]
            self._cookies = dict(one.partition(";")[0].split("=", 1) for one in set_cookies)
        return answer, content

    def _authorization(self, login: Login) -> str:
        secret = login.secret
        if secret is None:
            user = self.server.state.accounts.by_login(login.user)
            secret = user.password if user else "wrong"
        if login.bearer:
            return f"Bearer {secret}"
        return "Basic " + base64.b64encode(f"{login.user}:{secret}".encode()).decode()


def _body(exchange: Exchange) -> tuple[bytes, bool]:
    text = exchange["request"]["body"]
    if text == "<stream>":
        return b"s" * (600_000 if "quota" in exchange["name"] else 5000), True
    summary = _SUMMARY.match(text)
    if summary:
        length = int(summary[1])
        return (b"0123456789" * (length // 10 + 1))[:length], False
    return text.encode(), False


def recorded_people(replay: Replay) -> None:
    """The accounts of the recorded server, each with the file that a new account gets."""
    control = replay.control
    replay.clock.freeze(start_of_recordings())
    control.add_group("consultants")
    for uid, name, groups in (
        ("admin", "admin", ("admin",)),
        ("alice", "Alice Durand", ("consultants",)),
        ("allies", "Allies Sync", ("consultants",)),
        ("bob", "Bob Éléonore", ()),
        ("small", "Petit Quota", ()),
    ):
        control.add_user(uid, f"{uid}-password", name, groups)
        control.write(uid, "/welcome.txt", b"w" * 164, seconds_later=0)
    control.set_quota("small", 1024 * 1024)
