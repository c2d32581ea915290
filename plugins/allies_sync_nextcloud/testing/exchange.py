"""A request as the simulated server reads it, and the answer it gives."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from allies_sync.platforms.testing.exchange import ConnectionDropped, Headers

__all__ = ["Answer", "ConnectionDropped", "Headers", "Request"]


@dataclass(frozen=True)
class Request:
    method: str
    raw_path: str
    """As it stood in the request line: percent-encoded, without the query."""
    query: str
    headers: Headers
    body: bytes
    complete: bool = True
    """False when the client announced more bytes than it sent."""
    connection: int = 0
    position: int = 0
    """How many requests this connection has answered before (the server's keep-alive counter)."""
    host: str = ""

    @property
    def base(self) -> str:
        return f"http://{self.host}"

    @property
    def path(self) -> str:
        return decode_path(self.raw_path)

    @property
    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def fields(self) -> dict[str, str | list[str]]:
        """The fields of a form or JSON body, over those of the query; ``x[]`` become lists."""
        pairs = parse_qsl(self.query, keep_blank_values=True)
        kind = self.headers.get("Content-Type", "")
        found: dict[str, str | list[str]] = {}
        if kind.startswith("application/x-www-form-urlencoded"):
            pairs += parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        for name, value in pairs:
            if name.endswith("[]"):
                many = found.setdefault(name[:-2], [])
                if isinstance(many, list):
                    many.append(value)
            else:
                found[name] = value
        if kind.startswith("application/json") and self.body:
            try:
                sent = json.loads(self.body)
            except ValueError:
                sent = {}
            for name, value in sent.items() if isinstance(sent, dict) else ():
                found[name] = [str(one) for one in value] if isinstance(value, list) else _php(value)
        return found


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    compressible: bool = False
    """PHP compresses it on the fly when the client accepts gzip (its headers do not change)."""
    cut_after: int | None = None
    """Close the connection after so many bytes of the body."""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def set_header(self, name: str, value: str) -> None:
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        self.headers.append((name, value))


def text_answer(status: int, body: str, kind: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status, [("Content-Type", kind), *headers], body.encode())


def html_answer(status: int, body: str, *headers: tuple[str, str]) -> Answer:
    if 300 <= status < 400:
        return Answer(status, [("Content-Type", "text/html; charset=UTF-8"), *headers])
    head = '<!DOCTYPE html>\n<html class="ng-csp" lang="en">\n<head><title>Nextcloud</title></head>\n'
    page = f"{head}{body}</html>\n"
    return text_answer(status, page, "text/html; charset=UTF-8", *headers)


def json_answer(status: int, data: Any, *headers: tuple[str, str]) -> Answer:
    answer = text_answer(status, php_json(data), "application/json; charset=utf-8", *headers)
    answer.compressible = True
    return answer


def php_json(data: Any) -> str:
    """JSON as PHP writes it: ASCII only, slashes escaped."""
    return json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/")


def decode_path(raw: str) -> str:
    """Percent-decoded; bytes that are no UTF-8 are taken for Latin-1, as Sabre does."""
    decoded = unquote_to_bytes(raw.encode("latin-1", "replace"))
    try:
        return decoded.decode("utf-8")
    except UnicodeDecodeError:
        return decoded.decode("latin-1")


def _php(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
