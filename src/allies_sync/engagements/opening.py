"""Opening an engagement: from a title and a few options, a file, or another engagement."""

from __future__ import annotations

from datetime import date

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.prepare import Preparation, plan_engagement, unknown_engagement
from allies_sync.engagements.stored import Description, check_slug, describe_space, today
from allies_sync.model.engagement import Engagement
from allies_sync.model.record import Record
from allies_sync.text.messages import _, format_date, join_words
from allies_sync.text.names import engagement_slug

OF_ITS_LIFE = frozenset(
    {"slug", "opened", "state", "cancelled", "archived", "archived_from", "links_until", "purged", "withdrawn"}
    | {"documents", "consents"}
)
"""Fields that an engagement's life changes by itself."""


def slug_of(engagement: Engagement) -> str:
    """Its slug: made of its title and the year of its first day when it has none.

    Raises UserError for a title without a letter.
    """
    if engagement.slug:
        return check_slug(engagement.slug)
    try:
        return engagement_slug(engagement.title, engagement.year)
    except ValueError as error:
        raise UserError(
            _("Le titre « {title} » ne contient ni lettre ni chiffre : aucun identifiant n'en découle.").format(
                title=engagement.title[:80]
            ),
            _("Donnez un autre titre, ou un identifiant avec --slug."),
        ) from error


def prepare_opening(desk: Desk, engagement: Engagement) -> Preparation:
    """Plans the opening of a new engagement; of one that is already open with the same data, its next sync.

    Raises UserError when the slug is another engagement's, or the same engagement's with other data.
    """
    slug = slug_of(engagement)
    before = describe_space(desk.store, slug)
    if before.engagement is not None:
        return plan_engagement(desk, before, _same(before.engagement, engagement, slug, desk), {})
    opened = engagement.opened or today(desk.environ)
    fresh = engagement.model_copy(update={"slug": slug, "opened": opened})
    return plan_engagement(desk, before, fresh, {})


def _same(stored: Engagement, asked: Engagement, slug: str, desk: Desk) -> Engagement:
    """The stored engagement when it is the one asked for. Raises UserError otherwise."""
    if stored.client.name != asked.client.name or stored.start != asked.start:
        raise UserError(
            _("« {slug} » existe déjà, pour {client}, à partir du {start} : c'est un autre accompagnement.").format(
                slug=slug, client=stored.client.name, start=format_date(stored.start)
            ),
            _("Rien n'a été modifié. Choisissez un autre titre, ou ajoutez par exemple --slug {proposal}.").format(
                proposal=free_slug(desk, slug)
            ),
        )
    differing = sorted(
        name
        for name in Engagement.model_fields
        if name not in OF_ITS_LIFE
        and name in asked.model_fields_set
        and getattr(asked, name) != getattr(stored, name)
    )
    if differing:
        raise UserError(
            _("« {slug} » est déjà ouvert, avec d'autres données : {fields}.").format(
                slug=slug, fields=join_words(differing)
            ),
            _("Rien n'a été modifié. Pour changer ses données : allies-sync edit {slug}").format(slug=slug),
        )
    return stored


def free_slug(desk: Desk, slug: str) -> str:
    """The first of ``slug-2``, ``slug-3``… that is free."""
    taken = desk.store.engagements()
    number = 2
    while f"{slug}-{number}" in taken:
        number += 1
    return f"{slug}-{number}"


def like(desk: Desk, slug: str, *, title: str, client: str | None, start: date) -> Engagement:
    """A new engagement with another's programme, price and wording, moved to its own first day.

    Sessions and end keep their distance from the first day. What belongs to the other's life (state, days of
    opening and cancelling) stays behind.
    """
    before: Description = describe_space(desk.store, check_slug(slug))
    if before.engagement is None:
        raise unknown_engagement(desk, slug, before)
    model = before.engagement
    shift = start - model.start
    sessions = tuple(
        session.model_copy(update={"date": session.date + shift if session.date else None})
        for session in model.sessions
    )
    update: dict[str, object] = {
        "slug": None,
        "title": title,
        "start": start,
        "end": model.end + shift if model.end else None,
        "sessions": sessions,
        "opened": None,
        "cancelled": None,
        "links_until": None,
        "purged": None,
        "withdrawn": (),
        "archived": None,
        "archived_from": None,
        "documents": (),
        "consents": (),
        "memoire": Record(),
        "state": Engagement.model_fields["state"].default,
    }
    if client is not None:
        update["client"] = type(model.client)(name=client)
    return Engagement.model_validate(model.model_copy(update=update).model_dump())
