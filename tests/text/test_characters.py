"""What typed text keeps and loses."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allies_sync.text.characters import clean_line, clean_lines, cut, encodable

ANY = st.text(st.characters(codec=None), max_size=60)  # lone surrogates too


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Cré-sol \r\n et  Cie\t!\n", "Cré-sol et Cie !"),
        ("Prix : 3,5 %", "Prix : 3,5 %"),
        ("e\u0301te\u0301", "été"),
        ("a\u202eexe.fdp\u202c", "aexe.fdp"),
        ("a\u2067b\u2069\x00\ue000\ufeff\ud800c", "abc"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("a\x00 \x00 b", "a b"),
        ("\u00a0x\u202f", "x"),
    ],
)
def test_clean_line(typed: str, kept: str) -> None:
    assert clean_line(typed) == kept


def test_clean_lines_keeps_lines_and_indentation() -> None:
    assert clean_lines("a\r\n  b\rc\u2028d\te\x0b\x00") == "a\n  b\nc\nd\te\n"


@given(ANY)
def test_cleaning_is_stable_and_encodable(typed: str) -> None:
    for clean in (clean_line, clean_lines):
        once = clean(typed)
        assert clean(once) == once == unicodedata.normalize("NFC", once)
        once.encode("utf-8")
    assert "\n" not in clean_line(typed)
    encodable(typed).encode("utf-8")


def test_encodable_replaces_only_lone_surrogates() -> None:
    assert encodable("é\ud800😀") == "é\ufffd😀"


def test_cut_keeps_accents_and_joined_emoji_whole() -> None:
    assert cut("ax\u0331\u0332b", 3) == "a"
    assert cut("a👩\u200d💻b", 2) == "a"
    assert cut("a👩\u200d💻b", 3) == "a"
    assert cut("abc", 3) == "abc"
    assert cut("abc", 0) == ""


@given(ANY, st.integers(0, 20))
def test_cut_is_a_short_prefix(value: str, length: int) -> None:
    assert value.startswith(cut(value, length))
    assert len(cut(value, length)) <= length
