"""The draft of a bilan in its workspace: written, refreshed around what people wrote, never over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from allies_sync.bilans.draft import Draft, Material, write_draft
from allies_sync.bilans.forgetting import forgotten
from allies_sync.bilans.merge import Merged, Version, merge, recall, remember, written
from allies_sync.bilans.parts import Part
from allies_sync.bilans.places import Place, places
from allies_sync.bilans.quotes import Picked, picked, write_list
from allies_sync.engagements.answers import questionnaires, read_answers
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.editing import load_engagement
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.pieces import (
    Found,
    blank,
    find,
    identity_of,
    look_at,
    made,
    piece_named,
    steps_between,
    with_pieces,
    without_pieces,
)
from allies_sync.engagements.prepare import Handing, Preparation, plan_engagement, render
from allies_sync.engagements.stored import Description, today
from allies_sync.model.documents import Piece, PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import State, is_frozen, is_online
from allies_sync.model.resources import Document
from allies_sync.model.tally import FormTally
from allies_sync.platforms.errors import PlatformError
from allies_sync.reconcile.decide import Choice
from allies_sync.text.messages import _, join_words, using_language
from allies_sync.workspace.handed import Handed

DRAFT, QUOTES = "brouillon", "citations"
DRAFT_BASE, QUOTES_BASE = "bilan-base.md", "citations-base.md"
MARKDOWN, SVG = "text/markdown", "image/svg+xml"


@dataclass(frozen=True, slots=True)
class Writing:
    """A plan that writes a document in which people write too. ``text``: as it will be; ``merged``: what became of
    the tool's own parts, when there was a text already; ``picked``: the quotations that somebody ticked;
    ``parts``: the new text as the tool alone would have it; ``fewer``: forms that had more answers (the number) when
    the text was written last."""

    preparation: Preparation
    piece: Piece
    text: str
    merged: Merged | None
    places: tuple[Place, ...] = ()
    picked: Picked = field(default_factory=lambda: Picked({}))
    parts: tuple[Part, ...] = ()
    fewer: tuple[tuple[FormTally, int], ...] = ()


def prepare_draft(desk: Desk, slug: str, *, recreate: bool = False) -> Writing:
    """Plans the draft: written, or refreshed where nobody wrote. ``recreate``: anew when somebody deleted it.

    Raises UserError when the engagement has no workspace that can be written in, and PlatformError.
    """
    bench = Bench(desk, slug)
    counted = bench.tallies()
    listed = bench.find(QUOTES)
    chosen = picked(listed.text, counted, threshold=desk.config.threshold)
    draft = write_draft(
        Material(
            engagement=bench.engagement,
            tallies=counted,
            quotes=chosen.quotes,
            threshold=desk.config.threshold,
            language=bench.language,
            collective=desk.config.collective.name,
            charts=bench.charts(),
        )
    )
    with using_language(bench.language):
        new = blank(DRAFT, PieceRole.DRAFT, _("Brouillon du bilan"), _("Brouillon du bilan.md"), MARKDOWN, bench.day)
        charts = bench.chart_pieces(draft, counted)
    writing = bench.write(new, draft.parts, DRAFT_BASE, recreate=recreate, charts=charts, counted=counted)
    return replace(writing, places=places(writing.text), picked=chosen)


def prepare_quotes(desk: Desk, slug: str, *, recreate: bool = False) -> Writing:
    """Plans the list of quotations to tick: ticks and notes stay. Raises UserError and PlatformError."""
    bench = Bench(desk, slug)
    counted = bench.tallies()
    threshold = desk.config.threshold
    parts = write_list(bench.engagement, counted, threshold=threshold, language=bench.language)
    with using_language(bench.language):
        title, name = _("Citations à choisir"), _("Citations à choisir.md")
        new = blank(QUOTES, PieceRole.DRAFT, title, name, MARKDOWN, bench.day)
    writing = bench.write(new, parts, QUOTES_BASE, recreate=recreate)
    chosen = picked(writing.text, counted, threshold=threshold)
    return replace(writing, picked=chosen)


def places_left(desk: Desk, look: Preparation) -> int | None:
    """How many places the draft still has, None when there is no draft. Raises PlatformError."""
    piece = piece_named(look.engagement, DRAFT)
    there = find(desk, look.own.plan, piece)
    return None if there.data is None else len(places(there.text))


class Bench:
    """One engagement, looked at once, with what is there of its documents."""

    def __init__(self, desk: Desk, slug: str) -> None:
        self.desk = desk
        self.before, self.engagement = writable(desk, slug)
        self.day = today(desk.environ)
        self.look = look_at(desk, self.before, self.engagement)
        self.language = desk.templates.get(self.engagement.template).file.language

    def tallies(self) -> Sequence[FormTally]:
        """What was answered; nothing where the template asks nothing.

        Raises PlatformError when a form that was there is not to be found, or an answer cannot be read: what was
        answered would leave the draft.
        """
        try:
            asked = questionnaires(self.desk, self.before.slug)
        except UserError:  # it has no questionnaire
            return ()
        reading = read_answers(self.desk, asked)
        gone = [form for form in reading.missing if form.id in self.before.state.resources]
        if gone:
            raise PlatformError(
                _(
                    "Le wiki n'a pas, ou plus, ce questionnaire : {titles}. Ses réponses ne peuvent pas être lues."
                ).format(titles=join_words([f"« {asked.titled(form)} »" for form in gone])),
                _(
                    "Rien n'a été modifié. Si le wiki est là et que quelqu'un a supprimé ce questionnaire, "
                    "rétablissez-le ou refaites-le : allies-sync sync {slug} --recreate {id}"
                ).format(slug=self.before.slug, id=gone[0].id),
            )
        if reading.unread:
            raise PlatformError(
                " ".join(reading.unread),
                _("Rien n'a été modifié : ce qui en est cité sortirait du bilan. Relancez ensuite la même commande."),
            )
        with using_language(self.language):
            return reading.tallies(public=True)

    def find(self, identity: str) -> Found:
        return find(self.desk, self.look, piece_named(self.engagement, identity))

    def charts(self) -> str:
        """Where the charts are, as seen from the draft."""
        chart = blank("graphique", PieceRole.CHART, "graphique", "graphique.svg", SVG)
        return self.seen_from_draft([chart])[chart.id].rpartition("/")[0] or "."

    def pictures(self) -> dict[str, Piece]:
        """All pictures among the documents, by their path as seen from the draft."""
        found = [piece for piece in self.engagement.documents if piece.media_type.startswith("image/")]
        paths = self.seen_from_draft(found)
        return {paths[piece.id]: piece for piece in found if piece.id in paths}

    def seen_from_draft(self, pieces: Sequence[Piece]) -> dict[str, str]:
        """How documents are reached from the draft, by their id."""
        draft = blank(DRAFT, PieceRole.DRAFT, DRAFT, f"{DRAFT}.md", MARKDOWN)
        tried = with_pieces(self.engagement, [piece_named(self.engagement, DRAFT) or draft, *pieces])
        resources = render(self.desk, tried, self.before.slug, set(self.before.state.resources)).resources
        folders = {item.id: item.folder for item in resources if isinstance(item, Document)}
        here = folders.get(draft.resource_id)
        return {
            piece.id: f"{steps_between(resources, (here, folders[piece.resource_id]))}/{piece.name}".lstrip("/")
            for piece in pieces
            if piece.resource_id in folders
        }

    def chart_pieces(self, draft: Draft, counted: Sequence[FormTally]) -> list[tuple[Piece, bytes]]:
        found = []
        for name, svg in draft.charts.items():
            data = svg.encode()
            identity = identity_of("graphique", name.removesuffix(".svg"))
            title = _("Graphique {name}").format(name=name.removesuffix(".svg"))
            new = blank(identity, PieceRole.CHART, title, name, SVG, self.day)
            found.append((made(piece_named(self.engagement, identity), new, data), data))
        return found

    def write(
        self,
        new: Piece,
        parts: Sequence[Part],
        base: str,
        *,
        recreate: bool,
        charts: Sequence[tuple[Piece, bytes]] | None = None,
        counted: Sequence[FormTally] = (),
    ) -> Writing:
        """Plans a document that people write in. ``charts``: all that belong beside it now, if it has any;
        ``counted``: the answers that it tells of."""
        before = piece_named(self.engagement, new.id)
        there = self.find(new.id)
        if there.deleted and not recreate:
            raise UserError(
                _("« {title} » a été supprimé par quelqu'un : il n'est pas écrit à nouveau.").format(title=new.title),
                _("Rien n'a été modifié. Pour en écrire un autre, ajoutez --recreate à la même commande."),
            )
        versions = recall(self.before.extras.get(base))
        last = next((it for it in versions if there.wrote(it.digest)), versions[0] if versions else None)
        answers = {tally.form: tally.answers for tally in counted}
        fewer = tuple(
            (it, last.answers[it.form]) for it in counted if last and it.answers < last.answers.get(it.form, 0)
        )
        merged = None if there.data is None else merge(last.parts if last else (), there.text, parts)
        text = merged.text if merged else written(parts)
        piece, documents, files = before or new, dict[str, Handed](), dict[str, bytes]()
        if there.data is None or text != there.text:
            data = text.encode()
            piece = made(before, new, data)
            documents[piece.resource_id] = Handed(data, there.fingerprint)
            kept = [last] if last and last.digest != piece.digest else []
            files[base] = remember([Version(piece.digest or "", tuple(parts), answers), *_forgetting(kept, parts)])
        elif (remembered := _forgetting(versions, parts)) != list(versions):
            files[base] = remember(remembered)
        engagement = with_pieces(self.engagement, [piece])
        if charts is not None:
            documents |= {chart.resource_id: Handed(svg) for chart, svg in charts}
            current = {chart.id for chart, _svg in charts}
            old = (it.id for it in engagement.pieces(PieceRole.CHART) if it.id not in current)
            engagement = with_pieces(without_pieces(engagement, old), [chart for chart, _svg in charts])
        choices = {piece.resource_id: Choice.RECREATE} if there.deleted else {}
        preparation = plan_engagement(self.desk, self.before, engagement, choices, handing=Handing(documents, files))
        return Writing(preparation, piece, text, merged, parts=tuple(parts), fewer=fewer)


def _forgetting(versions: Sequence[Version], parts: Sequence[Part]) -> list[Version]:
    """What was written before, without the words of quotations that are nobody's answer any more."""
    kept = {part.key for part in parts}
    return [replace(version, parts=tuple(forgotten(version.parts, kept=kept))) for version in versions]


def writable(desk: Desk, slug: str) -> tuple[Description, Engagement]:
    """An engagement whose bilan can be worked at. Raises UserError for any other."""
    before, engagement = load_engagement(desk, slug)
    if not is_online(engagement.state):
        raise UserError(
            _("L'espace « {slug} » n'est pas encore ouvert : il n'y a pas de bilan à écrire.").format(slug=slug),
            _("Pour l'ouvrir : allies-sync edit {slug} --set state=ouvert").format(slug=slug),
        )
    if is_frozen(engagement.state):
        reopening = _("Rien n'a été modifié. Pour le rouvrir : allies-sync edit {slug} --set state={state}")
        if engagement.state is State.ARCHIVED:
            reopening = _("Rien n'a été modifié. S'il a été archivé : allies-sync unarchive {slug}")
        raise UserError(
            _("L'accompagnement « {slug} » est {state} : son espace ne change plus.").format(
                slug=slug, state=engagement.state.value
            ),
            reopening.format(slug=slug, state="'en cours'"),
        )
    return before, engagement
