"""What a person can type wrong: one clear sentence, the next step, the right exit code, and nothing is changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run, contents

GOOD = ("new-engagement", "Une journée", "--client", "DLA", "--start", "2027-03-12", "--yes")

WRONG: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "an empty title": (("new-engagement", "", *GOOD[2:]), ["TITRE"]),
    "a title of spaces": (("new-engagement", "  \t ", *GOOD[2:]), ["TITRE"]),
    "a title of signs": (("new-engagement", "!!! ---", *GOOD[2:]), ["TITRE"]),
    "300 accents": (("new-engagement", "é" * 300, *GOOD[2:]), ["TITRE", "300", "200"]),
    "a title in another script": (("new-engagement", "Ω", *GOOD[2:], "--slug", "Ω"), ["--slug"]),
    "a slug with dots": ((*GOOD, "--slug", "../../etc"), ["--slug"]),
    "a slug with a slash": ((*GOOD, "--slug", "a/b"), ["--slug"]),
    "a slug of Windows": ((*GOOD, "--slug", "nul"), ["--slug"]),
    "an empty slug": ((*GOOD, "--slug", ""), ["--slug"]),
    "dates reversed": ((*GOOD, "--end", "2027-03-01"), ["--end", "2027-03-12"]),
    "a day that does not exist": (
        ("new-engagement", "T", "--client", "DLA", "--start", "2027-02-30", "--yes"),
        ["--start", "2027-02-30"],
    ),
    "a date in words": (
        ("new-engagement", "T", "--client", "DLA", "--start", "demain", "--yes"),
        ["--start", "demain"],
    ),
    "an empty client": (("new-engagement", "T", "--client", "", "--start", "2027-03-12", "--yes"), ["--client"]),
    "nothing but a title": (("new-engagement", "T", "--yes"), ["--client", "--start", "Exemple"]),
    "a number in words": ((*GOOD, "--participants", "douze"), ["--participants", "douze"]),
    "fewer than nobody": ((*GOOD, "--participants", "-3"), ["--participants"]),
    "an unknown template": ((*GOOD, "--template", "acompagnement"), ["acompagnement", "accompagnement"]),
    "a template that is a path": ((*GOOD, "--template", "../../etc"), ["--template"]),
    "no confirmation": (GOOD[:-1], ["--yes", "--dry-run"]),
    "a file that is missing": (("new-engagement", "--from", "nulle-part.toml", "--yes"), ["nulle-part.toml"]),
    "a folder as a file": (("new-engagement", "--from", ".", "--yes"), ["dossier"]),
    "a file and a title": (("new-engagement", "T", "--from", "x.toml", "--yes"), ["--from", "TITRE"]),
    "like nobody": (("new-engagement", "T", "--like", "2020-rien", "--start", "2027-03-12", "--yes"), ["2020-rien"]),
    "like without a day": (("new-engagement", "T", "--like", "2020-rien", "--yes"), ["--start"]),
    "an unknown engagement": (("plan", "2027-rien"), ["2027-rien", "allies-sync status"]),
    "an engagement with dots": (("plan", "../rien"), ["../rien"]),
    "an engagement of the collective": (("plan", "_collectif"), ["_collectif"]),
    "adopting nothing": (("adopt", "/nulle/part", "--yes"), ["/nulle/part"]),
    "adopting an address": (("adopt", "https://exemple.org/x", "--yes"), ["exemple.org"]),
    "removing nothing": (("remove", "2027-rien", "--confirm", "2027-rien"), ["2027-rien"]),
    "cancelling nothing": (("cancel", "2027-rien", "--yes"), ["2027-rien"]),
    "an unknown template to show": (("templates", "show", "acompagnement"), ["accompagnement"]),
    "a folder that is no template": (("templates", "check", "."), ["template.toml"]),
    "a configuration that is missing": (("status", "--config", "nulle-part.toml"), ["nulle-part.toml", "init"]),
    "a configuration that is a folder": (("status", "--config", "."), ["--config"]),
    "a nul character": (("new-engagement", "--from", "a\x01b.toml", "--yes"), ["n'existe pas"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_one_sentence_and_nothing_changed(run: Run, place: Path, case: str) -> None:
    arguments, words = WRONG[case]
    ran = run(*arguments)
    assert ran.code == 2, ran.said
    for word in words:
        assert word in ran.err
    assert contents(place) == {}
    said = [line for line in ran.err.splitlines() if "Aucune configuration" not in line]
    assert 1 <= len(said) <= 6, ran.err


@pytest.mark.parametrize("case", list(WRONG)[::6])
def test_the_same_as_json(run: Run, place: Path, case: str) -> None:
    arguments, _words = WRONG[case]
    ran = run(*arguments, "--json")
    assert ran.code == 2, ran.said
    assert set(ran.json) == {"error"}
    assert ran.json["error"]["code"] == 2
    assert ran.json["error"]["message"]
    assert contents(place) == {}


FILES: dict[str, tuple[str, list[str]]] = {
    "TOML syntax": ('title = "Une\n', ["ligne 1"]),
    "a value without quotes": ("title = Une journée\nstart = 2027-03-12\n", ["ligne 1", "guillemets"]),
    "dates reversed": (
        'title = "T"\nstart = 2027-03-12\nend = 2027-03-01\n[client]\nname = "DLA"\n',
        ["ligne 3", "2027-03-12"],
    ),
    "an unknown key": ('titre = "T"\nstart = 2027-03-12\n[client]\nname = "DLA"\n', ["ligne 1", "title"]),
    "a slug with dots": ('slug = "../x"\ntitle = "T"\nstart = 2027-03-12\n[client]\nname = "DLA"\n', ["ligne 1"]),
    "an empty file": ("", ["title", "start", "client"]),
    "not text": ("\udcff\udcfe", ["UTF-8"]),
    "an unknown template": (
        'title = "T"\ntemplate = "rien"\nstart = 2027-03-12\n[client]\nname = "DLA"\n',
        ["rien", "accompagnement"],
    ),
    "an unknown state": ('title = "T"\nstate = "fini"\nstart = 2027-03-12\n[client]\nname = "DLA"\n', ["ligne 2"]),
}


@pytest.mark.parametrize("case", FILES)
def test_files_with_mistakes(run: Run, place: Path, case: str) -> None:
    text, words = FILES[case]
    file = place / "données.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    before = contents(place)
    ran = run("new-engagement", "--from", "données.toml", "--yes")
    assert ran.code == 2, ran.said
    for word in words:
        assert word in ran.err
    assert contents(place) == before


def test_an_unknown_platform(run: Run, place: Path) -> None:
    (place / "allies-sync.toml").write_text('[roles.files]\nplatform = "locale"\n[roles.wiki]\nplatform = "local"\n')
    before = contents(place)
    ran = run(*GOOD)
    assert ran.code == 2
    assert "« locale »" in ran.err
    assert "local" in ran.err.splitlines()[-1]
    assert contents(place) == before


@pytest.mark.parametrize("where", ["espaces", "espaces/fichiers", "espaces/wiki"])
def test_a_file_where_a_folder_should_be(run: Run, place: Path, where: str) -> None:
    path = place / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("à moi")
    before = contents(place)
    ran = run(*GOOD)
    assert ran.code == 2, ran.said
    assert path.name in ran.err
    assert contents(place) == before


def test_a_file_where_the_workspace_should_be(run: Run, place: Path) -> None:
    path = place / "espaces" / "fichiers" / "2027-une-journee"
    path.parent.mkdir(parents=True)
    path.write_text("à moi")
    before = contents(place)
    ran = run(*GOOD)
    assert ran.code == 2, ran.said
    assert "2027-une-journee" in ran.err
    assert contents(place) == before


FULL_DISK = """
import errno, os, sys
place = os.environ["FULL"]
def hook(event, arguments):
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        path = arguments[0]
    elif event in ("os.mkdir", "os.link", "os.symlink"):
        path = arguments[0] if event == "os.mkdir" else arguments[1]
    else:
        return
    if isinstance(path, (str, bytes)) and os.path.abspath(os.fsdecode(path)).startswith(place):
        raise OSError(errno.ENOSPC, "No space left on device", path)
