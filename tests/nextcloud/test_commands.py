"""The program itself, in a process of its own, with a Nextcloud for files and this disk for the wiki."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from allies_sync_nextcloud.testing import SimulatedNextcloud
from tests.nextcloud.hands import Person

ROOT = Path(__file__).parents[2]
SLUG = "2027-cooperation"
OPENING = ("new-engagement", "Coopération", "--client", "DLA", "--start", "2027-03-12", "--yes")
CONFIG = """
[collective]
name = "Les Rives"
[roles.files]
platform = "nextcloud"
url = "{url}"
user = "allies"
team_group = "equipe"
participants_group = "participants"
[roles.wiki]
platform = "local"
path = "{wiki}"
"""
Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def server() -> Iterator[SimulatedNextcloud]:
    with SimulatedNextcloud() as server:
        yield server


@pytest.fixture
def run(server: SimulatedNextcloud, tmp_path: Path) -> Run:
    """Runs a command in a home directory; gives the number of requests, the JSON if it was asked for, and all that
    was said."""

    def command(*arguments: str, home: str = "home", day: str = "2027-01-15") -> tuple[int, Any, str]:
        place = tmp_path / home
        place.mkdir(exist_ok=True)
        wiki = (tmp_path / "wiki").as_posix()
        (place / "allies-sync.toml").write_text(CONFIG.format(url=server.url, wiki=wiki), encoding="utf-8")
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(place),
            "XDG_CACHE_HOME": str(place / "cache"),
            "XDG_CONFIG_HOME": str(place / "config"),
            "XDG_STATE_HOME": str(place / "state"),
            "ALLIES_SYNC_PLUGINS": "allies_sync_local,allies_sync_nextcloud",
            "ALLIES_SYNC_FILES_SECRET": "allies-password",
            "ALLIES_SYNC_TODAY": day,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "plugins")]),
            "LANG": "fr_FR.UTF-8",
            "PYTHONIOENCODING": "utf-8",
        }
        before = len(server.log)
        done = subprocess.run(
            [sys.executable, "-m", "allies_sync", *arguments],
            cwd=place,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        document = json.loads(done.stdout) if "--json" in arguments else None
        return len(server.log) - before, document, done.stdout + done.stderr

    return command


def of_files(document: Any, action: str) -> list[str]:
    return [it["id"] for it in document["resources"] if it["role"] == "files" and it["action"] == action]


@pytest.mark.parametrize("template", ["accompagnement", "alliees"])
def test_requests_of_the_very_first_opening(server: SimulatedNextcloud, run: Run, template: str) -> None:
    """The root and the collective's space are made too, and nothing is known of the server's rules."""
    taken, opened, _said = run(*OPENING, "--template", template, "--json")
    created = of_files(opened, "create")
    assert created and all(it["outcome"] == "done" for it in opened["resources"]), opened
    assert taken <= len(created) + 12, list(map(str, server.log))
    assert run("sync", SLUG)[0] <= 3
    assert run("sync", SLUG)[0] <= 2
    another = ("new-engagement", "Une autre", "--client", "B", "--start", "2027-05-01", "--yes", "--json")
    taken, opened, _said = run(*another)
    assert taken <= len(of_files(opened, "create")) + 12, list(map(str, server.log))


def test_another_home_directory(server: SimulatedNextcloud, run: Run) -> None:
    run(*OPENING)
    server.clock.advance(10)
    assert "Coopération" in run("adopt", f"Engagements/{SLUG}", home="other")[2]
    _taken, synced, _said = run("sync", SLUG, "--json", home="other")
    assert set(synced["summary"]) == {"none"}


def test_rules_of_the_server_are_shown_with_the_plan(server: SimulatedNextcloud, run: Run) -> None:
    with server.control.with_policies(link_expiry_days=7, link_expiry_enforced=True):
        said = run(*OPENING[:-1], "--dry-run")[2]
        document = run(*OPENING[:-1], "--dry-run", "--json")[1]
    assert "ce serveur y mettra fin plus tôt" in " ".join(said.split())
    links = [it for it in document["resources"] if it["kind"] == "share"]
    assert links and all("plus tôt" in it["reason"] for it in links)


def test_links_that_ended_are_not_said_to_be_deleted(server: SimulatedNextcloud, run: Run) -> None:
    run(*OPENING)
    account = Person(server.url, "allies", "allies-password")
    for share in account.shares():
        if share["share_type"] == 3:
            account.ocs("DELETE", f"apps/files_sharing/api/v1/shares/{share['id']}")
    before = run("plan", SLUG, "--json", day="2027-06-01")[1]
    after = run("plan", SLUG, "--json", day="2027-09-01")[1]
    reasons = [{it["reason"] for it in each["resources"] if it["kind"] == "share"} for each in (before, after)]
    assert all("supprimé" in reason for reason in reasons[0])
    assert all("terme" in reason for reason in reasons[1])
    assert "--recreate" not in run("plan", SLUG, day="2027-09-01")[2]


def test_data_changed_by_hand_in_the_cloud_count(run: Run, server: SimulatedNextcloud) -> None:
    """As the file's own first line says."""
    assert run(*OPENING)[1] is None
    path = f"Engagements/{SLUG}/_allies-sync/engagement.toml"
    text = server.control.read("allies", path).decode().replace('title = "Coopération"', 'title = "Coopérer mieux"')
    assert "Coopérer mieux" in text
    server.control.write("allies", path, "# une remarque\n" + text)
    assert "Coopérer mieux" in run("status")[2]
    said = run("sync", SLUG, "--yes")[2]
    assert "Coopérer mieux" in said
    assert server.control.read("allies", path).decode().startswith("# une remarque\n")
    assert run("plan", SLUG, "--json")[1]["summary"].get("create", 0) == 0
    _number, document, _said = run("status", "--json")
    assert document["engagements"][0]["title"] == "Coopérer mieux"
    server.control.write("allies", path, "title = ")
    broken = run("sync", SLUG, "--yes")[2]
    assert "engagement.toml" in broken and "ligne 1" in broken
