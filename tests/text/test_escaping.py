"""Typed words inside Markdown are never markup."""

import copy
import pickle
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markdown_it import MarkdownIt
from markdown_it.token import Token

from allies_sync.text.characters import clean_line, clean_lines
from allies_sync.text.escaping import Markdown, concatenate, escape_markdown, escape_paragraphs

COMMONMARK = MarkdownIt("commonmark")
GFM = MarkdownIt("gfm-like", {"linkify": False})
RENDERERS = [COMMONMARK, GFM]

MARKUP = st.lists(
    st.sampled_from(
        [
            *"\\`*_[]<>|~$^{}\"'!&#+-=:().,;/@%0123456789 \t\n aé\u00a0\u0338\u1fef",
            "http://a.fr",
            "www.a.fr",
            "  ",
            "a@b.fr",
            "&amp;",
            "&#42;",
            "<b>",
            "<!--",
            "---",
            "===",
            "```",
            "~~~",
            "1. ",
            "- [ ] ",
            "[^1]: ",
            "{{a}}",
            "]: x",
            "\\\n",
            *["javascript:a", "\u2028", "\ud800", "\x1c", "ß", "·", "🙂\u200d"],
        ]
    ),
    max_size=12,
).map("".join)
VALUES = st.one_of(MARKUP, st.text(st.characters(codec=None), max_size=40)).filter(clean_line)


def text_of(tokens: list[Token], allowed: set[str]) -> str:
    """The text of the only inline token, once no other kind of token than the allowed ones is there."""
    inlines = [token for token in tokens if token.type == "inline"]
    assert {token.type for token in tokens} <= allowed | {"inline"}, tokens
    children = [child for token in inlines for child in token.children or []]
    assert {child.type for child in children} <= {"text", *allowed}, children
    return "".join(child.content for child in children if child.type == "text")


PARAGRAPH = {"paragraph_open", "paragraph_close"}


@pytest.mark.parametrize("md", RENDERERS)
@given(VALUES)
@example("\\")
@example("a\\")
@example("#")
@example("##")
@example("C #")
@example("1) a")
@example("\u1fef")
@example("&")
def test_a_value_is_one_paragraph_of_text(md: MarkdownIt, value: str) -> None:
    tokens = md.parse(escape_markdown(value))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert text_of(tokens, PARAGRAPH) == clean_line(value)


EMBEDDED = [
    ("[{}](x)", {"link_open", "link_close"}, ""),
    ("**{}**", {"strong_open", "strong_close"}, ""),
    ("*{}*", {"em_open", "em_close"}, ""),
    ("- {}", {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"}, ""),
    ("# {}", {"heading_open", "heading_close"}, ""),
    ("## {} ##", {"heading_open", "heading_close"}, ""),
    ("> {}", {"blockquote_open", "blockquote_close"}, ""),
    ("a\n{}", {"softbreak"}, "a"),
    ("a {} b", set(), None),
]


@pytest.mark.parametrize("md", RENDERERS)
@pytest.mark.parametrize(("frame", "kinds", "before"), EMBEDDED)
@given(value=VALUES)
@example(value="# #")
@example(value="[ ] a")
@example(value="===")
def test_a_value_stays_text_inside_markup(
    md: MarkdownIt, frame: str, kinds: set[str], before: str | None, value: str
) -> None:
    tokens = md.parse(frame.format(escape_markdown(value)))
    expected = f"a {clean_line(value)} b" if before is None else before + clean_line(value)
    assert text_of(tokens, PARAGRAPH | kinds) == expected


@given(VALUES, VALUES)
@example("\\", "\\")
@example("a|", "|\\|")
def test_values_stay_in_their_cells(one: str, other: str) -> None:
    for row in ("| {} | {} |", "|{}|{}|", "{} | {}"):
        rows = row.format(escape_markdown(one), escape_markdown(other))
        tokens = GFM.parse(f"| a | b |\n| --- | --- |\n{rows}\n| c | d |")
        cells = [token for token in tokens if token.type == "inline"]
        assert [cell.content for cell in cells[4:]] == ["c", "d"], row
        texts = [text_of([cell], set()) for cell in cells[2:4]]
        assert texts == [clean_line(one), clean_line(other)], row


@given(VALUES)
def test_values_in_a_link_title_and_target(value: str) -> None:
    for frame in ('[a](x "{}")', '![a](x "{}")'):
        (paragraph,) = (t for t in COMMONMARK.parse(frame.format(escape_markdown(value))) if t.type == "inline")
        first = (paragraph.children or [])[0]
        assert first.attrs["title"] == clean_line(value)


@given(VALUES, VALUES)
def test_neighbours_do_not_make_markup_together(one: str, other: str) -> None:
    frame = escape_markdown(one) + Markdown.trusted("[a](x)") + escape_markdown(other)
    children = next(t for t in GFM.parse(frame) if t.type == "inline").children or []
    assert [c.type for c in children if c.type != "text"] == ["link_open", "link_close"]
    label = "[a]" + str(escape_markdown(other))
    (inline,) = (t for t in GFM.parse(f"{label}\n\n[a]") if t.type == "inline" and t.content != "[a]")
    assert {c.type for c in inline.children or []} == {"text"}


@pytest.mark.parametrize(
    "value",
    [
        "Cré-sol",
        "9h30",
        "l'équipe",
        "3,5 %",
        "3,5\u202f%",
        "Dynamiques de coopération (2027)",
        "nom_de_fichier",
        "1.5 heure",
        "Marie & Paul",
        "Allié.e.s, participant·e·s",
        "12 h – 14 h : repas",
        "Salle #4, C#",
        "« Agir »",
        "M. J.-C. Durand",
    ],
)
def test_ordinary_words_stay_as_they_are(value: str) -> None:
    assert escape_markdown(value) == value


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("- a", "\\- a"),
        ("1. a", "1\\. a"),
        ("2027)", "2027\\)"),
        ("C #", "C \\#"),
        ("#", "\\#"),
        ("Bravo !", "Bravo \\!"),
        ("a\\", "a&#92;"),
        ("http://a.fr/b", "http\\://a\\.fr/b"),
        ("www.a.fr", "www\\.a\\.fr"),
        ("a@b.fr", "a\\@b\\.fr"),
        ("a\n\nb", "a b"),
        ("", ""),
        (3, "3"),
    ],
)
def test_what_is_escaped(value: object, escaped: str) -> None:
    assert escape_markdown(value) == escaped


