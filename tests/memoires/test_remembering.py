"""An engagement as a mémoire: what is derived, what a person corrects, and what is said to be missing."""

from __future__ import annotations

from typing import Any

import pytest

from allies_sync.engagements.adding import piece_role
from allies_sync.engagements.consenting import with_consents
from allies_sync.engagements.remembering import memoire_of
from allies_sync.engagements.standing import Proof, Standing, Why, bare, is_blank
from allies_sync.model.documents import PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.model.memoire import Memoire
from allies_sync.model.resources import Rights
from allies_sync.platforms.interface import Address

BASE: dict[str, Any] = {"slug": "2027-x", "title": "X", "start": "2027-03-12", "client": {"name": "DLA"}}


def engagement(**more: Any) -> Engagement:
    return Engagement.model_validate({**BASE, **more})


def remembered(*standings: Standing, addresses: dict[str, str] | None = None, **more: Any) -> Memoire:
    found = {key: Address(url, url) for key, url in (addresses or {}).items()}
    return memoire_of(engagement(**more), standings, found, collective="Collectif")


def day(**more: Any) -> dict[str, Any]:
    return {"id": "jour", "title": "Jour", "date": "2027-03-12", **more}


@pytest.mark.parametrize(
    ("more", "duration"),
    [
        ({}, ("Une journée",)),
        ({"end": "2028-01-01"}, ()),
        ({"sessions": [day(start="9h", end="12h30")]}, ("Une demi-journée",)),
        ({"sessions": [day(start="9h", end="17h")]}, ("Une journée",)),
        ({"sessions": [day(), day(id="b"), day(id="c")]}, ("Entre deux et trois jours au total",)),
        ({"sessions": [day(id=f"j{n}") for n in range(6)]}, ("Plus d'une semaine au total",)),
        (
            {"end": "2028-01-01", "calendar": [{"label": "Sur place", "on_site": True, "days": 5}]},
            ("Une semaine au total",),
        ),
        ({"memoire": {"duration": ["Une semaine au total"]}}, ("Une semaine au total",)),
    ],
)
def test_duration(more: dict[str, Any], duration: tuple[str, ...]) -> None:
    assert remembered(**more).duration == duration


def test_the_rest_is_derived_too() -> None:
    found = remembered(
        participants=24,
        end="2028-02-01",
        kind="formation",
        demand="La demande.",
        people=[{"name": "Camille R."}, {"name": "Lou M.", "support": True}],
        partners=[{"name": "Ville"}, {"name": "DLA"}],
    )
    assert (found.participants, found.years) == (("De 16 à 30 personnes",), ("2027", "2028"))
    assert (found.nature, found.progress, found.licence) == (("Formation",), "En cours", "CC BY SA")
    assert (found.authors, found.contributors, found.description) == ("Camille R.", "DLA, Ville", "La demande.")
    assert remembered().authors == "Collectif" and remembered().success is None


def test_what_was_cancelled_is_annulee() -> None:
    found = remembered(state="archivé", cancelled="2027-03-01", archived="2027-04-01")
    assert (found.progress, found.success) == ("Annulée", "Pas concerné par ce champs")


def test_only_what_everybody_may_read_is_linked_and_the_rest_is_named() -> None:
    shown = Standing(
        PieceRole.PROPOSITION, (Proof(PieceRole.PROPOSITION, "P", "document:p", "share:p", public=True),)
    )
    kept = Standing(PieceRole.DEMAND, (Proof(PieceRole.DEMAND, "D", "document:d", "share:d"),))
    lacking = Standing(PieceRole.BILAN, (), Why.EMPTY)
    found = remembered(
        shown, kept, lacking, addresses={"share:p": "https://x.example/p", "share:d": "https://x.example/d"}
    )
    assert found.link_proposition == "https://x.example/p"
    assert found.link_cahier_des_charges is None and found.link_documentation is None
    assert found.other[0].value == "cahier des charges (gardé par l'équipe), bilan"


def test_a_vocabulary_is_kept_to() -> None:
    with pytest.raises(ValueError, match="values do not fit together"):
        engagement(memoire={"success": "Bof"})


def test_consent_makes_public_and_its_lack_does_not() -> None:
    piece = {"id": "a", "role": "cahier-des-charges", "title": "A", "name": "a.pdf", "digest": f"sha256:{'0' * 64}"}
    assert with_consents(engagement(documents=[piece])).documents[0].audience is Rights.TEAM
    for document in ("a", "cahier-des-charges"):
        consents = [{"document": document, "date": "2027-04-01"}]
        found = with_consents(engagement(documents=[piece], consents=consents))
        assert found.documents[0].audience is Rights.PUBLIC


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n", b"\0\0\0"])
def test_blank_files(data: bytes) -> None:
    assert is_blank(data) and not is_blank(data + b"a")


def test_nothing_of_the_work_is_left_in_a_bare_engagement() -> None:
    full = engagement(demand="D", approach="A", sessions=[day()], participants=3)
    assert bare(full) == engagement(participants=3)


def test_roles_are_read_as_people_write_them() -> None:
    assert piece_role(" Bilan ") is PieceRole.BILAN
