"""A plugin's own reader and format; what the documentation shows works as it stands."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from allies_sync.memoires.exporting import formats
from allies_sync.memoires.importing import read_all
from allies_sync.memoires.source import open_source
from allies_sync.platforms.manager import Problem, load_plugins

DOCUMENTED = Path(__file__).parents[2] / "docs" / "plugins.md"


def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, name: str):
    (tmp_path / f"{name}.py").write_text(code, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        return load_plugins({"ALLIES_SYNC_PLUGINS": name})
    finally:
        sys.modules.pop(name, None)


def test_the_reader_in_the_documentation_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    [code] = re.findall(r"^```python\n(from [^`]*class Ledger.*?)^```$", DOCUMENTED.read_text("utf-8"), re.M | re.S)
    plugins = loaded(tmp_path, monkeypatch, code, "a_ledger")
    items = [{"type": "grand-livre", "id": "1", "titre": "Une", "texte": "Dit", "natures": ["Formation"]}]
    (tmp_path / "l.json").write_text(json.dumps(items), "utf-8")
    [found], report = read_all(open_source(str(tmp_path / "l.json")), plugins.memoire_importers())
    assert (found.tag, found.title, found.description, found.nature) == ("1", "Une", "Dit", ("Formation",))
    assert not report.labels


FORMAT = """
from allies_sync.platforms.hookspecs import hookimpl
from allies_sync.platforms.memoires import MemoireFormat

def write(memoires, out):
    for memoire in memoires:
        out.write(memoire.title.encode())

@hookimpl
def allies_sync_memoire_formats():
    return [MemoireFormat("titres", "titres", "txt", write), MemoireFormat("json", "another", "json", write)]
"""


def test_a_format_of_a_plugin_is_offered_and_replaces_none_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    known = formats(loaded(tmp_path, monkeypatch, FORMAT, "a_format").memoire_formats())
    assert list(known) == ["json", "jsonld", "csv", "titres"]
    assert known["json"].title != "another"


@pytest.mark.parametrize(
    ("answer", "word"), [("[object()]", "recognises"), ("[1]", "recognises"), ("(_ for _ in (1 / 0,))", "division")]
)
def test_a_plugin_that_answers_nonsense_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, word: str
):
    code = (
        "from allies_sync.platforms.hookspecs import hookimpl\n\n"
        f"@hookimpl\ndef allies_sync_memoire_importers():\n    return {answer}\n"
    )
    plugins = loaded(tmp_path, monkeypatch, code, f"a_wrong_{len(answer)}")
    told: list[Problem] = []
    assert len(plugins.memoire_importers(told.append)) == 2  # those that came along
    assert [it.plugin for it in told] == [f"a_wrong_{len(answer)}"]
    assert word in told[0].sentence
