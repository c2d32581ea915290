"""Markdown shown as HTML and as plain text: complete, harmless, and in bounded time."""

import time
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from allies_sync.text.characters import clean_line
from allies_sync.text.markdown import (
    MAX_SOURCE,
    escape_markdown,
    escape_paragraphs,
    parse,
    plain_text,
    render_html,
    render_people_html,
)

REL = 'rel="noopener noreferrer"'
RENDERERS = [render_html, render_people_html]

PIECES = [
    *"#*_`~[]()<>!|-+=:1.\n \\&\"'\0a é",
    *["\n\n", "[a](javascript:alert(1))", "![a](http://a.fr/a.png)", "<b>", "</b>", "<script>", "</script>", "<div>"],
    *["</div>", "<img src=//a.fr/a alt=a>", "[a](ref:page:a)", "| a | b |\n|---|---|\n", "- [ ] ", "# ", "<a href='"],
    *[
        "[a]: http://a.fr 'b'\n",
        "> ",
        "    ",
        "```",
        "<javascript:a>",
        "data:text/html,a",
        "&lt;",
        "![",
        "](",
        "\ud800",
    ],
]
SOURCES = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@pytest.mark.parametrize("render", RENDERERS)
@given(source=SOURCES)
def test_rendered_pages_are_harmless(
    harmless: Callable[[str], None], render: Callable[..., str], source: str
) -> None:
    harmless(render(source))
    harmless(render(source, link=lambda target: target.replace("ref:page:", "javascript:")))


@given(SOURCES)
def test_raw_html_is_text_where_it_is_not_asked_for(source: str) -> None:
    soup = BeautifulSoup(render_html(source), "html.parser")
    assert not soup.find_all("b")
    assert all(div["class"] == ["table"] for div in soup.find_all("div"))


@given(st.lists(st.sampled_from([*"#*_>-+=:. \n\\&!", "\n\n", "1. ", "    ", "- ", "<b>", "mot "]), max_size=30))
def test_no_word_is_lost(pieces: list[str]) -> None:
    source = "".join(pieces)
    assert plain_text(source).count("mot") == source.count("mot")
    for render in RENDERERS:
        assert BeautifulSoup(render(source), "html.parser").get_text().count("mot") == source.count("mot")


@pytest.mark.parametrize("render", RENDERERS)
@given(value=st.text(st.characters(codec=None), max_size=40).filter(clean_line))
def test_a_value_reads_as_it_was_typed(render: Callable[[str], str], value: str) -> None:
    read = BeautifulSoup(render(escape_markdown(value)), "html.parser").get_text()
    assert read == clean_line(value) + "\n"
    assert plain_text(escape_markdown(value)) == clean_line(value)


LINKS = {
    "ref:page:été": "ete.html",
    "ref:image:a": "img/a.png",
    "ref:image:loin": "https://a.fr/a.png",
    "b.md": "b.html",
}


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("[été](ref:page:été)", f'<p><a href="ete.html" {REL}>été</a></p>\n'),
        ("[*b*](b.md 'titre')", f'<p><a href="b.html" title="titre" {REL}><em>b</em></a></p>\n'),
        ("[rien](ref:page:rien) [c](c.md)", "<p>rien c</p>\n"),
        ("![a](ref:image:a)", '<p><img src="img/a.png" alt="a"></p>\n'),
        ("![a](ref:image:rien)", "<p>a</p>\n"),
        ("![a](ref:image:loin)", f'<p><a href="https://a.fr/a.png" {REL}>a</a></p>\n'),
        ("[![a](ref:image:loin)](b.md)", f'<p><a href="b.html" {REL}>a</a></p>\n'),
        ("[![a](ref:image:loin)](c.md)", f'<p><a href="https://a.fr/a.png" {REL}>a</a></p>\n'),
        ("![a](data:image/png;base64,AAAA)", '<p><img src="data:image/png;base64,AAAA" alt="a"></p>\n'),
        ("![a](data:image/gif;base64,AAAA)", "<p>a</p>\n"),
    ],
)
def test_targets_are_mapped(render: Callable[..., str], source: str, html: str) -> None:
    assert render(source, link=LINKS.get) == html


