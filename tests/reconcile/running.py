"""One machine at work on a space in memory: plan, take the lease, plan again, apply."""

from __future__ import annotations

from collections.abc import Mapping

from allies_sync.model.resources import Resource
from allies_sync.platforms.interface import Space
from allies_sync.reconcile.apply import apply_plan
from allies_sync.reconcile.decide import Choice
from allies_sync.reconcile.lease import hold
from allies_sync.reconcile.looking import Bound, Desired
from allies_sync.reconcile.plan import Plan, make_plan
from allies_sync.reconcile.results import Report
from allies_sync.reconcile.state import STATE_FILE, State, TemplateStamp, load_state

from .memory import Memory

SLUG = "2027-essai"


class Machine:
    """A machine with its own connection to the place."""

    def __init__(self, platform: Memory) -> None:
        self.platform = platform
        self.bindings = {"files": Bound("memory", platform), "wiki": Bound("memory", platform)}

    def desired(self, resources: tuple[Resource, ...], version: int = 1) -> Desired:
        return Desired(Space(SLUG, "Essai"), resources, TemplateStamp(name="essai", version=version, hash="0"))

    def plan(
        self, resources: tuple[Resource, ...], choices: Mapping[str, Choice] | None = None, version: int = 1
    ) -> tuple[Plan, str | None]:
        stored = self.platform.load(SLUG)
        state = load_state(stored.files.get(STATE_FILE) if stored else None, SLUG) or State(slug=SLUG)
        plan = make_plan(self.desired(resources, version), state, self.bindings, choices=choices)
        return plan, stored.revision if stored else None

    def sync(
        self, resources: tuple[Resource, ...], choices: Mapping[str, Choice] | None = None, version: int = 1
    ) -> Report:
        plan, revision = self.plan(resources, choices, version)
        if not plan.writes and plan.learned() == plan.state:
            return Report()
        with hold(self.platform, SLUG, patience=0) as held:
            plan, revision = self.plan(resources, choices, version)
            return apply_plan(plan, self.desired(resources, version), self.bindings, held, revision=revision)
