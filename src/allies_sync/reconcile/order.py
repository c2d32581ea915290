"""In which order things are looked at and written: only what has no predictable address orders anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from allies_sync.model.resources import Entry, container, references
from allies_sync.platforms.interface import Space
from allies_sync.reconcile.decide import Action
from allies_sync.reconcile.looking import Bindings, unpredictable
from allies_sync.reconcile.plan import Item


def generations(items: Sequence[Item], space: Space, bindings: Bindings) -> Iterator[list[Item]]:
    """Batches in order: what needs a token or a number that does not exist yet comes after its maker.

    Within a batch containers come first. Everything else has a predictable address and orders nothing, so that pages
    may point to each other in circles.
    """
    by_key = {item.key: item for item in items}
    late = {
        item.key
        for item in items
        if item.resource and item.action is Action.CREATE and unpredictable(bindings[item.role], space, item.resource)
    }
    depth: dict[str, int] = {}

    def depth_of(key: str) -> int:
        if key in depth:
            return depth[key]
        depth[key] = 0  # a circle is cut where it is met again
        resource = by_key[key].resource
        holder = container(resource) if resource else None
        levels = [0]
        for other in references(resource) if resource else ():
            if other in late:
                levels.append(depth_of(other) + 1)
            elif other in by_key and (other == holder or isinstance(resource, Entry)):
                levels.append(depth_of(other))  # an entry is never sent before its form, which may wait for its lists
        depth[key] = max(levels)
        return depth[key]

    for item in items:
        depth_of(item.key)
    for level in sorted(set(depth.values())):
        yield containers_first([item for item in items if depth[item.key] == level])


def containers_first(items: Iterable[Item]) -> list[Item]:
    by_key = {item.key: item for item in items}
    done: dict[str, Item] = {}

    def visit(item: Item) -> None:
        if item.key in done:
            return
        holder = container(item.resource) if item.resource else None
        if holder in by_key and holder != item.key:
            visit(by_key[holder])
        done[item.key] = item

    for item in by_key.values():
        visit(item)
    return list(done.values())
