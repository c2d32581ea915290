"""templates check: everything that is wrong, at once, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from allies_sync.workspace.check import check_folder, check_template
from allies_sync.workspace.flaws import Finding, Flaw, Severity
from allies_sync.workspace.samples import full_engagement, minimal_engagement, sparse_engagement, text_paths
from allies_sync.workspace.sentences import describe, describe_finding
from allies_sync.workspace.template import Template
from allies_sync.workspace.templates import Templates, bundled_folder

from .conftest import FIXTURES, HOME, Make, Write

FORM = 'id = "f"\nmoment = "amont"\ntitle = "F"\n'


def told(findings: list[Finding]) -> list[tuple[str, int | None, str]]:
    return [
        (finding.problem.file.rpartition("/essai/")[2], finding.problem.line, finding.problem.code)
        for finding in findings
    ]


def test_a_good_template_has_no_findings(journee: Template) -> None:
    assert check_template(journee) == []


@pytest.mark.parametrize("name", Templates().names())
def test_the_templates_that_come_along_are_good(name: str) -> None:
    folder = bundled_folder()
    assert folder is not None
    assert [describe_finding(finding) for finding in check_template(Templates().get(name))] == []


@pytest.mark.parametrize("name", sorted(path.name for path in (FIXTURES.parent / "bad").iterdir()))
def test_bad_templates_say_what_their_expected_file_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``expected.txt`` holds the sentences that a person reads, one a line."""
    folder = FIXTURES.parent / "bad"
    monkeypatch.chdir(folder)
    findings = check_folder(Path(name), Templates([folder, FIXTURES], bundled=False))
    expected = (folder / name / ".expected.txt").read_text().splitlines()
    assert [describe_finding(finding).replace("\\", "/") for finding in findings] == expected


