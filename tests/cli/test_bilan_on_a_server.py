"""A draft that somebody is saving on the server at the very moment at which it would be refreshed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from allies_sync_nextcloud.testing import SimulatedNextcloud
from tests.bilans.answering import thirty
from tests.cli.conftest import ROOT, Ran, Run

SLUG = "2027-dynamiques-de-cooperation"
DRAFT = f"/Engagements/{SLUG}/Bilan/Brouillon du bilan.md"
WORDS = "Une phrase que quelqu'un vient d'écrire."


@pytest.mark.parametrize("moment", ["while the plan is read", "just before the upload"])
def test_a_draft_saved_at_that_moment_is_never_overwritten(
    call: Run, place: Path, environment: dict[str, str], moment: str
) -> None:
    environment["ALLIES_SYNC_TODAY"] = "2027-04-05"

    def do(*command: str) -> Ran:
        return call(*command, "--yes", env={"ALLIES_SYNC_FILES_SECRET": "allies-password"})

    with SimulatedNextcloud() as server:
        (place / "allies-sync.toml").write_text(
            f'[collective]\nname = "Essai"\n[roles.files]\nplatform = "nextcloud"\nurl = "{server.url}"\n'
            'user = "allies"\nroot = "Engagements"\nteam_group = "equipe"\n'
            '[roles.wiki]\nplatform = "local"\npath = "wiki"\n',
            encoding="utf-8",
        )
        example = str(ROOT / "examples" / "dynamiques-de-cooperation.toml")
        assert do("new-engagement", "--from", example).code == 0
        thirty(place / "wiki" / SLUG)
        assert do("bilan", "draft", SLUG).code == 0
        written = server.control.read("allies", DRAFT).decode()
        edited = re.sub(r"\[À écrire : [^\]]*\]", WORDS, written)
        server.control.write("allies", DRAFT, edited)
        for number in range(6):
            answer = json.dumps({"values": {"satisfaction": "1"}})
            (place / "wiki" / SLUG / "reponses" / "a-chaud-journee" / f"q{number}.json").write_text(answer)
        saved: list[str] = []
        real = server.application._answer

        def meanwhile(request: Any, entry: Any) -> Any:
            path = unquote(str(request.path))
            now = request.method == "PUT" and path.endswith("Brouillon du bilan.md")
            if moment == "while the plan is read":
                now = request.method in ("MOVE", "MKCOL") and "verrou-" in path
            if now and not saved:
                saved.append(edited + "\nÀ l'instant.\n")
                server.control.write("allies", DRAFT, saved[0])
            return real(request, entry)

        server.application._answer = meanwhile  # type: ignore[method-assign]
        ran = do("bilan", "draft", SLUG)
        assert saved, ran.said
        assert ran.code == 1, ran.said
        assert server.control.read("allies", DRAFT).decode() == saved[0]
        # once nobody writes, the same command finishes, around every word
        again = do("bilan", "draft", SLUG)
        assert again.code == 0, again.said
        text = server.control.read("allies", DRAFT).decode()
        assert text.count(WORDS) == edited.count(WORDS)
        assert "\nÀ l'instant.\n" in text
        assert "36 réponses" in text
