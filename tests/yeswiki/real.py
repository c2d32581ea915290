"""Real wikis on loopback, if this machine has some. Nothing of them, and no credentials, is in the repository."""

from __future__ import annotations

import os
import re
import subprocess
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HOME = Path(os.environ.get("ALLIES_SYNC_REAL_HOME", "/srv/real"))
"""Its scripts start, stop, reset and switch the wikis; its YESWIKI.md describes them."""

WIKIS = ("444", "dev")
ADMIN, PERSON, GROUP = "WikiAdmin", "BotAllie", "equipe"

_COLUMN = re.compile(r"^\|(?P<name>[^|]*)\|(?P<old>[^|]*)\|(?P<new>[^|]*)\|$", re.M)


@dataclass(frozen=True)
class Wiki:
    """One wiki: its short name, where it is, and the keys of its two accounts."""

    name: str
    url: str
    keys: tuple[tuple[str, str], ...]

    def key(self, user: str) -> str:
        return dict(self.keys)[user]

    def sql(self, statement: str) -> list[list[str]]:
        """Asks the wiki's own database: the way to look at it, and to clean up, from outside."""
        command = [
            "mariadb",
            f"--defaults-file={HOME}/yeswiki/my.cnf",
            "--batch",
            "--skip-column-names",
            f"yw{self.name}",
        ]
        done = subprocess.run(command, input=statement, capture_output=True, text=True, check=True)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def switch(self, name: str, state: str) -> None:
        subprocess.run([str(HOME / "yw-switch.sh"), self.name, name, state], check=True, capture_output=True)


@cache
def wikis() -> dict[str, Wiki]:
    try:
        text = (HOME / "YESWIKI.md").read_text()
    except OSError:
        return {}
    rows = {found["name"].strip(): (found["old"], found["new"]) for found in _COLUMN.finditer(text)}

    def value(start: str, index: int, pattern: str) -> str:
        row = next((cells for name, cells in rows.items() if name.startswith(start)), ("", ""))
        found = re.search(pattern, row[index])
        return found[1] if found else ""

    made = {}
    for index, name in enumerate(WIKIS):
        url = value("URL", index, r"(http://[0-9.:]+)")
        keys = tuple(
            (user, value(what, index, r"`([^`]+)`")) for user, what in ((ADMIN, "admin key"), (PERSON, "user key"))
        )
        if url and all(key for _user, key in keys):
            made[name] = Wiki(name, url, keys)
    return made


@cache
def missing(name: str) -> str:
    """Why there is no real wiki of that name to test with; empty when there is one."""
    wiki = wikis().get(name)
    if wiki is None:
        return f"{HOME / 'YESWIKI.md'} does not describe the wiki {name}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{wiki.url}/?api/forms", timeout=5) as answer:
            return "" if answer.headers.get_content_type() == "application/json" else f"{wiki.url} is no wiki"
    except OSError as error:
        return f"no real wiki at {wiki.url}: {error}"
