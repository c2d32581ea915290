"""One resource, every situation: what is decided, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allies_sync.model.resources import Access, Rights
from allies_sync.platforms.interface import Absent, Address, Observation, Seen, Unknown
from allies_sync.reconcile.decide import Action, Choice, Decision, Reason, Wanted, decide
from allies_sync.reconcile.state import Intent, Level, Place, Remembered

OPEN = Access(Rights.PUBLIC, Rights.TEAM)
CLOSED = OPEN.frozen()
MARK = "allies-sync:2027-essai:page:accueil"

WANTED = Wanted(source="s1", access=OPEN, expected="f1", links={}, mark=MARK)
SEEN = Seen("r1", Address("accueil", "https://wiki.test/accueil"), "f1", mark=MARK, access=OPEN)
MEMORY = Remembered(
    kind="page",
    role="wiki",
    platform="memory",
    source="s1",
    fingerprint="f1",
    remote_id="r1",
    address=Place(path="accueil", url="https://wiki.test/accueil"),
    access=Level.of(OPEN),
    access_seen=Level.of(OPEN),
)
BLANK = MEMORY.model_copy(update={"fingerprint": "", "access": None, "access_seen": None})
EDITED = replace(SEEN, fingerprint="f9")
NEWER = replace(WANTED, source="s2", expected="f2")
HANDED = replace(WANTED, expected=None, elsewhere=True)


def decided(
    seen: Observation = SEEN,
    wanted: Wanted | None = WANTED,
    remembered: Remembered | None = MEMORY,
    intent: Intent | None = None,
    choice: Choice | None = None,
    recovering: bool = False,
) -> Decision:
    return decide(wanted, remembered, intent, seen, BLANK, choice=choice, recovering=recovering)


@pytest.mark.parametrize(
    ("decision", "action", "reason"),
    [
        (decided(), Action.NONE, Reason.NOTHING),
        (decided(Absent(), remembered=None), Action.CREATE, Reason.NEW),
        (decided(Unknown("?")), Action.BLOCKED, Reason.UNKNOWN),
        (decided(Unknown("?"), remembered=None), Action.BLOCKED, Reason.UNKNOWN),
        (decided(wanted=NEWER), Action.UPDATE, Reason.SOURCE),
        (decided(EDITED), Action.KEEP, Reason.EDITED),
        (decided(EDITED, wanted=NEWER), Action.CONFLICT, Reason.EDITED_BOTH),
        (decided(EDITED, wanted=NEWER, choice=Choice.KEEP), Action.KEEP, Reason.EDITED),
        (decided(EDITED, wanted=NEWER, choice=Choice.REPLACE), Action.UPDATE, Reason.REPLACED),
        (decided(EDITED, choice=Choice.REPLACE), Action.UPDATE, Reason.REPLACED),
        (decided(replace(SEEN, fingerprint="f2"), wanted=NEWER), Action.NONE, Reason.NOTHING),
        (decided(Absent()), Action.GONE, Reason.DELETED),
        (decided(Absent(), choice=Choice.RECREATE), Action.CREATE, Reason.RECREATED),
        (decided(Absent(), wanted=None), Action.NONE, Reason.NOTHING),
        (decided(wanted=None), Action.ORPHAN, Reason.LEFT_TEMPLATE),
        (decided(replace(SEEN, mark=""), remembered=None), Action.FOREIGN, Reason.SAME_NAME),
        (decided(replace(SEEN, mark="autre"), remembered=None), Action.FOREIGN, Reason.SAME_NAME),
        (decided(replace(SEEN, mark=None), remembered=None), Action.FOREIGN, Reason.SAME_NAME),
        (decided(remembered=None), Action.NONE, Reason.NOTHING),
        (decided(EDITED, remembered=None), Action.KEEP, Reason.FOUND_AGAIN),
        (decided(replace(SEEN, access=CLOSED), remembered=None), Action.UPDATE, Reason.RIGHTS),
        (decided(replace(SEEN, unfinished=True), remembered=None), Action.UPDATE, Reason.UNFINISHED),
        (decided(replace(SEEN, access=CLOSED)), Action.KEEP, Reason.RIGHTS_BY_PEOPLE),
        (decided(wanted=replace(WANTED, access=CLOSED)), Action.UPDATE, Reason.FREEZE),
        (decided(wanted=replace(WANTED, links={"share:bilan": "r7"})), Action.UPDATE, Reason.LINKS),
        (decided(wanted=HANDED), Action.NONE, Reason.NOTHING),
        (decided(EDITED, wanted=HANDED), Action.KEEP, Reason.EDITED),
        (decided(EDITED, wanted=HANDED, choice=Choice.REPLACE), Action.KEEP, Reason.EDITED),
        (decided(wanted=replace(HANDED, source="s2")), Action.KEEP, Reason.ELSEWHERE),
        (decided(EDITED, wanted=replace(HANDED, source="s2")), Action.KEEP, Reason.EDITED),
        (decided(Absent(), wanted=HANDED), Action.GONE, Reason.DELETED),
        (decided(Absent(), wanted=HANDED, choice=Choice.RECREATE), Action.GONE, Reason.DELETED),
        (decided(Absent(), wanted=HANDED, remembered=None), Action.GONE, Reason.ELSEWHERE),
        (decided(replace(SEEN, unfinished=True), wanted=HANDED), Action.KEEP, Reason.ELSEWHERE),
        (decided(EDITED, wanted=replace(NEWER, based_on="f9")), Action.UPDATE, Reason.MERGED),
        (decided(EDITED, wanted=replace(NEWER, based_on="f1")), Action.CONFLICT, Reason.EDITED_BOTH),
        (decided(wanted=replace(NEWER, based_on="f1")), Action.UPDATE, Reason.SOURCE),
    ],
)
def test_every_situation(decision: Decision, action: Action, reason: Reason) -> None:
    assert (decision.action, decision.reason) == (action, reason)


def test_only_content_that_nobody_touched_is_written() -> None:
    for decision in (decided(EDITED), decided(EDITED, wanted=NEWER), decided(EDITED, remembered=None)):
        assert not decision.content
        assert decision.by_people


def test_keeping_settles_the_conflict_until_the_template_changes_again() -> None:
    kept = decided(EDITED, wanted=NEWER, choice=Choice.KEEP).base
    assert kept is not None
    assert decided(EDITED, wanted=NEWER, remembered=kept).action is Action.KEEP
    third = replace(WANTED, source="s3", expected="f3")
    assert decided(EDITED, wanted=third, remembered=kept).action is Action.CONFLICT


INTENT = Intent(act="create", source="s1", expected="f1", access=Level.of(OPEN))


def test_a_creation_that_a_crash_left_unrecorded_is_recognised_by_the_journal() -> None:
    decision = decided(replace(SEEN, mark=None), remembered=None, intent=INTENT)
    assert decision.action is Action.NONE
    assert decision.base is not None
    assert decision.base.fingerprint == "f1"


def test_what_was_edited_after_a_crash_is_a_persons() -> None:
    decision = decided(replace(EDITED, mark=None), remembered=None, intent=INTENT)
    assert decision.action is Action.KEEP
    assert not decision.content


def test_an_update_that_a_crash_left_unrecorded_is_not_taken_for_a_persons() -> None:
    intent = Intent(act="update", source="s2", expected="f2", access=Level.of(OPEN))
    decision = decided(replace(SEEN, fingerprint="f2"), wanted=NEWER, intent=intent)
    assert decision.action is Action.NONE
    assert decision.base is not None
    assert (decision.base.source, decision.base.fingerprint) == ("s2", "f2")


def test_a_stranger_is_foreign_even_when_we_were_about_to_create() -> None:
    assert decided(replace(SEEN, mark="autre"), remembered=None, intent=INTENT).action is Action.FOREIGN


def test_a_freeze_remembers_what_people_had_set_and_the_thaw_gives_it_back() -> None:
    theirs = Access(Rights.PUBLIC, Rights.PUBLIC)
    opened_by_people = replace(SEEN, access=theirs)
    frozen = decided(opened_by_people, wanted=replace(WANTED, access=CLOSED))
    assert (frozen.rights, frozen.access) == (True, CLOSED)
    assert frozen.base is not None
    after = frozen.base.model_copy(update={"access": Level.of(CLOSED), "access_seen": Level.of(CLOSED)})
    thawed = decided(replace(SEEN, access=CLOSED), remembered=after)
    assert (thawed.rights, thawed.access, thawed.reason) == (True, theirs, Reason.THAW)


def test_an_edited_page_can_be_frozen_without_touching_its_words() -> None:
    decision = decided(EDITED, wanted=replace(WANTED, access=CLOSED))
    assert (decision.action, decision.content, decision.rights, decision.by_people) == (
        Action.UPDATE,
        False,
        True,
        True,
    )


def test_a_lost_memory_takes_what_stands_there_as_people_left_it() -> None:
    unmarked = replace(EDITED, mark=None)
    assert decided(unmarked, remembered=None).action is Action.FOREIGN
    found = decided(unmarked, remembered=None, recovering=True)
    assert not found.content
    assert found.by_people
    assert found.base is not None


EARLY = Intent(act="create", source="s1", expected=None, access=Level.of(OPEN), links={"share:a": ""}, early=True)
POINTING = replace(WANTED, links={"share:a": "r7"})


def test_what_was_announced_early_is_ours_if_it_says_what_ours_would_say() -> None:
    unmarked = replace(SEEN, mark=None)
    decision = decided(unmarked, wanted=POINTING, remembered=None, intent=EARLY)
    assert decision.action is Action.NONE and decision.base is not None
    assert decision.base.links == {"share:a": "r7"} and decision.base.access == Level.of(OPEN)


def test_what_a_person_wrote_where_something_was_announced_is_never_taken_over() -> None:
    unmarked = replace(EDITED, mark=None)
    assert decided(unmarked, wanted=POINTING, remembered=None, intent=EARLY).action is Action.FOREIGN
    # ours by its mark, and edited before we could remember it: kept, and not taken for what we wrote
    kept = decided(EDITED, wanted=POINTING, remembered=None, intent=EARLY)
    assert kept.action is Action.KEEP and kept.base is not None and kept.base.fingerprint == ""


def test_what_nobody_can_foretell_is_known_by_its_mark_though_announced_early() -> None:
    link = replace(WANTED, expected=None)
    assert decided(EDITED, wanted=link, remembered=None, intent=EARLY).action is Action.NONE
