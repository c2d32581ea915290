"""``answers``: read, counted, in files; from paper; withdrawn; purged; live."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from allies_sync.answers.sheets import read_sheet, to_ods
from allies_sync.answers.tables import Table
from allies_sync.cli.live_answers import _place
from tests.answers.samples import HOSTILE, SECRET
from tests.cli.conftest import ROOT, Run, contents, listening

SLUG = "2027-dynamiques-de-cooperation"
AMONT = ("--moment", "amont")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which an engagement is open, made once."""
    folder = tmp_path_factory.mktemp("modele")
    example = str(ROOT / "examples" / "dynamiques-de-cooperation.toml")
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "plugins")])
    subprocess.run(
        [sys.executable, "-m", "allies_sync", "new-engagement", "--from", example, "--yes"],
        cwd=folder,
        env={**os.environ, "ALLIES_SYNC_PLUGINS": "allies_sync_local", "PYTHONPATH": path, "HOME": str(folder)},
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def space(model: Path, place: Path, environment: dict[str, str]) -> Path:
    """The wiki's folder of an engagement that is open."""
    environment["ALLIES_SYNC_TODAY"] = "2027-03-01"
    shutil.copytree(model / "espaces", place / "espaces")
    return place / "espaces" / "wiki" / SLUG


def put(space: Path, name: str, form: str = "amont", **values: object) -> None:
    folder = space / "reponses" / form
    folder.mkdir(parents=True, exist_ok=True)
    data = {"created": f"2027-03-02T10:{len(list(folder.iterdir())):02}:00+00:00", "values": values}
    (folder / f"{name}.json").write_text(json.dumps(data))


def fill(space: Path) -> None:
    for number, text in enumerate(HOSTILE):
        put(space, f"R{number:03}", attentes=text, experience=text[:40], modules=["projet"], prenom=SECRET)


def test_what_was_answered_is_shown(call: Run, space: Path) -> None:
    put(space, "R1", attentes="Apprendre", experience="2", modules=["projet", "statuts"], prenom="Camille")
    put(space, "R2", attentes="Rencontrer\ndes gens", experience="2", structure="Ressourcerie")
    ran = call("answers", SLUG, *AMONT)
    assert ran.code == 0 and "personnelles" not in ran.err
    assert "Questionnaire avant la rencontre · amont · 2 réponses, le 2 mars 2027" in ran.out
    assert re.search(r"█+ +2 +100\u202f% +Une fois ou deux", ran.out)
    assert "     1 │ Apprendre\n     2 │ Rencontrer\n       │ des gens\n" in ran.out
    assert "Camille" not in ran.out and "Ressourcerie" not in ran.out
    ran = call("answers", SLUG, *AMONT, "--personal")
    assert "Camille" in ran.out and "Votre prénom (personnel)" in ran.out
    assert "Attention : les réponses personnelles sont montrées (Votre prénom" in ran.err


def test_hostile_answers_are_words_everywhere(call: Run, space: Path) -> None:
    fill(space)
    for arguments in ((), ("-v",), ("--personal",), ("--json",), ("--format", "csv")):
        ran = call("answers", SLUG, *AMONT, *arguments)
        assert ran.code == 0
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ue000]", ran.said.replace("\r\n", "\n")
        )
        assert (SECRET in ran.said) is (arguments == ("--personal",))
        for word in ("alert(1)", "HYPERLINK", "cmd|", "avant"):
            assert word in ran.out
    ran = call("answers", SLUG, *AMONT)
    assert len(ran.out) < 60_000, "a megabyte of text does not fill the screen"
    assert "(coupé : 1100000 caractères" in ran.out
    forged = [line for line in ran.out.splitlines() if "Espace supprimé" in line or "Continuer ?" in line]
    assert forged and all("│ " in line[:11] or "«" in line for line in forged), "never taken for ours"
    document = call("answers", SLUG, *AMONT, "--json").json
    [form] = document["forms"]
    texts = {it["answer"]: it["text"] for it in form["questions"][0]["texts"]}
    for number, text in enumerate(HOSTILE):
        if text != "\ud800 seul":
            assert texts[f"R{number:03}"] == text, "as it was typed"


