"""The conformance suite on real wikis of both kinds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from allies_sync.platforms.conformance import Conformance
from tests.yeswiki.hands import Hands
from tests.yeswiki.real import Wiki

pytestmark = [pytest.mark.real, pytest.mark.slow]


class TestReal(Conformance):
    @pytest.fixture
    def subject(self, wiki: Wiki) -> Iterator[Hands]:
        hands = Hands(wiki)
        yield hands
        hands.clean()
