"""From what is declared, remembered and seen to a plan. Reads from the platforms, writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from allies_sync.model.resources import (
    Access,
    Document,
    Resource,
    container,
    references,
    source_fingerprint,
)
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import (
    Address,
    Observation,
    Seen,
    Space,
    Target,
    Unknown,
)
from allies_sync.reconcile.decide import Action, Choice, Decision, Reason, Wanted, decide
from allies_sync.reconcile.looking import (
    Bindings,
    Desired,
    addresses_of,
    dependencies_first,
    observe_all,
    sort_out,
    targets_of,
    unpredictable,
)
from allies_sync.reconcile.state import Place, Remembered, State, TemplateStamp
from allies_sync.text.messages import _


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a plan."""

    key: str
    kind: str
    role: str
    platform: str
    title: str
    decision: Decision
    resource: Resource | None = None
    seen: Observation | None = None
    address: Address | None = None
    asked: Access | None = None
    expected: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def action(self) -> Action:
        return self.decision.action


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done to one space, and what was learned on the way (``state`` is the memory as stored)."""

    space: Space
    items: tuple[Item, ...]
    state: State
    template: TemplateStamp | None
    recovering: bool = False
    forgotten: frozenset[str] = frozenset()
    add_only: bool = False

    @property
    def writes(self) -> tuple[Item, ...]:
        """Items for which the platform is asked to do something."""
        return tuple(item for item in self.items if item.decision.writes)

    @property
    def todo(self) -> tuple[Item, ...]:
        """Items of which a person would say that something is to be done (exit code 3)."""
        wanted = (Action.CREATE, Action.UPDATE, Action.CONFLICT)
        return tuple(item for item in self.items if item.action in wanted)

    def learned(self) -> State:
        """The memory with what was learned from looking: half-done runs settled, moved things followed."""
        resources = {key: it for key, it in self.state.resources.items() if key not in self.forgotten}
        pending = {key: it for key, it in self.state.pending.items() if key not in self.forgotten}
        named = {item.key for item in self.items}
        if not self.add_only:
            pending = {key: it for key, it in pending.items() if key in named}
        for item in self.items:
            if item.decision.base is not None:
                resources[item.key] = item.decision.base
            else:
                resources.pop(item.key, None)
            decision = item.decision
            if not (decision.content or decision.rights or decision.action is Action.BLOCKED):
                pending.pop(item.key, None)
        template = self.template or self.state.template
        if self.add_only:
            # many templates add to it: the last one is no more its template than the first
            template = self.state.template or self.template
        return self.state.model_copy(update={"resources": resources, "pending": pending, "template": template})


def make_plan(
    desired: Desired,
    state: State,
    bindings: Bindings,
    *,
    choices: Mapping[str, Choice] | None = None,
    recovering: bool = False,
    outside: Mapping[str, Address] | None = None,
    shared: Mapping[str, str] | None = None,
    add_only: bool = False,
    based_on: Mapping[str, str | None] | None = None,
) -> Plan:
    """Looks at the platforms and decides about each resource.

    ``outside``: addresses in other spaces that this one may point to; ``shared``: remote ids there.
    ``add_only``: a space that many templates add to: what this template does not name is none of its business.
    ``based_on``: for contents that were made of what was there, its fingerprint then.
    """
    choices = choices or {}
    supported, skipped = sort_out(desired.resources, bindings)
    addresses = addresses_of(desired, supported, skipped, state, bindings, outside or {})
    space = replace(desired.space, addresses=addresses)
    targets = targets_of(supported, state, add_only)
    seen = observe_all(space, targets, bindings)
    addresses = {**addresses, **{key: it.address for key, it in seen.items() if isinstance(it, Seen)}}
    space = replace(space, addresses=addresses)
    items: dict[str, Item] = {}
    for resource in dependencies_first(supported):
        items[resource.id] = _item(
            resource, space, seen[resource.id], state, bindings, items, choices, recovering, shared or {}, desired,
            (based_on or {}).get(resource.id),
        )
    for target in [target for group in targets.values() for target in group]:
        if target.key not in items:
            items[target.key] = _orphan(target, seen[target.key], state)
    items |= {resource.id: _unsupported(resource, bindings, addresses) for resource in skipped}
    order = dict.fromkeys([*(resource.id for resource in desired.resources), *items])
    forgotten = {key for key, item in items.items() if item.resource is None and item.action is Action.NONE}
    ordered = tuple(items[key] for key in order if key not in forgotten)
    return Plan(
        space, ordered, state, desired.template, recovering, forgotten=frozenset(forgotten), add_only=add_only
    )


def blank_memory(resource: Resource, platform: str, address: Address, remote_id: str, desired: Desired) -> Remembered:
    """What is remembered of a resource before anything is known of its content."""
    return Remembered(
        kind=resource.kind,
        role=resource.role,
        platform=platform,
        title=resource.title[:200],
        source=source_fingerprint(resource),
        fingerprint="",
        remote_id=remote_id,
        address=Place(path=address.path, url=address.url),
        template=desired.template.name if desired.template else "",
        version=desired.template.version if desired.template else 0,
    )


def _item(
    resource: Resource,
    space: Space,
    seen: Observation,
    state: State,
    bindings: Bindings,
    items: Mapping[str, Item],
    choices: Mapping[str, Choice],
    recovering: bool,
    shared: Mapping[str, str],
    desired: Desired,
    based_on: str | None,
) -> Item:
    bound = bindings[resource.role]
    platform = bound.platform
    asked = platform.features.asked(resource)
    links = _links(resource, space, bindings, items, shared)
    expected = None
    elsewhere = isinstance(resource, Document) and resource.elsewhere
    try:
        platform.predict(space, resource)
        expected = None if elsewhere else platform.fingerprint(space, resource)
    except PlatformError as error:
        seen = Unknown.of(error)
    wanted = Wanted(
        source_fingerprint(resource), asked, expected, links, space.mark(resource.id), elsewhere, based_on
    )
    remembered = state.resources.get(resource.id)
    address = space.addresses.get(resource.id)
    remote_id = seen.remote_id if isinstance(seen, Seen) else ""
    blank = blank_memory(resource, bound.name, address or Address(""), remote_id, desired)
    if remembered and remembered.platform != bound.name:
        was = _("elle a été créée sur la plateforme « {name} »").format(name=remembered.platform)
        seen = Unknown(was)
    decision = decide(
        wanted,
        remembered,
        state.pending.get(resource.id),
        seen,
        blank,
        choice=choices.get(resource.id),
        recovering=recovering,
    )
    decision = _held_back(decision, resource, items)
    decision = _of_other_template(decision, remembered, desired)
    return Item(
        key=resource.id,
        kind=resource.kind,
        role=resource.role,
        platform=bound.name,
        title=resource.title,
        decision=decision,
        resource=resource,
        seen=seen,
        address=address,
        asked=asked,
        expected=expected,
        links=links,
        note=seen.reason if isinstance(seen, Unknown) else "",
    )


def _links(
    resource: Resource,
    space: Space,
    bindings: Bindings,
    items: Mapping[str, Item],
    shared: Mapping[str, str],
) -> dict[str, str]:
    """Remote ids of the unpredictable things that the resource points to; "" for one about to be made."""
    links: dict[str, str] = {}
    for key in references(resource):
        item = items.get(key)
        if item is None:
            if key in shared:
                links[key] = shared[key]
            continue
        if item.resource is None or not unpredictable(bindings[item.role], space, item.resource):
            continue
        base = item.decision.base
        if item.action is Action.CREATE:
            links[key] = ""
        elif base is not None and item.action is not Action.GONE:
            links[key] = base.remote_id
    return links


def _held_back(decision: Decision, resource: Resource, items: Mapping[str, Item]) -> Decision:
    """A thing cannot be made in a folder that is not there, or not ours."""
    holder = items.get(container(resource) or "")
    if decision.action is not Action.CREATE or holder is None:
        return decision
    if holder.action is Action.GONE:
        return Decision(Action.GONE, Reason.CONTAINER_GONE, by_people=True)
    if holder.action is Action.FOREIGN:
        return Decision(Action.FOREIGN, Reason.CONTAINER_FOREIGN)
    if holder.action is Action.BLOCKED:
        return Decision(Action.BLOCKED, Reason.CONTAINER_BLOCKED)
    return decision


def _of_other_template(decision: Decision, remembered: Remembered | None, desired: Desired) -> Decision:
    """What another template, or a later version of this one, wrote last is not turned back."""
    if remembered is None or desired.template is None or not decision.content:
        return decision
    if not desired.space.collective:
        return decision
    stamp = desired.template
    if remembered.template == stamp.name and remembered.version <= stamp.version:
        return decision
    base = decision.base or remembered
    return Decision(Action.NONE, Reason.OTHER_TEMPLATE, base, derived=decision.derived, access=decision.access)


def _orphan(target: Target, seen: Observation, state: State) -> Item:
    memory = state.resources[target.key]
    decision = decide(None, memory, state.pending.get(target.key), seen, memory)
    return Item(
        key=target.key,
        kind=target.kind,
        role=memory.role,
        platform=memory.platform,
        title=memory.title,
        decision=decision,
        seen=seen,
        address=Address(memory.address.path, memory.address.url),
        note=seen.reason if isinstance(seen, Unknown) else "",
    )


def _unsupported(resource: Resource, bindings: Bindings, addresses: Mapping[str, Address]) -> Item:
    bound = bindings[resource.role]
    harmless = resource.kind in bound.platform.features.fallback
    action = Action.NONE if harmless else Action.BLOCKED
    return Item(
        key=resource.id,
        kind=resource.kind,
        role=resource.role,
        platform=bound.name,
        title=resource.title,
        decision=Decision(action, Reason.UNSUPPORTED),
        resource=resource,
        address=addresses.get(resource.id),
    )
