"""Whatever an author writes, the answer is resources or problems: never another error."""

from __future__ import annotations

import contextlib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allies_sync.model.problems import InvalidData
from allies_sync.workspace.check import check_folder
from allies_sync.workspace.flaws import Flaw
from allies_sync.workspace.rendering import Collective
from allies_sync.workspace.running import Run
from allies_sync.workspace.samples import full_engagement
from allies_sync.workspace.sandbox import Compiled, Mode, Sandbox
from allies_sync.workspace.sentences import describe, describe_finding
from allies_sync.workspace.views import wrap

from .conftest import FIXTURES

SPELT = (
    "{{ }} {% %} {# #} | . ( ) [ ] { } , : = == ~ + - * / % ' \" 0 1 9 if else endif for in endfor "
    "set endset macro endmacro call endcall block endblock include import from as with endwith "
    "extends raw endraw not and or is defined none true engagement session title sessions client "
    "start state territory loop index caller link widget exists has range namespace weblink default "
    "date price join sort map length first paragraphs page:accueil x y pages/a.md autoescape "
    "endautoescape filter endfilter do self super _ __class__ ⏎ # - > ` ](ref:a) <b> \\"
)
WORDS = [word.replace("⏎", "\n") for word in SPELT.split()]

source = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
expression = st.lists(st.sampled_from(WORDS), max_size=8).map(lambda words: "{{ " + " ".join(words) + " }}")


@settings(max_examples=400, deadline=None)
@given(st.one_of(source, expression, st.lists(expression, max_size=4).map("\n".join)), st.sampled_from(Mode))
def test_any_source_gives_text_or_problems(text: str, mode: Mode) -> None:
    roots = {
        "engagement": wrap(full_engagement(), "engagement"),
        "collective": wrap(Collective(), "collective"),
    }
    sandbox = Sandbox(Compiled(lambda name: (text, name) if name == "pages/a.md" else None), mode)
    try:
        assert isinstance(sandbox.render("pages/a.md", roots, Run(roots=roots)), str)
    except InvalidData as error:
        for problem in error.problems:
            assert describe(problem)
            assert problem.code in set(Flaw)


MANIFEST = (FIXTURES / "journee" / "template.toml").read_text()
LINES = MANIFEST.splitlines()
MISTAKES = ['id = ""', 'title = "{{ x }}"', "home = 1", "[[page]]", "x"]
line = st.one_of(st.sampled_from(LINES), st.sampled_from(MISTAKES))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(line, max_size=12), st.integers(0, len(LINES)), st.integers(0, 8))
def test_any_template_toml_gives_findings(tmp_path: Path, more: list[str], at: int, gone: int) -> None:
    folder = tmp_path / "journee"
    if not folder.exists():
        import shutil

        shutil.copytree(FIXTURES / "journee", folder)
    (folder / "template.toml").write_text("\n".join([*LINES[:at], *more, *LINES[at + gone :]]))
    with contextlib.suppress(InvalidData):
        for finding in check_folder(folder):
            assert describe_finding(finding)
