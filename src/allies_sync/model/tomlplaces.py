"""Where everything stands in a TOML text. The standard library reads values but forgets their places.

The text must be one that ``tomllib`` has accepted, with ``\\n`` as its only line break: what is valid needs no
second judgement here, which keeps this small. Time is linear in the length of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from allies_sync.model.problems import Path

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"')
_LITERAL = re.compile(r"'([^']*)'")
_BASIC_BLOCK = re.compile(r'"{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3,5}', re.DOTALL)
_LITERAL_BLOCK = re.compile(r"'{3}[^']*(?:'(?!'')[^']*)*'{3,5}", re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\r\n]*[^,\]}#\r\n \t]")


@dataclass(frozen=True, slots=True)
class Value:
    """Where a value stands: ``key`` is where its key (or list item) begins, ``start``-``end`` the value."""

    key: int
    start: int
    end: int


@dataclass(slots=True)
class Statement:
    """One ``key = value``, with the table that it stands in."""

    path: Path
    start: int
    end: int


@dataclass(slots=True)
class TableHeader:
    """A ``[table]`` or ``[[table]]`` line, what follows it, and where the last of that ends."""

    path: Path
    start: int
    end: int
    array: bool
    statements: list[Statement] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The end of its last statement, or of the header itself."""
        return self.statements[-1].end if self.statements else self.end


class Places:
    """The places of all keys, list items and tables of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tables: list[TableHeader] = [TableHeader((), 0, 0, array=False)]
        self.values: dict[Path, Value] = {}
        self._starts: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        self._lines = [match.end() for match in re.finditer("\n", text)]
        self._pos = 0
        self._read()

    def line(self, path: Path) -> int | None:
        """The line, from 1, on which the last key of ``path`` stands, or that of what should contain it."""
        for length in range(len(path), 0, -1):
            start = self._starts.get(path[:length])
            if start is not None:
                return self.line_at(start)
        return None

    def line_at(self, position: int) -> int:
        """The line, from 1, of a position in the text."""
        return bisect_right(self._lines, position) + 1

    def value(self, path: Path) -> Value | None:
        """Where the value of ``path`` is written, unless it is a table with a header or with dotted keys."""
        return self.values.get(path)

    # --- reading ------------------------------------------------------------------------------------------

    def _read(self) -> None:
        while True:
            self._skip(_BLANK)
            if self._pos >= len(self.text):
                return
            if self.text[self._pos] == "[":
                self._read_header()
            else:
                table = self.tables[-1]
                start = self._pos
                path = self._read_pair(table.path)
                table.statements.append(Statement(path, start, self._pos))

    def _read_header(self) -> None:
        start = self._pos
        array = self.text.startswith("[[", start)
        self._pos += 2 if array else 1
        keys = self._read_key()
        self._skip(_SPACE)
        self._pos += 2 if array else 1
        path: Path = ()
        for index, (key, _) in enumerate(keys):
            path += (key,)
            self._starts.setdefault(path, start)
            if array and index == len(keys) - 1:
                number = self._counts.get(path, 0)
                self._counts[path] = number + 1
                path += (number,)
                self._starts[path] = start
            elif path in self._counts:
                path += (self._counts[path] - 1,)
        if not array:
            self._starts[path] = start  # a table's own header counts more than that of a table inside it
        self.tables.append(TableHeader(path, start, self._pos, array))

    def _read_pair(self, table: Path) -> Path:
        path = table
        keys = self._read_key()
        for key, start in keys:
            path += (key,)
            self._starts.setdefault(path, start)
        self._skip(_SPACE)
        self._pos += 1  # =
        self._skip(_SPACE)
        self._read_value(path, keys[0][1])
        return path

    def _read_key(self) -> list[tuple[str, int]]:
        keys: list[tuple[str, int]] = []
        while True:
            self._skip(_SPACE)
            start = self._pos
            quote = self.text[start]
            if quote == '"':
                match = _BASIC.match(self.text, start)
                name = _unescaped(match[1]) if match else ""
            elif quote == "'":
                match = _LITERAL.match(self.text, start)
                name = match[1] if match else ""
            else:
                match = _BARE_KEY.match(self.text, start)
                name = match[0] if match else ""
            if match is None:
                raise ValueError(f"no key at {start}")
            keys.append((name, start))
            self._pos = match.end()
            self._skip(_SPACE)
            if self.text[self._pos] != ".":
                return keys
            self._pos += 1

    def _read_value(self, path: Path, key: int) -> None:
        start = self._pos
        first = self.text[start]
        if first == "[":
            self._read_array(path)
        elif first == "{":
            self._read_inline_table(path)
        else:
            self._skip(_pattern(self.text, start))
        self.values[path] = Value(key, start, self._pos)

    def _read_array(self, path: Path) -> None:
        self._pos += 1
        index = 0
        while True:
            self._skip(_BLANK)
            if self.text[self._pos] == "]":
                self._pos += 1
                return
            item = (*path, index)
            self._starts[item] = self._pos
            self._read_value(item, self._pos)
            index += 1
            self._skip(_BLANK)
            if self.text[self._pos] == ",":
                self._pos += 1

    def _read_inline_table(self, path: Path) -> None:
        self._pos += 1
        while True:
            self._skip(_BLANK)
            if self.text[self._pos] == "}":
                self._pos += 1
                return
            self._read_pair(path)
            self._skip(_BLANK)
            if self.text[self._pos] == ",":
                self._pos += 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self._pos)
        if match is None:
            raise ValueError(f"nothing readable at {self._pos}")
        self._pos = match.end()


def _pattern(text: str, start: int) -> re.Pattern[str]:
    if text.startswith('"""', start):
        return _BASIC_BLOCK
    if text.startswith("'''", start):
        return _LITERAL_BLOCK
    return {'"': _BASIC, "'": _LITERAL}.get(text[start], _SCALAR)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    import tomllib

    return str(tomllib.loads(f'v = "{text}"')["v"])
