"""One request as YesWiki takes it apart: which page, which handler, which route, which fields."""

from __future__ import annotations

import json
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import unquote, unquote_plus

from allies_sync.platforms.testing.exchange import Request
from allies_sync_yeswiki.testing import php
from allies_sync_yeswiki.testing.php import Fields, Upload

POST_MAX_SIZE = 40 * 1024 * 1024
_SCRIPTS = ("/", "/index.php", "/wakka.php")


class Call:
    def __init__(self, request: Request, *, rewrite_mode: bool = False) -> None:
        self.request = request
        self.method = request.method
        self.path = unquote(request.raw_path)
        self.get = php.array(php.pairs_of(request.query))
        self.files: dict[str, Upload] = {}
        self.json: Any = None
        self.post = self._read_body()
        self.cookies = _cookies(request.headers.get("Cookie", ""))
        self.place = self._find_place(rewrite_mode)
        """What was asked for: ``TAG/handler``, ``api/forms/1``; None when it is no address of the wiki."""

    @property
    def tag(self) -> str:
        return (self.place or "").partition("/")[0]

    @property
    def handler(self) -> str:
        """In lower case; empty for showing the page."""
        return (self.place or "").partition("/")[2].lower()

    @property
    def route(self) -> list[str] | None:
        """The path of an API call below ``api``; None for pages."""
        if self.tag.lower() not in ("api", "doc"):
            return None
        return (self.place or "").rstrip("/").split("/")

    @property
    def fields(self) -> Fields:
        """``$_REQUEST``: the body's fields over those of the address."""
        return {**self.get, **self.post}

    def value(self, name: str) -> str:
        return php.texts(self.fields, name)

    def posted(self, name: str) -> str:
        return php.texts(self.post, name)

    def asked(self, name: str) -> str:
        return php.texts(self.get, name)

    def _read_body(self) -> Fields:
        body, kind = self.request.body, self.request.headers.get("Content-Type", "")
        if not body or len(body) > POST_MAX_SIZE:
            return {}
        if kind.startswith("application/x-www-form-urlencoded"):
            return php.array(php.pairs_of(body.decode("utf-8", "replace")))
        if kind.startswith("multipart/form-data"):
            pairs, self.files = php.multipart(kind, body)
            return php.array(pairs)
        try:
            self.json = json.loads(body)
        except ValueError:
            self.json = None
        return {}

    def _find_place(self, rewrite_mode: bool) -> str | None:
        if self.path not in _SCRIPTS:
            return self.path.strip("/") if rewrite_mode else None
        named = self.get.get("wiki")
        if isinstance(named, str):
            return named.strip("/")
        first = self.request.query.partition("&")[0]
        return "" if "=" in first else unquote_plus(first).strip("/")


def _cookies(header: str) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(header)
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}
