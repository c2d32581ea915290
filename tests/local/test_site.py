"""Web pages: sanitised, accessible, deterministic; nothing typed is code."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from allies_sync.model.resources import Field, FieldKind, Form, Option, Page, Widget
from allies_sync.platforms.conformance.samples import PAYLOADS
from allies_sync.platforms.interface import Address, Space
from allies_sync.text.escaping import escape_markdown
from allies_sync_local.fragment import Fragments
from allies_sync_local.integrity import EDITION, seal_of
from allies_sync_local.layout import page_files
from allies_sync_local.render import stylesheet, web_page
from allies_sync_local.site import Site, inputs_of
from allies_sync_local.sources import Directive, parts_of
from tests.local.machine import AMONT, FREINS, SLUG, Machine

SPACE = Space(
    SLUG,
    "Coopérer & <apprendre>",
    addresses={
        "page:accueil": Address("index.html", f"file:///w/{SLUG}/index.html"),
        "page:programme": Address("programme.html", f"file:///w/{SLUG}/programme.html"),
    },
    collective_name="Les « Rives »",
    home="page:accueil",
    menu=[("page:accueil", "Accueil"), ("page:programme", "Programme")],
    licence="CC BY-SA 4.0",
)


def page(source: str, base: Path = Path("/w"), stem: str = "programme", space: Space = SPACE) -> str:
    return web_page(Site(base, space).page(page_files(stem), source.encode())).decode()


def main(text: str) -> str:
    return text[text.index("<main") : text.index("</main>")]


class Outline(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data

    def values(self, attribute: str) -> list[str]:
        return [value for _tag, name, value in self.attributes if name == attribute]


def harmless(text: str) -> Outline:
    outline = Outline(text)
    assert not {"script", "iframe", "object", "embed", "form", "input", "style", "base"} & set(outline.tags)
    for _tag, name, value in outline.attributes:
        assert not name.startswith("on") and name != "style", name
        if name in ("href", "src"):
            assert re.match(r"(?!\s*(javascript|data|file|vbscript):)", value, re.IGNORECASE), value
    return outline


# --- the same bytes for the same inputs -----------------------------------------------------------------------


GOLDEN = {
    1: "eec411e6ed8a0d88",
    2: "40aade0b159cc75e",
    3: "5645c88ec90b74fe",
    4: "6eb4360928ef7b75",
    5: "043270fd30037f6a",
}
"""A hash of everything that a page can show, by edition. When it changes, raise EDITION in integrity.py and add one
here: so pages made before are made anew, and an older tool does not turn them back."""


def test_an_edition_for_each_rendering(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.open_all()
    kinds = tuple(
        Field(id=kind.value.replace("_", "-"), kind=kind, label=kind.value, required=True, personal=True, help="Aide")
        for kind in FieldKind
    )
    choices = tuple(
        Field(id=kind.value, kind=kind, label=kind.value, options=(Option("a", "A"),))
        for kind in (FieldKind.SCALE, FieldKind.CHOICE, FieldKind.CHOICES)
    )
    every = Form(
        id="form:tout", role="wiki", title="Tout", name="tout", fields=(*kinds, *choices), notice=("Merci.\n",)
    )
    table = "| Heure | Quoi | Pourquoi |\n|---|:-:|--:|\n| 9h | Café | Se voir |\n"
    long = Page(
        id="page:tout", role="wiki", title="Tout", name="tout", body=(f"## Un\n\n{table}\n> Cité\n\n- [x] fait\n",)
    )
    answers = tmp_path / "wiki" / SLUG / "reponses" / "amont"
    answers.mkdir(parents=True)
    for number in range(6):
        (answers / f"{number}.json").write_text(json.dumps({"values": {"freins": ["t"] if number else ["t", "p"]}}))
    counted = Page(
        id="page:compte",
        role="wiki",
        title="Compte",
        name="compte",
        body=(
            Widget("tally", "form:amont"),
            "\n",
            Widget("tally", "form:amont", (("threshold", "9"),)),
            "\n",
            Widget("answers", "form:amont"),
            "\n",
        ),
    )
    machine.sync([every, long, AMONT, FREINS, counted])
    pages = sorted((tmp_path / "wiki").rglob("*.html"))
    bodies = [re.sub(r'"[0-9]+ [0-9a-f]{64} [0-9a-f]{64}"', "", path.read_text()) for path in pages]
    found = hashlib.sha256("".join([*bodies, stylesheet().decode()]).encode()).hexdigest()[:16]
    assert max(GOLDEN) == EDITION
    assert found == GOLDEN[EDITION], "the rendering changed: see GOLDEN"


def test_the_place_on_the_disk_does_not_show(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        Machine(tmp_path / name).open_all()
        pages = sorted((tmp_path / name / "wiki").rglob("*.*ml")) + sorted((tmp_path / name / "wiki").rglob("*.md"))
        assert not [path for path in pages if str(tmp_path) in path.read_text()]
        found.append([path.read_bytes() for path in pages])
    assert found[0] == found[1]


def test_the_language_is_the_collective_s_whoever_runs_the_tool() -> None:
    from allies_sync.text.messages import using_language

    french = page("{{accompagnements}}\n")
    with using_language("en"):
        assert page("{{accompagnements}}\n") == french
    assert 'lang="en"' in page("x", space=replace(SPACE, language="en"))


def test_a_seal_holds_for_the_whole_page() -> None:
    text = page("# Un\n\nDeux.\n")
    seal = seal_of(text.encode())
    assert seal is not None and seal.intact and seal.edition == EDITION
    assert seal.inputs == inputs_of(Site(Path("/w"), SPACE).page(page_files("programme"), b"# Un\n\nDeux.\n"))
    for changed in (
        text.replace("Deux", "Trois"),
        text + " ",
        text.replace("utf-8", "utf-7"),
        text.replace(" 1 ", " 2 "),
    ):
        found = seal_of(changed.encode())
        assert changed == text or found is None or not found.intact
    assert seal_of(b"<p>rien</p>") is None and seal_of(b"\xff\xfe") is None
    style = seal_of(stylesheet())
    assert style is not None and style.intact


def test_a_newer_tool_is_not_turned_back() -> None:
    seal = seal_of(page("x").encode())
    assert seal is not None
    assert not replace(seal, edition=EDITION + 1).lags("autre")
    assert seal.lags("autre") and not seal.lags(seal.inputs)
    assert replace(seal, edition=EDITION - 1).lags(seal.inputs)


# --- typed words are never code -------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_words_in_every_place(payload: str, tmp_path: Path) -> None:
    form = Form(
        id="form:amont",
        role="wiki",
        title=payload,
        name="amont",
        notice=(f"{escape_markdown(payload)}\n",),
        fields=(
            Field(id="a", kind=FieldKind.CHOICE, label=payload, help=payload, options=(Option("a", payload),)),
            Field(id="b", kind=FieldKind.TEXT, label=payload),
        ),
    )
    body = (
        f"{escape_markdown(payload)}\n\n",
        Widget("form", "form:amont"),
        "\n\n",
        Widget("button", "form:amont", (("label", payload),)),
        "\n\n",
        Widget("contents"),
        "\n",
    )
    accueil = Page(id="page:accueil", role="wiki", title=payload, name="accueil", home=True, body=body)
    machine = Machine(tmp_path)
    where = Space(SLUG, payload, collective_name=payload, home="page:accueil", menu=[("page:accueil", payload)])
    assert machine.sync([form, accueil], where=where).complete
    for path in (tmp_path / "wiki").rglob("*.html"):
        outline = harmless(path.read_text())
        assert "img" not in outline.tags and outline.tags.count("h1") == 1
        assert not [value for value in outline.values("href") if "exemple" in value or "example" in value]


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)"><a href="javascript:alert(1)">x</a>',
        "<svg><script>alert(1)</script></svg><iframe src=//exemple.org></iframe>",
        "<style>body{display:none}</style><form action=x><input></form><base href=//exemple.org>",
        "[x](javascript:alert(1)) [y](file:///etc/passwd) [z](data:text/html,x)",
        "{{bouton: javascript:alert(1) | Cliquez}}\n\n{{dossier: file:///etc | x}}\n{{bouton: //exemple.org | x}}",
        '{{bouton: x" onclick="alert(1) | <b>x</b>}}',
        "{{inclure: ../../secret}}\n{{inclure: _allies-sync/state}}\n{{questionnaire: ../x}}\n{{réponses: /etc}}",
        "</main></body><script>alert(1)</script>",
        '<meta http-equiv="refresh" content="0;url=//exemple.org"><meta name="allies-sync" content="1">',
    ],
)
def test_what_people_type_is_only_read(source: str) -> None:
    text = page(f"# Titre\n\n{source}\n")
    outline = harmless(text)
    assert outline.tags.count("main") == 1 and outline.tags.count("meta") == 6
    assert "//exemple.org" not in [value[-13:] for value in outline.values("src")]


def test_escaped_words_form_no_directive() -> None:
    typed = "{{accompagnements}}"
    assert list(parts_of(escape_markdown(typed))) == [str(escape_markdown(typed))]
    assert typed in Outline(main(page(f"{escape_markdown(typed)}\n"))).words
    count = escape_markdown("{{nombre de réponses: amont}}")
    assert "{{nombre de réponses: amont}}" in Outline(main(page(f"Il y a {count}.\n"))).words


def test_pages_that_include_each_other(tmp_path: Path) -> None:
    sources = tmp_path / SLUG / "sources"
    sources.mkdir(parents=True)
    for name, other in (("a", "b"), ("b", "a"), ("c", "c")):
        (sources / f"{name}.md").write_text(f"# {name}\n\nMoi {name}.\n\n{{{{inclure: {other}}}}}\n")
    text = page((sources / "a.md").read_text(), tmp_path, "a")
    assert text.count("Moi a.") == 1 and text.count("Moi b.") == 1
    many = "# m\n\n" + "{{inclure: m}}\n" * 50
    (sources / "m.md").write_text(many)
    (sources / "n.md").write_text("# n\n\n" + "{{inclure: o}}\n" * 50)
    (sources / "o.md").write_text("# o\n\n" + "{{inclure: n}}\n" * 50)
    assert len(page((sources / "n.md").read_text(), tmp_path, "n")) < 100_000


# --- what people see ------------------------------------------------------------------------------------------


def test_the_frame_of_a_page() -> None:
    text = page("# Le *programme*\n\nCafé.\n\n# Un autre titre\n\n## Café\n\n## Café\n")
    outline = Outline(text)
    assert 'lang="fr"' in text and "<title>Le programme · Coopérer &amp; &lt;apprendre&gt;</title>" in text
    assert outline.tags.count("h1") == 1 and outline.tags.count("h2") == 3
    assert "Licence : CC BY-SA 4.0" in text
    for landmark in ("header", "nav", "main", "footer"):
        assert outline.tags.count(landmark) == 1
    assert '<a class="skip" href="#contenu">' in text and 'id="contenu"' in text
    assert '<a href="programme.html" aria-current="page">Programme</a>' in text
    ids = outline.values("id")
    assert len(ids) == len(set(ids))
    assert not [url for url in outline.values("href") + outline.values("src") if url.startswith("http")]


def test_what_a_form_says_of_its_answers_is_no_notice_of_the_space(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.sync([AMONT])
    form = (tmp_path / "wiki" / SLUG / "formulaires" / "amont.html").read_text()
    assert "Lu par l'équipe." in Outline(form).words and "{'is'" not in Outline(form).words
    assert 'class="archived"' not in form and form.count("Lu par l") == 1


def test_a_page_without_a_title_still_has_one() -> None:
    assert "<h1>Programme</h1>" in page("Juste un texte.\n")
    assert f"<h1>{SPACE.title.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</h1>" in page(
        "", stem="index"
    )


def test_no_line_begins_with_a_mark() -> None:
    source = "# Quoi ?\n\nVoici : « un » ; deux !\n\n`a : b`\n"
    assert "<p>Voici\u00a0: «\u00a0un\u00a0»\u00a0; deux\u00a0!</p>" in page(source)
    assert "<h1>Quoi\u00a0?</h1>" in page(source) and "<code>a : b</code>" in page(source)
    assert "<p>Voici : " in page(source, space=replace(SPACE, language="en"))


def test_wide_tables_become_cards_and_keep_their_meaning() -> None:
    html = (
        "<table><thead><tr><th>Heure</th><th>Quoi &amp; qui</th><th>But</th></tr></thead>"
        "<tbody><tr><td>9h</td><td>Café</td><td></td></tr></tbody></table>"
    )
    timed = Fragments().finish(html)
    assert '<table role="table" class="cards timed">' in timed
    assert '<td role="cell" data-label="Quoi &amp; qui">Café</td>' in timed
    assert '<th role="columnheader">Heure</th>' in timed
    assert '<table role="table" class="cards">' in Fragments().finish(html.replace("9h", "Toute la matinée"))
    narrow = "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
    assert Fragments().finish(narrow) == narrow


def test_a_span_of_time_stays_on_one_line() -> None:
    html = Fragments("fr").finish("<p>De 9h–9h30, 10h–10h30 et 9:00–9:30, pages 10–12, 2026–2027, 10h–lundi.</p>")
    whole = re.findall('<span class="whole">([^<]*)</span>', html)
    assert whole == ["9h–9h30", "10h–10h30", "9:00–9:30"]
    assert ".whole { white-space: nowrap; }" in stylesheet().decode()


def test_a_text_in_a_code_block_is_code() -> None:
    source = "Avant\n\n```\n{{sommaire}}\n```\n\n{{sommaire}}\n"
    found = list(parts_of(source))
    assert found == ["Avant\n\n```\n{{sommaire}}\n```\n", Directive("contents")]


@pytest.mark.parametrize("line", ["{{ Réponses : amont }}", "{{reponses:amont}}", "  {{réponses: amont | x}}  "])
def test_directives_forgive(line: str) -> None:
    [found] = parts_of(line)
    assert isinstance(found, Directive) and (found.widget, found.argument) == ("answers", "amont")


def test_old_encodings_are_read() -> None:
    source = "# Été\n\nCafé\r\nthé\n".encode("cp1252")
    text = web_page(Site(Path("/w"), SPACE).page(page_files("programme"), source)).decode()
    assert "<h1>Été</h1>" in text and "Café" in text
    assert "\ufeff" not in page("\ufeff# Titre\n")


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_enough_in_light_and_dark() -> None:
    text = stylesheet().decode()
    blocks = re.findall(r":root \{([^}]*)\}", text)[:2]
    for block in blocks:
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
        pairs = [(ink, back) for ink in ("ink", "quiet", "accent", "link") for back in ("paper", "card", "tint")]
        for ink, back in [*pairs, ("on-link", "link"), ("paper", "ink")]:
            light, dark = sorted((luminance(colours[ink]), luminance(colours[back])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, back)


def test_nothing_is_fetched() -> None:
    style = stylesheet().decode()
    assert "url(" not in style and "@import" not in style and "@font-face" not in style
