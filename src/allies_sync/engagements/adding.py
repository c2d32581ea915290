"""Putting a document where it belongs: a file that somebody has, or an address on the web."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from allies_sync.engagements.consenting import with_consents
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.editing import load_engagement
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.keepsakes import keep_copy
from allies_sync.engagements.pieces import digest_of, identity_of, item_of, with_pieces
from allies_sync.engagements.prepare import Handing, Preparation, plan_engagement
from allies_sync.engagements.standing import content_of, is_blank, role_name
from allies_sync.engagements.stored import Description, today
from allies_sync.engagements.wishes import AS_FOUND, Wishes, plan_as_wished
from allies_sync.model.base import is_url
from allies_sync.model.documents import Piece, PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import State
from allies_sync.model.resources import Document
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Seen
from allies_sync.reconcile.decide import Action, Reason
from allies_sync.text.messages import _, join_words
from allies_sync.text.names import safe_filename, slugify
from allies_sync.text.system import system_words
from allies_sync.workspace.handed import Handed
from allies_sync.workspace.making import MEDIA_TYPES

ROLES = (
    PieceRole.DEMAND,
    PieceRole.PROPOSITION,
    PieceRole.BILAN,
    PieceRole.RESOURCE,
    PieceRole.REFORMULATION,
)
"""What may be added by hand."""
LARGEST = 200_000_000
"""Bytes of one document: it is in memory while it is sent."""
MOST = 50
TAKEN = frozenset({Action.FOREIGN, Action.CONFLICT, Action.GONE, Action.KEEP})
"""What the plan says of a name that a new document cannot have."""
_CHANGED = frozenset({Reason.EDITED, Reason.FOUND_AGAIN})
_CLOSED = frozenset({State.ARCHIVED, State.CANCELLED, State.REFUSED})


@dataclass(frozen=True, slots=True)
class Addition:
    """A plan that adds a document. ``beside``: it gets a name of its own, because somebody changed the one that had
    its name; ``former``: what it replaces, of which a copy is kept."""

    preparation: Preparation
    piece: Piece
    beside: str = ""
    former: bytes | None = None

    @property
    def kept(self) -> bool:
        """Whether somebody changed the document since it was handed over, and theirs stays."""
        item = item_of(self.preparation, self.piece.resource_id)
        return item is not None and item.action is Action.KEEP and item.decision.reason in _CHANGED


def piece_role(typed: str) -> PieceRole:
    """What kind of document a person means. Raises UserError."""
    for role in ROLES:
        if typed.strip().casefold() == role.value:
            return role
    raise UserError(
        _("« {typed} » n'est pas une sorte de document.").format(typed=typed[:40]),
        _("Choisissez : {roles}.").format(roles=join_words([role.value for role in ROLES])),
    )


def _reopening(state: State, slug: str) -> str:
    if state is State.ARCHIVED:
        return f"allies-sync unarchive {slug}"
    former = State.PROPOSED if state is State.REFUSED else State.OPEN
    return f"allies-sync edit {slug} --set state={former.value}"


def prepare_addition(
    desk: Desk, slug: str, role: PieceRole, source: str, *, title: str = "", wishes: Wishes = AS_FOUND
) -> Addition:
    """Plans adding a file or an address. Raises UserError for what is no document, and PlatformError."""
    before, engagement = load_engagement(desk, slug)
    if engagement.state in _CLOSED:
        raise UserError(
            _("« {slug} » est « {state} » : on n'y ajoute plus rien.").format(
                slug=slug, state=engagement.state.value
            ),
            _("Rien n'a été modifié. Pour le rouvrir : {command}").format(command=_reopening(engagement.state, slug)),
        )
    if "://" in source:
        return _address(desk, before, engagement, role, source, title)
    path, data = read_source(source)
    return add_data(desk, before, engagement, role, path.name, data, title=title, wishes=wishes)


def add_data(
    desk: Desk,
    before: Description,
    engagement: Engagement,
    role: PieceRole,
    name: str,
    data: bytes,
    *,
    title: str = "",
    wishes: Wishes = AS_FOUND,
) -> Addition:
    """Plans adding a file's content under its name.

    The same content twice adds nothing. Where somebody changed the document of that name meanwhile, or put one of
    their own there, the new one gets a name beside it: neither is lost. One that somebody deleted comes back only on
    request. Raises UserError, also for that.
    """
    if is_blank(data):
        raise UserError(
            _("« {name} » est vide : ce n'est pas encore {what}.").format(name=name, what=role_name(role)),
            _("Rien n'a été modifié. Vérifiez que c'est le bon fichier."),
        )
    name = safe_filename(name)
    same = next((it for it in engagement.pieces(role) if it.digest == digest_of(data)), None)
    if same is not None:
        plan = _plan(desk, before, engagement, same, data, wishes)
        if role is not PieceRole.REFORMULATION:
            _refuse_template(desk, plan, data, name)
        return Addition(plan, same)
    stem, dot, suffix = name.rpartition(".")
    beside = ""
    for number in range(1, MOST):
        tried = name if number == 1 else f"{stem or suffix} ({number}){dot + suffix if stem else ''}"
        piece = _piece(desk, engagement, role, tried, data, title)
        plan = _plan(desk, before, engagement, piece, data, wishes if number == 1 else None)
        if number == 1 and role is not PieceRole.REFORMULATION:
            _refuse_template(desk, plan, data, name)
        item = item_of(plan, piece.resource_id)
        if item is None or item.action not in TAKEN:
            return Addition(plan, piece, beside, _former(desk, plan, piece))
        beside = name
    raise too_many()


def too_many() -> UserError:
    """There is no name left beside a document."""
    return UserError(
        _("Le dossier contient déjà {count} documents de ce nom.").format(count=MOST), _("Renommez le fichier.")
    )


def _plan(
    desk: Desk,
    before: Description,
    engagement: Engagement,
    piece: Piece,
    data: bytes,
    wishes: Wishes | None,
) -> Preparation:
    changed = with_consents(_without_old_consent(with_pieces(engagement, [piece]), engagement, piece))
    handing = Handing({piece.resource_id: Handed(data)})
    if wishes is None:
        return plan_engagement(desk, before, changed, {}, handing=handing)
    return plan_as_wished(
        lambda chosen: plan_engagement(desk, before, changed, chosen, handing=handing), piece, wishes
    )


def _without_old_consent(changed: Engagement, before: Engagement, piece: Piece) -> Engagement:
    """What the client agreed to about one document does not hold for another content of it."""
    old = next((it for it in before.documents if it.id == piece.id), None)
    if old is None or old.digest == piece.digest or before.consent(piece.id) is None:
        return changed
    consents = tuple(consent for consent in before.consents if consent.document != piece.id)
    return changed.model_copy(update={"consents": consents})


def _piece(desk: Desk, engagement: Engagement, role: PieceRole, name: str, data: bytes, title: str) -> Piece:
    """The document of that name, with its new content."""
    identity = identity_of(role.value, slugify_or(name))
    old = next((it for it in engagement.pieces(role) if it.id == identity), None)
    suffix = Path(name).suffix.lower()
    return Piece(
        id=identity,
        role=role,
        title=title or (old.title if old else _title(name)),
        name=name,
        digest=digest_of(data),
        size=len(data),
        media_type=MEDIA_TYPES.get(suffix, "application/octet-stream"),
        added=today(desk.environ),
    )


def slugify_or(name: str) -> str:
    """A slug of a name, or a plain word where none of it can stand in one."""
    try:
        return slugify(name)
    except ValueError:
        return "document"


def _title(name: str) -> str:
    return Path(name).stem.replace("_", " ").strip() or name


def _former(desk: Desk, plan: Preparation, piece: Piece) -> bytes | None:
    """What is about to be replaced, where the platform keeps no versions itself."""
    item = item_of(plan, piece.resource_id)
    if item is None or item.action is not Action.UPDATE or not item.decision.content:
        return None
    if item.decision.reason is Reason.REPLACED:
        return None  # whoever carries it out keeps what people wrote
    if getattr(desk.bindings[item.role].platform.features, "versions", False):
        return None
    return content_of(desk, plan, item) if isinstance(item.seen, Seen) else None


def keep_former(addition: Addition) -> Path | None:
    """Keeps a copy of what is about to be replaced. Raises PlatformError when it cannot."""
    if addition.former is None:
        return None
    return keep_copy(addition.preparation.slug, addition.piece.name, addition.former)


def _refuse_template(desk: Desk, plan: Preparation, data: bytes, name: str) -> None:
    """A document of the template as it is, handed back to the tool, is no document."""
    text = _plain(data)
    for item in plan.own.plan.items:
        resource = item.resource
        if not isinstance(resource, Document) or resource.digest:
            continue
        try:
            content = desk.bindings[item.role].platform.render(plan.own.plan.space, resource).data
        except PlatformError:
            continue
        if _plain(content) == text:
            raise UserError(
                _("« {name} » est le modèle lui-même : personne n'y a encore rien écrit.").format(name=name),
                _("Rien n'a été modifié. Écrivez le document, puis ajoutez-le."),
            )


def _plain(data: bytes) -> bytes:
    return b" ".join(data.removeprefix(b"\xef\xbb\xbf").split())


# --- where it comes from ---------------------------------------------------------------------------------------


def read_source(source: str) -> tuple[Path, bytes]:
    """A file of this machine. Raises UserError for one that cannot be a document."""
    path = Path(source).expanduser()
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise UserError(
                _("« {path} » n'est pas un fichier.").format(path=source),
                _("Donnez un fichier, ou une adresse https."),
            )
        if found.st_size > LARGEST:
            raise UserError(
                _("« {path} » est trop grand : {size} Mo, pour {most} au plus.").format(
                    path=source, size=found.st_size // 1_000_000, most=LARGEST // 1_000_000
                ),
                _("Déposez-le vous-même dans l'espace, et ajoutez son adresse."),
            )
        return path, path.read_bytes()
    except OSError as error:
        raise UserError(
            _("« {path} » ne peut pas être lu : {why}.").format(path=source, why=system_words(error)),
            _("Rien n'a été modifié. Vérifiez le chemin."),
        ) from error


def _address(
    desk: Desk, before: Description, engagement: Engagement, role: PieceRole, url: str, title: str
) -> Addition:
    url = url.strip()
    if not is_url(url) or not url.startswith("https://"):
        raise UserError(
            _("« {url} » n'est pas une adresse que l'on peut publier.").format(url=url[:100]),
            _("Donnez une adresse complète en https://, sans mot de passe, ou un fichier."),
        )
    same = next((it for it in engagement.pieces(role) if it.url == url), None)
    parts = urlsplit(url)
    last = unquote(parts.path.rstrip("/").rpartition("/")[2])
    piece = same or Piece(
        id=_free(engagement, identity_of(role.value, slugify_or(f"{parts.hostname} {last}"))),
        role=role,
        title=(title or last or parts.hostname or url)[:200],
        url=url,
        media_type="text/html",
        added=today(desk.environ),
    )
    changed = with_consents(with_pieces(engagement, [piece]))
    return Addition(plan_engagement(desk, before, changed, {}), piece)


def _free(engagement: Engagement, identity: str) -> str:
    taken = {piece.id for piece in engagement.documents}
    number, found = 1, identity
    while found in taken:
        number += 1
        found = f"{identity[:36]}-{number}"
    return found
