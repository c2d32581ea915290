"""Which of a template's declared things one engagement has, what they are called, and who may use them.

Pure functions of the template and the engagement's data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import State, is_online
from allies_sync.model.programme import Session
from allies_sync.model.resources import Access, Resource, Rights, Scope
from allies_sync.text.names import fold, safe_filename
from allies_sync.workspace.schema import WIKI, Declared, DocumentEntry, FolderEntry, ShareEntry
from allies_sync.workspace.template import Declaration

AT_LEAST = timedelta(days=30)
"""How long a link answers after its engagement was opened, however long ago that ended."""

READ_ONLY = frozenset({State.REFUSED, State.CANCELLED, State.ARCHIVED})
"""States in which people may only read what is the engagement's own."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One thing of one engagement. ``texts``: what its Jinja strings gave, by key; ``name`` as it is created."""

    declaration: Declaration
    session: Session | None = None
    present: bool = True
    texts: Mapping[str, str] = field(default_factory=dict)
    name: str = ""

    @property
    def id(self) -> str:
        """The resource's id."""
        return f"{self.declaration.id}-{self.session.id}" if self.session else self.declaration.id

    @property
    def item(self) -> Declared:
        return self.declaration.item

    @property
    def title(self) -> str:
        return self.texts["title"]

    def sibling(self, target: str, each: Collection[str]) -> str:
        """The id of what this thing names: that of its own session where there are several."""
        return f"{target}-{self.session.id}" if self.session and target in each else target


def instances(declarations: Iterable[Declaration], engagement: Engagement) -> list[Planned]:
    """All things that could be: those that come once per session, once for each."""
    planned: list[Planned] = []
    for declaration in declarations:
        if declaration.each:
            planned.extend(Planned(declaration, session) for session in engagement.sessions_in_order)
        else:
            planned.append(Planned(declaration))
    return planned


def in_state(item: Declared, state: State) -> bool:
    """Whether a thing is there in a state: as its ``when`` says, else files always, pages once it is open."""
    if item.when.states:
        return state in item.when.states
    return item.role != WIKI or is_online(state)


def desired_access(resource: Resource, state: State) -> Access:
    """The rights that a resource should have in a state. What is the collective's is never frozen."""
    if resource.scope is Scope.COLLECTIVE or state not in READ_ONLY:
        return resource.access
    return resource.access.frozen()


def expiry(share: ShareEntry, engagement: Engagement) -> date | None:
    """The last day of a declared link, if it has one."""
    if not share.expires_after or share.scope is Scope.COLLECTIVE:
        return None
    return link_end(audience_of(share, engagement), share.expires_after, engagement)


def audience_of(share: ShareEntry, engagement: Engagement) -> Rights:
    """For whom a declared link is: for everybody, once the client agreed that its document be published."""
    kind, _colon, name = share.target.partition(":")
    return Rights.PUBLIC if kind == "document" and engagement.consent(name) else share.audience


def link_end(audience: Rights, after: int, engagement: Engagement) -> date | None:
    """The last day of a link; none for a public one of an archived engagement.

    It is ``after`` days after the engagement, but never less than a month after its opening, nor before what was
    extended.
    """
    if engagement.state is State.ARCHIVED and audience is Rights.PUBLIC:
        return None
    days = [engagement.last_day + timedelta(days=after)]
    if engagement.opened:
        days.append(engagement.opened + AT_LEAST)
    if engagement.links_until:
        days.append(engagement.links_until)
    return max(days)


def named(planned: list[Planned], each: Collection[str]) -> list[Planned]:
    """Gives every thing its name: safe everywhere, and no two the same in one place."""
    taken: set[tuple[str, str, str, str]] = set()
    result = []
    for thing in planned:
        name = _wanted_name(thing)
        place = (thing.item.scope.value, *_place(thing, each))
        if (*place, fold(name)) in taken:
            name = _marked(name, thing)
        taken.add((*place, fold(name)))
        result.append(replace(thing, name=name))
    return result


def _wanted_name(thing: Planned) -> str:
    item = thing.item
    if isinstance(item, FolderEntry | DocumentEntry):
        wanted = thing.texts.get("name") or thing.title
        try:
            wanted = safe_filename(wanted)
        except ValueError:  # nothing of somebody's words can stand in a name
            wanted = thing.id.partition(":")[2]
        return safe_filename(item.file_name(wanted)) if isinstance(item, DocumentEntry) else wanted
    name = str(getattr(item, "name", None) or item.id)
    return f"{name}-{thing.session.id}" if thing.session else name


def _place(thing: Planned, each: Collection[str]) -> tuple[str, str]:
    item = thing.item
    if isinstance(item, FolderEntry):
        return "file", thing.sibling(item.parent, each) if item.parent else ""
    if isinstance(item, DocumentEntry):
        return "file", thing.sibling(item.folder, each) if item.folder else ""
    return item.kind, ""


def _marked(name: str, thing: Planned) -> str:
    """A name that somebody's words made the same as another's, told apart by its id."""
    if not isinstance(thing.item, FolderEntry | DocumentEntry):
        return f"{name}-{thing.item.id}"
    mark = thing.id.partition(":")[2]
    extension = thing.item.extension if isinstance(thing.item, DocumentEntry) else ""
    return safe_filename(f"{name[: len(name) - len(extension)]} ({mark}){extension}")


def audiences(
    planned: Iterable[Planned], each: Collection[str], engagement: Engagement
) -> Mapping[str, Rights]:
    """The widest circle that may come to read a thing, by its id: also through a link to it or to its folder."""
    things = {thing.id: thing for thing in planned}
    widest = {key: thing.item.access.read for key, thing in things.items()}

    def widen(key: str, rights: Rights) -> None:
        if rights.strictness < widest[key].strictness:
            widest[key] = rights

    for thing in things.values():
        if isinstance(thing.item, ShareEntry) and not thing.item.drop:
            target = thing.sibling(thing.item.target, each)
            if target in widest:
                widen(target, audience_of(thing.item, engagement))
    for key in things:
        holder: str | None = key
        for _level in things:
            holder = _holder(things[holder], each) if holder in things else None
            if holder is None or holder not in widest:
                break
            widen(key, widest[holder])
    return widest


def _holder(thing: Planned, each: Collection[str]) -> str | None:
    item = thing.item
    if isinstance(item, FolderEntry):
        return thing.sibling(item.parent, each) if item.parent else None
    if isinstance(item, DocumentEntry):
        return thing.sibling(item.folder, each) if item.folder else None
    return None
