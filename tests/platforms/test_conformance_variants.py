# ruff: noqa: E501 - what is replaced stands on one line
"""The suite fits platforms of other characters: numbers that only the server gives, no marks, no freezing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.platforms.documented import run_pytest, source

pytestmark = pytest.mark.slow

INSERT = "            row = (space.slug, self.predict(space, change.resource).path, space.mark(change.key)"

# what differs from the documented platform, and how many tests have to pass at least
VARIANTS: dict[str, tuple[list[tuple[str, str]], int]] = {
    "tokens_and_numbers": (
        [
            ("def predict(", "def path("),
            (
                "    def path(",
                "    def predict(self, space, resource):\n"
                '        return None if resource.kind in ("share", "form") else self.path(space, resource)\n\n'
                "    def path(",
            ),
            (
                'else ("path", self.predict(space, resource).path)',
                'else ("mark", space.mark(resource.id)) if not self.predict(space, resource) '
                'else ("path", self.predict(space, resource).path)',
            ),
            (
                INSERT,
                "            if self.find(space, change.resource, None):\n"
                "                return 0\n"
                "            token = f'{space.slug}//{now}'\n"
                "            predicted = self.predict(space, change.resource)\n"
                "            row = (space.slug, predicted.path if predicted else token, space.mark(change.key)",
            ),
        ],
        250,
    ),
    "fingerprints_of_the_server": (
        [
            (
                "        return sha256(self.render(space, resource).data).hexdigest()",
                "        known = isinstance(resource, Document | Page)\n"
                "        return sha256(self.render(space, resource).data).hexdigest() if known else None",
            )
        ],
        250,
    ),
    "plain_folders": (
        [
            (
                "api.Features(frozenset(KINDS), LEVELS, LEVELS, marks=frozenset(KINDS), widgets=frozenset(WIDGETS))",
                'api.Features(frozenset({"folder", "document"}), freeze=False, fallback=frozenset({"share"}))',
            ),
            ("sha256(data).hexdigest(), mark, access", "sha256(data).hexdigest(), None, access"),
        ],
        75,
    ),
    "rights_that_nobody_tells": (
        [("hexdigest(), mark, access, revision)", "hexdigest(), mark, None, revision)")],
        225,
    ),
    "an_exception_for_the_whole": (
        [("            except errors.PlatformError as error:\n                yield api.Failed(change.key, error)", "            finally:\n                pass")],
        250,
    ),
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_passes(variant: str, tmp_path: Path) -> None:
    changes, least = VARIANTS[variant]
    code = source("allies_sync_sqlite.py")
    for old, new in changes:
        assert old in code, f"the documented platform has no {old!r} any more"
        code = code.replace(old, new)
    (tmp_path / "allies_sync_sqlite.py").write_text(code, "utf-8")
    tests = source("test_allies_sync_sqlite.py").replace('["files", "wiki"]', '["files"]')
    (tmp_path / "test_variant.py").write_text(tests, "utf-8")
    result = run_pytest(tmp_path, "-q", "--tb=short", "-rs", "test_variant.py")
    assert result.returncode == 0, result.stdout[-6000:]
    passed = re.search(r"(\d+) passed", result.stdout)
    assert passed and int(passed[1]) >= least, result.stdout[-4000:]
