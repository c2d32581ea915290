"""A wiki, real or simulated, as a subject of the conformance suite: a person at its pages, and the weather."""

from __future__ import annotations

import html
import re
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

from allies_sync.platforms.conformance import Killed, Subject
from allies_sync.platforms.conformance.subject import lacking
from allies_sync.platforms.interface import Address, Opening
from allies_sync_yeswiki.hashcash import solve
from allies_sync_yeswiki.platform import YesWiki
from allies_sync_yeswiki.settings import YesWikiSettings
from allies_sync_yeswiki.testing import KEY, SERVICE, SimulatedWiki
from tests.yeswiki.real import ADMIN, GROUP, PERSON, Wiki

OURS = (
    "(tag LIKE 'Essai%' OR tag LIKE 'Voisin%' OR tag LIKE 'Collectif%' OR tag REGEXP '^Liste?.*'"
    " AND body REGEXP 'allies-sync:(2027-essai|2027-voisin|_collectif)' OR tag LIKE 'Rep0%' OR tag LIKE 'Papier%')"
)
FORMS = "bn_description REGEXP '^allies-sync:(2027-essai|2027-voisin|_collectif)'"
NO_PROXY: dict[str, str] = {"no_proxy": "127.0.0.1"}


class Wire(HTTPAdapter):
    """What goes to the wiki passes here: counted, cut, or the end of the process."""

    def __init__(self, hands: Person) -> None:
        super().__init__()
        self.hands = hands
        self.left = hands.crash
        self.requests: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self.hands.broken:
            raise requests.ConnectionError("the wire is cut")
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed
        self.requests.append(f"{request.method} {request.url}")
        return super().send(request, *args, **kwargs)


class Person(Subject):
    """A person of the team at a wiki's pages, with the cookies of its session; ``admin`` is the tool's account."""

    role = "wiki"
    url: str
    person: requests.Session
    admin: requests.Session

    def __init__(self) -> None:
        self.broken = False
        self.crash: int | None = None
        self.wires: list[Wire] = []

    def open(self) -> YesWiki:
        platform = self.connect()
        wire = Wire(self)
        self.wires.append(wire)
        platform.server.session.mount("http://", wire)
        return platform

    @abstractmethod
    def connect(self) -> YesWiki:
        """The platform under test, as another machine opens it."""

    # --- a person ---------------------------------------------------------------------------------------------

    def edit(self, kind: str, address: Address, text: str) -> None:
        if kind == "entry":
            self.fill(address.path, text)
        elif kind == "page":
            self.save(address.path, text)
        else:
            lacking(f"edit a {kind}")

    def create(self, kind: str, address: Address, text: str) -> None:
        if kind not in ("page", "entry"):
            lacking(f"create a {kind}")
        self.save(address.path, text)

    def fill(self, tag: str, text: str) -> None:
        """Writes into the first long text of an entry, through the wiki's own form."""
        url = f"{self.url}/?{quote(tag)}/edit"
        named = re.search(r'<textarea[^>]*name="(bf_[^"]+)"', self.person.get(url, timeout=30).text)
        if not named:
            raise PermissionError(tag)
        fields = {named[1]: text, "bf_titre": "Un titre", "antispam": "1"}
        answer = self.person.post(url, data=fields, allow_redirects=False, timeout=30)
        if answer.status_code != 302:
            raise PermissionError(tag)

    def save(self, tag: str, text: str, session: requests.Session | None = None) -> None:
        session = session or self.person
        url = f"{self.url}/?{quote(tag)}/edit"
        editor = session.get(url, timeout=30).text
        found = re.search(r'name="previous" value="([^"]*)"', editor)
        if not found:
            raise PermissionError(tag)
        key = session.get(f"{self.url}/tools/security/wp-hashcash-getkey.php", timeout=30).text
        fields = {"body": text, "submit": "Sauver", "previous": html.unescape(found[1]), "hashcash_value": solve(key)}
        answer = session.post(url, data=fields, allow_redirects=False, timeout=30)
        if answer.status_code != 302:
            raise PermissionError(tag)

    def delete(self, kind: str, address: Address) -> None:
        if kind not in ("page", "entry"):
            lacking(f"delete a {kind}")
        self.admin.delete(f"{self.url}/?api/pages/{quote(address.path)}", timeout=30).raise_for_status()

    # --- the weather ------------------------------------------------------------------------------------------

    def break_(self) -> None:
        self.broken = True

    def mend(self) -> None:
        self.broken = False

    def crash_after(self, requests: int | None) -> None:
        self.crash = requests


