"""The platform that docs/plugins.md shows, exactly as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "plugins.md"

_FENCE = re.compile(r'^```python title="(?P<file>[^"]+)"\n(?P<code>.*?)^```$', re.MULTILINE | re.DOTALL)


def blocks(file: str) -> list[str]:
    """The fenced blocks of one file, in order."""
    return [found["code"] for found in _FENCE.finditer(PAGE.read_text("utf-8")) if found["file"] == file]


def source(file: str) -> str:
    """One file, as a reader copies it: block after block."""
    return "\n".join(blocks(file))


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs pytest in a folder, as an author would, with this checkout of allies-sync."""
    path = [str(folder), str(ROOT / "src"), str(ROOT / "plugins")]
    code = "import sys; sys.path[:0] = sys.argv.pop(1).split('|'); import pytest; sys.exit(pytest.main())"
    command = [sys.executable, "-c", code, "|".join(path), "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
