"""Taking, prolonging and giving back a lease on the server: see :mod:`lease` for how a name can be one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from allies_sync.platforms.errors import Foreign, Unavailable
from allies_sync.platforms.interface import COLLECTIVE, Lease
from allies_sync.text.messages import _
from allies_sync_nextcloud import lease as leases
from allies_sync_nextcloud.dav import Node
from allies_sync_nextcloud.lease import Held
from allies_sync_nextcloud.places import BUNDLE, STATE, Places
from allies_sync_nextcloud.server import Server
from allies_sync_nextcloud.tree import Tree, look

if TYPE_CHECKING:
    import requests

_ATTEMPTS = 12


def elapsed() -> float:
    """Seconds that pass also while the machine sleeps, where the system can tell."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class _Unknown:
    """No guess."""


_UNKNOWN = _Unknown()
_ABANDONED = timedelta(seconds=60)
_YOUNG = timedelta(seconds=10)
_MARGIN = 30.0


@dataclass(frozen=True, slots=True)
class Found:
    """The description's folder as listed. ``first``: the lease is that of its making, no name yet."""

    held: Held | None
    first: bool
    others: tuple[Held, ...]
    bundle: bool
    moment: datetime


@dataclass(frozen=True, slots=True)
class Mine:
    """A lease of this process, and when it ends by its own clock."""

    held: Held
    first: bool
    deadline: float

    @property
    def alive(self) -> bool:
        return elapsed() < self.deadline


@dataclass(frozen=True, slots=True)
class Taken:
    """A lease that is held now. ``saved``: whether anything was ever stored; ``made``: whether the engagement's
    folder was made just now."""

    lease: Lease
    saved: bool
    made: bool = False


def engagement_mark(slug: str) -> str:
    """The mark on an engagement's own folder."""
    return f"allies-sync:{slug}"


