"""Archiving from the command line, on this disk: from an example to a package, and nothing lost on the way."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from allies_sync.memoires.packages import open_package
from tests.cli.conftest import ROOT, Run

EXAMPLE = ROOT / "examples" / "dynamiques-de-cooperation.toml"
SLUG = "2027-dynamiques-de-cooperation"
TODAY = {"ALLIES_SYNC_TODAY": "2027-06-01"}


@pytest.fixture
def files(place: Path) -> Path:
    return place / "espaces" / "fichiers" / SLUG


@pytest.fixture
def wiki(place: Path) -> Path:
    return place / "espaces" / "wiki" / SLUG


@pytest.fixture
def opened(call: Run, place: Path) -> Path:
    """The example, open, and a bilan at hand."""
    assert call("new-engagement", "--from", str(EXAMPLE), "--yes", env=TODAY).code == 0
    bilan = place / "Bilan.pdf"
    bilan.write_bytes(b"%PDF-1.7 ce que nous avons fait et appris")
    return bilan


def snapshot(*folders: Path) -> dict[str, tuple[int, bytes]]:
    """Everything under some folders: modes and bytes."""
    return {
        str(path): (path.stat().st_mode, path.read_bytes())
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def linked(memoire: dict[str, Any], name: str) -> Path:
    """The file behind a link of a mémoire."""
    return Path(unquote(urlsplit(memoire[name]).path))


def test_an_example_is_archived_whole_and_comes_back(
    call: Run, place: Path, files: Path, wiki: Path, opened: Path
) -> None:
    """Opened, its bilan added, archived; twice; verified; frozen; unarchived."""
    assert call("add", SLUG, "bilan", "Bilan.pdf", "--yes", env=TODAY).code == 0
    modes = {path: path.stat().st_mode for path in (files / "Proposition", wiki / "sources" / "programme.md")}
    refused = call("archive", SLUG, "--dry-run", "--json", env=TODAY)
    assert refused.code == 0 and refused.json["missing"] == []
    assert not (place / f"{SLUG}-memoire.zip").exists()

    ran = call("archive", SLUG, "--yes", "--json", env=TODAY)
    assert ran.code == 0, ran.said
    memoire = ran.json["memoire"]
    assert all(memoire[name] for name in memoire if name not in ("pictures", "other"))
    assert memoire["progress"] == "Terminée" and memoire["duration"] == ["Une journée"]
    assert memoire["participants"] == ["De 16 à 30 personnes"] and memoire["years"] == ["2027"]
    for name, start in (
        ("link_cahier_des_charges", b"%PDF-"),
        ("link_proposition", b"%PDF-"),
        ("link_documentation", b"%PDF-1.7 ce que nous"),
    ):
        document = linked(memoire, name)
        assert document.read_bytes().startswith(start)
        assert not document.stat().st_mode & 0o222
    assert (wiki / "demande.html").exists()
    home = (wiki / "index.html").read_text("utf-8")
    assert "gardé comme mémoire depuis le 1er juin 2027" in home and "Les trois documents" in home
    assert "gardé comme mémoire" in (wiki / "programme.html").read_text("utf-8")
    entry = place / "espaces" / "wiki" / "_collectif" / "fiches" / "memoires" / f"memoire-{SLUG}.json"
    assert memoire["link_documentation"] in str(json.loads(entry.read_text("utf-8"))["values"])

    package = place / f"{SLUG}-memoire.zip"
    before = snapshot(place / "espaces") | {"": (0, package.read_bytes())}
    again = call("archive", SLUG, "--yes", env={"ALLIES_SYNC_TODAY": "2027-07-01"})
    assert again.code == 0 and "Tout est déjà archivé" in again.out
    assert snapshot(place / "espaces") | {"": (0, package.read_bytes())} == before
    plan = call("plan", SLUG, env=TODAY)
    assert plan.code == 0, plan.said

    verified = call("archive", "verify", str(package))
    assert verified.code == 0 and "Le paquet est entier" in verified.out
    data = bytearray(package.read_bytes())
    data[len(data) // 2] ^= 1
    spoilt = place / "abîmé.zip"
    spoilt.write_bytes(bytes(data))
    ran = call("archive", "verify", str(spoilt))
    assert ran.code != 0 and "Traceback" not in ran.said
    with open_package(package) as kept:
        manifest = kept.manifest
        assert {it.path for it in manifest.files} == {
            path.relative_to(files).as_posix()
            for path in files.rglob("*")
            if path.is_file() and "_allies-sync" not in path.parts
        }
        pages = [it for it in manifest.resources if it.kind == "page"]
        assert all(it.content and it.page and it.markdown for it in pages)
        assert {it.form for it in manifest.answers} == {"form:amont", "form:a-chaud-journee", "form:a-froid"}

    ran = call("bilan", "draft", SLUG, "--yes", env=TODAY)
    assert ran.code == 2 and f"allies-sync unarchive {SLUG}" in ran.err, ran.said
    ran = call("unarchive", SLUG, "--yes", env=TODAY)
    assert ran.code == 0, ran.said
    assert {path: path.stat().st_mode for path in modes} == modes
    assert "gardé comme mémoire" not in (wiki / "index.html").read_text("utf-8")


def test_what_is_missing_is_told_with_the_command_that_adds_it(call: Run, place: Path) -> None:
    """A bare engagement: nothing but its title. Forced, the mémoire says what it lacks."""
    opening = ("new-engagement", "Une journée", "--client", "Une association", "--start", "2027-03-01", "--yes")
    assert call(*opening, env=TODAY).code == 0
    slug = "2027-une-journee"
    refused = call("archive", slug, "--yes", env=TODAY)
    assert refused.code == 2
    for role in ("cahier-des-charges", "proposition"):
        assert f"allies-sync add {slug} {role}" in refused.said
    assert f"allies-sync bilan draft {slug}" in refused.said
    assert not (place / f"{slug}-memoire.zip").exists()
    status = call("status", slug, "--json", env=TODAY)
    assert status.json["engagements"][0]["missing"] == ["cahier-des-charges", "proposition", "bilan"]
    forced = call("archive", slug, "--yes", "--force", "--json", env=TODAY)
    assert forced.code == 0, forced.said
    memoire = forced.json["memoire"]
    assert memoire["other"] == [{"label": "Ce qui manque", "value": "cahier des charges, proposition, bilan"}]
    assert memoire["link_proposition"] is None


def test_a_form_of_memoires_that_somebody_deleted_is_made_again(call: Run, place: Path, opened: Path) -> None:
    assert call("archive", SLUG, "--yes", "--force", env=TODAY).code == 0
    assert call("unarchive", SLUG, "--yes", env=TODAY).code == 0
    shared = next(place.rglob("_collectif/formulaires")).parent
    before = sorted(it.relative_to(shared) for it in shared.rglob("*") if it.is_file())
    for found in [*shared.rglob("*memoire*"), *shared.rglob("*mémoire*")]:
        found.unlink(missing_ok=True) if found.is_file() else None
    for folder in shared.rglob("*"):
        if folder.is_dir() and "memoire" in folder.name:
            for file in folder.rglob("*"):
                file.unlink() if file.is_file() else None
    again = call("archive", SLUG, "--yes", "--force", env=TODAY)
    assert again.code == 0, again.said
    assert sorted(it.relative_to(shared) for it in shared.rglob("*") if it.is_file()) == before


def test_what_is_not_over_yet_is_told(call: Run, opened: Path) -> None:
    early = {"ALLIES_SYNC_TODAY": "2026-12-01"}
    assert "n'est pas terminé" in call("archive", SLUG, "--dry-run", env=early).err
    assert "n'est pas terminé" not in call("archive", SLUG, "--dry-run", env=TODAY).err


def test_a_cancelled_engagement_is_kept_as_cancelled(call: Run, place: Path, opened: Path) -> None:
    assert call("cancel", SLUG, "--yes", env=TODAY).code == 0
    refused = call("archive", SLUG, "--yes", env=TODAY)
    assert refused.code == 2 and "--force" in refused.err and "allies-sync add" not in refused.said
    assert f"allies-sync edit {SLUG} --set state=ouvert" in refused.err
    assert f"allies-sync edit {SLUG} --set state=ouvert" in call("add", SLUG, "bilan", "Bilan.pdf", env=TODAY).err
    ran = call("archive", SLUG, "--yes", "--force", "--json", env=TODAY)
    assert ran.code == 0, ran.said
    assert ran.json["memoire"]["progress"] == "Annulée"
    assert call("unarchive", SLUG, "--yes", env=TODAY).code == 0
    assert call("status", SLUG, "--json", env=TODAY).json["engagements"][0]["state"] == "annulé"


def test_documents_are_added_without_losing_any(call: Run, place: Path, files: Path, opened: Path) -> None:
    """Twice the same; a colleague's own version meanwhile; a colleague's file of the same name; new words."""
    bilans = files / "Bilan"
    assert call("add", SLUG, "bilan", "Bilan.pdf", "--yes", env=TODAY).code == 0
    before = snapshot(files)
    again = call("add", SLUG, "bilan", "Bilan.pdf", "--yes", env=TODAY)
    assert again.code == 0 and "déjà dans l'espace" in again.said
    assert snapshot(files) == before

    (bilans / "Bilan.pdf").write_bytes(b"de la main d'une collegue")
    changed = call("add", SLUG, "bilan", "Bilan.pdf", "--yes", env=TODAY)
    assert changed.code == 0 and "déjà dans l'espace" not in changed.said
    assert "quelqu'un" in changed.said and "n'a pas été remplacé" in changed.said and "--replace" in changed.said
    assert (bilans / "Bilan.pdf").read_bytes() == b"de la main d'une collegue"
    replaced = call("add", SLUG, "bilan", "Bilan.pdf", "--replace", "--yes", env=TODAY)
    assert replaced.code == 0 and (bilans / "Bilan.pdf").read_bytes() == opened.read_bytes(), replaced.said
    (bilans / "Bilan.pdf").write_bytes(b"de la main d'une collegue")
    opened.write_bytes(b"%PDF-1.7 une deuxieme version")
    beside = call("add", SLUG, "bilan", "Bilan.pdf", "--yes", env=TODAY)
    assert beside.code == 0 and "à côté" in beside.said, beside.said
    assert (bilans / "Bilan.pdf").read_bytes() == b"de la main d'une collegue"
    assert (bilans / "Bilan (2).pdf").read_bytes() == opened.read_bytes()
    before = snapshot(files)
    assert call("add", SLUG, "bilan", "Bilan.pdf", "--yes", env=TODAY).code == 0
    assert snapshot(files) == before

    (files / "Cahier des charges" / "Appel.pdf").write_bytes(b"mis ici par quelqu'un")
    (place / "Appel.pdf").write_bytes(b"le notre")
    assert call("add", SLUG, "cahier-des-charges", "Appel.pdf", "--yes", env=TODAY).code == 0
    assert (files / "Cahier des charges" / "Appel.pdf").read_bytes() == b"mis ici par quelqu'un"
    assert (files / "Cahier des charges" / "Appel (2).pdf").read_bytes() == b"le notre"

    (place / "Appel.pdf").write_bytes(b"le notre, mieux")
    replaced = call("add", SLUG, "ressource", "Appel.pdf", "--yes", env=TODAY)
    assert replaced.code == 0
    (place / "Appel.pdf").write_bytes(b"le notre, encore mieux")
    replaced = call("add", SLUG, "ressource", "Appel.pdf", "--yes", env=TODAY)
    kept = re.search(r"version précédente est gardée dans (.+)", replaced.said)
    assert replaced.code == 0 and kept, replaced.said
    assert Path(kept[1].strip()).read_bytes() == b"le notre, mieux"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("bilan", "vide.pdf"), "est vide"),
        (("bilan", "blancs.txt"), "est vide"),
        (("proposition", "modele.md"), "le modèle lui-même"),
        (("bilan", "absent.pdf"), "ne peut pas être lu"),
        (("bilan", "."), "n'est pas un fichier"),
        (("ressource", "http://exemple.org/x"), "https://"),
        (("ressource", "https://nom:secret@exemple.org/x"), "https://"),
        (("ressource", "javascript://x"), "https://"),
        (("roman", "Bilan.pdf"), "n'est pas une sorte de document"),
        (("bilan",), "Quel document"),
    ],
)
def test_what_is_no_document_is_refused(
    call: Run, place: Path, files: Path, opened: Path, arguments: tuple[str, ...], said: str
) -> None:
    (place / "vide.pdf").write_bytes(b"")
    (place / "blancs.txt").write_bytes(b"\xef\xbb\xbf \r\n\t\n")
    shutil.copy(files / "Proposition" / "Proposition.md", place / "modele.md")
    before = snapshot(files)
    ran = call("add", SLUG, *arguments, "--yes", env=TODAY)
    assert ran.code == 2 and said in ran.said, ran.said
    assert snapshot(files) == before


def test_nothing_is_shown_without_the_clients_consent(call: Run, place: Path, files: Path, opened: Path) -> None:
    (place / "Demande.pdf").write_bytes(b"%PDF-1.7 la demande du client")
    added = call("add", SLUG, "cahier-des-charges", "Demande.pdf", "--yes", env=TODAY)
    assert "n'est lu que par l'équipe" in added.said
    page = place / "espaces" / "wiki" / SLUG / "documents.html"
    assert "Demande" not in page.read_text("utf-8")
    future = call("consent", SLUG, "--document", "cahier-des-charges", "--date", "2099-01-01", "--yes", env=TODAY)
    assert future.code == 2
    given = ("consent", SLUG, "--document", "cahier-des-charges", "--date", "2027-05-30", "--by", "Direction")
    assert call(*given, "--yes", env=TODAY).code == 0
    assert "Demande.pdf" in page.read_text("utf-8")
    before = snapshot(files)
    assert call(*given, "--yes", env=TODAY).code == 0
    assert snapshot(files) == before
    assert call("consent", SLUG, "--document", "cahier-des-charges", "--withdraw", "--yes", env=TODAY).code == 0
    assert "Demande.pdf" not in page.read_text("utf-8")


def test_people_keep_their_pages_and_the_space_is_archived_without_asking(
    call: Run, place: Path, wiki: Path, opened: Path
) -> None:
    """A page that people wrote in, and that archiving would change too."""
    assert call("add", SLUG, "bilan", "Bilan.pdf", "--yes", env=TODAY).code == 0
    home = wiki / "sources" / "index.md"
    home.write_text(home.read_text("utf-8") + "\nUn mot de la main de Sacha.\n", "utf-8")
    ran = call("archive", SLUG, "--yes", env=TODAY)
    assert ran.code == 0, ran.said
    assert "Un mot de la main de Sacha." in home.read_text("utf-8")
    assert not home.stat().st_mode & 0o222
    page = (wiki / "index.html").read_text("utf-8")
    assert "Un mot de la main de Sacha." in page and "gardé comme mémoire" in page


@pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"), reason="needs a way to be nobody in particular"
)
def test_a_participant_cannot_write_into_what_is_frozen(
    call: Run, place: Path, files: Path, wiki: Path, opened: Path
) -> None:
    """Tried, not read from the bits: as another account of this machine."""
    import subprocess

    call("add", SLUG, "bilan", "Bilan.pdf", "--yes", env=TODAY)
    assert call("archive", SLUG, "--yes", env=TODAY).code == 0
    prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    for path in (files / "Bilan" / "Bilan.pdf", wiki / "sources" / "programme.md", wiki / "index.html"):
        tried = subprocess.run(
            [*prefix, "sh", "-c", 'echo essai >> "$1"', "sh", str(path)], capture_output=True, check=False
        )
        assert tried.returncode != 0
        assert b"essai" not in path.read_bytes()[-10:]


def test_a_package_never_takes_the_place_of_something_else(call: Run, place: Path, opened: Path) -> None:
    call("add", SLUG, "bilan", "Bilan.pdf", "--yes", env=TODAY)
    other = place / "thèse.zip"
    other.write_bytes(b"PK\x03\x04 tout autre chose")
    ran = call("archive", SLUG, "-o", "thèse.zip", "--yes", env=TODAY)
    assert ran.code == 2 and other.read_bytes() == b"PK\x03\x04 tout autre chose"
    assert call("archive", SLUG, "-o", "nulle/part.zip", "--yes", env=TODAY).code == 2


def test_nothing_personal_is_in_a_package(call: Run, place: Path, wiki: Path, opened: Path) -> None:
    """Answers with a name and an address in them, and one that a spreadsheet would run."""
    answers = wiki / "reponses" / "amont"
    answers.mkdir(parents=True)
    for number in range(6):
        values = {
            "prenom": f"Zoé Personnelle {number}",
            "structure": f"zoe{number}@prive.example",
            "attentes": "=HYPERLINK(1)" if number == 0 else "Apprendre ensemble",
        }
        (answers / f"reponse-{number}.json").write_text(json.dumps({"values": values}), "utf-8")
    call("add", SLUG, "bilan", "Bilan.pdf", "--yes", env=TODAY)
    assert call("archive", SLUG, "--yes", env=TODAY).code == 0
    package = place / f"{SLUG}-memoire.zip"
    data = package.read_bytes()
    assert b"prive.example" not in data and "Zoé Personnelle".encode() not in data
    with open_package(package) as kept:
        answered = next(it for it in kept.manifest.answers if it.form == "form:amont")
        assert answered.answers == 6
        told = kept.read(answered.csv).decode("utf-8-sig")
        assert told.count("Apprendre ensemble") == 5 and "'=HYPERLINK(1)" in told
        whole = json.loads(kept.read(answered.json_))
        assert {key for row in whole["answers"] for key in row} == {"attentes"}
        assert "email" not in kept.read(kept.manifest.engagement).decode()


def test_a_deleted_document_comes_back_when_it_is_asked_for(
    call: Run, place: Path, files: Path, opened: Path
) -> None:
    (place / "photo.jpg").write_bytes(b"une photo")
    assert call("add", SLUG, "ressource", "photo.jpg", "--yes", env=TODAY).code == 0
    there = files / "Ressources" / "photo.jpg"
    there.unlink()
    before = snapshot(place / "espaces")
    refused = call("add", SLUG, "ressource", "photo.jpg", "--yes", env=TODAY)
    assert refused.code == 2 and "--recreate" in refused.said and "déjà dans l'espace" not in refused.said
    assert snapshot(place / "espaces") == before
    again = call("add", SLUG, "ressource", "photo.jpg", "--recreate", "--yes", env=TODAY)
    assert again.code == 0, again.said
    assert there.read_bytes() == b"une photo"
    idle = call("add", SLUG, "ressource", "photo.jpg", "--yes", env=TODAY)
    assert idle.code == 0 and "déjà dans l'espace" in idle.said

    there.unlink()
    (place / "photo.jpg").write_bytes(b"une autre photo")
    assert call("add", SLUG, "ressource", "photo.jpg", "--yes", env=TODAY).code == 2
    assert call("add", SLUG, "ressource", "photo.jpg", "--recreate", "--yes", env=TODAY).code == 0
    assert there.read_bytes() == b"une autre photo"

    shutil.rmtree(there.parent)
    gone = call("add", SLUG, "ressource", "photo.jpg", "--recreate", "--yes", env=TODAY)
    assert gone.code == 2 and "dossier" in gone.said, gone.said


def test_a_reformulation_that_somebody_changed_stays_beside_the_new_one(
    call: Run, place: Path, files: Path, opened: Path
) -> None:
    def add(words: str, *options: str) -> Any:
        (place / "mots.md").write_text(words, encoding="utf-8")
        return call("add", SLUG, "reformulation", "mots.md", *options, "--yes", env=TODAY)

    assert add("Apprendre à coopérer.").code == 0
    (there,) = files.rglob("Reformulation de la demande.pdf")
    there.write_bytes(b"de la main d'une collegue")
    beside = add("Apprendre à décider.")
    assert beside.code == 0 and "à côté" in beside.said, beside.said
    other = there.with_name("Reformulation de la demande (2).pdf")
    assert there.read_bytes() == b"de la main d'une collegue"
    assert other.read_bytes().startswith(b"%PDF-")
    before = snapshot(files)
    assert add("Apprendre à décider.").code == 0
    assert snapshot(files) == before

    replaced = add("Apprendre à décider.", "--replace")
    assert replaced.code == 0, replaced.said
    assert there.read_bytes().startswith(b"%PDF-")
    kept = re.search(r"remplacé est gardé dans (.+)", replaced.said)
    assert kept and Path(kept[1].strip()).read_bytes() == b"de la main d'une collegue", replaced.said
    there.unlink()
    assert add("Apprendre à décider.").code == 2
    assert add("Apprendre à décider.", "--recreate").code == 0
    assert there.read_bytes().startswith(b"%PDF-")


def test_a_missing_bilan_is_written_with_the_tool(call: Run, opened: Path) -> None:
    ran = call("archive", SLUG, "--dry-run", env=TODAY)
    assert ran.code == 0 and f"allies-sync bilan draft {SLUG}" in ran.said
    assert call("bilan", "draft", SLUG, "--yes", env=TODAY).code == 0
    assert f"allies-sync publish-bilan {SLUG}" in call("archive", SLUG, "--yes", env=TODAY).said


def test_leaving_the_archive_by_another_door_leaves_nothing_of_it(call: Run, files: Path, opened: Path) -> None:
    """Cancelled, or set to another state: the data no longer say that it was archived, nor that it was cancelled."""
    described = files / "_allies-sync" / "engagement.toml"
    for command, state in ((("cancel",), "annulé"), (("edit", "--set", "state=en cours"), "en cours")):
        assert call("archive", SLUG, "--force", "--yes", env=TODAY).code == 0
        assert "archived_from" in described.read_text("utf-8")
        assert call(command[0], SLUG, *command[1:], "--yes", env=TODAY).code == 0
        text = described.read_text("utf-8")
        assert f'state = "{state}"' in text and "archived" not in text
        assert ("cancelled" in text) is (state == "annulé")


def test_an_engagement_is_not_archived_by_its_data_alone(call: Run, files: Path, opened: Path) -> None:
    """Nothing would be said of what is missing, and there would be no mémoire and no package."""
    ran = call("edit", SLUG, "--set", "state=archivé", "--yes", env=TODAY)
    assert ran.code == 2 and f"allies-sync archive {SLUG}" in ran.err
    assert "archived" not in (files / "_allies-sync" / "engagement.toml").read_text("utf-8")
