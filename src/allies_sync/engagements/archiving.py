"""Archiving a finished engagement: frozen, its home the memory of it, its mémoire in the commons; and taking it back.

Archiving is another desired state of the same workspace. It goes in three steps, each of which the next run of the
same command finishes: the workspace, the entry among the mémoires, the package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from allies_sync.engagements.attaching import attach_what_ends, attachments_in, caveats_of, digest_in
from allies_sync.engagements.carry import Outcome, Progress, carry_out
from allies_sync.engagements.collective import carry_shared, prepare_shared
from allies_sync.engagements.consenting import with_consents
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.editing import load_engagement
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.pieces import blank, digest_of, item_of, piece_named, with_pieces
from allies_sync.engagements.prepare import Handing, Part, Preparation, plan_engagement
from allies_sync.engagements.printing import PDF, print_document
from allies_sync.engagements.reformulating import TEXT, reformulation_of, reformulation_piece
from allies_sync.engagements.remembering import memoire_of
from allies_sync.engagements.standing import Proof, Standing, Why, content_of, standings
from allies_sync.engagements.stored import Description, today
from allies_sync.model.documents import Piece, PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import State, can_become
from allies_sync.model.memoire import Memoire, gaps
from allies_sync.model.memoire_form import LABELS, memoire_resources
from allies_sync.model.resources import Document, Resource
from allies_sync.platforms.hookspecs import Event
from allies_sync.platforms.interface import Address
from allies_sync.reconcile.decide import Action, Choice
from allies_sync.reconcile.results import Report
from allies_sync.text.messages import _, using_language
from allies_sync.workspace.handed import Handed

PROPOSITION = "proposition-publiee"


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing for a complete mémoire; ``command`` adds it. ``document``: it is one of the three."""

    sentence: str
    command: str
    document: bool = False


