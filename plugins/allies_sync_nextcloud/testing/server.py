"""A Nextcloud 27 in memory, on a port of this machine, for tests.

    with SimulatedNextcloud() as server:
        server.control.add_user("zoe", groups=("equipe",))
        requests.get(f"{server.url}/status.php")
        assert server.log.count("GET") == 1

``server.control`` is everything that happens behind the API's back: people, files, policies, quotas, maintenance,
faults (``control.inject(Drop(effect=True), at=5)``). ``server.log`` has every request, with its connection.
``server.clock`` is the server's time: it ticks, and is advanced or frozen; its ``sleep`` is for clients under test.

It knows from the start, with passwords ``<uid>-password``: ``admin``; ``allies``, the collective's plain service
account; ``alice`` of the group ``equipe`` and ``bob`` of the group ``participants``.
"""

from __future__ import annotations

import threading
from types import TracebackType

from allies_sync.platforms.testing.clock import Clock
from allies_sync.platforms.testing.http_server import HttpServer, serve
from allies_sync_nextcloud.testing.accounts import ADMIN
from allies_sync_nextcloud.testing.app import Application
from allies_sync_nextcloud.testing.control import Control
from allies_sync_nextcloud.testing.faults import Faults
from allies_sync_nextcloud.testing.log import RequestLog
from allies_sync_nextcloud.testing.state import ServerState

SERVICE = "allies"
_IDLE = 5.0
_MOST = 100


class SimulatedNextcloud:
    """``idle`` and ``most``: when connections are closed, in seconds without a request and in requests."""

    def __init__(self, *, people: bool = True, port: int = 0, idle: float = _IDLE, most: int = _MOST) -> None:
        self.state = ServerState()
        self.log = RequestLog()
        self.application = Application(self.state, Faults(), self.log)
        self.control = Control(self.state, self.application)
        self._port = port
        self._idle = idle
        self._most = most
        self._server: HttpServer | None = None
        self._thread: threading.Thread | None = None
        if people:
            self._populate()

    def _populate(self) -> None:
        for uid, name, groups in (
            ("admin", "admin", (ADMIN,)),
            (SERVICE, "Allies", ()),
            ("alice", "Alice", ("equipe",)),
            ("bob", "Bob", ("participants",)),
        ):
            self.control.add_user(uid, f"{uid}-password", name, groups)

    @property
    def clock(self) -> Clock:
        return self.state.clock

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def dav(self, uid: str = SERVICE) -> str:
        return f"{self.url}/remote.php/dav/files/{uid}"

    def start(self) -> None:
        """Listen, on the same port as before if it was stopped."""
        if self._server is None:
            self._server = HttpServer(self.application, self._port, self._idle, self._most)
            self._port = self._server.port
            self._thread = serve(self._server)

    def stop(self) -> None:
        """Connections are refused from now on; what the server knows stays. ``start`` brings it back."""
        if self._server is not None:
            self._server.shutdown()
            self._server.close_connections()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> SimulatedNextcloud:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
