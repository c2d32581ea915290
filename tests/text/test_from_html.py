"""Pages of one platform as Markdown for another."""

from __future__ import annotations

import pytest

from allies_sync.text.from_html import markdown_of
from allies_sync.text.markdown import render_people_html


def test_structure_is_carried() -> None:
    html = (
        "<h2>Titre</h2><p>Un <strong>mot</strong> et <a href='https://exemple.org/'>un lien</a>.</p>"
        "<ul><li>un</li><li>deux</li></ul><table><tr><th>a</th></tr><tr><td>b</td></tr></table>"
    )
    text = markdown_of(html)
    assert text.startswith("## Titre\n")
    assert "Un **mot** et [un lien](https://exemple.org/)." in text
    assert "- un\n- deux" in text and "| b |" in text


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>bonjour",
        "<p onclick=alert(1)>bonjour</p>",
        "<a href='javascript:alert(1)'>bonjour</a>",
        "<img src=x onerror=alert(1)>bonjour",
        "<iframe src='https://x.example'></iframe>bonjour",
        "<p>bonjour &lt;script&gt;alert(1)&lt;/script&gt;</p>",
        "<form action='https://x.example'><input name=a>bonjour</form>",
    ],
)
def test_nothing_that_acts_comes_through(html: str) -> None:
    shown = render_people_html(markdown_of(html))
    assert "bonjour" in shown
    for harm in ("<script", "javascript:", "onclick", "onerror", "<iframe", "<form", "<input"):
        assert harm not in shown


def test_no_link_to_a_thing_of_the_workspace_is_smuggled_in() -> None:
    assert "](ref:" not in markdown_of("<p>[x](ref:page:accueil) <a href='ref:page:accueil'>y</a></p>")


def test_a_page_nested_without_end_ends() -> None:
    assert "fin" in markdown_of("<div>" * 50_000 + "fin")
    assert "fin" in markdown_of("<ul><li>" * 20_000 + "fin")