@pytest.mark.parametrize(
    ("declarations", "files", "expected"),
    [
        ("", {}, [("pages/accueil.md", None, Flaw.UNUSED_SOURCE)]),
        (HOME.replace("home = true", ""), {}, [("template.toml", None, Flaw.NO_HOME)]),
        (
            HOME + '[[page]]\nid = "b"\ntitle = "B"\nhome = true\n',
            {"pages/b.md": ""},
            [("template.toml", 12, Flaw.TWO_HOMES)],
        ),
        (
            HOME.replace("home = true", 'home = true\neach = "session"'),
            {},
            [("template.toml", 8, Flaw.TWO_HOMES)],
        ),
        (
            HOME + '[[page]]\nid = "b"\ntitle = "B"\nmenu = false\n',
            {"pages/b.md": ""},
            [("template.toml", 10, Flaw.UNREACHED)],
        ),
        (
            HOME + '[[page]]\nid = "b"\ntitle = "B"\nmenu = false\neach = "session"\n',
            {
                "pages/b.md": "",
                "pages/accueil.md": "{% for s in engagement.sessions %}\n{{ link('page:b') }}{% endfor %}",
            },
            [("pages/accueil.md", 2, Flaw.NEEDS_SESSION)],
        ),
        (HOME + '[[page]]\nid = "b"\ntitle = "B"\n', {}, [("template.toml", 9, Flaw.MISSING_SOURCE)]),
        (
            HOME + '[[page]]\nid = "b"\ntitle = "B"\nname = "Accueil"\n',
            {"pages/b.md": ""},
            [("template.toml", 12, "bad_id")],
        ),
        (
            HOME + '[[page]]\nid = "b"\ntitle = "B"\nname = "accueil"\n',
            {"pages/b.md": ""},
            [("template.toml", 12, Flaw.SAME_NAME)],
        ),
        (
            HOME + '[[folder]]\nid = "a"\ntitle = "Été"\n[[folder]]\nid = "b"\ntitle = "ete"\n',
            {},
            [("template.toml", 12, Flaw.SAME_NAME)],
        ),
        (
            HOME + '[[folder]]\nid = "a"\ntitle = "A.md"\n[[document]]\nid = "b"\ntitle = "a"\n',
            {"documents/b.md": ""},
            [("template.toml", 12, Flaw.SAME_NAME)],
        ),
        (
            HOME
            + '[[folder]]\nid = "a"\ntitle = "A"\nparent = "b"\n[[folder]]\nid = "b"\ntitle = "B"\nparent = "a"\n',
            {},
            [("template.toml", 12, Flaw.FOLDER_CIRCLE), ("template.toml", 16, Flaw.FOLDER_CIRCLE)],
        ),
        (
            HOME + '[[folder]]\nid = "a"\ntitle = "A"\nparent = "nulle"\n',
            {},
            [("template.toml", 12, Flaw.DANGLING)],
        ),
        (
            HOME + '[[folder]]\nid = "a"\ntitle = "A {{ session.id }}"\neach = "session"\n'
            '[[share]]\nid = "b"\ntitle = "B"\ntarget = "folder:a"\n',
            {},
            [("template.toml", 16, Flaw.NEEDS_SESSION)],
        ),
        (
            HOME + '[[folder]]\nid = "a"\ntitle = "A"\n'
            '[[folder]]\nid = "b"\ntitle = "B"\nparent = "a"\nscope = "collective"\n',
            {},
            [("template.toml", 15, Flaw.NOT_HERE)],
        ),
        (
            HOME + '[[form]]\nid = "f"\n',
            {"questionnaires/f.toml": FORM.replace('"f"', '"g"')},
            [("questionnaires/f.toml", 1, Flaw.OTHER_ID)],
        ),
        (
            HOME + '[[form]]\nid = "f"\n',
            {
                "questionnaires/f.toml": FORM + '[[questions]]\nid = "q"\nkind = "choice"\nlabel = "Q"\n'
                'options_from = "list:rien"\n'
            },
            [("questionnaires/f.toml", 8, Flaw.DANGLING)],
        ),
        (
            HOME + '[[form]]\nid = "f"\n',
            {"questionnaires/f.toml": FORM + '[[questions]]\nid = "q"\nkind = "choix"\nlabel = ""\n'},
            [("questionnaires/f.toml", 6, "not_allowed"), ("questionnaires/f.toml", 7, "empty")],
        ),
        (
            HOME.replace('"Accueil"', '"{{ engagement.titel }}"'),
            {},
            [("template.toml", 7, Flaw.UNKNOWN_FIELD)],
        ),
        (HOME.replace('"Accueil"', '"{{ oups"'), {}, [("template.toml", 7, Flaw.SYNTAX)]),
        (
            HOME.replace('"Accueil"', '"{{ engagement.demand | paragraphs }}"'),
            {},
            [("template.toml", 7, Flaw.UNKNOWN_FILTER)],
        ),
        (HOME + 'when = { field = "titel" }\n', {}, [("template.toml", 9, Flaw.UNKNOWN_FIELD)]),
        (HOME + 'when = { field = "session.place" }\n', {}, [("template.toml", 9, Flaw.NEEDS_SESSION)]),
        (
            HOME,
            {"pages/vieux.md": "", "LICENCE.md": "", "README.md": ""},
            [("pages/vieux.md", None, Flaw.UNUSED_SOURCE)],
        ),
        (HOME, {"pages/accueil.md": "a\n<div>b</div>\n"}, [("pages/accueil.md", 2, Flaw.RAW_HTML)]),
        (HOME, {"pages/accueil.md": "a\n{{ engagement.end }}\n"}, [("pages/accueil.md", 2, Flaw.UNSET)]),
        (
            HOME,
            {"pages/accueil.md": "{% for p in engagement.people %}\n{{ p.contact.email }}\n{% endfor %}\n"},
            [("pages/accueil.md", 2, Flaw.UNSET)],
        ),
        (
            HOME,
            {"pages/accueil.md": "{% if false %}\n{{ link('page:b') }}\n{% endif %}"},
            [("pages/accueil.md", 2, Flaw.DANGLING)],
        ),
        (
            HOME,
            {
                "pages/accueil.md": "{% if false %}{% for s in engagement.sessions %}\n"
                "{{ s.titel }}{% endfor %}{% endif %}"
            },
            [("pages/accueil.md", 2, Flaw.UNKNOWN_FIELD)],
        ),
        (
            HOME,
            {
                "pages/accueil.md": "{% if false %}\n{{ engagement.sessions | sort('titel') | length }}{% endif %}"
            },
            [("pages/accueil.md", 2, Flaw.UNKNOWN_FIELD)],
        ),
        (
            HOME,
            {
                "pages/accueil.md": "{% if false %}{{ widget('form', 'page:accueil') }}{{ has('titel') }}{% endif %}"
            },
            [("pages/accueil.md", 1, Flaw.DANGLING), ("pages/accueil.md", 1, Flaw.UNKNOWN_FIELD)],
        ),
        (
            HOME,
            {"pages/accueil.md": "{% include 'parts/a.md' %}", "parts/a.md": "\n{{ x }}"},
            [("parts/a.md", 2, Flaw.UNKNOWN_NAME)],
        ),
        (
            HOME,
            {"pages/accueil.md": "{% include 'parts/a.md' %}"},
            [("pages/accueil.md", 1, Flaw.MISSING_SOURCE)],
        ),
        (
            HOME,
            {"pages/accueil.md": "# A\n\n    {{ engagement.title }}\n"},
            [("pages/accueil.md", 3, Flaw.BREAKS_OUT)],
        ),
    ],
)
def test_what_is_found(
    make: Make, declarations: str, files: dict[str, str], expected: list[tuple[str, int | None, str]]
) -> None:
    try:
        findings = check_template(make(declarations, files))
    except ValueError as error:
        findings = [Finding(problem) for problem in error.problems]  # type: ignore[attr-defined]
    assert told(findings) == expected
    for finding in findings:
        sentence = describe_finding(finding)
        assert sentence[-1] in ".)?…"
        assert "{" not in sentence.replace("{{", "")


