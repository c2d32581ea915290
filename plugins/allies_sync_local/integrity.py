"""How a web page or the stylesheet shows that the tool made it, that nobody touched it since, and what of.

What a person changed by hand carries a seal that no longer fits, or none at all: it is theirs.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

EDITION = 5
"""Raised when the same inputs give other bytes than before: then pages are made anew (see test_site.py), and an
older tool leaves alone what a newer one made."""

SEAL = "@@"
"""What a template holds where the seal goes, once, before anything that people wrote."""

_META = re.compile(
    r'<meta name="allies-sync" content="(?P<edition>[0-9]{1,6}) (?P<inputs>[0-9a-f]{64})(?P<sum> [0-9a-f]{64})">'
)
_COMMENT = re.compile(r"/\* allies-sync (?P<edition>[0-9]{1,6}) (?P<inputs>[0-9a-f]{64})(?P<sum> [0-9a-f]{64}) \*/")


@dataclass(frozen=True, slots=True)
class Seal:
    """The seal as found. ``intact``: the file is as the tool wrote it."""

    edition: int
    inputs: str
    intact: bool

    def lags(self, inputs: str) -> bool:
        """Whether the file was made of other things than it would be now; a newer tool knows better."""
        return self.edition < EDITION or (self.edition == EDITION and self.inputs != inputs)


def sealed_page(text: str, inputs: str) -> bytes:
    """A web page with its seal."""
    return _sealed(text, '<meta name="allies-sync" content="{}">', inputs)


def sealed_style(text: str) -> bytes:
    """The stylesheet with its seal; it is made of itself."""
    inputs = hashlib.sha256(text.encode()).hexdigest()
    return _sealed(f"{SEAL}\n{text}", "/* allies-sync {} */", inputs)


def _sealed(text: str, frame: str, inputs: str) -> bytes:
    before, _, after = text.partition(SEAL)
    open_text = before + frame.format(f"{EDITION} {inputs}") + after
    checksum = hashlib.sha256(open_text.encode()).hexdigest()
    return (before + frame.format(f"{EDITION} {inputs} {checksum}") + after).encode()


def seal_of(data: bytes) -> Seal | None:
    """The seal that a file bears, None when it bears none. Line ends do not count."""
    try:
        text = data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
    found = _META.search(text) or _COMMENT.search(text)
    if not found:
        return None
    start, end = found.span("sum")
    checksum = hashlib.sha256((text[:start] + text[end:]).encode()).hexdigest()
    return Seal(int(found["edition"]), found["inputs"], checksum == found["sum"].strip())
