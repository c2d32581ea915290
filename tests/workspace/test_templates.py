"""Finding templates, loading them, and one that extends another."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from allies_sync.model.problems import InvalidData
from allies_sync.workspace.flaws import Flaw
from allies_sync.workspace.templates import Templates, UnknownTemplate, bundled_folder, load_template

from .conftest import FIXTURES, HOME, Make, Write, rendered

ROOT = Path(__file__).parents[2]


def codes(error: InvalidData) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in error.problems]


def test_templates_are_found_in_folders_and_by_their_own_path(write: Write) -> None:
    folder = write()
    assert Templates([folder.parent], bundled=False).names() == ("essai",)
    assert Templates([folder], bundled=False).get("essai").path == folder


def test_own_templates_come_before_those_of_plugins(tmp_path: Path, write: Write) -> None:
    own = write(name="deux")
    other = tmp_path / "plugin" / "deux"
    other.parent.mkdir()
    own.rename(other)
    own = write(name="deux")
    found = Templates([own.parent], [other.parent], bundled=False)
    assert found.get("deux").path == own
    assert [line.origin for line in found.overview()] == ["collective"]


def test_a_folder_that_is_not_there_holds_no_templates(tmp_path: Path) -> None:
    assert Templates([tmp_path / "nowhere"], bundled=False).names() == ()


def test_unknown_template_names_the_available_and_the_nearest() -> None:
    with pytest.raises(UnknownTemplate) as caught:
        Templates([FIXTURES], bundled=False).get("Journées")
    assert caught.value.suggestion == "journee"
    assert "« journee »" in str(caught.value)
    assert "Modèles disponibles" in str(caught.value)


def test_overview_lists_broken_templates_with_their_problems(write: Write) -> None:
    folder = write("oups = 1\n")
    [line] = Templates([folder.parent], bundled=False).overview()
    assert line.name == "essai"
    assert [(problem.code, problem.line) for problem in line.problems] == [("unknown_key", 5)]


def test_all_mistakes_of_template_toml_are_told_at_once_with_their_lines(write: Write) -> None:
    folder = write(
        '[[page]]\nid = "Accueil"\ntitle = ""\nhome = "oui"\nread = "tous"\ncouleur = 1\n'
        '[[document]]\nid = "a"\ntitle = "A"\nsource = "a.md"\nfile = "b.pdf"\n'
    )
    with pytest.raises(InvalidData) as caught:
        load_template(folder)
    assert codes(caught.value) == [
        ("bad_id", 6),
        ("empty", 7),
        ("wrong_type", 8),
        ("not_allowed", 9),
        ("unknown_key", 10),
        ("inconsistent", 15),
    ]


@pytest.mark.parametrize(
    ("declarations", "expected"),
    [
        ('[[page]]\nid = "a"\ntitle = "A"\nread = "team"\nwrite = "public"\n', ("not_allowed", 9)),
        ('[[page]]\nid = "a"\ntitle = "A"\neach = "session"\nscope = "collective"\n', ("inconsistent", 8)),
        ('[[share]]\nid = "a"\ntitle = "A"\ntarget = "page:b"\n', ("bad_id", 8)),
        ('[[share]]\nid = "a"\ntitle = "A"\ntarget = "folder:b"\nread = "team"\n', ("inconsistent", 9)),
        ('[[folder]]\nid = "a"\ntitle = "A"\n[[folder]]\nid = "a"\ntitle = "B"\n', ("duplicate", 9)),
        ('[[document]]\nid = "a"\ntitle = "A"\nfile = "../../etc/passwd"\n', ("bad_id", 8)),
        ('[[document]]\nid = "a"\ntitle = "A"\nfile = "/etc/passwd"\n', ("bad_id", 8)),
        ('[[page]]\nid = "a"\ntitle = "A"\nwhen = { states = ["parti"] }\n', ("not_allowed", 8)),
        ('remove = ["page:a"]\n', ("inconsistent", 5)),
        ('language = "de"\n', ("not_allowed", 5)),
        ("version = 0\n", ("twice", None)),
    ],
)
def test_declarations_that_are_refused(write: Write, declarations: str, expected: tuple[str, int | None]) -> None:
    with pytest.raises(InvalidData) as caught:
        load_template(write(declarations))
    assert expected[0] in {code for code, _line in codes(caught.value)}
    if expected[1]:
        assert expected in codes(caught.value)


def test_no_template_toml_and_no_folder(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InvalidData) as caught:
            load_template(folder)
        assert codes(caught.value) == [(Flaw.NO_TEMPLATE_FILE, None)]


def test_symbolic_links_lead_nowhere_outside(write: Write, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("# Secret\n")
    folder = write(HOME, {"pages/x.md": ""})
    (folder / "pages" / "accueil.md").symlink_to(secret)
    template = load_template(folder)
    assert [problem.code for problem in template.problems] == [Flaw.MISSING_SOURCE]


def test_a_file_that_is_too_big_is_refused(write: Write) -> None:
    folder = write(HOME, {"pages/accueil.md": "", "gros.bin": b"\0" * 10_000_001})
    with pytest.raises(InvalidData) as caught:
        load_template(folder)
    assert codes(caught.value) == [(Flaw.TOO_BIG, None)]


def test_a_source_that_is_not_text_or_too_long(make: Make) -> None:
    for content, code in ((b"\xff\xfe", "not_text"), (b"a" * 400_000, "too_big")):
        template = make(HOME, {"pages/accueil.md": content})
        with pytest.raises(InvalidData) as caught:
            rendered(template)
        assert [problem.code for problem in caught.value.problems] == [code]


def test_hash_is_the_same_with_other_line_ends_and_moves_with_any_file(make: Make, tmp_path: Path) -> None:
    first = make(HOME, {"pages/accueil.md": "# A\n\nb\n"}).hash
    assert make(HOME, {"pages/accueil.md": "# A\r\n\r\nb\r\n"}).hash == first
    assert make(HOME, {"pages/accueil.md": "# A\n\nc\n"}).hash != first
    (tmp_path / "templates/essai/.DS_Store").write_bytes(b"x")
    (tmp_path / "templates/essai/pages/accueil.md~").write_bytes(b"x")
    assert make(HOME, {"pages/accueil.md": "# A\n\nb\n"}).hash == first


# --- extends ----------------------------------------------------------------------------------------------

BASE = HOME + '[[page]]\nid = "programme"\ntitle = "Programme"\n[[folder]]\nid = "bilan"\ntitle = "Bilan"\n'
BASE_FILES = {
    "pages/accueil.md": "# {% block titre %}Base{% endblock %}\n\n{% include 'parts/pied.md' %}\n",
    "pages/programme.md": "# Programme de base\n",
    "parts/pied.md": "Pied de base",
}


def text_of(template: object, key: str) -> str:
    page = rendered(template).get(key)  # type: ignore[arg-type]
    return "".join(page.body)  # type: ignore[union-attr]


def test_a_child_replaces_adds_and_removes(make: Make) -> None:
    make(BASE, BASE_FILES, "base")
    child = make(
        'extends = "base"\nremove = ["folder:bilan"]\n'
        '[[page]]\nid = "programme"\ntitle = "Notre programme"\n[[page]]\nid = "plus"\ntitle = "Plus"\n',
        {"pages/accueil.md": "# Enfant\n", "pages/plus.md": "# Plus\n"},
    )
    workspace = rendered(child)
    assert [(item.id, item.title) for item in workspace.resources] == [
        ("page:accueil", "Accueil"),
        ("page:programme", "Notre programme"),
        ("page:plus", "Plus"),
    ]
    assert text_of(child, "page:accueil") == "# Enfant\n"
    assert text_of(child, "page:programme") == "# Programme de base\n"
    assert (child.name, workspace.template.name) == ("essai", "essai")


def test_a_child_may_change_one_block_or_one_part_only(make: Make) -> None:
    make(BASE, BASE_FILES, "base")
    child = make(
        'extends = "base"\n',
        {
            "pages/accueil.md": "{% extends 'base:pages/accueil.md' %}\n"
            "{% block titre %}{{ super() }}, à nous{% endblock %}",
            "parts/pied.md": "Notre pied",
        },
    )
    assert text_of(child, "page:accueil") == "# Base, à nous\n\nNotre pied\n"


def test_a_template_may_extend_the_one_that_it_hides(tmp_path: Path, write: Write) -> None:
    write(BASE, BASE_FILES, "base")
    (tmp_path / "templates").rename(tmp_path / "bundled")
    own = write('extends = "base"\n[[page]]\nid = "programme"\ntitle = "Le nôtre"\n', {}, "base")
    found = Templates([own.parent, tmp_path / "bundled"], bundled=False)
    assert [item.title for item in rendered(found.get("base")).resources][-1] == "Le nôtre"


def test_hash_moves_with_the_base(make: Make) -> None:
    make(BASE, BASE_FILES, "base")
    first = make('extends = "base"\n', {}).hash
    make(BASE, {**BASE_FILES, "pages/programme.md": "# Autre\n"}, "base")
    assert make('extends = "base"\n', {}).hash != first


@pytest.mark.parametrize(
    ("declarations", "code"),
    [
        ('extends = "basse"\n', Flaw.UNKNOWN_BASE),
        ('extends = "essai"\n', Flaw.UNKNOWN_BASE),
        ('extends = "base"\nremove = ["page:rien"]\n', Flaw.NOTHING_REMOVED),
    ],
)
def test_bases_that_do_not_fit(make: Make, declarations: str, code: Flaw) -> None:
    make(BASE, BASE_FILES, "base")
    try:
        problems = make(declarations).problems
    except InvalidData as error:
        problems = error.problems
    assert [problem.code for problem in problems] == [code]
    assert problems[0].line in {5, 6}


def test_templates_that_extend_each_other(make: Make, write: Write) -> None:
    write('extends = "deux"\n', {}, "un")
    with pytest.raises(InvalidData) as caught:
        make('extends = "un"\n', {}, "deux")
    assert codes(caught.value) == [(Flaw.BASE_CIRCLE, 5)]


# --- the templates that come along ------------------------------------------------------------------------


def test_bundled_templates_are_found_beside_the_sources() -> None:
    assert bundled_folder() == ROOT / "templates"


@pytest.mark.slow
def test_bundled_templates_are_found_in_a_wheel(tmp_path: Path) -> None:
    """Built from a copy, with one template more: what is tested is how they are packed and found."""
    pytest.importorskip("hatchling")
    copy = tmp_path / "copy"
    for name in ("src", "plugins", "templates"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    shutil.copytree(FIXTURES / "journee", copy / "templates" / "journee")
    for name in ("README.md", "LICENSE", "templates/LICENSE"):
        (copy / name).touch()
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path / "dist", copy]
    subprocess.run(command, check=True, capture_output=True)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    code = "from allies_sync.workspace.templates import *; print(bundled_folder(), *Templates().names())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
    )
    folder, *names = done.stdout.split()
    assert Path(folder) == site / "allies_sync/_templates"
    assert set(names) == {path.parent.name for path in (copy / "templates").glob("*/template.toml")}
