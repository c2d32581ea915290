"""A draft that is refreshed and a bilan that is published, killed at any write: the next run finishes them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.bilans.answering import thirty
from tests.e2e.test_deaths import SLUG, allies, deaths, opened

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, to die hundreds of times quickly"),
]

WORDS = "Une phrase que quelqu'un a écrite."


def with_a_draft(tmp_path: Path) -> Path:
    """The example with answers, and a draft in which somebody wrote; then more answers came in."""
    base = opened(tmp_path)
    place = tmp_path / "place"
    base.rename(place)
    wiki = place / "espaces" / "wiki" / SLUG
    thirty(wiki)
    allies(place, "bilan", "draft", SLUG, "--yes")
    draft = place / "espaces" / "fichiers" / SLUG / "Bilan" / "Brouillon du bilan.md"
    draft.write_text(re.sub(r"\[À écrire : [^\]]*\]", WORDS, draft.read_text(encoding="utf-8")), encoding="utf-8")
    for number in range(6):
        answer = {"created": "2027-03-13T08:00:00+00:00", "values": {"satisfaction": "1", "garde": f"Mot {number}"}}
        (wiki / "reponses" / "a-chaud-journee" / f"q{number}.json").write_text(json.dumps(answer), encoding="utf-8")
    place.rename(base)
    return base


def test_a_draft_refreshed_in_spite_of_any_death(tmp_path: Path) -> None:
    base = with_a_draft(tmp_path)
    found = deaths(tmp_path, base, ["bilan", "draft", SLUG, "--yes", "--config", "place/allies-sync.toml"])
    assert found["writes"] > 20
    assert found["wrong"] == []
    text = (tmp_path / "place" / "espaces" / "fichiers" / SLUG / "Bilan" / "Brouillon du bilan.md").read_text("utf-8")
    assert text.count(WORDS) > 8
    assert "36 réponses" in text


def test_a_bilan_published_in_spite_of_any_death(tmp_path: Path) -> None:
    base = with_a_draft(tmp_path)
    command = ["publish-bilan", SLUG, "--yes", "--config", "place/allies-sync.toml"]
    found = deaths(tmp_path, base, command, step=4)
    assert found["writes"] > 20
    assert found["wrong"] == []
