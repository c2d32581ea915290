"""Changing a TOML file that a person keeps: their comments, their order and their way of writing stay.

The text itself is edited, one place at a time, and read again: if it does not come to hold exactly what was asked
for, nothing is returned at all.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from allies_sync.model.base import Data
from allies_sync.model.problems import Code, InvalidData, Path, Problem, dotted, excerpt
from allies_sync.model.tomlcomments import COMMENTS
from allies_sync.model.tomlplaces import Places
from allies_sync.model.tomlread import normalised, parse_toml
from allies_sync.model.tomlwrite import key, plain, table_text, value_text

REMOVE = None
"""As a new value: take the key out of the file, so that its default counts."""

_STEP = re.compile(r"\.?([A-Za-z0-9_-]+)|\[([0-9]+)\]")
_OWN_COMMENTS = {f"# {comment}" for comment in COMMENTS.values()}


def update_toml(text: str, changes: Mapping[str, Any], file: str = "") -> str:
    """``text`` with every ``changes[path]`` set, or taken out when it is :data:`REMOVE`.

    Paths are those of ``Problem.field``: ``start``, ``client.name``, ``sessions[0].date``; the position after the
    last item of a list adds to it. Raises :class:`InvalidData` when the text is not TOML, or is written in a way
    that cannot be edited without risk for what a person wrote.
    """
    target = parse_toml(text, file)
    for name, value in changes.items():
        _set(target, parse_path(name), plain(value))
    edited = normalised(text)
    left = list(_differences(tomllib.loads(edited), target))
    for _ in range(3 * len(left)):  # one edit may uncover another: what was removed leaves an empty table to declare
        try:
            edited = _Edit(edited, target).at(left[0])
            left = list(_differences(tomllib.loads(edited), target))
        except (ValueError, LookupError, RecursionError):
            break
        if not left:
            break
    if left:
        line = Places(normalised(text)).line(left[0])
        found = excerpt(_get(target, left[0]))
        raise InvalidData([Problem(file, line, dotted(left[0]), found, (), Code.CANNOT_EDIT)])
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    return mark + (edited.replace("\n", "\r\n") if "\r\n" in text else edited)


def changes_between(old: Data, new: Data) -> dict[str, Any]:
    """What :func:`update_toml` has to be given to turn a file that says ``old`` into one that says ``new``."""
    return {dotted(path): value for path, value in _changes(old, new, ())}


def parse_path(text: str) -> Path:
    """``sessions[0].date`` as ``("sessions", 0, "date")``."""
    path: Path = ()
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise ValueError(f"not a path: {text}")
        path += (match[1],) if match[1] else (int(match[2]),)
        position = match.end()
    return path


# --- Comparing --------------------------------------------------------------------------------------------


def _changes(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(old, Data) and type(old) is type(new):
        for name, info in type(new).model_fields.items():
            before, after = getattr(old, name), getattr(new, name)
            if before != after and after in (None, "", ()) and after == info.default:
                yield (*path, name), REMOVE
            else:
                yield from _changes(before, after, (*path, name))
    elif _are_data(old) and _are_data(new):
        for index in range(min(len(old), len(new))):
            yield from _changes(old[index], new[index], (*path, index))
        for index in reversed(range(len(new), len(old))):
            yield (*path, index), REMOVE
        for index in range(len(old), len(new)):
            yield (*path, index), new[index]
    elif old != new:
        yield path, new


def _are_data(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, Data) for item in value)


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _differences(current: Any, target: Any, path: Path = ()) -> Iterator[Path]:
    """The outermost paths at which two plain values differ; an item to be removed before the one before it."""
    if isinstance(current, dict) and isinstance(target, dict):
        yield from ((*path, name) for name in current if name not in target)
        for name, value in target.items():
            if name in current:
                yield from _differences(current[name], value, (*path, name))
            else:
                yield (*path, name)
    elif _are_tables(current) and _are_tables(target):
        yield from ((*path, index) for index in reversed(range(len(target), len(current))))
        for index, value in enumerate(target):
            if index < len(current):
                yield from _differences(current[index], value, (*path, index))
            else:
                yield (*path, index)
    elif current != target or isinstance(current, bool) is not isinstance(target, bool):
        yield path


def _set(data: Any, path: Path, value: Any) -> None:
    for step, following in pairwise(path):
        if isinstance(data, dict):
            if step not in data and value is REMOVE:
                return
            data = data.setdefault(step, [] if isinstance(following, int) else {})
        else:
            data = data[step]
    last: Any = path[-1]
    if value is REMOVE:
        if last < len(data) if isinstance(data, list) else last in data:
            del data[last]
    elif isinstance(data, list) and last == len(data):
        data.append(value)
    else:
        data[last] = value


def _get(data: Any, path: Path) -> Any:
    """What stands at ``path``; ``None``, which TOML does not have, when there is nothing."""
    for step in path:
        try:
            data = data[step]
        except (LookupError, TypeError):
            return None
    return data


# --- Editing ----------------------------------------------------------------------------------------------


class _Edit:
    """One change in a text: ``at(path)`` is the text in which that path is as the target has it."""

    def __init__(self, text: str, target: Mapping[str, Any]) -> None:
        self.text = text if text.endswith("\n") or not text else text + "\n"
        self.target = target
        self.places = Places(self.text)

    def at(self, path: Path) -> str:
        wanted = _get(self.target, path)
        spans = [path[:n] for n in range(1, len(path)) if self.places.value(path[:n])]
        if wanted is not None and self.places.value(path) and (spans or not _is_structure(wanted)):
            return self._replace(path, flat=bool(spans))
        if spans:
            return self._replace(spans[-1], flat=len(spans) > 1)
        without = self._remove(path) if _get(tomllib.loads(self.text), path) is not None else self.text
        return without if wanted is None else _Edit(without, self.target)._insert(path, wanted)

    def _replace(self, path: Path, *, flat: bool) -> str:
        place = self.places.values[path]
        new = value_text(_get(self.target, path), room=10**9 if flat else 110 - (place.start - place.key))
        return self.text[: place.start] + new + self.text[place.end :]

    def _remove(self, path: Path) -> str:
        """Without the statements and tables at and below ``path``. People's comments around them stay."""
        spans: list[tuple[int, int]] = []
        for table in self.places.tables:
            if _below(table.path, path):
                spans.append((table.start, table.last))
            else:
                spans.extend((s.start, s.end) for s in table.statements if _below(s.path, path))
        text = self.text
        for start, end in reversed(spans):
            start, end = text.rfind("\n", 0, start) + 1, self._line_end(end)
            above = text[:start].rstrip("\n").rpartition("\n")[2]
            if above in _OWN_COMMENTS and text[:start].endswith(above + "\n"):
                start -= len(above) + 1
            if text[:start].endswith("\n\n") and text[end : end + 1] in {"\n", ""}:
                start -= 1
            text = text[:start] + text[end:]
        return text

    def _insert(self, path: Path, value: Any) -> str:
        parent = path[:-1]
        tables = [table for table in self.places.tables if _below(table.path, parent)] if parent else []
        if _is_structure(value) and (tables or not parent):
            siblings = [table for table in self.places.tables if _below(table.path, (*parent, _before(path[-1])))]
            position = self._line_end((siblings or tables)[-1].last) if parent else len(self.text)
            return self._put(position, table_text(path, [value] if isinstance(path[-1], int) else value))
        name = key(str(path[-1]))
        own = next((table for table in self.places.tables if table.path == parent), None)
        if own is not None:
            position = self._line_end(own.last) if own.last else 0
            return self._put_line(position, f"{name} = ", value)
        for table in reversed(self.places.tables):
            for statement in reversed(table.statements):
                if _below(statement.path, parent) and _below(parent, table.path):
                    keys = [key(str(step)) for step in parent[len(table.path) :]]
                    return self._put_line(self._line_end(statement.end), f"{'.'.join([*keys, name])} = ", value)
        position = self._line_end(tables[-1].last) if tables else len(self.text)
        return self._put(position, table_text(parent, {path[-1]: value}))

    def _put_line(self, position: int, start: str, value: Any) -> str:
        line = start + value_text(value, room=110 - len(start)) + "\n"
        blank = "\n" if position == 0 and self.text and not self.text.startswith("\n") else ""
        return self.text[:position] + line + blank + self.text[position:]

    def _put(self, position: int, block: str) -> str:
        before, after = self.text[:position], self.text[position:]
        gap = "" if not before or before.endswith("\n\n") else "\n"
        return before + gap + block + ("\n" if after and not after.startswith("\n") else "") + after

    def _line_end(self, position: int) -> int:
        """The position after the line break of that line."""
        end = self.text.find("\n", position)
        return len(self.text) if end < 0 else end + 1


def _is_structure(value: Any) -> bool:
    """Whether it is written as tables of its own rather than behind a key."""
    return isinstance(value, dict) or _are_tables(value)


def _below(path: Path, prefix: Path) -> bool:
    return path[: len(prefix)] == prefix


def _before(step: str | int) -> str | int:
    return step - 1 if isinstance(step, int) else step
