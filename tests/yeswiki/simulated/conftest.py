from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from allies_sync_yeswiki.testing import SimulatedWiki

_PAIR = re.compile(r"\[(\d+)\] = (\d+) \^ (\d+);")


def solved(script: str) -> str:
    """The hashcash value, by another way than the plugin's."""
    words = [int(first) ^ int(second) for _, first, second in _PAIR.findall(script)]
    inner = b"".join(word.to_bytes(4, "little") for word in words).decode()
    return str(sum(int(number) for number in re.findall(r"= (\d+);", inner)))


class Hands:
    """One client of a wiki, with its cookies, that follows no redirect."""

    def __init__(self, wiki: SimulatedWiki, key: str | None = None) -> None:
        self.wiki = wiki
        self.http = requests.Session()
        if key is not None:
            self.http.get(f"{wiki.url}/?api/forms/1", headers=wiki.bearer(key), timeout=10)

    def get(self, place: str, **options: Any) -> requests.Response:
        return self.send("GET", place, **options)

    def post(self, place: str, data: Any = None, **options: Any) -> requests.Response:
        return self.send("POST", place, data=data, **options)

    def send(self, method: str, place: str, **options: Any) -> requests.Response:
        options.setdefault("timeout", 10)
        return self.http.request(method, f"{self.wiki.url}/{place}", allow_redirects=False, **options)

    def riddle(self) -> str:
        self.get("?PagePrincipale/edit")
        return solved(self.get("tools/security/wp-hashcash-getkey.php").text)

    def edit(self, tag: str, body: str, previous: object = "", riddle: str | None = None) -> requests.Response:
        value = self.riddle() if riddle is None else riddle
        form = {"body": body, "submit": "Sauver", "previous": str(previous), "hashcash_value": value}
        return self.post(f"?{tag}/edit", form)


@pytest.fixture(params=["444", "dev"])
def wiki(request: pytest.FixtureRequest) -> Iterator[SimulatedWiki]:
    with SimulatedWiki(request.param) as wiki:
        yield wiki


@pytest.fixture
def tool(wiki: SimulatedWiki) -> Hands:
    """The service account, with the cookies that its key brings."""
    from allies_sync_yeswiki.testing import KEY

    return Hands(wiki, KEY)


@pytest.fixture
def visitor(wiki: SimulatedWiki) -> Hands:
    return Hands(wiki)