@dataclass(frozen=True, slots=True)
class Archiving:
    """A plan that archives. ``memoire``: the public record as it would be, ``entry`` its plan; ``gaps``: what is
    missing; ``kept``: pages that people wrote in, left as they are; ``wishes``: what is made again for the entry."""

    preparation: Preparation
    memoire: Memoire
    entry: Part
    gaps: tuple[Gap, ...] = ()
    kept: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    wishes: Mapping[str, Choice] = field(default_factory=dict)

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled, so that nothing can be added to it."""
        before = self.preparation.before
        return before is not None and before.state is State.CANCELLED

    @property
    def idle(self) -> bool:
        """Whether there is nothing to write but, perhaps, the package."""
        return self.preparation.idle and self.entry.idle


@dataclass
class Archived:
    """What archiving came to."""

    outcome: Outcome
    memoire: Memoire
    report: Report = field(default_factory=Report)
    entry: Part | None = None

    @property
    def complete(self) -> bool:
        return self.outcome.complete and self.report.complete


def prepare_archive(desk: Desk, slug: str) -> Archiving:
    """Plans the archiving of an engagement, or what is left of it to do. Raises UserError and PlatformError."""
    before, stored = load_engagement(desk, slug)
    _refuse(stored, slug)
    engagement = with_consents(_archived(stored, today(desk.environ)))
    look = plan_engagement(desk, before, stored, {})
    engagement, handing = _with_own_words(desk, look, engagement)
    preparation = _plan(desk, before, engagement, handing)
    found = standings(desk, preparation)
    memoire = _memoire(desk, preparation, found, attachments_in(before))
    # an entry that a person put right stays as they left it
    resources = memoire_resources([memoire])
    entry = prepare_shared(desk, resources, _keeping(resources))
    wishes = _again(entry)
    if wishes:
        entry = prepare_shared(desk, resources, _keeping(resources) | wishes)
    return Archiving(
        preparation,
        memoire,
        entry,
        tuple(_gaps(slug, stored, found, memoire)),
        tuple(preparation.choices),
        _remarks(desk, preparation, found, attachments_in(before)),
        wishes,
    )


def archive(
    desk: Desk,
    archiving: Archiving,
    *,
    agreed: bool = False,
    progress: Progress = lambda finished: None,
    patience: float = 10.0,
) -> Archived:
    """Does the first two steps: the workspace, then the entry among the mémoires. Raises PlatformError when nothing
    could be started."""
    outcome = carry_out(desk, archiving.preparation, agreed=agreed, progress=progress, patience=patience)
    archived = Archived(outcome, archiving.memoire)
    if not outcome.complete:
        return archived
    # links that were made just now are known only now
    before, engagement = load_engagement(desk, archiving.preparation.slug)
    now = plan_engagement(desk, before, engagement, {})
    found = standings(desk, now)
    attached = attach_what_ends(desk, now, found, patience)
    archived.memoire = _memoire(desk, now, found, attached)
    resources = memoire_resources([archived.memoire])
    archived.entry, archived.report = carry_shared(
        desk, resources, choices={**_keeping(resources), **archiving.wishes}, progress=progress, patience=patience
    )
    before_state = archiving.preparation.before.state if archiving.preparation.before else None
    if archived.complete and (before_state is not State.ARCHIVED or archived.report.finished):
        links = {**archived.memoire.links, **outcome.links}
        event = Event(outcome.slug, engagement.title, engagement.state.value, links)
        outcome.warnings += desk.plugins.notify("engagement_archived", event)
    return archived


def prepare_unarchive(desk: Desk, slug: str) -> Preparation:
    """Plans bringing back the state, and with it the rights, from before. Raises UserError."""
    before, stored = load_engagement(desk, slug)
    if stored.state is not State.ARCHIVED:
        raise UserError(
            _("« {slug} » n'est pas archivé : il est « {state} ».").format(slug=slug, state=stored.state.value),
            _("Rien n'a été modifié."),
        )
    former = stored.archived_from or State.BILAN_PUBLISHED
    changed = stored.model_copy(update={"state": former, "archived": None, "archived_from": None})
    return plan_engagement(desk, before, changed, {})


# --- what would be archived --------------------------------------------------------------------------------------


def _refuse(stored: Engagement, slug: str) -> None:
    if stored.state is State.ARCHIVED or can_become(stored.state, State.ARCHIVED):
        return
    advice = _("« allies-sync status {slug} » dit ce qui vient ensuite.")
    if stored.state is State.PROPOSED:
        advice = _("S'il n'aura pas lieu : allies-sync cancel {slug}")
    raise UserError(
        _("« {slug} » est « {state} » : il n'y a encore rien à archiver.").format(
            slug=slug, state=stored.state.value
        ),
        _("Rien n'a été modifié.") + " " + advice.format(slug=slug),
    )


def _archived(stored: Engagement, day: date) -> Engagement:
    if stored.state is State.ARCHIVED:
        return stored
    return stored.model_copy(update={"state": State.ARCHIVED, "archived": day, "archived_from": stored.state})


def _plan(desk: Desk, before: Description, engagement: Engagement, handing: Handing) -> Preparation:
    """The plan. Where people wrote and the template changes too, what people wrote stays: an archive asks nobody to
    choose between words."""
    plan = plan_engagement(desk, before, engagement, {}, handing=handing)
    both = {item.key: Choice.KEEP for item in plan.own.plan.items if item.action is Action.CONFLICT}
    return plan_engagement(desk, before, engagement, both, handing=handing) if both else plan


def _with_own_words(desk: Desk, look: Preparation, engagement: Engagement) -> tuple[Engagement, Handing]:
    """What the collective can say itself where a document is missing, or is no file that everybody can read: the
    demand reformulated, the proposition as a PDF."""
    documents: dict[str, Handed] = {}
    files: dict[str, bytes] = {}
    shown = replace(look, engagement=engagement)
    demand, proposition, _bilan = standings(desk, shown)
    language = desk.config.collective.language
    with using_language(language):
        words = reformulation_of(engagement)
    if demand.public is None and demand.why is not Why.UNKNOWN and words and not engagement.cancelled:
        piece, pdf = reformulation_piece(desk, engagement, words)
        engagement = with_pieces(engagement, [piece])
        documents[piece.resource_id] = Handed(pdf)
        files[TEXT] = words.encode()
    made = _proposition(desk, shown, proposition.public)
    if made is not None:
        engagement = with_consents(with_pieces(engagement, [made[0]]))
        documents[made[0].resource_id] = Handed(made[1])
    return engagement, Handing(documents, files)


def _proposition(desk: Desk, look: Preparation, proof: Proof | None) -> tuple[Piece, bytes] | None:
    """The proposition that the client agreed to show, as people left it, as a PDF; None where it is one already."""
    item = item_of(look, proof.key) if proof is not None and proof.piece is None else None
    if item is None or not isinstance(item.resource, Document) or item.resource.media_type != "text/markdown":
        return None
    with using_language(desk.config.collective.language):
        kicker, name = _("Proposition"), _("Proposition.pdf")
    before = piece_named(look.engagement, PROPOSITION)
    markdown = content_of(desk, look, item).decode("utf-8", "replace")
    pdf, day = print_document(desk, look.engagement, kicker, _without_title(markdown, look.engagement.title), before)
    new = before or blank(PROPOSITION, PieceRole.PROPOSITION, kicker, name, PDF)
    return new.model_copy(update={"digest": digest_of(pdf), "size": len(pdf), "added": day}), pdf


def _without_title(markdown: str, title: str) -> str:
    """The cover says the title already."""
    first, _newline, rest = markdown.lstrip().partition("\n")
    return rest if first.startswith("# ") else markdown


def _memoire(desk: Desk, preparation: Preparation, found: Sequence[Standing], attached: Mapping[str, str]) -> Memoire:
    addresses = dict(preparation.own.plan.space.addresses)
    ending = caveats_of(desk, preparation, found)
    for proof in (it.public for it in found if it.public):
        url = attached.get(digest_in(preparation, proof))
        if proof.share in ending and url:
            addresses[proof.share] = Address(url, url)
    home = addresses.get(preparation.workspace.home or "")
    collective = desk.config.collective
    with using_language(collective.language):
        return memoire_of(
            preparation.engagement,
            found,
            addresses,
            collective=collective.name,
            home=home.url or "" if home else "",
            remarks=_remarks(desk, preparation, found, attached),
        )


def _again(entry: Part) -> dict[str, Choice]:
    """What somebody deleted and no mémoire can be without: the form and its lists, and the entry that went along."""
    gone = {item.key: item.kind for item in entry.plan.items if item.action is Action.GONE}
    return dict.fromkeys(gone, Choice.RECREATE) if set(gone.values()) & {"form", "list"} else {}


def _keeping(resources: Sequence[Resource]) -> dict[str, Choice]:
    return {resource.id: Choice.KEEP for resource in resources if resource.kind == "entry"}


def _remarks(
    desk: Desk, preparation: Preparation, found: Sequence[Standing], attached: Mapping[str, str]
) -> tuple[str, ...]:
    """What a platform does to links that should stay: told in the mémoire."""
    ending = caveats_of(desk, preparation, found)
    remarks = []
    for proof in (it.public for it in found if it.public):
        if proof.share not in ending:
            continue
        if attached.get(digest_in(preparation, proof)):
            text = _("« {title} » est joint au wiki : le serveur de fichiers met une fin à ses liens.")
            remarks.append(text.format(title=proof.title))
        else:
            remarks.append(f"« {proof.title} » : {ending[proof.share]}")
    return tuple(remarks)


def _gaps(slug: str, stored: Engagement, found: Sequence[Standing], memoire: Memoire) -> Iterator[Gap]:
    """What is missing, with the command that adds it."""
    for standing in found:
        if standing.public is None:
            yield _document_gap(slug, standing, drafted=bool(stored.pieces(PieceRole.DRAFT)))
    linked = ("link_cahier_des_charges", "link_proposition", "link_documentation")
    for name in gaps(memoire):
        if name not in linked:
            yield Gap(
                _("la mémoire ne dira rien de : {field}").format(field=LABELS[name]),
                f"allies-sync edit {slug} --set {_setting(name)}",
            )


_SETTINGS: dict[str, Callable[[], str]] = {
    "participants": lambda: "participants=24",
    "success": lambda: "memoire.success=" + _('"C\'est une belle réussite, à refaire à la première occasion !"'),
}


def _setting(name: str) -> str:
    return _SETTINGS.get(name, lambda: f'memoire.{name}="…"')()


def _document_gap(slug: str, standing: Standing, *, drafted: bool) -> Gap:
    role = standing.role.value
    add = f"allies-sync add {slug} {role} " + _("FICHIER")
    if standing.role is PieceRole.BILAN and standing.why is Why.ABSENT:  # the tool itself writes that one
        add = f"allies-sync publish-bilan {slug}" if drafted else f"allies-sync bilan draft {slug}"
    name = {
        PieceRole.DEMAND: _("le cahier des charges, ou une reformulation"),
        PieceRole.PROPOSITION: _("la proposition"),
        PieceRole.BILAN: _("le bilan"),
    }[standing.role]
    if standing.there:
        return Gap(
            _("{name} : l'accord du client pour publier n'est pas noté").format(name=name),
            f"allies-sync consent {slug} --document {role} --date " + _("AAAA-MM-JJ"),
            document=True,
        )
    why = {
        Why.ABSENT: _("il manque"),
        Why.EMPTY: _("le fichier est vide"),
        Why.UNTOUCHED: _("c'est encore le modèle, sans rien de l'accompagnement"),
        Why.DELETED: _("le fichier a été supprimé"),
        Why.UNKNOWN: _("la plateforme n'a pas répondu"),
    }[standing.why]
    return Gap(_("{name} : {why}").format(name=name, why=why), add, document=True)