def test_the_document(call: Run, space: Path) -> None:
    put(space, "R1", attentes="Apprendre", experience="2", prenom="Camille", inconnu="x")
    document = call("answers", SLUG, "--json").json
    assert set(document) == {"slug", "personal", "forms", "missing", "remarks", "unread"}
    assert [form["moment"] for form in document["forms"]] == ["amont", "a-chaud", "a-froid"]
    form = document["forms"][0]
    assert (form["count"], form["first"]) == (1, "2027-03-02T10:00:00+00:00")
    assert form["answers"] == [
        {"id": "R1", "received": form["first"], "values": {"attentes": "Apprendre", "experience": "2"}}
    ]
    experience = form["questions"][1]
    assert experience["counts"][1] == {"key": "2", "label": "Une fois ou deux", "number": 1}
    assert document["forms"][1]["session"] == "journee" and document["forms"][1]["count"] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--moment", "jamais"), "amont, a-chaud, a-froid"),
        (("--session", "7"), "n'a pas de rencontre « 7 »"),
        (("--session", "1", "--moment", "amont"), "a-chaud"),
        (("--format", "pdf"), "csv, ods, json"),
        (("-o", "reponses"), ".csv, .ods, .json"),
        (("--json", "--format", "csv"), "-o FICHIER"),
        (("--minutes", "0"), "de 1 à 1440"),
        (("--live", "--personal"), "--live"),
    ],
)
def test_what_cannot_be_is_told(call: Run, space: Path, arguments: tuple[str, ...], words: str) -> None:
    ran = call("answers", SLUG, *arguments)
    assert ran.code == 2 and words in ran.said


def test_one_meeting(call: Run, space: Path) -> None:
    put(space, "R1", form="a-chaud-journee")
    [form] = call("answers", SLUG, "--session", "1", "--json").json["forms"]
    assert (form["id"], form["count"]) == ("form:a-chaud/journee", 1) or form["session"] == "journee"


def test_files(call: Run, space: Path, place: Path) -> None:
    fill(space)
    ran = call("answers", SLUG, *AMONT, "-o", "r.csv")
    assert ran.code == 0 and f"{len(HOSTILE)} réponses sont écrites" in ran.out
    rows = list(csv.reader(io.StringIO((place / "r.csv").read_text("utf-8-sig"), newline=""), delimiter=";"))
    assert len(rows) == len(HOSTILE) + 1 and rows[0][:2] == ["N°", "Reçue le"]
    again = call("answers", SLUG, *AMONT, "-o", "r.csv")
    assert again.code == 2 and "existe déjà" in again.err
    assert call("answers", SLUG, *AMONT, "-o", "r.csv", "--force").code == 0
    ran = call("answers", SLUG, "-o", "r.ods", "--personal", "--json")
    assert ran.json == {
        "slug": SLUG,
        "file": "r.ods",
        "format": "ods",
        "answers": len(HOSTILE),
        "personal": True,
    }
    if os.name != "nt":
        assert (place / "r.ods").stat().st_mode & 0o077 == 0, "for its owner alone"
    assert any(SECRET in cell for row in read_sheet((place / "r.ods").read_bytes()) for cell in row)
    assert call("answers", SLUG, *AMONT, "--format", "json", "-o", "r.json").code == 0
    assert json.loads((place / "r.json").read_text())["forms"][0]["count"] == len(HOSTILE)
    assert call("answers", SLUG, *AMONT, "-o", "rien/r.csv").code == 2


def test_reading_changes_nothing(call: Run, space: Path, place: Path) -> None:
    fill(space)
    before = contents(place / "espaces")
    for arguments in ((), ("--json",), ("--format", "csv")):
        assert call("answers", SLUG, *arguments).code == 0
    assert contents(place / "espaces") == before


def test_a_questionnaire_that_is_gone_is_no_empty_one(call: Run, space: Path) -> None:
    (space / "formulaires" / "amont.json").unlink()
    ran = call("answers", SLUG, "--json")
    assert ran.code == 1 and ran.json["missing"] == ["form:amont"]
    assert "n'est plus sur le wiki" in ran.err
    assert [form["moment"] for form in ran.json["forms"]] == ["a-chaud", "a-froid"]


