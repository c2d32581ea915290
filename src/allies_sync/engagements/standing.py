"""Which of the three documents of a mémoire an engagement has: cahier des charges, proposition, bilan.

A document counts when it is there, holds something, and is not the template's with nothing of the engagement in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.prepare import Preparation, render
from allies_sync.model.documents import PUBLISHED_BILAN, Piece, PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import State, is_online
from allies_sync.model.resources import Document, Rights, source_fingerprint
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Seen, Target, Unknown
from allies_sync.reconcile.decide import Action
from allies_sync.reconcile.plan import Item
from allies_sync.text.messages import _
from allies_sync.workspace.schema import FolderEntry

THREE = (PieceRole.DEMAND, PieceRole.PROPOSITION, PieceRole.BILAN)
"""What the charter of the commons asks for, in the order of the work."""

_INSTEAD: Mapping[PieceRole, tuple[PieceRole, ...]] = {
    PieceRole.DEMAND: (PieceRole.DEMAND, PieceRole.REFORMULATION),
    PieceRole.PROPOSITION: (PieceRole.PROPOSITION,),
    PieceRole.BILAN: (PieceRole.BILAN,),
}
_OF_THE_WORK = (
    *("audience", "demand", "approach", "result", "programme_note", "context", "process"),
    *("sessions", "price", "calendar", "deliverables", "territory"),
)
"""Fields that somebody wrote for this engagement: without them a document of the template says nothing of it."""


class Why(StrEnum):
    """Why a document is missing."""

    ABSENT = "absent"
    EMPTY = "empty"
    UNTOUCHED = "untouched"
    DELETED = "deleted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Proof:
    """One document that counts. ``key``: the thing of the workspace, "" for an address elsewhere; ``share``: the id
    of the link to it; ``public``: whether everybody may read it."""

    role: PieceRole
    title: str
    key: str = ""
    share: str = ""
    url: str = ""
    public: bool = False
    piece: Piece | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One of the three: the documents that count for it, those that may be shown first. ``why`` there is none."""

    role: PieceRole
    proofs: tuple[Proof, ...] = ()
    why: Why = Why.ABSENT

    @property
    def there(self) -> bool:
        return bool(self.proofs)

    @property
    def public(self) -> Proof | None:
        """The one that a mémoire may link."""
        return next((proof for proof in self.proofs if proof.public), None)


def standings(desk: Desk, preparation: Preparation) -> tuple[Standing, ...]:
    """The three documents of an engagement as it is now. Only reads: what people changed is looked into."""
    look = _Look(desk, preparation)
    return tuple(look.standing(role) for role in THREE)


def asks_for_documents(engagement: Engagement) -> bool:
    """Whether it makes sense to say what is missing: not before it is open, nor once it is archived."""
    return is_online(engagement.state) and engagement.state not in (State.ARCHIVED, State.CANCELLED)


def role_name(role: PieceRole) -> str:
    """A document's role in the middle of a sentence."""
    return {
        PieceRole.DEMAND: _("le cahier des charges"),
        PieceRole.PROPOSITION: _("la proposition"),
        PieceRole.BILAN: _("le bilan"),
        PieceRole.REFORMULATION: _("la reformulation de la demande"),
        PieceRole.RESOURCE: _("une ressource"),
        PieceRole.DRAFT: _("le brouillon"),
        PieceRole.CHART: _("un graphique"),
    }[role]


def is_blank(data: bytes) -> bool:
    """Whether a file says nothing: no byte, or nothing but blanks."""
    return not data.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n\f\v\0")


def bare(engagement: Engagement) -> Engagement:
    """The same engagement before anybody wrote anything for it."""
    fields = type(engagement).model_fields
    return engagement.model_copy(update={name: fields[name].get_default() for name in _OF_THE_WORK})


