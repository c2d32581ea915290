"""What a test does to the simulated server behind its back: people, policies, troubles, time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from allies_sync.platforms.testing.clock import Clock
from allies_sync_nextcloud.testing import faults as trouble
from allies_sync_nextcloud.testing import names
from allies_sync_nextcloud.testing.accounts import User
from allies_sync_nextcloud.testing.app import Application
from allies_sync_nextcloud.testing.exchange import Request
from allies_sync_nextcloud.testing.faults import Fault, Plan
from allies_sync_nextcloud.testing.shares import GROUP, USER, Mount, Share
from allies_sync_nextcloud.testing.state import Flow, Policies, ServerState, Version
from allies_sync_nextcloud.testing.throttle import LOGIN
from allies_sync_nextcloud.testing.tree import File, Folder, Node


class Control:
    """All of it acts at once, without a request, and does not appear in the log."""

    def __init__(self, state: ServerState, application: Application) -> None:
        self.state = state
        self._faults = application.faults

    # -- the server ---------------------------------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        return self.state.clock

    @property
    def policies(self) -> Policies:
        """Settings to change in place: ``control.policies.link_password_enforced = True``."""
        return self.state.policies

    @property
    def maintenance(self) -> bool:
        return self.state.maintenance

    @maintenance.setter
    def maintenance(self, on: bool) -> None:
        self.state.maintenance = on

    @property
    def needs_upgrade(self) -> bool:
        return self.state.needs_upgrade

    @needs_upgrade.setter
    def needs_upgrade(self, on: bool) -> None:
        self.state.needs_upgrade = on

    @property
    def real_delays(self) -> bool:
        return self.state.real_delays

    @real_delays.setter
    def real_delays(self, on: bool) -> None:
        self.state.real_delays = on

    def set_version(self, major: int, minor: int = 0, micro: int = 0) -> None:
        self.state.version = Version(major, minor, micro, f"{major}.{minor}.{micro}")

    # -- people -------------------------------------------------------------------------------------------------

    def add_user(
        self, uid: str, password: str | None = None, display_name: str | None = None, groups: tuple[str, ...] = ()
    ) -> User:
        with self.state.lock:
            return self.state.add_user(uid, password, display_name, groups)

    def user(self, uid: str) -> User:
        return self.state.accounts.users[uid]

    def add_group(self, gid: str, *members: str) -> None:
        with self.state.lock:
            self.state.accounts.add_group(gid)
            for uid in members:
                self.state.accounts.add_member(gid, uid)

    def app_password(self, uid: str) -> str:
        with self.state.lock:
            return self.state.accounts.new_app_password(uid)

    def revoke(self, token: str) -> None:
        with self.state.lock:
            self.state.accounts.revoke(token)

    def end_sessions(self) -> None:
        """As a restart or an hour of silence does: cookies are worth nothing any more."""
        with self.state.lock:
            self.state.accounts.sessions.clear()

    def set_quota(self, uid: str, size: int | None) -> None:
        self.user(uid).quota = size

    def approve_login(self, uid: str, flow: Flow | None = None) -> None:
        """What a person does in the browser: grants the last login flow that was started (or this one)."""
        with self.state.lock:
            flow = flow or self.state.flows[-1]
            token = self.state.accounts.new_app_password(uid)
            server = self.state.flow_base or flow.server
            flow.granted = {"server": server, "loginName": uid, "appPassword": token}

    def lead_logins_to(self, base: str | None) -> None:
        """The login flow names another address than the one that was asked, as a wrong or hostile server does."""
        self.state.flow_base = base

    def failed_logins(self, count: int, action: str = LOGIN) -> None:
        """As if somebody behind the same address had just mistyped a password ``count`` times."""
        self.state.throttle.add_attempts(count, action)

    def forget_failed_logins(self) -> None:
        self.state.throttle.reset()

    # -- files, as their owner sees them ------------------------------------------------------------------------

    def node(self, uid: str, path: str) -> Node | None:
        node: Node | None = self.state.tree.homes[uid]
        for name in names.split_path(path):
            node = node.children.get(names.nfc(name)) if isinstance(node, Folder) else None
        return node

    def make_folder(self, uid: str, path: str) -> Folder:
        """With all folders on the way."""
        with self.state.lock:
            folder = self.state.tree.homes[uid]
            for name in map(names.nfc, names.split_path(path)):
                child = folder.children.get(name)
                child = child if isinstance(child, Folder) else self.state.tree.make_folder(folder, name)
                folder = child
            return folder

    def write(self, uid: str, path: str, content: bytes | str, *, seconds_later: float = 1) -> File:
        """As a person would, a second later than whatever happened before (0: within the same second)."""
        self.clock.advance(seconds_later)
        data = content.encode() if isinstance(content, str) else content
        with self.state.lock:
            existing = self.node(uid, path)
            if isinstance(existing, File):
                self.state.tree.write(existing, data)
                existing.checksums = ""
                return existing
            *folders, name = map(names.nfc, names.split_path(path))
            return self.state.tree.make_file(self.make_folder(uid, "/".join(folders)), name, data)

    def read(self, uid: str, path: str) -> bytes:
        node = self.node(uid, path)
        if not isinstance(node, File):
            raise FileNotFoundError(path)
        return node.content

    def remove(self, uid: str, path: str) -> None:
        with self.state.lock:
            self.state.tree.delete(self._existing(uid, path))

    def rename(self, uid: str, path: str, new_path: str) -> None:
        with self.state.lock:
            node = self._existing(uid, path)
            *folders, name = names.split_path(new_path)
            self.state.tree.move(node, self.make_folder(uid, "/".join(folders)), names.nfc(name))

    def _existing(self, uid: str, path: str) -> Node:
        node = self.node(uid, path)
        if node is None:
            raise FileNotFoundError(path)
        return node

    def listing(self, uid: str) -> dict[str, bytes | None]:
        """Everything in a home: the content of files, None for folders. Two equal ones are equal workspaces."""
        with self.state.lock:
            nodes = [node for node in self.state.tree.nodes() if node.owner == uid and node.parent is not None]
            return {node.path(): node.content if isinstance(node, File) else None for node in nodes}

    # -- shares -------------------------------------------------------------------------------------------------

    def shares(self, path: str | None = None) -> list[Share]:
        with self.state.lock:
            return [share for share in self.state.shares if path is None or share.node.path() == path]

    def share(self, uid: str, path: str, kind: int, share_with: str | None = None, permissions: int = 31) -> Share:
        """As a person would, without the API's checks."""
        with self.state.lock:
            return self.state.shares.add(kind, self._existing(uid, path), uid, permissions, share_with)

    def share_with_user(self, uid: str, path: str, recipient: str, permissions: int = 31) -> Share:
        return self.share(uid, path, USER, recipient, permissions)

    def share_with_group(self, uid: str, path: str, gid: str, permissions: int = 31) -> Share:
        return self.share(uid, path, GROUP, gid, permissions)

    def received(self, uid: str) -> list[Mount]:
        """What a person sees of others' files, with the rights that all shares together give."""
        with self.state.lock:
            return self.state.shares.mounts(uid)

    # -- troubles -----------------------------------------------------------------------------------------------

    def inject(
        self,
        fault: Fault,
        *,
        at: int = 1,
        times: int | None = 1,
        method: str | None = None,
        path: str | None = None,
        when: Callable[[Request], bool] | None = None,
    ) -> Plan:
        """``fault`` strikes the ``at``-th request from now on that matches, and ``times`` in all (None: for ever)."""
        return self._faults.add(Plan(fault, at, times, method, path, when=when))

    def drop(self, at: int = 1, *, effect: bool, times: int | None = 1) -> Plan:
        """The connection breaks at the ``at``-th request from now: before its effect, or after it."""
        return self.inject(trouble.Drop(effect=effect), at=at, times=times)

    def lock(self, path: str | None = None, *, times: int | None = None, failure: bool = False) -> Plan:
        """Writes get 423 (or the 500 that is a lock): of a path and all below it, or of anything; reads do not."""
        fault = trouble.LockFailure() if failure else trouble.Locked()
        plan = Plan(fault, 1, times, None, path, below=path is not None, when=_writes)
        return self._faults.add(plan)

    def unlock(self, plan: Plan) -> None:
        self._faults.remove(plan)

    def clear_faults(self) -> None:
        self._faults.clear()

    @contextlib.contextmanager
    def in_maintenance(self) -> Iterator[None]:
        self.maintenance = True
        try:
            yield
        finally:
            self.maintenance = False

    @contextlib.contextmanager
    def with_policies(self, **changed: object) -> Iterator[None]:
        former = self.state.policies
        self.state.policies = replace(former, **changed)  # type: ignore[arg-type]
        try:
            yield
        finally:
            self.state.policies = former


def _writes(request: Request) -> bool:
    return request.method in ("PUT", "MKCOL", "DELETE", "MOVE", "COPY", "POST", "PROPPATCH")
