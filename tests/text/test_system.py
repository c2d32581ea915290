"""What the operating system says, in the language of the sentence around it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from allies_sync.text.system import system_words

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "il n'y a plus de place sur le disque"),
        (errno.EACCES, "l'accès est refusé"),
        (errno.EPERM, "l'accès est refusé"),
        (errno.EISDIR, "c'est un dossier"),
        (errno.ENAMETOOLONG, "ce nom est trop long"),
        (errno.EROFS, "le disque est en lecture seule"),
        (errno.ENOENT, "il n'y a rien de ce nom à cet endroit"),
    ],
)
def test_the_usual_ones_have_words(code: int, words: str) -> None:
    assert system_words(OSError(code, os.strerror(code), "/x")) == words


def test_windows_numbers_come_first() -> None:
    error = PermissionError(errno.EACCES, "The process cannot access the file")
    error.winerror = 32  # type: ignore[attr-defined]
    assert system_words(error) == "un autre programme s'en sert"


def test_others_keep_the_system_s_words() -> None:
    assert system_words(OSError(9999, "Strange thing.")) == "Strange thing"
    assert system_words(OSError("no number")) == "OSError"
    assert system_words(FileNotFoundError()) == "FileNotFoundError"


def test_nothing_else_puts_them_into_a_sentence() -> None:
    places = [path for folder in ("src", "plugins") for path in (ROOT / folder).rglob("*.py")]
    asking = [path.name for path in places if ".strerror" in path.read_text("utf-8").replace("os.strerror", "")]
    assert asking == ["system.py"]
