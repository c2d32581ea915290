"""Links: a public share each, found again by its label, which is the tool's mark.

The server makes a second link when it is asked twice, and for a moment it lets strangers read what was to be a drop
box. So a link is looked for before it is made, and a drop box is born behind a password that nobody knows.
"""

from __future__ import annotations

import os
import secrets
from datetime import date

from allies_sync.model.resources import Access, Rights
from allies_sync.model.resources import Share as Link
from allies_sync.platforms.errors import PlatformError, Refused
from allies_sync.platforms.interface import Address, Change, Done, Outcome, Overtaken, Seen, Space
from allies_sync.text.messages import _
from allies_sync_nextcloud.places import Places
from allies_sync_nextcloud.policy import PASSWORD, Policies, latest_day
from allies_sync_nextcloud.rights import Rightsholders
from allies_sync_nextcloud.server import Server
from allies_sync_nextcloud.shares import ALL_BUT_RESHARE, CREATE, LINK, READ, Share, Shares, fit_label, until

_UNFINISHED = " (inachevé)"


def find(space: Space, held: Rightsholders, key: str) -> Seen | None:
    """The link that bears our mark, on something of this engagement; the oldest if there are several."""
    marks = _labels(space, key)
    ours = [share for share in held.inside if share.kind == LINK and share.label in marks]
    share = min(ours, key=lambda share: (share.label != marks[0], int(share.id)), default=None)
    return _seen(space, key, share, held.closed(share), held.frozen) if share else None


def _labels(space: Space, key: str) -> tuple[str, str]:
    mark = fit_label(space.mark(key))
    return mark, fit_label(space.mark(key) + _UNFINISHED)


def _seen(space: Space, key: str, share: Share, closed: bool, frozen: bool) -> Seen:
    wide = share.writes and not closed and (frozen or not share.drop)
    return Seen(
        remote_id=share.id,
        address=Address(f"partage/{share.id}", share.url or None),
        fingerprint=f"{'drop' if share.drop else 'read'} {share.expires or ''}".strip(),
        mark=space.mark(key),
        access=Access(Rights.PUBLIC, Rights.PUBLIC) if wide else None,
        revision=f"{share.permissions & ALL_BUT_RESHARE} {share.expires or ''} {share.protected}",
        unfinished=share.label == _labels(space, key)[1],
    )


