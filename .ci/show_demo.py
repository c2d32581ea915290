"""Ends ``make demo``: a tree of what was made, and where its start page is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname


def tree(folder: Path, indent: str = "") -> Iterator[str]:
    """Everything in a folder, folders first."""
    entries = sorted(folder.iterdir(), key=lambda entry: (entry.is_file(), entry.name))
    for number, entry in enumerate(entries):
        last = number == len(entries) - 1
        yield f"{indent}{'└── ' if last else '├── '}{entry.name}{'/' if entry.is_dir() else ''}"
        if entry.is_dir() and not entry.is_symlink():
            yield from tree(entry, indent + ("    " if last else "│   "))


def asked(folder: Path, *command: str) -> dict[str, object]:
    """The JSON that a command answers."""
    program = [sys.executable, "-m", "allies_sync", *command, "--config", str(folder / "allies-sync.toml"), "--json"]
    found: dict[str, object] = json.loads(subprocess.run(program, stdout=subprocess.PIPE, check=False).stdout)
    return found


def start_page(folder: Path) -> Path | None:
    """Where the first engagement's start page is."""
    engagements = asked(folder, "status")["engagements"]
    assert isinstance(engagements, list)
    resources = asked(folder, "plan", engagements[0]["slug"])["resources"]
    assert isinstance(resources, list)
    for resource in resources:
        if resource["id"] == "page:accueil" and resource["url"]:
            return Path(url2pathname(urlsplit(resource["url"]).path))
    return None


def main() -> int:
    """Shows it."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    folder = Path(sys.argv[1])
    print(f"\n{folder}/")
    print("\n".join(tree(folder)))
    page = start_page(folder)
    if page is None or not page.is_file():
        print("La page d'accueil manque.", file=sys.stderr)
        return 1
    print(f"\nPage d'accueil, à ouvrir dans un navigateur :\n  {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
