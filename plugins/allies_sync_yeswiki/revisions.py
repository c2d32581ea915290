"""A page as it was at one moment, and what a person would see of it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class PageRevision:
    """One revision. ``print``: the fingerprint of one that is remembered without its words."""

    tag: str
    id: str
    body: str
    time: str = ""
    user: str = ""
    print: str = ""

    @property
    def fingerprint(self) -> str:
        return self.print or page_fingerprint(self.body)


def seen_text(body: str) -> str:
    """What a person would see of a source: line ends and blanks at the ends of lines are not."""
    lines = (line.rstrip() for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return "\n".join(lines).strip("\n")


def page_fingerprint(body: str) -> str:
    return sha256(seen_text(body).encode("utf-8", "surrogatepass")).hexdigest()
