"""When an engagement's links end, and moving that day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.editing import load_engagement
from allies_sync.engagements.ending import MOST, was_over
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.prepare import Preparation, plan_engagement, render
from allies_sync.engagements.stored import today
from allies_sync.model.resources import Resource, Scope, Share
from allies_sync.reconcile.decide import Choice
from allies_sync.text.messages import _, format_date

DAYS = 30
"""For how long links are extended when nobody says it."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A plan in which links end later. ``end``: the day on which the first of them will; ``moved``: whether that
    is later than before."""

    preparation: Preparation
    end: date
    moved: bool


def last_day(desk: Desk, until: str | None, days: str | None) -> date:
    """The day that was asked for: a date, or a number of days from today. Raises UserError."""
    now = today(desk.environ)
    if until is not None and days is not None:
        raise UserError(
            _("--until et --days ne vont pas ensemble."), _("Choisissez : une date, ou un nombre de jours.")
        )
    if until is not None:
        try:
            day = date.fromisoformat(until)
        except ValueError as error:
            raise UserError(
                _("« {text} » n'est pas une date.").format(text=until[:40]), _("Exemple : --until 2027-09-30")
            ) from error
        if not now <= day <= now + timedelta(days=MOST):
            raise UserError(
                _("Des liens ne peuvent pas être prolongés jusqu'au {day}.").format(day=format_date(day)),
                _("Donnez une date à venir, dans les dix ans."),
            )
        return day
    typed = str(DAYS) if days is None else days.strip()
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 4 else 0
    if not 1 <= number <= MOST:
        raise UserError(
            _("« {text} » n'est pas un nombre de jours.").format(text=typed[:40]),
            _("Donnez un nombre de 1 à {most}, par exemple --days 30.").format(most=MOST),
        )
    return now + timedelta(days=number)


def prepare_extension(desk: Desk, slug: str, until: date) -> Extension:
    """Plans that no link ends before ``until``. One that its platform took away at its end is made again.

    Raises UserError when no link of the engagement ends.
    """
    before, engagement = load_engagement(desk, slug)
    day = today(desk.environ)
    resources = render(desk, engagement, slug, set(before.state.resources)).resources
    shares = {resource.id: resource for resource in resources if isinstance(resource, Share)}
    now = endings(desk, resources)
    if not now:
        raise UserError(
            _("Aucun lien de « {slug} » n'a de fin : rien à prolonger.").format(slug=slug),
            _("« allies-sync plan {slug} -v » montre tous les éléments de l'espace.").format(slug=slug),
        )
    moved = until > min(now.values())
    if moved:
        engagement = engagement.model_copy(update={"links_until": until})
    ended = {key: Choice.RECREATE for key in now if key in shares and was_over(shares[key], before.state, day)}
    preparation = plan_engagement(desk, before, engagement, ended)
    return Extension(preparation, min(endings(desk, preparation.workspace.resources).values()), moved)


def endings(desk: Desk, resources: Iterable[Resource]) -> dict[str, date]:
    """The last day of each of the engagement's own links that ends, where its platform ends links at all."""
    return {
        resource.id: resource.expires
        for resource in resources
        if isinstance(resource, Share)
        and resource.scope is Scope.ENGAGEMENT
        and resource.expires is not None
        and desk.bound(resource.role).platform.features.expiry
    }
