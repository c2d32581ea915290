"""Every trouble can be called up, strikes when it should, and says truly whether the request had its effect."""

from __future__ import annotations

import time
from xml.etree import ElementTree

import pytest
import requests

from allies_sync_nextcloud.testing import (
    Corrupted,
    CutShort,
    Drop,
    EchoSecret,
    Entities,
    Fault,
    ForeignHrefs,
    Html,
    Locked,
    LockFailure,
    Nonsense,
    Oversized,
    Redirect,
    Rewritten,
    SimulatedNextcloud,
    Slow,
    Status,
    TooManyRequests,
    Unavailable,
)
from allies_sync_nextcloud.testing.exchange import Answer

from .conftest import Send


@pytest.mark.parametrize("effect", [False, True])
def test_connection_dropped_before_or_after_the_effect(server: SimulatedNextcloud, dav: Send, effect: bool) -> None:
    server.control.drop(at=2, effect=effect)
    assert dav("MKCOL", "/A").status_code == 201
    with pytest.raises(requests.ConnectionError):
        dav("MKCOL", "/B")
    assert (server.control.node("allies", "/B") is not None) == effect
    assert dav("MKCOL", "/C").status_code == 201
    entry = server.log[1]
    assert (entry.status, entry.faults, entry.effect) == (0, ["Drop"], effect)


def test_a_dropped_answer_to_a_link_leaves_the_link(server: SimulatedNextcloud, ocs: Send) -> None:
    server.control.make_folder("allies", "/A")
    server.control.inject(Drop(effect=True), method="POST", path="/shares")
    with pytest.raises(requests.ConnectionError):
        ocs("POST", "apps/files_sharing/api/v1/shares", data={"path": "/A", "shareType": 3})
    assert len(server.control.shares("/A")) == 1


@pytest.mark.parametrize(
    ("fault", "status", "exception"),
    [
        (Locked(), 423, "OCA\\DAV\\Connector\\Sabre\\Exception\\FileLocked"),
        (LockFailure(), 500, "OCP\\Lock\\LockedException"),
        (TooManyRequests(), 429, "OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests"),
    ],
)
def test_errors_of_the_server(
    server: SimulatedNextcloud, dav: Send, fault: Fault, status: int, exception: str
) -> None:
    server.control.inject(fault, times=2)
    for _ in range(2):
        answer = dav("PUT", "/a.txt", data=b"x")
        assert answer.status_code == status
        assert ElementTree.fromstring(answer.content)[0].text == exception
        assert "Retry-After" not in answer.headers
    assert dav("PUT", "/a.txt", data=b"x").status_code == 201


def test_a_lock_on_a_path_holds_writers_off_until_it_is_released(server: SimulatedNextcloud, dav: Send) -> None:
    server.control.make_folder("allies", "/A/sub")
    lock = server.control.lock("/A")
    assert dav("PUT", "/A/sub/x.txt", data=b"x").status_code == 423
    assert dav("MKCOL", "/A").status_code == 423
    assert dav("PROPFIND", "/A").status_code == 207
    assert dav("MKCOL", "/Autre").status_code == 201
    server.control.unlock(lock)
    assert dav("PUT", "/A/sub/x.txt", data=b"x").status_code == 201


@pytest.mark.parametrize("seconds", [None, "2", "Sat, 21 Nov 2026 20:00:00 GMT"])
def test_unavailable(server: SimulatedNextcloud, dav: Send, seconds: str | None) -> None:
    server.control.inject(Unavailable(retry_after=seconds), method="MKCOL")
    answer = dav("MKCOL", "/A")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, seconds)
    assert server.control.node("allies", "/A") is None


def test_slow_answers_take_real_time(server: SimulatedNextcloud, dav: Send) -> None:
    server.control.inject(Slow(0.3))
    with pytest.raises(requests.Timeout):
        dav("MKCOL", "/A", timeout=0.1)
    time.sleep(0.3)
    assert server.control.node("allies", "/A") is not None


def test_html_where_json_was_due(server: SimulatedNextcloud, ocs: Send) -> None:
    server.control.inject(Html())
    answer = ocs("GET", "cloud/user")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_nonsense_under_the_right_name(server: SimulatedNextcloud, dav: Send, ocs: Send) -> None:
    server.control.inject(Nonsense(), times=2)
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(dav("PROPFIND", "/").content)
    with pytest.raises(ValueError):
        ocs("GET", "cloud/user").json()