@pytest.mark.parametrize("render", RENDERERS)
def test_without_a_mapping_addresses_stay_and_references_do_not(render: Callable[..., str]) -> None:
    html = render("[a](https://a.fr) [b](b.md) [c](ref:page:c) [d](mailto:a@b.fr) ![e](http://a.fr/e.png)")
    soup = BeautifulSoup(html, "html.parser")
    assert [a["href"] for a in soup.find_all("a")] == ["https://a.fr", "b.md", "mailto:a@b.fr", "http://a.fr/e.png"]
    assert soup.get_text() == "a b c d e\n"


def test_raw_html_of_people() -> None:
    source = '<div onclick="a()">\n\n**a** <script>b</script><u>c</u>\n\n</div>\n\n<a href="ref:page:été">d</a>'
    html = render_people_html(source, link=LINKS.get)
    assert html == f'<div>\n<p><strong>a</strong> <u>c</u></p>\n</div>\n<p><a href="ete.html" {REL}>d</a></p>\n'
    assert "&lt;u&gt;c&lt;/u&gt;" in render_html(source)


def test_headings_have_unique_anchors() -> None:
    html = render_html("# L'été *2027*\n\n## a\n\n## a\n\n## a-2\n\n## 日本\n\n## !\n\n[ref](ref:x)\n===\n")
    soup = BeautifulSoup(html, "html.parser")
    anchors = [tag["id"] for tag in soup.find_all(["h1", "h2"])]
    assert anchors == ["l-ete-2027", "a", "a-2", "a-2-2", "section", "section-2", "ref"]


@given(st.lists(st.sampled_from(["a", "a-2", "a-2-2", "é", "!", "section-2"]), max_size=12))
def test_anchors_never_collide(titles: list[str]) -> None:
    tokens = parse("\n\n".join(f"# {title}" for title in titles))
    anchors = [token.attrs["id"] for token in tokens if token.type == "heading_open"]
    assert len(set(anchors)) == len(titles)


def test_tables_can_scroll_and_say_their_alignment_without_style() -> None:
    html = render_html("| a | b |\n|:-:|--:|\n| 1 | 2 |\n\nfin")
    assert html.startswith('<div class="table"><table>\n')
    assert "</table></div>\n<p>fin</p>" in html
    assert '<th class="align-center">a</th>' in html
    assert '<td class="align-right">2</td>' in html


def test_check_boxes() -> None:
    html = render_html("- [ ] a\n- [x] b\n- [X] **c**\n- \\[ ] d\n- [ ]e\n- `[ ]` f\n\n[ ] g")
    assert '<li class="task">☐ a</li>\n<li class="task">☑ b</li>\n<li class="task">☑ <strong>c</strong></li>' in html
    assert "<li>[ ] d</li>\n<li>[ ]e</li>\n<li><code>[ ]</code> f</li>" in html
    assert "<p>[ ] g</p>" in html


def test_parse_gives_references_as_written() -> None:
    (paragraph,) = (token for token in parse("[a](ref:page:été) [b](été.md)") if token.type == "inline")
    targets = [child.attrs["href"] for child in paragraph.children or [] if child.type == "link_open"]
    assert targets == ["ref:page:été", "%C3%A9t%C3%A9.md"]


