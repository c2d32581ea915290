"""The JSON of ``--json``: stable, and described in ``docs/commands.md``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from allies_sync.engagements.carry import Outcome
from allies_sync.engagements.leaving import Removal, Removed
from allies_sync.engagements.overview import Status
from allies_sync.engagements.prepare import Preparation
from allies_sync.engagements.secrets import hide
from allies_sync.reconcile.plan import Item
from allies_sync.reconcile.results import Finished
from allies_sync.reconcile.wording import reason_sentence


def plan_document(preparation: Preparation) -> dict[str, Any]:
    """What would be done."""
    return document(preparation.slug, preparation.items, {}, preparation.caveats)


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """What was done."""
    return document(outcome.slug, outcome.items, outcome.finished)


def removal_document(removal: Removal, removed: Removed | None = None) -> dict[str, Any]:
    """What would be removed, or was: the action is ``delete``, or ``keep`` for what somebody touched."""
    gone = {item.key for item in removal.removed}
    finished = removed.finished if removed else {}
    resources = [
        _resource(item, finished.get(item.key)) | {"action": "delete" if item.key in gone else "keep"}
        for item in (*removal.removed, *removal.kept, *removal.unknown)
    ]
    return {"slug": removal.preparation.slug, "resources": resources, "summary": _summary(resources)}


def status_document(statuses: Iterable[Status]) -> dict[str, Any]:
    """All engagements at a glance."""
    return {
        "engagements": [
            {
                "slug": status.slug,
                "title": status.title,
                "state": status.state,
                "due": [
                    {
                        "code": due.code,
                        "sentence": due.sentence,
                        "day": due.day.isoformat() if due.day else None,
                        "late": due.late,
                    }
                    for due in status.due
                ],
                "missing": list(status.missing),
                "pending": status.pending,
                "changed_by_people": list(status.changed_by_people),
                "conflicts": list(status.conflicts),
            }
            for status in statuses
        ]
    }


def document(
    slug: str, items: Iterable[Item], finished: dict[str, Finished], caveats: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The schema of ``new-engagement``, ``plan`` and ``sync``."""
    # what was tried counts as it was tried: what all engagements share is planned again after it was made
    tried = {key: it.item for key, it in finished.items()}
    resources = [_resource(tried.get(item.key, item), finished.get(item.key)) for item in items]
    for resource in resources:
        resource["reason"] = resource["reason"] or (caveats or {}).get(resource["id"])
    return {"slug": slug, "resources": resources, "summary": _summary(resources)}


def _summary(resources: Iterable[dict[str, Any]]) -> dict[str, int]:
    return dict(sorted(Counter(resource["action"] for resource in resources).items()))


def _resource(item: Item, finished: Finished | None) -> dict[str, Any]:
    address = (finished.address if finished else None) or item.address
    error = finished.error if finished else None
    return {
        "id": item.key,
        "kind": item.kind,
        "role": item.role,
        "platform": item.platform,
        "action": item.action.value,
        "outcome": finished.result.value if finished else None,
        "url": address.url if address else None,
        "reason": reason_sentence(item) or None,
        "error": hide(error.message) if error else None,
    }