# --- paper -----------------------------------------------------------------------------------------------------


def type_in(file: Path, **rows: dict[str, str]) -> None:
    """A person fills in the sheet and saves it. Keyword: the number on the paper."""
    lines = read_sheet(file.read_bytes())
    names = lines[1]
    for number, cells in rows.items():
        line = next(it for it in lines if it[0] == number.removeprefix("n"))
        for name, text in cells.items():
            line[names.index(name.replace("__", ":"))] = text
    file.write_bytes(to_ods([Table("R", tuple(lines[0]), tuple(map(tuple, lines[1:])))]))


def test_from_paper(call: Run, space: Path, place: Path) -> None:
    assert call("answers", "sheet", SLUG).code == 2, "of which questionnaire?"
    ran = call("answers", "sheet", SLUG, *AMONT, "-o", "feuille.ods")
    assert ran.code == 0 and "answers add feuille.ods" in ran.out
    type_in(
        place / "feuille.ods",
        n1={"attentes": "=1+1", "experience": "Souvent", "modules__projet": "x", "prenom": "Camille"},
        n2={"attentes": "Deux", "experience": "2"},
    )
    dry = call("answers", "add", "feuille.ods", "--dry-run")
    assert dry.code == 0 and "2 réponses à ajouter" in dry.out and not (space / "reponses").exists()
    assert call("answers", "add", "feuille.ods").code == 2, "nobody is there to confirm"
    ran = call("answers", "add", "feuille.ods", "--yes", "--json")
    assert ran.json["added"] == ["1", "2"]
    before = contents(space)
    ran = call("answers", "add", SLUG, "feuille.ods", "--yes")
    assert ran.code == 0 and "2 y sont déjà" in ran.out
    assert contents(space) == before, "the same sheet twice adds nothing"
    type_in(place / "feuille.ods", n2={"attentes": "Deux, corrigé"}, n3={"attentes": "Trois"})
    ran = call("answers", "add", "feuille.ods", "--yes")
    assert ran.code == 1 and "1 réponse est ajoutée" in ran.out and "n° 2" in ran.err
    texts = [it["text"] for it in call("answers", SLUG, *AMONT, "--json").json["forms"][0]["questions"][0]["texts"]]
    assert sorted(texts) == ["=1+1", "Deux", "Trois"]


@pytest.mark.parametrize("moment", ["wrong", "slug", "file", "text"])
def test_sheets_that_are_refused(call: Run, space: Path, place: Path, moment: str) -> None:
    assert call("answers", "sheet", SLUG, *AMONT, "-o", "f.csv").code == 0
    text = (place / "f.csv").read_text("utf-8-sig")
    arguments: tuple[str, ...] = ("f.csv",)
    if moment == "wrong":
        text = text.replace("\n1;;;", "\n1;a;9;")
    elif moment == "slug":
        arguments = ("autre", "f.csv")
    elif moment == "file":
        arguments = ("absente.csv",)
    else:
        text = "a;b\n1;2\n"
    (place / "f.csv").write_text(text)
    ran = call("answers", "add", *arguments, "--yes")
    assert ran.code == 2 and "Rien n'a été ajouté" in ran.err
    assert not (space / "reponses").exists()


# --- one person's answer; what is personal ----------------------------------------------------------------------


def test_one_answer_is_withdrawn(call: Run, space: Path) -> None:
    put(space, "R1", attentes="Apprendre à coopérer", prenom="Zoé")
    put(space, "R2", attentes="Rencontrer", prenom="Zoé B.")
    assert call("answers", "withdraw", SLUG, "--yes").code == 2
    assert call("answers", "withdraw", SLUG, "--find", "personne", "--yes").code == 2
    ran = call("answers", "withdraw", SLUG, "--find", "zoe", "--yes")
    assert ran.code == 2 and "--id R1" in ran.err and "--id R2" in ran.err
    ran = call("answers", "withdraw", SLUG, "--find", "zoe COOPERER", "--dry-run")
    assert ran.code == 0 and "│ Apprendre à coopérer" in ran.out and "│ Zoé" in ran.out
    assert call("answers", "withdraw", SLUG, "--find", "zoe COOPERER").code == 2, "nobody is there to confirm"
    assert len(list((space / "reponses" / "amont").iterdir())) == 2
    ran = call("answers", "withdraw", SLUG, "--find", "zoe COOPERER", "--yes", "--json")
    assert ran.json == {"slug": SLUG, "form": "form:amont", "id": "R1", "removed": True, "left": []}
    assert [it.name for it in (space / "reponses" / "amont").iterdir()] == ["R2.json"]
    assert call("answers", "withdraw", SLUG, "--id", "../R2", "--yes").code == 2


