"""Who may do what in an engagement, as the shares of its folders say; and the freeze, which holds for all of them.

* The team gets in through one share of the whole engagement with its group, without the right to re-share.
* Participants get in through shares of single folders with theirs, for reading.
* A freeze makes every share read-only, those that people made included. What they were is first written into a
  property of the engagement's folder that only the account can read: so a freeze that dies half-way is finished, and
  a thaw gives back what was.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from allies_sync.model.resources import Access, Rights
from allies_sync.platforms.errors import PlatformError, Refused
from allies_sync.platforms.http import sending
from allies_sync.text.messages import _
from allies_sync_nextcloud.dav import NAMESPACES, OC, Garbled, Node, patched, read_xml
from allies_sync_nextcloud.places import Places
from allies_sync_nextcloud.server import Server
from allies_sync_nextcloud.shares import ALL_BUT_RESHARE, GROUP, LINK, READ, Share, Shares
from allies_sync_nextcloud.tree import Tree

CLOSED = -1
"""Noted of a drop link without password that was closed with one: clearing it opens the link again."""
LOST = -2
"""Noted of a drop link that had a password of its own: nobody can give it back."""


@dataclass(frozen=True)
class Rightsholders:
    """A tree with the shares that concern it; without a tree, all shares of the account."""

    tree: Tree | None
    shares: Sequence[Share]
    team: str | None
    participants: str | None

    @cached_property
    def inside(self) -> list[Share]:
        """Shares of anything in the engagement, its own folder included."""
        if self.tree is None:
            return list(self.shares)
        ids = {node.id for node in self.tree.all}
        return [share for share in self.shares if share.node in ids]

    @cached_property
    def former(self) -> dict[str, int]:
        """What shares were before the freeze; empty when nothing is frozen, or nothing was shared."""
        return read_former(self.tree.root) if self.tree else {}

    @property
    def frozen(self) -> bool:
        return bool(self.tree and self.tree.root.properties.get("frozen"))

    @property
    def moment(self) -> datetime | None:
        """When this was so, by the server's clock."""
        return self.tree.moment if self.tree else None

    def closed(self, share: Share) -> bool:
        """Whether the freeze closed this drop link."""
        return self.former.get(share.id) in (CLOSED, LOST) and share.protected

    def covering(self, path: str) -> list[Share]:
        """Shares of a thing and of all folders around it."""
        ids = {node.id for node in self.tree.chain(path)} if self.tree else set()
        return [share for share in self.inside if share.node in ids]

    def access(self, path: str, asked: Access | None) -> Access | None:
        """The rights to a folder as people have them; None where they were asked for and cannot be told apart."""
        read, write = Rights.TEAM, self._alone()
        for share in self.covering(path):
            if share.kind == LINK and share.ours:
                continue  # a declared thing of its own
            who = self._audience(share)
            if share.reads:
                read = min(read, who, key=lambda rights: rights.strictness)
            if share.writes and not self.closed(share):
                write = min(write or who, who, key=lambda rights: rights.strictness)
        if asked is not None and asked.write is None and write is not None and not self.frozen:
            # one thing alone cannot be closed to those who may write around it
            return None
        return Access(read, write)

    def _alone(self) -> Rights | None:
        """Who writes without any share: the account itself stands for the team when there is no group."""
        return None if self.team or self.frozen else Rights.TEAM

    def _audience(self, share: Share) -> Rights:
        if share.kind == LINK:
            return Rights.PUBLIC
        if share.kind == GROUP and share.group == self.participants:
            return Rights.PARTICIPANTS
        return Rights.TEAM

    @property
    def team_in(self) -> bool:
        """Whether the whole is shared with the team, or there is no team."""
        return not (self.team and self.tree) or self.group_share(self.tree.root, self.team) is not None

    def group_share(self, node: Node, group: str) -> Share | None:
        return next((it for it in self.shares if it.kind == GROUP and it.node == node.id and it.group == group), None)


