"""docs/plugins.md shows a complete platform in under 150 lines: it loads, and passes the conformance suite."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from allies_sync.platforms.manager import load_plugins
from tests.platforms.documented import PAGE, ROOT, blocks, run_pytest, source

MODULE = "allies_sync_sqlite.py"
TESTS = "test_allies_sync_sqlite.py"
FEW = 52
"""So many skips of some 600 tests: what has no content to change, and the optional protocols."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An author's folder, with nothing in it but what the page shows."""
    for file in (MODULE, TESTS):
        (tmp_path / file).write_text(source(file), "utf-8")
    return tmp_path


def test_it_has_fewer_than_150_lines() -> None:
    lines = [line for block in blocks(MODULE) for line in block.splitlines()]
    assert 50 < len(lines) < 150
    assert max(map(len, lines)) <= 118


def test_every_other_python_block_is_correct_python() -> None:
    for code in re.findall(r"^```python[^\n]*\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        if not code.startswith(" "):
            compile(code, "docs/plugins.md", "exec")


def test_it_is_loaded_as_a_plugin(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(project)
    plugins = load_plugins({"ALLIES_SYNC_PLUGINS": "allies_sync_sqlite"})
    assert not [problem for problem in plugins.problems if problem.plugin == "allies_sync_sqlite"]
    kind = plugins.platform_types()["sqlite"]
    assert kind.roles == {"files", "wiki"}
    assert kind.settings.model_validate({"path": "x.db"}).path == "x.db"
    sys.modules.pop("allies_sync_sqlite", None)


def test_it_passes_the_conformance_suite(project: Path) -> None:
    result = run_pytest(project, "-q", "-rs", TESTS)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
    passed = re.search(r"(\d+) passed", result.stdout)
    skipped = re.search(r"(\d+) skipped", result.stdout)
    assert passed and int(passed[1]) > 400
    assert not skipped or int(skipped[1]) <= FEW, result.stdout[-4000:]


def test_the_short_subject_is_enough_to_begin_with(project: Path) -> None:
    code = next(
        code
        for code in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        if "class TestSqlite(Conformance)" in code
    )
    (project / "test_short.py").write_text(code, "utf-8")
    result = run_pytest(project, "-q", "-k", "made or seen or menu", "test_short.py")
    assert result.returncode == 0, result.stdout[-4000:]


def test_the_suite_is_no_part_of_what_is_loaded_for_work() -> None:
    code = (
        "import allies_sync.platforms.manager, allies_sync.platforms.interface, sys; print('pytest' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.strip() == "False"
