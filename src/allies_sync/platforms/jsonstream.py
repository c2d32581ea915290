"""A large JSON answer, read item by item: memory holds one item, not the answer."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from typing import Any

from allies_sync.platforms.errors import Refused
from allies_sync.text.messages import _

LARGEST = 8 * 1024 * 1024
"""Characters that one item may have."""

_SPACE = " \t\r\n"
_JUNK = 65_536


def json_items(chunks: Iterable[bytes], largest: int = LARGEST) -> Iterator[tuple[str | None, Any]]:
    """The items of a JSON object (key, value) or array (None, value), one after the other.

    What stands before the first bracket (a server's warnings) is skipped. Raises
    :class:`~allies_sync.platforms.errors.Refused` for what is no JSON, ends too early, is nested too deeply, or has
    an item that is too large; nothing at all is no item.
    """
    reader = _Reader(chunks, largest)
    if not reader.find_start():
        return
    closing = {"{": "}", "[": "]"}[reader.take()]
    first = True
    while True:
        char = reader.next_char()
        if char == closing:
            return
        if not first:
            if char != ",":
                raise _broken()
            reader.take()
            char = reader.next_char()
            if char == closing:
                raise _broken()
        first = False
        key: str | None = None
        if closing == "}":
            key = reader.value()
            if not isinstance(key, str) or reader.next_char() != ":":
                raise _broken()
            reader.take()
            reader.next_char()
        yield key, reader.value()


class _Reader:
    """A window on the text, moved forward."""

    def __init__(self, chunks: Iterable[bytes], largest: int) -> None:
        self._chunks = iter(chunks)
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
        self._json = json.JSONDecoder(parse_constant=str)
        self._largest = largest
        self._text = ""
        self._at = 0
        self._ended = False

    def _more(self, size: int = 1) -> bool:
        """Adds at least ``size`` characters to the window, if there are any."""
        pieces = [self._text[self._at :]]
        self._at, added = 0, 0
        while added < size and not self._ended:
            chunk = next(self._chunks, None)
            self._ended = chunk is None
            piece = self._decode(chunk or b"", self._ended)
            pieces.append(piece)
            added += len(piece)
        self._text = "".join(pieces)
        return added > 0

    def find_start(self) -> bool:
        """Moves to the first bracket."""
        while True:
            places = [place for bracket in "{[" if (place := self._text.find(bracket, self._at)) >= 0]
            if places:
                self._at = min(places)
                return True
            if len(self._text) > _JUNK:
                raise _broken()
            if not self._more():
                if self._text.strip() and self._text.strip() not in ("null", "false"):
                    raise _broken()
                return False

    def take(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def next_char(self) -> str:
        """Skips space; the next character, which stays."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                raise _broken()

    def value(self) -> Any:
        """The value that begins here."""
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except RecursionError:
                raise Refused(_("Cette réponse est imbriquée trop profondément pour être lue.")) from None
            except ValueError:
                window = len(self._text) - self._at
                if window > self._largest:
                    raise Refused(_("Un élément de cette réponse est trop grand pour être lu.")) from None
                if self._ended or not self._more(max(window, 1)):
                    raise _broken() from None
                continue
            if end == len(self._text) and not self._ended and self._more():
                continue  # a number may go on
            if end - self._at > self._largest:
                raise Refused(_("Un élément de cette réponse est trop grand pour être lu."))
            self._at = end
            return value


def _broken() -> Refused:
    return Refused(_("Cette réponse est interrompue, ou n'est pas du JSON."))
