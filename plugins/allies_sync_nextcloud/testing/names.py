"""What a path may be called: Apache's, Sabre's and Nextcloud's rules, in the order in which they refuse."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

from allies_sync_nextcloud.testing import dav_errors as errors

LONGEST = 250
"""Bytes of UTF-8 in a name; the temporary name of an upload leaves ``LONGEST_UPLOAD`` for a PUT."""
LONGEST_UPLOAD = 227


def apache_refuses(raw_path: str) -> bool:
    lowered = raw_path.lower()
    return "%2f" in lowered or "%00" in lowered


def split_path(path: str) -> list[str]:
    """Segments of a decoded path; empty ones and ``.`` vanish, ``..`` climbs (that is what Apache does)."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            segments = segments[:-1]
        elif segment not in ("", "."):
            segments.append(segment)
    return segments


def nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def forbidden(name: str) -> bool:
    return name.lower() == ".htaccess"


def partial(name: str) -> bool:
    """Names that the server keeps for uploads under way: neither there nor free."""
    return name.endswith(".part")


def check(name: str) -> None:
    """Raises what the server answers to any request about a name that it does not allow."""
    name = nfc(name)
    if forbidden(name):
        raise errors.forbidden()
    if not name.strip():
        raise errors.invalid_path("Empty filename is not allowed")
    if len(name.encode()) > LONGEST:
        raise errors.invalid_path("File name is too long")
    if "\\" in name or any(ord(character) < 32 for character in name):
        raise errors.invalid_path("File name contains at least one invalid character")


def too_long_for_upload(name: str) -> bool:
    return len(nfc(name).encode()) > LONGEST_UPLOAD


def encode(path: str) -> str:
    """A path as hrefs carry it: lower-case hexadecimal, and other characters left than ``quote`` leaves."""
    quoted = quote(path, safe="()/:@~")
    parts = quoted.split("%")
    return parts[0] + "".join("%" + part[:2].lower() + part[2:] for part in parts[1:])


def numbered(name: str, number: int) -> str:
    stem, dot, ending = name.rpartition(".")
    return f"{stem} ({number}).{ending}" if dot and stem else f"{name} ({number})"
