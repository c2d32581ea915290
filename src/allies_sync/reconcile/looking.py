"""Looking at the platforms: what to ask each of them, where everything is or will be, and what they say."""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from allies_sync.model.resources import KINDS, Resource, container, references
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Address, Observation, Platform, Space, Target, Unknown
from allies_sync.reconcile.state import State, TemplateStamp
from allies_sync.text.messages import _


@dataclass(frozen=True, slots=True)
class Bound:
    """A platform as it is bound to a role: its name in the configuration and the object."""

    name: str
    platform: Platform


Bindings = Mapping[str, Bound]


@dataclass(frozen=True, slots=True)
class Desired:
    """What one space should hold."""

    space: Space
    resources: tuple[Resource, ...]
    template: TemplateStamp | None = None


def unpredictable(bound: Bound, space: Space, resource: Resource) -> bool:
    """Whether the resource's address is only known once it exists."""
    try:
        return bound.platform.predict(space, resource) is None
    except PlatformError:
        return False


def sort_out(resources: Sequence[Resource], bindings: Bindings) -> tuple[list[Resource], list[Resource]]:
    supported: list[Resource] = []
    skipped: list[Resource] = []
    for resource in resources:
        fits = resource.kind in bindings[resource.role].platform.features.kinds
        (supported if fits else skipped).append(resource)
    return supported, skipped


def addresses_of(
    desired: Desired,
    supported: Sequence[Resource],
    skipped: Sequence[Resource],
    state: State,
    bindings: Bindings,
    outside: Mapping[str, Address],
) -> dict[str, Address]:
    """Where everything is or will be: remembered, else predicted; containers before what they hold."""
    found: dict[str, Address] = dict(outside)
    for resource in dependencies_first(supported):
        remembered = state.resources.get(resource.id)
        if remembered:
            found[resource.id] = Address(remembered.address.path, remembered.address.url)
            continue
        space = replace(desired.space, addresses=found)
        try:
            predicted = bindings[resource.role].platform.predict(space, resource)
        except PlatformError:
            continue  # told when it is decided about
        if predicted:
            found[resource.id] = predicted
    for resource in skipped:
        target = getattr(resource, "target", None)
        if target in found and resource.kind in bindings[resource.role].platform.features.fallback:
            found[resource.id] = found[target]
    return found


def targets_of(supported: Sequence[Resource], state: State, add_only: bool) -> dict[str, list[Target]]:
    """What to ask each role for: all that is declared, and what is remembered but declared no more."""
    targets: dict[str, list[Target]] = {}
    for resource in supported:
        memory = state.resources.get(resource.id)
        known = memory.known() if memory else None
        targets.setdefault(resource.role, []).append(Target(resource.id, resource.kind, resource, known))
    named = {resource.id for resource in supported}
    for key, memory in {} if add_only else state.resources.items():
        if key not in named and memory.kind in KINDS:
            targets.setdefault(memory.role, []).append(Target(key, memory.kind, None, memory.known()))
    return targets


def observe_all(space: Space, targets: Mapping[str, Sequence[Target]], bindings: Bindings) -> dict[str, Observation]:
    """Asks all roles at once. What a platform could not answer is Unknown, never absent."""

    def ask(role: str) -> dict[str, Observation]:
        wanted = targets[role]
        if role not in bindings:
            return {target.key: Unknown(_("aucune plateforme n'est reliée à ce rôle")) for target in wanted}
        try:
            answer = bindings[role].platform.observe(space, wanted)
        except PlatformError as error:
            return {target.key: Unknown.of(error) for target in wanted}
        except Exception:  # a plugin's own fault, or a file that nobody could have foreseen
            logging.getLogger(__name__).exception("observe: %s", bindings[role].name)
            broken = Unknown(_("quelque chose d'imprévu a empêché de regarder ; le journal dit quoi"))
            return {target.key: broken for target in wanted}
        silent = Unknown(_("la plateforme n'a rien répondu à son sujet"))
        return {target.key: answer.get(target.key, silent) for target in wanted}

    found: dict[str, Observation] = {}
    with ThreadPoolExecutor(max_workers=max(1, len(targets))) as pool:
        for part in pool.map(lambda role: contextvars.copy_context().run(ask, role), targets):
            found |= part
    return found


def dependencies_first(resources: Iterable[Resource]) -> list[Resource]:
    """Depth first along references; a circle is cut where it is met (predictable addresses make it harmless)."""
    by_id = {resource.id: resource for resource in resources}
    done: dict[str, Resource] = {}
    entered: set[str] = set()

    def visit(resource: Resource) -> None:
        if resource.id in entered:
            return
        entered.add(resource.id)
        holder = container(resource)
        needed = [holder] if holder else []
        needed += sorted(references(resource) - {holder})
        for key in needed:
            if key in by_id:
                visit(by_id[key])
        done[resource.id] = resource

    for resource in by_id.values():
        visit(resource)
    return list(done.values())
