"""The conformance suite on a real server: with the groups of a collective, and with a single account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from allies_sync.platforms.conformance import Conformance
from tests.nextcloud import real
from tests.nextcloud.hands import Hands

pytestmark = [pytest.mark.real, pytest.mark.slow]


class TestReal(Conformance):
    @pytest.fixture(params=["groups", "alone"])
    def subject(self, request: pytest.FixtureRequest, real_server: str) -> Iterator[Hands]:
        secrets = {name: account.app_password for name, account in real.accounts().items()}
        groups = request.param == "groups"
        hands = Hands(
            real_server,
            secrets,
            group="equipe" if groups else None,
            participants="participants" if groups else None,
        )
        yield hands
        hands.clean()
