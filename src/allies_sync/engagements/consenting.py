"""The client's consent to the publication of a document: without it, the document is for the team."""

from __future__ import annotations

from datetime import date

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.editing import load_engagement
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.prepare import Preparation, plan_engagement
from allies_sync.engagements.stored import today
from allies_sync.model.documents import Consent, Piece, PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.text.messages import _, format_date, join_words

ASKED = (PieceRole.DEMAND, PieceRole.PROPOSITION, PieceRole.BILAN, PieceRole.RESOURCE)
"""Documents of which the client is asked. A reformulation is the collective's own words."""


def with_consents(engagement: Engagement) -> Engagement:
    """The engagement with what the client agreed to written to each of its documents, by id or by role."""

    def agreed(piece: Piece) -> Piece:
        consent = engagement.consent(piece.id) or engagement.consent(piece.role.value)
        if consent is None or piece.role not in ASKED:
            return piece
        return piece.model_copy(update={"consent": consent.date, "consent_by": consent.by})

    return engagement.model_copy(update={"documents": tuple(map(agreed, engagement.documents))})


def prepare_consent(desk: Desk, slug: str, document: str, day: str | None, by: str = "") -> Preparation:
    """Plans what the client's consent changes. ``day`` None: it is taken back. Raises UserError."""
    before, engagement = load_engagement(desk, slug)
    name = _document(engagement, document)
    others = tuple(consent for consent in engagement.consents if consent.document != name)
    documents = engagement.documents
    if day is None:
        consents = others
        documents = tuple(
            piece.model_copy(update={"consent": None, "consent_by": ""})
            if name in (piece.id, piece.role.value)
            else piece
            for piece in documents
        )
    else:
        agreed = _day(day, today(desk.environ))
        old = engagement.consent(name)
        consents = (*others, Consent(document=name, date=agreed, by=by or (old.by if old else "")))
        if old is not None and old == consents[-1]:
            consents = engagement.consents
    changed = engagement.model_copy(update={"consents": consents, "documents": documents})
    return plan_engagement(desk, before, with_consents(changed), {})


def _document(engagement: Engagement, typed: str) -> str:
    """A role or the id of a document, of what a person typed. Raises UserError."""
    name = typed.strip().removeprefix("document:").removeprefix("piece-")
    roles = [role.value for role in ASKED]
    known = [piece.id for piece in engagement.documents if piece.role in ASKED]
    if name in (*roles, *known):
        return name
    raise UserError(
        _("« {typed} » n'est pas un document de cet accompagnement.").format(typed=typed[:60]),
        _("Choisissez : {known}.").format(known=join_words(list(dict.fromkeys([*roles, *known])))),
    )


def _day(typed: str, now: date) -> date:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError as error:
        raise UserError(
            _("« {text} » n'est pas une date.").format(text=typed[:40]), _("Exemple : --date 2027-04-30")
        ) from error
    if not date(1990, 1, 1) <= day <= now:
        raise UserError(
            _("Un accord ne peut pas dater du {day}.").format(day=format_date(day)),
            _("Donnez le jour où il a été donné."),
        )
    return day
