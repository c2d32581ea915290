"""Writing data as TOML that a person likes to read. The same data always gives the same text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any

from allies_sync.model.base import Data, hour
from allies_sync.model.problems import Path
from allies_sync.model.tomlcomments import ALWAYS, COMMENTS, HEADER

WIDTH = 110
_FOLD = re.compile(r"(?<=[^ \t]) (?=[^ \t])")
_NO_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # a tab and a line break may stay


def dump_toml(data: Data, *, header: str = HEADER) -> str:
    """``data`` as commented TOML; ``load_toml`` gives back the very same."""
    blocks: list[str] = []
    if header:
        blocks.append("".join(f"# {line}".rstrip() + "\n" for line in header.splitlines()))
    blocks.extend(_blocks(data, (), ""))
    return "\n".join(blocks)


def plain(value: Any) -> Any:
    """A value as TOML's own types, without what has its default: what ``tomllib`` would give."""
    if isinstance(value, Data):
        return {name: plain(given) for name, given in _given(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, time):
        return hour(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _given(data: Data) -> Iterator[tuple[str, Any]]:
    """Fields to be written, in the order of the class."""
    name_of_class = type(data).__name__
    for name, info in type(data).model_fields.items():
        value = getattr(data, name)
        if value is None:
            continue
        default = None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})
        if info.is_required() or value != default or (name_of_class, name) in ALWAYS:
            yield name, value


def _is_table(value: Any) -> bool:
    return isinstance(value, Data | Mapping)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(_is_table(item) for item in value)


def _blocks(data: Data | Mapping[str, Any], path: tuple[str, ...], heading: str, comment: str = "") -> Iterator[str]:
    """The block of a table itself, then those of the tables in it."""
    of_class = type(data).__name__
    pairs = list(_given(data)) if isinstance(data, Data) else [(k, v) for k, v in data.items() if v is not None]
    simple = [(name, value) for name, value in pairs if not _is_table(value) and not _is_tables(value)]
    lines = [f"# {comment}\n"] if comment else []
    if heading:
        lines.append(f"{heading}\n")
    for name, value in simple:
        note = COMMENTS.get((of_class, name))
        if note:
            lines.append(f"# {note}\n")
        lines.append(pair(name, plain(value) if isinstance(data, Data) else value) + "\n")
    if lines:
        yield "".join(lines)
    for name, value in pairs:
        inner = (*path, name)
        note = COMMENTS.get((of_class, name), "")
        if _is_table(value):
            yield from _blocks(value, inner, f"[{_header(inner)}]", note)
        elif _is_tables(value):
            for index, item in enumerate(value):
                yield from _blocks(item, inner, f"[[{_header(inner)}]]", "" if index else note)


def table_text(path: Path, value: Any) -> str:
    """The text of a new table, or of new items of an array of tables, with all that is in it."""
    names = tuple(part for part in path if isinstance(part, str))
    if isinstance(value, list | tuple):
        blocks = [block for item in value for block in _blocks(item, names, f"[[{_header(names)}]]")]
    else:
        blocks = list(_blocks(value, names, f"[{_header(names)}]"))
    return "\n".join(blocks)


def pair(name: str, value: Any) -> str:
    """``key = value``, without a line break after it."""
    start = f"{key(name)} = "
    return start + value_text(value, room=WIDTH - len(start))


def key(name: str) -> str:
    """A key as TOML writes it, quoted where it must be."""
    bare = name and all(char in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-" for char in name)
    return name if bare else _string(name, block=False)


def value_text(value: Any, room: int = WIDTH) -> str:
    """A value of TOML's own types as TOML: long texts as blocks, long lists one item a line."""
    if isinstance(value, str):
        return _string(value, block="\n" in value or len(value) > max(room, WIDTH // 2))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key(name)} = {_flat(item)}" for name, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, Sequence):
        flat = ", ".join(_flat(item) for item in value)
        if len(flat) + 2 <= room:
            return f"[{flat}]"
        return "[\n" + "".join(f"    {_flat(item)},\n" for item in value) + "]"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _flat(value: Any) -> str:
    """On one line, as an inline table and what is in it must be."""
    return _string(value, block=False) if isinstance(value, str) else value_text(value, room=10**9)


def _header(path: Sequence[str]) -> str:
    return ".".join(key(part) for part in path)


def _string(text: str, *, block: bool) -> str:
    if block:  # the line break after the opening quotes is not part of the text
        inside = text.replace("\\", "\\\\").replace('"""', '""\\"')
        inside = f'{inside[:-1]}\\"' if inside.endswith('"') else inside
        folded = "\n".join(_folded(line) for line in _NO_CONTROL.sub(_escape, inside).split("\n"))
        return f'"""\n{folded}"""'
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{_NO_CONTROL.sub(_escape, inside)}"'


def _folded(line: str) -> str:
    """A long line over several, each but the last ending in the backslash that makes TOML join them again."""
    lines, start = [], 0
    while len(line) - start > WIDTH:
        at = max(
            (match.start() + 1 for match in _FOLD.finditer(line, start, start + WIDTH)),
            default=next((match.start() + 1 for match in _FOLD.finditer(line, start + WIDTH - 1)), 0),
        )
        if not at:
            break
        lines.append(line[start:at] + "\\\n")
        start = at
    return "".join(lines) + line[start:]


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
