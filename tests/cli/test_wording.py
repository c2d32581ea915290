"""Plans in words: agreement, dates, numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from allies_sync.model.resources import (
    Access,
    Document,
    Field,
    FieldKind,
    Folder,
    Form,
    Page,
    Resource,
    Rights,
    Share,
)
from allies_sync.platforms.interface import Address, Observation, Seen
from allies_sync.reconcile import wording
from allies_sync.reconcile.decide import Action, Decision, Reason
from allies_sync.reconcile.plan import Item
from allies_sync.reconcile.results import Result
from allies_sync.text.messages import using_language

PAGE = Page(id="page:programme", role="wiki", title="Programme", name="programme")
FOLDER = Folder(id="folder:p", role="files", title="Proposition", name="Proposition")
DOCUMENT = Document(id="document:p", role="files", title="Proposition", name="Proposition.md", folder="folder:p")
NOW = datetime(2027, 4, 1, 12, tzinfo=UTC)


def item(resource: Resource, action: Action, reason: Reason, seen: Observation | None = None, note: str = "") -> Item:
    return Item(
        key=resource.id,
        kind=resource.kind,
        role=resource.role,
        platform="p",
        title=resource.title,
        decision=Decision(action, reason),
        resource=resource,
        seen=seen,
        note=note,
    )


def seen(modified: datetime | None = None, by: str = "") -> Seen:
    return Seen("1", Address("x"), "f", modified=modified, modified_by=by)


def test_the_day_of_a_persons_change() -> None:
    changed = seen(datetime(2027, 3, 3, 12, tzinfo=UTC))
    told = wording.reason_sentence(item(PAGE, Action.KEEP, Reason.EDITED, changed), today=NOW)
    assert told == "modifiée sur le wiki le 3 mars : gardée telle quelle"


def test_another_year_and_who() -> None:
    changed = seen(datetime(2026, 12, 1, 12, tzinfo=UTC), "Camille")
    told = wording.reason_sentence(item(DOCUMENT, Action.KEEP, Reason.EDITED, changed), today=NOW)
    assert told == "modifié dans les fichiers le 1er décembre 2026 par Camille : gardé tel quel"


def test_without_a_day() -> None:
    told = wording.reason_sentence(item(PAGE, Action.CONFLICT, Reason.EDITED_BOTH, seen()), today=NOW)
    assert told == "modifiée sur le wiki, et dans le modèle ou les données : à vous de choisir"


def test_unknown_says_why() -> None:
    told = wording.reason_sentence(item(PAGE, Action.BLOCKED, Reason.UNKNOWN, note="Le wiki ne répond pas."))
    assert told == "impossible à vérifier : Le wiki ne répond pas"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in (Reason.NEW, Reason.NOTHING)])
@pytest.mark.parametrize("resource", [PAGE, DOCUMENT])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_reason_has_a_sentence(reason: Reason, resource: Resource, language: str) -> None:
    with using_language(language):
        assert wording.reason_sentence(item(resource, Action.UPDATE, reason, seen()))


@pytest.mark.parametrize("reason", list(Reason))
def test_agreement(reason: Reason) -> None:
    feminine = wording.reason_sentence(item(PAGE, Action.KEEP, reason, seen()))
    masculine = wording.reason_sentence(item(DOCUMENT, Action.KEEP, reason, seen()))
    for form in ("modifié ", "supprimé ", "gardé tel ", "laissé ", "resté "):
        assert form not in feminine.replace("a été supprimé ", "")
    for form in ("modifiée", "supprimée", "recréée", "gardée", "laissée", "restée"):
        assert form not in masculine


def test_particulars_of_a_form() -> None:
    fields = tuple(Field(id=f"q{number}", kind=FieldKind.TEXT, label="?", personal=number < 2) for number in range(7))
    form = Form(id="form:q", role="wiki", title="Questionnaire", name="q", fields=fields)
    assert wording.particulars(form) == "7 questions, dont 2 personnelles (réservées à l'équipe)"
    one = Form(id="form:q", role="wiki", title="Questionnaire", name="q", fields=fields[:1])
    assert wording.particulars(one) == "1 question, dont 1 personnelle (réservée à l'équipe)"
    none = Form(id="form:q", role="wiki", title="Questionnaire", name="q", fields=fields[3:])
    assert wording.particulars(none) == "4 questions"


def test_particulars_of_a_link() -> None:
    share = Share(id="share:p", role="files", title="Proposition", target="folder:p", expires=date(2027, 6, 10))
    assert wording.particulars(share) == "lecture seule, jusqu'au 10 juin 2027"


def test_paths() -> None:
    assert wording.title_of(item(DOCUMENT, Action.CREATE, Reason.NEW), {"folder:p": FOLDER}) == (
        "Proposition/Proposition.md"
    )
    assert wording.title_of(item(PAGE, Action.CREATE, Reason.NEW), {}) == "Programme"
    circle = Folder(id="folder:p", role="files", title="P", name="P", parent="folder:p")
    assert wording.title_of(item(circle, Action.CREATE, Reason.NEW), {"folder:p": circle}).startswith("P/P/")


def test_what_is_to_be_done() -> None:
    new = item(PAGE, Action.CREATE, Reason.NEW)
    changed = item(PAGE, Action.UPDATE, Reason.SOURCE)
    assert wording.to_do([new]) == "1 création, rien de modifié, rien de supprimé"
    assert wording.to_do([new, new, changed]) == "2 créations, 1 mise à jour, rien de supprimé"
    assert wording.to_do([item(PAGE, Action.KEEP, Reason.EDITED)]) == ""


def test_choices_are_commands() -> None:
    conflict = item(PAGE, Action.CONFLICT, Reason.EDITED_BOTH)
    gone = item(PAGE, Action.GONE, Reason.DELETED)
    assert wording.choices(conflict) == ("--diff", "--keep", "--replace")
    assert wording.choices(gone) == ("--recreate",)
    assert wording.choices(item(PAGE, Action.GONE, Reason.CONTAINER_GONE)) == ()
    assert set(wording.option_meanings()) == {*wording.choices(conflict), *wording.choices(gone)}


def test_narrowed_rights() -> None:
    asked, given = Access(Rights.PARTICIPANTS, Rights.TEAM), Access(Rights.TEAM, None)
    assert wording.narrowing_sentences(asked, given) == ["lecture réservée à l'équipe", "écriture impossible"]
    assert wording.narrowing_sentences(asked, asked) == []


def test_progress_agrees() -> None:
    assert wording.done(item(PAGE, Action.CREATE, Reason.NEW), Result.DONE) == "créée : page Programme"
    assert (
        wording.done(item(DOCUMENT, Action.UPDATE, Reason.SOURCE), Result.DONE) == "mis à jour : document Proposition"
    )
    assert wording.done(item(PAGE, Action.UPDATE, Reason.SOURCE), Result.FAILED) == "échec : page Programme"


def test_lists_are_short() -> None:
    items = [item(PAGE, Action.KEEP, Reason.EDITED)] * 9
    assert wording.listed(items, most=2) == "page Programme, page Programme et 7 autres"
