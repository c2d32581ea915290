"""What people typed is made harmless, and stays readable."""

import time
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st

from allies_sync.text.sanitise import clean_html, clean_text, neutralise_formula

REL = 'rel="noopener noreferrer"'

PIECES = [
    *"<>/='\" &;-!\n\0",
    *["<b>", "</b>", "<p>", "</p>", "<table>", "<tr>", "<td>", "</td>", "</table>", "<div class='table'>", "</div>"],
    *[
        "<a href=http://a.fr>",
        "<a href='javascript:alert(1)'>",
        "<a href=ref:page:x>",
        "</a>",
        "<li>",
        "<ul>",
        "</ul>",
    ],
    *[
        "<img src=http://a.fr/x.png alt='<b>'>",
        "<img src=x.png onerror=alert(1)>",
        "<svg><a xlink:href='//a'>",
        "</svg>",
    ],
    *[
        "<script>",
        "</script>",
        "<style>",
        "</style>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?php",
        "<iframe src=//a.fr>",
    ],
    *[
        "<form action=//a>",
        "<input autofocus onfocus=alert(1)>",
        "<math>",
        "<mtext>",
        "<textarea>",
        "<title>",
        "<noscript>",
    ],
    *[
        "<p style='background:url(//a.fr)'>",
        "onclick=alert(1)",
        "&lt;script&gt;",
        "&#106;avascript:",
        "texte",
        "é",
        "\ud800",
    ],
    *["<h1 id='location'>", "<td colspan=2>", "<base href=//a.fr>", "<meta http-equiv=refresh>", "<link rel=a>", "`"],
]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@example('<a title="<img src=" lang="> x">')
@example("<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>")
@example("<noscript><p title='</noscript><img src=x onerror=alert(1)>'>")
@example("<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>")
def test_html_is_harmless_and_stays_so(harmless: Callable[[str], None], html: str) -> None:
    clean = clean_html(html)
    harmless(clean)
    assert clean_html(clean) == clean


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<b onclick=alert(1)>gras</b>", "<b>gras</b>"),
        ("<script>alert(1)</script>a<style>b{}</style>", "a"),
        ("<script/>alert(1)</script>a", "alert(1)a"),
        ("<script>alert(1)", "alert(1)"),
        ("<SCRIPT type=x>a</SCRIPT >b", "b"),
        ("<form action=x>a <input value=b> <button>c</button></form>", "a  c"),
        ('<iframe src="//a.fr">a</iframe>b', "b"),
        ('<p style="color:red" class="x">a', "<p>a</p>"),
        ("a <!-- b --> c", "a  c"),
        ("a <!-- b", "a &lt;!-- b"),
        ("3 < 4 > 2 & 5 &amp; 6", "3 &lt; 4 &gt; 2 &amp; 5 &amp; 6"),
        ("<b>a<p>b</b>c", "<b>a<p>b</p></b>c"),
        ("<ul><li>a<li>b</ul>c", "<ul><li>a</li><li>b</li></ul>c"),
        ("a</div></table>b", "ab"),
        ("<h2 id='un-titre'>a</h2><h2 id='a b'>b</h2>", '<h2 id="un-titre">a</h2><h2>b</h2>'),
        ("<a href='javascript:alert(1)'>a</a>", "a"),
        ("<a href='&#106;avascript:alert(1)'>a</a>", "a"),
        ("<a href='ref:page:x'>a</a>", "a"),
        ("<a name=x>a</a>", "a"),
        ("<a href=x target=_blank>a</a>", f'<a href="x" {REL}>a</a>'),
        ("<a href=x>a<a href=y>b", f'<a href="x" {REL}>a</a><a href="y" {REL}>b</a>'),
        ("<img src='https://a.fr/p.gif' alt='Un <b>'>", f'<a href="https://a.fr/p.gif" {REL}>Un &lt;b&gt;</a>'),
        ("<a href=x><img src=//a.fr/p.gif alt=un></a>", f'<a href="x" {REL}>un</a>'),
        ("<img src='img/a.png' onerror=alert(1) width=9>", '<img src="img/a.png" width="9" alt="">'),
        ("<img src='javascript:a' alt='un'>", "un"),
        ("<img srcset='//a.fr/a.png' src='/\\a.fr/a.png' alt=b>", f'<a href="/\\a.fr/a.png" {REL}>b</a>'),
        ("<img src='data:image/png;base64,AAAA' alt=''>", '<img src="data:image/png;base64,AAAA" alt="">'),
        ("<a title='jamais fermé>a</a>", "&lt;a title='jamais fermé&gt;a&lt;/a&gt;"),
        ("a<b", "a&lt;b"),
        ("\ud800\0", "\ufffd\ufffd"),
        ("<p title='&#" + "9" * 5000 + ";'>a</p>", '<p title="">a</p>'),
    ],
)
def test_clean_html(html: str, clean: str) -> None:
    assert clean_html(html) == clean


