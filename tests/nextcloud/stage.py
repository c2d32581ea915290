"""A simulated server with people, a watchman at its links, and what stands there in words that can be compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import requests

from allies_sync.platforms.conformance import Killed
from allies_sync.platforms.http import Limits
from allies_sync.platforms.interface import Opening
from allies_sync_nextcloud.platform import NextcloudFiles
from allies_sync_nextcloud.settings import NextcloudSettings
from allies_sync_nextcloud.testing import SimulatedNextcloud
from tests.nextcloud.machine import SLUG, Machine

QUICK = Limits(patience=6.0, first_pause=0.01, longest_pause=0.05, tries=4)
GROUP = 1
LINK = 3


class Stage:
    """``windows``: each moment at which a stranger could have read what is in a drop box, or anything unlabelled."""

    def __init__(self, server: SimulatedNextcloud, *, group: str | None = "equipe") -> None:
        self.server = server
        self.group = group
        self.windows: list[str] = []
        self.platforms: list[NextcloudFiles] = []
        application = server.application
        answer = application._answer

        def watched(request: Any, entry: Any) -> Any:
            try:
                return answer(request, entry)
            finally:
                self._watch(entry)

        application._answer = watched  # type: ignore[method-assign]

    def _watch(self, entry: Any) -> None:
        for share in self.server.control.shares():
            if share.is_link and share.permissions & 1 and share.password is None and "depot" in share.label:
                self.windows.append(f"{entry}: {share}")

    def settings(self) -> NextcloudSettings:
        return NextcloudSettings(
            url=self.server.url,
            user="allies",
            team_group=self.group,
            participants_group="participants" if self.group else None,
        )

    def platform(self, *, dies_after: int | None = None) -> NextcloudFiles:
        """A new connection, to a process that dies when it sends one request too many."""
        platform = NextcloudFiles(Opening("files", self.settings(), lambda: "allies-password"), QUICK)
        platform.server.http.sleep = self.server.clock.sleep
        self.platforms.append(platform)
        if dies_after is not None:
            left = [dies_after]
            send = platform.server.http.send

            def doomed(request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
                if left[0] <= 0:
                    raise Killed
                left[0] -= 1
                return send(request, **kwargs)

            platform.server.http.send = doomed  # type: ignore[method-assign]
        return platform

    def machine(self, slug: str = SLUG, *, dies_after: int | None = None) -> Machine:
        return Machine(self.platform(dies_after=dies_after), slug)

    def later(self, seconds: float = 600) -> None:
        """Leases of the dead are over, and files have settled."""
        self.server.clock.advance(seconds)

    def count(self, work: Callable[[], object]) -> int:
        before = len(self.server.log)
        work()
        return len(self.server.log) - before

    # --- what stands there ------------------------------------------------------------------------------------

    def files(self) -> dict[str, bytes | None]:
        """All that people see, but the lease, which a dead run leaves, and what the description says of ETags."""
        listing = self.server.control.listing("allies")
        leases = [re.sub(r"verrou-.*", "", path) for path in listing if "verrou-" in path]
        assert len(leases) == len(set(leases)), leases
        found = {path: content for path, content in listing.items() if "verrou-" not in path}
        return {path: b"" if path.endswith("espace.json") else content for path, content in found.items()}

    def shares(self) -> list[str]:
        """All shares of anything, without numbers and tokens."""
        return sorted(
            f"{share.kind} {share.node.name} {share.permissions & 15} {share.share_with or share.label} "
            f"{share.expires or ''} {'closed' if share.password else ''}".strip()
            for share in self.server.control.shares()
        )

    def picture(self) -> tuple[dict[str, bytes | None], list[str]]:
        return self.files(), self.shares()

    def close(self) -> None:
        for platform in self.platforms:
            platform.close()
