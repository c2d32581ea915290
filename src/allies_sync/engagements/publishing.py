"""Publishing a bilan: the PDF, the page on the wiki, the links to both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from allies_sync.bilans.places import Place, places
from allies_sync.bilans.publication import finished, known_pictures, page, pictures, same_place
from allies_sync.engagements.adding import MOST, too_many
from allies_sync.engagements.carry import Outcome
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.drafting import DRAFT, Bench
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.pieces import Found, blank, digest_of, item_of, made, piece_named, with_pieces
from allies_sync.engagements.prepare import Handing, Preparation, plan_engagement
from allies_sync.model.documents import PUBLISHED_BILAN as BILAN
from allies_sync.model.documents import Piece, PieceRole
from allies_sync.model.lifecycle import State, can_become
from allies_sync.platforms.hookspecs import Event
from allies_sync.reconcile.decide import Action, Choice, Reason
from allies_sync.reconcile.results import Result
from allies_sync.text.characters import cut
from allies_sync.text.messages import _, format_date, ngettext, using_language
from allies_sync.workspace.handed import Handed

if TYPE_CHECKING:
    from allies_sync.bilans.pdf import Booklet

PUBLISHED_TEXT = "bilan.md"
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Publication:
    """A plan that publishes. ``changed``: whether the PDF is another one than before; ``places``: what was left to
    write and was left out (only when forced); ``missing``: pictures that are not at hand; ``letters``: characters
    that the PDF cannot show."""

    preparation: Preparation
    piece: Piece
    pdf: bytes
    changed: bool
    first: bool
    places: tuple[Place, ...] = ()
    missing: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()


def prepare_publication(desk: Desk, slug: str, *, force: bool = False, replacing: bool = False) -> Publication:
    """Plans the publication of the draft as it is now. ``force``: also when people still have something to write;
    ``replacing``: also where somebody changed or deleted the PDF that was published before.

    Raises UserError (no draft, places left, a PDF that people want otherwise) and PlatformError.
    """
    bench = Bench(desk, slug)
    engagement = bench.engagement
    if not can_become(engagement.state, State.BILAN_PUBLISHED):
        raise UserError(
            _("Un accompagnement « {state} » n'a pas de bilan à publier.").format(state=engagement.state.value),
            _("« allies-sync status {slug} » dit ce qui vient ensuite.").format(slug=slug),
        )
    draft = bench.find(DRAFT)
    left = places(_text(draft, slug))
    if left and not force:
        raise _unfinished(left, slug)
    source = finished(draft.text)
    images, missing = known_pictures(source, _images(bench, source))
    before = piece_named(engagement, BILAN)
    with using_language(bench.language):
        new = blank(BILAN, PieceRole.BILAN, _("Bilan"), _("Bilan.pdf"), PDF, bench.day)
    pdf, letters = _printed(bench, source, images, before)
    piece = made(before, new, pdf)
    documents = {piece.resource_id: Handed(pdf)}
    kept: list[Piece] = []
    changed = before is None or before.digest != piece.digest
    if before is not None and changed:
        for former, data in _former(bench, before, replacing=replacing):
            kept.append(former)
            documents[former.resource_id] = Handed(data)
    with using_language(bench.language):
        text = page(source, _photographs(bench, source))
    handing = Handing(documents, {PUBLISHED_TEXT: text.encode()})
    choices = {}
    if replacing and before is not None:
        choices = {piece.resource_id: Choice.RECREATE if bench.find(BILAN).deleted else Choice.REPLACE}
    for named in _names(piece):
        published = with_pieces(engagement, [named, *kept]).model_copy(update={"state": State.BILAN_PUBLISHED})
        preparation = plan_engagement(desk, bench.before, published, choices, handing=handing)
        item = item_of(preparation, named.resource_id)
        if item is None or item.action is not Action.FOREIGN:
            break
    else:
        raise too_many()
    piece = named
    _refuse_half(preparation, piece)
    return Publication(preparation, piece, pdf, changed, before is None, left, missing, letters)


def announce(desk: Desk, publication: Publication, outcome: Outcome) -> None:
    """Tells plugins that a bilan was published, or published again with other words: once it is there."""
    key = publication.piece.resource_id
    done = outcome.finished.get(key)
    if not outcome.complete or done is None or done.result is not Result.DONE:
        return
    links = links_of(publication, outcome)
    event = Event(outcome.slug, outcome.engagement.title, outcome.engagement.state.value, links)
    outcome.warnings += desk.plugins.notify("bilan_published", event)


def links_of(publication: Publication, outcome: Outcome | None = None) -> dict[str, str]:
    """Where the bilan is, for those who are to read it: its link and its page, as far as they are known."""
    addresses = dict(publication.preparation.own.plan.space.addresses)
    for key, done in (outcome.finished if outcome else {}).items():
        if done.address is not None:
            addresses[key] = done.address
    piece = publication.piece
    wanted = {"bilan": (piece.share_id, piece.resource_id), "page": ("page:bilan",), "home": _home(publication)}
    found = {}
    for name, keys in wanted.items():
        url = next((addresses[key].url for key in keys if key in addresses and addresses[key].url), None)
        if url:
            found[name] = url
    return found


def _home(publication: Publication) -> tuple[str, ...]:
    home = publication.preparation.workspace.home
    return (home,) if home else ()


def _text(draft: Found, slug: str) -> str:
    if draft.data is None:
        message = _("Il n'y a pas de brouillon du bilan à publier pour « {slug} ».")
        if draft.deleted:
            message = _("Le brouillon du bilan de « {slug} » a été supprimé.")
        raise UserError(
            message.format(slug=slug),
            _("Pour l'écrire : allies-sync bilan draft {slug}").format(
                slug=slug + (" --recreate" if draft.deleted else "")
            ),
        )
    if not draft.text.strip():
        raise UserError(
            _("Le brouillon du bilan de « {slug} » est vide.").format(slug=slug),
            _("Rien n'a été publié. Sa version précédente est gardée là où il est."),
        )
    return draft.text


def _unfinished(left: tuple[Place, ...], slug: str) -> UserError:
    message = ngettext(
        "Le brouillon du bilan a encore {count} passage à écrire.",
        "Le brouillon du bilan a encore {count} passages à écrire.",
        len(left),
    )
    line = _("ligne {line} : {wanted}")
    return UserError(
        message.format(count=len(left)),
        _("Rien n'a été publié. Écrivez-les, ou publiez sans eux : allies-sync publish-bilan {slug} --force").format(
            slug=slug
        ),
        [line.format(line=place.line, wanted=place.wanted) for place in left],
    )


def _names(piece: Piece) -> Iterator[Piece]:
    """The PDF under its name, then under others: another file may have that one already."""
    yield piece
    stem, dot, suffix = piece.name.rpartition(".")
    for number in range(2, MOST):
        mark = f" ({number})"
        yield piece.model_copy(update={"name": f"{stem}{mark}{dot}{suffix}", "title": cut(piece.title, 190) + mark})


def _refuse_half(preparation: Preparation, piece: Piece) -> None:
    """The page says what the PDF says: where the PDF stays as people left it, the page gets no other text."""
    item = item_of(preparation, piece.resource_id)
    if item is None:
        return
    deleted = item.action is Action.GONE and item.decision.reason is Reason.DELETED
    stays = item.action is Action.KEEP and item.decision.by_people
    if item.action is not Action.CONFLICT and not (PUBLISHED_TEXT in preparation.files and (deleted or stays)):
        return
    message = _("Quelqu'un a changé à la main le PDF du bilan (« {name} »).")
    if deleted:
        message = _("Quelqu'un a supprimé le PDF du bilan (« {name} »).")
    raise UserError(
        message.format(name=piece.name),
        _(
            "Rien n'a été publié : la page et le PDF ne diraient plus la même chose. Pour mettre le nouveau PDF à sa "
            "place : allies-sync publish-bilan {slug} --replace"
        ).format(slug=preparation.slug),
    )


def _images(bench: Bench, source: str) -> Mapping[str, bytes]:
    """The pictures that the text shows, charts and others that were added to the workspace, by their path as seen
    from the draft."""
    wanted = {same_place(target) for target in pictures(source)}
    found = {}
    for path, piece in bench.pictures().items() if wanted else ():
        if path in wanted:
            there = bench.find(piece.id)
            if there.data is not None:
                found[path] = there.data
    return found


def _photographs(bench: Bench, source: str) -> frozenset[str]:
    """The pictures that the text shows and that are no charts, by their path as seen from the draft."""
    if not pictures(source):
        return frozenset()
    return frozenset(path for path, piece in bench.pictures().items() if piece.role is not PieceRole.CHART)


def _printed(
    bench: Bench, source: str, images: Mapping[str, bytes], before: Piece | None
) -> tuple[bytes, tuple[str, ...]]:
    """The PDF, of the day on which its content was new: printed again, the same words are the same file."""
    from allies_sync.bilans.pdf import CannotPrint, print_booklet

    booklet = _booklet(bench, source, images)
    try:
        if before is not None and before.added is not None:
            printed = print_booklet(replace(booklet, created=before.added))
            if digest_of(printed.pdf) == before.digest:
                return printed.pdf, printed.letters
        printed = print_booklet(booklet)
    except CannotPrint as error:
        raise UserError(str(error), _("Rien n'a été publié.")) from error
    return printed.pdf, printed.letters


def _booklet(bench: Bench, source: str, images: Mapping[str, bytes]) -> Booklet:
    from allies_sync.bilans.pdf import Booklet

    engagement = bench.engagement
    with using_language(bench.language):
        return Booklet(
            title=engagement.title,
            subtitle=engagement.subtitle,
            kicker=_("Bilan"),
            client=engagement.client.name,
            collective=bench.desk.config.collective.name or engagement.about.name,
            dates=span(engagement.start, engagement.last_day),
            licence_label=engagement.licence.label_in(bench.language),
            licence_url=engagement.licence.url_in(bench.language),
            language=bench.language,
            markdown=source,
            images=images,
            created=bench.day,
        )


def span(first: date, last: date) -> str:
    """``12 mars 2027``, or ``du 12 mars au 3 avril 2027``."""
    if first == last:
        return format_date(first)
    return _("du {first} au {last}").format(
        first=format_date(first, year=first.year != last.year), last=format_date(last)
    )


def _former(bench: Bench, before: Piece, *, replacing: bool) -> list[tuple[Piece, bytes]]:
    """The PDF that is about to be replaced, under its day's name, where the platform keeps no versions itself. One
    that somebody changed stays where it is, unless ``replacing``."""
    if bench.desk.bound("files").platform.features.versions:
        return []
    there = bench.find(before.id)
    if there.data is None or not (replacing or digest_of(there.data) == before.digest):
        return []
    day = before.added or bench.day
    stem, dot, suffix = before.name.rpartition(".")
    with using_language(bench.language):
        name = _("{name} du {day}").format(name=stem or suffix, day=format_date(day)) + (dot + suffix if stem else "")
        title = _("{title}, version du {day}").format(title=before.title, day=format_date(day))
    taken = {piece.id for piece in bench.engagement.documents}
    identity, number = f"bilan-{day.isoformat()}", 1
    while identity in taken:
        number += 1
        identity = f"bilan-{day.isoformat()}-{number}"
    if number > 1:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem} ({number}){dot}{suffix}"
    return [(made(None, blank(identity, PieceRole.DRAFT, title, name, PDF, day), there.data), there.data)]
