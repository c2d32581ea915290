"""``doctor --probe`` on things of its own, and answers that lie under others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from allies_sync.model.resources import Form
from allies_sync.platforms.conformance import Killed
from allies_sync.platforms.conformance.bench import Bench
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Level, Probes, Recovery
from allies_sync_yeswiki.platform import YesWiki
from allies_sync_yeswiki.testing import Dialect, SimulatedWiki
from tests.yeswiki.hands import SimulatedHands


@pytest.fixture(params=["444", "dev"])
def hands(request: pytest.FixtureRequest) -> Iterator[SimulatedHands]:
    dialect: Dialect = request.param
    with SimulatedWiki(dialect) as wiki:
        yield SimulatedHands(wiki)


@pytest.mark.parametrize("ignored", [True, False])
def test_a_probe_says_what_holds_and_leaves_nothing(hands: SimulatedHands, ignored: bool) -> None:
    hands.wiki.control.config.bazarIgnoreAcls = ignored
    platform = hands.open()
    assert isinstance(platform, Probes) and len(platform.probes()) == 3
    found = list(platform.probe())
    assert not [it for it in found if it.level is Level.FAULT], found
    assert any("écraser" in it.sentence for it in found) is ignored
    assert hands.snapshot() == {}


def test_answers_that_would_be_lost_are_a_fault(hands: SimulatedHands) -> None:
    hands.wiki.control.config.bazarIgnoreAcls = False
    hands.wiki.control.config.default_write_acl = "+"
    found = list(hands.open().probe())
    assert any(it.level is Level.FAULT and "n'est pas enregistrée" in it.sentence for it in found) or any(
        it.level is Level.OK and "est enregistrée" in it.sentence for it in found
    )
    assert hands.snapshot() == {}


def test_a_probe_that_died_is_cleared_away_by_the_next(hands: SimulatedHands) -> None:
    list(hands.open().probe())
    number = len(hands.wires[-1].requests)
    for count in range(0, number, 2):
        hands.crash_after(count)
        with suppress(Killed):
            list(hands.open().probe())
        hands.crash_after(None)
        list(hands.open().probe())
        assert hands.snapshot() == {}, f"killed after {count}"


def test_a_strangers_page_of_that_name_is_left(hands: SimulatedHands) -> None:
    hands.wiki.control.write("AlliesSyncEssai", "À moi.", user="Zoe")
    with pytest.raises(PlatformError):
        list(hands.open().probe())
    assert hands.wiki.control.body("AlliesSyncEssai") == "À moi."


def test_answers_that_were_written_over_are_recovered(hands: SimulatedHands) -> None:
    bench = Bench(hands)
    form, _made = bench.make("form")
    assert isinstance(form, Form)
    platform = bench.platform
    assert isinstance(platform, YesWiki) and isinstance(platform, Recovery)
    known, space = bench.memory[form.id], bench.space()
    control = hands.wiki.control
    number = known.remote_id
    assert platform.overwritten(space, form, known) == 0
    control.clock.freeze()
    for word in ("Première", "Deuxième", "Troisième"):
        control.answer(number, {"id_fiche": "UneReponse", "bf_attente": f"{word} & fille"})
    control.clock.run()
    control.answer(number, {"id_fiche": "Rep" + "0" * 32, "bf_attente": "À part"})
    assert len(platform.answers(space, form, known)) == 2
    assert platform.overwritten(space, form, known) == 2
    assert len(platform.recover(space, form, known)) == 2
    words = sorted(str(it.values["attente"]) for it in platform.answers(space, form, known))
    assert words == sorted(["Première & fille", "Deuxième & fille", "Troisième & fille", "À part"])
    assert control.entries()["UneReponse"]["bf_attente"].startswith("Troisième"), "the last one is on top again"
    assert platform.overwritten(space, form, known) == 0
    assert list(platform.recover(space, form, known)) == []
    assert len(platform.answers(space, form, known)) == 4
    bench.close()
