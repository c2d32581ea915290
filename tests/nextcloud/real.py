"""A real server on loopback, if this machine has one. Nothing of it, and no credentials, is in the repository."""

from __future__ import annotations

import os
import re
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path

URL = os.environ.get("ALLIES_SYNC_REAL_NEXTCLOUD", "http://127.0.0.1:8080")
HOME = Path(os.environ.get("ALLIES_SYNC_REAL_HOME", "/srv/real"))
"""Its README names the users; its scripts start, stop and reset it."""

_ROW = re.compile(r"\| (\w+)[^|]*\| `([^`]+)` \| (?:`([^`]+)`|[^|]*) \|")


@dataclass(frozen=True)
class Account:
    name: str
    password: str
    app_password: str


@cache
def accounts() -> dict[str, Account]:
    try:
        text = (HOME / "README.md").read_text()
    except OSError:
        return {}
    rows = [found for found in map(_ROW.match, text.splitlines()) if found]
    return {row[1]: Account(row[1], row[2], row[3] or row[2]) for row in rows}


@cache
def missing() -> str:
    """Why there is no real server to test with; empty when there is one."""
    if not {"allies", "alice", "bob"} <= set(accounts()):
        return f"{HOME / 'README.md'} does not name the accounts of a real server"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{URL}/status.php", timeout=5) as answer:
            return "" if b'"installed":true' in answer.read() else f"{URL} is no installed server"
    except OSError as error:
        return f"no real server at {URL}: {error}"
