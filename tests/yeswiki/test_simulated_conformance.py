"""The conformance suite on the simulated wiki, in both dialects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from allies_sync.platforms.conformance import Conformance
from allies_sync_yeswiki.testing import Dialect, SimulatedWiki
from tests.yeswiki.hands import SimulatedHands


class _Simulated(Conformance):
    dialect: Dialect

    @pytest.fixture
    def subject(self) -> Iterator[SimulatedHands]:
        with SimulatedWiki(self.dialect) as wiki:
            yield SimulatedHands(wiki)


@pytest.mark.slow
class TestOlder(_Simulated):
    dialect = "444"


class TestNewer(_Simulated):
    dialect = "dev"
