"""Names of pages: which are legal, which are the same, and which the wiki makes from a title."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from functools import lru_cache

LONGEST = 191
_LEGAL = re.compile(r"[\w\-.]+")
_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")
_SPECIAL = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "s", "ø": "o", "Ø": "O", "ł": "l"})


def is_legal(tag: str) -> bool:
    return _LEGAL.fullmatch(tag) is not None


@lru_cache(maxsize=20_000)
def fold(tag: str) -> str:
    """The key under which two names are one for the database: without case and accents."""
    return without_accents(tag).lower()


def without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.translate(_SPECIAL))
    return "".join(one for one in decomposed if not unicodedata.combining(one))


def from_title(title: str, taken: Callable[[str], bool]) -> str:
    """``genere_nom_wiki``: CamelCase of the first 47 characters, two capitals at least, a number if it is taken."""
    words = without_accents(_PUNCTUATION.sub(" ", title)[:47]).lower().split(" ")
    name = "".join(re.sub("[^a-zA-Z0-9]", "", word[:1].upper() + word[1:]) for word in words)
    if len(re.sub("[^A-Z]", "", name)) < 2:
        name = name[:-1] + name[-1:].upper()
    if not name:
        return ""
    number, candidate = 1, name
    while taken(candidate):
        number += 1
        candidate = f"{name}{number}"
    return candidate
