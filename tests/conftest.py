"""What holds for all tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock


@pytest.fixture(autouse=True)
def alone_with_real_servers(request: pytest.FixtureRequest) -> Iterator[None]:
    """One test at a time at the real servers of this machine, in however many processes tests run: what a collective
    shares is there once, and some tests clear it away."""
    if request.node.get_closest_marker("real") is None:
        yield
        return
    with FileLock(Path(tempfile.gettempdir()) / "allies-sync-real-servers.lock"):
        yield
