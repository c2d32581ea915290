"""What all engagements share, beyond what their templates declare: the mémoires' form, its lists and its entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.prepare import Part, collective_part, collective_space
from allies_sync.engagements.stored import describe_space
from allies_sync.model.resources import Resource
from allies_sync.platforms.interface import COLLECTIVE
from allies_sync.reconcile.apply import apply_plan
from allies_sync.reconcile.decide import Choice
from allies_sync.reconcile.lease import hold
from allies_sync.reconcile.looking import Desired
from allies_sync.reconcile.results import Progress, Report


def prepare_shared(desk: Desk, resources: Sequence[Resource], choices: Mapping[str, Choice] | None = None) -> Part:
    """Plans adding things to it. What else is there is none of this plan's business. Raises PlatformError."""
    desired = Desired(collective_space(desk), tuple(resources), None)
    return collective_part(desk, desired, choices or {}, describe_space(desk.store, COLLECTIVE))


def carry_shared(
    desk: Desk,
    resources: Sequence[Resource],
    *,
    choices: Mapping[str, Choice] | None = None,
    progress: Progress = lambda finished: None,
    patience: float = 10.0,
) -> tuple[Part, Report]:
    """Adds them, under the lease of that place. Raises PlatformError when nothing could be started."""
    part = prepare_shared(desk, resources, choices)
    if part.idle:
        return part, Report()
    with hold(desk.store, COLLECTIVE, patience=patience) as held:
        part = prepare_shared(desk, resources, choices)
        report = apply_plan(part.plan, part.desired, desk.bindings, held, revision=part.revision, progress=progress)
    return part, report
