"""The demand in the collective's own words, for where the client's text may not be shown: a page and a PDF."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from allies_sync.engagements.adding import MOST, TAKEN, Addition, read_source, too_many
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.editing import load_engagement
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.pieces import blank, decoded, digest_of, item_of, piece_named, with_pieces
from allies_sync.engagements.prepare import Handing, Preparation, plan_engagement
from allies_sync.engagements.printing import PDF, print_document
from allies_sync.engagements.standing import is_blank
from allies_sync.engagements.wishes import AS_FOUND, Wishes, plan_as_wished
from allies_sync.model.documents import Piece, PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.reconcile.decide import Action, Choice
from allies_sync.text.escaping import escape_paragraphs
from allies_sync.text.messages import _, using_language
from allies_sync.workspace.handed import Handed

ID = "reformulation"
TEXT = "reformulation.md"


def reformulation_of(engagement: Engagement) -> str:
    """What the engagement's data say of the demand, as Markdown; empty when they say nothing of it."""
    parts = (
        (_("Le contexte"), engagement.context.overview),
        (_("Les enjeux"), engagement.context.stakes),
        (_("La demande"), engagement.demand),
        (_("Les personnes concernées"), engagement.audience),
    )
    return "\n\n".join(f"## {title}\n\n{escape_paragraphs(text)}" for title, text in parts if text)


def reformulation_text(source: str | None) -> str | None:
    """The text of a file with which the page and the PDF can be made; None for any other. Raises UserError."""
    if source is None or "://" in source or Path(source).suffix.lower() not in (".md", ".txt"):
        return None
    path, data = read_source(source)
    if is_blank(data):
        raise UserError(
            _("« {name} » est vide.").format(name=path.name),
            _("Rien n'a été modifié. Vérifiez que c'est le bon fichier."),
        )
    text = decoded(data)
    return str(escape_paragraphs(text)) if path.suffix.lower() == ".txt" else text


def prepare_reformulation(desk: Desk, slug: str, text: str | None = None, *, wishes: Wishes = AS_FOUND) -> Addition:
    """Plans the page and the PDF: of ``text`` (Markdown), or of the engagement's own data.

    Where somebody changed the PDF meanwhile, theirs stays and the new one gets a name beside it, unless they are to
    be replaced. Raises UserError.
    """
    before, engagement = load_engagement(desk, slug)
    with using_language(desk.config.collective.language):
        text = reformulation_of(engagement) if text is None else text
    if not text.strip():
        raise UserError(
            _("Les données de « {slug} » ne disent rien de la demande.").format(slug=slug),
            _(
                "Écrivez-la avec vos mots : allies-sync edit {slug} (champ demand), ou ajoutez un texte : "
                "allies-sync add {slug} reformulation FICHIER.md"
            ).format(slug=slug),
        )
    beside = ""
    for number in range(1, MOST):
        piece, pdf = reformulation_piece(desk, engagement, text, number)
        handing = Handing({piece.resource_id: Handed(pdf)}, {TEXT: text.encode()})
        changed = with_pieces(engagement, [piece])

        def make(
            chosen: Mapping[str, Choice], changed: Engagement = changed, handing: Handing = handing
        ) -> Preparation:
            return plan_engagement(desk, before, changed, chosen, handing=handing)

        plan = plan_as_wished(make, piece, wishes) if number == 1 else make({})
        item = item_of(plan, piece.resource_id)
        taken = (Action.CONFLICT, Action.FOREIGN) if number == 1 else TAKEN
        if item is None or item.action not in taken:
            return Addition(plan, piece, beside)
        beside = beside or piece.name
    raise too_many()


def reformulation_piece(desk: Desk, engagement: Engagement, text: str, number: int = 1) -> tuple[Piece, bytes]:
    """The PDF and what is noted of it; ``number``: of those that stand beside each other."""
    identity, mark = (ID, "") if number == 1 else (f"{ID}-{number}", f" ({number})")
    before = piece_named(engagement, identity)
    with using_language(desk.config.collective.language):
        kicker = _("La demande, avec nos mots")
        name = _("Reformulation de la demande.pdf").removesuffix(".pdf") + mark + ".pdf"
        new = blank(identity, PieceRole.REFORMULATION, kicker + mark, name, PDF)
    pdf, day = print_document(desk, engagement, kicker, text, before)
    piece = (before or new).model_copy(update={"digest": digest_of(pdf), "size": len(pdf), "added": day})
    return piece, pdf
