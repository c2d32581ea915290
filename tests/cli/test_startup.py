"""``--help`` is quick because it imports next to nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.conftest import ROOT, Run

HEAVY = ("requests", "jinja2", "pydantic", "rich", "markdown_it", "webdav3", "bs4", "typst")
PLUGINS = ("allies_sync_local", "allies_sync_nextcloud", "allies_sync_yeswiki")

PROGRAM = """
import json, sys
from allies_sync.__main__ import main
sys.argv = ["allies-sync", *sys.argv[1:]]
try:
    main()
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def imported(environment: dict[str, str], *arguments: str, **more: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=environment | more,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    import json

    return set(json.loads(ran.stderr.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [("--help",), ("--lang", "en", "--help"), (), ("--version",)])
def test_help_imports_nothing_heavy(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    modules = imported(environment, *arguments)
    assert "allies_sync" in modules
    assert not modules.intersection((*HEAVY, *PLUGINS, "keyring", "pluggy", "platformdirs"))


def test_completing_a_command_imports_nothing_heavy(environment: dict[str, str]) -> None:
    modules = imported(
        environment, _ALLIES_SYNC_COMPLETE="complete_bash", COMP_WORDS="allies-sync st", COMP_CWORD="1"
    )
    assert not modules.intersection((*HEAVY, *PLUGINS))


@pytest.mark.slow
def test_help_takes_at_most_eight_bare_interpreters() -> None:
    from benchmarks.startup import MOST, measure

    bare, ours = measure(runs=21).values()
    assert ours <= MOST * bare, f"{ours / bare:.1f} times a bare interpreter"


def test_help_names_every_command(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    assert ran.err == ""
    for command in (
        "init",
        "doctor",
        "new-engagement",
        "edit",
        "plan",
        "sync",
        "status",
        "adopt",
        "cancel",
        "remove",
    ):
        assert f"\n  {command} " in ran.out
    assert "Utilisation : allies-sync" in ran.out


@pytest.mark.parametrize(
    "command",
    [
        "init",
        "doctor",
        "new-engagement",
        "edit",
        "plan",
        "sync",
        "status",
        "adopt",
        "cancel",
        "remove",
        "bilan",
        "bilan draft",
        "bilan quotes",
        "publish-bilan",
        "templates",
        "templates list",
        "templates show",
        "templates check",
        "plugins",
        "plugins list",
    ],
)
def test_every_command_explains_itself_in_french(run: Run, command: str) -> None:
    ran = run(*command.split(), "--help")
    assert ran.code == 0
    assert f"Utilisation : allies-sync {command}" in ran.out
    assert "--config" in ran.out
    for english in ("Usage", "Show this message", "Options:", "Arguments", "default", "TEXT"):
        assert english not in ran.out
    changing = ("init", "new-engagement", "edit", "sync", "adopt", "cancel", "remove")
    changes = command in (*changing, "bilan draft", "bilan quotes", "publish-bilan")
    assert ("--dry-run" in ran.out) is changes
    assert ("--yes" in ran.out) is changes
    group = command in ("bilan", "templates", "plugins")
    assert ("--json" in ran.out) is not group


def test_commands_of_plugins_are_found_in_their_metadata(tmp_path: object) -> None:
    from pathlib import Path

    from allies_sync.cli.extras import command_names

    folder = Path(str(tmp_path)) / "other-1.0.dist-info"
    folder.mkdir()
    text = "[console_scripts]\nx = y:z\n\n[allies_sync.commands]\n# no\nprinting = other:app\nmap=other:map\n"
    text += "\n[allies_sync]\na = b\n"
    (folder / "entry_points.txt").write_text(text)
    assert command_names([str(folder.parent), str(folder.parent / "missing"), ""]) == ["map", "printing"]


def test_the_same_commands_as_the_plugin_manager_finds() -> None:
    from allies_sync.cli.extras import command_names
    from allies_sync.platforms import manager

    assert command_names() == manager.command_names()


def test_the_benchmark_is_run_from_anywhere() -> None:
    assert (ROOT / "benchmarks" / "startup.py").is_file()
