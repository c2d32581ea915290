"""Shares, and how recipients see them: as folders mounted in their own home."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from allies_sync.platforms.testing.clock import Clock
from allies_sync_nextcloud.testing.accounts import Accounts, random_text
from allies_sync_nextcloud.testing.names import nfc, numbered
from allies_sync_nextcloud.testing.tree import FileTree, Node

USER, GROUP, LINK, MAIL = 0, 1, 3, 4
KINDS = (USER, GROUP, LINK, MAIL)
"""In the order in which the server lists them."""


@dataclass(eq=False)
class Share:
    number: int
    kind: int
    node: Node
    owner: str
    """Whose file it is."""
    sharer: str
    """Who shared it: the owner, or a recipient who may re-share."""
    permissions: int
    created: int
    share_with: str | None = None
    token: str | None = None
    password: str | None = None
    password_hash: str | None = None
    expires: date | None = None
    label: str = ""
    note: str = ""
    hide_download: bool = False
    attributes: str | None = None
    target: str = "/"
    parent: int | None = None
    """For a link made by a recipient: the share through which he sees the folder. It ends with it."""
    targets: dict[str, str] = field(default_factory=dict)
    """Where a recipient has it, when that is not ``target``."""
    declined: set[str] = field(default_factory=set)

    @property
    def is_link(self) -> bool:
        return self.kind in (LINK, MAIL)

    def set_password(self, password: str | None) -> None:
        self.password = password or None
        self.password_hash = _hashed(password) if password else None

    def target_of(self, uid: str) -> str:
        return self.targets.get(uid, self.target)

    def downloads_refused(self) -> bool:
        wanted = (self.attributes or "").replace(" ", "")
        return '"key":"download"' in wanted and '"enabled":false' in wanted


@dataclass(frozen=True)
class Mount:
    """One shared node in a recipient's home; what several shares allow is added up."""

    path: tuple[str, ...]
    node: Node
    permissions: int
    shares: tuple[Share, ...]


class ShareBook:
    def __init__(self, clock: Clock, accounts: Accounts, tree: FileTree) -> None:
        self._clock = clock
        self._accounts = accounts
        self._tree = tree
        self._shares: dict[int, Share] = {}
        self.next_number = 1

    def __iter__(self) -> Iterator[Share]:
        """Shares that exist for the API: not ended, and of files that are not in the trash."""
        self._end_expired()
        return iter([share for share in self._shares.values() if self._tree.in_home(share.node)])

    def get(self, number: int) -> Share | None:
        return next((share for share in self if share.number == number), None)

    def by_token(self, token: str) -> Share | None:
        """The link of a token, in the trash or not."""
        self._end_expired()
        return next((share for share in self._shares.values() if share.token == token), None)

    def trashed(self, share: Share) -> bool:
        return not self._tree.in_home(share.node)

    def add(self, kind: int, node: Node, sharer: str, permissions: int, share_with: str | None = None) -> Share:
        share = Share(self.next_number, kind, node, node.owner, sharer, permissions, self._clock.second(), share_with)
        share.target = f"/{node.name}"
        if share.is_link:
            share.token = random_text(15)
        self._shares[share.number] = share
        self.next_number += 1
        return share

    def remove(self, share: Share) -> None:
        self._shares.pop(share.number, None)
        for child in [one for one in self._shares.values() if one.parent == share.number]:
            self.remove(child)

    def forget_node(self, node: Node) -> None:
        """A node is gone for good, with all below it."""
        for share in [one for one in self._shares.values() if node in (one.node, *one.node.ancestors())]:
            self.remove(share)

    def existing(self, node: Node, kind: int, share_with: str) -> Share | None:
        return next((one for one in self if (one.node, one.kind, one.share_with) == (node, kind, share_with)), None)

    def received(self, uid: str) -> list[Share]:
        """What others share with this user, users' shares before groups'."""
        of_user = [one for one in self if one.kind == USER and one.share_with == uid]
        of_groups = [
            one
            for one in self
            if one.kind == GROUP and uid not in one.declined and self._accounts.in_group(uid, one.share_with or "")
        ]
        return [one for one in of_user + of_groups if uid not in (one.owner, one.sharer) and one.permissions]

    def mounts(self, uid: str) -> list[Mount]:
        """In the order of their paths, each with its trailing slash."""
        together: dict[int, list[Share]] = {}
        for share in sorted(self.received(uid), key=lambda one: one.number):
            together.setdefault(share.node.fileid, []).append(share)
        home = self._tree.homes[uid]
        taken = {nfc(name) for name in home.children}
        mounts = []
        for shares in together.values():
            path = self._mount_path(uid, shares, taken)
            bits = 0
            for share in shares:
                bits |= share.permissions
            mounts.append(Mount(path, shares[0].node, bits, tuple(shares)))
        return sorted(mounts, key=lambda mount: ("/".join(mount.path) + "/").encode())

    def rename_mount(self, uid: str, mount: Mount, path: tuple[str, ...]) -> None:
        for share in mount.shares:
            share.targets[uid] = "/" + "/".join(path)

    def leave_mount(self, uid: str, mount: Mount) -> None:
        """A recipient deletes the mount: his own share goes, a group's is declined by him alone."""
        for share in mount.shares:
            if share.kind == USER:
                self.remove(share)
            else:
                share.declined.add(uid)

    def _mount_path(self, uid: str, shares: list[Share], taken: set[str]) -> tuple[str, ...]:
        first = shares[0]
        if uid not in first.targets:
            wanted = first.target.strip("/").split("/")
            free, number = wanted[-1], 2
            while nfc(free) in taken:
                free, number = numbered(wanted[-1], number), number + 1
            for share in shares:
                share.targets[uid] = "/" + "/".join([*wanted[:-1], free])
        path = tuple(first.targets[uid].strip("/").split("/"))
        if len(path) == 1:
            taken.add(nfc(path[0]))
        return path

    def _end_expired(self) -> None:
        today = self._clock.today()
        for share in [one for one in self._shares.values() if one.expires and one.expires <= today]:
            self.remove(share)


def _hashed(password: str) -> str:
    digest = hashlib.sha256(password.encode()).hexdigest()
    return f"3|$argon2id$v=19$m=65536,t=4,p=1${random_text(22)}${digest[:43]}"
