from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from allies_sync_nextcloud.testing import SERVICE, SimulatedNextcloud

Send = Callable[..., requests.Response]


@pytest.fixture
def server() -> Iterator[SimulatedNextcloud]:
    with SimulatedNextcloud() as server:
        yield server


@pytest.fixture
def dav(server: SimulatedNextcloud) -> Send:
    """A request on somebody's files, each on its own: no cookies, no connection kept."""

    def send(method: str, path: str, uid: str = SERVICE, **options: Any) -> requests.Response:
        options.setdefault("auth", (uid, f"{uid}-password"))
        options.setdefault("timeout", 10)
        return requests.request(method, server.dav(uid) + path, allow_redirects=False, **options)

    return send


@pytest.fixture
def ocs(server: SimulatedNextcloud) -> Send:
    def send(method: str, path: str, uid: str = SERVICE, **options: Any) -> requests.Response:
        options.setdefault("auth", (uid, f"{uid}-password"))
        options["headers"] = {"OCS-APIRequest": "true", **options.get("headers", {})}
        options["params"] = {"format": "json", **options.get("params", {})}
        return requests.request(method, f"{server.url}/ocs/v2.php/{path}", timeout=10, **options)

    return send
