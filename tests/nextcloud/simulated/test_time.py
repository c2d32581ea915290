"""The server's clock: ETags with their one-second steps, expiries, and waiting without waiting."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
import requests

from allies_sync_nextcloud.testing import SimulatedNextcloud

from .conftest import Send

SHARES = "apps/files_sharing/api/v1/shares"


def put(dav: Send, content: bytes, **headers: str) -> str:
    answer = dav("PUT", "/a.txt", data=content, headers=headers)
    assert answer.status_code in (201, 204)
    return answer.headers["ETag"]


def test_within_one_second_the_etag_stays(server: SimulatedNextcloud, dav: Send) -> None:
    server.clock.freeze()
    first = put(dav, b"a")
    assert put(dav, b"bb") == first
    assert put(dav, b"ccc", **{"If-Match": first}) == first
    server.clock.advance(1)
    assert put(dav, b"d") != first


def test_a_persons_write_comes_a_second_later_or_in_the_same(server: SimulatedNextcloud, dav: Send) -> None:
    server.clock.freeze()
    etag = put(dav, b"a")
    assert f'"{server.control.write("allies", "/a.txt", "b", seconds_later=0).etag}"' == etag
    assert f'"{server.control.write("allies", "/a.txt", "c").etag}"' != etag


def test_the_same_time_and_size_make_the_same_etag(server: SimulatedNextcloud, dav: Send) -> None:
    """Measured on the real server: with X-OC-MTime an ETag can come back, however much later."""
    first = put(dav, b"aaaa", **{"X-OC-MTime": "1600000000"})
    server.clock.advance(60)
    assert put(dav, b"bbbb", **{"X-OC-MTime": "1600000000"}) == first
    assert put(dav, b"ccccc", **{"X-OC-MTime": "1600000000"}) != first
    assert put(dav, b"dddd", **{"X-OC-MTime": "1600000000"}) == first


def test_links_end_at_midnight(server: SimulatedNextcloud, ocs: Send) -> None:
    server.clock.freeze(datetime(2026, 11, 20, 23, 0, tzinfo=UTC))
    server.control.make_folder("allies", "/A")
    made = ocs("POST", SHARES, data={"path": "/A", "shareType": 3, "expireDate": "2026-11-21"}).json()["ocs"]["data"]
    assert requests.get(f"{server.url}/s/{made['token']}", timeout=5).status_code == 200
    server.clock.advance(3600)
    assert requests.get(f"{server.url}/s/{made['token']}", timeout=5).status_code == 404
    assert ocs("GET", f"{SHARES}/{made['id']}").status_code == 404
    assert ocs("GET", SHARES).json()["ocs"]["data"] == []


def test_the_date_header_is_the_servers(server: SimulatedNextcloud) -> None:
    server.clock.freeze(datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC))
    answer = requests.get(f"{server.url}/status.php", timeout=5)
    assert answer.headers["Date"] == "Thu, 02 Jan 2031 03:04:05 GMT"


def test_time_passes_by_itself_unless_it_is_stopped(server: SimulatedNextcloud) -> None:
    server.clock.advance(1000)
    before = server.clock.now()
    assert before > time.time() + 999
    time.sleep(0.01)
    assert server.clock.now() > before
    server.clock.freeze()
    stopped = server.clock.now()
    time.sleep(0.01)
    assert server.clock.now() == stopped
    server.clock.sleep(5)
    assert server.clock.now() == stopped + 5
    server.clock.run()
    time.sleep(0.01)
    assert stopped + 5 < server.clock.now() < stopped + 6


def test_failed_logins_slow_everybody_down_without_real_waiting(server: SimulatedNextcloud, dav: Send) -> None:
    started = time.monotonic()
    for _ in range(11):
        assert dav("PROPFIND", "/", uid="bob", auth=("bob", "wrong")).status_code == 401
    assert dav("PROPFIND", "/").status_code == 429
    assert time.monotonic() - started < 5
    waited = [round(entry.waited, 1) for entry in server.log]
    assert waited == [0.2, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25, 25, 25, 0]
    bearer = {"Authorization": f"Bearer {server.control.app_password('allies')}"}
    assert requests.request("PROPFIND", server.dav(), headers=bearer, timeout=5).status_code == 207
    server.clock.advance(31 * 60)
    assert dav("PROPFIND", "/").status_code == 207
    assert server.log[-1].waited == 25
    server.control.forget_failed_logins()
    assert dav("PROPFIND", "/").status_code == 207
    assert server.log[-1].waited == 0


def test_real_waiting_on_demand(server: SimulatedNextcloud, dav: Send) -> None:
    server.control.real_delays = True
    server.control.failed_logins(1)
    with pytest.raises(requests.Timeout):
        dav("PROPFIND", "/", timeout=0.1)


def test_the_login_flow(server: SimulatedNextcloud) -> None:
    begun = requests.post(f"{server.url}/index.php/login/v2", timeout=5).json()
    poll = begun["poll"]

    def ask() -> requests.Response:
        return requests.post(poll["endpoint"], data={"token": poll["token"]}, timeout=5)

    assert (ask().status_code, ask().json()) == (404, [])
    server.control.approve_login("allies")
    granted = ask().json()
    assert (granted["server"], granted["loginName"]) == (server.url, "allies")
    assert ask().status_code == 404
    login = (granted["loginName"], granted["appPassword"])
    assert requests.request("PROPFIND", server.dav(), auth=login, timeout=5).status_code == 207


def test_a_login_flow_ends_after_twenty_minutes(server: SimulatedNextcloud) -> None:
    begun = requests.post(f"{server.url}/index.php/login/v2", timeout=5).json()
    server.control.approve_login("allies")
    server.clock.advance(21 * 60)
    answer = requests.post(begun["poll"]["endpoint"], data={"token": begun["poll"]["token"]}, timeout=5)
    assert answer.status_code == 404


def test_a_login_flow_that_leads_elsewhere(server: SimulatedNextcloud) -> None:
    server.control.lead_logins_to("http://elsewhere.example")
    begun = requests.post(f"{server.url}/index.php/login/v2", timeout=5).json()
    assert begun["poll"]["endpoint"].startswith("http://elsewhere.example/")