def test_an_id_that_two_questionnaires_know_is_no_answer_yet(call: Run, space: Path) -> None:
    put(space, "R1", attentes="Apprendre", prenom="Zoé")
    froid = space / "reponses" / "a-froid"
    froid.mkdir(parents=True)
    (froid / "R1.json").write_text(json.dumps({"values": {"essais": "Un repas"}}), encoding="utf-8")
    ran = call("answers", "withdraw", SLUG, "--id", "R1", "--yes")
    assert ran.code == 2 and "Quelques semaines après" in ran.err and "--find" in ran.err
    assert (space / "reponses" / "amont" / "R1.json").exists() and (froid / "R1.json").exists()
    ran = call("answers", "withdraw", SLUG, "--id", "R1", "--find", "repas", "--yes", "--json")
    assert ran.json["form"] == "form:a-froid" and not (froid / "R1.json").exists()
    assert (space / "reponses" / "amont" / "R1.json").exists()


def test_a_sheet_does_not_bring_back_what_was_withdrawn(call: Run, space: Path, place: Path) -> None:
    assert call("answers", "sheet", SLUG, *AMONT, "-o", "feuille.ods").code == 0
    type_in(place / "feuille.ods", n1={"attentes": "Un"}, n2={"attentes": "Deux", "prenom": "Zoé"})
    assert call("answers", "add", "feuille.ods", "--yes").code == 0
    ran = call("answers", "withdraw", SLUG, "--find", "zoe", "--yes", "--json")
    assert ran.code == 0 and "cette feuille ne la ramènera pas" in ran.err
    type_in(place / "feuille.ods", n3={"attentes": "Trois"})
    again = call("answers", "add", "feuille.ods", "--yes", "--json")
    assert again.code == 0 and (again.json["added"], again.json["withdrawn"]) == (["3"], ["2"])
    assert "Zoé" not in "".join(path.read_text() for path in (space / "reponses").rglob("*.json"))
    toml = place / "espaces" / "fichiers" / SLUG / "_allies-sync" / "engagement.toml"
    assert ran.json["id"] in toml.read_text() and call("plan", SLUG).code == 0


def test_what_is_personal_is_purged_and_written_down(call: Run, space: Path, place: Path) -> None:
    put(space, "R1", attentes="Apprendre", prenom="Zoé", structure="Ressourcerie")
    put(space, "R2", attentes="Rencontrer")
    toml = place / "espaces" / "fichiers" / SLUG / "_allies-sync" / "engagement.toml"
    comment = toml.read_text() + "\n# gardé\n"
    toml.write_text(comment)
    before = contents(space)
    dry = call("answers", "purge", SLUG, "--dry-run")
    assert dry.code == 0 and "Votre prénom : 1 réponse" in dry.out and "12 mars 2028" in " ".join(dry.out.split())
    assert call("answers", "purge", SLUG).code == 2
    assert contents(space) == before and "purged" not in toml.read_text()
    ran = call("answers", "purge", SLUG, "--yes", "--json")
    assert ran.code == 0 and ran.json["forms"][0]["purged"] == 1 and ran.json["recorded"] == "2027-03-01"
    stored = "".join(path.read_text() for path in (space / "reponses").rglob("*.json"))
    assert "Zoé" not in stored and "Ressourcerie" not in stored and "Apprendre" in stored
    assert "purged = 2027-03-01" in toml.read_text() and toml.read_text().endswith("# gardé\n")
    again = call("answers", "purge", SLUG, "--yes")
    assert again.code == 0 and "Il n'y avait plus de réponse personnelle" in again.out
    assert call("sync", SLUG, "--yes").code == 0
    assert call("plan", SLUG).code == 0