class Links:
    """Makes, changes and deletes links."""

    def __init__(self, server: Server, places: Places, policies: Policies) -> None:
        self.server = server
        self.places = places
        self.shares = Shares(server)
        self.policies = policies

    def create(self, space: Space, change: Change, held: Rightsholders) -> Outcome:
        """A new link, unless ours is already there: then that one, as it is."""
        found = find(space, held, change.key)
        if found is not None and not found.unfinished:
            return Done(change.key, found)
        link = change.resource
        if not isinstance(link, Link):
            raise TypeError("no link")
        if found is not None:
            return Done(change.key, self._finish(space, change.key, link, found.remote_id))
        target = space.addresses.get(link.target)
        if target is None:
            raise Refused(_("Ce vers quoi le lien doit mener n'est pas là."))
        path = self.places.inside(space.slug, target.path)
        mark, unfinished = _labels(space, change.key)
        if link.drop:
            fields: dict[str, str | int] = {"permissions": CREATE, "label": unfinished, "password": _nobody_knows()}
            share = self._make(path, fields, link.expires)
            return Done(change.key, self._finish(space, change.key, link, share.id))
        fields = {"permissions": READ, "label": mark, **_password()}
        share = self._make(path, fields, link.expires)
        if share.permissions & ALL_BUT_RESHARE != READ:
            share = self.shares.change(share.id, {"permissions": READ})
        return Done(change.key, _seen(space, change.key, share, closed=False, frozen=held.frozen))

    def _make(self, path: str, fields: dict[str, str | int], expires: date | None) -> Share:
        try:
            return self.shares.make_link(path, {**fields, **self._ends(expires)})
        except Refused:
            latest = self._latest(expires)
            if latest is None:
                raise
            return self.shares.make_link(path, {**fields, "expireDate": until(latest)})

    def _finish(self, space: Space, key: str, link: Link, number: str) -> Seen:
        """Opens what was born closed: all at once, so that at no moment a stranger could read."""
        fields: dict[str, str | int] = {"label": _labels(space, key)[0], "permissions": READ, "password": ""}
        if link.drop:
            fields["permissions"] = CREATE
        fields |= _password()
        try:
            share = self.shares.change(number, fields)
        except PlatformError as error:
            if not error.temporary:
                self.shares.delete(number)
            raise
        if share.drop != link.drop:
            self.shares.delete(number)
            raise Refused(
                _("{host} n'a pas fait du lien un dépôt fermé : il a été retiré.").format(host=self.server.host)
            )
        return _seen(space, key, share, closed=False, frozen=False)

    def update(self, space: Space, change: Change) -> Outcome:
        """Content only: what it lets people do, and until when. Rights are the freeze's business."""
        share = self._ours(space, change)
        link = change.resource
        if share is None or change.seen is None or not isinstance(link, Link):
            return Overtaken(change.key, None)
        seen = _seen(space, change.key, share, closed=False, frozen=False)
        if seen.revision != change.seen.revision:
            return Overtaken(change.key, seen)
        if seen.unfinished:
            return Done(change.key, self._finish(space, change.key, link, share.id))
        fields: dict[str, str | int] = {}
        if share.drop != link.drop:
            fields["permissions"] = CREATE if link.drop else READ
        if share.expires != link.expires:
            fields["expireDate"] = until(link.expires)
        if fields:
            try:
                share = self.shares.change(share.id, fields)
            except Refused:
                latest = self._latest(link.expires)
                if latest is None or "expireDate" not in fields:
                    raise
                share = self.shares.change(share.id, {**fields, "expireDate": until(latest)})
        return Done(change.key, _seen(space, change.key, share, closed=False, frozen=False))

    def now(self, space: Space, change: Change, held: Rightsholders | None) -> Seen | None:
        """The link as it is, after its rights were seen to."""
        if held is not None:
            return find(space, held, change.key)
        share = self._ours(space, change)
        return _seen(space, change.key, share, closed=False, frozen=False) if share else None

    def delete(self, space: Space, change: Change) -> Outcome:
        share = self._ours(space, change)
        if share is None:
            return Done(change.key, None)
        seen = _seen(space, change.key, share, closed=False, frozen=False)
        if change.seen is None or seen.revision != change.seen.revision:
            return Overtaken(change.key, seen)
        self.shares.delete(share.id)
        return Done(change.key, None)

    def _ours(self, space: Space, change: Change) -> Share | None:
        """The link as it is now, if it still bears our mark."""
        if change.seen is None or not change.seen.remote_id.isdigit():
            return None
        share = self.shares.one(change.seen.remote_id)
        if share is None or share.kind != LINK or share.label not in _labels(space, change.key):
            return None
        return share

    def _ends(self, expires: date | None) -> dict[str, str | int]:
        now = self.server.http.clock.now()
        latest = latest_day(self.policies.known, expires, now.date()) if now and self.policies.known else None
        return {"expireDate": until(latest or expires)} if expires else {}

    def _latest(self, expires: date | None) -> date | None:
        """The last day that the server allows, when it allows none as late as the one asked for."""
        now = self.server.http.clock.now()
        return latest_day(self.policies.fresh(), expires, now.date()) if now else None


def _password() -> dict[str, str | int]:
    """The password that the collective wants on its links, if it does."""
    chosen = os.environ.get(PASSWORD, "")
    return {"password": chosen} if chosen else {}


def _nobody_knows() -> str:
    """A password that satisfies the strictest rules, and is forgotten at once."""
    return f"{secrets.token_urlsafe(30)}aA1!"
