"""Typed words are never code: whatever an engagement's fields hold, its pages have the structure of harmless ones."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from allies_sync.model.lifecycle import State
from allies_sync.model.resources import Body, Widget, body_references
from allies_sync.workspace.check import check_template
from allies_sync.workspace.rendering import Collective, Workspace, render_workspace
from allies_sync.workspace.samples import full_engagement
from allies_sync.workspace.template import Template
from allies_sync.workspace.trial import HOSTILE, bodies, structure

from .conftest import Make

PIECES = [
    *HOSTILE,
    "{{ engagement.title }}",
    "{% for x in y %}",
    "{# x #}",
    "](ref:page:secret)",
    "[a](ref:page:secret)",
    "[[PageWiki]]",
    '{{bazarliste id="1"}}',
    '""<script>alert(1)</script>""',
    "\ue000" + "0" + "\ue001",
    "\uf8000\uf8ff",
    "&lt;b&gt;",
    "&#91;",
    "\\",
    "\\\\",
    "\u2028",
    "\x00",
    "\x1b[0m",
    "\u202e",
    "\u200b",
    "\ud800",
    "==========",
    "| --- |",
    "12)",
    "    code",
    "\t",
    "http://exemple.org/_a_",
    "www.exemple.org",
    "a@exemple.org",
    "~~~",
    "***",
    "!",
    "[^1]",
    "[^1]: note",
    ": ",
    "$$",
    "<!DOCTYPE html>",
    "{.classe}",
    "::: boite",
    "a",
    "Été",
    " ",
]
LINE_ENDS = re.compile("[\r\n\v\f\x85\u2028\u2029]")
piece = st.one_of(st.sampled_from(PIECES), st.text(max_size=6), st.text("*_`[]()<>#|~!&\\{}=-+.:\"'0123", max_size=8))
line = st.lists(piece, min_size=1, max_size=6).map(lambda parts: LINE_ENDS.sub(" ", "".join(parts)))


def workspace(template: Template, words: Any) -> Workspace:
    return render_workspace(template, full_engagement(State.OPEN, words), Collective(name="C"))


def shape(found: Workspace) -> list[tuple[str, Any, Any]]:
    return [(item.id, structure(bodies(item)), widgets(bodies(item))) for item in found.resources]


def widgets(body: Body) -> list[tuple[str, str | None]]:
    return [(part.name, part.target) for part in body if isinstance(part, Widget)]


@pytest.fixture(scope="module")
def harmless(journee: Template) -> list[tuple[str, Any, Any]]:
    return shape(workspace(journee, lambda path: "mot"))


@settings(max_examples=60, deadline=None)
@given(line, line)
@example("\ue0000\ue001", "a")
@example("x", "](ref:page:programme)")
@example("1", ". a")
@example("\\", "|")
def test_no_words_change_what_a_page_is_made_of(
    journee: Template, harmless: list[tuple[str, Any, Any]], first: str, second: str
) -> None:
    """Something readable is in the middle: an empty value is the template's to avoid."""
    found = workspace(journee, lambda path: f"{first}é{second}")
    assert shape(found) == harmless
    known = {resource.id for resource in found.resources}
    for resource in found.resources:
        assert set(body_references(bodies(resource))) <= known
        text = "".join(part for part in bodies(resource) if isinstance(part, str))
        assert not any("\ue000" <= char <= "\uf8ff" or char in "\x00\x1b\u202e" for char in text)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(line, st.just("\n"), st.just("\n\n"), st.just("\r\n")), max_size=8).map("".join))
def test_paragraphs_are_paragraphs_and_nothing_else(journee: Template, text: str) -> None:
    found = workspace(journee, lambda path: text if path == "engagement.demand" else "mot")
    calm = workspace(journee, lambda path: "mot")
    for resource, other in zip(found.resources, calm.resources, strict=True):
        mine, expected = structure(bodies(resource)), structure(bodies(other))
        if mine == expected:
            continue
        extra = {kind for kind, _tag, _nesting, _target in mine}
        assert extra <= {kind for kind, _tag, _nesting, _target in expected} | {"hardbreak"}
        assert [item for item in mine if not of_paragraph(item)] == [
            item for item in expected if not of_paragraph(item)
        ]


def of_paragraph(item: tuple[str, str, int, str]) -> bool:
    return item[0] in {"paragraph_open", "paragraph_close", "hardbreak"}


@settings(max_examples=40, deadline=None)
@given(line)
def test_the_words_can_still_be_read(journee: Template, text: str) -> None:
    from allies_sync.text.characters import clean_line

    found = workspace(journee, lambda path: f"é{text}é").get("page:accueil")
    assert found is not None
    rendered = MarkdownIt("commonmark").enable("table").parse(
        "".join(part for part in bodies(found) if isinstance(part, str))
    )
    shown = "".join(
        child.content for token in rendered for child in token.children or [] if child.type == "text"
    )
    assert clean_line(f"é{text}é") in shown


@settings(max_examples=40, deadline=None)
@given(line)
def test_titles_and_names_hold_no_markup_of_ours(journee: Template, text: str) -> None:
    found = workspace(journee, lambda path: f"{text}é")
    for resource in found.resources:
        assert not any("\ue000" <= char <= "\uf8ff" or char < " " for char in resource.title)
        name = getattr(resource, "name", "x")
        assert name
        assert not set(name) & set('/\\:*?"<>|\0')


@pytest.mark.parametrize(
    "source",
    [
        "    {{ engagement.title }}\n",
        "`a` et ``\n{{ engagement.title }}``\n",
        "{% set t %}{{ engagement.title }}{% endset %}\n`{{ t }}`\n",
        "```{% if true %}\n{{ engagement.title }}\n{% endif %}```\n",
        "<b title='{% if true %}{{ engagement.title }}{% endif %}'>\n",
        "[a]({% if true %}{{ engagement.title }}{% endif %})\n",
        "{{ engagement.title }}. a\n",
    ],
)
def test_a_place_where_nothing_can_be_escaped_is_found(make: Make, source: str) -> None:
    from .conftest import HOME

    findings = check_template(make(HOME, {"pages/accueil.md": f"# A\n\n{source}"}))
    codes = {finding.problem.code for finding in findings}
    assert codes & {"template_breaks_out", "template_bad_place"}, codes
