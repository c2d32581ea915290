"""Everything that the simulated server knows, in one place."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from allies_sync.platforms.testing.clock import Clock
from allies_sync_nextcloud.testing.accounts import Accounts, User, random_text
from allies_sync_nextcloud.testing.shares import ShareBook
from allies_sync_nextcloud.testing.throttle import Throttle
from allies_sync_nextcloud.testing.tree import FileTree, stored_bytes


@dataclass
class Policies:
    """What the administrator decided about sharing; visible in the capabilities, mostly."""

    sharing: bool = True
    links: bool = True
    public_upload: bool = True
    link_password_enforced: bool = False
    link_expiry_days: int | None = None
    """Links get this expiry when none is asked for."""
    link_expiry_enforced: bool = False
    internal_expiry_days: int | None = None
    internal_expiry_enforced: bool = False
    groups: bool = True
    group_members_only: bool = False
    outgoing_federation: bool = True
    default_permissions: int = 31


@dataclass
class Flow:
    """One login flow: its poll token, the token of the page that the person opens, and what was granted."""

    poll_token: str
    page_token: str
    started: float
    server: str
    granted: dict[str, str] | None = None


@dataclass
class Version:
    major: int = 27
    minor: int = 1
    micro: int = 10
    text: str = "27.1.10 RC1"

    @property
    def number(self) -> str:
        return f"{self.major}.{self.minor}.{self.micro}.0"


@dataclass
class ServerState:
    clock: Clock = field(default_factory=Clock)
    instance: str = "ocsimulation"
    maintenance: bool = False
    needs_upgrade: bool = False
    real_delays: bool = False
    """Whether failed logins make others wait for real; otherwise only the server's clock moves on."""
    version: Version = field(default_factory=Version)
    policies: Policies = field(default_factory=Policies)
    accounts: Accounts = field(default_factory=Accounts)
    flows: list[Flow] = field(default_factory=list)
    flow_base: str | None = None
    """Another address for the pages of the login flow than the one that was asked."""
    properties: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """Dead properties by (user, path): they belong to a path, not to a file, and to the user who set them."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.tree = FileTree(self.clock)
        self.throttle = Throttle(self.clock)
        self.shares = ShareBook(self.clock, self.accounts, self.tree)

    def add_user(
        self,
        uid: str,
        password: str | None = None,
        display_name: str | None = None,
        groups: tuple[str, ...] = (),
    ) -> User:
        user = User(uid, password or random_text(20), display_name or uid)
        self.accounts.users[uid] = user
        self.tree.add_home(uid)
        for gid in groups:
            self.accounts.add_group(gid)
            self.accounts.add_member(gid, uid)
        return user

    def oc_fileid(self, fileid: int) -> str:
        return f"{fileid:08d}{self.instance}"

    def used(self, uid: str) -> int:
        return stored_bytes(self.tree.homes[uid])

    def free(self, uid: str) -> int | None:
        """Bytes left under the user's quota; None without one."""
        user = self.accounts.users.get(uid)
        if user is None or user.quota is None:
            return None
        return max(0, user.quota - self.used(uid))
