"""Wikis made of what real ones answered, and servers that mean harm."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[3] / "shared"
PAGES = SHARED / "recordings" / "yeswiki"
TRUE = SHARED / "data" / "memoires-osons.json"

needs_shared = pytest.mark.skipif(not TRUE.exists(), reason="needs ../shared: real pages and true values")

Respond = Callable[[str], "tuple[int, str, bytes] | tuple[int, str, bytes, Mapping[str, str]]"]


def true_values() -> dict[str, dict[str, Any]]:
    """The seeds' 38, by tag."""
    return {item["tag"]: item for item in json.loads(TRUE.read_text("utf-8"))}


def normal(item: Mapping[str, Any]) -> dict[str, Any]:
    """Whitespace normalised."""

    def one(value: Any) -> Any:
        if isinstance(value, list):
            return [one(each) for each in value]
        return " ".join(value.split()) if isinstance(value, str) else value

    return {key: one(value) for key, value in item.items()}


class Served:
    """A server under way: its address, and what was asked of it."""

    def __init__(self, url: str, asked: list[str]) -> None:
        self.url = url
        self.asked = asked


@contextmanager
def serving(respond: Respond, host: str = "127.0.0.1") -> Iterator[Served]:
    """Answers every GET and HEAD with what ``respond`` says of its path."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, kind, body, *more = respond(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            if not more or "Content-Length" not in more[0]:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer((host, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Served(f"http://{host}:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        server.server_close()


def forms(version: str) -> dict[str, Any]:
    """The form of mémoires as the API described it."""
    for exchange in json.loads((PAGES / version / "04-forms.json").read_text("utf-8")):
        if exchange.get("name") == "form-get-F_MEM":
            return {"5": json.loads(exchange["response"]["body"])}
    raise LookupError(version)


def old_exchange(file: str, name: str) -> str:
    """What an old wiki answered to one request."""
    for exchange in json.loads((PAGES / "old" / file).read_text("utf-8")):
        if exchange["name"] == name:
            return str(exchange["response"]["body"])
    raise LookupError(name)


def moved(data: bytes, old: str, new: str) -> bytes:
    """The same answer from another host."""
    plain = data.replace(old.encode(), new.encode())
    return plain.replace(old.replace("/", "\\/").encode(), new.replace("/", "\\/").encode())
