"""A workspace rebuilt from its package alone."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
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


# --- names that not every disk takes -------------------------------------------------------------------------------

STRANGE = {
    "Ressources/Compte rendu : que retenir ?.md": b"ce qui se dit ici",
    'Ressources/Photo "salle".txt': b"vue du fond",
    "Ressources/a|b/*notes*.txt": b"dans un dossier",
    "Ressources/CON.md": b"un nom de Windows",
    "Ressources/fin.": b"finit par un point",
    "Ressources/" + "long " * 45 + ".md": b"un nom long",
    "Ressources/a-b.md": b"le premier",
    "Ressources/a:b.md": b"le second",
    "Ressources/a'b.md": b"le premier encore",
    'Ressources/a"b.md': b"le second encore",
}


def _gave(package: Path, files: dict[str, bytes]) -> None:
    """The package as a platform makes it that takes any name: each file is in it under a safe one."""
    import bagit

    from allies_sync.memoires.paths import Names

    folder = package.parent / "a"
    with zipfile.ZipFile(package) as zipped:
        zipped.extractall(folder)
    [bag] = folder.iterdir()
    manifest = json.loads((bag / "data" / "allies-sync.json").read_text("utf-8"))
    names = Names()
    for it in manifest["files"]:
        names.take("files", it["path"])
    for path, data in sorted(files.items()):
        place = names.take("files", path)
        (bag / "data" / place).parent.mkdir(parents=True, exist_ok=True)
        (bag / "data" / place).write_bytes(data)
        told = {"path": place, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        manifest["files"].append({"path": path, "content": told})
    (bag / "data" / "allies-sync.json").write_text(json.dumps(manifest), "utf-8")
    bagit.Bag(str(bag)).save(manifests=True)
    package.unlink()
    shutil.make_archive(str(package.with_suffix("")), "zip", folder, bag.name)


def test_a_disk_that_takes_any_name_is_archived_whole(call: Run, place: Path) -> None:
    from allies_sync.memoires.packages import open_package

    assert call("new-engagement", "--from", str(EXAMPLE), "--yes", env=TODAY).code == 0
    folder = place / "espaces" / "fichiers" / SLUG / "Ressources"
    for name in ("Que retenir ?.md", ".DS_Store"):
        try:
            (folder / name).write_bytes(name.encode())
        except OSError:
            pytest.skip("this disk does not take such names")
    ran = call("archive", SLUG, "--force", "--yes", env=TODAY)
    assert ran.code == 0, ran.said
    with open_package(place / f"{SLUG}-memoire.zip") as opened:
        held = {it.path: opened.read(it.content) for it in opened.manifest.files}
    assert held["Ressources/Que retenir ?.md"] == b"Que retenir ?.md"
    assert held["Ressources/.DS_Store"] == b".DS_Store"


def _held(folder: Path) -> dict[str, bytes]:
    return {str(it.relative_to(folder)): it.read_bytes() for it in folder.rglob("*") if it.is_file()}


def test_files_come_back_under_the_nearest_name_that_the_disk_takes(call: Run, place: Path, package: Path) -> None:
    _gave(package, STRANGE)
    asked = call("restore", str(package), "--to", "ailleurs.toml", "--dry-run", "--json", env=TODAY)
    foreseen = "\n".join(asked.json["differences"])
    ran = call("restore", str(package), "--to", "ailleurs.toml", "--yes", "--json", env=TODAY)
    assert ran.code == 0, ran.said
    assert ran.json["differences"] == asked.json["differences"]
    files = place / "ailleurs" / "fichiers" / SLUG
    held = _held(files)
    assert set(STRANGE.values()) <= set(held.values()), "nothing is lost"
    assert held["Ressources/Compte rendu - que retenir .md"] == b"ce qui se dit ici"
    assert held["Ressources/a-b.md"] == b"le premier" and held["Ressources/a'b.md"] == b"le premier encore"
    for path, data in STRANGE.items():
        if held.get(path) != data:
            [name] = [it for it, found in held.items() if found == data]
            assert f"« {path} »" in foreseen and f"« {name} »" in foreseen
        else:
            assert f"« {path} »" not in foreseen
    again = call("restore", str(package), "--to", "ailleurs.toml", "--yes", "--json", env=TODAY)
    assert again.code == 0 and again.json["differences"] == asked.json["differences"], again.said
    assert _held(files) == held


def test_a_safe_name_that_somebody_took_since_is_left_to_them(call: Run, place: Path, package: Path) -> None:
    _gave(package, {"Ressources/x:y.md": b"du paquet"})
    assert call("restore", str(package), "--to", "ailleurs.toml", "--yes", env=TODAY).code == 0
    folder = place / "ailleurs" / "fichiers" / SLUG / "Ressources"
    (folder / "x-y.md").chmod(0o644)
    (folder / "x-y.md").write_bytes(b"de quelqu'un")
    for _again in range(2):
        ran = call("restore", str(package), "--to", "ailleurs.toml", "--yes", env=TODAY)
        assert ran.code == 0, ran.said
        assert sorted(it.name for it in folder.glob("x*")) == ["x-y (2).md", "x-y.md"]
        assert (folder / "x-y.md").read_bytes() == b"de quelqu'un"
        assert (folder / "x-y (2).md").read_bytes() == b"du paquet"


def test_what_cannot_be_put_back_is_said_with_its_place_in_the_package(call: Run, place: Path, package: Path) -> None:
    _gave(package, {"_Allies-Sync/notes.md": b"un dossier que l'outil garde"})
    ran = call("restore", str(package), "--to", "ailleurs.toml", "--yes", env=TODAY)
    said = " ".join(ran.said.split())
    assert ran.code == 1, ran.said
    assert "« _Allies-Sync/notes.md »" in said and "data/files/_Allies-Sync/notes.md" in said
    assert "mémorisé" not in said
