"""What a draft is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One Markdown block of a draft. ``key`` says which (``reponses/amont/experience/table``): it stays the same when
    the words change, and what it begins with is the section that the part is in."""

    key: str
    text: str

    @property
    def section(self) -> str:
        """The key of the heading above it, or of the heading itself."""
        return self.key.rpartition("/")[0]

    @property
    def item(self) -> bool:
        """Whether it is an item of a list."""
        return self.text.startswith("- ")