def test_an_answer_that_cannot_be_read_is_told_and_hides_no_other(call: Run, space: Path, place: Path) -> None:
    put(space, "R1", attentes="Apprendre", prenom="Zoé")
    put(space, "R2", attentes="Rencontrer", prenom="Ali")
    broken = space / "reponses" / "amont" / "R2.json"
    broken.write_text(broken.read_text(encoding="utf-8")[:-4], encoding="utf-8")
    before = broken.read_bytes()
    ran = call("answers", SLUG, "--json")
    assert ran.code == 1 and ran.json["forms"][0]["count"] == 1 and "pas compté" in ran.err
    assert "R2.json" in ran.err and "R2.json" in ran.json["unread"][0]
    ran = call("answers", "withdraw", SLUG, "--find", "Rencontrer", "--yes")
    assert ran.code == 2 and "R2.json" in ran.err and "qui ait pu être lue" in ran.err
    draft = call("bilan", "draft", SLUG, "--yes")
    assert draft.code != 0 and "R2.json" in draft.err and "Rien n'a été modifié" in draft.err
    toml = place / "espaces" / "fichiers" / SLUG / "_allies-sync" / "engagement.toml"
    purged = call("answers", "purge", SLUG, "--yes", "--json")
    assert purged.code == 1 and purged.json["recorded"] is None and len(purged.json["unread"]) == 1
    assert purged.json["forms"][0]["purged"] == 1 and "R2.json" in purged.err and "purged" not in toml.read_text()
    again = call("answers", "purge", SLUG, "--yes")
    assert again.code == 1 and "plus de réponse personnelle" not in again.out and broken.read_bytes() == before
    broken.unlink()
    ran = call("answers", "purge", SLUG, "--yes", "--json")
    assert ran.code == 0 and ran.json["recorded"] and ran.json["unread"] == []


def test_status_says_when_the_promise_is_due(call: Run, space: Path) -> None:
    def codes(day: str) -> list[str]:
        ran = call("status", SLUG, "--json", env={"ALLIES_SYNC_TODAY": day})
        return [due["code"] for due in ran.json["engagements"][0]["due"] if due["late"]]

    assert "purge" not in codes("2028-03-12")
    assert "purge" in codes("2028-03-13")
    assert call("answers", "purge", SLUG, "--yes", env={"ALLIES_SYNC_TODAY": "2028-03-13"}).code == 0
    assert "purge" not in codes("2028-03-14")


# --- live ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise there")
def test_live_keeps_the_page_fresh_until_ctrl_c(
    run: Run, space: Path, place: Path, environment: dict[str, str]
) -> None:
    environment["ALLIES_SYNC_DATA"] = str(place / "data")
    for number in range(4):
        put(space, f"R{number}", attentes="secret", experience="2", prenom=SECRET)
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "allies_sync", "answers", SLUG, *AMONT, "--live", "--json"],
        env=environment,
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listening,
    )
    page, wall = space / "en-direct.html", place / "data" / "en-direct" / f"{SLUG}.html"
    try:
        assert until(lambda: "4 réponses" in page.read_text())
        assert "Une fois ou deux" not in page.read_text(), "too few to be shown"
        put(space, "R4", attentes="secret", experience="3", prenom=SECRET)
        assert until(lambda: "5 réponses" in page.read_text())
        assert until(lambda: "Une fois ou deux" in wall.read_text())
        assert 'http-equiv="refresh"' in wall.read_text()
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    document = json.loads(out)
    assert document["answers"] == 5 and document["writes"] >= 1 and document["reads"] >= 2
    for text in (page.read_text(), wall.read_text(), out, err):
        assert SECRET not in text and "secret" not in text
    assert 'http-equiv="refresh"' not in wall.read_text() and "Arrêté à" in wall.read_text()
    assert _place(SLUG, str(wall)) == wall, "a page of ours may be shown again"
    (place / "la.html").write_text("<p>À moi")
    again = run("answers", SLUG, *AMONT, "--live", "-o", "la.html")
    assert again.code == 2 and "n'est pas remplacé" in again.err


def until(condition: Any, seconds: float = 40) -> bool:
    """Waits for something to become true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except OSError:
            pass
        time.sleep(0.2)
    return False
