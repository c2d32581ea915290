"""What is remembered of pages from one look to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allies_sync_yeswiki import looking
from allies_sync_yeswiki.looking import Look
from allies_sync_yeswiki.memory import Kept, Memory
from allies_sync_yeswiki.revisions import PageRevision


class _Server:
    date = ""


def test_a_change_that_a_look_at_another_space_was_told_of_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wiki tells of a change once; who is told has to remember it, though the page is none of its business."""
    server: Any = _Server()

    def memory() -> Memory:
        return Memory(tmp_path, "https://wiki.example", "bot")

    old = PageRevision("Espace", "1", "avant", "2027-01-01 10:00:00", "bot")
    memory().save(Kept(as_of="2027-01-01 10:00:00", pages={"espace": (old, True)}, settled=True))

    monkeypatch.setattr(looking, "changes_since", lambda server, moment: {"espace": "2027-01-01 11:00:00"})
    other = Look(server, memory())
    assert other.changed == {"espace": "2027-01-01 11:00:00"}
    other.unsettle()  # it wrote something in its own space, and stores what it knows

    monkeypatch.setattr(looking, "changes_since", lambda server, moment: {})
    again = Look(server, memory())
    assert again.changed == {}
    assert not again._is_same("espace", {})
