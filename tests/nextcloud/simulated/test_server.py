"""Connections, counting, and the server as a whole."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from allies_sync_nextcloud.testing import SimulatedNextcloud

from .conftest import Send


def session(uid: str = "allies") -> requests.Session:
    opened = requests.Session()
    opened.auth = (uid, f"{uid}-password")
    return opened


def test_requests_and_connections_are_counted(server: SimulatedNextcloud) -> None:
    client = session()
    for number in range(5):
        client.request("MKCOL", f"{server.dav()}/{number}")
    mark = len(server.log)
    answer = client.get(f"{server.url}/status.php")
    requests.get(f"{server.url}/status.php", timeout=5)
    log = server.log
    assert log.count("MKCOL", "/files/allies/", 201) == 5
    assert (log.count(), log.count(since=mark)) == (7, 2)
    assert log.methods() == {"MKCOL": 5, "GET": 2}
    assert log.statuses() == {201: 5, 200: 2}
    assert [entry.position for entry in log] == [0, 1, 2, 3, 4, 5, 0]
    assert len(log.connections()) == 2
    assert log.traffic(since=mark) == 2 * int(answer.headers["Content-Length"])
    assert "MKCOL /remote.php/dav/files/allies/0 → 201" in str(log)


def test_connections_close_after_a_hundred_requests() -> None:
    with SimulatedNextcloud(most=3) as server:
        client = session()
        for _ in range(7):
            client.get(f"{server.url}/status.php")
        assert [entry.position for entry in server.log] == [0, 1, 2, 0, 1, 2, 0]


def test_idle_connections_are_closed() -> None:
    with SimulatedNextcloud(idle=0.1) as server:
        client = session()
        client.get(f"{server.url}/status.php")
        client.get(f"{server.url}/status.php")
        assert len(server.log.connections()) == 1
        time.sleep(0.4)
        client.get(f"{server.url}/status.php")
        assert len(server.log.connections()) == 2


def test_stopped_it_refuses_and_started_again_it_remembers(server: SimulatedNextcloud, dav: Send) -> None:
    assert dav("MKCOL", "/A").status_code == 201
    server.stop()
    with pytest.raises(requests.ConnectionError):
        dav("MKCOL", "/B")
    server.start()
    assert dav("MKCOL", "/A").status_code == 405


def test_eight_at_once_make_one_folder(server: SimulatedNextcloud, dav: Send) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(lambda _: dav("MKCOL", "/A"), range(8)))
    assert statuses == [201] + [405] * 7


def test_eight_at_once_make_eight_links(server: SimulatedNextcloud, ocs: Send) -> None:
    server.control.make_folder("allies", "/A")
    shares = "apps/files_sharing/api/v1/shares"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ocs("POST", shares, data={"path": "/A", "shareType": 3}), range(8)))
    assert len({answer.json()["ocs"]["data"]["token"] for answer in answers}) == 8


def test_large_answers_are_compressed_for_who_accepts_it(server: SimulatedNextcloud, dav: Send) -> None:
    for number in range(100):
        server.control.make_folder("allies", f"/E/{number}")
    plain = dav("PROPFIND", "/E", headers={"Depth": "1", "Accept-Encoding": "identity"})
    packed = dav("PROPFIND", "/E", headers={"Depth": "1", "Accept-Encoding": "gzip"})
    assert plain.content == packed.content
    assert server.log[1].answer_bytes < server.log[0].answer_bytes / 5


def test_the_etag_of_compressed_text_fits_no_condition(server: SimulatedNextcloud, dav: Send) -> None:
    server.control.write("allies", "/a.txt", "bonjour")
    read = dav("GET", "/a.txt")
    assert read.headers["ETag"].endswith('-gzip"')
    assert dav("PUT", "/a.txt", data=b"x", headers={"If-Match": read.headers["ETag"]}).status_code == 412
    assert dav("PUT", "/a.txt", data=b"x", headers={"If-Match": read.headers["OC-ETag"]}).status_code == 204


def test_maintenance(server: SimulatedNextcloud, dav: Send, ocs: Send) -> None:
    with server.control.in_maintenance():
        assert dav("MKCOL", "/A").status_code == 503
        assert ocs("GET", "cloud/user").status_code == 503
        assert requests.get(f"{server.url}/status.php", timeout=5).json()["maintenance"] is True
    assert dav("MKCOL", "/A").status_code == 201


def test_version_and_pending_upgrade(server: SimulatedNextcloud) -> None:
    server.control.set_version(31, 0, 4)
    server.control.needs_upgrade = True
    status = requests.get(f"{server.url}/status.php", timeout=5).json()
    assert (status["version"], status["needsDbUpgrade"]) == ("31.0.4.0", True)
