"""What every command understands, and how it complains."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from allies_sync.cli.settings import take
from tests.cli.conftest import Run, listening


def test_general_options_are_taken_wherever_they_stand() -> None:
    found, rest = take(["--lang", "en", "plan", "x", "--config=a b.toml", "-v", "--json", "--verbose"])
    assert (found.lang, found.config, found.verbose, found.json) == ("en", "a b.toml", 2, True)
    assert rest == ["plan", "x", "--json"]


def test_what_follows_two_dashes_is_left_alone() -> None:
    found, rest = take(["new-engagement", "--", "--lang", "en"])
    assert found.lang is None
    assert rest == ["new-engagement", "--", "--lang", "en"]


def test_an_option_without_its_value_is_left_for_the_parser() -> None:
    found, rest = take(["plan", "x", "--config"])
    assert found.config is None
    assert rest == ["plan", "x", "--config"]


@pytest.mark.parametrize(
    ("variables", "french"),
    [
        ({}, True),
        ({"LANG": "C"}, True),
        ({"LANG": "POSIX"}, True),
        ({"LANG": ""}, True),
        ({"LANG": "fr_CA.UTF-8"}, True),
        ({"LANG": "en_GB.UTF-8"}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_US.UTF-8"}, False),
    ],
)
def test_language_of_the_locale(run: Run, variables: dict[str, str], french: bool) -> None:
    ran = run("--help", env={"LANG": "", **variables})
    assert ("Commandes :" in ran.out) is french


@pytest.mark.parametrize("arguments", [("--lang", "fr", "plan", "--help"), ("plan", "--help", "--lang=fr")])
def test_lang_decides(run: Run, arguments: tuple[str, ...]) -> None:
    assert "Utilisation" in run(*arguments, env={"LANG": "en_GB.UTF-8"}).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pla",), ("« pla »", "« plan »")),
        (("plan", "--jsn", "x"), ("--jsn", "--json")),
        (("plan",), ("IDENTIFIANT",)),
        (("plan", "a", "b"), ("« b »", "allies-sync plan --help")),
        (("sync", "x", "--keep"), ("--keep", "valeur")),
        (("plan", "x", "--json=oui"), ("--json",)),
        (("--lang", "de", "status"), ("« de »", "--lang fr")),
        (("templates",), ()),
        (("templates", "shw"), ("« show »",)),
        (("sync",), ("--all",)),
        (("sync", "x", "--all"), ("--all",)),
        (("sync", "x", "--keep", "page:a", "--replace", "page:a"), ("page:a",)),
    ],
)
def test_a_mistake_is_explained_in_french(run: Run, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert ran.code == (0 if arguments == ("templates",) else 2)
    for word in words:
        assert word in ran.err
    assert "Error" not in ran.said
    assert "Try '" not in ran.said


def test_without_a_command_the_help(run: Run) -> None:
    ran = run()
    assert ran.code == 0
    assert "Commandes :" in ran.out


@pytest.mark.parametrize("arguments", [("pla", "--json"), ("plan", "--json"), ("plan", "NO SUCH", "--json")])
def test_errors_are_json_too(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert set(ran.json) == {"error"}
    assert set(ran.json["error"]) == {"message", "advice", "code"}
    assert ran.json["error"]["code"] == 2


def test_the_unexpected_is_one_sentence_and_a_log_without_secrets(
    run: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    broken = tmp_path / "broken_plugin.py"
    broken.write_text(
        "import os\n"
        "from pydantic import BaseModel\n"
        "from allies_sync.platforms.hookspecs import hookimpl\n"
        "from allies_sync.platforms.interface import PlatformType\n"
        "class Settings(BaseModel):\n    path: str = ''\n"
        "def fail(opening):\n"
        "    raise RuntimeError('password=' + opening.secret() + ' https://me:hunter2@example.org')\n"
        "@hookimpl\n"
        "def allies_sync_platforms():\n"
        "    return [PlatformType('broken', 'Broken', frozenset({'files', 'wiki'}), Settings, fail)]\n"
    )
    config = tmp_path / "c.toml"
    config.write_text('[roles.files]\nplatform = "broken"\n[roles.wiki]\nplatform = "broken"\n')
    env = {
        "ALLIES_SYNC_PLUGINS": "broken_plugin",
        "PYTHONPATH": environment["PYTHONPATH"] + os.pathsep + str(tmp_path),
        "ALLIES_SYNC_FILES_SECRET": "correct horse battery",
    }
    ran = run("status", "--config", str(config), env=env)
    assert ran.code == 1
    assert "RuntimeError" in ran.err
    assert "hunter2" not in ran.said
    assert "correct horse" not in ran.said
    logs = list((tmp_path / "home").rglob("allies-sync.log"))
    assert len(logs) == 1
    assert str(logs[0]) in ran.err
    told = logs[0].read_text(encoding="utf-8")
    assert "Traceback" in told
    assert "RuntimeError" in told
    assert "hunter2" not in told
    assert "correct horse" not in told


def test_a_reader_that_leaves_is_no_error(environment: dict[str, str], place: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "allies_sync", "--help"],
        env=environment,
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    told = process.stderr.read()
    process.wait(timeout=60)
    assert told == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_no_traceback(environment: dict[str, str], place: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "allies_sync", "--help"],
            env=environment,
            cwd=place,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert ran.returncode == 1
    assert b"Traceback" not in ran.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals are not those of Windows")
def test_control_c_is_one_sentence(environment: dict[str, str], place: Path, tmp_path: Path) -> None:
    (tmp_path / "slow_plugin.py").write_text(
        "import sys, time\nprint('here', file=sys.stderr, flush=True)\ntime.sleep(60)\n"
    )
    env = environment | {
        "ALLIES_SYNC_PLUGINS": "slow_plugin",
        "PYTHONPATH": environment["PYTHONPATH"] + os.pathsep + str(tmp_path),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "allies_sync", "plugins", "list"],
        env=env,
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=listening,
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _out, told = process.communicate(timeout=60)
    assert first == "here\n"
    assert process.returncode == 130
    assert told.startswith("Interrompu.")
    assert "Traceback" not in told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(run: Run, shell: str) -> None:
    ran = run("--show-completion", env={"SHELL": f"/bin/{shell}"})
    assert ran.code == 0
    assert "_ALLIES_SYNC_COMPLETE" in ran.out


def completed(run: Run, words: str, **env: str) -> list[str]:
    position = len(words.split(" ")) - 1
    variables = {"_ALLIES_SYNC_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(position)}
    return run(env=variables | env).out.split()


def test_completion(run: Run) -> None:
    assert completed(run, "allies-sync st") == ["status"]
    assert completed(run, "allies-sync sync --re") == ["--replace", "--recreate"]
    assert "--config" in completed(run, "allies-sync sync --")
    assert completed(run, "allies-sync templates ") == ["list", "show", "check"]


def test_completion_of_slugs_asks_only_the_cache(run: Run, tmp_path: Path) -> None:
    (tmp_path / "slugs").write_text("2027-un\n2027-deux\n2028-trois\n")
    assert completed(run, "allies-sync plan 2027", ALLIES_SYNC_CACHE=str(tmp_path)) == ["2027-un", "2027-deux"]


def test_a_terminal_that_knows_few_characters_shows_the_nearest(
    run: Run, place: Path, environment: dict[str, str]
) -> None:
    environment |= {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    run("init", "--name", "Cré-sol", "--path", ".", "--yes")
    run("new-engagement", "Été à l'œuvre", "--client", "DLA", "--start", "2027-03-12", "--yes")
    shown = run("status").out
    assert "Ete a l'oeuvre" in shown and "-> Prochaine" in shown
    assert "?" not in shown, "which would say that something was not looked at"
