"""The simulated wiki answers the recorded requests as the real ones did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from allies_sync_yeswiki.testing import Dialect, SimulatedWiki

from .replaying import FOLDERS, Outcome, Replay, load, recordings_folder
from .scenarios import SCENARIOS, WITHOUT_EXCHANGES

pytestmark = pytest.mark.skipif(recordings_folder() is None, reason="no recordings at ../shared/recordings/yeswiki")

LEAST_COMPARED = 850
NO_RECORDINGS = {"state", "templates"}
Outcomes = dict[tuple[str, str], list[Outcome]]


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Outcomes]:
    """Each wiki's recordings in their order: later ones see what earlier ones left."""
    found: Outcomes = {}
    for dialect in FOLDERS:
        with SimulatedWiki(dialect, people=False) as wiki:
            replay = Replay(wiki)
            for scenario in SCENARIOS:
                if dialect in scenario.dialects:
                    found[dialect, scenario.recording] = list(replay.run(scenario))
    yield found


CASES = [(dialect, one.recording) for dialect in FOLDERS for one in SCENARIOS if dialect in one.dialects]


@pytest.mark.parametrize(("dialect", "recording"), CASES)
def test_recording(outcomes: Outcomes, dialect: Dialect, recording: str) -> None:
    replayed = outcomes[dialect, recording]
    different = [one for one in replayed if one.differences]
    shown = [f"{one.name}\n    " + "\n    ".join(one.differences[:8]) for one in different]
    assert not different, f"{len(different)} of {len(replayed)} differ\n" + "\n".join(shown)


@pytest.mark.parametrize("dialect", FOLDERS)
def test_every_recording_is_covered_or_named(dialect: Dialect) -> None:
    folder = recordings_folder()
    assert folder is not None
    recorded = {path.stem for path in (folder / FOLDERS[dialect]).glob("*.json")} - NO_RECORDINGS
    assert recorded == {one for case, one in CASES if case == dialect} | set(WITHOUT_EXCHANGES)
    names = {one["name"] for case, recording in CASES if case == dialect for one in load(dialect, recording)}
    mentioned = {name for one in SCENARIOS for name in (*one.before, *one.left_out, *one.known_only, *one.ignored)}
    assert mentioned <= names | {one["name"] for case, recording in CASES for one in load(case, recording)}


def test_coverage(outcomes: Outcomes, capsys: pytest.CaptureFixture[str]) -> None:
    """How much is compared, and why the rest is not."""
    replayed = [one for found in outcomes.values() for one in found]
    reasons = Counter(one.left_out for one in replayed if one.left_out)
    compared = len(replayed) - sum(reasons.values())
    with capsys.disabled():
        print(f"\nfidelity: {compared} of {len(replayed)} recorded exchanges are compared; left out:")
        for reason, count in reasons.most_common():
            print(f"  {count:4}  {reason}")
        for name, reason in WITHOUT_EXCHANGES.items():
            print(f"     -  {name}: {reason}")
    assert compared >= LEAST_COMPARED
