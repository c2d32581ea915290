"""Where the wiki leads to after a write: what was saved leads back to the wiki, anything else proves nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from allies_sync.platforms.interface import Level
from allies_sync_yeswiki.classify import Verdict, edited, verdict
from allies_sync_yeswiki.testing import SimulatedWiki
from tests.yeswiki.hands import SimulatedHands

HERE = "https://wiki.exemple.org"


def leading(location: str, status: int = 302) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.url = f"{HERE}/?Accueil/edit"
    # as http.client reads it: whatever the bytes are, one character each
    response.headers["Location"] = location.encode().decode("latin-1")
    return response


@pytest.mark.parametrize(
    ("location", "saved"),
    [
        (f"{HERE}/?Accueil", True),
        (f"{HERE}/?ACCUEIL", True),
        (f"{HERE}/Accueil", True),
        ("/?Accueil", True),
        ("https://wiki.exemple.org:443/?Accueil", True),
        (f"{HERE}/sso/?r=aHR0cHM6", False),
        (f"{HERE}/?PagePrincipale", False),
        ("http://wiki.exemple.org/?Accueil", False),
        ("https://www.wiki.exemple.org/?Accueil", False),
        ("//ailleurs.exemple/?Accueil", False),
        ("", False),
    ],
)
def test_a_page_was_saved_when_the_wiki_leads_to_it(location: str, saved: bool) -> None:
    assert edited(leading(location), "Accueil") is (Verdict.SAVED if saved else Verdict.ELSEWHERE)


def test_names_stand_there_in_utf_8_or_quoted() -> None:
    assert edited(leading(f"{HERE}/?Été-2027"), "Été-2027") is Verdict.SAVED
    assert edited(leading(f"{HERE}/?%C3%89t%C3%A9-2027"), "Été-2027") is Verdict.SAVED


@pytest.mark.parametrize("status", [307, 308])
def test_whoever_wants_to_be_asked_again_has_done_nothing(status: int) -> None:
    assert verdict(leading(f"{HERE}/?Accueil", status)) is Verdict.ELSEWHERE


@pytest.fixture
def wiki() -> Iterator[SimulatedWiki]:
    with SimulatedWiki("dev") as made:
        yield made


def test_doctor_says_which_address_the_wiki_gives_itself(wiki: SimulatedWiki) -> None:
    platform = SimulatedHands(wiki).open()
    assert not [it for it in platform.check() if it.level is Level.FAULT]
    wiki.state.base = "https://www.exemple.org"
    faults = [it.sentence for it in SimulatedHands(wiki).open().check() if it.level is Level.FAULT]
    assert len(faults) == 1 and "https://www.exemple.org" in faults[0]


def test_doctor_says_that_a_group_is_missing(wiki: SimulatedWiki) -> None:
    platform = SimulatedHands(wiki).open()
    platform.server.settings = platform.server.settings.model_copy(update={"team_group": "nexistepas"})  # type: ignore[attr-defined]
    faults = [it.sentence for it in platform.check() if it.level is Level.FAULT]
    assert len(faults) == 1 and "« nexistepas »" in faults[0]
