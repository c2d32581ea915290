"""Templates: where they are, and one of them with all that it takes over from the template it extends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import NoReturn

from allies_sync.model.problems import InvalidData, Problem
from allies_sync.model.questionnaire import Questionnaire
from allies_sync.model.tomlfile import load_toml
from allies_sync.model.tomlplaces import Places
from allies_sync.text.messages import _
from allies_sync.text.names import fold
from allies_sync.workspace.flaws import Flaw, flaw
from allies_sync.workspace.sandbox import Compiled
from allies_sync.workspace.schema import Declared, FormEntry, TemplateFile
from allies_sync.workspace.sources import MANIFEST, Layer, hash_of, read_layer, text_of_source
from allies_sync.workspace.structure import structural_problems
from allies_sync.workspace.template import BASE, Declaration, Template, layer_of


class UnknownTemplate(LookupError):
    """No template has that name. The message is a sentence for the person."""

    def __init__(self, name: str, available: Sequence[str]) -> None:
        self.name = name
        self.available = tuple(available)
        near = get_close_matches(fold(name), available, n=1, cutoff=0.5)
        self.suggestion = near[0] if near else None
        sentence = _("Aucun modèle ne s'appelle « {name} ».").format(name=name)
        if self.suggestion:
            sentence += " " + _("Vouliez-vous dire « {name} » ?").format(name=self.suggestion)
        if available:
            sentence += " " + _("Modèles disponibles : {names}.").format(names=", ".join(available))
        super().__init__(sentence)


def load_template(folder: Path, bases: Templates | None = None) -> Template:
    """The template in a folder. Raises :class:`InvalidData` when its ``template.toml`` cannot be used."""
    template = _assemble(_chain(folder, bases))
    return replace(template, problems=(*template.problems, *structural_problems(template)))


@dataclass(frozen=True, slots=True)
class Overview:
    """One line of a list of templates. ``problems``: why it cannot be used, if it cannot."""

    name: str
    title: str
    description: str
    version: int
    path: Path
    origin: str
    problems: tuple[Problem, ...] = ()


class Templates:
    """All templates within reach: the collective's own, those of plugins, those that come along."""

    def __init__(
        self, folders: Sequence[Path] = (), plugin_folders: Sequence[Path] = (), *, bundled: bool = True
    ) -> None:
        own = bundled_folder() if bundled else None
        self._found: list[tuple[str, Path, str]] = []
        groups = (("collective", folders), ("plugin", plugin_folders), ("bundled", [own] if own else []))
        for origin, paths in groups:
            for path in paths:
                self._found.extend((found.name, found, origin) for found in _template_folders(path))
        self._loaded: dict[str, Template] = {}

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted({name for name, _path, _origin in self._found}))

    def overview(self) -> tuple[Overview, ...]:
        """What each template is, the broken ones included."""
        lines = []
        for name in self.names():
            _name, path, origin = next(found for found in self._found if found[0] == name)
            try:
                template = self.get(name)
            except InvalidData as error:
                lines.append(Overview(name, name, "", 0, path, origin, error.problems))
                continue
            file = template.file
            problems = template.problems
            lines.append(Overview(name, file.title, file.description, file.version, path, origin, problems))
        return tuple(lines)

    def get(self, name: str) -> Template:
        """A template by its name; raises :class:`UnknownTemplate` or :class:`InvalidData`."""
        if name not in self._loaded:
            self._loaded[name] = load_template(self.folder(name), self)
        return self._loaded[name]

    def folder(self, name: str, beyond: Path | None = None) -> Path:
        """Where a template is; ``beyond``: the next one of that name after this folder."""
        paths = [path for found, path, _origin in self._found if found == name]
        if beyond in paths:
            paths = paths[paths.index(beyond) + 1 :]
        if not paths:
            raise UnknownTemplate(name, self.names())
        return paths[0]


def bundled_folder() -> Path | None:
    """The templates that come along: inside the package once it is built, else beside its sources."""
    package = Path(str(files("allies_sync")))
    built = package / "_templates"
    if built.is_dir():
        return built
    sources = package.parent.parent
    return sources / "templates" if (sources / "pyproject.toml").is_file() else None


def _template_folders(path: Path) -> list[Path]:
    """A folder that is a template, or those in it."""
    try:
        if (path / MANIFEST).is_file():
            return [path]
        return sorted(item for item in path.iterdir() if (item / MANIFEST).is_file())
    except OSError:
        return []


