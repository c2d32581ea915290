"""From a template and an engagement's data to the resources that its workspace should hold.

The same data always gives the same resources, in the same order; nothing here knows what exists, or what day it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Protocol

from allies_sync.model.base import Data, Line, without_personal
from allies_sync.model.engagement import Engagement
from allies_sync.model.licence import Licence
from allies_sync.model.lifecycle import State
from allies_sync.model.problems import InvalidData, Problem
from allies_sync.model.resources import REFERENCE, Body, Resource, Rights, Scope
from allies_sync.text.characters import clean_line, clean_lines
from allies_sync.text.messages import using_language
from allies_sync.workspace.flaws import Flaw, Refusal, flaw
from allies_sync.workspace.functions import has_field, to_body
from allies_sync.workspace.handed import Handed, piece_resources, piece_things
from allies_sync.workspace.making import Maker
from allies_sync.workspace.planning import (
    Planned,
    audiences,
    desired_access,
    in_state,
    instances,
    named,
)
from allies_sync.workspace.running import Catalog, Listed, Run
from allies_sync.workspace.sandbox import Mode, Sandbox
from allies_sync.workspace.schema import WIKI, FormEntry, PageEntry, ShareEntry
from allies_sync.workspace.template import Declaration, Template
from allies_sync.workspace.views import wrap

_LONG = re.compile(r"values\.|introduction$|questions\.\d+\.help$")
"""Texts that may have several lines."""


class CollectiveLike(Protocol):
    """What a collective's configuration says about it."""

    @property
    def name(self) -> str: ...
    @property
    def licence(self) -> Licence: ...


class Collective(Data):
    """What templates may know of the collective."""

    name: Line = ""
    licence: Licence = Licence.CC_BY_SA


class TemplateFacts(Data):
    """What templates may know of themselves."""

    name: str
    version: int
    title: str
    licence: str = ""


