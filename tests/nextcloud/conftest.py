from __future__ import annotations

from collections.abc import Iterator

import pytest

from allies_sync_nextcloud.testing import SimulatedNextcloud
from tests.nextcloud import real
from tests.nextcloud.hands import Hands
from tests.nextcloud.stage import Stage


@pytest.fixture
def real_server() -> str:
    """The address of a real server. Skips where there is none."""
    reason = real.missing()
    if reason:
        pytest.skip(reason)
    return real.URL


@pytest.fixture
def hands(real_server: str) -> Iterator[Hands]:
    """An empty place on the real server, for the team and for participants."""
    secrets = {name: account.app_password for name, account in real.accounts().items()}
    hands = Hands(real_server, secrets, group="equipe", participants="participants")
    yield hands
    hands.clean()


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A simulated server, and machines that work with it."""
    with SimulatedNextcloud() as server:
        stage = Stage(server)
        yield stage
        stage.close()