# --- one template and its bases ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Link:
    layer: Layer
    file: TemplateFile
    places: Places


def _chain(folder: Path, bases: Templates | None) -> list[_Link]:
    """The template and those that it extends, one after the other."""
    chain: list[_Link] = []
    while True:
        layer = read_layer(folder)
        shown_file = layer.shown(MANIFEST)
        text = text_of_source(layer, MANIFEST)
        file = load_toml(text, shown_file, TemplateFile)
        link = _Link(layer, file, Places(text))
        chain.append(link)
        if file.extends is None:
            return chain
        if bases is None:
            _refuse_base(link, Flaw.UNKNOWN_BASE, ())
        try:
            beyond = folder if file.extends == file.name else None
            folder = bases.folder(file.extends, beyond)
        except UnknownTemplate as error:
            _refuse_base(link, Flaw.UNKNOWN_BASE, error.available)
        if any(folder == known.layer.root for known in chain):
            _refuse_base(link, Flaw.BASE_CIRCLE, ())


def _refuse_base(link: _Link, code: Flaw, available: Sequence[str]) -> NoReturn:
    line = link.places.line(("extends",))
    file = link.layer.shown(MANIFEST)
    raise InvalidData([flaw(code, file, line, "extends", link.file.extends or "", available)])


def _assemble(chain: list[_Link]) -> Template:
    layers = tuple(link.layer for link in chain)
    problems: list[Problem] = []
    merged = _merged(chain, problems)
    questionnaires: dict[str, Questionnaire] = {}
    declarations = []
    for number, place, item in merged.values():
        form = _questionnaire(layers, item.source_path, problems) if isinstance(item, FormEntry) else None
        if form is not None:
            questionnaires[item.full_id] = form
        each = item.each == "session" or (form is not None and form.per_session)
        declarations.append(Declaration(item, number, place, each))
    return Template(
        file=chain[0].file,
        layers=layers,
        declarations=tuple(declarations),
        questionnaires=questionnaires,
        hash=hash_of(layers),
        problems=tuple(problems),
        compiled=Compiled(lambda name: _source(layers, name), lambda name, parent: _joined(layers, name, parent)),
        places=tuple(link.places for link in chain),
    )


def _merged(chain: list[_Link], problems: list[Problem]) -> dict[str, tuple[int, tuple[str, int], Declared]]:
    """All declared things by id. What a template adds comes after what its file names before it, else at the end."""
    order = ("folder", "document", "share", "list", "form", "page", "entry")
    merged: dict[str, tuple[int, tuple[str, int], Declared]] = {}
    for number in range(len(chain) - 1, -1, -1):
        link = chain[number]
        for index, gone in enumerate(link.file.remove):
            if merged.pop(gone, None) is None:
                file, line = link.layer.shown(MANIFEST), link.places.line(("remove", index))
                problems.append(flaw(Flaw.NOTHING_REMOVED, file, line, "remove", gone, sorted(merged)))
        keys = list(merged)
        before: str | None = None
        for place, item in link.file.declared():
            if item.full_id not in merged:
                keys.insert(keys.index(before) + 1 if before else len(keys), item.full_id)
            merged[item.full_id] = (number, place, item)
            before = item.full_id
        merged = {key: merged[key] for key in keys}
    return dict(sorted(merged.items(), key=lambda entry: order.index(entry[1][2].kind)))


def _questionnaire(layers: tuple[Layer, ...], path: str, problems: list[Problem]) -> Questionnaire | None:
    """The questions of a form; what is wrong with them is added to ``problems`` (a missing file is told later)."""
    index = layer_of(layers, path)
    if index is None:
        return None
    layer = layers[index]
    try:
        return load_toml(text_of_source(layer, path), layer.shown(path), Questionnaire)
    except InvalidData as error:
        problems.extend(error.problems)
        return None


def _source(layers: tuple[Layer, ...], name: str) -> tuple[str, str] | None:
    index = layer_of(layers, name)
    if index is None:
        return None
    layer, path = layers[index], name.replace(BASE, "")
    return text_of_source(layer, path), layer.shown(path)


def _joined(layers: tuple[Layer, ...], name: str, parent: str) -> str:
    """The name of a source as another one says it: ``base:`` means the layer after the one that says it."""
    if not name.startswith(BASE):
        return name
    return BASE * ((layer_of(layers, parent) or 0) + 1) + name.replace(BASE, "")