class Freezer:
    """Freezes and thaws one engagement."""

    def __init__(self, server: Server, places: Places, slug: str) -> None:
        self.server = server
        self.places = places
        self.slug = slug
        self.shares = Shares(server)

    def freeze(self, held: Rightsholders) -> None:
        """Makes every share read-only. Raises PlatformError unless all of them are in the end."""
        former = dict(held.former)
        open_ = [share for share in held.inside if share.writes and not held.closed(share)]
        for share in open_:
            if not share.drop:
                former[share.id] = share.permissions & 31
            elif former.get(share.id) not in (CLOSED, LOST):
                former[share.id] = LOST if share.protected else CLOSED
        if not held.frozen or former != held.former:
            self._note(json.dumps(former, sort_keys=True, separators=(",", ":")))
        for share in open_:
            if share.drop:
                # read-only would show strangers what others put in: it is closed with a password that nobody knows
                self.shares.change(share.id, {"password": f"{secrets.token_urlsafe(30)}aA1!"})
            else:
                self.shares.change(share.id, {"permissions": READ})
        if open_:
            self._verify(held, {share.id for share in open_})

    def thaw(self, held: Rightsholders) -> None:
        """Gives every share what it was before, unless somebody changed it since."""
        for share in held.inside:
            before = held.former.get(share.id)
            if before == CLOSED and share.protected:
                self.shares.change(share.id, {"password": ""})
            elif before is not None and before > 0 and share.permissions & ALL_BUT_RESHARE == READ:
                wanted = before & ALL_BUT_RESHARE if share.kind == LINK else before
                self.shares.change(share.id, {"permissions": wanted})
        self._note(None)

    def _note(self, former: str | None) -> None:
        path = self.places.engagement(self.slug)
        answer = self.server.dav.set_properties(path, {"frozen": former})
        if answer.status_code == 404:
            raise Refused(_("L'espace « {slug} » n'est plus là.").format(slug=self.slug))
        if answer.status_code != 207:
            raise self.server.refusal(answer, path)
        try:
            kept = patched(answer)
        except Garbled:
            raise self.server.nonsense() from None
        if not kept:
            raise Refused(
                _("{host} ne retient pas les droits d'avant : rien n'a été mis en lecture seule.").format(
                    host=self.server.host
                )
            )

    def _verify(self, held: Rightsholders, touched: set[str]) -> None:
        """Looks again, at the shares and, for links that anybody can open, as a stranger does."""
        ids = {share.node for share in held.inside}
        now = [share for share in self.shares.all() if share.node in ids]
        left = [it for it in now if it.writes and not (it.drop and it.protected)]
        left += [it for it in now if it.id in touched and it.kind == LINK and not it.drop and self.writable(it)]
        if left:
            raise PlatformError(
                _("Malgré la demande, {count} partage(s) de « {slug} » permettent encore d'écrire.").format(
                    count=len(left), slug=self.slug
                ),
                _("Relancez la commande ; si cela persiste, retirez-les dans Nextcloud, onglet Partage du dossier."),
            )

    def writable(self, share: Share) -> bool:
        """Whether a stranger with the link may write, asked as that stranger. False when that cannot be asked."""
        if share.protected or not share.token:
            return False
        body = f'<?xml version="1.0"?><d:propfind {NAMESPACES}><d:prop><oc:permissions/></d:prop></d:propfind>'
        basic = base64.b64encode(f"{share.token}:".encode()).decode()
        headers = {"Depth": "1", "Content-Type": "application/xml", "Authorization": f"Basic {basic}"}
        with sending(anonymous=True, repeat=True):
            answer = self.server.http.request("PROPFIND", "public.php/webdav/", data=body.encode(), headers=headers)
        if answer.status_code != 207:
            return False
        try:
            letters = "".join(it.text or "" for it in read_xml(answer).iter(f"{OC}permissions"))
        except Garbled:
            return False
        return bool(set(letters) & set("WCKD"))


def read_former(root: Node) -> dict[str, int]:
    """What the freeze noted of the shares. Only the account can write there; it is checked all the same."""
    try:
        noted = json.loads(root.properties.get("frozen") or "{}")
    except ValueError:
        return {}
    if not isinstance(noted, dict):
        return {}
    return {
        str(key): value
        for key, value in noted.items()
        if isinstance(value, int) and not isinstance(value, bool) and LOST <= value <= 31
    }


def open_to_team(server: Server, places: Places, slug: str) -> None:
    """Shares the engagement's folder with the team's group, if there is one. Safe to repeat."""
    group = server.settings.team_group
    if group:
        Shares(server).share_with_group(places.engagement(slug), group, ALL_BUT_RESHARE)


def show_participants(shares: Shares, held: Rightsholders, path: str, where: str, wanted: Access) -> bool:
    """Makes a folder visible to participants, or hides it from them, as far as that is said of the folder itself.

    Returns whether anything had to be changed."""
    group = held.participants
    node = held.tree.nodes.get(path) if held.tree else None
    if not group or node is None or not node.folder:
        return False
    own = held.group_share(node, group)
    if wanted.read.strictness <= Rights.PARTICIPANTS.strictness:
        if any(it.kind == GROUP and it.group == group for it in held.covering(path)):
            return False
        shares.share_with_group(where, group, READ)
        return True
    if own is None:
        return False
    shares.delete(own.id)
    return True