def test_a_cell_closes_nothing_outside_its_table() -> None:
    clean = clean_html('<div class="table"><table><tr><td>a</div>b</td></tr></table></div>')
    assert clean.startswith('<div class="table"><table>')
    assert "<td>ab</td>" in clean


def test_links_are_resolved_once() -> None:
    seen: list[str] = []

    def link(target: str) -> str | None:
        seen.append(target)
        return {"ref:page:a": "ref:page:b", "ref:page:c": "c.html", "ref:image:d": "d.png"}.get(target)

    html = "<a href='ref:page:a'>a</a> <a href='ref:page:c'>c</a> <img src='ref:image:d' alt=d> <a href='x'>x</a>"
    assert clean_html(html, link=link) == f'a <a href="c.html" {REL}>c</a> <img src="d.png" alt="d"> x'
    assert seen == ["ref:page:a", "ref:page:c", "ref:image:d", "x"]


@given(
    st.lists(st.sampled_from(["<b>", "</b>", "<p>", "</p>", "<ul><li>", "</ul>", "<div>", "</div>", "un ", "&amp; "]))
)
def test_no_word_is_lost(pieces: list[str]) -> None:
    html = "".join(pieces)
    words = BeautifulSoup(clean_html(html), "html.parser").get_text(" ").split()
    assert words == ["un" if piece == "un " else "&" for piece in pieces if piece in ("un ", "&amp; ")]


def test_deep_words_are_kept() -> None:
    assert BeautifulSoup(clean_html("<div>a" * 5000), "lxml").get_text() == "a" * 5000


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<b>",
        "<table>",
        "<ul><li>",
        "<div></span>",
        "<a x='",
        "<a ",
        "<!--",
        "<script>",
        "<![CDATA[",
        "<svg>",
        "</a",
        "<p><b>",
        "<a href=x>",
        "<",
        "&#9999999",
        "<a ======",
        "<table><b>x",
        "<pre>",
    ],
)
@pytest.mark.parametrize("tail", ["", "\">'-->"])
def test_broken_html_takes_no_time(piece: str, tail: str) -> None:
    start = time.process_time()
    clean_html(piece * (100_000 // len(piece)) + tail)
    assert time.process_time() - start < 10  # about 1 s; a quadratic reading takes minutes


def test_many_formatting_tags_do_not_multiply() -> None:
    html = "".join(f"<b lang=a{number}>" for number in range(5000)) + "<p>" * 20_000
    assert len(clean_html(html)) < 1_000_000


def test_clean_text() -> None:
    assert clean_text("a\r\nb\u202e\x00\te\u0301 ") == "a\nb\té "
    assert clean_text("abcdef", 4) == "abc…"
    assert clean_text("abcd", 4) == "abcd"
    assert clean_text("ae\u0300\u0323x", 2) == "a…"
    assert clean_text("abc", 0) == ""


@given(st.text(st.characters(codec=None)), st.integers(0, 20))
def test_clean_text_is_bounded(value: str, length: int) -> None:
    assert len(clean_text(value, length)) <= length
    clean_text(value).encode()


@pytest.mark.parametrize(
    "cell", ["=1+1", "+33", "-1", "@a", "\t=a", "\ra", " =a", "\u00a0=a", "＝1", "\n=a", "\u200b=a"]
)
def test_formulas_are_neutralised(cell: str) -> None:
    assert neutralise_formula(cell) == f"'{cell}"
    assert neutralise_formula(f"'{cell}") == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "a=b", "3,5", "'=a", "l'été", "  texte", "2027-03-12"])
def test_other_cells_stay(cell: str) -> None:
    assert neutralise_formula(cell) == cell
