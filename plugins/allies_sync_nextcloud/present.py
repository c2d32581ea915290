"""The present state of an account's engagements, asked for in as few requests as can be."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic

from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import COLLECTIVE
from allies_sync.text.names import is_slug
from allies_sync_nextcloud.dav import Node
from allies_sync_nextcloud.places import Places
from allies_sync_nextcloud.server import Server
from allies_sync_nextcloud.shares import Share, Shares
from allies_sync_nextcloud.snapshots import ROUND, Snapshots
from allies_sync_nextcloud.tree import Tree, look, read_tree, read_trees

WORTH_IT = 3
"""From so many engagements on that have to be listed, all are listed at once."""


class Present:
    """Asks, and passes on what was told a moment ago where that is still good: see :mod:`snapshots`."""

    def __init__(self, server: Server, places: Places, snapshots: Snapshots) -> None:
        self.server = server
        self.places = places
        self.snapshots = snapshots
        self._shares: tuple[float, list[Share]] | None = None
        self._all_at_once = True
        #: engagements whose folder this process made, and in which it made no link yet
        self.made: set[str] = set()
        server.written.append(self._written)

    def _written(self, path: str) -> None:
        if not path:
            self._shares = None
        slug = self.places.slug_of(path)
        if slug:
            self.snapshots.touch(slug)

    def root(self, *, all_of_them: bool = False) -> Mapping[str, Node]:
        """All engagements and the collective's space, listed. One request."""
        found = look(self.server, self.places.settings.root, "1")
        nodes, moment = found or ([], None)
        named = {it.name: it for it in nodes[1:] if it.folder and (is_slug(it.name) or it.name == COLLECTIVE)}
        self._shares = None
        self._all_at_once = True
        self.snapshots.listed(named, moment, all_of_them=all_of_them)
        return named

    def taken(self) -> None:
        """A lease was taken: what was seen before counts no more."""
        self._shares = None

    def tree(self, slug: str, *, again: int = 0, listing: bool = False) -> Tree | None:
        """An engagement's folder with all that is in it; None when there is none. ``again``: how often the same may
        be asked again without asking the server. ``listing``: whether to list all engagements first, which answers
        for those that did not move."""
        known, tree = self.snapshots.tree(slug)
        if not known and listing and self.snapshots.root is None and slug not in self.snapshots.touched:
            self.root()
            known, tree = self.snapshots.tree(slug)
        if known:
            return tree
        if self.snapshots.going_round and self._all_at_once and self._list_all():
            known, tree = self.snapshots.tree(slug)
            if known:
                return tree
        return self.fresh(slug, again=again)

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
            return self._shares[1]
        found = Shares(self.server).all()
        self._shares = (monotonic(), found)
        return found
