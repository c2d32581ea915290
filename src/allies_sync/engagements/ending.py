"""Links that came to their end: their platform took them away, nobody did."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from allies_sync.model.resources import Share, source_fingerprint
from allies_sync.reconcile.decide import Action, Reason
from allies_sync.reconcile.plan import Item, Plan
from allies_sync.reconcile.state import State

MOST = 3650
"""How many days back an end is looked for."""


def was_over(share: Share, state: State, today: date) -> bool:
    """Whether the link, as it was last written, had an end that has passed. Only a hash of what was written is
    remembered, so every day of the past is tried."""
    memory = state.resources.get(share.id)
    if memory is None:
        return False
    past = (today - timedelta(days=number) for number in range(1, MOST))
    return any(source_fingerprint(replace(share, expires=day)) == memory.source for day in past)


def with_ended(plan: Plan, today: date) -> Plan:
    """The plan, in which a link that ended is not said to be deleted by somebody."""
    return replace(plan, items=tuple(_told(item, plan.state, today) for item in plan.items))


def _told(item: Item, state: State, today: date) -> Item:
    if item.action is not Action.GONE or item.decision.reason is not Reason.DELETED:
        return item
    if not isinstance(item.resource, Share) or not was_over(item.resource, state, today):
        return item
    return replace(item, decision=replace(item.decision, reason=Reason.ENDED, by_people=False))
