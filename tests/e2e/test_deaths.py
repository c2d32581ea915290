"""A process killed at any write is finished by running the same command again: always the same workspace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, to die hundreds of times quickly")

HERE = Path(__file__).parent
EXAMPLE = HERE.parent.parent / "examples" / "dynamiques-de-cooperation.toml"
SLUG = "2027-dynamiques-de-cooperation"
OPEN = ["new-engagement", "--from", "engagement.toml", "--yes"]


def environment(place: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ALLIES_SYNC_CACHE": str(place / "cache"),
        "ALLIES_SYNC_TODAY": "2027-01-04",
        "HOME": str(place.parent / "home"),
        "XDG_STATE_HOME": str(place.parent / "home" / "state"),
        "LC_ALL": "C.UTF-8",
    }


def deaths(tmp_path: Path, base: Path, command: list[str], **more: Any) -> dict[str, Any]:
    place = tmp_path / "place"
    plan = {"base": str(base), "place": str(place), "watched": "espaces", "command": command, **more}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    result = subprocess.run(
        [sys.executable, str(HERE / "dying.py"), str(tmp_path / "plan.json")],
        capture_output=True,
        text=True,
        env=environment(place),
        timeout=1500,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def an_engagement(tmp_path: Path) -> Path:
    """A folder with a configuration and the data of the example, nothing opened yet."""
    base = tmp_path / "base"
    (base / "espaces").mkdir(parents=True)
    (base / "engagement.toml").write_bytes(EXAMPLE.read_bytes())
    place = tmp_path / "place"
    (base / "allies-sync.toml").write_text(
        '[collective]\nname = "Collectif d\'essai"\n'
        f'[roles.files]\nplatform = "local"\npath = "{place}/espaces/fichiers"\n'
        f'[roles.wiki]\nplatform = "local"\npath = "{place}/espaces/wiki"\n'
    )
    return base


def opened(tmp_path: Path) -> Path:
    """The same with the workspace opened."""
    base = an_engagement(tmp_path)
    place = tmp_path / "place"
    base.rename(place)
    allies(place, *OPEN, "--config", "allies-sync.toml")
    place.rename(base)
    return base


def allies(place: Path, *command: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "allies_sync", *command],
        cwd=place,
        env=environment(place),
        check=True,
        capture_output=True,
    )


def command_with(place: Path, *command: str) -> list[str]:
    arguments = [str(place / "engagement.toml") if word == "engagement.toml" else word for word in command]
    return [*arguments, "--config", str(place / "allies-sync.toml")]


def test_a_sample_of_deaths_of_an_opening(tmp_path: Path) -> None:
    base = an_engagement(tmp_path)
    found = deaths(tmp_path, base, command_with(tmp_path / "place", *OPEN), first=1, step=9)
    assert found["writes"] > 60
    assert found["wrong"] == []


@pytest.mark.slow
@pytest.mark.parametrize("first", [1, 2, 3])
def test_every_death_of_an_opening(tmp_path: Path, first: int) -> None:
    base = an_engagement(tmp_path)
    found = deaths(tmp_path, base, command_with(tmp_path / "place", *OPEN), first=first, step=3)
    assert found["writes"] > 60
    assert found["wrong"] == []


@pytest.mark.slow
def test_every_death_of_a_freeze(tmp_path: Path) -> None:
    base = opened(tmp_path)
    found = deaths(tmp_path, base, command_with(tmp_path / "place", "cancel", SLUG, "--yes"))
    assert found["writes"] > 20
    assert found["wrong"] == []


@pytest.mark.slow
def test_every_death_of_a_removal(tmp_path: Path) -> None:
    base = opened(tmp_path)
    found = deaths(tmp_path, base, command_with(tmp_path / "place", "remove", SLUG, "--confirm", SLUG, "--yes"))
    assert found["writes"] > 20
    assert found["wrong"] == []


def archiving(tmp_path: Path) -> list[str]:
    package = str(tmp_path / "place" / "paquet.zip")
    return command_with(tmp_path / "place", "archive", SLUG, "--yes", "--force", "-o", package)


def test_a_sample_of_deaths_of_an_archive(tmp_path: Path) -> None:
    base = opened(tmp_path)
    found = deaths(tmp_path, base, archiving(tmp_path), first=7, step=60)
    assert found["writes"] > 60
    assert found["wrong"] == []


@pytest.mark.slow
def test_many_deaths_of_an_archive(tmp_path: Path) -> None:
    """Two documents are printed in each run: not every write of some hundreds."""
    base = opened(tmp_path)
    found = deaths(tmp_path, base, archiving(tmp_path), first=2, step=7)
    assert found["writes"] > 60
    assert found["wrong"] == []


@pytest.mark.slow
def test_many_deaths_of_a_restoration(tmp_path: Path) -> None:
    """From a package with a page that somebody wrote in, and a file that somebody added."""
    import shutil

    base = opened(tmp_path)
    place = tmp_path / "place"
    base.rename(place)
    page = place / "espaces" / "wiki" / SLUG / "sources" / "programme.md"
    page.write_text(page.read_text("utf-8") + "\nDe la main de Sacha.\n", "utf-8")
    (place / "espaces" / "fichiers" / SLUG / "Ressources" / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    allies(place, *archiving(tmp_path)[:-2], "--config", "allies-sync.toml")
    subprocess.run(["chmod", "-R", "u+w", str(place)], check=True)
    shutil.rmtree(place / "espaces")
    (place / "espaces").mkdir()
    place.rename(base)
    command = command_with(place, "restore", str(place / "paquet.zip"), "--yes")
    found = deaths(tmp_path, base, command, first=2, step=9)
    assert found["writes"] > 60
    assert found["wrong"] == []
