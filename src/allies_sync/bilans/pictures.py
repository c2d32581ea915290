"""Pictures of a booklet: only those that ask for no other file and for no more memory than a page is worth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from allies_sync.text.characters import clean_line, clean_lines

MOST = 200
MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000  # four bytes each, unpacked

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_ITS_WORDS = re.compile(r"<(title|desc)\b[^>]*>([^<]*)</\1>")


class Pictures:
    """Pictures written into the typesetter's folder under names of our own, when a page asks for them.

    `names`: the file of each picture that was asked for, by its target; `refused`: targets of those that cannot be
    printed.
    """

    def __init__(self, folder: Path, images: Mapping[str, bytes]) -> None:
        self.names: dict[str, str] = {}
        self.refused: list[str] = []
        self._folder = folder
        self._images = {_path(target): content for target, content in images.items()}
        self._words: dict[str, str] = {}

    @property
    def files(self) -> list[str]:
        return list(self.names.values())

    def __call__(self, target: str) -> tuple[str, str] | None:
        """Return a picture's file and the words that it bears itself; None if it is not at hand or was refused."""
        name = _path(target)
        content = self._images.get(name)
        if content is None or name in self.refused:
            return None
        if name not in self.names:
            kind = _kind(content)
            if kind is None or len(self.names) >= MOST:
                self.refused.append(name)
                return None
            self.names[name] = f"picture-{len(self.names) + 1}.{kind}"
            self._words[name] = _own_words(content) if kind == "svg" else ""
            if kind == "svg":
                content = clean_lines(content.decode("utf-8")).encode("utf-8")
            (self._folder / self.names[name]).write_bytes(content)
        return self.names[name], self._words[name]


def _path(target: str) -> str:
    """A picture's target as a path, however it was written."""
    return unquote(target).removeprefix("./")


def _kind(content: bytes) -> str | None:
    """The extension of a picture that may be printed."""
    if len(content) > MOST_BYTES:
        return None
    if content.startswith(_PNG):
        size = int.from_bytes(content[16:20], "big") * int.from_bytes(content[20:24], "big")
        return "png" if 0 < size <= MOST_PIXELS else None
    if content.startswith(_JPEG):
        return "jpg" if 0 < _jpeg_pixels(content) <= MOST_PIXELS else None
    return "svg" if _is_drawing(content) else None


def _jpeg_pixels(content: bytes) -> int:
    """How many pixels a JPEG has, as its frame header says (ITU-T T.81, B.2.2); 0 where there is none."""
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = content[place + 5 : place + 7], content[place + 7 : place + 9]
            return int.from_bytes(height, "big") * int.from_bytes(width, "big")
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return 0


def _is_drawing(content: bytes) -> bool:
    """Whether it is an SVG without entities, and without pictures of its own, which could be other files."""
    try:
        text = content.decode("utf-8")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            return False
        root = ElementTree.fromstring(text)  # noqa: S314 - no entities: see the line before
    except (UnicodeDecodeError, ElementTree.ParseError, ValueError):
        return False
    names = [str(element.tag).rpartition("}")[2] for element in root.iter()]
    return names[0] == "svg" and not {"image", "feImage"} & set(names)


def _own_words(content: bytes) -> str:
    words = (clean_line(unescape(found[2])) for found in _ITS_WORDS.finditer(content.decode("utf-8")[:20_000]))
    return " ".join(filter(None, words))