class Register:
    """The leases of one account's engagements."""

    def __init__(
        self, server: Server, places: Places, ended: Callable[[str], str], before_making: Callable[[bool], None]
    ) -> None:
        """``ended``: the run of which an engagement's description says that it wrote no more after it;
        ``before_making``: called before the first thing of an engagement is made, with whether there is no root
        either; it may refuse."""
        self.server = server
        self.places = places
        self.mine: dict[str, Mine] = {}
        self._ended = ended
        self._before_making = before_making
        self._given_back: set[tuple[str, str]] = set()

    # --- taking -----------------------------------------------------------------------------------------------

    def acquire(
        self, slug: str, lease: Lease, guess: tuple[Tree | None] | None = None, *, bare: bool = False
    ) -> Taken:
        """Takes or prolongs. ``guess``: what was there a moment ago, ``bare``: that there was no root either; a wrong
        one only costs requests."""
        mine = self.mine.get(slug)
        if mine is not None and mine.held.run == lease.run:
            renamed = self._prolong(slug, mine, lease)
            if renamed is not None:
                return Taken(renamed, saved=True)
        pause = 0.1
        guessed = self._guessed(guess[0], lease) if guess else _UNKNOWN
        for attempt in range(_ATTEMPTS):
            found = self.find(slug) if attempt or isinstance(guessed, _Unknown) else guessed
            if found is None:
                if lease.expires is not None:
                    raise leases.superseded(slug)
                made = self._make(slug, lease, bare=bare and not attempt)
                if made is not None:
                    return made
            else:
                taken = self._take(slug, lease, found)
                if taken is not None:
                    return Taken(taken, found.bundle)
            # somebody else is at it in this very moment
            self.server.http.sleep(pause)
            pause = min(pause * 1.5, 1.0)
        raise Unavailable(
            _("Le verrou de « {slug} » change sans cesse de mains.").format(slug=slug),
            _("Relancez la commande dans un instant."),
        )

    def _take(self, slug: str, lease: Lease, found: Found) -> Lease | None:
        """None when the name that was seen is no longer the present one."""
        held = found.held
        if held is None:
            return None
        alive = [it for it in (held, *found.others) if it.alive(found.moment) and it.run != lease.run]
        if alive:
            if lease.expires is not None:
                raise leases.superseded(slug)
            raise leases.busy(slug, alive[0], found.moment)
        if lease.expires is not None and held.run != lease.run:
            raise leases.superseded(slug)
        started = elapsed()
        wanted = leases.taken(held.number + 1, lease, found.moment)
        if found.first:
            # a name to rename; whoever does looks around before the lease is theirs
            named = self.server.dav.make_folder(self._path(slug, Held(1)))
            if named.status_code not in (201, 405, 423):
                raise self.server.refusal(named, self.places.state(slug))
            held = Held(1)
            if named.status_code != 201:
                again = self.find(slug)
                if again is None or again.first or again.held is None or again.held.alive(again.moment):
                    return None
                found, held = again, again.held
            wanted = leases.taken(held.number + 1, lease, found.moment)
        if not self._rename(slug, held, wanted):
            return None
        unusual = found.first or found.others or held.number <= 1
        if unusual and not self._alone(slug, wanted):
            # a name less: whoever has the lease may want the next one to give it back
            self.server.dav.delete(self._path(slug, wanted))
            return None
        return self._keep(slug, lease, wanted, started)

    def _alone(self, slug: str, wanted: Held) -> bool:
        """Whether nobody else can believe to hold the lease; clears away what earlier ones left."""
        found = self.find(slug)
        if found is None or found.held is None:
            return False
        rest = [it for it in (found.held, *found.others) if it.name != wanted.name]
        if len(rest) > len(found.others) or any(it.alive(found.moment) for it in rest):
            return False
        for stray in rest:
            self.server.dav.delete(self._path(slug, stray))
        return True

    def _prolong(self, slug: str, mine: Mine, lease: Lease) -> Lease | None:
        now = self.server.http.clock.now()
        if now is None or mine.first:
            return None
        started = elapsed()
        wanted = leases.taken(mine.held.number + 1, lease, now)
        return self._keep(slug, lease, wanted, started) if self._rename(slug, mine.held, wanted) else None

    def _keep(self, slug: str, lease: Lease, held: Held, started: float, *, first: bool = False) -> Lease:
        self.mine[slug] = Mine(held, first, started + lease.seconds)
        return Lease(lease.run, lease.holder, lease.seconds, held.until)

    def _rename(self, slug: str, held: Held, wanted: Held) -> bool:
        answer = self.server.dav.move(self._path(slug, held), self._path(slug, wanted))
        if answer.status_code == 201:
            return True
        if answer.status_code in (401, 429, 503, 507):
            raise self.server.refusal(answer)
        # gone, locked, or an answer of ours that was lost: the next listing tells
        found = self.find(slug)
        return found is not None and found.held is not None and found.held.name == wanted.name

    # --- making the place -------------------------------------------------------------------------------------

    def _make(self, slug: str, lease: Lease, *, bare: bool) -> Taken | None:
        """Makes the engagement's folder and the description's in it, which is the first lease. None when somebody
        else was faster. Raises Foreign when something else has that name."""
        self._before_making(bare)
        where = self.places.engagement(slug)
        mark = {"mark": engagement_mark(slug)}
        if bare:
            self._make_root()
        made = False
        if self.places.state(slug) != where:
            answer = self._make_in_root(where, mark)
            made = answer.status_code == 201
            if not made:
                self._check_ours(slug, where, answer)
            mark = {}
        started = elapsed()
        now = self.server.http.clock.now()
        if now is None:
            raise self.server.nonsense()
        held = leases.taken(0, lease, now)
        answer = self._make_in_root(self.places.state(slug), {**mark, "lease": held.text})
        if answer.status_code == 201:
            made = made or bool(mark)
            return Taken(self._keep(slug, lease, held, started, first=True), saved=False, made=made)
        if answer.status_code in (405, 423, 403, 409):
            return None
        raise self.server.refusal(answer, where)

    def _make_in_root(self, where: str, properties: dict[str, str]) -> requests.Response:
        answer = self.server.dav.make_folder(where, properties)
        if answer.status_code == 409 and "/" not in where.removeprefix(f"{self.places.settings.root}/"):
            self._make_root()
            answer = self.server.dav.make_folder(where, properties)
        return answer

    def _check_ours(self, slug: str, where: str, answer: requests.Response) -> None:
        """Raises Foreign when the folder that is there already is somebody else's. One that another machine is making
        at this moment bears its mark a little later."""
        for _attempt in range(_ATTEMPTS):
            found = look(self.server, where, "1")
            if found is None:
                raise self.server.refusal(answer, where)
            nodes, moment = found
            if is_engagement(nodes, slug):
                return
            if len(nodes) > 1 or not nodes[0].folder or not is_young(nodes[0], moment):
                break
            self.server.http.sleep(0.3)
        raise foreign(where)

    def _make_root(self) -> None:
        """The folder of all engagements, with those around it."""
        path = ""
        for name in self.places.settings.root.split("/"):
            path = f"{path}/{name}".lstrip("/")
            answer = self.server.dav.make_folder(path)
            if answer.status_code in (201, 405):
                continue
            found = look(self.server, path, "0")
            if found is None or not found[0][0].folder:
                raise self.server.refusal(answer, path)

    def _guessed(self, tree: Tree | None, lease: Lease) -> Found | _Unknown | None:
        """Who holds the lease by what was seen before; unknown unless it was free."""
        now = self.server.http.clock.now()
        if now is None or (tree is not None and STATE not in tree.nodes):
            return _UNKNOWN
        if tree is None:
            return None
        inside = [node for path, node in tree.nodes.items() if path.startswith(f"{STATE}/")]
        found = _found([tree.nodes[STATE], *inside], now)
        held = [it for it in (found.held, *found.others) if it is not None]
        return found if held and not any(it.alive(now) for it in held) else _UNKNOWN

    # --- looking and giving back ------------------------------------------------------------------------------

    def find(self, slug: str) -> Found | None:
        """Who holds the lease. One request; None when there is no description's folder. Raises PlatformError."""
        found = look(self.server, self.places.state(slug), "1")
        if found is None:
            return None
        nodes, moment = found
        if moment is None or not nodes[0].folder:
            raise self.server.nonsense()
        if slug == COLLECTIVE and not is_engagement(nodes, slug) and not is_young(nodes[0], moment):
            raise foreign(self.places.engagement(slug))
        now = _found(nodes, moment)
        if now.first and now.bundle and now.held and now.held.alive(moment) and now.held.run == self._ended(slug):
            return replace(now, held=Held(0))
        return now

    def require(self, slug: str, lease: Lease) -> None:
        """Raises Superseded unless the lease is still this run's. No request while it cannot have ended."""
        mine = self.mine.get(slug)
        if mine is not None and mine.held.run == lease.run and mine.alive:
            return
        self.mine.pop(slug, None)
        found = self.find(slug)
        if found is None or found.held is None or found.held.run != lease.run:
            raise leases.superseded(slug)
        if self._take(slug, lease, found) is None:
            raise leases.superseded(slug)

    def surely_held(self, slug: str) -> bool:
        """Whether this process holds the lease for a good while yet."""
        mine = self.mine.get(slug)
        return mine is not None and elapsed() < mine.deadline - _MARGIN

    def end_first(self, slug: str, lease: Lease) -> None:
        """The description says that the run is over: the lease of the place's making needs no giving back."""
        self.mine.pop(slug, None)
        self._given_back.add((slug, lease.run))

    def release(self, slug: str, lease: Lease) -> None:
        if (slug, lease.run) in self._given_back:
            return
        mine = self.mine.pop(slug, None)
        if mine is not None and mine.held.run == lease.run and mine.alive:
            held, first = mine.held, mine.first
        else:
            found = self.find(slug)
            if found is None or found.held is None or found.held.run != lease.run:
                return
            held, first = found.held, found.first
        if first:
            self.server.dav.make_folder(self._path(slug, Held(1)))
        elif not self._rename(slug, held, Held(held.number + 1)):
            found = self.find(slug)
            names = (found.held, *found.others) if found else ()
            if any(it is not None and it.run == lease.run for it in names):
                # a name that somebody left is in the way
                self._rename(slug, held, Held(max(it.number for it in names if it is not None) + 1))

    def _path(self, slug: str, held: Held) -> str:
        return f"{self.places.state(slug)}/{held.name}"


