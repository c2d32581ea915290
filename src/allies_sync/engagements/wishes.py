"""What a person asks for where others have changed or deleted a document that is handed over again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from allies_sync.engagements.errors import UserError
from allies_sync.engagements.pieces import item_of
from allies_sync.engagements.prepare import Preparation
from allies_sync.model.documents import Piece
from allies_sync.reconcile.decide import Action, Choice, Reason
from allies_sync.reconcile.plan import Item
from allies_sync.text.messages import _


@dataclass(frozen=True, slots=True)
class Wishes:
    """``recreate``: what somebody deleted comes back; ``replace``: what somebody changed gives way."""

    recreate: bool = False
    replace: bool = False


AS_FOUND = Wishes()
"""Nothing that people did is undone."""


def plan_as_wished(make: Callable[[Mapping[str, Choice]], Preparation], piece: Piece, wishes: Wishes) -> Preparation:
    """The plan that ``make`` gives for the choices that these wishes mean for one document.

    Raises UserError where the document was deleted and nobody asked for it back, and where its folder is gone.
    """
    plan = make({})
    choices = _choices(plan, piece, wishes)
    if choices:
        plan = make(choices)
    item = item_of(plan, piece.resource_id)
    if item is not None and item.action is Action.GONE and item.decision.reason is Reason.CONTAINER_GONE:
        raise UserError(
            _("Le dossier où « {name} » se range a été supprimé de l'espace par quelqu'un.").format(name=piece.name),
            _("Rien n'a été modifié. « allies-sync plan {slug} » donne la commande qui le crée à nouveau.").format(
                slug=plan.slug
            ),
        )
    return plan


def _choices(plan: Preparation, piece: Piece, wishes: Wishes) -> Mapping[str, Choice]:
    item = item_of(plan, piece.resource_id)
    if _deleted(item):
        if not wishes.recreate:
            raise UserError(
                _("« {name} » a été supprimé de l'espace par quelqu'un.").format(name=piece.name),
                _("Rien n'a été modifié. Pour l'y remettre, relancez la même commande avec --recreate."),
            )
        back = [key for key in (piece.resource_id, piece.share_id) if _deleted(item_of(plan, key))]
        return dict.fromkeys(back, Choice.RECREATE)
    changed = item is not None and item.decision.by_people
    return {piece.resource_id: Choice.REPLACE} if wishes.replace and changed else {}


def _deleted(item: Item | None) -> bool:
    return item is not None and item.action is Action.GONE and item.decision.reason is Reason.DELETED
