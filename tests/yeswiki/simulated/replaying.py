"""Sends a recording's requests to the simulated wiki, one after the other, as they were recorded."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from allies_sync_yeswiki.testing import Dialect, SimulatedWiki

from .comparing import Comparison, Ties

Exchange = dict[str, Any]
Before = Callable[["Replay"], None]
ADMIN, BOT = "WikiAdmin", "BotAllie"
KEYS = {ADMIN: "key-of-the-admin", BOT: "key-of-the-bot"}
PASSWORD = "mot-de-passe-admin"
FOLDERS: dict[Dialect, str] = {"444": "4.4.4", "dev": "dev"}
BASES: dict[Dialect, str] = {"444": "http://127.0.0.1:8083", "dev": "http://127.0.0.1:8082"}
_PDFS = {15: b"%PDF-1.4\n%test\n", 13: b"%PDF-1.4 test", 11: b"%PDF-1.4 v2"}
_HASHCASH = re.compile(r"^\d{9,10}$")


@dataclass
class Scenario:
    """What a recording presupposes, and what of it is left out. Exchanges go by their names."""

    recording: str
    setup: Before | None = None
    before: dict[str, Before] = field(default_factory=dict)
    """What happened on the real wiki between two requests, without being recorded."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Exchanges that are not compared, and why; sent all the same when they can be."""
    known_only: frozenset[str] = frozenset()
    """Where the real wiki knew more than what was recorded: what both know is compared."""
    ignored: dict[str, frozenset[str]] = field(default_factory=dict)
    """Parts of an answer that may differ, by a part of their description."""
    dialects: tuple[Dialect, ...] = ("444", "dev")


@dataclass(frozen=True)
class Outcome:
    name: str
    differences: list[str]
    left_out: str | None = None


def recordings_folder() -> Path | None:
    folder = Path(__file__).parents[4] / "shared" / "recordings" / "yeswiki"
    return folder if folder.is_dir() else None


def load(dialect: Dialect, name: str) -> list[Exchange]:
    """The exchanges of a recording, without the facts that were noted between them."""
    folder = recordings_folder()
    assert folder is not None
    noted: list[Exchange] = json.loads((folder / FOLDERS[dialect] / f"{name}.json").read_text("utf-8"))
    return [one for one in noted if "request" in one]


