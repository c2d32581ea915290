"""Archiving on a file server and a wiki (both simulated), and what becomes of the package elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from allies_sync.engagements.adding import piece_role, prepare_addition
from allies_sync.engagements.archiving import Archived, archive, prepare_archive, prepare_unarchive
from allies_sync.engagements.carry import carry_out
from allies_sync.engagements.config import read_config
from allies_sync.engagements.desk import open_desk
from allies_sync.engagements.packaging import package
from allies_sync.engagements.prepare import prepare
from allies_sync.engagements.restoring import prepare_restore, restore
from allies_sync.memoires.packages import open_package
from allies_sync.model.memoire import LINKS
from allies_sync_nextcloud.testing import SimulatedNextcloud
from allies_sync_yeswiki.testing import SimulatedWiki
from tests.yeswiki.stage import Stage, example

SLUG = "2027-dynamiques-de-cooperation"
BASE = "Dynamiques-de-cooperation-2027"


@pytest.fixture
def cloud() -> Iterator[SimulatedNextcloud]:
    with SimulatedNextcloud() as server:
        yield server


@pytest.fixture
def stage(cloud: SimulatedNextcloud, tmp_path: Path) -> Iterator[Stage]:
    with SimulatedWiki("444") as wiki:
        files = (
            f'platform = "nextcloud"\nurl = "{cloud.url}"\nuser = "allies"\nteam_group = "equipe"\n'
            'participants_group = "participants"\n'
        )
        place = tmp_path / "place"
        place.mkdir()
        found = Stage(wiki, place, example(), files, {"ALLIES_SYNC_FILES_SECRET": "allies-password"})
        found.sleep = cloud.clock.sleep
        found.done(found.open())
        later(found, cloud)
        yield found


def later(stage: Stage, cloud: SimulatedNextcloud) -> None:
    stage.wiki.clock.advance(600)
    cloud.clock.advance(600)


def add_bilan(stage: Stage, cloud: SimulatedNextcloud) -> None:
    bilan = stage.place / "Bilan.pdf"
    bilan.write_bytes(b"%PDF-1.7 ce que nous avons fait")
    with stage.desk() as desk:
        addition = prepare_addition(desk, SLUG, piece_role("bilan"), str(bilan))
        stage.done(carry_out(desk, addition.preparation, patience=0))
    later(stage, cloud)


def archived(stage: Stage, cloud: SimulatedNextcloud) -> Archived:
    with stage.desk() as desk:
        found = archive(desk, prepare_archive(desk, SLUG), patience=0)
    assert found.complete, [(it.item.key, it.error) for it in found.outcome.finished.values() if it.error]
    later(stage, cloud)
    return found


def packed(stage: Stage, target: Path) -> Path:
    with stage.desk() as desk:
        memoire = prepare_archive(desk, SLUG).memoire
        package(desk, prepare(desk, SLUG), memoire, (), target)
    return target


def test_its_links_answer_and_its_package_moves_elsewhere(
    stage: Stage, cloud: SimulatedNextcloud, tmp_path: Path
) -> None:
    add_bilan(stage, cloud)
    stage.wiki.control.write(
        f"{BASE}.Programme",
        f"======Programme======\nUn mot **de Zoé**, [[https://exemple.org/ un lien]] et [[{BASE}.Bilan le bilan]].",
        user="Membre",
    )
    cloud.control.write("allies", f"/Engagements/{SLUG}/Ressources/photo.jpg", "une image")
    later(stage, cloud)
    memoire = archived(stage, cloud).memoire
    for name in LINKS:
        url = getattr(memoire, name)
        assert url.startswith(f"{cloud.url}/") and "/s/" in url, "a link without an account"
        answer = requests.get(f"{url}/download", timeout=10)
        assert answer.status_code == 200 and answer.content.startswith(b"%PDF-")
    entries = stage.wiki.control.entries()
    assert any(memoire.link_documentation in str(values) for values in entries.values())
    with stage.desk() as desk:
        again = prepare_archive(desk, SLUG)
        assert again.idle
    first = packed(stage, tmp_path / "a.zip").read_bytes()
    assert packed(stage, tmp_path / "b.zip").read_bytes() == first

    config = tmp_path / "ailleurs.toml"
    config.write_text('[roles.files]\nplatform = "local"\npath = "f"\n[roles.wiki]\nplatform = "local"\npath = "w"\n')
    with open_package(tmp_path / "a.zip") as opened, open_desk(read_config(config), stage.environ) as desk:
        restoring = prepare_restore(desk, opened)
        restored = restore(desk, restoring, patience=0)
        assert restored.outcome.complete
        assert any("Programme" in line for line in restored.differences)
        assert sum("adresses changent" in line for line in restored.differences) == 2
        assert not prepare(desk, SLUG).todo
    page = (tmp_path / "w" / SLUG / "sources" / "programme.md").read_text("utf-8")
    assert "Un mot **de Zoé**" in page and "[un lien](https://exemple.org/" in page
    assert "[le bilan](../bilan.html)" in page or "[le bilan](bilan.html)" in page, (
        "a link to another page leads to where it is now"
    )
    assert (tmp_path / "f" / SLUG / "Ressources" / "photo.jpg").read_text() == "une image"

    with stage.desk() as desk:
        stage.done(carry_out(desk, prepare_unarchive(desk, SLUG), patience=0))
    later(stage, cloud)
    assert {it.value for it in stage.actions().values()} <= {"keep"}


def test_where_the_server_ends_every_link_the_documents_stay_on_the_wiki(
    stage: Stage, cloud: SimulatedNextcloud
) -> None:
    add_bilan(stage, cloud)
    cloud.control.policies.link_expiry_days = 30
    cloud.control.policies.link_expiry_enforced = True
    stage.environ["ALLIES_SYNC_CACHE"] = str(stage.place / "other-cache")  # the rules are asked for once a day
    memoire = archived(stage, cloud).memoire
    for name in LINKS:
        url = getattr(memoire, name)
        assert url.startswith(stage.wiki.url)
        answer = requests.get(url, timeout=10)
        assert answer.status_code == 200 and answer.content.startswith(b"%PDF-")
    assert sum("joint au wiki" in other.value for other in memoire.other) == 3
    with stage.desk() as desk:
        again = prepare_archive(desk, SLUG)
        assert again.idle and again.memoire == memoire
