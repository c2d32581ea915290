"""The present state of an account's engagements, asked for in as few requests as can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import COLLECTIVE
from allies_sync_nextcloud.dav import Node
from allies_sync_nextcloud.groups import Team
from allies_sync_nextcloud.places import Places, is_space
from allies_sync_nextcloud.rights import open_to_team
from allies_sync_nextcloud.server import Server
from allies_sync_nextcloud.shares import Share, Shares
from allies_sync_nextcloud.snapshots import ROUND, Snapshots
from allies_sync_nextcloud.tree import Tree, look, read_tree, read_trees

WORTH_IT = 3
"""From so many engagements on that have to be listed, all are listed at once."""


@dataclass
class Made:
    """An engagement's folder that this process made. It is shared with nobody before the first things are in it.

    ``tree``: what is in it, as long as nothing was written. ``bulk``: whether no share of anything in
    it was made either, so that what lands there can only be ours. ``links``: whether links may have been made.
    ``waiting``: the readable copy of the description, that goes with the first documents; ``copied``: ETag and digest
    of what became of it.
    """

    tree: Tree | None
    bulk: bool = True
    links: bool = False
    waiting: bytes | None = None
    copied: tuple[str, str] | None = None


class Present:
    """Asks, and passes on what was told a moment ago where that is still good: see :mod:`snapshots`."""

    def __init__(self, server: Server, places: Places, snapshots: Snapshots) -> None:
        self.server = server
        self.places = places
        self.snapshots = snapshots
        self.team = Team(server, snapshots.folder)
        self._shares: tuple[float, list[Share]] | None = None
        self._all_at_once = True
        self.made: dict[str, Made] = {}
        #: whether the team gets into an engagement, as far as its description was read or written
        self.team_in: dict[str, bool] = {}
        self._refused: dict[str, PlatformError] = {}
        #: whether the root was not there when it was last listed
        self.bare = False
        server.written.append(self._written)

    def _written(self, path: str) -> None:
        if not path:
            self._shares = None
        slug = self.places.slug_of(path)
        if slug:
            self.snapshots.touch(slug)
            if slug in self.made:
                self.made[slug].tree = None

    def let_in(self, slug: str) -> None:
        """Shares an engagement's folder with the team, unless that was done. Raises PlatformError."""
        if slug == COLLECTIVE or self.team_in.get(slug):
            return
        if slug in self._refused:
            raise self._refused[slug]
        if slug in self.made:
            self.made[slug].tree, self.made[slug].bulk = None, False
        try:
            open_to_team(self.server, self.places, slug)
        except PlatformError as error:
            if not error.temporary:
                self._refused[slug] = error
            raise
        self.team_in[slug] = True
        self.team.seen()

    def root(self, *, all_of_them: bool = False) -> Mapping[str, Node]:
        """All engagements and the collective's space, listed. One request."""
        found = look(self.server, self.places.settings.root, "1")
        self.bare = found is None
        nodes, moment = found or ([], None)
        named = {it.name: it for it in nodes[1:] if it.folder and is_space(it.name)}
        self._shares = None
        self._all_at_once = True
        self.snapshots.listed(named, moment, all_of_them=all_of_them)
        return named

    def taken(self, slug: str) -> None:
        """A lease was taken: what was seen before counts no more."""
        self._shares = None
        self.bare = False
        for known in (self.made, self.team_in, self._refused):
            known.pop(slug, None)

    def tree(self, slug: str, *, again: int = 0, listing: bool = False) -> Tree | None:
        """An engagement's folder with all that is in it; None when there is none. ``again``: how often the same may
        be asked again without asking the server. ``listing``: whether to list all engagements first, which answers
        for those that did not move."""
        made = self.made.get(slug)
        if made is not None and made.tree is not None:
            return made.tree
        known, tree = self.snapshots.tree(slug)
        if not known and listing and self._listing_tells(slug):
            self.root()
            known, tree = self.snapshots.tree(slug)
        if known:
            return tree
        if self.snapshots.going_round and self._all_at_once and self._list_all():
            known, tree = self.snapshots.tree(slug)
            if known:
                return tree
        return self.fresh(slug, again=again)

    def _listing_tells(self, slug: str) -> bool:
        """Whether a list of all engagements may answer for this one. The collective's space alone is not worth it."""
        snapshots = self.snapshots
        if slug == COLLECTIVE or snapshots.root is not None or slug in snapshots.touched:
            return False
        return not snapshots.outdated(slug)

    def fresh(self, slug: str, *, again: int = 0) -> Tree | None:
        """The same, asked now. One request."""
        tree = read_tree(self.server, self.places, slug)
        self.snapshots.keep(slug, tree, again)
        return tree

    def _list_all(self) -> bool:
        """Lists what moved in one request, if it is much."""
        self._all_at_once = False
        moved = self.snapshots.moved()
        if len(moved) < WORTH_IT:
            return False
        try:
            trees = read_trees(self.server, self.places)
        except PlatformError as error:
            if error.temporary:  # more than fits into one answer: one by one then
                return False
            raise
        for slug in moved:
            if slug in trees:
                self.snapshots.keep(slug, trees[slug], 2)
        return True

    def shares(self, age: float = 0.0) -> list[Share]:
        """All shares of the account, as they were at most so many seconds ago. One request, also for a command that
        goes through all engagements."""
        age = ROUND if self.snapshots.going_round else age
        if self._shares is not None and monotonic() - self._shares[0] < age:
            if age == ROUND:
                self._shares = (monotonic(), self._shares[1])
            return self._shares[1]
        found = Shares(self.server).all()
        self._shares = (monotonic(), found)
        return found