def test_entities(server: SimulatedNextcloud, dav: Send) -> None:
    server.control.inject(Entities())
    server.control.inject(Entities(external="file:///etc/passwd"), at=2)
    assert b"<!ENTITY i" in dav("PROPFIND", "/").content
    assert b'SYSTEM "file:///etc/passwd"' in dav("PROPFIND", "/").content


def test_oversized_answers(server: SimulatedNextcloud, ocs: Send) -> None:
    server.control.inject(Oversized(size=2_000_000))
    answer = ocs("GET", "cloud/user")
    assert len(answer.content) == 2_000_000
    assert answer.json()["ocs"]["data"]["id"] == "allies"


def test_foreign_hrefs(server: SimulatedNextcloud, dav: Send) -> None:
    server.control.inject(ForeignHrefs(hrefs=("/etc/passwd",)))
    hrefs = [one.text for one in ElementTree.fromstring(dav("PROPFIND", "/").content).iter("{DAV:}href")]
    assert hrefs == ["/remote.php/dav/files/allies/", "/etc/passwd"]


def test_redirects(server: SimulatedNextcloud, dav: Send) -> None:
    server.control.inject(Redirect("http://elsewhere.example{path}", status=307))
    answer = dav("PROPFIND", "/")
    assert answer.status_code == 307
    assert answer.headers["Location"] == "http://elsewhere.example/remote.php/dav/files/allies/"


def test_an_error_that_repeats_the_password(server: SimulatedNextcloud, dav: Send, ocs: Send) -> None:
    server.control.inject(EchoSecret(), times=2)
    assert "allies-password" in dav("PROPFIND", "/").text
    assert "allies-password" in ocs("GET", "cloud/user").text


def test_an_answer_cut_short(server: SimulatedNextcloud, dav: Send) -> None:
    server.control.inject(CutShort(after=10))
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        dav("PROPFIND", "/")


def test_an_upload_that_arrives_damaged(server: SimulatedNextcloud, dav: Send) -> None:
    server.control.inject(Corrupted(), method="PUT")
    headers = {"X-Hash": "sha1", "OC-Checksum": "SHA1:11f6ad8ec52a2984abaafd7c3b516503785c2072"}
    answer = dav("PUT", "/a.txt", data=b"x", headers=headers)
    assert answer.status_code == 201
    assert answer.headers["X-Hash-SHA1"] != "11f6ad8ec52a2984abaafd7c3b516503785c2072"
    assert server.control.read("allies", "/a.txt") == b"y"


def test_any_answer_of_ones_own(server: SimulatedNextcloud, dav: Send) -> None:
    server.control.inject(Status(418, b"teapot"))
    assert dav("PROPFIND", "/").text == "teapot"

    def teapot(answer: Answer) -> Answer:
        answer.status = 418
        return answer

    server.control.inject(Rewritten(teapot), method="MKCOL")
    assert dav("MKCOL", "/A").status_code == 418
    assert server.control.node("allies", "/A") is not None


def test_when_and_how_often(server: SimulatedNextcloud, dav: Send) -> None:
    plan = server.control.inject(Status(418), at=2, times=2, method="MKCOL", path="/files/")
    statuses = [dav(method, f"/{number}").status_code for number, method in enumerate(["MKCOL", "GET"] * 4)]
    assert statuses == [201, 404, 418, 404, 418, 404, 201, 404]
    assert (plan.seen, plan.struck) == (4, 2)


def test_for_ever_until_cleared(server: SimulatedNextcloud, dav: Send) -> None:
    server.control.inject(Unavailable(), times=None)
    assert {dav("GET", "/").status_code for _ in range(5)} == {503}
    server.control.clear_faults()
    assert dav("GET", "/").status_code == 200


def test_by_a_condition_of_ones_own(server: SimulatedNextcloud, dav: Send) -> None:
    server.control.inject(Locked(), times=None, when=lambda request: "If-Match" in request.headers)
    assert dav("PUT", "/a.txt", data=b"x", headers={"If-Match": "*"}).status_code == 423
    assert dav("PUT", "/a.txt", data=b"x").status_code == 201
