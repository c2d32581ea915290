"""The conformance suite on the simulated server: with the groups of a collective, and with a single account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from allies_sync.platforms.conformance import Conformance
from allies_sync_nextcloud.testing import SimulatedNextcloud
from tests.nextcloud.hands import Hands


class TestSimulated(Conformance):
    @pytest.fixture(params=["groups", pytest.param("alone", marks=pytest.mark.slow)])
    def subject(self, request: pytest.FixtureRequest) -> Iterator[Hands]:
        groups = request.param == "groups"
        with SimulatedNextcloud() as server:
            hands = Hands(
                server.url,
                {name: f"{name}-password" for name in ("allies", "alice", "bob")},
                group="equipe" if groups else None,
                participants="participants" if groups else None,
            )
            hands.sleep = server.clock.sleep
            yield hands
