"""A template once it was read: declared things, questionnaires and sources, each with its place in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from allies_sync.model.problems import Path as Place
from allies_sync.model.problems import Problem
from allies_sync.model.questionnaire import Questionnaire
from allies_sync.model.tomlplaces import Places
from allies_sync.workspace.sandbox import Compiled
from allies_sync.workspace.schema import Declared, TemplateFile
from allies_sync.workspace.sources import MANIFEST, Layer, text_of_source

BASE = "base:"
"""Before the name of a source: that of the template which this one extends."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declared thing, with the layer and the place of its file where it stands."""

    item: Declared
    layer: int
    place: tuple[str, int]
    each: bool

    @property
    def id(self) -> str:
        """``kind:id``."""
        return self.item.full_id


@dataclass(frozen=True)
class Template:
    """A template that was read. ``layers``: its own files first, then those of what it extends.

    ``problems`` is what is wrong with it that can be told without rendering it.
    """

    file: TemplateFile = field(repr=False)
    layers: tuple[Layer, ...]
    declarations: tuple[Declaration, ...] = field(repr=False)
    questionnaires: Mapping[str, Questionnaire] = field(repr=False)
    hash: str
    problems: tuple[Problem, ...]
    compiled: Compiled = field(repr=False, compare=False)
    places: tuple[Places, ...] = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def version(self) -> int:
        return self.file.version

    @property
    def title(self) -> str:
        return self.file.title

    @property
    def description(self) -> str:
        return self.file.description

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.layers[0].root

    def where(self, declaration: Declaration, *keys: str | int) -> tuple[str, int | None]:
        """The file and the line of a declared thing, or of one of its keys."""
        layer = self.layers[declaration.layer]
        path: Place = (*declaration.place, *keys)
        return layer.shown(MANIFEST), self.places[declaration.layer].line(path)

    def where_in(self, source: str, key: str = "") -> tuple[str, int | None]:
        """The file of a source, and the line of a dotted key in it if it is TOML."""
        index = self.layer_of(source)
        if index is None:
            return source, None
        layer = self.layers[index]
        path = tuple(int(part) if part.isdigit() else part for part in key.split("."))
        line = Places(text_of_source(layer, source)).line(path) if key else None
        return layer.shown(source), line

    def layer_of(self, source: str) -> int | None:
        """The first layer that has a file; ``base:`` in front leaves out the first."""
        return layer_of(self.layers, source)


def layer_of(layers: tuple[Layer, ...], source: str) -> int | None:
    name = source.replace(BASE, "")
    for index in range(source.count(BASE), len(layers)):
        if name in layers[index].files:
            return index
    return None