@given(VALUES)
def test_no_bare_link_is_left(value: str) -> None:
    escaped = escape_markdown(value)
    assert not re.search(r"(?i)://(?<!\\://)|www\.|(?<!\\)@(?=\S)(?<=\S@)", escaped)
    assert escape_markdown(escaped) is escaped


def test_paragraphs() -> None:
    assert escape_paragraphs("a\r\n- b\n\n \n# c\n") == "a\\\n\\- b\n\n\\# c"
    assert escape_paragraphs("a\nb\n\nc", prefix="> ") == "> a\\\n> b\n>\n> c"
    assert escape_paragraphs(" \n\n") == ""


@pytest.mark.parametrize("md", RENDERERS)
@given(st.lists(MARKUP, max_size=6).map("\n".join))
def test_paragraphs_are_only_paragraphs(md: MarkdownIt, value: str) -> None:
    for prefix, kinds in (("", set[str]()), ("> ", {"blockquote_open", "blockquote_close"})):
        tokens = md.parse(escape_paragraphs(value, prefix))
        inlines = [token for token in tokens if token.type == "inline"]
        assert {t.type for t in tokens} <= PARAGRAPH | kinds | {"inline"}
        assert {c.type for i in inlines for c in i.children or []} <= {"text", "hardbreak"}
        lines = [c.content for i in inlines for c in i.children or [] if c.type == "text"]
        assert "".join(lines) == "".join(clean_line(line) for line in clean_lines(value).split("\n"))


def test_composing_escapes_what_is_not_markdown() -> None:
    bold = Markdown.trusted("**{}**")
    assert bold.format("*") == "**\\***"
    assert bold.format(Markdown.trusted("*a*")) == "***a***"
    assert Markdown.trusted("{0:02} {a}").format(7, a="_") == "07 \\_"
    assert Markdown.trusted("a") + "*" == "a\\*"
    assert "*" + Markdown.trusted("a") == "\\*a"
    assert Markdown.trusted(", ").join(["*", Markdown.trusted("*b*")]) == "\\*, *b*"
    assert isinstance(Markdown.trusted("a") * 2, Markdown)
    for composed in (bold.format("*"), bold + "*", "*" + bold, bold.join("*")):
        assert isinstance(composed, Markdown)
    assert type(bold.upper()) is str


def test_a_copy_is_not_escaped_again() -> None:
    value = escape_markdown("*")
    for again in (copy.deepcopy(value), pickle.loads(pickle.dumps(value)), Markdown(value)):
        assert again == "\\*"
        assert isinstance(again, Markdown)


class MarkdownEnvironment(SandboxedEnvironment):
    """The environment that the module's docstring advises."""

    concat = staticmethod(concatenate)


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("**{{ v }}**", "**\\*\\{\\{**"),
        ("{% macro m(x) %}*{{ x }}*{% endmacro %}{{ m(v) }}", "*\\*\\{\\{*"),
        ("{% set x %}*{{ v }}*{% endset %}{{ x }}", "*\\*\\{\\{*"),
        ("{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}*{{ v }}{% endcall %}", "<*\\*\\{\\{>"),
        ("{% block b %}*{{ v }}*{% endblock %} {{ self.b() }}", "*\\*\\{\\{* *\\*\\{\\{*"),
        ("{{ v if true else '' }}{{ 3 }}", "\\*\\{\\{3"),
    ],
)
def test_jinja_escapes_each_value_once(template: str, result: str) -> None:
    env = MarkdownEnvironment(autoescape=False, finalize=escape_markdown, undefined=StrictUndefined)
    assert env.from_string(template).render(v="*{{") == result


@pytest.mark.parametrize(
    "template",
    [
        "{{ m() ~ v }}",
        "{{ m().format(v) }}",
        "{{ m() % v }}",
        "{{ [m(), v]|join }}",
        "{{ v|safe }}",
        "{{ m()|replace('a', v) }}",
        "{{ '{}'.format(v) }}",
        "{{ m() + v }}",
        "{{ m().join([v, v]) }}",
        "{{ v|escape }}",
        "{{ m()|indent }}{{ v|e }}",
    ],
)
def test_no_filter_or_operator_lets_markup_through(template: str) -> None:
    env = MarkdownEnvironment(autoescape=False, finalize=escape_markdown, undefined=StrictUndefined)
    source = "{% macro m() %}a{}%s{% endmacro %}" + template
    tokens = COMMONMARK.parse(env.from_string(source).render(v="<b>*x*</b>[a](x)"))
    children = next(t for t in tokens if t.type == "inline").children or []
    assert {child.type for child in children} == {"text"}
