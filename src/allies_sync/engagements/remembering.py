"""An engagement as the mémoire d'action that others read: its fields derived from its data, corrected by people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from allies_sync.engagements.standing import Proof, Standing
from allies_sync.model.documents import PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.model.memoire import (
    Memoire,
    Other,
    duration_label,
    option_for,
    option_label,
    participants_label,
)
from allies_sync.model.programme import Session
from allies_sync.platforms.interface import Address
from allies_sync.text.messages import _

LINK_OF = {
    PieceRole.DEMAND: "link_cahier_des_charges",
    PieceRole.PROPOSITION: "link_proposition",
    PieceRole.BILAN: "link_documentation",
}
HALF_A_DAY = 4.5
"""Hours up to which a meeting counts as half a day."""


def memoire_of(
    engagement: Engagement,
    standings: Sequence[Standing],
    addresses: Mapping[str, Address],
    *,
    collective: str = "",
    home: str = "",
    remarks: Sequence[str] = (),
) -> Memoire:
    """The mémoire. Only documents that everybody may read are linked; what is missing is said in it."""
    record = engagement.memoire
    links = {LINK_OF[it.role]: url for it in standings if it.public and (url := url_of(it.public, addresses))}
    missing = [it for it in standings if LINK_OF[it.role] not in links]
    other = [Other(label=_("Ce qui manque"), value=", ".join(map(_missing, missing)))] if missing else []
    other += [Other(label=_("À savoir"), value=remark) for remark in remarks]
    fields: dict[str, Any] = {
        "tag": engagement.slug or "",
        "title": engagement.title,
        "nature": record.nature or _nature(engagement),
        "participants": record.participants or _participants(engagement),
        "duration": record.duration or _duration(engagement),
        "progress": record.progress or engagement.progress.value,
        "success": record.success or _success(engagement),
        "years": record.years or tuple(map(str, engagement.years)),
        "description": record.description or _description(engagement),
        "authors": record.authors or _authors(engagement, collective),
        "licence": _licence(engagement),
        "contributors": record.contributors or _contributors(engagement),
        "created": _noon(engagement.opened),
        "updated": _noon(engagement.archived),
        "url": home,
        "other": tuple(other),
        **links,
    }
    return Memoire.model_validate(fields)


def url_of(proof: Proof, addresses: Mapping[str, Address]) -> str:
    """Where a document answers, "" when that is not known."""
    if proof.url:
        return proof.url
    for key in (proof.share, proof.key):
        address = addresses.get(key)
        if address is not None and address.url:
            return address.url
    return ""


def _missing(standing: Standing) -> str:
    name = {
        PieceRole.DEMAND: _("cahier des charges"),
        PieceRole.PROPOSITION: _("proposition"),
        PieceRole.BILAN: _("bilan"),
    }[standing.role]
    return _("{name} (gardé par l'équipe)").format(name=name) if standing.there else name


def _nature(engagement: Engagement) -> tuple[str, ...]:
    option = option_for("nature", engagement.kind) if engagement.kind else None
    return (option.label if option else option_label("nature", "accompagnement"),)


def _participants(engagement: Engagement) -> tuple[str, ...]:
    return (participants_label(engagement.expected),) if engagement.expected is not None else ()


def _duration(engagement: Engagement) -> tuple[str, ...]:
    days = sum(map(_days, engagement.sessions))
    if not days:
        on_site = [float(phase.days) for phase in engagement.calendar if phase.on_site and phase.days]
        days = sum(on_site) or (1.0 if engagement.last_day == engagement.start else 0)
    return (duration_label(days),) if days else ()


def _days(session: Session) -> float:
    if session.start is None or session.end is None:
        return 1.0
    hours = _hours(session.end) - _hours(session.start)
    return 0.5 if 0 < hours <= HALF_A_DAY else 1.0


def _hours(clock: time) -> float:
    return clock.hour + clock.minute / 60


def _success(engagement: Engagement) -> str | None:
    return option_label("success", "pas-concerne") if engagement.cancelled else None


def _description(engagement: Engagement) -> str:
    return "\n\n".join(_paragraphs(engagement))


def _paragraphs(engagement: Engagement) -> Iterator[str]:
    for text in (
        engagement.subtitle,
        engagement.context.overview,
        engagement.demand,
        engagement.approach,
        engagement.result,
    ):
        if text:
            yield text


def _authors(engagement: Engagement, collective: str) -> str:
    names = [person.name for person in engagement.facilitators]
    return ", ".join(names) or collective or engagement.about.name


def _contributors(engagement: Engagement) -> str:
    bodies = [engagement.client, *([engagement.commissioned_by] if engagement.commissioned_by else [])]
    return ", ".join(dict.fromkeys(body.name for body in (*bodies, *engagement.partners)))


def _licence(engagement: Engagement) -> str:
    option = option_for("licence", engagement.licence.short)
    return option.label if option else engagement.licence.short


def _noon(day: object) -> datetime | None:
    """A day as the wiki's form has it, with a time."""
    return datetime.fromisoformat(f"{day}T12:00:00") if day else None
