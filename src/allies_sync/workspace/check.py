"""Everything that is wrong with a template, at once: from its declarations, from its sources, and from trying it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from jinja2 import nodes

from allies_sync.model.problems import InvalidData, Problem
from allies_sync.model.resources import Scope, references
from allies_sync.workspace.fields import constants, field_problems, path_problem
from allies_sync.workspace.flaws import Finding, Flaw, Severity, flaw
from allies_sync.workspace.functions import WIDGET_TARGETS
from allies_sync.workspace.sandbox import Mode, Sandbox
from allies_sync.workspace.schema import PageEntry
from allies_sync.workspace.sources import MANIFEST
from allies_sync.workspace.structure import NOTICE, sources_of
from allies_sync.workspace.template import BASE, Declaration, Template
from allies_sync.workspace.templates import Templates, load_template
from allies_sync.workspace.trial import try_template

_NOT_SOURCES = ("readme", "licence", "license", "changelog")
_WARNINGS = frozenset({Flaw.UNUSED_SOURCE})


def check_folder(folder: Path, templates: Templates | None = None) -> list[Finding]:
    """The same as :func:`check_template`, for a template that may not even load."""
    try:
        template = load_template(folder, templates)
    except InvalidData as error:
        return [Finding(problem) for problem in error.problems]
    return check_template(template)


def check_template(template: Template) -> list[Finding]:
    """All findings, by file and line. A template without errors can be rendered for any engagement."""
    found = list(template.problems)
    sources = _Sources(template)
    found.extend(sources.problems)
    found.extend(_strings(template))
    found.extend(_conditions(template))
    found.extend(_unused(template, sources.used))
    linked = set(sources.linked)
    if not template.problems:
        trial = try_template(template)
        found.extend(trial.problems)
        linked |= {key for made in trial.workspaces for item in made.resources for key in references(item)}
    found.extend(_unreached(template, linked))
    return [Finding(problem, _severity(problem)) for problem in _each_once(found)]


def _severity(problem: Problem) -> Severity:
    return Severity.WARNING if problem.code in _WARNINGS else Severity.ERROR


def _each_once(problems: Iterable[Problem]) -> list[Problem]:
    """Without doubles: what was seen in the source is seen again when it is rendered, under another path."""
    kept: dict[tuple[str, int | None, str, str], Problem] = {}
    for problem in problems:
        kept.setdefault((problem.file, problem.line, problem.code, problem.found or problem.field), problem)
    return sorted(kept.values(), key=lambda problem: (problem.file, problem.line or 0))


# --- sources ----------------------------------------------------------------------------------------------


class _Sources:
    """All sources that are used, as (layer, path), what is wrong with them, and the ids that they link to."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.used: set[tuple[int, str]] = set()
        self.problems: list[Problem] = []
        self.linked: set[str] = set()
        self.waiting: list[tuple[str, bool]] = []
        for declaration in template.declarations:
            for key, path in sources_of(template, declaration):
                index = template.layer_of(path)
                if index is not None and (path.endswith(".toml") or key == "file"):
                    self.used.add((index, path))
                elif index is not None:
                    self.waiting.append((path, declaration.each))
        while self.waiting:
            self._follow(*self.waiting.pop())

    def _follow(self, name: str, each: bool) -> None:
        """Looks at a source and at those that it takes in; ``each``: it is rendered for one session at a time."""
        index = self.template.layer_of(name)
        path = name.replace(BASE, "")
        if index is None or (index, path) in self.used:
            return
        self.used.add((index, path))
        try:
            text, file = self.template.compiled.sources(name) or ("", path)
            tree, problems = Sandbox(self.template.compiled).examine(text, name, file)
        except InvalidData as error:
            self.problems.extend(error.problems)
            return
        self.problems.extend(problems)
        self.problems.extend(field_problems(tree, file))
        self.problems.extend(_references(self.template, tree, file, each))
        for _call, function, values, _named in constants(tree):
            if function in {"link", "widget"}:
                self.linked |= {value for value in values if isinstance(value, str)}
        self.problems.extend(self._lost_blocks(tree, name, file))
        for node in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
            other = getattr(node, "template", None)
            if isinstance(other, nodes.Const):
                self.waiting.append((self.template.compiled.join(str(other.value), name), each))


    def _lost_blocks(self, tree: nodes.Template, name: str, file: str) -> Iterator[Problem]:
        """Blocks of a source that builds on another which has none of that name: nobody would see them."""
        known = self._blocks_above(tree, name)
        if known is not None:
            for block in (node for node in tree.body if isinstance(node, nodes.Block)):
                if block.name not in known:
                    yield flaw(Flaw.UNKNOWN_BLOCK, file, block.lineno, found=block.name, allowed=sorted(known))

    def _blocks_above(self, tree: nodes.Template, name: str, depth: int = 0) -> frozenset[str] | None:
        """The blocks that a source may fill; None when it builds on no other, or on what cannot be read."""
        parent = next((node.template for node in tree.body if isinstance(node, nodes.Extends)), None)
        if not isinstance(parent, nodes.Const) or depth > 10:
            return None
        above = self.template.compiled.join(str(parent.value), name)
        found = self.template.compiled.sources(above)
        if found is None:
            return None
        try:
            there = Sandbox(self.template.compiled).examine(found[0], above, found[1])[0]
        except InvalidData:
            return None
        own = frozenset(block.name for block in there.find_all(nodes.Block))
        return own | (self._blocks_above(there, above, depth + 1) or frozenset())


