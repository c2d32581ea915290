"""A connection to one of the addresses that were checked, which ends when it takes too long."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

MEGABYTE = 1024 * 1024
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one import may take. Sizes are in bytes, times in seconds.

    ``patience``: how long one address may take, redirects and all; one that then still brings ``pace`` bytes a
    second may go on until ``answer``.
    """

    pages: int = 3_000
    size: int = 128 * MEGABYTE
    total: int = 1024 * MEGABYTE
    seconds: float = 3_600.0
    answer: float = 300.0
    patience: float = 60.0
    pace: int = 4 * 1024
    wait: float = 30.0
    hops: int = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person sent us: scheme, host and port."""

    scheme: str
    host: str
    port: int

    @property
    def name(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS.get(self.scheme) else f"{host}:{self.port}"


class Pinned(http.client.HTTPConnection):
    """A connection to one of the addresses that were checked, whatever the name means by now."""

    def __init__(self, place: Place, addresses: list[str], bounds: Bounds, began: float) -> None:
        super().__init__(place.host, place.port, timeout=min(bounds.wait, bounds.patience))
        self.place = place
        self.addresses = addresses
        self.bounds = bounds
        self.began = began
        self.received = 0
        self.cut = False
        self._open_socket: socket.socket | None = None
        self._done = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def connect(self) -> None:
        error: OSError = OSError("no address")
        for address in self.addresses[:4]:
            try:
                if self.cut:
                    raise TimeoutError
                self.sock = socket.create_connection((address, self.place.port), self.timeout)
                break
            except OSError as failed:
                error = failed
        else:
            raise error
        self._open_socket = self.sock
        if self.place.scheme == "https":
            self._open_socket = self.sock = _context().wrap_socket(
                self.sock, server_hostname=self.place.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def _watch(self) -> None:
        """Ends a conversation that takes too long, from another thread."""
        last = time.monotonic() + self.bounds.answer
        wait = min(self.began + self.bounds.patience, last) - time.monotonic()
        while not self._done.wait(max(wait, 0.0)):
            now = time.monotonic()
            self.cut = self.cut or now >= last or self.received < self.bounds.pace * (now - self.began)
            if not self.cut:
                wait = min(1.0, last - now)
                continue
            if self._open_socket is not None:
                with suppress(OSError):
                    self._open_socket.shutdown(socket.SHUT_RDWR)
            wait = 1.0  # what is opened from now on is closed as well

    def finish(self) -> None:
        """The answer was read, or is not wanted any more. (``close`` is called by the library, before that.)"""
        self._done.set()
        self.close()


@lru_cache(maxsize=1)
def _context() -> ssl.SSLContext:
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    return ssl.create_default_context(cafile=os.environ.get("REQUESTS_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH)
