"""Who gets in, who writes, and what a freeze does to it all, seen from the people's side."""

from __future__ import annotations

import pytest
import requests

from allies_sync.model.resources import Access, Rights
from allies_sync.reconcile.decide import Action
from allies_sync_nextcloud.testing import Status
from tests.nextcloud.machine import RESOURCES, SEEN, SLUG, TEAM, Machine, folder, frozen
from tests.nextcloud.stage import GROUP, LINK, Stage

ROOT = f"/Engagements/{SLUG}"


def people(stage: Stage, uid: str) -> list[str]:
    """What a person sees of others' files."""
    return sorted("/".join(mount.path) for mount in stage.server.control.received(uid))


def put(stage: Stage, uid: str, path: str) -> int:
    url = f"{stage.server.dav(uid)}/{path}"
    return requests.put(url, data=b"x", auth=(uid, f"{uid}-password"), timeout=10).status_code


def share(stage: Stage, kind: int, name: str) -> object:
    return next(it for it in stage.server.control.shares() if it.kind == kind and it.node.name == name)


def test_the_team_gets_in_through_one_share(stage: Stage) -> None:
    stage.machine().done()
    assert people(stage, "alice") == [SLUG]
    [only] = [it for it in stage.server.control.shares() if it.share_with == "equipe"]
    assert only.permissions == 15, "without the right to re-share"
    assert put(stage, "alice", f"{SLUG}/Proposition/note.txt") == 201


def test_participants_see_declared_folders_and_nothing_else(stage: Stage) -> None:
    stage.machine().done()
    assert people(stage, "bob") == ["Ressources"]
    assert put(stage, "bob", "Ressources/note.txt") == 403
    listing = requests.request(
        "PROPFIND",
        stage.server.dav("bob"),
        headers={"Depth": "infinity"},
        auth=("bob", "bob-password"),
        timeout=10,
    ).text
    assert "Lisez-moi" in listing and "_allies-sync" not in listing and "Proposition" not in listing


def test_nobody_else_gets_in(stage: Stage) -> None:
    stage.server.control.add_user("zoe", "zoe-password")
    stage.machine().done()
    assert people(stage, "zoe") == []


@pytest.mark.parametrize("outer", [True, False])
def test_a_folder_inside_a_visible_one_needs_no_share(stage: Stage, outer: bool) -> None:
    resources = (folder("A", SEEN if outer else TEAM), folder("B", SEEN, parent="folder:a"))
    stage.machine().done(resources)
    assert people(stage, "bob") == ["A" if outer else "B"]


def test_hiding_a_folder_and_showing_another(stage: Stage) -> None:
    stage.machine().done((folder("A", SEEN), folder("B")))
    stage.later()
    stage.machine().done((folder("A"), folder("B", SEEN)))
    assert people(stage, "bob") == ["B"]


def test_rights_that_people_changed_are_kept(stage: Stage) -> None:
    stage.machine().done()
    link = stage.server.control.share("allies", f"{ROOT}/Ressources", LINK, permissions=15)
    stage.later()
    actions = stage.machine().actions()
    assert actions["folder:ressources"] is Action.KEEP
    stage.machine().sync()
    assert link.permissions & 15 == 15


def test_the_teams_share_that_people_ended_is_not_made_again(stage: Stage) -> None:
    stage.machine().done()
    requests.delete(
        f"{stage.server.url}/ocs/v2.php/apps/files_sharing/api/v1/shares/{share(stage, GROUP, SLUG).number}",  # type: ignore[attr-defined]
        headers={"OCS-APIRequest": "true"},
        auth=("allies", "allies-password"),
        timeout=10,
    )
    stage.later()
    stage.machine().sync()
    assert people(stage, "alice") == []


# --- the freeze ---------------------------------------------------------------------------------------------------


def test_a_freeze_holds_against_everybody(stage: Stage) -> None:
    control = stage.server.control
    control.add_user("zoe", "zoe-password")
    stage.machine().done()
    control.share_with_user("allies", ROOT, "zoe", 31)
    link = control.share("allies", f"{ROOT}/Ressources", LINK, permissions=15)
    stage.later()
    stage.machine().done(frozen())
    assert put(stage, "alice", f"{SLUG}/Proposition/note.txt") == 403
    assert put(stage, "zoe", f"{SLUG}/note.txt") == 403
    assert {it.permissions & 30 for it in control.shares() if it.node.name != "Depot"} <= {0, 16}
    public = f"{stage.server.url}/public.php/webdav/note.txt"
    assert requests.put(public, data=b"x", auth=(link.token or "", ""), timeout=10).status_code == 403