PLAIN = [
    ("# Titre\n\nUn **gras**\nsuite  \nligne `code`", "Titre\n\nUn gras suite\nligne code"),
    ("- a\n- b\n  - c\n- [x] d\n\nfin", "- a\n- b\n  - c\n- ☑ d\n\nfin"),
    ("- a\n\n  b\n\n- c", "- a\n\n  b\n\n- c"),
    ("3. a\n4) b", "3. a\n\n4) b"),
    ("> a\n>\n> > b\n\nc", "> a\n>\n> > b\n\nc"),
    ("- - a\n  - b", "- - a\n  - b"),
    ("| a | b |\n|---|---|\n| 1 | |\n\nfin", "a | b\n1 | \n\nfin"),
    ("[a](https://a.fr/x) <https://a.fr> [b](ref:page:b) <a@b.fr>", "a (https://a.fr/x) https://a.fr b a@b.fr"),
    ("![photo](a.png) ~~barré~~ &eacute; \\*", "photo barré é *"),
    ("```\na\n  b\n```\n\n    c", "a\n  b\n\nc"),
    ("a<br>b <u>c</u> <!-- d -->", "a\nb c "),
    ("<div>\n<p>a &amp; b<p>c<script>d</script>\n</div>", "a & b\nc"),
    ("a\n\n---\n\nb", "a\n\nb"),
    ("", ""),
]


@pytest.mark.parametrize(("source", "text"), PLAIN)
def test_plain_text(source: str, text: str) -> None:
    assert plain_text(source) == text


def test_paragraphs_keep_their_lines() -> None:
    assert render_html(escape_paragraphs("a\n*b*\n\nc")) == "<p>a<br>\n*b*</p>\n<p>c</p>\n"


NESTED = {
    "quotations": ">" * 100_000,
    "spaced quotations": "> " * 50_000 + "a",
    "brackets": "[" * 50_000,
    "more brackets": "[" * 100_000,
    "images": "![" * 25_000,
    "closed brackets": "[" * 25_000 + "]" * 25_000,
    "lists": "- " * 50_000 + "a",
    "emphasis": "*a _b " * 9_000,
    "stars": "*" * 50_000 + "a" + "*" * 50_000,
    "links": "[a](" * 20_000,
    "backquotes": "".join("`" * count + " " for count in range(300)),
    "html": "<div>" * 50_000,
    "definitions": "[a\n" * 20_000,
    "comments": "<!--" * 50_000,
    "wide table": "|a" * 1000 + "\n" + "|-" * 1000 + "\n" + "|b\n" * 1000,
    "small tables": "|a|b\n|-|-\n|1\n\n" * 6000,
    "long": "mot " * 600_000,
    "sections": "<![CDATA[" * 20_000,
}


@pytest.mark.parametrize("name", ["quotations", "brackets", "more brackets", "lists"])
def test_deep_nesting_takes_no_time(name: str) -> None:
    start = time.process_time()
    render_people_html(NESTED[name])
    assert time.process_time() - start < 4


@pytest.mark.slow
@pytest.mark.parametrize("source", NESTED.values(), ids=NESTED.keys())
@pytest.mark.parametrize("work", [render_html, render_people_html, plain_text])
def test_hostile_pages_take_no_time(work: Callable[[str], str], source: str) -> None:
    start = time.process_time()
    work(source)
    assert time.process_time() - start < 10  # about 1 s; minutes if something is quadratic


@pytest.mark.parametrize(
    "source", ["a" * (MAX_SOURCE + 1), "> " * 30 + "fin", "- " * 30 + "fin", "[" * 70_000, ">" * 99]
)
def test_what_cannot_be_read_is_shown_as_typed(source: str) -> None:
    for render in RENDERERS:
        shown = BeautifulSoup(render(source), "html.parser")
        assert shown.get_text() == f"{source}\n"
        assert [tag.name for tag in shown.find_all(True)] == ["pre", "code"]
    assert plain_text(source) == source


def test_ordinary_nesting_is_read() -> None:
    source = "\n".join("  " * depth + f"- niveau {depth}" for depth in range(8))
    assert render_html(source).count("<ul>") == 8
    assert "<pre>" not in render_html("mot " * 100_000 + "![a](data:image/png;base64," + "A" * 1_000_000 + ")")
