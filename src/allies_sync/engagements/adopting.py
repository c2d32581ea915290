"""Taking over a workspace that another machine opened, or whose memory was lost."""

from __future__ import annotations

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.prepare import Preparation, prepare
from allies_sync.text.messages import _
from allies_sync.text.names import is_slug


def prepare_adoption(desk: Desk, place: str) -> Preparation:
    """Plans the adoption of the workspace at a path, a URL or a slug.

    The workspace describes itself, so that there is nothing to copy: adopting checks that it is whole, and rebuilds
    its memory when that was lost (then what stands in its place counts as ours, as people may have left it).
    """
    slug = desk.store.resolve(place)
    if slug is None and is_slug(place) and place in desk.store.engagements():
        slug = place
    if slug is None:
        raise UserError(
            _("Il n'y a pas d'espace de travail d'allies-sync à « {place} ».").format(place=place[:200]),
            _("Donnez l'adresse du dossier d'un accompagnement, à l'intérieur de celui de votre configuration."),
        )
    return prepare(desk, slug)
