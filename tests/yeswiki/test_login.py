"""``login wiki``: a key that a person brings along, tried before it is kept, and never shown."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from allies_sync_yeswiki.testing import KEY, SERVICE, SimulatedWiki

ROOT = Path(__file__).parents[2]


@pytest.fixture
def wiki() -> Iterator[SimulatedWiki]:
    with SimulatedWiki("444") as made:
        made.control.add_user("Autre", key="une-cle-d-un-autre-compte")
        yield made


def run(place: Path, wiki: SimulatedWiki, *command: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    (place / "allies-sync.toml").write_text(
        '[collective]\nname = "Les Rives"\n\n[roles.files]\nplatform = "local"\npath = "fichiers"\n\n'
        f'[roles.wiki]\nplatform = "yeswiki"\nurl = "{wiki.url}"\nuser = "{SERVICE}"\n'
    )
    home = {name: str(place / "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "plugins")]),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "LANG": "fr_FR.UTF-8",
        **home,
    }
    return subprocess.run(
        [sys.executable, "-m", "allies_sync", *command],
        cwd=place,
        env=environ,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_key_is_tried_and_then_serves(tmp_path: Path, wiki: SimulatedWiki) -> None:
    before = run(tmp_path, wiki, "doctor")
    assert before.returncode == 1 and "allies-sync login wiki" in before.stdout
    done = run(tmp_path, wiki, "login", "wiki", typed=f"{KEY}\n")
    assert done.returncode == 0, done.stderr
    assert KEY not in done.stdout + done.stderr
    after = run(tmp_path, wiki, "doctor")
    assert f"Le wiki reconnaît le compte « {SERVICE} »." in after.stdout, after.stdout
    assert run(tmp_path, wiki, "logout", "wiki").returncode == 0
    assert "Le wiki reconnaît" not in run(tmp_path, wiki, "doctor").stdout


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("une-cle-fausse\n", "ne reconnaît pas la clé"),
        ("une-cle-d-un-autre-compte\n", "sous le nom « Autre »"),
        ("\n", "Rien n'a été donné"),
    ],
)
def test_a_key_that_does_not_serve_is_not_kept(tmp_path: Path, wiki: SimulatedWiki, typed: str, said: str) -> None:
    done = run(tmp_path, wiki, "login", "wiki", typed=typed)
    assert done.returncode != 0 and said in done.stderr, done.stderr
    secret = typed.strip()
    assert not secret or secret not in done.stdout + done.stderr
    assert not [it for it in tmp_path.rglob("*") if secret and it.is_file() and secret in it.read_text()]
