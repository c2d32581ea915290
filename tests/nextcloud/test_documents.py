"""Documents: a person's words are seen, however they came to be there, and never lost."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
import requests

from allies_sync.platforms.interface import COLLECTIVE
from allies_sync.platforms.testing.clock import Clock
from allies_sync.reconcile.decide import Action, Choice
from allies_sync_nextcloud.testing import Corrupted, Drop, Html, Nonsense, Status
from tests.nextcloud.machine import RESOURCES, SLUG, changed, document, folder
from tests.nextcloud.stage import Stage

PATH = f"/Engagements/{SLUG}/Proposition/Proposition.md"
KEY = "document:proposition"


def test_an_edit_in_the_very_second_of_our_upload_is_seen(stage: Stage) -> None:
    clock: Clock = stage.server.clock
    clock.freeze()
    stage.machine().done(RESOURCES[:4])
    stage.machine().done()  # one by one: the place is there already
    etag = stage.machine().seen(KEY).revision
    url = f"{stage.server.dav('alice')}/{SLUG}/Proposition/Proposition.md"
    data = "Dans la même seconde".encode()
    assert requests.put(url, data=data, auth=("alice", "alice-password"), timeout=10).status_code == 204
    machine = stage.machine()
    assert machine.seen(KEY).revision == etag, "the trap: the same ETag for another content"
    assert machine.actions() == {KEY: Action.KEEP}
    machine.sync(changed(RESOURCES))
    assert stage.server.control.read("allies", PATH) == data


def test_an_edit_in_the_second_of_an_opening_shows_in_the_etag(stage: Stage) -> None:
    stage.server.clock.freeze()
    stage.machine().done()
    assert any(entry.path.endswith("/bulk") for entry in stage.server.log)
    seen = stage.machine().seen(KEY)
    assert seen.details, "it need not be downloaded to be known again"
    stage.server.control.write("allies", PATH, "x" * seen.details["size"], seconds_later=0)
    assert stage.machine().seen(KEY).revision != seen.revision
    assert stage.machine().actions() == {KEY: Action.KEEP}


def test_what_one_request_for_several_leaves_undone_is_done_one_by_one(stage: Stage) -> None:
    for fault in (Status(400), Status(404), Html(), Nonsense(), Drop(effect=True), Drop(effect=False)):
        slug = f"2027-essai-{id(fault)}"
        stage.server.control.inject(fault, path="/bulk")
        machine = stage.machine(slug)
        machine.done()
        assert stage.machine(slug).actions() == {}
        stage.server.control.clear_faults()


def test_nothing_goes_up_several_at_once_into_a_place_that_others_see(stage: Stage) -> None:
    stage.machine().done(RESOURCES[:4])
    before = len(stage.server.log)
    stage.machine().done()
    assert not any(entry.path.endswith("/bulk") for entry in stage.server.log[before:])


def test_two_edits_in_one_second_are_both_seen(stage: Stage) -> None:
    stage.machine().done()
    stage.later()
    stage.server.clock.freeze()
    stage.server.control.write("allies", PATH, "Une", seconds_later=0)
    machine = stage.machine()
    machine.sync()
    first = machine.seen(KEY).fingerprint
    stage.server.control.write("allies", PATH, "Un2", seconds_later=0)
    assert stage.machine().seen(KEY).fingerprint != first


def test_a_file_that_just_changed_is_not_replaced(stage: Stage) -> None:
    stage.machine().done()
    stage.later()
    stage.server.clock.freeze()
    stage.server.control.write("allies", PATH, "À la main", seconds_later=0)
    machine = stage.machine()
    waited: list[float] = []

    def write_meanwhile(seconds: float) -> None:
        waited.append(seconds)
        stage.server.control.write("allies", PATH, "Encore autre", seconds_later=0)
        stage.server.clock.advance(seconds)

    machine.files.server.http.sleep = write_meanwhile
    machine.sync(changed(RESOURCES), choices={KEY: Choice.REPLACE})
    assert waited and sum(waited) >= 1
    assert stage.server.control.read("allies", PATH) == b"Encore autre"


def test_without_versions_writing_goes_on(stage: Stage) -> None:
    stage.machine().done()
    stage.later()
    stage.server.control.inject(Status(404), method="PROPFIND", path="/remote.php/dav/versions", times=None)
    stage.machine().done(changed(RESOURCES))
    assert b"Autrement" in stage.server.control.read("allies", PATH)


def test_a_checksum_that_lies_is_not_believed(stage: Stage) -> None:
    stage.machine().done()
    stage.later()
    ours = stage.machine().seen(KEY).fingerprint
    answer = requests.put(
        f"{stage.server.dav()}/Engagements/{SLUG}/Proposition/Proposition.md",
        data=b"Autre chose",
        headers={"OC-Checksum": f"SHA256:{ours}"},
        auth=("allies", "allies-password"),
        timeout=10,
    )
    assert answer.status_code == 204
    stage.later()
    assert stage.machine().actions() == {KEY: Action.KEEP}


def test_an_upload_that_arrived_spoilt_is_told(stage: Stage) -> None:
    stage.machine().done(RESOURCES[:4])
    stage.server.control.inject(Corrupted(), method="PUT", path="/Proposition.md")
    report = stage.machine().sync()
    assert "abîmé" in str(report.finished[KEY].error)


def test_renamed_and_moved_documents_are_followed(stage: Stage) -> None:
    stage.machine().done()
    stage.server.control.rename("allies", PATH, f"/Engagements/{SLUG}/Ressources/Autrement nommée.md")
    stage.later()
    machine = stage.machine()
    assert machine.actions() == {}
    assert machine.seen(KEY).address.path == "Ressources/Autrement nommée.md"
    machine.done(changed(RESOURCES))
    content = stage.server.control.read("allies", f"/Engagements/{SLUG}/Ressources/Autrement nommée.md")
    assert b"Autrement." in content
    assert PATH not in stage.server.control.listing("allies")


def test_a_large_file_of_a_person_is_not_downloaded(stage: Stage) -> None:
    stage.machine().done()
    stage.server.control.write("allies", PATH, b"x" * (9 * 1024 * 1024))
    stage.later()
    before = len(stage.server.log)
    assert stage.machine().actions() == {KEY: Action.KEEP}
    assert not [it for it in stage.server.log[before:] if it.method == "GET" and it.path.endswith(".md")]


def test_what_the_server_has_not_looked_into_is_not_absent(stage: Stage) -> None:
    stage.machine().done()
    plan, _stored = stage.machine().plan()
    assert {item.action for item in plan.items} == {Action.NONE}


def test_waits_are_only_for_what_just_changed(stage: Stage) -> None:
    stage.machine().done()
    stage.later()
    machine = stage.machine()
    waited: list[float] = []
    machine.files.server.http.sleep = waited.append
    machine.done(changed(RESOURCES))
    assert not waited


@pytest.mark.parametrize("number", [2, 5])
def test_machines_that_open_at_the_same_moment_end_with_one_workspace(stage: Stage, number: int) -> None:
    alone = stage.machine("2027-seul")
    alone.done()
    machines = [stage.machine() for _ in range(number)]
    for machine in machines:
        machine.files.server.http.sleep = time.sleep
    barrier = threading.Barrier(number)
    problems: list[BaseException] = []

    def run(number: int) -> None:
        try:
            barrier.wait()
            machines[number].sync(patience=30)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not problems
    made = {path.replace("2027-seul", SLUG) for path in stage.files() if "2027-seul" in path}
    assert {path for path in stage.files() if SLUG in path} == made
    labels = [share.label for share in stage.server.control.shares() if share.label]
    assert len(labels) == len(set(labels)) == 6
    assert stage.machine().actions() == {}


def test_names_that_differ_by_capitals_alone_are_refused(stage: Stage) -> None:
    resources = (folder("Bilan"), document("Notes", None), replace(document("notes", None), id="document:autres"))
    report = stage.machine().sync(resources)
    error = report.finished["document:autres"].error
    assert error is not None and "majuscules" in error.message and error.advice
    assert report.finished["document:notes"].error is None
    stage.later()
    stage.server.control.make_folder("allies", f"/Engagements/{SLUG}/RESSOURCES")
    report = stage.machine().sync((*resources[:2], folder("Ressources")))
    assert "majuscules" in str(report.finished["folder:ressources"].error)


def test_what_all_engagements_share_is_seen_by_the_team(stage: Stage) -> None:
    stage.machine(COLLECTIVE).done((folder("Modèles"),))
    assert ["/".join(mount.path) for mount in stage.server.control.received("alice")] == [COLLECTIVE]
    assert stage.server.control.received("bob") == []
