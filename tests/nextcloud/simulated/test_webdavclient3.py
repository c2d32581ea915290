"""The library that the plugin builds on finds here what it finds on a real server, request for request."""

from __future__ import annotations

import io

import pytest
from webdav3 import exceptions  # type: ignore[import-untyped]
from webdav3.client import Client  # type: ignore[import-untyped]

from allies_sync_nextcloud.testing import SimulatedNextcloud


@pytest.fixture
def client(server: SimulatedNextcloud) -> Client:
    options = {
        "webdav_hostname": server.url,
        "webdav_root": "/remote.php/dav/files/allies/",
        "webdav_login": "allies",
        "webdav_password": "allies-password",
    }
    return Client(options)


def sent(server: SimulatedNextcloud) -> list[str]:
    lines = [
        f"{one.method} {one.path.removeprefix('/remote.php/dav/files/allies')} {one.status}" for one in server.log
    ]
    server.log.clear()
    return lines


def test_as_recorded(server: SimulatedNextcloud, client: Client) -> None:
    client.mkdir("T10")
    assert sent(server) == ["HEAD / 200", "MKCOL /T10/ 201"]
    assert client.mkdir("T10") is True
    assert sent(server) == ["HEAD / 200", "MKCOL /T10/ 405"]
    client.mkdir("T10/a/b/c", recursive=True)
    assert sent(server)[-1] == "MKCOL /T10/a/b/c/ 201"
    client.upload_to(io.BytesIO(b"bonjour"), "T10/f.txt")
    assert sent(server) == ["HEAD /T10/ 200", "PUT /T10/f.txt 201"]
    assert client.mkdir("T10/f.txt") is True
    sent(server)
    assert client.list("T10") == ["a/", "f.txt"]
    assert client.info("T10/f.txt")["size"] == "7"
    assert client.check("T10/none") is False
    client.move("T10/f.txt", "T10/g.txt")
    assert server.control.read("allies", "/T10/g.txt") == b"bonjour"
    client.clean("T10")
    assert server.control.listing("allies") == {}


def test_its_errors(server: SimulatedNextcloud, client: Client) -> None:
    with pytest.raises(exceptions.RemoteParentNotFound):
        client.upload_to(io.BytesIO(b"x"), "none/f.txt")
    lock = server.control.lock("/f.txt")
    with pytest.raises(exceptions.ResourceLocked):
        client.upload_to(io.BytesIO(b"x"), "f.txt")
    server.control.unlock(lock)
    server.control.set_quota("allies", 1)
    with pytest.raises(exceptions.NotEnoughSpace):
        client.upload_to(io.BytesIO(b"xx"), "f.txt")
    server.stop()
    with pytest.raises(exceptions.NoConnection):
        client.check("f.txt")
