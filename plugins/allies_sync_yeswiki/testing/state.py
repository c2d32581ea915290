"""Everything that the simulated wiki knows, and how it is kept: what the database does."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from allies_sync.platforms.testing.clock import Clock
from allies_sync_yeswiki.testing import names
from allies_sync_yeswiki.testing.accounts import Accounts, User
from allies_sync_yeswiki.testing.hashcash import Hashcash
from allies_sync_yeswiki.testing.pages import PageTable, Revision
from allies_sync_yeswiki.testing.triples import ENTRY, METADATA, SOURCE_URL, TAG, TYPE, Triples

Dialect = Literal["444", "dev"]
Privilege = Literal["read", "write", "comment"]
READ_ONLY = (
    "Action désactivée car ce wiki est en lecture seule. Veuillez contacter l'administrateur pour le réactiver."
)
VISITOR = "127.0.0.1"


class WikiError(Exception):
    """An exception of PHP: a page with status 200, or an answer of the API with 500."""

    def __init__(self, message: str, place: str = "includes/services/PageManager.php:331", kind: str = "Exception"):
        super().__init__(message)
        self.message = message
        self.file, _, self.line = place.partition(":")
        self.kind = kind


class ReadOnly(WikiError):
    def __init__(self, place: str = "includes/services/AclService.php:94") -> None:
        super().__init__(READ_ONLY, place)


class DatabaseError(WikiError):
    def __init__(self, message: str) -> None:
        super().__init__(message, "includes/services/DbService.php:90", "mysqli_sql_exception")


@dataclass
class Config:
    """What the admin wrote into ``wakka.config.php``; named as there where that is a name in Python."""

    wakka_name: str = "Wiki d'essai"
    root_page: str = "PagePrincipale"
    timezone: str = "Europe/Paris"
    use_hashcash: bool = True
    use_captcha: bool = False
    default_read_acl: str = "*"
    default_write_acl: str = "*"
    default_comment_acl: str = "comments-closed"
    bazarIgnoreAcls: bool = True
    htmlPurifierActivated: bool = True
    allow_raw_html: bool = True
    wiki_status: str = ""
    rewrite_mode: bool = False
    revisionscount: int = 30
    display_errors: bool = False
    """Warnings of PHP within answers."""
    public_creation: bool = False
    """``'public' => true`` among the allowed keys."""
    config_writable: bool = True
    authorization_arrives: bool = True
    """False: the web server keeps the header ``Authorization`` for itself."""
    signup: bool = True


@dataclass
class Race:
    """Somebody else's save that comes between the check and the writing of the next save of a page."""

    tag: str
    body: str
    user: str = VISITOR
    duplicate: bool = False
    """Both revisions end up as the latest."""
    after: bool = False
    """Theirs is written right after ours, and so lies on top."""


@dataclass
class Stumble:
    """The next save of a page (of any, without a name) fails with "Duplicate entry", after or before it is stored."""

    tag: str | None
    stored: bool