class Replay:
    def __init__(self, wiki: SimulatedWiki) -> None:
        self.wiki = wiki
        self.control = wiki.control
        self.dialect: Dialect = wiki.state.dialect
        self.ties, self.triples = Ties(), Ties()
        self.jars: dict[str, dict[str, str]] = {}
        self._last_token = ""
        self.exchange: Exchange = {}
        """The one that comes next."""

    def run(self, scenario: Scenario) -> Iterator[Outcome]:
        for number, exchange in enumerate(load(self.dialect, scenario.recording)):
            name, self.exchange = exchange["name"], exchange
            self.wiki.clock.freeze(parsedate_to_datetime(exchange["response"]["headers"]["Date"]).timestamp())
            if scenario.setup and number == 0:
                scenario.setup(self)
            if name in scenario.before:
                scenario.before[name](self)
            reason = scenario.left_out.get(name)
            comparison = Comparison(
                self.ties, self.triples, name in scenario.known_only, scenario.ignored.get(name, frozenset())
            )
            differences = self._replay(exchange, comparison)
            yield Outcome(name, differences if reason is None else [], reason)

    def tie_page(self, tag: str, recorded: int) -> None:
        """A page that was not made within the recordings, whose revision a request names."""
        page = self.control.page(tag)
        assert page is not None
        self.ties.tie(str(recorded), str(page.id))

    # -- one exchange -------------------------------------------------------------------------------------------

    def _replay(self, exchange: Exchange, comparison: Comparison) -> list[str]:
        recorded = exchange["response"]
        answer, content = self._send(exchange)
        text = content.decode("utf-8", "replace").replace(self.wiki.url, BASES[self.dialect])
        text = text.replace(self.wiki.url.replace("/", "\\/"), BASES[self.dialect].replace("/", "\\/"))
        token = re.search(r'name="(?:confirm\w+Token|csrf-token)" value="([^"]*)"', text)
        self._last_token = token[1] if token else self._last_token
        if answer.status != recorded["status"]:
            return [f"status: recorded {recorded['status']}, simulated {answer.status} {text[-600:][:300]!r}"]
        base = BASES[self.dialect]
        headers = [(name, _utf8(value).replace(self.wiki.url, base)) for name, value in answer.getheaders()]
        there = {name: _recorded(value) for name, value in recorded["headers"].items()}
        comparison.headers(there, headers)
        if exchange["request"]["method"] != "HEAD" and answer.status != 302:
            comparison.body(recorded["body"] or "", text, answer.getheader("Content-Type") or "")
        return comparison.differences

    def _send(self, exchange: Exchange) -> tuple[http.client.HTTPResponse, bytes]:
        request, name = exchange["request"], exchange["name"]
        target = request["path"] + (f"?{request['query']}" if request.get("query") else "")
        body, kind = self._body(request["body"], request["headers"].get("Content-Type", ""))
        headers = {key: request["headers"][key] for key in ("Accept", "Source-Url") if key in request["headers"]}
        if kind:
            headers["Content-Type"] = kind
        user = BOT if "bot" in name else ADMIN
        if "Authorization" in request["headers"]:
            wrong = "wrong-key" in name or "missing-user" in name
            known = BOT if "bot" in name or "nonadmin" in name else ADMIN
            headers["Authorization"] = f"Bearer {'nonsense' if wrong else KEYS[known]}"
        jar = self._jar(name, user) if "Cookie" in request["headers"] else {}
        if jar:
            headers["Cookie"] = "; ".join(f"{key}={value}" for key, value in jar.items())
        connection = http.client.HTTPConnection(urlsplit(self.wiki.url).netloc, timeout=30)
        connection.request(request["method"], target.encode().decode("latin-1"), body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        cookies = dict(
            value.partition(";")[0].split("=", 1) for key, value in answer.getheaders() if key == "Set-Cookie"
        )
        if "Cookie" in request["headers"]:
            jar.update(cookies)
        self.jars["last"] = cookies
        if name == "logout":
            self.jars.pop(user)
        return answer, content

    def _jar(self, name: str, user: str) -> dict[str, str]:
        """The cookies that belong to a request: of the answer before it, or of somebody who is logged in."""
        if name.endswith(("-after", "-after-redirect")) and ("login" in name or "anonymous" in name):
            return dict(self.jars["last"])
        if user not in self.jars:
            connection = http.client.HTTPConnection(urlsplit(self.wiki.url).netloc, timeout=30)
            connection.request("GET", "/?api/forms/1", headers={"Authorization": f"Bearer {KEYS[user]}"})
            answer = connection.getresponse()
            answer.read()
            lines = [value for key, value in answer.getheaders() if key == "Set-Cookie"]
            self.jars[user] = dict(line.partition(";")[0].split("=", 1) for line in lines)
            session = self.wiki.state.accounts.session(self.jars[user]["YesWiki-main"])
            session.lasts = 90 * 86400.0
            session.ends = self.wiki.clock.now() + session.lasts
            for login in self.wiki.state.accounts.logins.values():
                login.lasts, login.ends = session.lasts, session.ends
        return self.jars[user]

    # -- request bodies -----------------------------------------------------------------------------------------

    def _body(self, body: Any, kind: str) -> tuple[bytes | None, str]:
        if body is None:
            return None, kind
        if isinstance(body, str):
            return self._summarised(body), kind
        if "__json__" in body:
            return json.dumps(body["__json__"]).encode(), kind
        if "__multipart__" in body:
            return _multipart(body["__multipart__"], kind), kind
        pairs = [(name, self._value(name, value)) for name, value in body["__form__"]]
        return urlencode(pairs).encode(), kind or "application/x-www-form-urlencoded"

    def _summarised(self, text: str) -> bytes:
        if text.startswith("<form, body"):
            riddle = str(self.wiki.state.hashcash.value)
            form = {"body": "x" * 1_000_000, "submit": "Sauver", "previous": "", "hashcash_value": riddle}
            return urlencode(form).encode()
        if text.startswith("<form, bf_description"):
            return urlencode(
                {"bf_titre": "Très gros", "bf_description": "é" * 100_000, "bf_external_id": "mission-1"}
            ).encode()
        if text.startswith("<form of 45 MB"):
            return b"bf_titre=x&bf_q1=" + b"x" * 45_000_000
        return b"\x89PNG" if text.startswith("<png") else text.encode()

    def _value(self, name: str, value: str) -> str:
        if name == "hashcash_value" and _HASHCASH.match(value):
            return str(self.wiki.state.hashcash.value)
        if name == "previous":
            return self.ties.simulated(value)
        if name in ("confirmDeleteToken", "confirmEmptyToken", "csrf-token"):
            return self._last_token
        if value == "<redacted>":
            return "wrong" if "wrong-password" in self.exchange["name"] else PASSWORD
        return value.replace(BASES[self.dialect], self.wiki.url)

    def ask_for_token(self, place: str) -> None:
        """A page that was opened for the token in its form."""
        jar = self._jar("", ADMIN)
        connection = http.client.HTTPConnection(urlsplit(self.wiki.url).netloc, timeout=30)
        cookies = "; ".join(f"{key}={value}" for key, value in jar.items())
        connection.request("GET", place, headers={"Cookie": cookies})
        text = connection.getresponse().read().decode()
        found = re.search(r'name="(?:confirm\w+Token|csrf-token)" value="([^"]*)"', text)
        assert found is not None
        self._last_token = found[1]


def _multipart(sent: dict[str, Any], kind: str) -> bytes:
    boundary = kind.partition("boundary=")[2]
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in sent["fields"].items()
    ]
    for name, file in sent["files"].items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file["filename"]}"\r\n'
        content = _PDFS.get(file["size"], b"x" * file["size"])
        parts.append(f"{head}Content-Type: {file['content_type']}\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def _utf8(value: str) -> str:
    return value.encode("latin-1", "replace").decode("utf-8", "replace")


def _recorded(value: Any) -> Any:
    """Recorded header values are the bytes, one character each."""
    if not isinstance(value, str):
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
