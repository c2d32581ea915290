"""Documents that the tool itself hands over: looking at what became of them, and noting new ones in the data."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.prepare import Preparation, own_space, render
from allies_sync.engagements.stored import Description
from allies_sync.model.documents import Piece, PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.model.resources import Document, Folder, Resource, Scope, source_fingerprint
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Absent, Seen, Target, Unknown
from allies_sync.reconcile.looking import Desired
from allies_sync.reconcile.plan import Item, Plan, make_plan
from allies_sync.reconcile.wording import what_helps
from allies_sync.text.characters import cut
from allies_sync.text.messages import _

LONGEST_TITLE = 200
LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class Found:
    """What is there of a document. ``data``: its content, None when it is not there; ``fingerprint``: of that, as the
    platform tells it; ``source``: of what the tool wrote last; ``deleted``: somebody removed it.
    """

    data: bytes | None = None
    fingerprint: str | None = None
    source: str = ""
    deleted: bool = False
    url: str | None = None

    @property
    def text(self) -> str:
        """The content as text, also where an old editor changed its encoding."""
        return decoded(self.data or b"")

    def wrote(self, digest: str) -> bool:
        """Whether the tool's last write was the content with that digest."""
        return bool(digest) and self.source == source_of(digest)


def decoded(data: bytes) -> str:
    """Text as people's editors save it: UTF-8, UTF-16 with its mark, else what Windows used to write."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def source_of(digest: str) -> str:
    """The fingerprint that a handed document has in the memory."""
    return source_fingerprint(Document(id="document:any", role="files", title="", name="any", digest=digest))


def digest_of(data: bytes) -> str:
    """As :attr:`Piece.digest` has it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def look_at(desk: Desk, before: Description, engagement: Engagement) -> Plan:
    """The engagement's documents that were handed over, and nothing else of its workspace: asks the files alone."""
    workspace = render(desk, engagement, before.slug, set(before.state.resources))
    wanted = {piece.resource_id for piece in engagement.documents}
    resources = tuple(it for it in workspace.resources if it.id in wanted)
    memory = {key: it for key, it in before.state.resources.items() if key in wanted or it.kind == "folder"}
    pending = {key: it for key, it in before.state.pending.items() if key in wanted}
    folders = tuple(it for it in workspace.resources if isinstance(it, Folder) and it.scope is Scope.ENGAGEMENT)
    desired = Desired(own_space(desk, engagement, before.slug, workspace), (*folders, *resources))
    state = before.state.model_copy(update={"resources": memory, "pending": pending})
    return make_plan(desired, state, desk.bindings, recovering=before.recovering)


def find(desk: Desk, look: Plan, piece: Piece | None) -> Found:
    """One document as it is now. Raises PlatformError when that cannot be told."""
    item = next((it for it in look.items if piece is not None and it.key == piece.resource_id), None)
    if item is None:
        return Found()
    base = item.decision.base
    source = base.source if base else ""
    match item.seen:
        case Seen() as seen:
            target = Target(item.key, item.kind, item.resource, base.known() if base else None)
            content = desk.bindings[item.role].platform.read(look.space, target)
            return Found(content.data, seen.fingerprint, source, url=seen.address.url)
        case Absent():
            remembered = look.state.resources.get(item.key)
            return Found(source=remembered.source if remembered else "", deleted=remembered is not None)
        case Unknown() as unknown:
            why = unknown.reason.rstrip(".")
            raise PlatformError(
                _("« {title} » ne peut pas être lu : {why}.").format(title=item.title, why=why),
                what_helps(unknown.error, look.space.slug)
                or _("Rien n'a été modifié. Relancez la même commande plus tard."),
            )
    return Found()


def item_of(preparation: Preparation, key: str) -> Item | None:
    """The line of a plan about one thing."""
    return next((item for item in preparation.own.plan.items if item.key == key), None)


def piece_named(engagement: Engagement, identity: str) -> Piece | None:
    """One of its documents by its id."""
    return next((piece for piece in engagement.documents if piece.id == identity), None)


def with_pieces(engagement: Engagement, pieces: Iterable[Piece]) -> Engagement:
    """The engagement with these documents: each in the place of the one with its id, else behind all others."""
    new = {piece.id: piece for piece in pieces}
    kept = [new.pop(piece.id, piece) for piece in engagement.documents]
    return engagement.model_copy(update={"documents": (*kept, *new.values())})


def without_pieces(engagement: Engagement, gone: Iterable[str]) -> Engagement:
    """The engagement without the documents of these ids."""
    ids = frozenset(gone)
    kept = tuple(piece for piece in engagement.documents if piece.id not in ids)
    return engagement.model_copy(update={"documents": kept})


def made(before: Piece | None, new: Piece, data: bytes) -> Piece:
    """``new`` with that content. What was known of the document before stays: its name and title, who agreed to its
    publication, and its day as long as the content is the same."""
    update = {"digest": digest_of(data), "size": len(data)}
    if before is None:
        return new.model_copy(update=update)
    return before if before.digest == update["digest"] else before.model_copy(update={**update, "added": new.added})


def blank(identity: str, role: PieceRole, title: str, name: str, media_type: str, day: date | None = None) -> Piece:
    """A document whose content is still to come."""
    return Piece(
        id=identity,
        role=role,
        title=cut(title, LONGEST_TITLE),
        name=name,
        digest=digest_of(b""),
        media_type=media_type,
        added=day,
    )


def identity_of(kind: str, name: str) -> str:
    """A document's id, of what it is and a name that no other one of its kind has: at most 40 characters."""
    clean = re.sub("[^a-z0-9]+", "-", f"{kind}-{name}".lower()).strip("-")
    if clean == f"{kind}-{name}" and len(clean) <= LONGEST_ID:
        return clean
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{clean[: LONGEST_ID - 9].rstrip('-')}-{mark}"


def steps_between(resources: Sequence[Resource], role_folders: tuple[str | None, str | None]) -> str:
    """How one folder is reached from another, as the target of a picture has it: ``graphiques``, ``../Autre``, or
    nothing when they are the same."""
    names: Mapping[str, Folder] = {item.id: item for item in resources if isinstance(item, Folder)}
    start, end = (list(_path(names, folder)) for folder in role_folders)
    while start and end and start[0] == end[0]:
        start, end = start[1:], end[1:]
    return "/".join([".."] * len(start) + end)


def _path(folders: Mapping[str, Folder], folder: str | None) -> Iterator[str]:
    if folder is not None and folder in folders:
        yield from _path(folders, folders[folder].parent)
        yield folders[folder].name
