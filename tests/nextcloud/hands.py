"""People at a server: what they do with a browser or a client, done with plain requests."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import requests

from allies_sync.platforms.conformance import Killed, Subject
from allies_sync.platforms.http import Limits
from allies_sync.platforms.interface import Address, Opening, Platform
from allies_sync_nextcloud.platform import NextcloudFiles
from allies_sync_nextcloud.settings import NextcloudSettings

QUICK = Limits(patience=6.0, first_pause=0.05, longest_pause=0.5, tries=6)
IDS = '<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><oc:fileid/></d:prop></d:propfind>'
SLUG = "2027-essai"


class Person:
    """Somebody with an account."""

    def __init__(self, url: str, name: str, secret: str) -> None:
        self.url = url
        self.name = name
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (name, secret)
        self.session.headers["User-Agent"] = f"person {name}"

    def dav(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        url = f"{self.url}/remote.php/dav/files/{self.name}/{quote(path)}"
        return self.session.request(method, url, timeout=60, **kwargs)

    def ocs(self, method: str, path: str, **kwargs: Any) -> Any:
        url = f"{self.url}/ocs/v2.php/{path}{'&' if '?' in path else '?'}format=json"
        answer = self.session.request(method, url, headers={"OCS-APIRequest": "true"}, timeout=60, **kwargs)
        answer.raise_for_status()
        return answer.json()["ocs"]["data"]

    def shares(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ocs("GET", "apps/files_sharing/api/v1/shares?reshares=true")
        return found

    def listing(self, path: str, depth: str = "infinity") -> dict[str, str]:
        """Numbers by path."""
        answer = self.dav("PROPFIND", path, headers={"Depth": depth}, data=IDS)
        rows = re.findall(r"<d:href>([^<]*)</d:href>.*?<oc:fileid>(\d+)<", answer.text, re.DOTALL)
        prefix = f"/remote.php/dav/files/{self.name}/"
        return {unquote(href).removeprefix(prefix).strip("/"): number for href, number in rows}

    def mount_of(self, number: str) -> str:
        """Where a shared folder stands in this person's files."""
        found = [path for path, it in self.listing("", "1").items() if it == number]
        if not found:
            raise PermissionError("not shared with this person")
        return found[0]


class Hands(Subject):
    """A server with an account for the tool, and a person of the team."""

    role = "files"
    shared_by_processes = True

    def __init__(self, url: str, secrets: Mapping[str, str], *, group: str | None, participants: str | None) -> None:
        self.url = url
        self.secrets = secrets
        self.root = f"Essais/{uuid.uuid4().hex[:12]}"
        self.group = group
        self.participants = participants
        self.account = Person(url, "allies", secrets["allies"])
        self.person = Person(url, "alice", secrets["alice"]) if group else self.account
        self.broken = False
        self.left: int | None = None
        #: how the tool waits, where the server's clock can be moved
        self.sleep: Callable[[float], None] | None = None
        self.opened: list[NextcloudFiles] = []

    def settings(self) -> NextcloudSettings:
        return NextcloudSettings(
            url=self.url, user="allies", root=self.root, team_group=self.group, participants_group=self.participants
        )

    def open(self) -> Platform:
        secret = self.secrets["allies"]
        platform = NextcloudFiles(Opening("files", self.settings(), lambda: secret), QUICK)
        if self.sleep is not None:
            platform.server.http.sleep = self.sleep
        self.opened.append(platform)
        left = [self.left]
        send = platform.server.http.send

        def weather(request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
            if self.broken:
                raise requests.ConnectionError("broken")
            if left[0] is not None:
                if left[0] <= 0:
                    raise Killed
                left[0] -= 1
            return send(request, **kwargs)

        platform.server.http.send = weather  # type: ignore[method-assign]
        return platform

    def clean(self) -> None:
        """Also out of the trash: shares of what is in there slow every list of shares down. Not all of the trash:
        other tests may be running."""
        self.account.dav("DELETE", self.root)
        name = self.root.rpartition("/")[2]
        trash = f"{self.url}/remote.php/dav/trashbin/{self.account.name}/trash"
        listing = self.account.session.request("PROPFIND", trash, headers={"Depth": "1"}, timeout=60).text
        for found in set(re.findall(rf"/({name}\.d\d+)/?<", listing)):
            self.account.session.delete(f"{trash}/{found}", timeout=60)

    # --- a person -----------------------------------------------------------------------------------------------

    def _slug(self, address: Address) -> str:
        if address.url is None:
            return SLUG
        folder = parse_qs(urlsplit(address.url).query).get("dir", [""])[0]
        inside = folder.strip("/").removeprefix(f"{self.root}/")
        return inside.split("/")[0]

    def _path(self, address: Address) -> str:
        slug = self._slug(address)
        if not self.group:
            return f"{self.root}/{slug}/{address.path}"
        number = self.account.listing(f"{self.root}/{slug}", "0")[f"{self.root}/{slug}"]
        return f"{self.person.mount_of(number)}/{address.path}"

    def _allowed(self, answer: requests.Response) -> None:
        if answer.status_code == 403:
            raise PermissionError(answer.text)
        assert answer.ok, (answer.status_code, answer.text)

    def edit(self, kind: str, address: Address, text: str) -> None:
        self._allowed(self.person.dav("PUT", self._path(address), data=text.encode()))

    def delete(self, kind: str, address: Address) -> None:
        if kind == "share":
            self.account.ocs("DELETE", f"apps/files_sharing/api/v1/shares/{address.path.rpartition('/')[2]}")
            return
        self._allowed(self.person.dav("DELETE", self._path(address)))

    def rename(self, kind: str, address: Address, name: str) -> None:
        path = self._path(address)
        to = f"{self.url}/remote.php/dav/files/{self.person.name}/{quote(path.rpartition('/')[0])}/{quote(name)}"
        self._allowed(self.person.dav("MOVE", path, headers={"Destination": to}))

    def create(self, kind: str, address: Address, text: str) -> None:
        if address.path.startswith(f"{self.root}/"):
            segments = address.path.split("/")
            for end in range(1, len(segments) + 1):
                self.account.dav("MKCOL", "/".join(segments[:end]))
            return
        # people are let into a place that is being made when the first things are in it: here they are there before
        for platform in self.opened:
            platform.present.let_in(self._slug(address))
        if kind == "folder":
            self._allowed(self.person.dav("MKCOL", self._path(address)))
        else:
            self._allowed(self.person.dav("PUT", self._path(address), data=text.encode()))

    # --- the weather, and looking from outside -------------------------------------------------------------------

    def break_(self) -> None:
        self.broken = True

    def mend(self) -> None:
        self.broken = False

    def crash_after(self, requests: int | None) -> None:
        self.left = requests

    def snapshot(self) -> Mapping[str, str]:
        files = self.account.listing(self.root)
        shares = [it for it in self.account.shares() if str(it["item_source"]) in set(files.values())]
        links = {f"link {it['id']}": f"{it['path']} {it['permissions']}" for it in shares if it["share_type"] == 3}
        groups: dict[str, str] = {}
        for share in shares:
            if share["share_type"] != 3:
                number = str(share["item_source"])
                groups[number] = f"{groups.get(number, number)} {share['share_with']}={share['permissions']}"
        # a lease changes its name all the time
        named = {re.sub(r"verrou-.*", "verrou", path): groups.get(it, it) for path, it in files.items()}
        return {**named, **links}