sys.addaudithook(hook)
"""


def test_a_full_disk(run: Run, place: Path, environment: dict[str, str], tmp_path: Path) -> None:
    patch = tmp_path / "patch"
    patch.mkdir()
    (patch / "sitecustomize.py").write_text(FULL_DISK)
    full = {"FULL": str(place), "PYTHONPATH": str(patch) + os.pathsep + environment["PYTHONPATH"]}
    for command in (GOOD, ("init", "--yes")):
        ran = run(*command, env=full)
        assert ran.code == 1, ran.said
        assert "plein" in ran.err or "place" in ran.err
        assert "Relancez" in ran.err or "relancez" in ran.err
        assert contents(place) == {}
    assert run(*GOOD).code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="needs a small file system of its own")
@pytest.mark.parametrize("size", ["16k", "64k", "200k"])
def test_a_disk_that_fills_up_half_way(run: Run, place: Path, size: str) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("may not mount a file system here")
    try:
        ran = run(*GOOD)
        if size == "16k":
            assert ran.code == 1
        if ran.code == 1:
            assert "plein" in ran.said or "place" in ran.said
        else:
            assert ran.code == 0
        subprocess.run(["mount", "-o", "remount,size=20M", str(place)], check=True)
        assert run(*GOOD).code == 0
        assert run("plan", "2027-une-journee").code == 0
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)
