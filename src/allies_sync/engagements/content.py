"""Showing what differs: what is there now beside what the template would write."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.prepare import Preparation
from allies_sync.model.resources import Document
from allies_sync.platforms.interface import Target
from allies_sync.reconcile.plan import Item
from allies_sync.text.messages import _


@dataclass(frozen=True, slots=True)
class Difference:
    """A unified diff from what is there to what the template would write; empty when they agree."""

    item: Item
    text: str


def difference(desk: Desk, preparation: Preparation, key: str) -> Difference:
    """Compares one resource. Raises UserError for an unknown one, PlatformError when it cannot be read."""
    for part in preparation.parts:
        for item in part.plan.items:
            if item.key == key and item.resource is not None:
                if isinstance(item.resource, Document) and item.resource.elsewhere:
                    raise UserError(
                        _("« {title} » a été déposé tel quel : il n'a pas d'autre version à comparer.").format(
                            title=item.title
                        ),
                        _("Ouvrez-le là où il est ; ses versions précédentes sont gardées par la plateforme."),
                    )
                platform = desk.bindings[item.role].platform
                known = item.decision.base.known() if item.decision.base else None
                now = platform.read(part.plan.space, Target(key, item.kind, item.resource, known))
                wanted = platform.render(part.plan.space, item.resource)
                lines = difflib.unified_diff(
                    (now.text or "").splitlines(),
                    (wanted.text or "").splitlines(),
                    fromfile=_("{title}, telle qu'elle est").format(title=item.title),
                    tofile=_("{title}, selon le modèle").format(title=item.title),
                    lineterm="",
                )
                return Difference(item, "\n".join(lines))
    raise UserError(
        _("L'espace n'a pas d'élément « {key} ».").format(key=key),
        _("« allies-sync plan {slug} --json » les liste tous.").format(slug=preparation.slug),
    )
