"""What a draft becomes: the words that people wrote, and nothing that they did not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allies_sync.bilans.publication import finished, known_pictures, page
from allies_sync.text.markdown import plain_text, render_html, render_people_html


def test_what_is_finished_stays_as_it_is() -> None:
    text = "# Bilan\n\n## Vide\n\n## Dit\n\nDes mots.  \n"
    assert finished(text) == text
    assert finished(text.replace("\n", "\r\n")) == text


def test_places_go_with_the_headings_that_stood_over_them_alone() -> None:
    text = "# Bilan\n\n## Vide\n\n[À écrire : a]\n\n### Plus vide\n\n\\[À écrire : b\\]\n\n"
    text += "## Dit\n\n- [À écrire : c]\n- un mot\n\nEt [À écrire : d] là.\n"
    assert finished(text) == "# Bilan\n\n## Dit\n\n- un mot\n\nEt  là.\n"


def test_a_page_has_neither_title_nor_pictures() -> None:
    text = "# Bilan : x\n\n![a](graphiques/a.svg)\n\n## Suite\n\nVoir ![b](b.png) ici.\n"
    assert page(text) == "## Suite\n\nVoir ![b](b.png) ici.\n"


def test_what_is_said_of_a_photograph_stands_in_its_place() -> None:
    text = "# Bilan\n\nUn.\n\n![Le *groupe* {{x}}](../Ressources/la%20salle.jpg)\n\n![a](graphiques/a.svg)\n\nDeux.\n"
    made = page(text, {"../Ressources/la salle.jpg"})
    assert made.startswith("Un.\n\n*Image, dans le PDF : Le ") and made.endswith("\n\nDeux.\n")
    assert "graphiques" not in made and "{{" not in made


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a <b>c</b>", "a \\<b>c\\</b>"),
        ("a \\<b>", "a \\<b>"),
        ("`<b>` et ``<i>`` <u>", "`<b>` et ``<i>`` \\<u>"),
        ("<https://a.org/b> <a@b.org>", "<https://a.org/b> <a@b.org>"),
        ("3 < 4", "3 < 4"),
        ("```\n<b>\n```", "```\n<b>\n```"),
        ("{{nombre de réponses: amont}}", "\\{\\{nombre de réponses: amont}}"),
        ("\\{\\{a}} {b} {{{c", "\\{\\{a}} {b} \\{\\{\\{c"),
        ("<!-- caché -->", "\\<!-- caché -->"),
        ("<div>\n\n**gras**", "\\<div>\n\n**gras**"),
        ("\\\\<b>", "\\\\\\<b>"),
    ],
)
def test_nothing_on_a_page_is_html_or_a_sign_of_a_wiki(source: str, expected: str) -> None:
    assert page(source + "\n").rstrip("\n") == expected


@given(st.text(alphabet="ab<>/!?`\\ &;:@.\n*_[]()", max_size=60))
def test_a_page_reads_the_same_where_people_may_write_html(source: str) -> None:
    made = page("Début.\n\n" + source)
    assert render_people_html(made) == render_html(made)


def test_code_that_a_wiki_would_look_into_is_no_code() -> None:
    made = page("Voir `{{nombre de réponses: amont}}` et `a < b`.\n")
    assert "{{" not in made
    assert "`a < b`" in made
    assert plain_text(made) == "Voir `{{nombre de réponses: amont}}` et a < b."


def test_pictures_by_the_names_that_editors_give_them() -> None:
    source = "![a](graphiques/a.svg)\n\n![b](./graphiques/b%20c.svg)\n\n![c](photos/c.jpg)\n"
    found, missing = known_pictures(source, {"graphiques/a.svg": b"1", "graphiques/b c.svg": b"2"})
    assert found == {"graphiques/a.svg": b"1", "./graphiques/b%20c.svg": b"2"}
    assert missing == ("photos/c.jpg",)
    assert plain_text(page(source)) == ""
