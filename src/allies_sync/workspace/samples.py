"""Engagements to try templates with: one that says everything, one that says as little as is allowed.

They are made from the model itself, so that a field added to it is tried at once. They bypass its checks: what they
hold need not make sense together.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel

from allies_sync.model.base import Data
from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import State
from allies_sync.model.people import Organisation

M = TypeVar("M", bound=BaseModel)

Words = Callable[[str], str]
"""From the path of a text field to what it holds."""

_FIRST_DAY = date(2027, 3, 12)
_ADDRESS = "https://exemple.org/page"
_NAMES = {"id", "slug", "template"}
_ADDRESSES = {"url", "link"}


def words_of(path: str) -> str:
    """Something harmless."""
    return "Mots " + " ".join(part for part in path.replace("[", ".").replace("]", "").split(".") if part.isalpha())


def minimal_engagement(state: State = State.OPEN, title: str = "Titre") -> Engagement:
    """A title, a client, a first day."""
    client = Organisation.model_construct(name="Client")
    made = Engagement.model_construct(title=title, client=client, start=_FIRST_DAY)
    return made.model_copy(update={"state": state, "slug": "2027-titre"})


def full_engagement(state: State = State.OPEN, words: Words = words_of) -> Engagement:
    """Every field set, two of everything that there can be several of."""
    return sample(Engagement, words, "engagement").model_copy(update={"state": state, "slug": "2027-titre"})


def sparse_engagement(state: State = State.OPEN, words: Words = words_of) -> Engagement:
    """One of everything that there can be several of, and in each only what has to be said."""
    return _sparse(Engagement, words, "engagement").model_copy(update={"state": state, "slug": "2027-titre"})


def _sparse(model: type[M], words: Words, path: str) -> M:
    values: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        inner = _inner_model(info.annotation)
        if inner is not None:
            made = _sparse(inner, words, f"{path}.{name}")
            values[name] = (made,) if _is_list(info.annotation) else made
        elif info.is_required():
            values[name] = _value(info.annotation, name, f"{path}.{name}", words, 0)
    return model.model_construct(**values)


def _inner_model(annotation: Any) -> type[Data] | None:
    """The model that an annotation is about, in a list or not."""
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, Data) else None
    arguments = (item for item in typing.get_args(annotation) if item not in {type(None), ...})
    return next((found for item in arguments if (found := _inner_model(item)) is not None), None)


def _is_list(annotation: Any) -> bool:
    if typing.get_origin(annotation) is tuple:
        return True
    return any(_is_list(item) for item in typing.get_args(annotation))


def sample(model: type[M], words: Words, path: str = "", number: int = 0) -> M:
    """One object with all its fields set."""
    values = {
        name: _value(info.annotation, name, f"{path}.{name}", words, number)
        for name, info in model.model_fields.items()
    }
    return model.model_construct(**values)


def text_paths(data: Data, path: str = "engagement") -> Iterator[str]:
    """The paths of all fields that hold words."""
    for name in type(data).model_fields:
        yield from _paths(getattr(data, name), f"{path}.{name}", name)


def _paths(value: Any, path: str, name: str) -> Iterator[str]:
    if isinstance(value, Data):
        yield from text_paths(value, path)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _paths(item, f"{path}[{index}]", name)
    elif isinstance(value, str) and not isinstance(value, Enum) and name not in _NAMES | _ADDRESSES | {"email"}:
        yield path


def _value(annotation: Any, name: str, path: str, words: Words, number: int) -> Any:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _value(arguments[0], name, path, words, number)
    if origin in {typing.Union, types.UnionType}:
        chosen = next(item for item in arguments if item is not type(None))
        return _value(chosen, name, path, words, number)
    if origin is tuple:
        return tuple(_value(arguments[0], name, f"{path}[{index}]", words, index) for index in range(2))
    if isinstance(annotation, type) and issubclass(annotation, Data):
        return sample(annotation, words, path, number)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return list(annotation)[number % len(annotation)]
    return _plain_value(annotation, name, path, words, number)


def _plain_value(annotation: Any, name: str, path: str, words: Words, number: int) -> Any:
    if annotation is bool:
        return number % 2 == 1
    if annotation is int:
        return number + 1
    if annotation is Decimal:
        return Decimal("1250.50")
    if annotation is date:
        return _FIRST_DAY
    if annotation is time:
        return time(9 + number, 30)
    if name in _NAMES:
        return f"exemple-{number + 1}"
    if name in _ADDRESSES:
        return _ADDRESS
    return "nom@exemple.org" if name == "email" else words(path)
