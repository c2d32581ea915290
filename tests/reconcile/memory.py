"""A place in memory with people, machines, crashes and silences: what reconciling is tested against.

``World`` is the server: things by remote id, with every text that ever stood there, by whom. ``Memory`` is one
machine's connection to it, a platform for both roles and a state store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from allies_sync.model.resources import Access, Document, Folder, Resource, Rights, Widget, container
from allies_sync.platforms.errors import Busy, PlatformError, Superseded, Unavailable
from allies_sync.platforms.interface import (
    Absent,
    Act,
    Address,
    Change,
    Content,
    Done,
    Failed,
    Features,
    Lease,
    Observation,
    Outcome,
    Overtaken,
    Seen,
    Space,
    Stored,
    Target,
    Unknown,
)

NUMBERED = frozenset({"form", "share"})
MARKED = frozenset({"form", "share", "page"})


class Crash(BaseException):
    """The process died."""


@dataclass
class Thing:
    """Something on the server."""

    remote_id: str
    path: str
    kind: str
    text: str
    mark: str
    access: Access = field(default_factory=Access)
    by_tool: bool = True


@dataclass
class World:
    """The server. ``history`` holds every change as (who, remote id, text or None for a deletion)."""

    things: dict[str, Thing] = field(default_factory=dict)
    history: list[tuple[str, str, str | None]] = field(default_factory=list)
    stored: dict[str, dict[str, bytes]] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)
    clock: datetime = datetime(2027, 1, 1, tzinfo=UTC)
    counter: int = 0
    requests: int = 0
    die_at: int | None = None
    die_after_effect: bool = False
    silent: bool = False
    #: the part of the server that holds pages and forms is down
    wiki_down: bool = False

    def new_id(self) -> str:
        self.counter += 1
        return f"r{self.counter}"

    def write(self, effect: Callable[[], None]) -> None:
        """One request that changes something; the process may die before or after its effect."""
        self.requests += 1
        dying = self.die_at is not None and self.requests == self.die_at
        if dying and not self.die_after_effect:
            raise Crash
        effect()
        if dying:
            raise Crash

    def at(self, path: str) -> Thing | None:
        return next((thing for thing in self.things.values() if thing.path == path), None)

    # --- people -----------------------------------------------------------------------------------------

    def edit(self, thing: Thing, text: str) -> None:
        thing.text = text
        thing.by_tool = False
        self.history.append(("person", thing.remote_id, text))

    def delete(self, thing: Thing) -> None:
        for other in [it for it in self.things.values() if it is thing or it.path.startswith(thing.path + "/")]:
            del self.things[other.remote_id]
            self.history.append(("person", other.remote_id, None))

    def add(self, path: str, kind: str, text: str) -> Thing:
        thing = Thing(self.new_id(), path, kind, text, "", by_tool=False)
        self.things[thing.remote_id] = thing
        self.history.append(("person", thing.remote_id, text))
        return thing


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Memory:
    """One machine's connection."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dead = False

    def _write(self, effect: Callable[[], None]) -> None:
        """A changing request of this machine; a dead one makes none."""
        self._alive()
        try:
            self.world.write(effect)
        except Crash:
            self.dead = True
            raise

    def _alive(self) -> None:
        if self.dead:
            raise Crash
        if self.world.silent:
            raise Unavailable("Le serveur ne répond pas.")

    @property
    def features(self) -> Features:
        return Features(
            kinds=frozenset({"folder", "document", "page", "form", "list", "entry", "share"}),
            read=frozenset(Rights),
            write=frozenset(Rights),
            marks=MARKED,
        )

    # --- content ----------------------------------------------------------------------------------------

    def text(self, space: Space, resource: Resource) -> str:
        if isinstance(resource, Folder):
            return ""
        body = getattr(resource, "body", None)
        parts = [resource.title if not isinstance(resource, Document) else ""]
        for part in body or ():
            if isinstance(part, Widget):
                address = space.addresses.get(part.target or "")
                parts.append(f"[{part.name} {address.path if address else '?'}]")
            else:
                parts.append(part)
        parts += [item.label for item in getattr(resource, "fields", ())]
        return "\n".join(parts)

    def predict(self, space: Space, resource: Resource) -> Address | None:
        if resource.kind in NUMBERED:
            return None
        holder = container(resource)
        base = space.addresses[holder].path if holder and holder in space.addresses else space.slug
        return Address(f"{base}/{getattr(resource, 'name', resource.id)}")

    def fingerprint(self, space: Space, resource: Resource) -> str | None:
        if resource.kind == "share":
            return None
        return digest(self.text(space, resource))

    def _seen(self, thing: Thing) -> Seen:
        return Seen(
            thing.remote_id,
            Address(thing.path, f"https://memory.test/{thing.path}"),
            digest(thing.text),
            mark=thing.mark if thing.kind in MARKED else None,
            access=thing.access,
            revision=digest(thing.text),
        )

    def _find(self, space: Space, target: Target) -> Thing | None:
        if target.known:
            return self.world.things.get(target.known.remote_id)
        for thing in self.world.things.values():
            if thing.mark and thing.mark == space.mark(target.key) and target.kind in NUMBERED:
                return thing
        address = self.predict(space, target.resource) if target.resource else None
        return self.world.at(address.path) if address else None

    def observe(self, space: Space, targets: Sequence[Target]) -> Mapping[str, Observation]:
        self._alive()
        found: dict[str, Observation] = {}
        for target in targets:
            if self.world.wiki_down and target.kind in ("page", "form"):
                found[target.key] = Unknown("Le wiki ne répond pas.")
                continue
            thing = self._find(space, target)
            found[target.key] = self._seen(thing) if thing else Absent()
        return found

    def apply(self, space: Space, changes: Sequence[Change]) -> Iterator[Outcome]:
        for change in changes:
            try:
                if self.world.wiki_down and change.kind in ("page", "form"):
                    raise Unavailable("Le wiki ne répond pas.")
                yield self._one(space, change)
            except Unavailable as error:
                yield Failed(change.key, error)

    def _one(self, space: Space, change: Change) -> Outcome:
        world = self.world
        thing = world.things.get(change.seen.remote_id) if change.seen else None
        if change.act is Act.CREATE:
            return self._create(space, change)
        if thing is None:
            return Overtaken(change.key, None)
        if change.seen and digest(thing.text) != change.seen.fingerprint:
            return Overtaken(change.key, self._seen(thing))
        if change.act is Act.DELETE:
            if thing.kind == "folder" and any(it.path.startswith(thing.path + "/") for it in world.things.values()):
                return Overtaken(change.key, self._seen(thing))
            self._write(lambda: self._drop(thing))
            return Done(change.key, None)
        if change.content and change.resource:
            text = self.text(space, change.resource)
            self._write(lambda: self._put(thing, text))
        if change.rights:
            self._write(lambda: setattr(thing, "access", change.access))
        return Done(change.key, self._seen(thing))

    def _create(self, space: Space, change: Change) -> Outcome:
        resource = change.resource
        assert resource is not None
        address = self.predict(space, resource)
        remote_id = self.world.new_id()
        path = address.path if address else f"{space.slug}/{resource.kind}-{remote_id}"
        there = self.world.at(path)
        if there is not None:
            return Overtaken(change.key, self._seen(there))
        holder = container(resource)
        if holder and holder in space.addresses and not self.world.at(space.addresses[holder].path):
            return Failed(change.key, PlatformError("Le dossier n'existe pas."))
        mark = space.mark(change.key) if resource.kind in MARKED else ""
        thing = Thing(remote_id, path, resource.kind, self.text(space, resource), mark, change.access)
        self._write(lambda: self._add(thing))
        return Done(change.key, self._seen(thing))

    def _add(self, thing: Thing) -> None:
        self.world.things[thing.remote_id] = thing
        self.world.history.append(("tool", thing.remote_id, thing.text))

    def _put(self, thing: Thing, text: str) -> None:
        thing.text = text
        thing.by_tool = True
        self.world.history.append(("tool", thing.remote_id, text))

    def _drop(self, thing: Thing) -> None:
        del self.world.things[thing.remote_id]
        self.world.history.append(("tool", thing.remote_id, None))

    def read(self, space: Space, target: Target) -> Content:
        thing = self._find(space, target)
        if thing is None:
            raise PlatformError("absent")
        return Content(thing.text.encode(), "text/markdown", thing.text)

    def render(self, space: Space, resource: Resource) -> Content:
        text = self.text(space, resource)
        return Content(text.encode(), "text/markdown", text)

    def close(self) -> None:
        pass

    # --- state store ------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.world.clock

    def engagements(self) -> Mapping[str, str]:
        return {slug: self._revision(files) for slug, files in self.world.stored.items()}

    @staticmethod
    def _revision(files: Mapping[str, bytes]) -> str:
        return digest(repr(sorted(files.items())))

    def load(self, slug: str) -> Stored | None:
        self._alive()
        files = self.world.stored.get(slug)
        return Stored(dict(files), self._revision(files)) if files else None

    def locate(self, slug: str) -> Address:
        return Address(slug, f"https://memory.test/{slug}")

    def acquire(self, slug: str, lease: Lease) -> Lease:
        self._alive()
        present = self.world.leases.get(slug)
        if present and present.run != lease.run and present.expires and present.expires > self.now():
            raise Busy("occupé", present)
        if lease.expires is not None and (present is None or present.run != lease.run):
            raise Superseded("perdu")
        taken = replace(lease, expires=self.now() + timedelta(seconds=lease.seconds))
        self._write(lambda: self.world.leases.__setitem__(slug, taken))
        return taken

    def save(self, slug: str, lease: Lease, files: Mapping[str, bytes], revision: str | None) -> Stored:
        present = self.world.leases.get(slug)
        if present is None or present.run != lease.run:
            raise Superseded("perdu")
        before = self.load(slug)
        if (before.revision if before else None) != revision:
            raise Superseded("changé")
        merged = {**(before.files if before else {}), **files}
        self._write(lambda: self.world.stored.__setitem__(slug, merged))
        return Stored(merged, self._revision(merged))

    def release(self, slug: str, lease: Lease) -> None:
        self._alive()
        present = self.world.leases.get(slug)
        if present and present.run == lease.run:
            self._write(lambda: self.world.leases.pop(slug))

    def erase(self, slug: str, lease: Lease) -> bool:
        self._write(lambda: self.world.stored.pop(slug, None))
        return True

    def resolve(self, place: str) -> str | None:
        return place if place in self.world.stored else None
