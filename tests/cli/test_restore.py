"""A workspace rebuilt from its package alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Run

EXAMPLE = ROOT / "examples" / "dynamiques-de-cooperation.toml"
SLUG = "2027-dynamiques-de-cooperation"
TODAY = {"ALLIES_SYNC_TODAY": "2027-06-01"}
CONFIG = """
[collective]
name = "Ailleurs"
[roles.files]
platform = "local"
path = "ailleurs/fichiers"
[roles.wiki]
platform = "local"
path = "ailleurs/wiki"
"""


@pytest.fixture
def package(call: Run, place: Path) -> Path:
    """An archived workspace in which people wrote, added and deleted."""
    assert call("new-engagement", "--from", str(EXAMPLE), "--yes", env=TODAY).code == 0
    (place / "Bilan.pdf").write_bytes(b"%PDF-1.7 le bilan")
    assert call("add", SLUG, "bilan", "Bilan.pdf", "--yes", env=TODAY).code == 0
    files, wiki = place / "espaces" / "fichiers" / SLUG, place / "espaces" / "wiki" / SLUG
    page = wiki / "sources" / "programme.md"
    page.write_text(page.read_text("utf-8") + "\n## De la main de Sacha\n\nUn **mot** [là](https://exemple.org/).\n")
    (files / "Cahier des charges" / "Lisez-moi.md").unlink()
    (files / "Ressources" / "photos").mkdir()
    (files / "Ressources" / "photos" / "été.jpg").write_bytes(b"\xff\xd8\xff une image")
    assert call("archive", SLUG, "--yes", env=TODAY).code == 0
    found = place / "paquet.zip"
    shutil.move(place / f"{SLUG}-memoire.zip", found)
    (place / "ailleurs.toml").write_text(CONFIG)
    return found


def test_on_the_same_kind_of_platform_it_is_as_it_was(call: Run, place: Path, package: Path) -> None:
    before = {
        path.relative_to(place / "espaces"): path.read_bytes()
        for kind in ("fichiers", "wiki/*/sources")
        for path in sorted((place / "espaces").glob(f"{kind}/**/*"))
        if path.is_file() and "_allies-sync" not in path.parts and "_collectif" not in path.parts
    }
    shutil.rmtree(place / "espaces")
    ran = call("restore", str(package), "--to", "ailleurs.toml", "--yes", "--json", env=TODAY)
    assert ran.code == 0, ran.said
    assert ran.json["differences"] == []
    after = {
        path.relative_to(place / "ailleurs"): path.read_bytes()
        for kind in ("fichiers", "wiki/*/sources")
        for path in sorted((place / "ailleurs").glob(f"{kind}/**/*"))
        if path.is_file() and "_allies-sync" not in path.parts and "_collectif" not in path.parts
    }
    assert after == before
    plan = call("--config", "ailleurs.toml", "plan", SLUG, "--json", env=TODAY)
    assert plan.code == 0, plan.said
    assert not (place / "ailleurs" / "fichiers" / SLUG / "Cahier des charges" / "Lisez-moi.md").exists()
    assert not (place / "ailleurs" / "wiki" / SLUG / "sources" / "programme.md").stat().st_mode & 0o222
    again = call("restore", str(package), "--to", "ailleurs.toml", "--yes", env=TODAY)
    assert again.code == 0, again.said
    assert after == {
        path.relative_to(place / "ailleurs"): path.read_bytes()
        for kind in ("fichiers", "wiki/*/sources")
        for path in sorted((place / "ailleurs").glob(f"{kind}/**/*"))
        if path.is_file() and "_allies-sync" not in path.parts and "_collectif" not in path.parts
    }


def test_another_engagement_of_that_name_is_left_alone(call: Run, place: Path, package: Path) -> None:
    ran = call("restore", str(package), "--yes", env=TODAY)
    assert ran.code == 0, ran.said  # the very same: nothing to do
    assert call("unarchive", SLUG, "--yes", env=TODAY).code == 0
    ran = call("restore", str(package), "--yes", env=TODAY)
    assert ran.code == 2 and "existe déjà ici" in ran.said


def test_a_spoilt_package_rebuilds_nothing(call: Run, place: Path, package: Path) -> None:
    data = bytearray(package.read_bytes())
    data[len(data) // 3] ^= 4
    package.write_bytes(bytes(data))
    ran = call("restore", str(package), "--to", "ailleurs.toml", "--yes", env=TODAY)
    assert ran.code == 2, ran.said
    assert not (place / "ailleurs").exists()
