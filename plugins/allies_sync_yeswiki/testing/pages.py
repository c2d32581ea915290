"""Pages and their revisions, with the table's weakness: no lock, and no rule that one revision is the latest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from allies_sync_yeswiki.testing.names import fold


@dataclass
class Revision:
    id: int
    tag: str
    time: str
    """In the database's time zone."""
    body: str
    owner: str
    user: str
    """Who wrote it: a name, or an address."""
    latest: bool = True

    def as_json(self) -> dict[str, str]:
        return {
            "id": str(self.id),
            "tag": self.tag,
            "time": self.time,
            "body": self.body,
            "body_r": "",
            "owner": self.owner,
            "user": self.user,
            "latest": "Y" if self.latest else "N",
            "handler": "page",
            "comment_on": "",
        }


class PageTable:
    def __init__(self) -> None:
        self._rows: dict[str, list[Revision]] = {}
        self._next = 1

    def revisions(self, tag: str) -> list[Revision]:
        """Of a page, oldest first."""
        return list(self._rows.get(fold(tag), ()))

    def get(self, tag: str) -> Revision | None:
        """The latest revision; of several that claim to be, the one that the database finds first."""
        return next((row for row in self._rows.get(fold(tag), ()) if row.latest), None)

    def at(self, tag: str, time: str) -> Revision | None:
        """The revision of exactly this second: the first of them."""
        return next((row for row in self._rows.get(fold(tag), ()) if row.time == time), None)

    def by_id(self, number: int) -> Revision | None:
        return next((row for rows in self._rows.values() for row in rows if row.id == number), None)

    def add(self, tag: str, time: str, body: str, owner: str, user: str, *, demote: bool = True) -> Revision:
        rows = self._rows.setdefault(fold(tag), [])
        if demote:
            for row in rows:
                row.latest = False
        revision = Revision(self._next, rows[0].tag if rows else tag, time, body, owner, user)
        self._next += 1
        rows.append(revision)
        return revision

    def set_owner(self, tag: str, owner: str) -> None:
        for row in self._rows.get(fold(tag), ()):
            if row.latest:
                row.owner = owner

    def remove(self, tag: str) -> None:
        self._rows.pop(fold(tag), None)

    def latest(self) -> Iterator[Revision]:
        """Of every page, in the order of their names."""
        for key in sorted(self._rows):
            revision = self.get(key)
            if revision is not None:
                yield revision

    def skip_ids(self, number: int) -> None:
        """The next revision has at least this number, as on a wiki that has seen more."""
        self._next = max(self._next, number)