def test_everything_is_found_at_once(make: Make) -> None:
    findings = check_template(
        make(
            HOME
            + '[[folder]]\nid = "a"\ntitle = "A"\nparent = "b"\n[[page]]\nid = "c"\ntitle = "{{ oups }}"\n',
            {"pages/accueil.md": "{{ engagement.titel }}\n{{ link('page:d') }}", "pages/x.md": ""},
        )
    )
    assert sorted(told(findings), key=str) == sorted(
        [
            ("pages/accueil.md", 1, Flaw.UNKNOWN_FIELD),
            ("pages/accueil.md", 2, Flaw.DANGLING),
            ("pages/x.md", None, Flaw.UNUSED_SOURCE),
            ("template.toml", 12, Flaw.DANGLING),
            ("template.toml", 13, Flaw.MISSING_SOURCE),
            ("template.toml", 15, Flaw.UNKNOWN_NAME),
        ],
        key=str,
    )
    assert [item.severity for item in findings if item.problem.code == Flaw.UNUSED_SOURCE] == [
        Severity.WARNING
    ]


def test_a_template_that_does_not_load_is_described_all_the_same(write: Write) -> None:
    [finding] = check_folder(write("couleur = 1\n"))
    assert finding.problem.code == "unknown_key"


def test_the_field_that_breaks_out_is_named(make: Make) -> None:
    source = "# A\n\n{{ engagement.title }}\n\n    {{ engagement.client.name }}\n"
    [finding] = check_template(make(HOME, {"pages/accueil.md": source}))
    assert (finding.problem.field, finding.problem.line) == ("engagement.client.name", 5)


def test_every_flaw_has_a_sentence() -> None:
    from allies_sync.workspace.flaws import flaw

    for code in Flaw:
        sentence = describe(
            flaw(code, "a.md", 3, "champ", "trouvé", ("permis",), {"what": "size", "place": "code"})
        )
        assert sentence.startswith("a.md, ligne 3 : ")
        assert "ne convient pas" not in sentence
        assert "template_" not in sentence


def test_samples_say_everything_little_and_nothing() -> None:
    full, sparse, minimal = full_engagement(), sparse_engagement(), minimal_engagement()
    assert len(full.sessions) == 2
    assert full.territory is not None
    assert full.sessions[0].programme[0].modules[0].title
    assert full.sessions[0].id != full.sessions[1].id
    assert len(sparse.sessions) == 1
    assert sparse.sessions[0].date is None
    assert minimal.sessions == ()
    paths = set(text_paths(full))
    assert {
        "engagement.title",
        "engagement.sessions[1].programme[0].title",
        "engagement.territory.theme",
    } <= paths
    assert not [path for path in paths if path.endswith((".id", ".url", ".email"))]


def test_checking_takes_little_time(journee: Template) -> None:
    """A bound for a slow machine: authors run this after every change."""
    import time

    start = time.process_time()
    check_template(journee)
    assert time.process_time() - start < 15


def test_a_block_that_the_base_does_not_have_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "mien"
    (folder / "pages").mkdir(parents=True)
    (folder / "template.toml").write_text(
        'name = "mien"\nversion = 1\ntitle = "M"\ndescription = "d"\nlicence = "CC-BY-SA-4.0"\n'
        'extends = "accompagnement"\nremove = ["document:lisez-moi"]\n'
    )
    page = folder / "pages" / "accueil.md"
    page.write_text('{% extends "base:pages/accueil.md" %}\n{% block bienvenue %}Coucou{% endblock %}\n')
    assert check_folder(folder, Templates()) == [], "as docs/templates.md has it"
    page.write_text(page.read_text() + "{% block rien %}Perdu{% endblock %}\n")
    assert told(check_folder(folder, Templates())) == [(str(page), 3, Flaw.UNKNOWN_BLOCK)]