def signed_in(url: str, key: str) -> requests.Session:
    """A session with the cookies that a key brings."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {key}"
    session.get(f"{url}/?api/triples/X&property=x", timeout=30)
    return session


class Hands(Person):
    """A real wiki: the person is in a group of the wiki, the tool is an admin."""

    def __init__(self, wiki: Wiki) -> None:
        super().__init__()
        self.wiki, self.url = wiki, wiki.url
        self.person = signed_in(wiki.url, wiki.key(PERSON))
        self.admin = signed_in(wiki.url, wiki.key(ADMIN))
        self.clean()
        resource, acls = f"ThisWikiGroup:{GROUP}", "http://www.wikini.net/_vocabulary/acls"
        wiki.sql(f"DELETE FROM yeswiki_triples WHERE resource = '{resource}'")
        wiki.sql(f"INSERT INTO yeswiki_triples SET resource = '{resource}', property = '{acls}', value = '{PERSON}'")

    def connect(self) -> YesWiki:
        settings = YesWikiSettings(url=self.wiki.url, user=ADMIN, team_group=GROUP)
        return YesWiki(Opening(self.role, settings, lambda: self.wiki.key(ADMIN)))

    # --- from outside -----------------------------------------------------------------------------------------

    def snapshot(self) -> Mapping[str, str]:
        pages = self.wiki.sql(f"SELECT tag, MD5(body) FROM yeswiki_pages WHERE latest = 'Y' AND {OURS}")
        forms = self.wiki.sql(f"SELECT bn_id_nature, MD5(bn_template) FROM yeswiki_nature WHERE {FORMS}")
        return {**dict(pages), **{f"formulaire {number}": body for number, body in forms}}

    def clean(self) -> None:
        """Away with all that the suite may have left."""
        tags = f"SELECT tag FROM yeswiki_pages WHERE {OURS}"
        names = "{0} LIKE 'Essai%' OR {0} LIKE 'Voisin%' OR {0} LIKE 'Collectif%' OR {0} LIKE 'Papier%'"
        page, triple = (f"{it} IN ({tags}) OR {names.format(it)}" for it in ("page_tag", "resource"))
        self.wiki.sql(
            f"DELETE FROM yeswiki_acls WHERE {page}; DELETE FROM yeswiki_triples WHERE {triple};"
            f" DELETE FROM yeswiki_pages WHERE {OURS};"
            f" DELETE FROM yeswiki_nature WHERE {FORMS};"
        )


class SimulatedHands(Person):
    """A simulated wiki: the same people, and a look at all that it holds."""

    def __init__(self, wiki: SimulatedWiki) -> None:
        super().__init__()
        self.wiki, self.url = wiki, wiki.url
        wiki.control.add_user("Membre", GROUP, key="cle-de-membre")
        self.person = signed_in(wiki.url, "cle-de-membre")
        self.admin = signed_in(wiki.url, KEY)
        self.before = frozenset(self.everything())

    def connect(self) -> YesWiki:
        settings = YesWikiSettings(url=self.url, user=SERVICE, team_group=GROUP)
        platform = YesWiki(Opening(self.role, settings, lambda: KEY))
        platform.server.session.sleep = self.wiki.clock.sleep
        return platform

    def everything(self) -> dict[str, str]:
        shown = self.wiki.control.snapshot()
        forms = {f"formulaire {number}": str(form) for number, form in shown["forms"].items()}
        return {**{tag: str(content) for tag, content in shown["pages"].items()}, **forms}

    def snapshot(self) -> Mapping[str, str]:
        return {name: text for name, text in self.everything().items() if name not in self.before}
