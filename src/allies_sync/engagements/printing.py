"""A document of an engagement as a PDF that the tool makes itself: the demand in other words, the proposition."""

from __future__ import annotations

from datetime import date

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.pieces import digest_of
from allies_sync.engagements.stored import today
from allies_sync.model.documents import Piece
from allies_sync.model.engagement import Engagement
from allies_sync.text.messages import _, format_date, using_language

PDF = "application/pdf"


def print_document(
    desk: Desk, engagement: Engagement, kicker: str, markdown: str, before: Piece | None = None
) -> tuple[bytes, date]:
    """The PDF of a Markdown text, and its day: the same words are the same bytes as ``before``. Raises UserError."""
    if before is not None and before.added is not None:
        printed = _print(desk, engagement, kicker, markdown, before.added)
        if digest_of(printed) == before.digest:
            return printed, before.added
    day = today(desk.environ)
    return _print(desk, engagement, kicker, markdown, day), day


def _print(desk: Desk, engagement: Engagement, kicker: str, markdown: str, day: date) -> bytes:
    from allies_sync.bilans.pdf import Booklet, CannotPrint, render_pdf

    collective = desk.config.collective
    with using_language(collective.language):
        booklet = Booklet(
            title=engagement.title,
            subtitle=engagement.subtitle,
            kicker=kicker,
            client=engagement.client.name,
            collective=collective.name or engagement.about.name,
            dates=span(engagement.start, engagement.last_day),
            licence_label=engagement.licence.label_in(collective.language),
            licence_url=engagement.licence.url_in(collective.language),
            language=collective.language,
            markdown=markdown,
            created=day,
        )
    try:
        return render_pdf(booklet)
    except CannotPrint as error:
        raise UserError(str(error), _("Rien n'a été modifié.")) from error


def span(first: date, last: date) -> str:
    """``12 mars 2027``, or ``du 12 mars au 3 avril 2027``."""
    if first == last:
        return format_date(first)
    return _("du {first} au {last}").format(
        first=format_date(first, year=first.year != last.year), last=format_date(last)
    )
