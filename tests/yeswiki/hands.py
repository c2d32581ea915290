"""A real wiki as a subject of the conformance suite: a person at its pages, and the weather around it."""

from __future__ import annotations

import html
import re
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
from tests.yeswiki.real import ADMIN, GROUP, PERSON, Wiki

OURS = (
    "(tag LIKE 'Essai%' OR tag LIKE 'Voisin%' OR tag LIKE 'Collectif%' OR tag REGEXP '^Liste?.*'"
    " AND body REGEXP 'allies-sync:(2027-essai|2027-voisin|_collectif)' OR tag LIKE 'Rep0%')"
)
FORMS = "bn_description REGEXP '^allies-sync:(2027-essai|2027-voisin|_collectif)'"
NO_PROXY: dict[str, str] = {"no_proxy": "127.0.0.1"}


class Wire(HTTPAdapter):
    """What goes to the wiki passes here: counted, cut, or the end of the process."""

    def __init__(self, hands: Hands) -> None:
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


class Hands(Subject):
    """A person of the team (in a group of the wiki), beside the admin as whom the tool works."""

    role = "wiki"

    def __init__(self, wiki: Wiki) -> None:
        self.wiki = wiki
        self.broken = False
        self.crash: int | None = None
        self.wires: list[Wire] = []
        self.person = self.signed_in(PERSON)
        self.admin = self.signed_in(ADMIN)
        self.clean()
        resource, acls = f"ThisWikiGroup:{GROUP}", "http://www.wikini.net/_vocabulary/acls"
        wiki.sql(f"DELETE FROM yeswiki_triples WHERE resource = '{resource}'")
        wiki.sql(f"INSERT INTO yeswiki_triples SET resource = '{resource}', property = '{acls}', value = '{PERSON}'")

    def signed_in(self, user: str) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {self.wiki.key(user)}"
        session.get(f"{self.wiki.url}/?api/triples/X&property=x", timeout=30)
        return session

    def open(self) -> YesWiki:
        settings = YesWikiSettings(url=self.wiki.url, user=ADMIN, team_group=GROUP)
        platform = YesWiki(Opening(self.role, settings, lambda: self.wiki.key(ADMIN)))
        wire = Wire(self)
        self.wires.append(wire)
        platform.server.session.mount("http://", wire)
        return platform

    # --- a person ---------------------------------------------------------------------------------------------

    def edit(self, kind: str, address: Address, text: str) -> None:
        if kind != "page":
            lacking(f"edit a {kind}")
        self.save(address.path, text)

    def create(self, kind: str, address: Address, text: str) -> None:
        if kind != "page":
            lacking(f"create a {kind}")
        self.save(address.path, text)

    def save(self, tag: str, text: str, session: requests.Session | None = None) -> None:
        session = session or self.person
        url = f"{self.wiki.url}/?{quote(tag)}/edit"
        editor = session.get(url, timeout=30).text
        found = re.search(r'name="previous" value="([^"]*)"', editor)
        if not found:
            raise PermissionError(tag)
        key = session.get(f"{self.wiki.url}/tools/security/wp-hashcash-getkey.php", timeout=30).text
        fields = {"body": text, "submit": "Sauver", "previous": html.unescape(found[1]), "hashcash_value": solve(key)}
        answer = session.post(url, data=fields, allow_redirects=False, timeout=30)
        if answer.status_code != 302:
            raise PermissionError(tag)

    def delete(self, kind: str, address: Address) -> None:
        if kind != "page":
            lacking(f"delete a {kind}")
        self.admin.delete(f"{self.wiki.url}/?api/pages/{quote(address.path)}", timeout=30).raise_for_status()

    # --- the weather ------------------------------------------------------------------------------------------

    def break_(self) -> None:
        self.broken = True

    def mend(self) -> None:
        self.broken = False

    def crash_after(self, requests: int | None) -> None:
        self.crash = requests

    # --- from outside -----------------------------------------------------------------------------------------

    def snapshot(self) -> Mapping[str, str]:
        pages = self.wiki.sql(f"SELECT tag, MD5(body) FROM yeswiki_pages WHERE latest = 'Y' AND {OURS}")
        forms = self.wiki.sql(f"SELECT bn_id_nature, MD5(bn_template) FROM yeswiki_nature WHERE {FORMS}")
        return {**dict(pages), **{f"formulaire {number}": body for number, body in forms}}

    def clean(self) -> None:
        """Away with all that the suite may have left."""
        tags = f"SELECT tag FROM yeswiki_pages WHERE {OURS}"
        names = "{0} LIKE 'Essai%' OR {0} LIKE 'Voisin%' OR {0} LIKE 'Collectif%'"
        page, triple = (f"{it} IN ({tags}) OR {names.format(it)}" for it in ("page_tag", "resource"))
        self.wiki.sql(
            f"DELETE FROM yeswiki_acls WHERE {page}; DELETE FROM yeswiki_triples WHERE {triple};"
            f" DELETE FROM yeswiki_pages WHERE {OURS};"
            f" DELETE FROM yeswiki_nature WHERE {FORMS};"
        )
