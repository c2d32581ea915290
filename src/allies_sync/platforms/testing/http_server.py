"""A small threaded HTTP/1.1 server for one WSGI application: connections stay open, and are numbered."""

from __future__ import annotations

import contextlib
import io
import itertools
import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from urllib.parse import unquote
from wsgiref.types import WSGIApplication

from allies_sync.platforms.testing.exchange import ConnectionDropped


class HttpServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, application: WSGIApplication, port: int, idle: float, most: int) -> None:
        self.application = application
        self.idle = idle
        """Seconds after which an unused connection is closed."""
        self.most = most
        """Requests after which a connection is closed."""
        self.connections = itertools.count(1)
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def opened(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def close_connections(self) -> None:
        with self._open_lock:
            remaining = list(self._open)
        for connection in remaining:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nothing to print; a mistake of ours is."""
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: HttpServer

    def setup(self) -> None:
        self.request.settimeout(self.server.idle)
        super().setup()
        self.number = next(self.server.connections)
        self.position = 0
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def handle_one_request(self) -> None:
        try:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            environ = self._environ()
        except (TimeoutError, ConnectionError):
            self.close_connection = True
            return
        self._run(environ)
        self.position += 1

    def _run(self, environ: dict[str, Any]) -> None:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [status, headers]
            return None

        try:
            body = b"".join(self.server.application(environ, start_response))
        except ConnectionDropped:
            self._drop()
            return
        status, headers = started
        self._send(int(status.split()[0]), headers, body, environ.get("simulated.cut_after"))

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes, cut_after: int | None) -> None:
        last = self.position + 1 >= self.server.most
        self.send_response_only(status)
        closing = last or self.close_connection
        for name, value in headers:
            closing = closing or (name, value) == ("Connection", "close")
            self.send_header(name, value)
        if closing and ("Connection", "close") not in headers:
            self.send_header("Connection", "close")
        elif not closing:
            self.send_header("Keep-Alive", f"timeout={int(self.server.idle)}, max={self.server.most - self.position}")
            self.send_header("Connection", "Keep-Alive")
        self.end_headers()
        self.wfile.write(body if cut_after is None else body[:cut_after])
        with contextlib.suppress(ConnectionError):
            self.wfile.flush()
        self.close_connection = closing
        if cut_after is not None:
            self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _environ(self) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "REQUEST_URI": self.path,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": self.request_version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "simulated.connection": self.number,
            "simulated.position": self.position,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            environ.pop("CONTENT_LENGTH", None)
            environ["wsgi.input"] = io.BytesIO(self._chunks())
            environ["wsgi.input_terminated"] = True
        else:
            environ["wsgi.input"] = self.rfile
        return environ

    def _chunks(self) -> bytes:
        """A body sent piece by piece, whole."""
        parts = []
        while True:
            length = int(self.rfile.readline(1000).split(b";")[0] or b"0", 16)
            if not length:
                break
            parts.append(self.rfile.read(length))
            self.rfile.readline(10)
        while self.rfile.readline(1000).strip():
            pass
        return b"".join(parts)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the request log is the place to look."""


def serve(server: HttpServer) -> threading.Thread:
    thread = threading.Thread(target=cast(Any, server.serve_forever), kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    return thread
