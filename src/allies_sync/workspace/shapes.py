"""What the engagement's data looks like to an author of templates: its fields, and what each of them holds.

Only declared fields and properties of the model can be reached from a template, never methods; so a mistyped name
is found without rendering anything.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Shape:
    """A model with fields (``model``), a list (``item``), or a plain value (neither)."""

    model: type[object] | None = None
    item: Shape | None = None

    def member(self, name: str) -> Shape | None:
        """The shape of a field, or None when there is no such field."""
        return members(self.model).get(name) if self.model else None

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that it has."""
        return tuple(members(self.model)) if self.model else ()


PLAIN = Shape()


def shape_of(annotation: Any) -> Shape:
    """The shape of what is annotated so. What may be unset has the shape of what it is when set."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return shape_of(typing.get_args(annotation)[0])
    if origin in {typing.Union, types.UnionType}:
        shapes = [shape_of(item) for item in typing.get_args(annotation) if item is not type(None)]
        return next((shape for shape in shapes if shape != PLAIN), PLAIN)
    if origin in {tuple, list, frozenset}:
        arguments = typing.get_args(annotation)
        return Shape(item=shape_of(arguments[0]) if arguments else PLAIN)
    if isinstance(annotation, type) and (issubclass(annotation, BaseModel) or _has_labels(annotation)):
        return Shape(model=annotation)
    return PLAIN


_members: dict[type[object], Mapping[str, Shape]] = {}


def members(model: type[object]) -> Mapping[str, Shape]:
    """All that can be reached of a model or of an enumeration with labels, by name."""
    if model not in _members:
        _members[model] = _read_members(model)
    return _members[model]


def _read_members(model: type[object]) -> Mapping[str, Shape]:
    found: dict[str, Shape] = {}
    if issubclass(model, BaseModel):
        for name, info in model.model_fields.items():
            found[name] = shape_of(info.annotation)
    for base in model.__mro__:
        if base in {BaseModel, Enum, object} or not issubclass(base, BaseModel | Enum):
            continue
        for name, value in vars(base).items():
            if isinstance(value, property) and not name.startswith("_"):
                found.setdefault(name, shape_of(typing.get_type_hints(value.fget).get("return")))
        if issubclass(base, Enum):
            for name in vars(base).get("__annotations__", {}):
                if not name.startswith("_"):
                    found.setdefault(name, PLAIN)
    for name in [name for name in found if name.startswith(("_", "model_"))]:
        del found[name]
    return found


def _has_labels(annotation: type[object]) -> bool:
    return issubclass(annotation, Enum) and bool(members(annotation))
