"""Users, groups, app passwords and cookie sessions of the simulated server."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

ADMIN = "admin"
_READABLE = string.ascii_letters + string.digits


def random_text(length: int) -> str:
    return "".join(secrets.choice(_READABLE) for _ in range(length))


@dataclass
class User:
    uid: str
    password: str
    display_name: str
    email: str | None = None
    quota: int | None = None
    """Bytes; None is unlimited."""
    language: str | None = None
    enabled: bool = True
    last_login: int = 0
    subadmin_of: set[str] = field(default_factory=set)


@dataclass
class Group:
    gid: str
    display_name: str
    members: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class AppPassword:
    token: str
    uid: str
    name: str


@dataclass(frozen=True)
class Session:
    key: str
    uid: str
    token: str | None
    """The app password that opened it: it ends with it."""


class Accounts:
    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {ADMIN: Group(ADMIN, ADMIN)}
        self.app_passwords: dict[str, AppPassword] = {}
        self.sessions: dict[str, Session] = {}

    def user(self, name: str) -> User | None:
        """By user id in any case, as the server takes it in a URL."""
        alike = (user for uid, user in self.users.items() if uid.lower() == name.lower())
        return self.users.get(name) or next(alike, None)

    def by_login(self, login: str) -> User | None:
        user = self.user(login)
        if user is None and "@" in login:
            matching = [one for one in self.users.values() if one.email == login]
            user = matching[0] if len(matching) == 1 else None
        return user

    def check(self, login: str, secret: str) -> tuple[User, AppPassword | None] | None:
        """Who logs in with this, and through which app password; None when it does not fit."""
        user = self.by_login(login)
        if user is None or not user.enabled:
            return None
        app_password = self.app_passwords.get(secret)
        if app_password is not None:
            return (user, app_password) if app_password.uid == user.uid else None
        return (user, None) if secret == user.password else None

    def bearer(self, secret: str) -> tuple[User, AppPassword] | None:
        app_password = self.app_passwords.get(secret)
        user = self.users.get(app_password.uid) if app_password else None
        return (user, app_password) if user and app_password and user.enabled else None

    def new_app_password(self, uid: str, name: str = "test") -> str:
        token = random_text(72)
        self.app_passwords[token] = AppPassword(token, uid, name)
        return token

    def revoke(self, token: str) -> None:
        self.app_passwords.pop(token, None)
        self.sessions = {key: one for key, one in self.sessions.items() if one.token != token}

    def open_session(self, user: User, app_password: AppPassword | None) -> Session:
        session = Session(random_text(26), user.uid, app_password.token if app_password else None)
        self.sessions[session.key] = session
        return session

    def groups_of(self, uid: str) -> list[str]:
        return sorted(gid for gid, group in self.groups.items() if uid in group.members)

    def in_group(self, uid: str, gid: str) -> bool:
        return gid in self.groups and uid in self.groups[gid].members

    def is_admin(self, uid: str) -> bool:
        return self.in_group(uid, ADMIN)

    def add_group(self, gid: str, display_name: str | None = None) -> Group:
        return self.groups.setdefault(gid, Group(gid, display_name or gid))

    def add_member(self, gid: str, uid: str) -> None:
        members = self.groups[gid].members
        if uid not in members:
            members.append(uid)

    def remove_user(self, uid: str) -> None:
        self.users.pop(uid, None)
        for group in self.groups.values():
            if uid in group.members:
                group.members.remove(uid)
        for token in [token for token, one in self.app_passwords.items() if one.uid == uid]:
            self.revoke(token)
        self.sessions = {key: one for key, one in self.sessions.items() if one.uid != uid}
