"""The very first opening with a wiki beside the files, killed after each request: a rerun comes to the same end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from allies_sync.engagements.carry import Outcome, carry_out
from allies_sync.engagements.config import load_config
from allies_sync.engagements.desk import Desk, open_desk
from allies_sync.engagements.opening import prepare_opening
from allies_sync.engagements.prepare import prepare
from allies_sync.model.engagement import Engagement
from allies_sync.platforms.conformance import Killed
from allies_sync.platforms.errors import PlatformError
from allies_sync_nextcloud.platform import NextcloudFiles
from allies_sync_nextcloud.testing import SimulatedNextcloud
from tests.nextcloud.stage import Stage
from tests.nextcloud.test_commands import CONFIG

SLUG = "2027-cooperation"
ENGAGEMENT = Engagement.model_validate(
    {"title": "Coopération", "template": "accompagnement", "client": {"name": "DLA"}, "start": "2027-03-12"}
)


class Place:
    """A server, and a wiki on this disk."""

    def __init__(self, server: SimulatedNextcloud, folder: Path) -> None:
        self.stage = Stage(server)
        self.folder = folder
        folder.mkdir()
        wiki = (folder / "wiki").as_posix()
        (folder / "allies-sync.toml").write_text(CONFIG.format(url=server.url, wiki=wiki), encoding="utf-8")

    @contextmanager
    def desk(self, dies_after: int | None = None) -> Iterator[Desk]:
        environ = {
            "ALLIES_SYNC_FILES_SECRET": "allies-password",
            "ALLIES_SYNC_CACHE": str(self.folder / "cache"),
            "ALLIES_SYNC_TODAY": "2027-01-15",
        }
        with open_desk(load_config(folder=self.folder), environ) as desk:
            files = desk.bound("files").platform
            assert isinstance(files, NextcloudFiles)
            http = files.server.http
            http.sleep = self.stage.server.clock.sleep
            left, send = [dies_after], http.send

            def doomed(request: Any, **options: Any) -> Any:
                if left[0] is not None:
                    left[0] -= 1
                    if left[0] < 0:
                        raise Killed
                return send(request, **options)

            http.send = doomed  # type: ignore[method-assign]
            yield desk

    def open(self, dies_after: int | None = None) -> Outcome | None:
        with suppress(Killed, PlatformError), self.desk(dies_after) as desk:
            return carry_out(desk, prepare_opening(desk, ENGAGEMENT))
        return None

    def picture(self) -> tuple[object, list[str]]:
        pages = [path.relative_to(self.folder).as_posix() for path in (self.folder / "wiki").rglob("*")]
        return self.stage.picture(), sorted(path for path in pages if "/." not in path)


@pytest.mark.slow
def test_killed_after_each_request(tmp_path: Path) -> None:
    with SimulatedNextcloud() as server:
        whole = Place(server, tmp_path / "whole")
        outcome = whole.open()
        assert outcome is not None and outcome.complete
        number, picture = len(server.log), whole.picture()
    for count in range(number + 1):
        with SimulatedNextcloud() as server:
            place = Place(server, tmp_path / str(count))
            place.open(dies_after=count)
            place.stage.later()
            again = place.open()
            assert again is not None and again.complete, count
            assert place.picture() == picture, f"killed after {count} of {number}"
            place.stage.later()
            with place.desk() as desk:
                assert prepare(desk, SLUG).idle, f"killed after {count} of {number}"