class _Look:
    def __init__(self, desk: Desk, preparation: Preparation) -> None:
        self.desk = desk
        self.preparation = preparation
        self.engagement = preparation.engagement
        self.items = {item.key: item for item in preparation.own.plan.items}
        self._bare: dict[str, str] | None = None

    def standing(self, role: PieceRole) -> Standing:
        proofs: list[Proof] = []
        why = Why.ABSENT
        for candidate in (*self._pieces(role), *self._declared(role)):
            if isinstance(candidate, Proof):
                proofs.append(candidate)
            elif why is Why.ABSENT:
                why = candidate
        proofs.sort(key=lambda proof: not proof.public)
        return Standing(role, tuple(proofs), why)

    def _pieces(self, role: PieceRole) -> Iterator[Proof | Why]:
        for wanted in _INSTEAD[role]:
            newest = reversed(self.engagement.pieces(wanted))
            for piece in sorted(newest, key=lambda it: it.id != PUBLISHED_BILAN):  # what pages lead to comes first
                public = piece.audience is Rights.PUBLIC
                if piece.url:
                    yield Proof(wanted, piece.title, url=piece.url, public=public, piece=piece)
                    continue
                item = self.items.get(piece.resource_id)
                problem = self._problem(item)
                if problem is not None:
                    yield problem
                else:
                    yield Proof(wanted, piece.title, piece.resource_id, piece.share_id, public=public, piece=piece)

    def _declared(self, role: PieceRole) -> Iterator[Proof | Why]:
        """Documents of the template, in the folder that holds that role."""
        folders = {
            declaration.id
            for declaration in self.desk.templates.get(self.engagement.template).declarations
            if isinstance(declaration.item, FolderEntry) and role in declaration.item.holds
        }
        for item in self.items.values():
            resource = item.resource
            if not isinstance(resource, Document) or resource.digest or resource.folder not in folders:
                continue
            name = resource.id.partition(":")[2]
            problem = self._problem(item)
            if problem is None and not self._edited(item) and self._untouched(resource):
                problem = Why.UNTOUCHED
            if problem is not None:
                yield problem
            else:
                public = self.engagement.consent(name, role.value) is not None
                yield Proof(role, resource.title, resource.id, self._share_of(resource.id), public=public)

    def _share_of(self, target: str) -> str:
        shares = (it for it in self.preparation.workspace.resources if it.kind == "share")
        return next((it.id for it in shares if getattr(it, "target", "") == target), "")

    def _problem(self, item: Item | None) -> Why | None:
        """Why a document does not count, as far as the platform tells."""
        if item is None:
            return Why.ABSENT
        if isinstance(item.seen, Unknown):
            return Why.UNKNOWN
        if item.action is Action.CREATE and isinstance(item.resource, Document) and item.resource.data is not None:
            return None  # this very plan puts it there
        if not isinstance(item.seen, Seen):
            return Why.DELETED if item.decision.by_people else Why.ABSENT
        if self._edited(item):
            return Why.EMPTY if is_blank(content_of(self.desk, self.preparation, item)) else None
        return None

    def _edited(self, item: Item) -> bool:
        base = item.decision.base
        return isinstance(item.seen, Seen) and (base is None or item.seen.fingerprint != base.fingerprint)

    def _untouched(self, resource: Document) -> bool:
        if self._bare is None:
            known = set(self.items)
            workspace = render(self.desk, bare(self.engagement), self.preparation.slug, known)
            self._bare = {it.id: source_fingerprint(it) for it in workspace.resources if isinstance(it, Document)}
        return self._bare.get(resource.id) == source_fingerprint(resource)


def content_of(desk: Desk, preparation: Preparation, item: Item) -> bytes:
    """What a document holds now; nothing when that cannot be told. Raises nothing of the platform."""
    known = item.decision.base.known() if item.decision.base else None
    target = Target(item.key, item.kind, item.resource, known)
    try:
        return desk.bindings[item.role].platform.read(preparation.own.plan.space, target).data
    except PlatformError:
        return b"?"  # it is there, and not known to be empty
