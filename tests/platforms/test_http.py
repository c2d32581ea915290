"""The shared HTTP session against a server that misbehaves in every way that a request can meet."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from requests.auth import HTTPBasicAuth

from allies_sync.platforms.errors import Denied, Suspicious, Unavailable
from allies_sync.platforms.http import HttpSession, Limits, origin, sending
from allies_sync.platforms.http_time import http_date, retry_after
from allies_sync.platforms.http_xml import MAX_DEPTH, UnsafeXml, parse_xml

Answer = Callable[["Handler"], None]

SECRET = "mot-de-passe-d-application"
QUICK = Limits(
    connect=2, read=1, whole=2, size=1024 * 1024, tries=4, first_pause=0.01, longest_pause=0.05, patience=2
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        server = self.server
        assert isinstance(server, Server)
        server.seen.append((self.command, self.path, dict(self.headers)))
        server.here += 1
        server.most = max(server.most, server.here)
        try:
            (server.script.pop(0) if server.script else server.usual)(self)
        finally:
            server.here -= 1

    do_GET = do_PUT = do_POST = do_HEAD = do_PROPFIND = answer

    def reply(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.script: list[Answer] = []
        self.usual: Answer = lambda handler: handler.reply(200, b"bien")
        self.here = self.most = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


def status(code: int, **headers: str) -> Answer:
    return lambda handler: handler.reply(code, b"", **headers)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def http(server: Server, told: list[str]) -> Iterator[HttpSession]:
    session = HttpSession(
        f"{server.url}/base", auth=lambda: HTTPBasicAuth("allies", SECRET), limits=QUICK, notice=told.append
    )
    session.trust_env = False
    session.keep_secret(SECRET)
    yield session
    session.close()


# --- where requests go, and with what ---------------------------------------------------------------------------


def test_a_path_is_on_this_server(server: Server, http: HttpSession) -> None:
    assert http.get("a/b").text == "bien"
    command, path, headers = server.seen[0]
    assert (command, path) == ("GET", "/base/a/b")
    assert headers["Authorization"].startswith("Basic ")
    assert http.sent == 1 and http.counts == {"GET": 1}


@pytest.mark.parametrize(
    "url", ["http://example.org/", "https://127.0.0.1/", "http://127.0.0.1:1/", "ftp://127.0.0.1/"]
)
def test_another_origin_is_never_asked(http: HttpSession, url: str) -> None:
    with pytest.raises(Suspicious):
        http.get(url)
    assert http.sent == 0


def test_credentials_are_asked_for_when_they_are_needed(server: Server) -> None:
    asked: list[int] = []

    def auth() -> HTTPBasicAuth:
        asked.append(1)
        return HTTPBasicAuth("a", "b")

    session = HttpSession(server.url, auth=auth, limits=QUICK)
    session.trust_env = False
    with sending(anonymous=True):
        session.get("/")
    assert not asked and "Authorization" not in server.seen[0][2]
    session.get("/")
    session.get("/")
    assert len(asked) == 1


def test_a_netrc_is_not_read(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("no_proxy", "*")
    session = HttpSession(server.url, limits=QUICK)
    session.get("/")
    with sending(anonymous=True):
        session.get("/")
    assert all("Authorization" not in headers for _, _, headers in server.seen)


def test_cookies_are_kept_unless_they_are_not_wanted(server: Server, http: HttpSession) -> None:
    server.usual = lambda handler: handler.reply(200, b"", Set_Cookie="session=1; path=/")
    http.get("/")
    http.get("/")
    with sending(cookies=False):
        http.get("/")
    with sending(anonymous=True):
        http.get("/")
    assert ["Cookie" in headers for _, _, headers in server.seen] == [False, True, False, False]
    assert "Authorization" in server.seen[2][2]


@pytest.mark.parametrize("follow", [0, 3])
def test_a_redirect_elsewhere_is_not_followed(server: Server, http: HttpSession, follow: int) -> None:
    other = Server()
    threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    server.usual = status(302, Location=f"{other.url}/steal")
    with sending(follow=follow):
        assert http.get("/").status_code == 302
    assert not other.seen
    other.shutdown()
    other.server_close()


def test_a_redirect_here_is_followed_without_credentials(server: Server, http: HttpSession) -> None:
    server.script = [status(302, Location="/there", Set_Cookie="session=1")]
    with sending(follow=1):
        assert http.get("/").text == "bien"
    assert "Authorization" not in server.seen[1][2] and "Cookie" not in server.seen[1][2]
    server.script = [status(302, Location="/there")]
    with sending(follow=1):
        assert http.put("/", data=b"x").status_code == 302, "only what reads"


# --- trying again -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [423, 503])
def test_a_passing_refusal_is_tried_again_where_that_is_harmless(
    server: Server, http: HttpSession, told: list[str], code: int
) -> None:
    server.script = [status(code), status(code)]
    with sending(repeat=True):
        assert http.get("a").status_code == 200
    assert len(server.seen) == 3 and len(told) == 2
    assert str(code) in told[0] and "/base/a" in told[0]
    server.script = [status(code)]
    assert http.post("a").status_code == code, "not repeated"


def test_it_is_not_tried_for_ever(server: Server, http: HttpSession) -> None:
    server.usual = status(503)
    with sending(repeat=True):
        assert http.get("/").status_code == 503
    assert len(server.seen) == QUICK.tries


def test_what_a_plugin_calls_passing(server: Server) -> None:
    session = HttpSession(server.url, limits=QUICK, passing=lambda answer: b"locked" in answer.content)
    session.trust_env = False
    server.script = [lambda handler: handler.reply(500, b"locked"), status(503)]
    with sending(repeat=True):
        assert session.get("/").status_code == 503, "locked was passing, 503 is not for this plugin"


def test_a_server_that_was_never_there_is_not_waited_for(told: list[str]) -> None:
    session = HttpSession("http://127.0.0.1:9", limits=QUICK, notice=told.append)
    session.trust_env = False
    with sending(repeat=True), pytest.raises(Unavailable):
        session.get("/")
    assert session.sent == 2 and len(told) == 1


def test_retry_after_is_honoured_as_long_as_there_is_patience(server: Server, http: HttpSession) -> None:
    server.script = [status(503, Retry_After="1")]
    started = time.monotonic()
    with sending(repeat=True):
        assert http.get("/").status_code == 200
    assert time.monotonic() - started >= 1
    server.script = [status(503, Retry_After="120")]
    with sending(repeat=True):
        assert http.get("/").status_code == 503, "two minutes are too long: the person is told"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("9" * 40, 999999999.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ],
)
def test_retry_after_is_data(value: str, seconds: float | None) -> None:
    response = requests.Response()
    response.headers["Retry-After"] = value
    found = retry_after(response)
    assert found == (min(seconds, 10**6) if seconds is not None else None)


def test_a_lost_connection_is_tried_again(server: Server, http: HttpSession, told: list[str]) -> None:
    http.get("/")
    server.script = [Handler.drop, Handler.drop]
    with sending(repeat=True):
        assert http.get("/").status_code == 200
    assert len(told) == 2
    server.script = [Handler.drop]
    with pytest.raises(Unavailable, match="coupé la connexion"):
        http.post("/", data=b"once")


def test_nobody_there() -> None:
    session = HttpSession("http://127.0.0.1:9", limits=QUICK)
    session.trust_env = False
    with sending(repeat=True), pytest.raises(Unavailable, match="refuse la connexion") as error:
        session.get("/")
    assert error.value.advice


def test_an_answer_that_does_not_come(server: Server, http: HttpSession) -> None:
    server.usual = lambda handler: time.sleep(3)
    started = time.monotonic()
    with sending(repeat=True), pytest.raises(Unavailable, match="à temps"):
        http.get("/")
    assert time.monotonic() - started < 4, "twice, not six times"


def test_an_answer_that_drips(server: Server, http: HttpSession) -> None:
    def drip(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        for _ in range(60):
            handler.wfile.write(b"." * 1000)
            handler.wfile.flush()
            time.sleep(0.1)

    server.usual = drip
    with pytest.raises(Unavailable):
        http.get("/")


def test_a_cut_answer_is_none(server: Server, http: HttpSession) -> None:
    def cut(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.drop()

    server.usual = cut
    with pytest.raises(Unavailable):
        http.get("/")


# --- credentials refused ------------------------------------------------------------------------------------------


def test_the_first_401_stops_everything(server: Server, http: HttpSession) -> None:
    server.usual = status(401)
    with sending(repeat=True):
        assert http.get("/").status_code == 401
        for _ in range(3):
            with pytest.raises(Denied):
                http.get("/")
    assert len(server.seen) == 1
    with sending(anonymous=True):
        http.get("/")
    assert len(server.seen) == 2, "what needs no credentials may still be asked"


def test_no_thread_goes_on_after_a_401(server: Server, http: HttpSession) -> None:
    def refuse(handler: Handler) -> None:
        time.sleep(0.1)
        handler.reply(401)

    server.usual = refuse

    def ask(_: int) -> str:
        try:
            return str(http.get("/").status_code)
        except Denied:
            return "stopped"

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(ask, range(40)))
    assert len(server.seen) <= QUICK.connections
    assert results.count("stopped") == 40 - len(server.seen)


# --- bounds -------------------------------------------------------------------------------------------------------


def test_only_a_few_connections(server: Server, http: HttpSession) -> None:
    def slow(handler: Handler) -> None:
        time.sleep(0.02)
        handler.reply()

    server.usual = slow
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: http.get("/"), range(60)))
    assert server.most <= QUICK.connections


@pytest.mark.parametrize("declared", [True, False])
def test_an_answer_that_is_too_long(server: Server, http: HttpSession, declared: bool) -> None:
    def long(handler: Handler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        if declared:
            handler.send_header("Content-Length", str(3 * 1024 * 1024))
        handler.end_headers()
        with pytest.raises(OSError):
            for _ in range(100):
                handler.wfile.write(b"x" * 1024 * 1024)

    server.usual = long
    with pytest.raises(Unavailable, match="1 Mo"):
        http.get("/")


@pytest.mark.parametrize(
    "header", [("Content-Length", "5000"), ("Transfer-Encoding", "chunked"), ("X-Length", "none")]
)
def test_an_answer_that_comes_drop_by_drop(server: Server, http: HttpSession, header: tuple[str, str]) -> None:
    """Each wait is short enough; all of them together are not."""

    def drip(handler: Handler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header(*header)
        handler.end_headers()
        with suppress(OSError):
            for _ in range(400):
                handler.wfile.write(b"1\r\nx\r\n" if header[1] == "chunked" else b"x")
                time.sleep(0.02)

    server.usual = drip
    began = time.monotonic()
    with pytest.raises(Unavailable, match="à temps"):
        http.get("/")
    assert time.monotonic() - began < 6


def test_a_compressed_bomb(server: Server, http: HttpSession) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    server.usual = lambda handler: handler.reply(200, bomb, Content_Encoding="gzip")
    with pytest.raises(Unavailable, match="1 Mo"):
        http.get("/")


def test_the_servers_clock(server: Server, http: HttpSession) -> None:
    assert http.clock.now() is None
    server.usual = lambda handler: handler.reply(200)
    http.get("/")
    now = http.clock.now()
    assert now is not None and abs(now.timestamp() - time.time()) < 2


def test_secrets_stand_in_no_message(http: HttpSession) -> None:
    assert SECRET not in http.redact(f"GET /?password={SECRET}")


def test_origins() -> None:
    assert origin("https://a.org") == origin("https://A.org:443/x") != origin("http://a.org")
    assert origin("file:///etc/passwd") is None and origin("https://[") is None and origin("https://a:b/") is None
    assert http_date("nonsense") is None


# --- XML ----------------------------------------------------------------------------------------------------------


def test_xml_is_read_with_its_namespaces() -> None:
    root = parse_xml("<d:a xmlns:d='DAV:' b='1'><d:c>é</d:c><e/></d:a>".encode())
    assert root.tag == "{DAV:}a" and root.get("b") == "1"
    assert root.findtext("{DAV:}c") == "é" and root[1].tag == "e"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<a>",
        b"<html><p>bonjour</html>",
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>',
        b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:9/">%b;]><a/>',
        "<!DOCTYPE a><a/>".encode("utf-16"),
        b"<a>&nbsp;</a>",
        b"<a>\0</a>",
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1),
    ],
)
def test_xml_that_is_more_than_data_is_refused(text: bytes) -> None:
    with pytest.raises(UnsafeXml):
        parse_xml(text)
