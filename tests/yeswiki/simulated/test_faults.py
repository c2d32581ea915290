"""Every trouble can be called up, strikes when it should, and says truly whether the request had its effect."""

from __future__ import annotations

import time

import pytest
import requests

from allies_sync_yeswiki.testing import (
    BeingUpgraded,
    CacheNotWritable,
    CutShort,
    DatabaseDown,
    EchoSecret,
    FatalError,
    Fault,
    Html,
    Installer,
    Nonsense,
    Oversized,
    Redirect,
    SimulatedWiki,
    Slow,
    Status,
    Unavailable,
    UnexpectedError,
)

from .conftest import Hands


@pytest.mark.parametrize("effect", [False, True])
def test_connection_dropped_before_or_after_the_effect(wiki: SimulatedWiki, tool: Hands, effect: bool) -> None:
    riddle = tool.riddle()
    wiki.control.drop(at=2, effect=effect)
    assert tool.get("?PagePrincipale/raw").status_code == 200
    with pytest.raises(requests.ConnectionError):
        tool.edit("Essai", "Un", riddle=riddle)
    assert (wiki.control.page("Essai") is not None) == effect
    entry = wiki.log[-1]
    assert (entry.status, entry.faults, entry.effect) == (0, ["Drop"], effect)
    assert tool.get("?PagePrincipale/raw").status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (DatabaseDown(), 200, "temporairement inaccessible"),
        (Installer(), 200, "Installation de YesWiki"),
        (BeingUpgraded(), 401, "en cours de mise à jour"),
        (CacheNotWritable(), 200, "is not writable"),
        (FatalError(), 500, ""),
        (Html(), 200, "Bienvenue"),
        (Status(403, b"waf"), 403, "waf"),
        (Unavailable("30"), 503, "Unavailable"),
    ],
)
def test_answers_that_say_nothing_about_what_exists(
    wiki: SimulatedWiki, visitor: Hands, fault: Fault, status: int, words: str
) -> None:
    with wiki.control.during(fault):
        for place in ("?PagePrincipale", "?api/pages/PagePrincipale", "?PagePrincipale/raw"):
            answer = visitor.get(place)
            answer.encoding = "utf-8"
            assert answer.status_code == status
            assert words in answer.text
            assert "json" not in answer.headers["Content-Type"]
    assert visitor.get("?api/pages/PagePrincipale").json()["tag"] == "PagePrincipale"


def test_an_exception_is_a_page_or_a_500(wiki: SimulatedWiki, visitor: Hands) -> None:
    with wiki.control.during(UnexpectedError("Duplicate entry")):
        assert "Une erreur inattendue" in visitor.get("?PagePrincipale").text
        answer = visitor.get("?api/pages")
    assert (answer.status_code, "Duplicate entry" in answer.json()["exceptionMessage"]) == (500, True)


def test_read_only(wiki: SimulatedWiki, tool: Hands, visitor: Hands) -> None:
    number = wiki.control.add_form("F", "texte***bf_titre***T***")
    wiki.control.read_only = True
    refused = tool.post(f"?api/entries/{number}", {"bf_titre": "x"}, headers=wiki.bearer())
    assert refused.status_code == 500 and "lecture seule" in refused.json()["exceptionMessage"]
    assert (
        "lecture seule" in visitor.post(f"?BazaR&vue=saisir&action=saisir_fiche&id={number}", {"bf_titre": "x"}).text
    )
    assert "lecture seule" in tool.post("?PagePrincipale/acls", {"read_acl": "*"}).text
    assert visitor.get("?api/forms").status_code == 200
    assert tool.send("DELETE", "?api/pages/BacASable", headers=wiki.bearer()).status_code == 500
    wiki.control.read_only = False
    assert tool.send("DELETE", "?api/pages/BacASable", headers=wiki.bearer()).json() == {"deleted": ["BacASable"]}


def test_answers_too_large_too_slow_cut_or_wrong(wiki: SimulatedWiki, visitor: Hands) -> None:
    wiki.control.inject(Oversized(5_000_000), target="api/pages")
    assert len(visitor.get("?api/pages").content) == 5_000_000
    wiki.control.inject(Nonsense())
    with pytest.raises(ValueError, match=r".*"):
        visitor.get("?api/pages").json()
    wiki.control.inject(CutShort(10))
    with pytest.raises(requests.RequestException):
        visitor.get("?api/pages")
    wiki.control.inject(Slow(0.2))
    began = time.monotonic()
    visitor.get("?api/pages")
    assert time.monotonic() - began >= 0.2
    wiki.control.inject(Redirect("http://elsewhere.example{target}"))
    assert visitor.get("?api/pages").headers["Location"] == "http://elsewhere.example/?api/pages"
    wiki.control.inject(EchoSecret())
    assert "Bearer" in visitor.get("?api/pages", headers=wiki.bearer()).text


def test_a_fault_waits_for_its_turn(wiki: SimulatedWiki, visitor: Hands) -> None:
    wiki.control.inject(FatalError(), at=2, times=2, method="GET", target="/raw")
    statuses = [visitor.get(place).status_code for place in ("?A/raw", "?B", "?C/raw", "?D/raw", "?E/raw")]
    assert statuses == [200, 200, 500, 500, 200]
    assert wiki.log.count("GET", "/raw", 500) == 2


def test_the_captcha_spares_only_admins(wiki: SimulatedWiki, tool: Hands) -> None:
    wiki.control.config.use_captcha = True
    wiki.control.add_user("Bot2", key="k2")
    other = Hands(wiki, "k2")
    assert "mot de vérification" in other.edit("Essai", "Un").text
    assert tool.edit("Essai", "Un").status_code == 302


def test_stopped_and_started_again(wiki: SimulatedWiki, visitor: Hands) -> None:
    wiki.stop()
    with pytest.raises(requests.ConnectionError):
        visitor.get("?api/pages")
    wiki.start()
    assert visitor.get("?api/pages").status_code == 200


def test_two_thousand_foreign_pages(wiki: SimulatedWiki, tool: Hands) -> None:
    wiki.control.fill(2000)
    since = len(wiki.log)
    began = time.monotonic()
    assert len(tool.get("?api/pages").json()) > 2000
    assert time.monotonic() - began < 10
    assert wiki.log.count(since=since) == 1
    assert wiki.log.traffic(since) > 300_000
