"""Addresses as they stand in a page: pages of the same wiki by their names, so that a wiki may move."""

from __future__ import annotations

from urllib.parse import unquote

from allies_sync.platforms.interface import Space
from allies_sync_yeswiki.names import is_tag

REF = "ref:"


class Linker:
    """Turns ``ref:…`` and addresses into what a link of the wiki leads to."""

    def __init__(self, space: Space, base: str) -> None:
        self.space = space
        self.here = f"{base}/?"

    def __call__(self, target: str) -> str | None:
        if not target.startswith(REF):
            return target or None
        return self.of(target.removeprefix(REF))

    def of(self, key: str | None) -> str | None:
        """Where a resource is: the name of a page, or an address; None when that is not known."""
        address = self.space.addresses.get(key) if key else None
        if address is None or not address.url:
            return None
        return self.shortened(address.url)

    def shortened(self, url: str) -> str:
        if not url.startswith(self.here):
            return url
        rest = unquote(url.removeprefix(self.here))
        return rest if is_tag(rest) or rest.startswith("BazaR&") else url

    def path(self, key: str | None) -> str:
        """Where a resource is in the plugin's own terms, "" when that is not known."""
        address = self.space.addresses.get(key) if key else None
        return address.path if address else ""