def _references(template: Template, tree: nodes.Template, file: str, each: bool) -> Iterator[Problem]:
    """References to what is not declared, in all branches."""
    known = {declaration.id: declaration for declaration in template.declarations}
    for call, name, values, named in constants(tree):
        line = call.lineno
        if name == "has" and values and isinstance(values[0], str):
            problem = path_problem(values[0], file, line)
            if problem is not None:
                yield problem
        if name not in {"link", "widget", "exists"}:
            continue
        allowed = frozenset(item.partition(":")[0] for item in known)
        if name == "widget":
            kind = values[0] if values else None
            if isinstance(kind, str) and kind not in WIDGET_TARGETS:
                yield flaw(Flaw.UNKNOWN_WIDGET, file, line, found=kind, allowed=sorted(WIDGET_TARGETS))
            allowed = WIDGET_TARGETS.get(str(kind), allowed)
            values = values[1:]
        target = values[0] if values else _constant(named.get("target"))
        if not isinstance(target, str):
            continue
        declaration = known.get(target)
        if declaration is None or declaration.item.kind not in allowed:
            candidates = sorted(item for item in known if item.partition(":")[0] in allowed)
            yield flaw(Flaw.DANGLING, file, line, found=target, allowed=candidates)
        elif declaration.each and not each and "session" not in named and len(values) < 3:
            yield flaw(Flaw.NEEDS_SESSION, file, line, found=target)


def _constant(node: nodes.Node | None) -> object:
    return node.value if isinstance(node, nodes.Const) else None


def _strings(template: Template) -> Iterator[Problem]:
    """The Jinja of titles, names and values."""
    sandbox = Sandbox(template.compiled, Mode.PLAIN)
    for declaration in template.declarations:
        for key, text in declaration.item.texts.items():
            parts = tuple(int(part) if part.isdigit() else part for part in key.split("."))
            yield from _string(sandbox, text, *template.where(declaration, *parts))
        form = template.questionnaires.get(declaration.id)
        if form is None:
            continue
        path = getattr(declaration.item, "source_path", "")
        yield from _string(sandbox, form.title, *template.where_in(path, "title"))
        yield from _string(sandbox, form.introduction, *template.where_in(path, "introduction"))
        for number, question in enumerate(form.questions):
            for key in ("label", "help"):
                where = template.where_in(path, f"questions.{number}.{key}")
                yield from _string(sandbox, getattr(question, key), *where)


def _string(sandbox: Sandbox, text: str, file: str, line: int | None) -> Iterator[Problem]:
    if "{" not in text:
        return
    try:
        tree, found = sandbox.examine(text, "", file)
        found = [*found, *field_problems(tree, file)]
    except InvalidData as error:
        found = list(error.problems)
    for problem in found:
        details = problem.details
        yield Problem(file, line, problem.field, problem.found, problem.allowed, problem.code, details=details)


def _conditions(template: Template) -> Iterator[Problem]:
    for declaration in template.declarations:
        path = declaration.item.when.field
        if path is None:
            continue
        file, line = template.where(declaration, "when", "field")
        problem = path_problem(path, file, line)
        if problem is not None:
            yield problem
        elif path.startswith("session.") and not declaration.each:
            yield flaw(Flaw.NEEDS_SESSION, file, line, "when.field", path)


def _unused(template: Template, used: set[tuple[int, str]]) -> Iterator[Problem]:
    """Files of its own that a template does nothing with."""
    layer = template.layers[0]
    inherited = {path for index in range(1, len(template.layers)) for path in template.layers[index].files}
    for path in layer.files:
        name = path.rpartition("/")[2].lower()
        if path in {MANIFEST, NOTICE} or name.startswith(_NOT_SOURCES) or (0, path) in used:
            continue
        allowed = sorted(inherited) if inherited else ()
        yield flaw(Flaw.UNUSED_SOURCE, layer.shown(path), None, found=path, allowed=allowed)


# --- pages that nobody finds ------------------------------------------------------------------------------


def _unreached(template: Template, linked: set[str]) -> Iterator[Problem]:
    """Pages that are in no menu, and to which nothing links, in any state of any engagement."""
    for declaration in template.declarations:
        item = declaration.item
        if not isinstance(item, PageEntry) or item.menu or item.home or item.scope is Scope.COLLECTIVE:
            continue
        if not any(_is(declaration, key) for key in linked):
            file, line = template.where(declaration, "id")
            yield flaw(Flaw.UNREACHED, file, line, "id", declaration.id)


def _is(declaration: Declaration, key: str) -> bool:
    return key == declaration.id or (declaration.each and key.startswith(f"{declaration.id}-"))
