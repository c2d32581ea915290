"""How templates see data: read-only views that know their own path, so that an error can name the field.

Text is cleaned on the way in: what a person typed holds no control character and none of the marks that the
renderer itself puts into its output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, overload

from jinja2 import StrictUndefined, Undefined
from jinja2.exceptions import UndefinedError
from jinja2.utils import missing
from pydantic import BaseModel

from allies_sync.text.characters import clean_lines
from allies_sync.text.messages import current_language
from allies_sync.workspace.flaws import Flaw, Refusal
from allies_sync.workspace.running import current
from allies_sync.workspace.shapes import PLAIN, Shape, shape_of


def clean(text: str) -> str:
    """Exactly a ``str``, without control characters or the private characters that stand for widgets."""
    return clean_lines("".join(iter(text)))


class View:
    """A model, or a value with labels, of which only the declared fields can be read."""

    __slots__ = ("_data", "_path", "_shape")

    def __init__(self, data: object, path: str) -> None:
        self._data = data
        self._path = path
        self._shape = shape_of(type(data))

    def __eq__(self, other: object) -> bool:
        return self._data == (other._data if isinstance(other, View) else other)

    def __hash__(self) -> int:
        return hash(self._data)

    def __repr__(self) -> str:
        return f"<{self._path}>"


class Items(Sequence[Any]):
    """A list whose members are views."""

    __slots__ = ("_items", "_path")

    def __init__(self, items: Sequence[object], path: str) -> None:
        self._items = tuple(items)
        self._path = path

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Items: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Items(self._items[index], self._path)
        return wrap(self._items[index], f"{self._path}[{index}]")

    def __iter__(self) -> Iterator[Any]:
        return (wrap(item, f"{self._path}[{index}]") for index, item in enumerate(self._items))


class Missing(StrictUndefined):
    """A name that does not exist. All that can be asked is whether it is defined."""

    __slots__ = ()

    def __init__(
        self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = UndefinedError
    ) -> None:
        super().__init__(hint, obj, name, exc)
        known = (*current().roots, "page")
        self.explain(lambda: UnknownName(Flaw.UNKNOWN_NAME, found=name or "", allowed=known))

    def explain(self, make: Callable[[], Exception]) -> None:
        """What is raised when it is used."""
        self._undefined_exception = lambda _message: make()  # type: ignore[assignment]


class UnknownName(Refusal, UndefinedError):
    """A name or a field that does not exist was used."""


def unknown_field(path: str, name: str, allowed: Iterable[str]) -> Missing:
    """What a field that does not exist is: an error once it is used."""
    found = Missing(name=name)
    found.explain(lambda: UnknownName(Flaw.UNKNOWN_FIELD, path, name, allowed))
    return found


class Empty(Undefined):
    """A field that exists and is not set: false in a condition, nothing to loop over, an error when printed."""

    __slots__ = ("_path", "_shape")

    def __init__(self, path: str, shape: Shape = PLAIN) -> None:
        super().__init__(path, name=path, exc=Unset)
        self._path = path
        self._shape = shape

    def __str__(self) -> str:
        self._fail_with_undefined_error()

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Empty)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(None)


class Unset(UndefinedError):
    """A value was needed where the engagement has none."""


def wrap(value: object, path: str, shape: Shape = PLAIN) -> Any:
    """A value as a template may see it."""
    if value is None:
        return Empty(path, shape)
    if isinstance(value, str) and not isinstance(value, Enum):
        return clean(value).strip()
    if isinstance(value, Enum):
        return View(value, path) if shape_of(type(value)).model else clean(str(value.value))
    if isinstance(value, bool | int | float | Decimal | date | time | datetime):
        return value
    if isinstance(value, tuple | list):
        return Items(value, path)
    if isinstance(value, BaseModel):
        return View(value, path)
    raise TypeError(f"{path}: {type(value).__name__}")


def member(view: View | Empty, name: str) -> Any:
    """A field of a view; raises AttributeError when there is no such field."""
    path = f"{path_of(view)}.{name}"
    shape = view._shape.member(name)
    if shape is None:
        raise AttributeError(path)
    if isinstance(view, Empty):
        return Empty(path, shape)
    said = getattr(view._data, f"{name}_in", None) if isinstance(view._data, Enum) else None
    return wrap(said(current_language()) if said else getattr(view._data, name), path, shape)


def path_of(value: View | Items | Empty) -> str:
    """Where the data is: ``engagement.client``."""
    return value._path


def names_of(value: View | Empty) -> tuple[str, ...]:
    """The fields that can be reached from here."""
    return value._shape.names


def text_of(value: object) -> str | None:
    """The words of a value with labels (its stored value), or None when a view is not text."""
    data = value._data if isinstance(value, View) else None
    return clean(str(data.value)) if isinstance(data, Enum) else None


def look_up(roots: Mapping[str, View | Empty], path: str) -> Any:
    """The value at a dotted path; raises AttributeError with the path that does not exist."""
    first, *rest = path.split(".")
    if first not in roots:
        raise AttributeError(first)
    value: Any = roots[first]
    for name in rest:
        if not isinstance(value, View | Empty):
            raise AttributeError(f"{path}")
        value = member(value, name)
    return value


def is_set(value: object) -> bool:
    """Whether there is something to show: not unset, no empty text, no empty list."""
    if isinstance(value, str | Items):
        return bool(value)
    return not isinstance(value, Undefined)


