"""Real wikis, for the tests that want one."""

from __future__ import annotations

import pytest

from tests.yeswiki import real


@pytest.fixture(params=real.WIKIS)
def wiki(request: pytest.FixtureRequest) -> real.Wiki:
    """Each real wiki in turn, or a skip with the reason."""
    why = real.missing(request.param)
    if why:
        pytest.skip(why)
    return real.wikis()[request.param]
