"""What is wrong with a template that can be told from its declarations alone: names, references, missing files."""

from __future__ import annotations

from collections.abc import Iterator

from allies_sync.model.problems import Detail, Problem
from allies_sync.model.resources import Scope
from allies_sync.model.tomlplaces import Places
from allies_sync.text.names import fold
from allies_sync.workspace.flaws import Flaw, flaw
from allies_sync.workspace.schema import (
    Declared,
    DocumentEntry,
    FolderEntry,
    FormEntry,
    ListEntry,
    PageEntry,
)
from allies_sync.workspace.sources import MANIFEST, text_of_source
from allies_sync.workspace.template import Declaration, Template

NOTICE = "questionnaires/notice.md"
"""What forms say before they are filled in, unless they name another source; the tool has words of its own."""


def structural_problems(template: Template) -> tuple[Problem, ...]:
    """All of them, in the order of the files."""
    return tuple(_problems(template))


def sources_of(template: Template, declaration: Declaration) -> Iterator[tuple[str, str]]:
    """The files that a declared thing is made from: (key, path)."""
    item = declaration.item
    if isinstance(item, DocumentEntry):
        yield ("file", item.file) if item.file else ("source", item.source_path or "")
    elif isinstance(item, PageEntry):
        yield "source", item.source_path
    elif isinstance(item, FormEntry):
        yield "source", item.source_path
        if item.notice:
            yield "notice", item.notice
        elif template.layer_of(NOTICE) is not None:
            yield "notice", NOTICE


def _problems(template: Template) -> Iterator[Problem]:
    if template.name != template.path.resolve().name:
        file, line = template.layers[0].shown(MANIFEST), template.places[0].line(("name",))
        yield flaw(Flaw.OTHER_NAME, file, line, "name", template.name, (template.path.resolve().name,))
    known = {declaration.id: declaration for declaration in template.declarations}
    for declaration in template.declarations:
        yield from _targets(template, declaration, known)
        for key, path in sources_of(template, declaration):
            if template.layer_of(path) is None:
                file, line = template.where(declaration, key)
                yield flaw(Flaw.MISSING_SOURCE, file, line, key, path, _candidates(template))
        yield from _questions(template, declaration, known)
    yield from _circles(template, known)
    yield from _homes(template)
    yield from _same_names(template)


def _candidates(template: Template) -> list[str]:
    return sorted({path for layer in template.layers for path in layer.files if path != MANIFEST})


def _targets(template: Template, declaration: Declaration, known: dict[str, Declaration]) -> Iterator[Problem]:
    for key, target in declaration.item.targets.items():
        other = known.get(target)
        file, line = template.where(declaration, key)
        if other is None:
            kind = target.partition(":")[0]
            allowed = [name for name in known if name.startswith(f"{kind}:")]
            yield flaw(Flaw.DANGLING, file, line, key, target, allowed)
        elif other.each and not declaration.each:
            yield flaw(Flaw.NEEDS_SESSION, file, line, key, target)
        elif _collective(declaration.item) and not _collective(other.item):
            yield flaw(Flaw.NOT_HERE, file, line, key, target)


def _collective(item: Declared) -> bool:
    return item.scope is Scope.COLLECTIVE


def _questions(
    template: Template, declaration: Declaration, known: dict[str, Declaration]
) -> Iterator[Problem]:
    form = template.questionnaires.get(declaration.id)
    if form is None or not isinstance(declaration.item, FormEntry):
        return
    path = declaration.item.source_path
    index = template.layer_of(path)
    if index is None:
        return
    layer = template.layers[index]
    places = Places(text_of_source(layer, path))
    file = layer.shown(path)
    if form.id != declaration.item.id:
        yield flaw(Flaw.OTHER_ID, file, places.line(("id",)), "id", form.id, (declaration.item.id,))
    for number, question in enumerate(form.questions):
        target = question.options_from
        if target is None:
            continue
        line = places.line(("questions", number, "options_from"))
        field = f"questions[{number}].options_from"
        other = known.get(target)
        if other is None or not isinstance(other.item, ListEntry):
            allowed = [name for name in known if name.startswith("list:")]
            yield flaw(Flaw.DANGLING, file, line, field, target, allowed)
        elif other.each:
            yield flaw(Flaw.NEEDS_SESSION, file, line, field, target)


def _circles(template: Template, known: dict[str, Declaration]) -> Iterator[Problem]:
    for declaration in template.declarations:
        if not isinstance(declaration.item, FolderEntry):
            continue
        seen, parent = {declaration.id}, declaration.item.parent
        while parent is not None and parent in known and parent not in seen:
            seen.add(parent)
            holder = known[parent].item
            parent = holder.parent if isinstance(holder, FolderEntry) else None
        if parent == declaration.id:
            file, line = template.where(declaration, "parent")
            yield flaw(Flaw.FOLDER_CIRCLE, file, line, "parent", declaration.item.parent or "")


def _homes(template: Template) -> Iterator[Problem]:
    pages = [item for item in template.declarations if isinstance(item.item, PageEntry)]
    homes = [page for page in pages if isinstance(page.item, PageEntry) and page.item.home]
    if pages and not homes:
        yield flaw(Flaw.NO_HOME, template.layers[0].shown(MANIFEST), None, "home")
    for page in homes[1:] + [page for page in homes[:1] if page.each or _collective(page.item)]:
        file, line = template.where(page, "home")
        yield flaw(Flaw.TWO_HOMES, file, line, "home", page.id, (homes[0].id,))


def _same_names(template: Template) -> Iterator[Problem]:
    first: dict[tuple[str, str, str], Declaration] = {}
    for declaration in template.declarations:
        item = declaration.item
        name = getattr(item, "name", None)
        within = ""
        if isinstance(item, FolderEntry | DocumentEntry):
            name = name or item.title
            if "{" in name:
                continue  # told when it is rendered
            if isinstance(item, DocumentEntry):
                name = item.file_name(name)
            within = (item.parent if isinstance(item, FolderEntry) else item.folder) or ""
        kind = "file" if isinstance(item, FolderEntry | DocumentEntry) else item.kind
        key = (kind, within, fold(name or item.id))
        if item.kind == "share":
            continue
        if key in first:
            other = first[key]
            file, line = template.where(declaration, "name")
            details: dict[str, Detail] = {"other": other.id, "other_line": template.where(other, "name")[1] or 0}
            yield flaw(Flaw.SAME_NAME, file, line, "name", name or item.id, (), details)
        first.setdefault(key, declaration)
