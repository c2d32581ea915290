"""A request as a simulated server gets it, and the answer it gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


class ConnectionDropped(Exception):
    """The server closes the connection without (another byte of) an answer."""


class Headers(Mapping[str, str]):
    """Header fields by any spelling of their name; the last one of a name counts."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self._fields = {name.lower(): value for name, value in fields}

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


@dataclass(frozen=True)
class Request:
    method: str
    raw_path: str
    """As it stood in the request line: percent-encoded, without the query."""
    query: str
    headers: Headers
    body: bytes = b""
    connection: int = 0
    position: int = 0
    """How many requests this connection has answered before."""

    @property
    def target(self) -> str:
        """Path and query, as they were sent."""
        return f"{self.raw_path}?{self.query}" if self.query else self.raw_path

    @classmethod
    def from_environ(cls, environ: Mapping[str, Any]) -> Request:
        raw_path, _, query = str(environ.get("REQUEST_URI") or environ["PATH_INFO"]).partition("?")
        fields = (
            (name.removeprefix("HTTP_").replace("_", "-"), str(value))
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        )
        return cls(
            method=environ["REQUEST_METHOD"],
            raw_path=raw_path,
            query=query,
            headers=Headers((name, value) for name, value in fields if value),
            body=_body(environ),
            connection=environ.get("simulated.connection", 0),
            position=environ.get("simulated.position", 0),
        )


def _body(environ: Mapping[str, Any]) -> bytes:
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        return bytes(stream.read())
    announced = int(environ.get("CONTENT_LENGTH") or 0)
    return bytes(stream.read(announced)) if announced else b""


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    cut_after: int | None = None
    """Close the connection after so many bytes of the body."""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def set_header(self, name: str, value: str) -> None:
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        self.headers.append((name, value))
