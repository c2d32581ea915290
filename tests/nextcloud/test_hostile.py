"""A server that lies, a workspace that somebody tampered with: refused in words, and nothing is written elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from allies_sync.platforms.errors import Foreign, PlatformError, Refused, Suspicious, Unavailable
from allies_sync.platforms.interface import Opening
from allies_sync_nextcloud.platform import NextcloudFiles
from allies_sync_nextcloud.testing import (
    EchoSecret,
    Entities,
    Fault,
    ForeignHrefs,
    Html,
    Nonsense,
    Oversized,
    Redirect,
    Rewritten,
    Status,
)
from allies_sync_nextcloud.testing.exchange import Answer
from tests.nextcloud.machine import RESOURCES, SLUG, Machine
from tests.nextcloud.stage import Stage

ROOT = f"/Engagements/{SLUG}"
BUNDLE = f"{ROOT}/_allies-sync/espace.json"


def deeply_nested(answer: Answer) -> Answer:
    answer.body = b"<a>" * 100_000
    return answer


def wrong_types(answer: Answer) -> Answer:
    answer.body = re.sub(rb'"data":', b'"data":{"a":[', answer.body, count=1)
    return answer


LIES: dict[str, Fault] = {
    "entities": Entities(),
    "files of others": ForeignHrefs(),
    "a page": Html(),
    "a page for an error": Html(404),
    "nonsense": Nonsense(),
    "too long": Oversized(),
    "elsewhere": Redirect("http://127.0.0.1:9/steal"),
    "elsewhere for good": Redirect("https://example.org/", 301),
    "secrets": EchoSecret(),
    "secrets in a refusal": EchoSecret(403),
    "nested": Rewritten(deeply_nested),
    "empty": Status(207),
    "an empty list": Status(200, b"[]", "application/json"),
    "null": Status(200, b"null", "application/json"),
    "other types": Rewritten(wrong_types),
}


@pytest.mark.parametrize("lie", LIES)
def test_lies_are_unknown_and_nothing_is_done(stage: Stage, lie: str) -> None:
    stage.machine().done()
    stage.later()
    before = stage.picture()
    for method in ("PROPFIND", "GET"):
        stage.server.control.inject(LIES[lie], method=method, times=None)
        words = []
        try:
            plan, _stored = stage.machine().plan()
            words += [item.note for item in plan.items if item.note]
            absent = [item.key for item in plan.items if item.action.value in ("create", "gone")]
            assert not absent, f"{method}: taken for absent: {absent}"
        except PlatformError as error:
            words += [error.message, error.advice]
        stage.server.control.clear_faults()
        assert all("allies-password" not in text and "Basic" not in text for text in words)
        assert all("<" not in text and "Traceback" not in text for text in words)
    assert stage.picture() == before


def test_what_lies_outside_the_root_is_refused_by_name(stage: Stage) -> None:
    stage.machine().done()
    stage.server.control.inject(ForeignHrefs(), method="PROPFIND", times=None)
    with pytest.raises(Suspicious, match="autre dossier"):
        stage.machine().plan()


def test_credentials_follow_no_redirect(stage: Stage) -> None:
    stage.server.control.inject(Redirect(f"{stage.server.url}/index.php/elsewhere"), times=None)
    with pytest.raises(Unavailable, match="autre adresse"):
        stage.machine().plan()
    assert len(stage.server.log) == 1


# --- a workspace that was tampered with -----------------------------------------------------------------------------


def tampered(stage: Stage, change: object) -> Machine:
    stage.machine().done()
    stage.later()
    data = json.loads(stage.server.control.read("allies", BUNDLE))
    state = json.loads(data["files"]["state.json"])
    change(state)  # type: ignore[operator]
    data["files"]["state.json"] = json.dumps(state)
    stage.server.control.write("allies", BUNDLE, json.dumps(data))
    stage.later()
    return stage.machine()


PATHS = ("../2027-autre/S.md", "/etc/passwd", "..", "_allies-sync/espace.json", "_Allies-Sync/x", "a//b", "a\0b", "")
BROKEN = (b"", b"{}", b"[]", b"null", b"\xff", b'{"format":1}', b'{"format":1,"files":[]}')


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_leads_elsewhere(stage: Stage, path: str) -> None:
    stage.machine("2027-autre").done()

    def change(state: dict[str, dict[str, dict[str, dict[str, str]]]]) -> None:
        state["resources"]["document:proposition"]["address"]["path"] = path
        state["resources"]["document:proposition"]["remote_id"] = "9999"  # type: ignore[assignment]

    machine = tampered(stage, change)
    before = stage.picture()
    plan, _stored = machine.plan()
    item = next(item for item in plan.items if item.key == "document:proposition")
    assert item.action.value == "blocked" and "refusé" in item.note
    machine.sync()
    assert stage.picture() == before


def test_the_number_of_anothers_file(stage: Stage) -> None:
    other = stage.machine("2027-autre")
    other.done()
    victim = other.seen("document:proposition")

    def change(state: dict[str, dict[str, dict[str, str]]]) -> None:
        state["resources"]["document:proposition"]["remote_id"] = victim.remote_id

    machine = tampered(stage, change)
    assert machine.seen("document:proposition").remote_id != victim.remote_id


def test_anothers_link(stage: Stage) -> None:
    other = stage.machine("2027-autre")
    other.done()
    victim = other.seen("share:ressources")

    def change(state: dict[str, dict[str, dict[str, str]]]) -> None:
        state["resources"]["share:ressources"]["remote_id"] = victim.remote_id

    assert tampered(stage, change).seen("share:ressources").remote_id != victim.remote_id


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_description_is_refused(stage: Stage, content: bytes) -> None:
    stage.machine().done()
    stage.server.control.write("allies", BUNDLE, content)
    stage.later()
    before = stage.picture()
    with pytest.raises(Suspicious) as error:
        stage.machine().sync()
    assert "version précédente" in error.value.advice
    assert stage.picture() == before


def test_a_description_of_a_newer_tool_is_left_alone(stage: Stage) -> None:
    stage.machine().done()
    stage.server.control.write("allies", BUNDLE, b'{"format":2,"files":{}}')
    stage.later()
    with pytest.raises(Refused, match="plus récente"):
        stage.machine().sync()


def test_a_persons_folder_is_not_taken_over(stage: Stage) -> None:
    stage.server.control.make_folder("allies", ROOT)
    stage.server.control.write("allies", f"{ROOT}/notes.txt", "à moi")
    with pytest.raises(Foreign):
        stage.machine().sync()
    assert stage.server.control.listing("allies")[f"{ROOT}/notes.txt"] == "à moi".encode()
    assert stage.server.control.shares() == []


def test_a_file_where_the_folder_should_be(stage: Stage) -> None:
    stage.server.control.write("allies", ROOT, "un fichier")
    with pytest.raises(Foreign):
        stage.machine().sync()


def test_what_is_kept_on_this_disk_is_data_too(stage: Stage, tmp_path: Path) -> None:
    stage.machine().done()
    opening = Opening("files", stage.settings(), lambda: "allies-password", cache=tmp_path)
    platform = NextcloudFiles(opening)
    Machine(platform).plan()
    platform.close()
    [kept] = tmp_path.rglob(f"{SLUG}.json")
    assert kept.stat().st_mode & 0o077 == 0 and kept.parent.stat().st_mode & 0o077 == 0
    assert "allies-password" not in kept.read_text()
    for text in ("", "[]", "{", '{"format":1}', '{"format":1,"tree":{},"content":{}}', kept.read_text()[:-50]):
        kept.write_text(text)
        platform = NextcloudFiles(opening)
        assert Machine(platform).actions() == {}
        platform.close()


def test_no_secret_in_any_error(stage: Stage) -> None:
    stage.machine().done()
    for status in (400, 401, 403, 404, 409, 412, 423, 429, 500, 503, 507):
        for method in ("PROPFIND", "PUT", "POST", "MKCOL"):
            stage.server.control.inject(EchoSecret(status), method=method, times=None)
            try:
                report = stage.machine(f"2027-essai-{status}").sync(RESOURCES[:6])
                errors = [it.error for it in report.finished.values() if it.error] + [report.halted]
            except PlatformError as error:
                errors = [error]
            stage.server.control.clear_faults()
            told = [f"{it.message} {it.advice}" for it in errors if it is not None]
            assert told, (status, method)
            assert not any("allies-password" in text or "YWxsaWVz" in text for text in told)
