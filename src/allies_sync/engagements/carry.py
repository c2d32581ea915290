"""Carrying out what was prepared: under a lease, planned again, and no more than what was shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.keepsakes import keep_copy
from allies_sync.engagements.prepare import Part, Preparation, Settled, collective_part, plan_engagement
from allies_sync.engagements.stored import Description, describe_space
from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import is_online
from allies_sync.model.resources import Document
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.hookspecs import Event
from allies_sync.platforms.interface import COLLECTIVE, Address, Target
from allies_sync.reconcile.apply import apply_plan
from allies_sync.reconcile.decide import Reason
from allies_sync.reconcile.lease import hold
from allies_sync.reconcile.plan import Item
from allies_sync.reconcile.results import Finished, Report, Result, Shown, shown
from allies_sync.text.messages import _

Progress = Callable[[Finished], None]


@dataclass
class Outcome:
    """What carrying out came to. ``items`` are the plan's as they were under the lease."""

    slug: str
    engagement: Engagement
    items: tuple[Item, ...]
    finished: dict[str, Finished] = field(default_factory=dict)
    halted: PlatformError | None = None
    links: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    #: where the words that were replaced are kept
    copies: tuple[Path, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything is as it should be: done, and nothing that could not be looked at."""
        return self.halted is None and all(it.result is Result.DONE for it in self.finished.values())


def carry_out(
    desk: Desk,
    preparation: Preparation,
    *,
    agreed: bool = False,
    progress: Progress = lambda finished: None,
    patience: float = 10.0,
) -> Outcome:
    """Does what was prepared.

    ``agreed``: a person looked at the plan and said yes; what came up since then is left for the next time.
    Raises :class:`~allies_sync.platforms.errors.PlatformError` when nothing could be started.
    """
    if preparation.idle:
        return _outcome(preparation, [])
    agreed_to = None
    if agreed:
        agreed_to = frozenset(shown(item) for part in preparation.parts for item in part.plan.writes)
    reports: list[Report] = []
    copies: tuple[Path, ...] = ()
    with hold(desk.store, preparation.slug, patience=patience) as held:
        before, engagement = _unchanged(desk, preparation)
        settled = None
        if len(preparation.parts) > 1 and not preparation.parts[0].idle:
            report, settled = _share(desk, preparation.parts[0], agreed_to, progress, patience)
            reports.append(report)
        fresh = plan_engagement(
            desk,
            before,
            engagement,
            preparation.choices,
            recovering=preparation.recovering,
            handing=preparation.handing,
            settled=settled,
        )
        if all(report.halted is None for report in reports):
            own = fresh.own
            copies = keep_replaced(desk, fresh)
            reports.append(
                apply_plan(
                    own.plan,
                    own.desired,
                    desk.bindings,
                    held,
                    revision=own.revision,
                    description=fresh.description,
                    files=fresh.files,
                    only=agreed_to,
                    progress=progress,
                    last=True,
                )
            )
    outcome = _outcome(fresh, reports)
    outcome.copies = copies
    if outcome.complete and preparation.before is None and is_online(outcome.engagement.state):
        outcome.warnings += _tell(desk, outcome)
    return outcome


def keep_replaced(desk: Desk, preparation: Preparation) -> tuple[Path, ...]:
    """Copies what people wrote where the template's version is about to stand instead. Raises PlatformError."""
    kept = []
    for item in preparation.own.plan.items:
        if item.decision.reason is Reason.REPLACED and item.decision.content:
            known = item.decision.base.known() if item.decision.base else None
            target = Target(item.key, item.kind, item.resource, known)
            content = desk.bindings[item.role].platform.read(preparation.own.plan.space, target)
            suffix = ".md" if content.media_type.startswith("text/") else ""
            if isinstance(item.resource, Document):
                suffix = Path(item.resource.name).suffix
            kept.append(keep_copy(preparation.slug, item.key.replace(":", "-") + suffix, content.data))
    return tuple(kept)


def _unchanged(desk: Desk, preparation: Preparation) -> tuple[Description, Engagement]:
    """The description as it is under the lease, and the data that count.

    Raises UserError when somebody changed the engagement's data since the plan was shown: theirs are not overwritten.
    """
    before = describe_space(desk.store, preparation.slug)
    engagement = preparation.engagement
    if before.engagement not in (preparation.before, engagement):
        raise UserError(
            _(
                "Les données de « {slug} » ont été changées entre-temps, par une autre personne ou un autre poste."
            ).format(slug=preparation.slug),
            _("Rien n'a été modifié. Relancez la commande pour voir le nouveau plan."),
        )
    return before, engagement


def _share(
    desk: Desk,
    part: Part,
    agreed_to: frozenset[Shown] | None,
    progress: Progress,
    patience: float,
) -> tuple[Report, Settled]:
    """Adds what the whole collective shares, under the lease of its own space."""
    with hold(desk.store, COLLECTIVE, patience=patience) as held:
        fresh = collective_part(desk, part.desired, {}, describe_space(desk.store, COLLECTIVE))
        report = apply_plan(
            fresh.plan,
            fresh.desired,
            desk.bindings,
            held,
            revision=fresh.revision,
            only=agreed_to,
            progress=progress,
            last=True,
        )
    remote = {item.key: report.remote_ids.get(item.key, "") for item in fresh.plan.items}
    return report, Settled(fresh, {**fresh.plan.space.addresses, **report.addresses}, remote)


def _outcome(preparation: Preparation, reports: list[Report]) -> Outcome:
    outcome = Outcome(preparation.slug, preparation.engagement, preparation.items)
    addresses: dict[str, Address] = {}
    for report in reports:
        outcome.finished |= report.finished
        outcome.halted = outcome.halted or report.halted
        addresses |= report.addresses
    # an item that was carried out is shown as it was planned, not as it was found when the rest was planned again
    outcome.items = tuple(
        outcome.finished[item.key].item if item.key in outcome.finished else item for item in preparation.items
    )
    outcome.links = links_to_send(preparation, addresses)
    return outcome


def links_to_send(preparation: Preparation, addresses: dict[str, Address]) -> dict[str, str]:
    """What the coordinator sends to the participants: the start page, and the questionnaire that comes first."""
    wanted: dict[str, str] = {}
    if preparation.workspace.home:
        wanted["home"] = preparation.workspace.home
    for resource in preparation.workspace.resources:
        if resource.kind == "page" and "questionnaire" in resource.id:
            wanted.setdefault("questionnaire", resource.id)
    found: dict[str, str] = {}
    for label, key in wanted.items():
        address = addresses.get(key) or preparation.own.plan.space.addresses.get(key)
        if address and address.url:
            found[label] = address.url
    return found


def _tell(desk: Desk, outcome: Outcome) -> list[str]:
    event = Event(outcome.slug, outcome.engagement.title, outcome.engagement.state.value, outcome.links)
    return desk.plugins.notify("engagement_opened", event)