@dataclass
class WikiState:
    dialect: Dialect = "444"
    base: str = "http://127.0.0.1"
    clock: Clock = field(default_factory=Clock)
    config: Config = field(default_factory=Config)
    accounts: Accounts = field(default_factory=Accounts)
    pages: PageTable = field(default_factory=PageTable)
    triples: Triples = field(default_factory=Triples)
    hashcash: Hashcash = field(default_factory=Hashcash)
    forms: dict[str, dict[str, str]] = field(default_factory=dict)
    """Columns by number, in the order in which they were made."""
    files: dict[str, bytes] = field(default_factory=dict)
    races: list[Race] = field(default_factory=list)
    stumbles: list[Stumble] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    colliding: tuple[int, frozenset[str]] | None = None
    """How many creations do not see each other, and the names (folded) that they all see as taken."""
    _acls: dict[str, dict[Privilege, str]] = field(default_factory=dict)

    @property
    def is_dev(self) -> bool:
        return self.dialect == "dev"

    @property
    def read_only(self) -> bool:
        return self.config.wiki_status in ("hibernate", "archiving", "updating")

    # -- time and addresses ---------------------------------------------------------------------------------------

    def database_time(self) -> str:
        return datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%d %H:%M:%S")

    def php_time(self) -> str:
        return datetime.fromtimestamp(self.clock.now(), ZoneInfo(self.config.timezone)).strftime("%Y-%m-%d %H:%M:%S")

    def url(self, place: str = "") -> str:
        """The absolute address of a page, as the wiki writes it."""
        return f"{self.base}/{'' if self.config.rewrite_mode else '?'}{place}"

    def folder(self) -> str:
        """Where the wiki's code lies, as its errors tell."""
        return "/srv/yeswiki" if self.is_dev else "/srv/yeswiki-444"

    # -- rights ---------------------------------------------------------------------------------------------------

    def acl(self, tag: str, privilege: Privilege) -> str:
        stored = self._acls.get(names.fold(tag), {})
        defaults = {
            "read": self.config.default_read_acl,
            "write": self.config.default_write_acl,
            "comment": self.config.default_comment_acl,
        }
        return stored.get(privilege, defaults[privilege])

    def has_acl(self, tag: str, privilege: Privilege) -> bool:
        return privilege in self._acls.get(names.fold(tag), {})

    def set_acl(self, tag: str, privilege: Privilege, text: str) -> None:
        if self.read_only:
            raise ReadOnly
        if len(tag) > names.LONGEST:
            raise DatabaseError("Data too long for column 'page_tag' at row 1")
        lines = re.sub(r"\s*,\s*", "\n", text).replace("\r", "").strip()
        self._acls.setdefault(names.fold(tag), {})[privilege] = lines

    def forget_acls(self, tag: str) -> None:
        """Back to what the configuration says, now and whenever it changes."""
        if self.read_only:
            raise ReadOnly
        self._acls.pop(names.fold(tag), None)

    def allows(self, privilege: Privilege, tag: str, user: str) -> bool:
        page = self.pages.get(tag)
        return self.accounts.allows(self.acl(tag, privilege), user, page.owner if page else "")

    def owns(self, tag: str, user: str) -> bool:
        page = self.pages.get(tag)
        return bool(user) and page is not None and page.owner == user

    def is_admin(self, user: str) -> bool:
        return self.accounts.is_admin(user)

    # -- writing --------------------------------------------------------------------------------------------------

    def save(self, tag: str, body: str, user: str, *, bypass_acls: bool = False) -> bool:
        """A new revision; False, and nothing else to tell it, when the rights do not allow it."""
        if self.read_only:
            raise ReadOnly("includes/services/PageManager.php:310")
        if not bypass_acls and not self.allows("write", tag, user):
            return False
        existing = self.pages.get(tag)
        if existing is None:
            for privilege in ("read", "write", "comment"):
                if not self.has_acl(tag, privilege):
                    self.set_acl(tag, privilege, self.acl(tag, privilege))
        stumble = self._next_stumble(tag)
        if stumble is not None and not stumble.stored:
            raise DatabaseError(f"Duplicate entry '{tag}' for key 'tag'")
        race = self._next_race(tag)
        if race is not None and not race.after:
            self._write(tag, race.body, race.user, existing)
        self._write(tag, body, user or VISITOR, existing, demote=race is None or not race.duplicate)
        if race is not None and race.after:
            self._write(tag, race.body, race.user, existing, demote=not race.duplicate)
        if stumble is not None:
            raise DatabaseError(f"Duplicate entry '{tag}' for key 'tag'")
        return True

    def _write(self, tag: str, body: str, writer: str, existing: Revision | None, *, demote: bool = True) -> None:
        owner = existing.owner if existing else writer if writer in self.accounts.users else ""
        self.pages.add(tag, self.database_time(), body, owner, writer, demote=demote)

    def is_taken(self, tag: str) -> bool:
        """Whether a name that the wiki would make from a title is in use, as far as this request can see."""
        return names.fold(tag) in self.colliding[1] if self.colliding else self.pages.get(tag) is not None

    def _next_race(self, tag: str) -> Race | None:
        found = next((race for race in self.races if names.fold(race.tag) == names.fold(tag)), None)
        if found is not None:
            self.races.remove(found)
        return found

    def _next_stumble(self, tag: str) -> Stumble | None:
        found = next(
            (one for one in self.stumbles if one.tag is None or names.fold(one.tag) == names.fold(tag)), None
        )
        if found is not None:
            self.stumbles.remove(found)
        return found

    def delete(self, tag: str) -> None:
        """A page with what belongs to it; facts of other kinds stay, and a list goes on being one."""
        if self.read_only:
            raise ReadOnly("includes/services/PageManager.php:260")
        entry = any(row.value == ENTRY for row in self.triples.find(tag, TYPE))
        self.pages.remove(tag)
        gone = {METADATA, TAG, *((TYPE, SOURCE_URL) if entry else ())}
        self.triples.remove([row for row in self.triples.find(tag) if row.property in gone])
        self._acls.pop(names.fold(tag), None)

    def add_user(self, name: str, password: str, email: str | None = None) -> User:
        user = User(name, email or f"{name.lower()}@example.org", password, self.database_time())
        self.accounts.users[name] = user
        return user

    def acls(self, tag: str) -> dict[Privilege, str]:
        """What is stored, without the defaults."""
        return dict(self._acls.get(names.fold(tag), {}))
