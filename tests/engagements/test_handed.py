"""Documents that are handed over once: written by the run that has them, and never touched by those that do not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from allies_sync.engagements.carry import carry_out
from allies_sync.engagements.config import load_config
from allies_sync.engagements.desk import Desk, open_desk
from allies_sync.engagements.prepare import Handing, Preparation, prepare
from allies_sync.model.documents import Piece, PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import State
from allies_sync.model.people import Organisation
from allies_sync.platforms.interface import Seen
from allies_sync.reconcile.decide import Action, Reason
from allies_sync.workspace.handed import Handed

SLUG = "2027-essai"
KEY = "document:piece-bilan"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    file = tmp_path / "allies-sync.toml"
    file.write_text('[collective]\nname = "Essai"\n[roles.files]\nplatform = "local"\npath = "files"\n')
    with file.open("a") as more:
        more.write('[roles.wiki]\nplatform = "local"\npath = "wiki"\n')
    with open_desk(load_config(file), {}) as found:
        yield found


def piece(data: bytes, **more: object) -> Piece:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    fields = {"id": "bilan", "role": PieceRole.BILAN, "title": "Bilan", "name": "Bilan.pdf", "digest": digest}
    return Piece.model_validate({**fields, **more})


def engagement(*pieces: Piece) -> Engagement:
    return Engagement(
        slug=SLUG,
        title="Essai",
        client=Organisation(name="Client"),
        start=date(2027, 3, 12),
        state=State.OPEN,
        documents=pieces,
    )


def handing(data: bytes, based_on: str | None = None) -> Handing:
    return Handing({KEY: Handed(data, based_on)}, {"bilan.md": data})


def do(desk: Desk, data: Engagement | None, brought: Handing | None = None) -> Preparation:
    plan = prepare(desk, SLUG, engagement=data, handing=brought)
    assert carry_out(desk, plan).complete
    return plan


def decision(plan: Preparation) -> tuple[Action, Reason]:
    (item,) = [item for item in plan.items if item.key == KEY]
    return item.decision.action, item.decision.reason


def place(tmp_path: Path) -> Path:
    return tmp_path / "files" / SLUG / "Bilan" / "Bilan.pdf"


def test_handed_over_once_then_left_alone(desk: Desk, tmp_path: Path) -> None:
    do(desk, engagement(piece(b"first")), handing(b"first"))
    assert place(tmp_path).read_bytes() == b"first"
    again = prepare(desk, SLUG)
    assert again.idle
    assert decision(again) == (Action.NONE, Reason.NOTHING)
    page = (tmp_path / "wiki" / SLUG / "sources" / "bilan.md").read_text()
    assert "first" not in page  # not before it is published
    documents = (tmp_path / "wiki" / SLUG / "sources" / "documents.md").read_text()
    assert "Bilan.pdf" in documents


def test_published_words_are_shown_and_point_nowhere_by_themselves(desk: Desk, tmp_path: Path) -> None:
    made = engagement(piece(b"x")).model_copy(update={"state": State.BILAN_PUBLISHED})
    do(desk, made, Handing({KEY: Handed(b"x")}, {"bilan.md": b"## Suites\n\n[ici](ref:page:accueil)"}))
    page = (tmp_path / "wiki" / SLUG / "sources" / "bilan.md").read_text()
    assert "## Suites" in page and "ref:" not in page and "index.html" not in page.partition("## Suites")[2]
    assert prepare(desk, SLUG).idle


def test_what_a_person_wrote_is_replaced_only_by_what_was_made_of_it(desk: Desk, tmp_path: Path) -> None:
    do(desk, engagement(piece(b"first")), handing(b"first"))
    place(tmp_path).write_bytes(b"a person's")
    assert decision(prepare(desk, SLUG)) == (Action.KEEP, Reason.EDITED)
    new = engagement(piece(b"second"))
    assert decision(prepare(desk, SLUG, engagement=new, handing=handing(b"second")))[0] is Action.CONFLICT
    seen = next(item.seen for item in prepare(desk, SLUG).items if item.key == KEY)
    assert isinstance(seen, Seen)
    merged = prepare(desk, SLUG, engagement=new, handing=handing(b"second", seen.fingerprint))
    assert decision(merged) == (Action.UPDATE, Reason.MERGED)
    place(tmp_path).write_bytes(b"later still")
    outcome = carry_out(desk, merged, agreed=True)
    assert not outcome.complete or outcome.finished.get(KEY) is None
    assert place(tmp_path).read_bytes() == b"later still"


def test_another_run_finishes_nothing_that_it_has_not(desk: Desk, tmp_path: Path) -> None:
    do(desk, engagement())
    do(desk, engagement(piece(b"first")))  # as if the run that had the content died before it wrote it
    assert not place(tmp_path).exists()
    assert decision(prepare(desk, SLUG)) == (Action.GONE, Reason.ELSEWHERE)
    do(desk, engagement(piece(b"first")), handing(b"first"))
    assert place(tmp_path).read_bytes() == b"first"


def test_a_deleted_one_is_not_made_again(desk: Desk, tmp_path: Path) -> None:
    do(desk, engagement(piece(b"first")), handing(b"first"))
    place(tmp_path).unlink()
    do(desk, None)
    assert not place(tmp_path).exists()
