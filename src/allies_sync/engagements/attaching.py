"""Where a server puts an end to every link, the documents of a mémoire are kept beside the wiki's page instead."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.pieces import item_of
from allies_sync.engagements.prepare import Preparation
from allies_sync.engagements.standing import Proof, Standing
from allies_sync.engagements.stored import Description, describe_space
from allies_sync.model.base import is_url
from allies_sync.model.resources import Document
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.holdings import Attachments
from allies_sync.platforms.interface import Caveats, Seen, Target
from allies_sync.reconcile.lease import hold

FILE = "attachments.json"
"""Beside the engagement's data: by the fingerprint of a document, where it is kept on the wiki."""


def attachments_in(before: Description) -> dict[str, str]:
    """What was attached already. Data from outside: what is no web address is left out."""
    with suppress(ValueError, RecursionError):
        found = json.loads(before.extras.get(FILE, b"{}"))
        if isinstance(found, dict):
            return {str(key): url for key, url in found.items() if isinstance(url, str) and is_url(url)}
    return {}


def caveats_of(desk: Desk, preparation: Preparation, found: Sequence[Standing]) -> Mapping[str, str]:
    """What the platform says against the links of a mémoire, by link. One that cannot say has said nothing."""
    wanted = {it.public.share for it in found if it.public and it.public.share}
    resources = [it for it in preparation.workspace.resources if it.id in wanted]
    told: dict[str, str] = {}
    for role in dict.fromkeys(it.role for it in resources):
        platform = desk.bindings[role].platform
        if isinstance(platform, Caveats):
            with suppress(PlatformError):
                mine = [it for it in resources if it.role == role]
                told |= platform.caveats(preparation.own.plan.space, mine)
    return told


def digest_in(preparation: Preparation, proof: Proof) -> str:
    """The fingerprint of a document as it is there now."""
    item = item_of(preparation, proof.key) if proof.key else None
    return item.seen.fingerprint if item is not None and isinstance(item.seen, Seen) else ""


def attach_what_ends(
    desk: Desk, preparation: Preparation, found: Sequence[Standing], patience: float
) -> Mapping[str, str]:
    """Attaches the documents whose links end to the wiki's start page, each once. Returns all that are attached.

    Raises PlatformError. A run that dies between sending a file and noting its address leaves a second copy of it.
    """
    slug = preparation.slug
    known = attachments_in(describe_space(desk.store, slug))
    ending = caveats_of(desk, preparation, found)
    home = item_of(preparation, preparation.workspace.home or "")
    for proof in (it.public for it in found if it.public):
        digest = digest_in(preparation, proof)
        item = item_of(preparation, proof.key) if proof.key else None
        if proof.share not in ending or not digest or digest in known or item is None or home is None:
            continue
        wiki = desk.bindings[home.role].platform
        if not isinstance(wiki, Attachments) or not isinstance(item.resource, Document):
            continue
        base = item.decision.base
        target = Target(item.key, item.kind, item.resource, base.known() if base else None)
        content = desk.bindings[item.role].platform.read(preparation.own.plan.space, target)
        page = Target(home.key, home.kind, home.resource, home.decision.base.known() if home.decision.base else None)
        with hold(desk.store, slug, patience=patience) as held:
            before = describe_space(desk.store, slug)
            url = wiki.attach(preparation.own.plan.space, page, item.resource.name, content.data, content.media_type)
            known = {**attachments_in(before), digest: url}
            data = (json.dumps(known, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
            held.save({FILE: data}, before.revision)
    return known
