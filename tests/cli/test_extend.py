"""``extend``, and what ``status`` says of links that end."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from allies_sync.engagements.due import due
from allies_sync.engagements.ending import was_over
from allies_sync.model.engagement import Engagement
from allies_sync.model.resources import Share, source_fingerprint
from allies_sync.reconcile.state import State
from tests.cli.conftest import Run

SLUG = "2027-une-journee"
OPEN = ("new-engagement", "Une journée", "--client", "DLA", "--start", "2027-03-12", "--yes")
END = "2027-06-10"  # ninety days after the day

PLUGIN = """
from dataclasses import replace
from allies_sync.platforms.hookspecs import hookimpl
import allies_sync_local

@hookimpl
def allies_sync_platforms():
    def ending(kind):
        def opened(opening):
            platform = kind.open(opening)
            class Ending(type(platform)):
                @property
                def features(self):
                    return replace(super().features, expiry=True)
            platform.__class__ = Ending
            return platform
        return opened
    return [
        replace(kind, name="ending", open=ending(kind)) for kind in allies_sync_local.allies_sync_platforms()
    ]
"""


@pytest.fixture
def opened(
    place: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Path]:
    """Where an engagement is opened: on a platform on which links end."""
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "ending_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(str(folder))
    environment["ALLIES_SYNC_PLUGINS"] = "allies_sync_local,ending_plugin"
    environment["ALLIES_SYNC_TODAY"] = "2027-01-10"
    (place / "allies-sync.toml").write_text(
        '[roles.files]\nplatform = "ending"\npath = "fichiers"\n[roles.wiki]\nplatform = "local"\npath = "wiki"\n'
    )
    yield place
    sys.modules.pop("ending_plugin", None)


@pytest.fixture
def on(opened: Path, call: Run, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> Run:
    """Runs a command on some day; the engagement is open."""
    monkeypatch.setenv("ALLIES_SYNC_PLUGINS", environment["ALLIES_SYNC_PLUGINS"])

    def on(day: str, *arguments: str) -> Any:
        return call(*arguments, env={"ALLIES_SYNC_TODAY": day})

    assert on("2027-01-10", *OPEN).code == 0
    return on


def stored(folder: Path) -> str:
    return next(folder.rglob("engagement.toml")).read_text(encoding="utf-8")


def links_due(ran: Any) -> list[dict[str, Any]]:
    return [due for due in ran.json["engagements"][0]["due"] if due["code"] == "links"]


def test_links_are_extended_once(on: Run, place: Path) -> None:
    ran = on("2027-06-01", "extend", SLUG, "--until", "2027-07-15", "--dry-run")
    assert ran.code == 0
    assert "2027-07-15" in ran.out
    assert "links_until" not in stored(place)
    assert on("2027-06-01", "extend", SLUG, "--until", "2027-07-15").code == 2  # nobody agreed
    assert "links_until" not in stored(place)
    ran = on("2027-06-01", "extend", SLUG, "--until", "15/07/2027", "--yes")
    assert ran.code == 0
    assert "15 juillet 2027" in ran.out
    assert "links_until = 2027-07-15" in stored(place)
    before = stored(place)
    for arguments in (("--until", "2027-07-15"), ("--until", "2027-07-01"), ("--days", "10"), ()):
        ran = on("2027-06-01", "extend", SLUG, *arguments, "--yes")
        assert ran.code == 0
        assert "durent déjà jusqu'au 15 juillet 2027" in ran.err
        assert stored(place) == before


def test_a_number_of_days_counts_from_today_and_thirty_is_the_number(on: Run, place: Path) -> None:
    ran = on("2027-06-05", "extend", SLUG, "--yes", "--json")
    assert ran.code == 0
    assert ran.json["slug"] == SLUG
    assert "links_until = 2027-07-05" in stored(place)
    assert on("2027-06-05", "extend", SLUG, "--days", "45", "--yes").code == 0
    assert "links_until = 2027-07-20" in stored(place)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--until", "demain"),
        ("--until", "2027-02-30"),
        ("--until", "2027-05-31"),
        ("--until", "2099-01-01"),
        ("--days", "0"),
        ("--days", "-3"),
        ("--days", "99999"),
        ("--days", "dix"),
        ("--until", "2027-07-15", "--days", "3"),
    ],
)
def test_what_cannot_be_is_explained(on: Run, place: Path, arguments: tuple[str, ...]) -> None:
    before = stored(place)
    ran = on("2027-06-01", "extend", SLUG, *arguments, "--yes")
    assert ran.code == 2
    assert ran.err
    assert stored(place) == before


def test_where_links_do_not_end_there_is_nothing_to_extend(on: Run, place: Path) -> None:
    file = place / "allies-sync.toml"
    file.write_text(file.read_text().replace('"ending"', '"local"'))
    ran = on("2027-06-01", "extend", SLUG, "--yes")
    assert ran.code == 2
    assert "n'a de fin" in ran.err
    assert links_due(on("2027-06-01", "status", "--json")) == []


def test_status_warns_two_weeks_before(on: Run) -> None:
    assert links_due(on("2027-05-26", "status", "--json")) == []
    (told,) = links_due(on("2027-05-27", "status", "--json"))
    assert (told["day"], told["late"]) == (END, False)
    assert f"allies-sync extend {SLUG}" in told["sentence"]
    (told,) = links_due(on("2027-06-11", "status", "--json"))
    assert (told["day"], told["late"]) == (END, True)
    on("2027-06-01", "extend", SLUG, "--days", "30", "--yes")
    assert links_due(on("2027-06-01", "status", "--json")) == []


def test_opening_again_and_taking_as_a_model_leave_the_extension_where_it_is(on: Run, place: Path) -> None:
    on("2027-06-01", "extend", SLUG, "--yes")
    assert on("2027-06-01", *OPEN).code == 0
    assert "links_until" in stored(place)
    ran = on("2027-06-01", "new-engagement", "Autre", "--like", SLUG, "--start", "2027-09-01", "--yes")
    assert ran.code == 0
    other = next(path for path in place.rglob("engagement.toml") if "2027-autre" in str(path))
    assert "links_until" not in other.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("state", "distance", "said"),
    [
        ("ouvert", 14, True),
        ("ouvert", 15, False),
        ("ouvert", 0, True),
        ("ouvert", -14, True),
        ("ouvert", -15, False),
        ("bilan publié", 3, True),
        ("proposé", 3, True),
        ("archivé", 3, False),
        ("annulé", 3, False),
        ("refusé", 3, False),
    ],
)
def test_when_links_are_due(state: str, distance: int, said: bool) -> None:
    day = date(2027, 6, 1)
    data = {"title": "T", "client": {"name": "C"}, "start": "2027-03-12", "slug": "2027-t", "state": state}
    engagement = Engagement.model_validate(data)
    found = [item for item in due(engagement, day, [day + timedelta(days=distance)]) if item.code == "links"]
    assert bool(found) is said
    assert not any(item.code == "links" for item in due(engagement, day))


def test_a_link_is_made_again_only_when_its_end_took_it_away() -> None:
    share = Share(id="share:a", role="files", title="A", target="folder:a", expires=date(2027, 8, 1))
    today = date(2027, 7, 1)

    def over(written: Share) -> bool:
        memory = {
            "kind": "share",
            "role": "files",
            "platform": "p",
            "remote_id": "1",
            "address": {"path": "x"},
            "source": source_fingerprint(written),
            "fingerprint": "",
        }
        state = State.model_validate_json(json.dumps({"schema": 1, "slug": "s", "resources": {share.id: memory}}))
        return was_over(share, state, today)

    assert over(replace(share, expires=date(2027, 6, 30)))
    assert over(replace(share, expires=date(2025, 6, 10)))
    assert not over(replace(share, expires=today))
    assert not over(share)
    assert not over(replace(share, title="B", expires=date(2027, 6, 1)))
    assert not was_over(share, State(slug="s"), today)