def _found(nodes: list[Node], moment: datetime) -> Found:
    """What the description's folder says, listed with what is in it."""
    named = [held for held in (leases.of_name(node.name) for node in nodes[1:] if node.folder) if held]
    named.sort(key=lambda held: (held.alive(moment), held.number), reverse=True)
    first = None if named else leases.of_property(nodes[0].properties.get("lease", ""))
    if not named and first is None and nodes[0].modified and moment - nodes[0].modified > _ABANDONED:
        first = Held(0)  # restored from a backup: properties are lost then
    bundle = any(node.name == BUNDLE for node in nodes[1:])
    return Found(named[0] if named else first, first is not None, tuple(named[1:]), bundle, moment)


def is_young(node: Node, moment: datetime | None) -> bool:
    """Whether it was made, or changed, within the last seconds."""
    return moment is not None and node.modified is not None and moment - node.modified < _YOUNG


def is_engagement(nodes: list[Node], slug: str) -> bool:
    """Whether a folder, listed with what is directly in it, is the engagement's own."""
    if not nodes[0].folder:
        return False
    if nodes[0].mark == engagement_mark(slug):
        return True
    if slug == COLLECTIVE:
        return any(node.name == BUNDLE for node in nodes[1:])
    return any(node.folder and node.name == STATE for node in nodes[1:])


def foreign(path: str) -> Foreign:
    return Foreign(
        _("« {path} » existe déjà, et n'est pas (ou plus) un espace de cet outil.").format(path=path),
        _("Choisissez un autre titre ou une autre date, ou déplacez ce qui s'y trouve."),
    )
