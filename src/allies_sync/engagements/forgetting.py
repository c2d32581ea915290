"""What somebody asked to take back: out of what the tool remembers; where else it stands is told, not touched."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from allies_sync.bilans.draft import digest
from allies_sync.bilans.forgetting import forgotten, stands_in
from allies_sync.bilans.merge import recall, remember
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.drafting import DRAFT, DRAFT_BASE, QUOTES, QUOTES_BASE
from allies_sync.engagements.pieces import find, look_at, piece_named
from allies_sync.engagements.publishing import PUBLISHED_TEXT
from allies_sync.engagements.stored import Description, describe_space
from allies_sync.model.documents import Piece, PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import is_frozen
from allies_sync.platforms.errors import PlatformError
from allies_sync.reconcile.lease import hold
from allies_sync.text.messages import _


def forget(desk: Desk, slug: str, words: Collection[str]) -> list[str]:
    """Takes these words out of what is kept beside an engagement's data, and says where else they still stand. What
    could not be looked at is told as well: the answer itself is gone by then."""
    try:
        if words:
            _rewrite(desk, slug, frozenset(digest(text) for text in words))
        before = describe_space(desk.store, slug)
        return [] if before.engagement is None else list(_left(desk, before, before.engagement, words))
    except PlatformError as error:
        text = _("Ce que l'outil garde du bilan n'a pas pu être vérifié ({why}). Cherchez-y ces mots vous-même.")
        return [text.format(why=error.message.rstrip("."))]


def _rewrite(desk: Desk, slug: str, digests: frozenset[str]) -> None:
    """The former versions of the list of quotations and of the draft, without these words."""
    if not _changed(describe_space(desk.store, slug), digests):
        return
    with hold(desk.store, slug) as held:
        before = describe_space(held.store, slug)
        if files := _changed(before, digests):
            held.save(files, before.revision)


def _changed(before: Description, digests: frozenset[str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for name in (QUOTES_BASE, DRAFT_BASE):
        versions = recall(before.extras.get(name))
        cleaned = [replace(it, parts=tuple(forgotten(it.parts, digests=digests))) for it in versions]
        if cleaned != list(versions):
            files[name] = remember(cleaned)
    return files


def _left(desk: Desk, before: Description, engagement: Engagement, words: Collection[str]) -> Iterator[str]:
    slug = before.slug
    commands = {QUOTES: f"allies-sync bilan quotes {slug}", DRAFT: f"allies-sync bilan draft {slug}"}
    for piece in _documents(desk, before, engagement, words):
        after = _("« {name} » : {command} les en retire ; ce que quelqu'un y a modifié est à retirer à la main.")
        if is_frozen(engagement.state):
            after = _("« {name} » : rouvrez d'abord l'espace, puis {command}")
        yield after.format(name=piece.name, command=commands[piece.id])
    if _is_published(before, words):
        yield _(
            "Le bilan publié, page et PDF : retirez-les du brouillon, publiez à nouveau "
            "(allies-sync publish-bilan {slug}), et supprimez les PDF des versions d'avant."
        ).format(slug=slug)
    elif len(engagement.pieces(PieceRole.BILAN)) > 1:
        yield _("Les PDF des versions d'avant du bilan : s'ils citent ces mots, supprimez-les.")
    if engagement.archived:
        yield _("Le paquet de l'archive : refaites-le (allies-sync archive {slug}), et supprimez ses copies.").format(
            slug=slug
        )


def written_by_hand(desk: Desk, slug: str, words: Collection[str]) -> list[str]:
    """Where personal words stand that were emptied in the answers. The tool never writes them into a bilan: people
    may have."""
    try:
        before = describe_space(desk.store, slug)
        if before.engagement is None:
            return []
        text = _("« {name} », où quelqu'un les a écrits : retirez-les à la main.")
        found = [text.format(name=piece.name) for piece in _documents(desk, before, before.engagement, words)]
        if _is_published(before, words):
            found.append(
                _("le bilan publié : corrigez le brouillon, puis allies-sync publish-bilan {slug}").format(slug=slug)
            )
        return found
    except PlatformError as error:
        text = _("les documents du bilan n'ont pas pu être vérifiés ({why}).")
        return [text.format(why=error.message.rstrip("."))]


def _documents(desk: Desk, before: Description, engagement: Engagement, words: Collection[str]) -> Iterator[Piece]:
    """Those in which people write, as far as these words stand in them. Raises PlatformError."""
    pieces = [piece for it in (QUOTES, DRAFT) if (piece := piece_named(engagement, it)) is not None]
    if not words or not pieces:
        return
    look = look_at(desk, before, engagement)
    for piece in pieces:
        document = find(desk, look, piece).text
        if any(stands_in(text, document) for text in words):
            yield piece


def _is_published(before: Description, words: Collection[str]) -> bool:
    published = before.extras.get(PUBLISHED_TEXT, b"").decode("utf-8", "replace")
    return any(stands_in(text, published) for text in words)
