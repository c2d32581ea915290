"""What an engagement may hold, and what it says about itself."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from allies_sync.model.base import Data, without_personal
from allies_sync.model.checking import check, remarks_of
from allies_sync.model.engagement import Engagement
from allies_sync.model.licence import Licence
from allies_sync.model.lifecycle import Progress, State
from allies_sync.model.people import Notice, Privacy
from allies_sync.model.problems import Code, InvalidData
from allies_sync.model.territory import STEP_TITLES, CommitteeTask, Scale, StartingPoint, Territory

from .strategies import engagements

SMALL: dict[str, Any] = {"title": "Été", "client": {"name": "DLA"}, "start": "2027-03-12"}


def engagement(**more: Any) -> Engagement:
    return check({**SMALL, **more}, Engagement)


def codes(**more: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidData) as caught:
        engagement(**more)
    return [(problem.field, problem.code) for problem in caught.value.problems]


def test_a_title_a_client_and_a_day_are_enough() -> None:
    small = engagement()
    assert (small.state, small.template, small.licence) == (State.PROPOSED, "accompagnement", Licence.CC_BY_SA)
    assert (small.last_day, small.years, small.expected) == (date(2027, 3, 12), (2027,), None)
    assert small.privacy.retention_months == 12


def test_nothing_can_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError):
        engagement().title = "x"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("title", "", Code.EMPTY),
        ("title", "   ", Code.EMPTY),
        ("title", "…!", Code.EMPTY),
        ("title", "\u0301" * 300, Code.EMPTY),
        ("title", "é" * 300, Code.TOO_LONG),
        ("title", 2027, Code.WRONG_TYPE),
        ("title", "a\x00b", Code.CONTROL_CHARACTERS),
        ("title", "a\x1bb", Code.CONTROL_CHARACTERS),
        ("title", "a\udce9", Code.CONTROL_CHARACTERS),
        ("slug", "../2027", Code.BAD_SLUG),
        ("slug", "2027..x", Code.BAD_SLUG),
        ("slug", "2027-Été", Code.BAD_SLUG),
        ("slug", "con", Code.BAD_SLUG),
        ("slug", "a" * 81, Code.BAD_SLUG),
        ("slug", "", Code.BAD_SLUG),
        ("start", "12/03/2027", Code.BAD_DATE),
        ("start", "2027-02-29", Code.BAD_DATE),
        ("start", 0, Code.BAD_DATE),
        ("start", True, Code.BAD_DATE),
        ("start", "0202-03-12", Code.OUT_OF_RANGE),
        ("end", "2027-03-11", Code.END_BEFORE_START),
        ("template", "../x", Code.BAD_ID),
        ("participants", "12", Code.WRONG_TYPE),
        ("participants", True, Code.WRONG_TYPE),
        ("participants", 1.5, Code.WRONG_TYPE),
        ("licence", "WTFPL", Code.NOT_ALLOWED),
        ("state", "Ouvert", Code.NOT_ALLOWED),
        ("demand", "x" * 20_001, Code.TOO_LONG),
        ("client", "DLA", Code.WRONG_TYPE),
        ("sessions", "DLA", Code.WRONG_TYPE),
        ("partners", [{"name": "x"}] * 201, Code.TOO_MANY),
        ("titel", "x", Code.UNKNOWN_KEY),
    ],
)
def test_bad_values(field: str, value: Any, code: Code) -> None:
    assert codes(**{field: value}) == [(field, code)]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://exemple.org/",
        "https://",
        "https://moi:secret@exemple.org/",
        "https://exemple.org/a b",
        'https://exemple.org/"',
        "https://[::1",
        "https://exemple.org:99999/",
        "//exemple.org",
        "exemple.org",
    ],
)
def test_only_web_addresses_are_links(url: str) -> None:
    assert codes(client={"name": "x", "url": url}) == [("client.url", Code.BAD_URL)]


def test_texts_are_cleaned_once() -> None:
    cleaned = engagement(
        title=" L'e\u0301te\u0301 \t\n 2027 ", demand="\r\n a  \r\n\r\nb\t \n", subtitle="« a\u00a0»"
    )
    assert cleaned.title == "L'été 2027"
    assert cleaned.demand == "a\n\nb"
    assert cleaned.subtitle == "« a\u00a0»", "the spaces of French typography stay"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("9h30", time(9, 30)), ("09:30", time(9, 30)), ("9 h 30", time(9, 30)), ("14h", time(14)), (time(8), time(8))],
)
def test_hours_as_people_write_them(written: Any, meant: time) -> None:
    session = engagement(sessions=[{"id": "a", "title": "A", "start": written}]).sessions[0]
    assert session.start == meant


@pytest.mark.parametrize("written", ["25h", "9h60", "neuf heures", "9", 930, "", time(9, 30, 10)])
def test_what_is_no_hour(written: Any) -> None:
    assert codes(sessions=[{"id": "a", "title": "A", "start": written}]) == [("sessions[0].start", Code.BAD_TIME)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (1000, "1000.00"),
        (10.5, "10.50"),
        (0.1, "0.10"),
        ("1\u202f000,50 €", "1000.50"),
        (-200, "-200.00"),
        (-0.0, "0.00"),
    ],
)
def test_amounts_as_people_write_them(written: Any, meant: str) -> None:
    price = engagement(price={"lines": [{"label": "x", "amount": written}]}).price
    assert str(price.total) == meant


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("mille", Code.BAD_AMOUNT),
        ("1e3", Code.BAD_AMOUNT),
        (float("nan"), Code.BAD_AMOUNT),
        (float("inf"), Code.BAD_AMOUNT),
        (10**9, Code.OUT_OF_RANGE),
        pytest.param(10**5000, Code.OUT_OF_RANGE, id="huge"),
        (1e300, Code.OUT_OF_RANGE),
        (0.001, Code.TOO_PRECISE),
        (True, Code.WRONG_TYPE),
        ([1], Code.WRONG_TYPE),
    ],
)
def test_what_is_no_amount(written: Any, code: Code) -> None:
    assert codes(price={"lines": [{"label": "x", "amount": written}]}) == [("price.lines[0].amount", code)]


def test_prices_with_and_without_vat() -> None:
    lines = [
        {"label": "journée", "people": 3, "support_people": 1, "amount": 1000, "vat": "net de TVA"},
        {"label": "livret", "people": 1, "amount": "99,99", "vat": "20 %"},
        {"label": "remise", "amount": -50, "vat": 5.5},
    ]
    price = engagement(price={"lines": lines}).price
    assert (price.total, price.total_vat, price.total_due) == (
        Decimal("1049.99"),
        Decimal("17.25"),
        Decimal("1067.24"),
    )
    assert [line.vat_label for line in price.lines] == ["net de TVA", "20\u00a0%", "5,5\u00a0%"]
    assert (price.people, price.net_of_vat, engagement().price.net_of_vat) == (3, False, True)


def programme(*items: tuple[str, int | None]) -> dict[str, Any]:
    timed = [{"start": start, "duration": duration, "title": f"T{n}"} for n, (start, duration) in enumerate(items)]
    return {
        "id": "a",
        "title": "A",
        "programme": [{k: v for k, v in item.items() if v is not None} for item in timed],
    }


def test_programmes_are_in_order_and_do_not_overlap() -> None:
    engagement(sessions=[programme(("9h30", 30), ("10h", 30), ("11h", None), ("12h", 60))])
    assert codes(sessions=[programme(("10h", 30), ("9h", 30), ("9h15", 10))]) == [
        ("sessions[0].programme[1].start", Code.NOT_SORTED),
        ("sessions[0].programme[2].start", Code.OVERLAP),
    ]


def test_hours_of_items() -> None:
    items = engagement(sessions=[programme(("9h30", 30), ("10h", None), ("23h", 90))]).sessions[0].programme
    assert [item.hours for item in items] == ["9h30–10h", "10h", "23h"]


def test_remarks_stop_nothing() -> None:
    session = {**programme(("8h", 30), ("11h", 90)), "start": "9h", "end": "12h", "date": "2027-05-01"}
    remarks = remarks_of(engagement(end="2027-04-01", sessions=[session]).remarks())
    assert [(remark.field, remark.code) for remark in remarks] == [
        ("sessions[0].programme[0].start", Code.PROGRAMME_OUTSIDE),
        ("sessions[0].programme[1].start", Code.PROGRAMME_OUTSIDE),
        ("sessions[0].date", Code.SESSION_OUTSIDE),
    ]
    assert not remarks_of(engagement().remarks())


def test_days_and_numbers_of_an_engagement() -> None:
    whole = engagement(
        start="2027-11-02",
        sessions=[
            {"id": "b", "title": "B", "date": "2028-01-10", "participants": 30},
            {"id": "c", "title": "C", "when": "au printemps"},
            {"id": "a", "title": "A", "date": "2027-11-02", "participants": 12},
        ],
        people=[{"name": "Camille R."}, {"name": "Lou M.", "support": True}],
    )
    assert (whole.year, whole.years, whole.last_day, whole.expected) == (2027, (2027, 2028), date(2028, 1, 10), 30)
    assert [session.id for session in whole.sessions_in_order] == ["a", "b", "c"]
    assert [person.name for person in (*whole.facilitators, *whole.support_people)] == ["Camille R.", "Lou M."]
    assert whole.session("c").title == "C"
    with pytest.raises(KeyError):
        whole.session("z")


def test_progress_remembers_a_cancelled_engagement() -> None:
    assert engagement(state="archivé").progress == Progress.FINISHED
    assert engagement(state="archivé", cancelled="2027-02-01").progress == Progress.CANCELLED


def test_notices_are_completed_by_the_engagement() -> None:
    privacy = Privacy(readers="l'équipe", purpose="préparer", contact="nous", retention_months=6)
    completed = privacy.completing(Notice(purpose="évaluer", retention_months=24))
    assert (completed.readers, completed.purpose, completed.retention_months) == ("l'équipe", "évaluer", 24)
    assert privacy.completing(None) is privacy


def test_an_alliance_has_seven_steps_and_six_tasks() -> None:
    territory = Territory.model_validate(
        {"steps": [{"number": 6, "state": "en cours"}, {"number": 0, "state": "fait"}]}
    )
    assert [step.state.value for step in territory.all_steps] == ["fait", *["à venir"] * 5, "en cours"]
    assert [step.title for step in territory.all_steps] == list(STEP_TITLES)
    assert (len(StartingPoint), len(Scale), len(CommitteeTask)) == (5, 6, 6)
    assert territory.committee.tasks == tuple(CommitteeTask)
    assert Scale("quartier").label == "Un quartier"


def test_licences_have_a_name_and_an_address() -> None:
    assert {licence.url for licence in Licence} >= {"https://creativecommons.org/licenses/by-sa/4.0/deed.fr"}
    assert all(licence.label and licence.short for licence in Licence)
    for licence in Licence:
        assert licence.label_in("fr") == licence.label and licence.label_in("en").startswith("Creative Commons ")
        assert licence.label_in("en").isascii() and licence.url_in("en").endswith("/deed.en")


@settings(deadline=None, max_examples=30)
@given(engagements())
def test_personal_data_can_be_left_out(whole: Engagement) -> None:
    public = without_personal(whole)
    assert all(person.contact is None for person in public.people)
    if public.territory:
        assert all(member.person == "" for member in public.territory.committee.members)
    assert without_personal(public) == public
    assert isinstance(public, Data)