class PageFacts(Data):
    """What a source may know of the thing that is made from it."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class TemplateRef:
    """Which template a workspace was made from."""

    name: str
    version: int
    hash: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """All that should exist for an engagement, and of it what the collective shares (``scope``).

    ``home`` is the id of the start page, if the engagement has one by now; ``menu`` the pages in the order of
    the menu, with their titles.
    """

    resources: tuple[Resource, ...]
    home: str | None
    menu: tuple[tuple[str, str], ...]
    template: TemplateRef

    def get(self, key: str) -> Resource | None:
        """The resource of that id."""
        return next((resource for resource in self.resources if resource.id == key), None)


def render_workspace(
    template: Template,
    engagement: Engagement,
    collective: CollectiveLike,
    *,
    known: Collection[str] | None = None,
    handed: Mapping[str, Handed] | None = None,
    published: Mapping[str, str] | None = None,
) -> Workspace:
    """What the engagement's workspace should hold.

    ``known``: ids that exist already. With them, cancelling a proposition does not first open its pages.
    ``handed``: contents of documents that this run hands over, by their id. ``published``: Markdown that people
    published, by its name, for ``published()`` in templates.
    Raises :class:`InvalidData` with everything that is wrong with the template, or with this engagement in it.
    """
    if template.problems:
        raise InvalidData(template.problems)
    with using_language(template.file.language):
        renderer = _Renderer(template, engagement, collective, known)
        renderer.handed = handed or {}
        renderer.published = published or {}
        return renderer.workspace()


class _Renderer:
    def __init__(
        self,
        template: Template,
        engagement: Engagement,
        collective: CollectiveLike,
        known: Collection[str] | None,
    ) -> None:
        self.template = template
        self.engagement = engagement
        self.known = known
        self.handed: Mapping[str, Handed] = {}
        self.published: Mapping[str, str] = {}
        self.plain = Sandbox(template.compiled, Mode.PLAIN)
        self.markdown = Sandbox(template.compiled, Mode.MARKDOWN)
        self.each = frozenset(item.id for item in template.declarations if item.each)
        facts = TemplateFacts(
            name=template.name, version=template.version, title=template.title, licence=template.file.licence
        )
        self.shared = {
            "collective": wrap(Collective(name=collective.name, licence=collective.licence), "collective"),
            "template": wrap(facts, "template"),
        }
        self.full = wrap(engagement, "engagement")
        self.problems: dict[Problem, None] = {}
        self.catalog = Catalog()
        self.widest: Mapping[str, Rights] = {}
        self.maker = Maker(template, engagement, self.each, self.body)

    def workspace(self) -> Workspace:
        planned = instances(self.template.declarations, self.engagement)
        self.widest = audiences(planned, self.each, self.engagement)
        planned = self._named([self._titled(thing) for thing in planned])
        ways = {
            thing.sibling(thing.item.target, self.each): thing.id
            for thing in planned
            if thing.present and isinstance(thing.item, ShareEntry) and not thing.item.drop
        }
        things = {
            thing.id: Listed(
                thing.item.kind,
                thing.title,
                thing.present,
                thing.item.scope is Scope.COLLECTIVE,
                ways.get(thing.id, ""),
            )
            for thing in planned
        } | piece_things(self.engagement)
        self.catalog = Catalog(things, self.each)
        present = [thing for thing in planned if thing.present]
        resources = [resource for thing in present for resource in self._made(thing)]
        resources += piece_resources(self.engagement, present, self.handed)
        self._stop()
        pages = [thing for thing in present if isinstance(thing.item, PageEntry)]
        own = [thing for thing in pages if thing.item.scope is Scope.ENGAGEMENT]
        return Workspace(
            resources=tuple(replace(found, access=self._access(found)) for found in resources),
            home=next((thing.id for thing in own if isinstance(thing.item, PageEntry) and thing.item.home), None),
            menu=tuple(
                (thing.id, thing.title) for thing in own if isinstance(thing.item, PageEntry) and thing.item.menu
            ),
            template=TemplateRef(self.template.name, self.template.version, self.template.hash),
        )

    def _access(self, resource: Resource) -> Any:
        return desired_access(resource, self.engagement.state)

    def _stop(self) -> None:
        if self.problems:
            raise InvalidData(self.problems)

    def _note(self, error: InvalidData) -> None:
        self.problems.update(dict.fromkeys(error.problems))

    @cached_property
    def impersonal(self) -> Any:
        """The engagement without what is personal."""
        return wrap(without_personal(self.engagement), "engagement")

    # --- which, and what they are called ------------------------------------------------------------------

    def roots(self, thing: Planned) -> dict[str, Any]:
        """What the sources of a thing may know. What anybody can read is made without personal fields."""
        roots = dict(self.shared)
        if thing.item.scope is Scope.ENGAGEMENT:
            public = self.widest.get(thing.id) is Rights.PUBLIC
            roots["engagement"] = self.impersonal if public else self.full
            if thing.session is not None:
                session = without_personal(thing.session) if public else thing.session
                roots["session"] = wrap(session, "session")
        return roots

    def _run(self, thing: Planned, roots: Mapping[str, Any]) -> Run:
        session = thing.session.id if thing.session else None
        shared = thing.item.scope is Scope.COLLECTIVE
        return Run(self.catalog, session, roots, shared=shared, published={} if shared else self.published)

    def _titled(self, thing: Planned) -> Planned:
        roots = self.roots(thing)
        present = self._present(thing, roots)
        texts: dict[str, str] = {"title": thing.item.id}
        for key, text in self._texts(thing.declaration).items():
            where = partial(self._where, thing.declaration, key)
            try:
                given = self.plain.render_text(text, roots, self._run(thing, roots), where)
                texts[key] = clean_lines(given).strip() if _LONG.match(key) else clean_line(given)
                if key == "title" and not texts[key]:
                    raise InvalidData([flaw(Flaw.UNSET, *where(), "title")])
            except InvalidData as error:
                texts.setdefault(key, thing.item.id)
                if present:  # what is not there may lack the very field that its title needs
                    self._note(error)
        return replace(thing, texts=texts, present=present)

    def _texts(self, declaration: Declaration) -> dict[str, str]:
        """All Jinja strings of a thing, those of its questions included."""
        texts = dict(declaration.item.texts)
        form = self.template.questionnaires.get(declaration.id)
        if form is None:
            return texts
        texts.setdefault("title", form.title)
        if form.introduction:
            texts["introduction"] = form.introduction
        for number, question in enumerate(form.questions):
            texts[f"questions.{number}.label"] = question.label
            if question.help:
                texts[f"questions.{number}.help"] = question.help
        return texts

    def _where(self, declaration: Declaration, key: str) -> tuple[str, int | None]:
        item = declaration.item
        if isinstance(item, FormEntry) and key not in item.texts:
            return self.template.where_in(item.source_path, key)
        return self.template.where(declaration, *_path_of(key))

    def _present(self, thing: Planned, roots: Mapping[str, Any]) -> bool:
        state = self.engagement.state
        if not in_state(thing.item, state):
            return False
        never_there = self.known is not None and thing.id not in self.known
        if state is State.CANCELLED and thing.item.role == WIKI and never_there:
            return False
        path = thing.item.when.field
        if path is None:
            return True
        try:
            return has_field({"engagement": self.full, **roots}, path)
        except Refusal as error:
            file, line = self.template.where(thing.declaration, "when", "field")
            self._note(InvalidData([error.at(file, line)]))
            return False

    def _named(self, planned: list[Planned]) -> list[Planned]:
        names = {thing.id: thing.name for thing in named([item for item in planned if item.present], self.each)}
        return [replace(thing, name=names.get(thing.id, "")) for thing in planned]

    # --- what they hold -----------------------------------------------------------------------------------

    def _made(self, thing: Planned) -> Iterator[Resource]:
        try:
            yield self.maker.make(thing)
        except InvalidData as error:
            self._note(error)

    def body(self, thing: Planned, source: str, more: Mapping[str, Any] | None = None) -> Body:
        """A Markdown source, rendered for a thing."""
        roots = self.roots(thing)
        facts = PageFacts(id=thing.id, title=thing.title)
        run = self._run(thing, roots)
        text = self.markdown.render(source, {**roots, "page": wrap(facts, "page"), **(more or {})}, run)
        body = to_body(text, run)
        written = {found for part in body if isinstance(part, str) for found in REFERENCE.findall(part)}
        if written - run.links:
            file, line = self.template.where_in(source, "")
            raise InvalidData([flaw(Flaw.RAW_REFERENCE, file, line, found=min(written - run.links))])
        return body


def _path_of(key: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in key.split("."))
