"""Languages, dates, prices, hours."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allies_sync.text import messages
from allies_sync.text.messages import (
    _,
    current_language,
    detect_language,
    format_date,
    format_price,
    format_time,
    join_words,
    ngettext,
    set_language,
    using_language,
)

EMPTY = "il est vide."


@pytest.fixture(autouse=True)
def french() -> Iterator[None]:
    set_language("fr")
    yield
    set_language("fr")


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "fr"),
        ({"LANG": ""}, "fr"),
        ({"LANG": "C"}, "fr"),
        ({"LANG": "C.UTF-8"}, "fr"),
        ({"LANG": "POSIX"}, "fr"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr"}, "fr"),
        ({"LANG": "fr-CA"}, "fr"),
        ({"LANG": "fr_FR@euro"}, "fr"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_US"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "fr_BE.UTF-8", "LC_ALL": ""}, "fr"),
        ({"LC_ALL": "C", "LANG": "en_US"}, "fr"),
        ({"LANG": "frr_DE"}, "en"),
    ],
)
def test_detect_language(environ: dict[str, str], language: str) -> None:
    assert detect_language(environ) == language


def test_set_language_without_a_choice_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    set_language(None)
    assert current_language() == "en"


def test_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="fr ou en"):
        set_language("de")
    with pytest.raises(ValueError, match="fr ou en"), using_language("../fr"):
        pass
    assert current_language() == "fr"


def test_messages_are_translated() -> None:
    assert _(EMPTY) == EMPTY
    set_language("en")
    assert _(EMPTY) == "it is empty."
    assert _("pas dans le catalogue") == "pas dans le catalogue"
    assert _("") == ""


def test_threads_speak_the_language_of_the_process() -> None:
    set_language("en")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(current_language).result() == "en"


def test_a_context_speaks_its_own_language() -> None:
    with using_language("en"):
        assert _(EMPTY) == "it is empty."
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(current_language).result() == "fr"
        with using_language("fr"):
            assert _(EMPTY) == EMPTY
    assert current_language() == "fr"


def test_set_language_wins_inside_a_context_that_chose() -> None:
    with using_language("fr"):
        set_language("en")
        assert current_language() == "en"
    assert current_language() == "en"


def test_plurals() -> None:
    forms = [ngettext("{n} jour", "{n} jours", n).format(n=n) for n in (0, 1, 2)]
    assert forms == ["0 jour", "1 jour", "2 jours"]
    set_language("en")
    assert [ngettext("{n} x", "{n} xs", n).format(n=n) for n in (0, 1, 2)] == ["0 xs", "1 x", "2 xs"]


def test_missing_catalogue_speaks_french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "_LOCALE_DIR", "/nowhere")
    messages._catalogue.cache_clear()
    try:
        with using_language("en"):
            assert _(EMPTY) == EMPTY
    finally:
        messages._catalogue.cache_clear()


def test_dates() -> None:
    assert format_date(date(2027, 6, 10)) == "10 juin 2027"
    assert format_date(date(2027, 3, 1)) == "1er mars 2027"
    assert format_date(date(2027, 3, 3), year=False) == "3 mars"
    assert format_date(datetime(2027, 6, 10, 9), weekday=True) == "jeudi 10 juin 2027"
    with using_language("en"):
        assert format_date(date(2027, 3, 1)) == "1 March 2027"
        assert format_date(date(2027, 6, 10), weekday=True) == "Thursday 10 June 2027"


def test_times() -> None:
    assert [format_time(time(9, 30)), format_time(time(14)), format_time(time(0, 5))] == ["9h30", "14h", "0h05"]
    with using_language("en"):
        assert [format_time(time(9, 30)), format_time(time(14))] == ["9:30", "14:00"]


@pytest.mark.parametrize(
    ("amount", "french", "english"),
    [
        (Decimal("1000"), "1 000,00 €", "€1,000.00"),
        (Decimal("0.005"), "0,01 €", "€0.01"),
        (Decimal("-1234567.8"), "-1 234 567,80 €", "-€1,234,567.80"),
        (Decimal("-0.001"), "0,00 €", "€0.00"),
        (Decimal("1e30"), "1 000 000 000 000 000 000 000 000 000 000,00 €", None),
        (Decimal("999.999"), "1 000,00 €", "€1,000.00"),
        (Decimal("0E+10"), "0,00 €", "€0.00"),
        (450, "450,00 €", "€450.00"),
    ],
)
def test_prices(amount: Decimal | int, french: str, english: str | None) -> None:
    assert format_price(amount) == french.replace(" ", "\u202f")
    if english:
        with using_language("en"):
            assert format_price(amount) == english


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("-Infinity")])
def test_prices_that_are_none(amount: Decimal) -> None:
    with pytest.raises(ValueError, match="montant"):
        format_price(amount)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_prices_read_back(amount: Decimal) -> None:
    shown = format_price(amount)
    assert Decimal(shown.rstrip("€").replace("\u202f", "").replace(",", ".")) == amount


def test_join_words() -> None:
    assert join_words([]) == ""
    assert join_words(["a"]) == "a"
    assert join_words(["a", "b"]) == "a et b"
    assert join_words(("a", "b", "c")) == "a, b et c"
    with using_language("en"):
        assert join_words(["a", "b", "c"]) == "a, b and c"


def test_importing_costs_only_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules); import allies_sync.text.messages;"
        "heavy = {'gettext', 'pathlib', 'decimal', 'babel', 'pydantic', 'jinja2', 'markdown_it', 'nh3'};"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
