"""Users, groups, keys, sessions, and who is allowed what."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

ADMINS = "admins"
HOUR, QUARTER = 3600.0, 90 * 86400.0


@dataclass
class User:
    name: str
    email: str
    password: str
    signup: str
    """As the database writes it."""


@dataclass
class Session:
    number: str
    user: str = ""
    lasts: float = HOUR
    ends: float = 0.0
    flash: str = ""
    """What the next page shows as a message that passes."""
    tokens: dict[str, str] = field(default_factory=dict)
    """Against forged forms, by what they are for."""


@dataclass
class Login:
    """What the cookies ``name`` and ``token`` stand for."""

    user: str
    lasts: float
    ends: float


class Accounts:
    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.groups: dict[str, list[str]] = {ADMINS: []}
        self.keys: dict[str, str] = {}
        """User names by key, as ``api_allowed_keys`` has them the other way round."""
        self.sessions: dict[str, Session] = {}
        self.logins: dict[str, Login] = {}

    def by_login(self, text: str) -> User | None:
        found = (user for user in self.users.values() if text.lower() in (user.name.lower(), user.email.lower()))
        return next(found, None)

    def user_of_key(self, key: str) -> str:
        name = self.keys.get(key, "")
        return name if name in self.users else ""

    def is_admin(self, name: str) -> bool:
        return bool(name) and self.in_group(name, ADMINS)

    def in_group(self, name: str, group: str, depth: int = 5) -> bool:
        members = next((lines for known, lines in self.groups.items() if known.lower() == group.lower()), [])
        return any(
            line == name or (line.startswith("@") and depth > 0 and self.in_group(name, line[1:], depth - 1))
            for line in members
        )

    def allows(self, acl: str, name: str, owner: str) -> bool:
        """Whether a list of rights lets somebody in; ``name`` is empty for anybody unknown."""
        if self.is_admin(name) or (name and name == owner):
            return True
        return any(self._line_allows(line.strip(), name, owner) for line in acl.split("\n"))

    def _line_allows(self, line: str, name: str, owner: str) -> bool:
        """Each line may let somebody in; a negated one lets in everybody else."""
        rule, wanted = line.removeprefix("!"), not line.startswith("!")
        if not rule or rule.startswith("#"):
            return False
        if rule.startswith("*"):
            return wanted
        if rule.startswith("+"):
            return (bool(name) and name in self.users) == wanted
        if rule.startswith("%"):
            return (bool(name) and name == owner) == wanted
        if rule.startswith("@"):
            return len(rule) > 1 and (bool(name) and self.in_group(name, rule[1:])) == wanted
        return (bool(name) and rule == name) == wanted

    def session(self, number: str) -> Session:
        """The session of this number, or a new one."""
        if number not in self.sessions:
            number = secrets.token_hex(13)
            self.sessions[number] = Session(number)
        return self.sessions[number]

    def new_token(self, user: str, lasts: float, now: float) -> str:
        token = secrets.token_hex(20)
        self.logins[token] = Login(user, lasts, now + lasts)
        return token
