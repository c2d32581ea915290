"""What all parts of the suite share: the workbench, and the skipping of what a platform does not claim."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from allies_sync.model.resources import KINDS
from allies_sync.platforms.conformance.bench import Bench
from allies_sync.platforms.conformance.samples import EDITED
from allies_sync.platforms.conformance.subject import Subject


class Suite:
    """A part of the suite. The author of a platform provides the fixture ``subject``."""

    @pytest.fixture
    def bench(self, subject: Subject) -> Iterator[Bench]:
        """An engagement at an empty place, nothing made yet."""
        bench = Bench(subject)
        yield bench
        bench.close()

    @pytest.fixture(params=sorted(KINDS))
    def kind(self, request: pytest.FixtureRequest) -> str:
        """Each kind. One that the platform does not claim is skipped when the test asks for a sample of it."""
        return str(request.param)

    @pytest.fixture(params=EDITED)
    def text_kind(self, request: pytest.FixtureRequest) -> str:
        """Each kind whose text people change by hand."""
        return str(request.param)


def claimed(bench: Bench, *kinds: str) -> str:
    """Skips the test unless the platform holds all these kinds; returns the first."""
    for kind in kinds:
        if not bench.samples.has(kind):
            pytest.skip(f"the platform does not hold a {kind}")
    return kinds[0]
