"""Finds the plugins, and keeps a broken one from breaking anything else.

The bundled plugins are found exactly as a third party's are: through entry points of the group ``allies_sync``.
A plugin that is being written is named in ``ALLIES_SYNC_PLUGINS`` (modules, separated by commas) instead.

Each plugin is registered with a pluggy manager of its own: its mistakes are told apart from another's, and what
it raises reaches nobody else. A plugin is taken whole or not at all.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distribution, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from allies_sync.text.messages import _

if TYPE_CHECKING:
    import pluggy

    from allies_sync.platforms.hookspecs import Event
    from allies_sync.platforms.interface import PlatformType
    from allies_sync.platforms.memoires import MemoireFormat, MemoireImporter

GROUP = "allies_sync"
COMMANDS = "allies_sync.commands"
VARIABLE = "ALLIES_SYNC_PLUGINS"
BUNDLED = "allies-sync"

_PREFIX = "allies_sync_"
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_LONGEST = 300

T = TypeVar("T")


class PluginError(Exception):
    """A plugin that cannot be used. The message is a sentence for the person."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a plugin, or a part of it, is not there."""

    plugin: str
    sentence: str


Tell = Callable[[Problem], None]


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin that was loaded, and what it brings."""

    name: str
    distribution: str | None
    version: str | None
    platforms: tuple[PlatformType, ...]
    templates: tuple[Path, ...]
    events: tuple[str, ...]
    commands: tuple[str, ...]
    manager: pluggy.PluginManager

    @property
    def bundled(self) -> bool:
        """Whether it came along with allies-sync itself."""
        return self.distribution == BUNDLED


@dataclass(frozen=True, slots=True)
class Plugins:
    """All plugins that work, and what is wrong with the others."""

    installed: tuple[Plugin, ...]
    problems: tuple[Problem, ...]

    def platform_types(self) -> Mapping[str, PlatformType]:
        """The platforms by name, in the order of the plugins."""
        return {kind.name: kind for plugin in self.installed for kind in plugin.platforms}

    def template_folders(self) -> tuple[Path, ...]:
        """The folders in which plugins keep templates."""
        return tuple(folder for plugin in self.installed for folder in plugin.templates)

    def memoire_importers(self, tell: Tell = lambda problem: None) -> tuple[MemoireImporter, ...]:
        """What reads mémoires from other places, in the order of the plugins. They are asked now, since nearly no
        command needs them; ``tell`` hears of a plugin whose answer cannot be used."""
        return tuple(self._answers(_importers, tell))

    def memoire_formats(self, tell: Tell = lambda problem: None) -> Mapping[str, MemoireFormat]:
        """Formats of plugins by name."""
        return {item.name: item for item in self._answers(_formats, tell)}

    def _answers(self, ask: Callable[[pluggy.PluginManager], list[T]], tell: Tell) -> Iterator[T]:
        for plugin in self.installed:
            try:
                with _guarded():
                    found = ask(plugin.manager)
            except PluginError as error:
                tell(Problem(plugin.name, _skipped(plugin.name, error)))
                continue
            yield from found

    def notify(self, event_name: str, event: Event) -> list[str]:
        """Tells every plugin that wants to know; returns a warning for each that could not take it."""
        warnings = []
        for plugin in self.installed:
            if event_name not in plugin.events:
                continue
            try:
                with _guarded():
                    getattr(plugin.manager.hook, event_name)(event=event)
            except PluginError as error:
                warnings.append(
                    _("Le greffon « {plugin} » n'a pas pu réagir à « {event} » : {error}.").format(
                        plugin=plugin.name, event=event_name, error=error
                    )
                )
        return warnings


def load_plugins(environ: Mapping[str, str]) -> Plugins:
    """Loads all plugins: bundled, installed, then those named in the environment."""
    loaded: list[Plugin] = []
    problems: list[Problem] = []
    known: list[object] = []
    taken: dict[str, str] = {}
    for name, source, load in _candidates(environ):
        try:
            with _guarded():
                plugin = load()
                if any(plugin is other for other in known):
                    continue
                known.append(plugin)
                result = _examine(name, source, plugin, problems)
            for kind in result.platforms:
                if kind.name in taken:
                    raise PluginError(
                        _("il apporte une plateforme « {name} », que le greffon « {other} » apporte déjà").format(
                            name=kind.name, other=taken[kind.name]
                        )
                    )
        except PluginError as error:
            problems.append(Problem(name, _skipped(name, error)))
            continue
        taken |= {kind.name: name for kind in result.platforms}
        loaded.append(result)
    return Plugins(tuple(loaded), tuple(problems))


def command_names() -> list[str]:
    """The commands that plugins add, read from their metadata: no plugin is imported."""
    return sorted({point.name for point in _points(COMMANDS)})


def load_command(name: str) -> Any:
    """What a plugin offers as the command ``name``: a ``typer.Typer`` or a function. Raises PluginError."""
    for point in _points(COMMANDS):
        if point.name != name:
            continue
        try:
            with _guarded():
                return point.load()
        except PluginError as error:
            plugin = point.dist.name if point.dist else point.module
            raise PluginError(
                _("La commande « {name} » du greffon « {plugin} » ne peut pas être chargée : {error}.").format(
                    name=name, plugin=plugin, error=error
                )
            ) from error
    raise PluginError(_("Aucun greffon n'apporte de commande « {name} ».").format(name=name))


def _candidates(
    environ: Mapping[str, str],
) -> Iterator[tuple[str, Distribution | None, Callable[[], object]]]:
    for point in _points(GROUP):
        yield point.name, point.dist, point.load
    for name in dict.fromkeys(part.strip() for part in environ.get(VARIABLE, "").split(",")):
        if name:
            module = EntryPoint(name=name, value=name, group=GROUP)
            yield name, _distribution_of(name), module.load


def _points(group: str) -> list[EntryPoint]:
    """Entry points, the bundled first and then by name, so that every machine sees the same order."""

    def order(point: EntryPoint) -> tuple[bool, str, str]:
        owner = point.dist.name if point.dist else ""
        return owner != BUNDLED, owner, point.name

    return sorted(entry_points(group=group), key=order)


def _distribution_of(module: str) -> Distribution | None:
    try:
        return distribution(module.partition(".")[0])
    except (PackageNotFoundError, ValueError):
        return None


def _examine(name: str, source: Distribution | None, plugin: object, problems: list[Problem]) -> Plugin:
    """Registers a plugin and asks it what it brings. Raises PluginError."""
    manager = _register(plugin)
    platforms = _platforms(manager)
    templates = []
    for folder in _listed(manager, "allies_sync_templates", Path):
        if folder.is_dir():
            templates.append(folder)
        else:
            sentence = _("Le dossier de modèles {folder} du greffon « {plugin} » n'existe pas.")
            problems.append(Problem(name, sentence.format(folder=folder, plugin=name)))
    specs = {hook for hook, caller in vars(manager.hook).items() if caller.get_hookimpls()}
    commands = [point.name for point in source.entry_points if point.group == COMMANDS] if source else []
    return Plugin(
        name=name,
        distribution=source.name if source else None,
        version=source.version if source else None,
        platforms=tuple(platforms),
        templates=tuple(templates),
        events=tuple(sorted(hook for hook in specs if not hook.startswith(_PREFIX))),
        commands=tuple(sorted(commands)),
        manager=manager,
    )


def _register(plugin: object) -> pluggy.PluginManager:
    import pluggy

    from allies_sync.platforms import hookspecs

    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, "plugin")
    for hook, caller in vars(manager.hook).items():
        if not caller.has_spec() and not all(impl.optionalhook for impl in caller.get_hookimpls()):
            raise PluginError(_("il répond à un point d'extension inconnu, « {hook} »").format(hook=hook))
        if caller.has_spec() and hasattr(plugin, hook) and not caller.get_hookimpls():
            raise PluginError(_("sa fonction « {hook} » n'est pas marquée « @hookimpl »").format(hook=hook))
    for attribute in dir(plugin):
        if attribute.startswith(_PREFIX) and attribute not in vars(manager.hook):
            value = getattr(plugin, attribute)
            if callable(value) and getattr(value, "__module__", None) == getattr(plugin, "__name__", None):
                raise PluginError(_("il répond à un point d'extension inconnu, « {hook} »").format(hook=attribute))
    return manager


def _platforms(manager: pluggy.PluginManager) -> list[PlatformType]:
    from allies_sync.platforms.interface import PlatformType

    kinds = _listed(manager, "allies_sync_platforms", PlatformType)
    for kind in kinds:
        if not (isinstance(kind.name, str) and _NAME.fullmatch(kind.name)):
            raise PluginError(
                _("le nom de plateforme {name} n'est pas fait de minuscules sans accents").format(
                    name=repr(kind.name)
                )
            )
        roles = kind.roles
        if isinstance(roles, str) or not roles or not all(isinstance(role, str) for role in roles):
            raise PluginError(_("sa plateforme « {name} » ne dit pas quels rôles elle tient").format(name=kind.name))
        if not hasattr(kind.settings, "model_validate") or not callable(kind.open):
            raise PluginError(
                _("sa plateforme « {name} » n'a pas de modèle de réglages, ou rien pour l'ouvrir").format(
                    name=kind.name
                )
            )
    names = [kind.name for kind in kinds]
    for name in names:
        if names.count(name) > 1:
            raise PluginError(_("il apporte deux fois la plateforme « {name} »").format(name=name))
    return kinds


def _importers(manager: pluggy.PluginManager) -> list[MemoireImporter]:
    importers: list[Any] = _listed(manager, "allies_sync_memoire_importers", object)
    for importer in importers:
        if not (callable(getattr(importer, "read", None)) and callable(getattr(importer, "recognises", None))):
            raise PluginError(
                _("son importateur de mémoires {found} n'a pas « recognises » et « read »").format(
                    found=type(importer).__name__
                )
            )
    return importers


def _formats(manager: pluggy.PluginManager) -> list[MemoireFormat]:
    from allies_sync.platforms.memoires import MemoireFormat

    return _listed(manager, "allies_sync_memoire_formats", MemoireFormat)


def _listed(manager: pluggy.PluginManager, hook: str, expected: type[T]) -> list[T]:
    """What a plugin answers to a hook that returns a sequence of one type."""
    found: list[T] = []
    for answer in getattr(manager.hook, hook)():
        items = answer if isinstance(answer, Iterable) and not isinstance(answer, str) else [answer]
        for item in items:
            if not isinstance(item, expected):
                raise PluginError(
                    _("« {hook} » doit donner une liste de {expected}, mais contient {found}").format(
                        hook=hook, expected=expected.__name__, found=type(item).__name__
                    )
                )
            found.append(item)
    return found


@contextlib.contextmanager
def _guarded() -> Iterator[None]:
    """Whatever a plugin's code raises becomes a PluginError; what it prints stays out of our own output."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except PluginError:
        raise
    except (Exception, SystemExit) as error:
        words = " ".join(f"{type(error).__name__}: {error}".split())
        raise PluginError(words[:_LONGEST].rstrip(" .:")) from error


def _skipped(name: str, error: PluginError) -> str:
    return _("Le greffon « {plugin} » est laissé de côté : {error}.").format(plugin=name, error=error)
