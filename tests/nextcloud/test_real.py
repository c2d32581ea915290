"""What only a real server can show. See ``tests/nextcloud/real.py`` for where it is looked for."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest
import requests

from allies_sync.platforms.conformance import Killed
from allies_sync.platforms.errors import Busy, PlatformError
from allies_sync.reconcile.decide import Action
from allies_sync_nextcloud.platform import NextcloudFiles
from tests.nextcloud import real
from tests.nextcloud.hands import Hands, Person
from tests.nextcloud.machine import ENDS, RESOURCES, SLUG, Machine, changed, frozen

pytestmark = [pytest.mark.real, pytest.mark.slow]
KEY = "document:proposition"


def machine(hands: Hands) -> Machine:
    platform = hands.open()
    assert isinstance(platform, NextcloudFiles)
    return Machine(platform)


def person(name: str) -> Person:
    account = real.accounts()[name]
    return Person(real.URL, name, account.app_password)


def mount(hands: Hands, who: Person, path: str = "") -> str:
    """Where a person has a folder of the engagement."""
    where = f"{hands.root}/{SLUG}/{path}".rstrip("/")
    return who.mount_of(hands.account.listing(where, "0")[where])


def own_labels(hands: Hands) -> list[str]:
    """Of all links of this test's place: other tests may be running."""
    found = [it for it in hands.account.shares() if it["path"].startswith(f"/{hands.root}/")]
    return sorted(it["label"] for it in found if it["label"])


def test_a_whole_life(hands: Hands) -> None:
    """Opened, edited by hand, synced, frozen, thawed, adopted from a second machine, removed."""
    alice, bob = person("alice"), person("bob")
    machine(hands).done()
    root = mount(hands, alice)
    shown = mount(hands, bob, "Ressources")
    assert bob.dav("PUT", f"{shown}/note.txt", data=b"x").status_code == 403
    assert "Lisez-moi.md" in str(bob.listing(shown)) and "_allies-sync" not in str(bob.listing("", "1"))
    assert alice.dav("PUT", f"{root}/Proposition/Proposition.md", data="Réécrit".encode()).status_code == 204
    assert machine(hands).actions() == {KEY: Action.KEEP}
    machine(hands).sync()
    # links
    drop, read = machine(hands).seen("share:depot"), machine(hands).seen("share:ressources")
    assert read.address.url and drop.address.url
    token = drop.address.url.rpartition("/")[2]
    public = f"{hands.url}/public.php/webdav"
    assert requests.put(f"{public}/photo.jpg", data=b"x", auth=(token, ""), timeout=30).status_code == 201
    assert requests.request("PROPFIND", public, auth=(token, ""), timeout=30).status_code == 405
    shares = {it["label"]: it for it in hands.account.shares() if it["path"].startswith(f"/{hands.root}/")}
    assert shares[f"allies-sync:{SLUG}:share:ressources"]["expiration"][:10] > ENDS.isoformat()
    # the freeze, from the people's side
    machine(hands).done(frozen())
    assert alice.dav("PUT", f"{root}/Proposition/Proposition.md", data=b"x").status_code == 403
    assert alice.dav("MKCOL", f"{root}/Nouveau").status_code == 403
    assert requests.put(f"{public}/autre.jpg", data=b"x", auth=(token, ""), timeout=30).status_code == 401
    machine(hands).done()
    assert alice.dav("PUT", f"{root}/Proposition/note.txt", data=b"x").status_code == 201
    assert requests.put(f"{public}/autre.jpg", data=b"x", auth=(token, ""), timeout=30).status_code == 201
    assert alice.dav("DELETE", f"{root}/Proposition/note.txt").status_code == 204
    # another machine finds everything, and removes what nobody touched
    other = machine(hands)
    assert other.files.resolve(f"{hands.root}/{SLUG}") == SLUG
    assert other.actions() == {KEY: Action.KEEP}
    assert other.remove() is False
    left = [path.removeprefix(f"{hands.root}/{SLUG}") for path in hands.account.listing(hands.root)]
    assert "/Proposition/Proposition.md" in left and not any("allies-sync" in path for path in left)
    assert "/Depot/photo.jpg" in left, "what participants put there stays"


def test_a_version_that_our_write_buried_is_put_back(hands: Hands) -> None:
    machine(hands).done()
    path = f"{hands.root}/{SLUG}/Proposition/Proposition.md"
    time.sleep(2.1)
    doomed = machine(hands)
    dav = doomed.files.server.dav
    put = dav.put

    def raced(where: str, data: bytes, headers: Any, **kwargs: Any) -> Any:
        if where == path and "If-Match" in headers:
            # a person writes between the server's check and its writing
            assert hands.account.dav("PUT", path, data="Au même moment".encode()).status_code == 204
            time.sleep(1.1)
            headers = {name: value for name, value in headers.items() if name != "If-Match"}
        return put(where, data, headers, **kwargs)

    dav.put = raced  # type: ignore[assignment, method-assign]
    report = doomed.sync(changed(RESOURCES))
    assert hands.account.dav("GET", path).text == "Au même moment"
    assert "sa version est gardée" in str(report.finished[KEY].error)


def test_an_update_that_buried_nothing(hands: Hands) -> None:
    machine(hands).done()
    time.sleep(2.1)
    machine(hands).done(changed(RESOURCES))
    time.sleep(2.1)
    machine(hands).done(changed(RESOURCES, "Et encore.\n"))
    assert "Et encore" in hands.account.dav("GET", f"{hands.root}/{SLUG}/Racine.md").text


def test_what_a_colleague_renamed_is_followed(hands: Hands) -> None:
    machine(hands).done()
    alice = person("alice")
    root = mount(hands, alice)
    for old, new in (("Ressources", "Ressources partagées"), ("Proposition/Proposition.md", "Proposition/Offre.md")):
        to = f"{hands.url}/remote.php/dav/files/alice/{root}/{new}"
        assert alice.dav("MOVE", f"{root}/{old}", headers={"Destination": to.encode()}).status_code == 201
    assert machine(hands).actions() == {}
    time.sleep(2.1)
    machine(hands).done(changed(RESOURCES))
    assert "Autrement" in hands.account.dav("GET", f"{hands.root}/{SLUG}/Proposition/Offre.md").text


def test_killed_after_every_request_of_an_opening(hands: Hands) -> None:
    """One run for every third request: the simulated server does them all."""
    whole = machine(hands)
    whole.done()
    number = whole.files.server.http.sent
    expected = sorted(path.partition(SLUG)[2] for path in hands.account.listing(f"{hands.root}/{SLUG}"))
    expected = [path for path in expected if "verrou" not in path]
    labels = own_labels(hands)
    for count in range(1, number, 3):
        hands.account.dav("DELETE", f"{hands.root}/{SLUG}")
        hands.crash_after(count)
        doomed = machine(hands)
        hands.crash_after(None)
        doomed.seconds = 5
        with suppress(Killed, PlatformError):
            doomed.sync()
        deadline = time.monotonic() + 60
        while True:
            try:
                machine(hands).done()
                break
            except Busy:
                assert time.monotonic() < deadline
                time.sleep(1)
        found = sorted(path.partition(SLUG)[2] for path in hands.account.listing(f"{hands.root}/{SLUG}"))
        assert [path for path in found if "verrou" not in path] == expected, count
        assert own_labels(hands) == labels, count
