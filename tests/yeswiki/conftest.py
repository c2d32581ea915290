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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What dies after each of its requests in turn takes long: one of them is tried every time, the others in CI."""
    for item in items:
        if "test_simulated_conformance" in item.nodeid and "killed" in item.name and "removal" not in item.name:
            item.add_marker(pytest.mark.slow)
