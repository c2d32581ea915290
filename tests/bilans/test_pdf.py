"""The PDF of a bilan: its words and numbers, what archives and screen readers need, and nothing that runs."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from allies_sync.bilans import pdf
from allies_sync.bilans.blocks import blocks
from allies_sync.bilans.lines import line
from allies_sync.bilans.pdf import Booklet, CannotPrint, Printed, print_booklet, render_pdf
from allies_sync.model.resources import FieldKind
from allies_sync.model.tally import Bar, QuestionTally
from allies_sync.text.characters import clean_lines
from allies_sync.text.charts import chart_svg, chart_text
from allies_sync.text.markdown import MAX_SOURCE, Token, parse, plain_text

EXAMPLE = Path(__file__).with_name("exemple.md").read_text("utf-8")
DAY = date(2027, 5, 3)
SCALE = ("Pas du tout", "Un peu", "Plutôt oui", "Tout à fait")
SUITES = ("J'ai repris contact avec des personnes du groupe", "Un projet commun est en discussion", "Rien de nouveau")


def counted(label: str, labels: tuple[str, ...], numbers: tuple[int, ...], answered: int = 0) -> QuestionTally:
    kind = FieldKind.CHOICES if answered else FieldKind.SCALE
    bars = tuple(Bar(str(place), *bar) for place, bar in enumerate(zip(labels, numbers, strict=True)))
    return QuestionTally("q", label, kind, False, answered or sum(numbers), bars)


QUESTIONS = {
    "graphiques/satisfaction.svg": counted("Cette rencontre a-t-elle répondu à vos attentes ?", SCALE, (0, 2, 13, 9)),
    "graphiques/parole.svg": counted("Avez-vous pu prendre votre place dans le groupe ?", SCALE, (1, 3, 12, 7)),
    "graphiques/suites.svg": counted("Où en sont vos projets de coopération ?", SUITES, (14, 9, 3), 19),
}


def charts() -> dict[str, bytes]:
    drawn = {name: chart_svg(tally, 24) for name, tally in QUESTIONS.items()}
    return {name: svg.encode() for name, svg in drawn.items() if svg}


def booklet(markdown: str = EXAMPLE, **more: Any) -> Booklet:
    fields: dict[str, Any] = {
        "title": "Dynamiques de coopération",
        "kicker": "Bilan",
        "subtitle": "De la mise en commun au projet partagé",
        "client": "DLA d'exemple",
        "collective": "Collectif Exemple",
        "dates": "Vendredi 12 mars 2027",
        "licence_label": "Creative Commons Attribution 4.0 International",
        "licence_url": "https://creativecommons.org/licenses/by/4.0/deed.fr",
        "markdown": markdown,
        "images": charts(),
        "created": DAY,
    }
    return Booklet(**(fields | more))


def read(content: bytes | Printed) -> PdfReader:
    return PdfReader(io.BytesIO(content.pdf if isinstance(content, Printed) else content))


def text(reader: PdfReader) -> str:
    """All words of all pages, blanks and apostrophes made alike, running headers and page numbers left out."""
    pages = []
    for number, page in enumerate(reader.pages, 1):
        found = page.extract_text()
        if number > 1:
            found = found.partition("\n")[2] if found.startswith("Bilan – ") else found
            found = re.sub(rf"\n?{number} / {len(reader.pages)}$", "", found)
        pages.append(found)
    return alike(" ".join(pages))


def alike(words: str) -> str:
    return " ".join(words.replace("’", "'").split())


@pytest.fixture(scope="module")
def printed() -> bytes:
    return render_pdf(booklet())


@pytest.fixture(scope="module")
def reader(printed: bytes) -> PdfReader:
    return read(printed)


# --- words and numbers ---------------------------------------------------------------------------------------


def test_every_word_of_the_bilan_is_there(reader: PdfReader) -> None:
    written = Counter(re.findall(r"\w+", alike(plain_text(re.sub(r"!\[.*?\]\(.*?\)", "", EXAMPLE)))))
    shown = Counter(re.findall(r"\w+", text(reader)))
    del written["https"]
    targets = Counter(
        re.findall(r"\w+", "wiki exemple org DynamiquesDeCooperation2027")
    )  # a link without its address
    assert not written - shown - targets


def test_the_numbers_are_those_that_were_counted(reader: PdfReader) -> None:
    words = text(reader)
    for tally in QUESTIONS.values():
        start = words.index(tally.label)
        found = re.findall(r"(\d+) \((\d+) %\)", words[start : words.index("réponses", start)])
        assert [int(number) for number, _share in found] == [bar.number for bar in tally.bars]
        assert [int(share) for _number, share in found] == [
            int(100 * bar.number / tally.answered + 0.5) for bar in tally.bars
        ]
        assert f"{tally.answered} réponses" in words[start:]
    assert "Accorder le programme ; le groupe a demandé une heure de plus pour les projets 26" in words


def test_the_cover_says_what_it_is(reader: PdfReader) -> None:
    cover = alike(reader.pages[0].extract_text())
    assert cover.startswith("Collectif Exemple Bilan Dynamiques de coopération De la mise en commun")
    for said in (
        "Pour DLA d'exemple",
        "Dates Vendredi 12 mars 2027",
        "Creative Commons Attribution 4.0 International",
    ):
        assert said in cover
    assert "1 /" not in cover
    assert text(reader).count("Bilan : Dynamiques de coopération") == 0  # the first heading only repeats the cover


def test_contents_and_page_numbers(reader: PdfReader) -> None:
    contents = reader.pages[1].extract_text()
    assert "Sommaire" in contents
    pages = [alike(page.extract_text()) for page in reader.pages]
    found = re.findall(r"^([^\d\n]+?)[ .\u2060]{3,}(\d+)$", contents, re.MULTILINE)
    assert len(found) == 11
    for heading, number in found:
        assert alike(heading) in pages[int(number) - 1]
    for number, page in enumerate(pages[1:], 2):
        assert page.startswith("Bilan – Dynamiques de coopération Collectif Exemple")
        assert page.endswith(f"{number} / {len(pages)}")


def test_links_lead_where_they_say(reader: PdfReader) -> None:
    annotations = [link.get_object() for page in reader.pages for link in page.get("/Annots", ())]
    targets = {str(link["/A"]["/URI"]) for link in annotations if "/URI" in link.get("/A", {})}
    assert targets == {
        "https://creativecommons.org/licenses/by/4.0/deed.fr",
        "https://wiki.exemple.org/?DynamiquesDeCooperation2027",
        "https://partage.exemple.org/s/carte-des-projets-et-des-competences-du-bassin-de-vie",
    }


# --- what archives and screen readers need -------------------------------------------------------------------


def test_it_says_that_it_is_pdf_a_and_pdf_ua(reader: PdfReader) -> None:
    root = reader.trailer["/Root"]
    said = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in said
    assert "<pdfuaid:part>1</pdfuaid:part>" in said
    assert root["/Lang"] == "fr-FR"
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF boolean
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert root["/OutputIntents"]
    assert "/Encrypt" not in reader.trailer


def test_title_author_and_date(reader: PdfReader) -> None:
    about = reader.metadata
    assert about is not None
    assert about.title == "Bilan – Dynamiques de coopération"
    assert about.author == "Collectif Exemple"
    assert about.subject == "De la mise en commun au projet partagé"
    assert about.creation_date == datetime(2027, 5, 3, tzinfo=UTC)


def test_every_font_is_inside(reader: PdfReader) -> None:
    fonts = [font for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
        assert "/ToUnicode" in font.get_object()


def elements(node: object) -> Iterator[DictionaryObject]:
    node = node.get_object() if isinstance(node, IndirectObject) else node
    if isinstance(node, ArrayObject):
        for child in node:
            yield from elements(child)
    elif isinstance(node, DictionaryObject) and ("/S" in node or "/K" in node):
        if "/S" in node:
            yield node
        yield from elements(node.get("/K", ArrayObject()))


def test_the_structure_is_tagged(reader: PdfReader) -> None:
    found = list(elements(reader.trailer["/Root"]["/StructTreeRoot"]))
    kinds = Counter(str(element["/S"]) for element in found)
    assert kinds["/H1"] >= 8
    assert kinds["/H2"] == 3
    assert kinds["/Table"] == 2
    assert (kinds["/TH"], kinds["/TD"]) == (6, 27)
    assert kinds["/BlockQuote"] == 2
    assert kinds["/L"] == 4
    assert kinds["/LI"] == 11
    assert kinds["/TOC"] >= 1
    figures = [element for element in found if element["/S"] == "/Figure"]
    assert len(figures) == 3
    assert all(str(figure["/Alt"]) for figure in figures)


def test_a_figure_says_the_markdowns_words_or_the_pictures_own() -> None:
    name, tally = next(iter(QUESTIONS.items()))
    said = chart_text(tally, 24) or ""
    for source in (f"![]({name})", f"![{said}](./{name})"):
        reader = read(render_pdf(booklet(source)))
        (figure,) = (e for e in elements(reader.trailer["/Root"]["/StructTreeRoot"]) if e["/S"] == "/Figure")
        assert alike(str(figure["/Alt"])) == alike(said)


def test_no_line_ends_inside_a_span_of_time() -> None:
    """Of lines of all lengths, some end there unless that is forbidden."""
    lines = (f"{'mot ' * 15}{'a' * number} de 10h–10h30 puis la suite." for number in range(1, 26))
    text = "".join(page.extract_text() + "\n" for page in read(render_pdf(booklet("\n\n".join(lines)))).pages)
    assert text.count("10h–10h30") == 25


def test_what_a_short_line_says_of_a_table_stands_on_its_page() -> None:
    """Wherever on the page it falls, neither the line nor the table is parted from the heading."""
    rows = "".join(f"| Choix {number} | {number} | {number} % |\n" for number in range(5))
    question = (
        f"#### La question\n\n| Réponse | Nombre | Part |\n|---|---:|---:|\n{rows}\n30 personnes ont répondu.\n"
    )
    for number in range(21, 30):
        pages = read(render_pdf(booklet("# Un\n\n" + "Ligne.\n\n" * number + question))).pages
        (page,) = (page.extract_text() for page in pages[1:] if "30 personnes" in page.extract_text())
        assert "La question" in page and "Choix 0" in page, number


# --- the same bytes ------------------------------------------------------------------------------------------


def test_the_same_booklet_gives_the_same_bytes(printed: bytes) -> None:
    assert render_pdf(booklet()) == printed
    assert render_pdf(booklet(created=date(2027, 5, 4))) != printed


def test_in_english() -> None:
    reader = read(render_pdf(booklet("# One\n\nIt's 5 % : fine", language="en")))
    assert reader.trailer["/Root"]["/Lang"] == "en-GB"
    assert "It's 5 % : fine" in reader.pages[-1].extract_text()


# --- nothing runs --------------------------------------------------------------------------------------------

HOSTILE = (
    '#import "@preview/cetz:0.1.0": *',
    '#read("/etc/passwd")',
    '#include "booklet.json"',
    "#sys.inputs $x^2$ @ref <label> `#eval(1)`",
    "<script>alert(1)</script>",
    "{{ bazar }} {% raw %} ${7*7}",
    '""<b onclick="x">""',
    "=cmd|' /C calc'!A0",
    "-- --- ... // /* */ ~",
)


@pytest.mark.parametrize("place", ["title", "subtitle", "kicker", "client", "collective", "dates", "licence_label"])
def test_hostile_words_on_the_cover_are_text(place: str) -> None:
    words = " ".join(HOSTILE)[:180]
    first = read(render_pdf(booklet("", **{place: words}))).pages[0].extract_text()
    shown = words[:59] if place == "kicker" else words
    assert re.sub(r"\s|’|'", "", shown) in re.sub(r"\s|’|'", "", first)


def test_hostile_words_in_the_text_are_text() -> None:
    from allies_sync.text.escaping import escape_markdown, escape_paragraphs

    escaped = [escape_markdown(words) for words in HOSTILE]
    table = "\n".join(["| a | b |", "|---|---|", *(f"| {words} | {words} |" for words in escaped)])
    source = "\n\n".join(
        [*(f"## {words}" for words in escaped), *escaped, table, escape_paragraphs("\n".join(HOSTILE), "> ")]
    )
    done = print_booklet(booklet(source))
    shown = re.sub(r"\s", "", text(read(done)))
    for words in HOSTILE:
        assert shown.count(re.sub(r"\s", "", alike(words))) >= 5, words
    assert "root:" not in shown
    assert (done.letters, done.pictures) == ((), ())


def test_raw_hostile_markdown_is_text() -> None:
    source = (
        "<script>alert(1)</script>\n\n[a](javascript:alert(1)) [b](file:///etc/passwd)\n\n"
        "![c](/etc/passwd) ![d](../x.svg)\n"
    )
    reader = read(render_pdf(booklet(source)))
    words = text(reader)
    assert "<script>alert(1)</script>" in words
    assert "[image : c] [image : d]" in words
    assert "root:" not in words
    assert not any(
        key in str(page.get("/Annots", "")) for page in reader.pages[1:] for key in ("javascript", "file:", "/Launch")
    )
    assert not {"/OpenAction", "/AA", "/AcroForm", "/JavaScript"} & set(reader.trailer["/Root"])


def test_nulls_overrides_and_piles_of_accents() -> None:
    zalgo = "Z" + "\u0301\u0489" * 200 + "algo"
    done = print_booklet(
        booklet(f"a\x00b\x01 \u202egnp.exe {zalgo} &#x202e;evil \ud800 \ufffe &#0; מרחבא שלום مرحبا")
    )
    shown = text(read(done))
    assert "gnp.exe" in shown
    assert "evil" in shown
    assert "algo" in shown
    assert not re.search("[\x00\u202e\ud800\ufffe]", shown)
    assert re.search("[\u0600-\u06ff\ufe70-\ufeff]", shown)
    assert all(len(pile) <= 4 for pile in re.findall("[\u0301\u0489]+", str(line(zalgo))))


def test_letters_that_no_font_holds_are_told() -> None:
    done = print_booklet(booklet("Merci 🙏 👩\u200d💻 🇫🇷, 漢, ☺ et ✓ !", title="Été 漢"))
    assert set(done.letters) == {"🙏", "👩\u200d💻", "🇫🇷", "漢"}
    assert "Merci □ □ □, □, ☺ et ✓ !" in text(read(done))
    assert "Été □" in done_title(done)


def test_more_than_a_thousand_letters_that_no_font_holds_end() -> None:
    done = print_booklet(booklet(" ".join(map(chr, range(0x4E00, 0x4E00 + 1500)))), seconds=100)
    assert len(done.letters) == 1500


def done_title(done: Printed) -> str:
    about = read(done).metadata
    return (about.title if about else "") or ""


MARKS = [
    *(
        "# ",
        "## ",
        "###### ",
        "- ",
        "1. ",
        "> ",
        "* ",
        "```\n",
        "~~",
        "**",
        "*",
        "_",
        "`",
        "[",
        "](",
        "](http://x.org)",
    ),
    *(
        "![",
        "](c.svg)",
        "](d.svg)",
        "|",
        "\n|---|---|\n",
        "\n",
        "\n\n",
        "    ",
        "<b>",
        "&amp;",
        "\\",
        "\n---\n",
        "mot ",
        "é",
    ),
]


@given(st.lists(st.sampled_from(MARKS) | st.text(st.characters(codec=None), max_size=3), max_size=60))
def test_any_markdown_is_read_and_none_of_its_letters_is_lost(typed: list[str]) -> None:
    source = "".join(typed)
    found = blocks(source, lambda target: ("picture-1.svg", "") if target == "c.svg" else None)
    shown = Counter(re.findall(r"[^\W_]", unicodedata.normalize("NFD", letters_of(found))))
    written = Counter(re.findall(r"[^\W_]", unicodedata.normalize("NFD", clean_lines(plain_text_of(source)))))
    assert not written - shown
    levels = [block["level"] for block in found if block["k"] == "heading"]
    assert all(after <= before + 1 for before, after in pairwise([0, *levels]))


def letters_of(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "".join(letters_of(item) for key, item in value.items() if key not in ("k", "to", "file", "aligned"))
    return "".join(map(letters_of, value)) if isinstance(value, list) else ""


def plain_text_of(source: str) -> str:
    """What the parser gives as text, the targets of links and pictures left out."""

    def words(tokens: Sequence[Token]) -> Iterator[str]:
        for token in tokens:
            yield from words(token.children) if token.children else (token.content,)

    return "".join(words(parse(source)))


# --- pictures ------------------------------------------------------------------------------------------------


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + crc

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    rows = b"".join(b"\x00" + b"\x80" * width for _row in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="90" height="30">'
    "{}</svg>"
)


@pytest.mark.parametrize(
    "content",
    [
        SVG.format('<image width="9" height="9" xlink:href="/etc/passwd"/>').encode(),
        SVG.format('<image width="9" height="9" href="http://127.0.0.1:9/x.png"/>').encode(),
        SVG.format(
            '<style>@import url("http://127.0.0.1:9/x.css");</style><use href="file:///etc/passwd#x"/>'
        ).encode(),
        SVG.format("<script>alert(1)</script><foreignObject><b>x</b></foreignObject>").encode(),
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + SVG.format("<text>&x;</text>").encode(),
        b"\x89PNG\r\n\x1a\n broken",
        b"\xff\xd8\xff broken",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00",  # four thousand million pixels
        b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01",
        b"GIF89a",
        b"<html></html>",
        b"",
    ],
)
def test_hostile_and_broken_pictures_hurt_nobody(content: bytes) -> None:
    done = print_booklet(booklet("Avant ![une image](x.svg) après", images={"x.svg": content}))
    words = text(read(done))
    assert "Avant" in words
    assert "après" in words
    assert "root:" not in words
    if not done.pictures:
        assert b"svg" in content  # read, and what it asked for left out
    else:
        assert done.pictures == ("x.svg",)


def test_photographs_are_shown_within_the_page() -> None:
    images = {"photos/l'été.png": png(3000, 40), "haut.png": png(30, 4000)}
    reader = read(render_pdf(booklet("![été](photos/l%27%C3%A9t%C3%A9.png)\n\n![haut](haut.png)", images=images)))
    found = [e for e in elements(reader.trailer["/Root"]["/StructTreeRoot"]) if e["/S"] == "/Figure"]
    assert [str(figure["/Alt"]) for figure in found] == ["été", "haut"]
    assert len(reader.pages) <= 3
    for figure in found:
        left, low, right, high = (float(value) for value in figure["/A"][0]["/BBox"] if True)
        assert left >= 60
        assert right <= 540
        assert low >= 40
        assert high <= 800


def test_a_picture_of_a_billion_pieces_ends() -> None:
    groups = ['<g id="a0"><rect width="1" height="1"/></g>']
    for number in range(12):
        groups.append(f'<g id="a{number + 1}">' + f'<use href="#a{number}"/>' * 10 + "</g>")
    bomb = SVG.format(f'<defs>{"".join(groups)}</defs><use href="#a12"/>').encode()
    done = print_booklet(booklet("![x](x.svg)", images={"x.svg": bomb}), seconds=30)
    assert done.pictures == ("x.svg",)


# --- sizes ---------------------------------------------------------------------------------------------------


def test_too_long_is_said() -> None:
    with pytest.raises(CannotPrint, match="trop long"):
        render_pdf(booklet("x" * (MAX_SOURCE + 1)))


def test_too_slow_is_said() -> None:
    with pytest.raises(CannotPrint, match="pas abouti"):
        print_booklet(booklet("mot " * 100_000), seconds=0.01)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# A\n\n## B\n\n###### C\n\n# \n\n- \n\n1. \n\n> \n\n| |\n|-|\n\n```\n```\n\n---\n",
        "### A\n\n# B\n\n###### C\n\n> # dans une citation\n\n- ## dans une liste\n\n# " + "titre " * 200,
        "x" * 8_000 + " https://exemple.org/" + "y/" * 900,
        "- " + "w" * 3000 + "\n- **" + "v" * 300 + "**\n",
        "|a|b|\n|-|-|\n|" + "z" * 2000 + "|" + "mot " * 3000 + "|\n",
        "".join("  " * depth + f"- niveau {depth}\n" for depth in range(9)),
        "> " * 15 + "profond",
        "**a *b ~~c **d *e ~~f **g *h [i](http://x.org) [~~j~~](http://x.org) h* g** f~~ e* d** c~~ b* a**",
        "[a](https://x.org/" + "a" * 5000 + ") [b](#b) [c](ref:page:x)",
        "```\n" + "x" * 500 + "\n\ty\n```\n",
        "1. a\n99999999999. b\n",
    ],
)
def test_odd_texts_survive_whole(source: str) -> None:
    done = print_booklet(booklet(source))
    shown = Counter(re.sub(r"\s", "", text(read(done))))
    written = Counter(
        re.sub(r"\s", "", alike(re.sub(r"\]\(.*?\)|[#*`>~|\[\]_-]|^\d+\.", "", source, flags=re.MULTILINE)))
    )
    assert not {char: count for char, count in (written - shown).items() if char.isalpha()}


@pytest.mark.parametrize("columns", [1, 3, 7, 8, 16, 17, 30])
def test_tables_of_any_width_keep_every_cell(columns: int) -> None:
    rows = [[f"v{row}c{column}" for column in range(columns)] for row in range(25)]
    source = f"|{'titre|' * columns}\n|{'---|' * columns}\n" + "".join(f"|{'|'.join(row)}|\n" for row in rows)
    shown = text(read(render_pdf(booklet(source)))).split()
    assert not {cell for row in rows for cell in row} - set(shown)


def test_a_monstrous_word_in_a_table_takes_no_longer_than_in_a_text() -> None:
    word = "x" * 40_000
    reader = read(print_booklet(booklet(f"| a | b |\n|---|---|\n| {word} | ok |\n"), seconds=60))
    assert len(reader.pages) > 8


def test_thirty_pages_take_seconds() -> None:
    page = "\n\n".join(
        ["## Une partie", "Une phrase qui dit quelque chose de la journée. " * 40, "- un point\n- un autre"]
    )
    reader = read(render_pdf(booklet("\n\n".join([page] * 30))))
    assert 15 <= len(reader.pages) <= 60


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["Une phrase assez longue. ", "x", "*", "ligne\n", "> a\n", "| a | b |\n"])
def test_a_megabyte_is_printed(unit: str) -> None:
    source = unit * (1_000_000 // len(unit))
    pages = read(render_pdf(booklet(source))).pages
    assert len(pages) > 100
    assert sum(len(page.extract_text()) for page in pages[:20]) > 5_000


# --- what it costs -------------------------------------------------------------------------------------------


def test_typst_is_in_no_process_but_its_own() -> None:
    program = (
        "import sys, datetime; from allies_sync.bilans.pdf import *; "
        "render_pdf(Booklet(title='T', created=datetime.date(2027, 5, 3))); print('typst' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    render_pdf(booklet())
    with pytest.raises(CannotPrint):
        print_booklet(booklet("mot " * 100_000), seconds=0.01)
    assert list(tmp_path.iterdir()) == []


def test_the_fonts_of_the_template_are_those_that_letters_are_tried_with() -> None:
    source = Path(pdf.__file__).with_name("booklet.typ").read_text("utf-8")
    assert 'json("fonts.json")' in source


def test_what_announces_something_is_kept_with_it() -> None:
    source = (
        "# A\n\nUne ligne.\n\n## B\n\nAutre ligne.\n\n# C\n\nElle écrit :\n\n> Oui.\n\n## D\n\nTexte.\n\nSuite.\n"
    )
    found = blocks(source, lambda target: None)
    kept = [letters_of(block["c"]) for block in found if block.get("keep")]
    assert kept == ["Une ligne.", "Elle écrit :".replace(" :", "\u00a0:")]
