"""``memoires`` as people and programs call it: in a process of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from allies_sync.model.memoire import KEYS
from tests.cli.conftest import Run
from tests.memoires.wikis import PAGES, TRUE, needs_shared, normal, serving, true_values

BOTH = {"ALLIES_SYNC_PLUGINS": "allies_sync_local,allies_sync_yeswiki"}
CONFIG = (
    '[collective]\nname = "Essai"\n[roles.files]\nplatform = "local"\npath = "f"\n'
    '[roles.wiki]\nplatform = "local"\npath = "w"\n'
)
ONE = {"tag": "UnE", "title": "Une action", "nature": ["Formation"], "link_documentation": "https://exemple.org/d"}


@pytest.fixture
def collective(place: Path) -> Path:
    (place / "allies-sync.toml").write_text(CONFIG, "utf-8")
    (place / "une.json").write_text(json.dumps([ONE]), "utf-8")
    return place


@needs_shared
def test_import_needs_no_configuration_and_prints_the_keys_of_the_commons(run: Run):
    done = run("memoires", "import", str(PAGES / "old/html/bazarliste-accordeon.html"), "--json", env=BOTH)
    assert (done.code, done.err) == (0, "")
    assert all(tuple(item) == KEYS for item in done.json)
    true = true_values()
    assert [normal(item) for item in done.json] == [normal(true[item["tag"]]) for item in done.json]
    assert len(done.json) == 38


@needs_shared
def test_an_address_is_imported(run: Run):
    body = (PAGES / "old/html/bazarliste-accordeon.html").read_bytes()
    with serving(lambda path: (200, "text/html; charset=UTF-8", body)) as at:
        done = run("memoires", "import", f"{at.url}/wakka.php?wiki=Liste", "--json", env=BOTH)
    assert done.code == 0
    assert len(done.json) == 38


@needs_shared
def test_check_reproduces_what_the_seeds_show(run: Run):
    done = run("memoires", "check", str(TRUE), env=BOTH)
    assert "38 mémoires" in done.out
    assert "2 complètes, 27 sans aucun lien" in done.out
    told = run("memoires", "check", str(TRUE), "--json", env=BOTH).json
    assert (told["count"], told["complete"], told["without_links"]) == (38, 2, 27)
    assert sum("success" in one["missing"] for one in told["memoires"]) == 2
    assert sum("progress" in one["missing"] for one in told["memoires"]) == 1


def test_what_is_wrong_is_a_sentence(run: Run, place: Path):
    (place / "page.html").write_text("<p>Bonjour</p>")
    for arguments, code in (
        (("import", "nulle-part.html"), 2),
        (("import", "page.html"), 2),
        (("import", "http://127.0.0.1:9/"), 1),
        (("import", "http://user:secret@127.0.0.1/"), 1),
        (("export", "page.html", "--format", "docx"), 2),
        (("complete", "--from", "x.toml"), 2),
    ):
        done = run("memoires", *arguments, env=BOTH)
        assert done.code == code, (arguments, done.said)
        assert done.err and "Traceback" not in done.said and "secret@" not in done.said


def test_a_failure_half_way_prints_nothing(run: Run, place: Path):
    (place / "half.json").write_text('[{"title": "Une", "nature": [], "link_documentation": null}, {"title": ')
    done = run("memoires", "import", "half.json", "--json", env=BOTH)
    assert done.code == 2
    assert list(done.json) == ["error"]


def test_push_new_complete_export(run: Run, collective: Path):
    assert run("memoires", "push", "une.json", env=BOTH).code == 2  # nobody to confirm
    shown = run("memoires", "push", "une.json", "--dry-run", env=BOTH)
    assert "+ 1 mémoire : Une action" in shown.out
    assert run("memoires", "push", "une.json", "--yes", env=BOTH).code == 0
    again = run("memoires", "push", "une.json", "--yes", "--json", env=BOTH)
    assert again.json["summary"] == {"none": 9}  # seven lists, the form, the entry
    (collective / "deux.toml").write_text('title = "Deux"\nyears = 2019\nsuccess = "Moyen"\n', "utf-8")
    made = run("memoires", "new", "--from", "deux.toml", "--yes", env=BOTH)
    assert made.code == 0
    assert "Moyen" in made.err
    assert run("memoires", "new", "--from", "deux.toml", "--yes", env=BOTH).code == 2
    (collective / "plus.toml").write_text('authors = "Nous"\nlink_proposition = "https://exemple.org/p"\n', "utf-8")
    assert run("memoires", "complete", "Deux", "--from", "plus.toml", "--yes", env=BOTH).code == 0
    listed = {item["title"]: item for item in json.loads(run("memoires", "export", env=BOTH).out)}
    assert listed["Deux"]["authors"] == "Nous"
    assert listed["Deux"]["years"] == ["2019"]
    assert listed["Une action"]["nature"] == ["Formation"]
    told = run("memoires", "check", "--json", env=BOTH).json
    assert (told["count"], told["without_links"]) == (2, 0)


def test_complete_keeps_what_somebody_wrote_on_the_wiki(run: Run, collective: Path):
    run("memoires", "push", "une.json", "--yes", env=BOTH)
    [path] = (collective / "w/_collectif/fiches/memoires").glob("*.json")
    data = json.loads(path.read_text("utf-8"))
    data["values"]["description"] = "Écrite sur le wiki"
    path.write_text(json.dumps(data), "utf-8")
    (collective / "plus.toml").write_text('authors = "Nous"\n', "utf-8")
    assert run("memoires", "complete", "UnE", "--from", "plus.toml", "--yes", env=BOTH).code == 0
    values = json.loads(path.read_text("utf-8"))["values"]
    assert (values["description"], values["auteurs"]) == ("Écrite sur le wiki", "Nous")


def test_spreadsheets_find_no_formula(run: Run, place: Path):
    hostile = {**ONE, "title": "=cmd|' /C calc'!A0", "authors": "@SUM(1)", "description": "-1+1\n=2", "licence": "+1"}
    (place / "h.json").write_text(json.dumps([hostile]), "utf-8")
    done = run("memoires", "export", "h.json", "-o", "h.csv", env=BOTH)
    assert done.code == 0
    import csv

    [_head, row] = csv.reader((place / "h.csv").open(encoding="utf-8-sig", newline=""), delimiter=";")
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    assert run("memoires", "export", "h.json", "-o", "h.csv", env=BOTH).code == 2  # never over another file


def test_json_ld_is_a_graph_of_works(run: Run, place: Path):
    (place / "une.json").write_text(json.dumps([ONE, {**ONE, "tag": "DeuX"}]), "utf-8")
    done = run("memoires", "export", "une.json", "--format", "jsonld", env=BOTH)
    told = json.loads(done.out)
    assert told["@context"] == "https://schema.org"
    assert [item["identifier"] for item in told["@graph"]] == ["UnE", "DeuX"]
    assert told["@graph"][0]["hasPart"][0]["url"] == "https://exemple.org/d"


def test_links_are_probed_politely_and_only_when_asked(run: Run, place: Path):
    def respond(path: str) -> tuple[int, str, bytes] | tuple[int, str, bytes, dict[str, str]]:
        if path == "/moved":
            return 302, "text/html", b"", {"Location": "/ok"}
        return {"/ok": 200, "/gone": 404, "/down": 503}.get(path, 200), "text/html", b"x"

    with serving(respond) as at:
        paths = ("/ok", "/gone", "/down", "/moved", "/gone")
        one = {"title": "T", "nature": ["Formation"]}
        items = [{**one, "tag": f"T{n}", "link_documentation": at.url + path} for n, path in enumerate(paths)]
        items[0]["link_proposition"] = "http://10.255.255.1/x"
        (place / "liens.json").write_text(json.dumps(items), "utf-8")
        asked = len(at.asked)
        run("memoires", "check", "liens.json", "--json", env=BOTH)
        assert len(at.asked) == asked
        files = json.dumps(items).encode()
        with serving(lambda path: (200, "application/json", files)) as list_at:
            done = run("memoires", "check", f"{list_at.url}/l.json", "--links", "--json", env=BOTH)
    states = {one["tag"]: one["links"]["link_documentation"]["state"] for one in done.json["memoires"]}
    assert states == {"T0": "alive", "T1": "dead", "T2": "unknown", "T3": "alive", "T4": "dead"}
    assert done.json["memoires"][0]["links"]["link_proposition"]["state"] == "unknown"  # private: not opened
    assert done.json["dead_links"] == 2
    assert at.asked.count("/gone") == 2  # HEAD, then GET; asked for once though two mémoires link it


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal")
def test_new_asks_one_question_after_the_other(collective: Path, environment: dict[str, str]):
    import os
    import pty
    import select
    import subprocess
    import time

    leader, follower = pty.openpty()
    answers = ["Atelier du soir", "2,3", "1", "", "2", "", "2021", "Une ligne", "", "Une autre", "."]
    answers += ["pas une adresse", "https://exemple.org/c", "", "", "Nous", "1", "", "o"]
    process = subprocess.Popen(
        [sys.executable, "-m", "allies_sync", "memoires", "new"],
        stdin=follower, stdout=follower, stderr=follower, cwd=collective, env=environment | BOTH, close_fds=True,
    )  # fmt: skip
    os.close(follower)
    said, waiting, deadline = "", list(answers), time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        ready, _w, _x = select.select([leader], [], [], 0.3)
        if ready:
            try:
                said += os.read(leader, 65536).decode("utf-8", "replace")
            except OSError:
                break
        elif waiting:
            os.write(leader, (waiting.pop(0) + "\n").encode())
    assert process.wait(10) == 0, said
    os.close(leader)
    [path] = (collective / "w/_collectif/fiches/memoires").glob("*.json")
    values = json.loads(path.read_text("utf-8"))["values"]
    assert values["titre"] == "Atelier du soir"
    assert values["nature"] == "formation,temps-collectif"
    assert values["participants"] == "moins-de-6"
    assert values["avancement"] == "terminee"
    assert values["annee"] == "2021"
    assert values["description"] == "Une ligne\n\nUne autre"
    assert values["lien_cahier"] == "https://exemple.org/c"
    assert values["licence"] == "cc-by-sa"
