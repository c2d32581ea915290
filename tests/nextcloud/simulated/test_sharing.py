"""Recipients, re-shares, policies and cookies: what the recordings do not show, read from the real server since."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from allies_sync_nextcloud.testing import SimulatedNextcloud
from allies_sync_nextcloud.testing.permissions import READ

from .conftest import Send

SHARES = "apps/files_sharing/api/v1/shares"


def share(ocs: Send, path: str, uid: str = "allies", **fields: Any) -> dict[str, Any]:
    answer = ocs("POST", SHARES, uid, data={"path": path, **fields})
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["ocs"]["data"]
    return data


def numbers(ocs: Send, uid: str = "allies", **params: str) -> list[str]:
    return [one["id"] for one in ocs("GET", SHARES, uid, params=params).json()["ocs"]["data"]]


def test_a_freeze_seen_by_a_recipient(server: SimulatedNextcloud, dav: Send, ocs: Send) -> None:
    server.control.write("allies", "/A/a.txt", "x")
    made = share(ocs, "/A", shareType=1, shareWith="equipe", permissions=15)
    assert dav("PUT", "/A/b.txt", "alice", data=b"y").status_code == 201
    assert ocs("PUT", f"{SHARES}/{made['id']}", data={"permissions": 1}).status_code == 200
    assert dav("PUT", "/A/b.txt", "alice", data=b"z").status_code == 403
    assert dav("DELETE", "/A/a.txt", "alice").status_code == 403
    assert dav("GET", "/A/a.txt", "alice").text == "x"
    assert dav("PUT", "/A/b.txt", data=b"z").status_code == 204
    assert [mount.permissions for mount in server.control.received("alice")] == [READ]


def test_a_link_of_somebody_else_can_be_deleted_but_not_changed(
    server: SimulatedNextcloud, dav: Send, ocs: Send
) -> None:
    server.control.make_folder("allies", "/A/sub")
    first = share(ocs, "/A", shareType=0, shareWith="bob", permissions=31)
    link = share(ocs, "/A", "bob", shareType=3, permissions=15)
    group = share(ocs, "/A", "bob", shareType=1, shareWith="equipe")
    assert numbers(ocs) == [first["id"]]
    assert numbers(ocs, reshares="true") == [first["id"], group["id"], link["id"]]
    assert ocs("PUT", f"{SHARES}/{link['id']}", data={"permissions": 1}).status_code == 403
    assert ocs("PUT", f"{SHARES}/{group['id']}", data={"permissions": 1}).status_code == 200
    # The parent's rights go down, and the link still lets strangers write.
    assert ocs("PUT", f"{SHARES}/{first['id']}", data={"permissions": 1}).status_code == 200
    stranger = requests.put(f"{server.url}/public.php/webdav/x", data=b"x", auth=(link["token"], ""), timeout=5)
    assert stranger.status_code == 201
    refused = ocs("PUT", f"{SHARES}/{link['id']}", "bob", data={"label": "x"})
    assert (refused.status_code, refused.json()["ocs"]["meta"]["message"]) == (404, "Cannot increase permissions of ")
    # With the share that it came through goes the link, but not the group's share.
    assert ocs("DELETE", f"{SHARES}/{first['id']}").status_code == 200
    assert numbers(ocs, reshares="true") == [group["id"]]


def test_a_recipient_may_not_share_on_without_the_right(server: SimulatedNextcloud, ocs: Send) -> None:
    server.control.make_folder("allies", "/A")
    share(ocs, "/A", shareType=1, shareWith="equipe", permissions=15)
    refused = ocs("POST", SHARES, "alice", data={"path": "/A", "shareType": 3})
    assert refused.json()["ocs"]["meta"] == {
        "status": "failure",
        "statuscode": 404,
        "message": "You are not allowed to share A",
    }


def test_who_may_share_on_reads_the_tokens_and_hashes_of_others(server: SimulatedNextcloud, ocs: Send) -> None:
    server.control.make_folder("allies", "/A")
    link = share(ocs, "/A", shareType=3, password="Secret-123")
    share(ocs, "/A", shareType=0, shareWith="bob", permissions=15)
    assert ocs("GET", f"{SHARES}/{link['id']}", "bob").status_code == 404
    share(ocs, "/A", shareType=0, shareWith="alice", permissions=31)
    seen = ocs("GET", f"{SHARES}/{link['id']}", "alice").json()["ocs"]["data"][0]
    assert seen["token"] == link["token"]
    assert seen["password"].startswith("3|$argon2id$")


def test_a_group_share_deleted_by_a_member_stays_for_the_others(
    server: SimulatedNextcloud, dav: Send, ocs: Send
) -> None:
    server.control.add_user("zoe", "zoe-password", groups=("equipe",))
    server.control.make_folder("allies", "/A")
    made = share(ocs, "/A", shareType=1, shareWith="equipe", permissions=1)
    assert dav("DELETE", "/A", "alice").status_code == 204
    assert dav("PROPFIND", "/A", "alice").status_code == 404
    assert dav("PROPFIND", "/A", "zoe").status_code == 207
    assert numbers(ocs) == [made["id"]]


def test_what_several_shares_allow_is_added_up(server: SimulatedNextcloud, dav: Send, ocs: Send) -> None:
    server.control.make_folder("allies", "/A")
    share(ocs, "/A", shareType=0, shareWith="alice", permissions=15)
    share(ocs, "/A", shareType=1, shareWith="equipe", permissions=1)
    assert [mount.permissions for mount in server.control.received("alice")] == [15]
    assert dav("PUT", "/A/x.txt", "alice", data=b"x").status_code == 201


def test_messages_speak_the_users_language(server: SimulatedNextcloud, ocs: Send) -> None:
    server.control.user("allies").language = "fr"
    answer = ocs("GET", SHARES, params={"path": "/rien"})
    assert answer.json()["ocs"]["meta"]["message"] == "Chemin incorrect, le fichier/dossier n'existe pas"


@pytest.mark.parametrize(
    ("policies", "fields", "status"),
    [
        ({"link_password_enforced": True}, {"password": ""}, 400),
        ({"link_expiry_days": 7, "link_expiry_enforced": True}, {"expireDate": ""}, 400),
        ({"link_expiry_days": 7, "link_expiry_enforced": True}, {"expireDate": "2099-01-01"}, 404),
        ({"public_upload": False}, {"permissions": 15}, 403),
        ({"sharing": False}, {"label": "x"}, 404),
    ],
)
def test_policies_on_a_change(
    server: SimulatedNextcloud, ocs: Send, policies: dict[str, Any], fields: dict[str, Any], status: int
) -> None:
    server.control.make_folder("allies", "/A")
    made = share(ocs, "/A", shareType=3, password="Secret-123", expireDate="2098-01-01")
    with server.control.with_policies(**policies):
        assert ocs("PUT", f"{SHARES}/{made['id']}", data=fields).status_code == status
    assert ocs("GET", f"{SHARES}/{made['id']}").json()["ocs"]["data"][0]["permissions"] == 17


def test_policies_are_told_in_the_capabilities(server: SimulatedNextcloud, ocs: Send) -> None:
    server.control.policies.link_password_enforced = True
    server.control.policies.link_expiry_days = 7
    sharing = ocs("GET", "cloud/capabilities").json()["ocs"]["data"]["capabilities"]["files_sharing"]
    assert sharing["public"]["password"]["enforced"] is True
    assert sharing["public"]["expire_date"] == {"enabled": True, "days": "7", "enforced": False}


def test_without_federation_links_open_only_to_browsers(server: SimulatedNextcloud, ocs: Send) -> None:
    server.control.make_folder("allies", "/A")
    made = share(ocs, "/A", shareType=3)
    server.control.policies.outgoing_federation = False
    address = f"{server.url}/public.php/webdav/"
    options: dict[str, Any] = {"auth": (made["token"], ""), "timeout": 5}
    assert requests.request("PROPFIND", address, **options).status_code == 401
    options["headers"] = {"X-Requested-With": "XMLHttpRequest"}
    assert requests.request("PROPFIND", address, **options).status_code == 207


def test_a_cookie_session_wins_over_the_password(server: SimulatedNextcloud) -> None:
    client = requests.Session()
    client.get(f"{server.dav()}/", auth=("allies", "allies-password"))
    assert client.get(f"{server.dav()}/", auth=("allies", "wrong")).status_code == 200
    server.control.end_sessions()
    assert client.get(f"{server.dav()}/", auth=("allies", "wrong")).status_code == 401


def test_a_bulk_upload_ends_the_cookie_session(server: SimulatedNextcloud) -> None:
    client = requests.Session()
    client.get(f"{server.dav()}/", auth=("allies", "allies-password"))
    kind = {"Content-Type": "multipart/related; boundary=b"}
    bulk = f"{server.url}/remote.php/dav/bulk"
    assert client.post(bulk, b"--b--\r\n", headers=kind, auth=("allies", "wrong")).status_code == 401


def test_a_revoked_app_password_takes_its_session_along(server: SimulatedNextcloud) -> None:
    token = server.control.app_password("allies")
    client = requests.Session()
    client.auth = ("allies", token)
    assert client.get(f"{server.dav()}/").status_code == 200
    server.control.revoke(token)
    assert client.get(f"{server.dav()}/").status_code == 401


def test_dead_properties_belong_to_a_path(server: SimulatedNextcloud, dav: Send) -> None:
    """A renamed folder keeps its own; those of what it contains stay behind, as on the real server."""
    server.control.make_folder("allies", "/A/B")
    change = (
        b'<d:propertyupdate xmlns:d="DAV:" xmlns:a="urn:a">'
        b"<d:set><d:prop><a:x>1</a:x></d:prop></d:set></d:propertyupdate>"
    )
    asked = b'<d:propfind xmlns:d="DAV:" xmlns:a="urn:a"><d:prop><a:x/></d:prop></d:propfind>'
    for path in ("/A", "/A/B"):
        dav("PROPPATCH", path, data=change)
    dav("MOVE", "/A", headers={"Destination": f"{server.dav()}/Z"})

    def has_it(path: str) -> bool:
        return b"200 OK" in dav("PROPFIND", path, data=asked, headers={"Depth": "0"}).content

    assert (has_it("/Z"), has_it("/Z/B")) == (True, False)
    server.control.make_folder("allies", "/A/B")
    assert (has_it("/A"), has_it("/A/B")) == (False, True)


def test_what_people_do_is_seen_and_not_logged(server: SimulatedNextcloud) -> None:
    control = server.control
    control.write("allies", "/A/été.md", "un")
    control.rename("allies", "/A/été.md", "/B/e\u0301te\u0301.md")
    assert control.listing("allies") == {"/A": None, "/B": None, "/B/été.md": b"un"}
    control.remove("allies", "/B")
    assert control.listing("allies") == {"/A": None}
    control.share_with_user("allies", "/A", "bob", 1)
    assert [mount.path for mount in control.received("bob")] == [("A",)]
    assert len(server.log) == 0
