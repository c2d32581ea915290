"""The real program, in a process of its own, where nothing of this machine's user can be seen or touched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """What a process said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON: nothing else may be on it."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Everything that a person reads."""
        return self.out + self.err


Run = Callable[..., Ran]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A person's environment: a home of their own, French, no terminal."""
    home = tmp_path / "home"
    home.mkdir()
    return {
        "PATH": os.environ.get("PATH", ""),
        "SYSTEMROOT": os.environ.get("SYSTEMROOT", ""),
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
        "ALLIES_SYNC_PLUGINS": "allies_sync_local",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "plugins")]),
        "PYTHONWARNINGS": "error::SyntaxWarning",
        "LANG": "fr_FR.UTF-8",
        "PYTHONIOENCODING": "utf-8",
    }


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder in which the program is run: empty, with a space and an accent in its name."""
    folder = tmp_path / "Cré sol"
    folder.mkdir()
    return folder


@pytest.fixture
def run(environment: dict[str, str], place: Path) -> Run:
    """Runs ``allies-sync`` with some arguments."""

    def runner(
        *arguments: str,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        typed: str = "",
        seconds: int = 120,
    ) -> Ran:
        ran = subprocess.run(
            [sys.executable, "-m", "allies_sync", *arguments],
            env=environment | (env or {}),
            cwd=cwd or place,
            input=typed,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=seconds,
            check=False,
        )
        assert "Traceback" not in ran.stdout + ran.stderr, ran.stderr
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    return runner


@pytest.fixture
def call(
    environment: dict[str, str], place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """The same as ``run`` in this process: a tenth of the time, for what does not depend on being one's own."""
    for name in set(os.environ) - {"PATH", "SYSTEMROOT", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER"}:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(place)

    def caller(*arguments: str, env: dict[str, str] | None = None) -> Ran:
        from allies_sync.cli.start import run as start

        with monkeypatch.context() as patch:
            for name, value in (
                {"ALLIES_SYNC_TODAY": environment.get("ALLIES_SYNC_TODAY", "")} | (env or {})
            ).items():
                patch.setenv(name, value)
            capfd.readouterr()
            with Path(os.devnull).open() as nobody:
                patch.setattr(sys, "stdin", nobody)
                code = start(arguments)
        said = capfd.readouterr()
        assert "Traceback" not in said.out + said.err
        return Ran(code, said.out, said.err)

    return caller


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    """What a run in this process sets stays in its test."""
    yield
    from allies_sync.cli import settings
    from allies_sync.text.messages import set_language

    settings.current = settings.Settings()
    set_language("fr")


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder, with what it holds."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def listening() -> None:
    """Ctrl-C reaches the process, also where whoever runs the tests was started in the background and does not hear
    it: a shell has such processes ignore it, and their children with them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
