"""Quotations that the tool knows again, without remembering their words."""

from __future__ import annotations

import pytest

from allies_sync.bilans.draft import digest
from allies_sync.bilans.forgetting import forgotten, stands_in
from allies_sync.bilans.merge import dump, load, merge, written
from allies_sync.bilans.parts import Part
from allies_sync.bilans.quotes import item

ONE, TWO = "Ce que *j'ai* dit ce jour-là.", "Oui"
KEYS = {words: f"f-a/q/{digest(words)}" for words in (ONE, TWO)}
BASE = (Part("titre", "# Liste"), *(Part(KEYS[words], item(words)) for words in (ONE, TWO)))
NEW = (BASE[0], BASE[2])


@pytest.mark.parametrize("ticked", [False, True])
@pytest.mark.parametrize("remembered", [True, False])
def test_what_is_gone_leaves_ticked_or_not(ticked: bool, remembered: bool) -> None:
    base = BASE if remembered else load(dump(forgotten(BASE, digests={digest(ONE)})))
    theirs = written(BASE).replace("- [ ] Ce", "* [x] Ce" if ticked else "- [ ] Ce")
    merged = merge(base, theirs, NEW)
    assert "ce jour" not in merged.text and "- [ ] Oui" in merged.text
    assert merged.dropped == (KEYS[ONE],)


def test_what_somebody_changed_stays_and_what_they_deleted_does_not_come_back() -> None:
    base = forgotten(BASE, digests={digest(ONE)})
    assert "ce jour" not in dump(base)
    theirs = written(BASE).replace("ce jour-là", "ce jour-là, à table")
    assert merge(base, theirs, NEW).text == theirs
    assert merge(base, written(NEW), BASE).text == written(NEW)
    assert forgotten(base, digests={digest(ONE)}) == base


def test_short_words_stand_only_as_a_whole() -> None:
    assert stands_in("oui", "- [x] Oui\n") and not stands_in("oui", "Je dis oui à tout.\n")
    assert stands_in(ONE, "Elle a dit : « Ce que \\*j'ai\\* dit ce jour-là. »\n")
    assert not stands_in(" ", "- [ ] \n")
