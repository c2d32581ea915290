"""Markdown as the wiki's own source, and words that are nothing but words in it."""

from __future__ import annotations

import re

import pytest

from allies_sync.model.resources import Page, Widget
from allies_sync.platforms.conformance.samples import PAYLOADS
from allies_sync.platforms.interface import Address, Space
from allies_sync.text.escaping import escape_markdown
from allies_sync_yeswiki.inert import parameter, words
from allies_sync_yeswiki.pages import page_source
from allies_sync_yeswiki.revisions import page_fingerprint
from allies_sync_yeswiki.syntax import wiki_text

BASE = "https://wiki.exemple.org"
RAW = re.compile(r'"".*?""', re.S)
LIVE = re.compile(
    r"\{\{|\}\}|\[\[|\*\*|__|##|~~|@@|££|%%|={2,}|-{3,}|`|[a-z]+://|\b[A-Z][a-z]+[A-Z0-9]|(?<!\w)[*_]|\[|&#?\w+;"
)
"""What the wiki would read outside of raw HTML."""


def link(target: str) -> str | None:
    return {"ref:page:programme": "Essai-2027.Programme", "ref:page:absente": None}.get(target, target)


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# Titre", "======Titre======"),
        ("## Titre\n\n### Sous-titre", "=====Titre=====\n\n====Sous-titre===="),
        ("Du **gras**, de l'*italique*, du ~~barré~~.", "Du **gras**, de l'//italique//, du ~~barré~~."),
        ("- un\n- deux\n  - trois", " - un\n - deux\n  - trois"),
        ("1. un\n2. deux", " 1) un\n 2) deux"),
        ("[la suite](ref:page:programme)", "[[Essai-2027.Programme la suite]]"),
        ("[perdu](ref:page:absente)", "perdu"),
        ("[là](https://a.org/?b=c)", "[[https://a.org/?b=c là]]"),
        ("ligne\\\nsuite", "ligne\nsuite"),
        ("---", "----"),
        ("> cité", '""<blockquote>""cité""</blockquote>""'),
        (
            "| a | b |\n|---|---|\n| 1 | 2 |",
            '""<div style="overflow-x:auto">""[|\n|**a** |**b** |\n|1 |2 |\n|]""</div>""',
        ),
        ("`code`", "`code`"),
        ("Un YesWiki", 'Un ""YesWiki""'),
        ("l'agence n° 3 : 50 % & plus (R&D)", "l'agence n° 3 : 50 % & plus (R&D)"),
    ],
)
def test_markdown_in_the_signs_of_the_wiki(markdown: str, expected: str) -> None:
    assert wiki_text(markdown, link) == expected


@pytest.mark.parametrize(
    "payload",
    [
        *PAYLOADS,
        '{{redirect page="X"}}',
        '""<script>alert(1)</script>""',
        '"{{x}}"',
        "&#123;&#123;redirect&#125;&#125;",
        "[|a|]",
        "[50%]",
        "======Titre======",
        "DeuxMots //italique// __souligné__ http://ailleurs.org ##code##",
        '""',
        '"""',
        "a ``b`` _c_ *d* [e](f) ![g](h)",
    ],
)
def test_typed_words_are_never_read_by_the_wiki(payload: str) -> None:
    for source in (words(payload.replace("\n", " ")), wiki_text(f"Avant {escape_markdown(payload)} après", link)):
        outside = RAW.sub("", source)
        assert '""' not in outside
        assert not LIVE.search(outside), outside
        for inside in RAW.findall(source):
            assert not re.search(r"[\[\]{}|=%]", inside), inside
            assert "<" not in inside


def test_words_in_a_parameter_end_nothing() -> None:
    assert not set('"{}[]|\n') & set(parameter('a" }} [[b]] | {{c}}\nd'))


def space(**more: object) -> Space:
    addresses = {
        "page:programme": Address("Essai-2027.Programme", f"{BASE}/?Essai-2027.Programme"),
        "form:amont": Address("2027-essai/formulaire/123", f"{BASE}/?BazaR&vue=saisir&action=saisir_fiche&id=123"),
        "form:ressource": Address("_collectif/formulaire/9", f"{BASE}/?BazaR&vue=saisir&action=saisir_fiche&id=9"),
        "share:ressources": Address("x", "https://partage.exemple.org/s/abc"),
        "folder:ressources": Address("y", "https://partage.exemple.org/f/1"),
    }
    return Space("2027-essai", "Essai", addresses=addresses, **more)  # type: ignore[arg-type]


def shown(*body: str | Widget) -> str:
    page = Page(id="page:a", role="wiki", title="Une page", name="a", body=body)
    return page_source(space(), page, BASE, "Essai-2027.A")


def test_widgets_are_actions_of_the_wiki() -> None:
    assert '{{bazar id="123" vue="saisir"' in shown(Widget("form", "form:amont"))
    assert '{{bazarliste id="123"}}' in shown(Widget("answers", "form:amont"))
    files = Widget("files", "folder:ressources", (("share", "share:ressources"),))
    assert 'link="https://partage.exemple.org/s/abc"' in shown(files)
    assert 'link="https://partage.exemple.org/f/1"' in shown(Widget("files", "folder:ressources"))
    assert 'link="Essai-2027.Programme" text="Voir"' in shown(
        Widget("button", "page:programme", (("label", "Voir"),))
    )
    assert '{{include page="Essai-2027.Programme"}}' in shown(Widget("include", "page:programme"))
    assert "_Compte-123" in shown(Widget("count", "form:amont"))


def test_a_form_that_all_share_is_filtered_and_knows_whose_an_answer_is() -> None:
    assert 'query="bf_engagement=2027-essai"' in shown(Widget("answers", "form:ressource"))
    assert 'data-allies="2027-essai"' in shown(Widget("form", "form:ressource"))


def test_a_page_begins_with_its_title() -> None:
    assert shown("Bonjour").startswith("======Une page======")
    assert shown("# Autre\n\nBonjour").startswith("======Autre======")


def test_what_a_person_would_see_decides() -> None:
    assert page_fingerprint("a\r\nb  \n\n") == page_fingerprint("a\nb")
    assert page_fingerprint("a\nb") != page_fingerprint("a b")
