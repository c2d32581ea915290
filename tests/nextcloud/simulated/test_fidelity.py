"""The simulated server answers the recorded requests as the real one did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from allies_sync_nextcloud.testing import SimulatedNextcloud

from .replaying import Replay, Scenario, load, recorded_people, recordings_folder
from .scenarios import SCENARIOS, WITHOUT_EXCHANGES, races

pytestmark = pytest.mark.skipif(recordings_folder() is None, reason="no recordings at ../shared/recordings/nextcloud")

BY_NAME = {scenario.recording: scenario for scenario in SCENARIOS}
LEAST_COMPARED = 880


def complete(scenario: Scenario) -> Scenario:
    if not scenario.races:
        return scenario
    before, left_out = races(load(scenario.recording))
    return replace(scenario, before={**before, **scenario.before}, left_out={**left_out, **scenario.left_out})


@pytest.fixture
def replay() -> Iterator[Replay]:
    with SimulatedNextcloud(people=False) as server:
        replay = Replay(server)
        recorded_people(replay)
        yield replay


@pytest.mark.parametrize("name", BY_NAME)
def test_recording(replay: Replay, name: str) -> None:
    scenario = complete(BY_NAME[name])
    for earlier in scenario.requires:
        list(replay.run(BY_NAME[earlier]))
    outcomes = list(replay.run(scenario))
    different = [outcome for outcome in outcomes if outcome.differences]
    shown = [f"#{one.number} {one.name}\n    " + "\n    ".join(one.differences[:8]) for one in different]
    assert not different, f"{len(different)} of {len(outcomes)} differ\n" + "\n".join(shown)


def test_every_recording_is_covered_or_named() -> None:
    folder = recordings_folder()
    assert folder is not None
    recorded = {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.json")}
    assert recorded == set(BY_NAME) | set(WITHOUT_EXCHANGES)


def test_coverage(capsys: pytest.CaptureFixture[str]) -> None:
    """How much is compared, and why the rest is not."""
    exchanges = {name: len(load(name)) for name in BY_NAME}
    reasons = Counter(reason for scenario in map(complete, SCENARIOS) for reason in scenario.left_out.values())
    compared = sum(exchanges.values()) - sum(reasons.values())
    with capsys.disabled():
        print(f"\nfidelity: {compared} of {sum(exchanges.values())} recorded exchanges are compared; left out:")
        for reason, count in reasons.most_common():
            print(f"  {count:4}  {reason}")
        for name, reason in WITHOUT_EXCHANGES.items():
            print(f"     -  {name}: {reason}")
    assert compared >= LEAST_COMPARED
