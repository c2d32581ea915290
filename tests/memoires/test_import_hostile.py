"""Pages and files that nobody writes by accident."""

from __future__ import annotations

import gc
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allies_sync.memoires.importing import Reading, Report, read_all
from allies_sync.memoires.source import open_source
from allies_sync.model.memoire import Memoire
from allies_sync.platforms.errors import PlatformError, Refused
from allies_sync.platforms.jsonstream import json_items
from allies_sync_yeswiki.memoires_importer import WikiImporter
from allies_sync_yeswiki.memoires_scan import pieces
from tests.memoires.test_import_online import ENTRY, PAGE


def read(tmp_path: Path, body: str | bytes, name: str = "page.html") -> tuple[list[Memoire], Report]:
    path = tmp_path / name
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return read_all(open_source(str(path)), [WikiImporter()])


@pytest.mark.parametrize("tag", ["div", "b", "ul><li"])
def test_html_nested_a_million_deep_is_refused(tmp_path: Path, tag: str):
    with pytest.raises(Refused, match="imbrique"):
        read(tmp_path, PAGE.format(body=f"<{tag}>" * 1_000_000))


@pytest.mark.parametrize("tag", ["p", "div", "li"])
def test_an_entry_nested_a_million_deep_is_refused(tmp_path: Path, tag: str):
    entry = ENTRY.format(tag="Une").replace("Formation", f"<{tag}>" * 1_000_000)
    with pytest.raises(Refused, match="imbrique"):
        read(tmp_path, PAGE.format(body=entry))


def test_an_entry_without_end_is_refused(tmp_path: Path):
    with pytest.raises(Refused, match="longue"):
        read(tmp_path, PAGE.format(body='<div class="BAZ_cadre_fiche">' + "mot " * 3_000_000))


def test_json_nested_without_end_is_refused(tmp_path: Path):
    with pytest.raises(Refused, match="imbriquée"):
        read(tmp_path, '{"a":{"bf_titre":' + "[" * 1_000_000, "x.json")


def test_an_item_of_json_without_end_is_refused():
    chunks = (b'["' if number == 0 else b"x" * 65_536 for number in range(10_000))
    with pytest.raises(Refused, match="grand"):
        list(json_items(chunks, largest=1_000_000))


@pytest.mark.parametrize(
    "piece",
    ['<a b="', "<!--", "<", "<!", "<a b=\"<a c='", "</", "<script>", "<a =\"'", "&amp;", "<div class='bazar-entry"],
)
def test_no_text_takes_more_than_linear_time(piece: str):
    def seconds(count: int) -> float:
        data = (piece * (count // len(piece))).encode()
        best = 1e9
        for _try in range(2):
            began = time.perf_counter()
            try:
                for _piece in pieces(data[at : at + 65_536] for at in range(0, len(data), 65_536)):
                    pass
            except Refused:
                pass
            best = min(best, time.perf_counter() - began)
        return best

    small, large = seconds(200_000), seconds(2_000_000)
    assert large < max(small, 0.02) * 40


def test_memory_is_bounded_by_one_entry(tmp_path: Path):
    filler = "Une phrase assez longue. " * 600

    def peak(count: int) -> int:
        path = tmp_path / f"{count}.html"
        entries = (ENTRY.format(tag=f"F{n}").replace("Formation", f"Formation {filler}") for n in range(count))
        path.write_text(PAGE.format(body="".join(entries)))
        gc.collect()
        tracemalloc.start()
        read = sum(1 for _memoire in Reading(open_source(str(path)), [WikiImporter()]).memoires())
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert read == count
        return most

    peak(10)
    assert peak(130) - peak(30) < 100 * len(filler) / 3


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.sampled_from("<>/=\"'! -abdivclasz&;BAZ_cadre_fichebazar-entry{[:,]}") | st.characters(), max_size=300)
)
def test_any_text_is_read_or_refused(text: str):
    start = '<div class="bazar-entry" data-id_fiche="Une"><div class="BAZ_cadre_fiche">'
    for whole in (text, start + text):
        data = whole.encode("utf-8", "replace")
        try:
            one = [piece.html for piece in pieces([data])]
            many = [piece.html for piece in pieces(data[at : at + 1] for at in range(len(data)))]
        except Refused:
            continue
        assert one == many


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_refused(data: bytes):
    for chunks in ([data], [data[at : at + 1] for at in range(len(data))]):
        try:
            list(json_items(chunks))
        except PlatformError:
            continue


def test_words_that_look_like_markup_stay_words(tmp_path: Path):
    words = "&lt;script&gt;alert(1)&lt;/script&gt; {{include}} =1+1"
    found, _report = read(tmp_path, PAGE.format(body=ENTRY.format(tag="Une").replace("Formation", words)))
    assert found[0].nature == ("<script>alert(1)</script> {{include}} =1+1",)
    assert found[0].outside()[0].value == found[0].nature[0]
