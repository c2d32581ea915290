"""Documents that were handed over once, as things of the workspace: each in its folder, with a link to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from allies_sync.model.documents import Piece, PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.model.resources import Access, Document, Resource, Rights, Share
from allies_sync.workspace.planning import Planned, link_end
from allies_sync.workspace.running import Listed
from allies_sync.workspace.schema import EXPIRES_AFTER, FILES, FolderEntry


@dataclass(frozen=True, slots=True)
class Handed:
    """The content of a document in the run that hands it over. ``based_on``: the fingerprint, as the platform told
    it, of what was there when the content was made of it (None: it does not depend on that)."""

    data: bytes
    based_on: str | None = None


def piece_things(engagement: Engagement) -> dict[str, Listed]:
    """What sources may link to, by id."""
    found: dict[str, Listed] = {}
    for piece in engagement.documents:
        if piece.url is None:
            found[piece.resource_id] = Listed("document", piece.title)
            if piece.shown:
                found[piece.share_id] = Listed("share", piece.title)
    return found


def piece_resources(
    engagement: Engagement, planned: Iterable[Planned], handed: Mapping[str, Handed]
) -> Iterator[Resource]:
    """The documents and their links. ``handed``: contents at hand, by the document's id."""
    folders = _folders(planned)
    for piece in engagement.documents:
        if piece.url is None:
            yield _document(piece, folders.get(piece.role), handed.get(piece.resource_id))
            if piece.shown:
                yield _share(piece, engagement)


def _document(piece: Piece, folder: str | None, handed: Handed | None) -> Document:
    return Document(
        id=piece.resource_id,
        role=FILES,
        title=piece.title,
        access=Access(Rights.TEAM, Rights.TEAM),
        name=piece.name,
        folder=folder,
        data=handed.data if handed else None,
        media_type=piece.media_type,
        digest=piece.digest or "",
    )


def _share(piece: Piece, engagement: Engagement) -> Share:
    return Share(
        id=piece.share_id,
        role=FILES,
        title=piece.title,
        access=Access(piece.audience, None),
        target=piece.resource_id,
        audience=piece.audience,
        expires=link_end(piece.audience, EXPIRES_AFTER, engagement),
    )


def _folders(planned: Iterable[Planned]) -> dict[PieceRole, str]:
    found: dict[PieceRole, str] = {}
    for thing in planned:
        if isinstance(thing.item, FolderEntry) and thing.present:
            for role in thing.item.holds:
                found.setdefault(role, thing.id)
    return found