def test_a_thaw_gives_back_what_was(stage: Stage) -> None:
    control = stage.server.control
    control.add_user("zoe", "zoe-password")
    stage.machine().done()
    control.share_with_user("allies", f"{ROOT}/Ressources", "zoe", 31)
    control.share("allies", f"{ROOT}/Ressources", LINK, permissions=15)
    stage.later()
    before = stage.picture()
    stage.machine().done(frozen())
    assert stage.picture() != before
    stage.later()
    stage.machine().done()
    assert stage.picture() == before
    assert put(stage, "zoe", "Ressources/note.txt") == 201


def test_a_frozen_drop_box_takes_nothing_and_shows_nothing(stage: Stage) -> None:
    stage.machine().done()
    link = share(stage, LINK, "Depot")
    public = f"{stage.server.url}/public.php/webdav/photo.jpg"
    token = (link.token, "")  # type: ignore[attr-defined]
    assert requests.put(public, data=b"x", auth=token, timeout=10).status_code == 201
    stage.later()
    stage.machine().done(frozen())
    assert requests.put(public, data=b"x", auth=token, timeout=10).status_code == 401
    assert requests.get(public, auth=token, timeout=10).status_code == 401
    stage.later()
    stage.machine().done()
    assert requests.put(public, data=b"x", auth=token, timeout=10).status_code == 201
    assert requests.get(public, auth=token, timeout=10).status_code == 405
    assert not stage.windows


def test_what_people_change_in_a_frozen_workspace_is_kept_by_the_thaw(stage: Stage) -> None:
    stage.machine().done()
    link = stage.server.control.share("allies", f"{ROOT}/Ressources", LINK, permissions=15)
    stage.later()
    stage.machine().done(frozen())
    link.permissions = 5
    stage.later()
    stage.machine().sync()
    assert link.permissions == 5, "somebody changed it since"


def test_freezing_twice_remembers_the_first(stage: Stage) -> None:
    stage.machine().done()
    stage.later()
    before = stage.picture()
    stage.machine().done(frozen())
    platform = stage.platform()
    freezer = platform.writer
    held = platform.looker.hold(SLUG)
    assert held is not None and held.frozen
    from allies_sync_nextcloud.rights import Freezer

    Freezer(platform.server, platform.places, SLUG).freeze(held)
    stage.later()
    stage.machine().done()
    assert stage.picture() == before and freezer is not None


def test_a_server_that_does_not_hold_the_freeze_is_told(stage: Stage) -> None:
    stage.machine().done()
    stage.later()
    # says that it did, and did not
    stage.server.control.inject(
        Status(
            200,
            b'{"ocs":{"meta":{},"data":{"id":1,"share_type":1,"item_source":5,"permissions":1}}}',
            "application/json",
        ),
        method="PUT",
        path="/ocs/v2.php",
        times=None,
    )
    report = stage.machine().sync(frozen())
    assert not report.complete
    error = next(it.error for it in report.finished.values() if it.error)
    assert "encore d'écrire" in error.message and error.advice


def test_a_new_document_in_a_frozen_workspace(stage: Stage) -> None:
    stage.machine().done(RESOURCES[:4])
    stage.later()
    stage.machine().done(frozen(RESOURCES[:4]))
    stage.later()
    stage.machine().done(frozen(RESOURCES[:6]))
    assert put(stage, "alice", f"{SLUG}/Proposition/Proposition.md") == 403


def test_one_folder_that_nobody_writes_in_freezes_nothing_else(stage: Stage) -> None:
    closed = Access(Rights.TEAM, None)
    stage.machine().done((folder("A", closed), folder("B")))
    assert put(stage, "alice", f"{SLUG}/B/note.txt") == 201
    stage.later()
    assert stage.machine().actions((folder("A", closed), folder("B"))) == {}


def test_without_groups_nothing_is_shared(stage: Stage) -> None:
    stage.group = None
    stage.machine().done(RESOURCES[:7])
    assert stage.server.control.shares() == []
    assert not stage.platform().features.freeze


def test_a_machine_alone(stage: Stage) -> None:
    """The participants' group may be missing."""
    machine: Machine = stage.machine()
    assert machine.files.features.narrow(Access(Rights.PUBLIC, Rights.PUBLIC)) == Access(
        Rights.PARTICIPANTS, Rights.TEAM
    )
