"""What is due next in the life of an engagement: a pure function of its data and the day."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import State, by_date, is_online
from allies_sync.text.messages import _, format_date, ngettext

SOON = timedelta(days=21)
"""How long before a session its questionnaire should be on its way."""

COLD = timedelta(days=21)
"""How long after the last session the evaluation "à froid" is asked for."""


LINKS = timedelta(days=14)
"""How long before links end it is said, and how long after."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do. ``late``: its day has passed."""

    code: str
    sentence: str
    day: date | None = None
    late: bool = False


def due(
    engagement: Engagement,
    today: date,
    links: Collection[date] = (),
    places: int | None = None,
    personal: bool = True,
) -> tuple[Due, ...]:
    """What should be done next, the most urgent first. ``links``: the days on which the engagement's links end;
    ``places``: how many places are left to fill in the bilan's draft, None when there is none;
    ``personal``: whether participants are asked for anything personal."""
    kept = _purge(engagement, today) if personal else ()
    found = (*_due(engagement, today, places), *kept, *_links(engagement, today, links))
    return tuple(sorted(found, key=lambda item: (not item.late, item.day or date.max)))


def bilan_due(engagement: Engagement, today: date) -> bool:
    """Whether it is time to write the bilan."""
    state = by_date(engagement.state, today, engagement.start)
    return state in (State.OPEN, State.RUNNING) and today > engagement.last_day


def too_early(engagement: Engagement, today: date) -> str:
    """What is to be said of ending what is not over; empty when it is, or when it was cancelled."""
    if engagement.last_day <= today or engagement.cancelled or engagement.state is State.CANCELLED:
        return ""
    return _("Cet accompagnement n'est pas terminé : son dernier jour est le {day}.").format(
        day=format_date(engagement.last_day)
    )


def _bilan(slug: str, places: int | None) -> str:
    if places is None:
        return _("Écrire le bilan : allies-sync bilan draft {slug}").format(slug=slug)
    if places == 0:
        return _("Publier le bilan, dont le brouillon est prêt : allies-sync publish-bilan {slug}").format(slug=slug)
    sentence = ngettext(
        "Finir le brouillon du bilan ({count} passage à écrire), puis : allies-sync publish-bilan {slug}",
        "Finir le brouillon du bilan ({count} passages à écrire), puis : allies-sync publish-bilan {slug}",
        places,
    )
    return sentence.format(count=places, slug=slug)


def _due(engagement: Engagement, today: date, places: int | None) -> Iterator[Due]:
    slug = engagement.slug or ""
    state = by_date(engagement.state, today, engagement.start)
    last = engagement.last_day
    if state is State.PROPOSED:
        yield Due(
            "open",
            _("Quand la proposition est acceptée : allies-sync edit {slug} --set state=ouvert").format(slug=slug),
            engagement.start,
            today > engagement.start,
        )
    if state in (State.OPEN, State.RUNNING):
        upcoming = [
            session.date for session in engagement.sessions if session.date is not None and session.date >= today
        ]
        first = min(upcoming, default=engagement.start if engagement.start >= today else None)
        if first is not None and first - today <= SOON:
            yield Due(
                "questionnaire",
                _("Envoyer le questionnaire aux participant·e·s avant le {day}.").format(day=format_date(first)),
                first,
            )
        elif first is not None:
            yield Due("session", _("Prochaine rencontre le {day}.").format(day=format_date(first)), first)
        if today > last:
            cold = last + COLD
            if today >= cold:
                yield Due(
                    "evaluation",
                    _("Inviter les participant·e·s à répondre au questionnaire à froid (depuis le {day}).").format(
                        day=format_date(cold)
                    ),
                    cold,
                )
            yield Due("bilan", _bilan(slug, places), last, late=True)
    if state is State.BILAN_PUBLISHED:
        yield Due("memoire", _("Archiver en mémoire d'action : allies-sync archive {slug}").format(slug=slug), last)


def _purge(engagement: Engagement, today: date) -> Iterator[Due]:
    """Personal answers that are kept for longer than was promised, until they are emptied after that day."""
    end = engagement.personal_until
    purged = engagement.purged
    online = engagement.opened is not None or is_online(engagement.state)
    if online and today > end and (purged is None or purged < end):
        yield Due(
            "purge",
            _("Les réponses personnelles devaient être effacées le {day} : allies-sync answers purge {slug}").format(
                day=format_date(end), slug=engagement.slug or ""
            ),
            end,
            late=True,
        )


def _links(engagement: Engagement, today: date, links: Collection[date]) -> Iterator[Due]:
    """Links that are about to end, or ended lately, as long as the engagement goes on."""
    if engagement.state in (State.REFUSED, State.CANCELLED, State.ARCHIVED):
        return
    near = [day for day in links if abs(day - today) <= LINKS]
    if not near:
        return
    end = min(near)
    if end >= today:
        sentence = _("Des liens prennent fin le {day}. Pour les prolonger : allies-sync extend {slug} --days 30")
    else:
        sentence = _("Des liens ont pris fin le {day}. Pour les prolonger : allies-sync extend {slug} --days 30")
    yield Due("links", sentence.format(day=format_date(end), slug=engagement.slug or ""), end, late=end < today)
