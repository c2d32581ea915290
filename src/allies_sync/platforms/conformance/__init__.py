"""The conformance suite: what every platform has to hold, whoever wrote it.

An author points it at a platform with a test module of a few lines::

    class TestMyPlatform(Conformance):
        @pytest.fixture(params=["files", "wiki"])
        def subject(self, request, tmp_path):
            return MySubject(request.param, tmp_path)

where ``MySubject`` is a :class:`Subject`: how to open a connection to an empty place and, as far as the author can
offer them, a person's hands, a broken network and a process that dies. What the platform's features do not claim, or
the subject cannot do, is skipped with the reason; no platform is named anywhere. See ``docs/plugins.md``.
"""

from __future__ import annotations

import pytest

_PARTS = (
    "answering",
    "archives",
    "bench",
    "changes",
    "creation",
    "rights",
    "runs",
    "samples",
    "state",
    "trust",
    "words",
)
pytest.register_assert_rewrite(*(f"{__name__}.{part}" for part in _PARTS))

from allies_sync.platforms.conformance.answering import Answering  # noqa: E402
from allies_sync.platforms.conformance.archives import Archives  # noqa: E402
from allies_sync.platforms.conformance.changes import Changes, People  # noqa: E402
from allies_sync.platforms.conformance.creation import Creation  # noqa: E402
from allies_sync.platforms.conformance.rights import Permissions  # noqa: E402
from allies_sync.platforms.conformance.runs import Batches, Crashes  # noqa: E402
from allies_sync.platforms.conformance.state import State  # noqa: E402
from allies_sync.platforms.conformance.subject import Killed, Subject, lacking  # noqa: E402
from allies_sync.platforms.conformance.trust import Optional, Tampering, Unreachable  # noqa: E402
from allies_sync.platforms.conformance.words import Words  # noqa: E402


class Conformance(
    Creation,
    Changes,
    People,
    Permissions,
    Words,
    Unreachable,
    Tampering,
    Optional,
    Answering,
    Archives,
    Batches,
    Crashes,
    State,
):
    """All of it. A subclass named ``Test…`` with a fixture ``subject`` is collected by pytest."""


__all__ = ["Conformance", "Killed", "Subject", "lacking"]
