"""Doing a plan: exactly what was shown, in dependency order, with a journal that a rerun can finish from.

Before each batch the intents are written into the workspace's own state, together with what the batch before
achieved: one write a batch, however many resources. So a process killed at any point leaves either nothing, or
something that the journal explains. What later batches create is announced with the first one, as far as it is known
by then; so a batch that only creates needs no journal of its own.
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from allies_sync.model.resources import Access, Document, Resource, source_fingerprint
from allies_sync.platforms.errors import PlatformError, Superseded
from allies_sync.platforms.interface import (
    Act,
    Address,
    Change,
    Done,
    Failed,
    Outcome,
    Overtaken,
    Seen,
    Space,
)
from allies_sync.reconcile.decide import Action
from allies_sync.reconcile.lease import Held
from allies_sync.reconcile.looking import Bindings, Desired
from allies_sync.reconcile.order import containers_first, generations
from allies_sync.reconcile.plan import Item, Plan, blank_memory
from allies_sync.reconcile.results import Finished, Progress, Report, Result, Shown, shown
from allies_sync.reconcile.state import ENGAGEMENT_FILE, STATE_FILE, Intent, Level, Place, Remembered
from allies_sync.text.messages import _

CHUNK = 40
"""Changes handed to a platform at once: between chunks the lease is looked at."""


def apply_plan(
    plan: Plan,
    desired: Desired,
    bindings: Bindings,
    held: Held,
    *,
    revision: str | None,
    description: bytes | None = None,
    files: Mapping[str, bytes] | None = None,
    only: frozenset[Shown] | None = None,
    progress: Progress = lambda finished: None,
    last: bool = False,
) -> Report:
    """Applies a plan made *under the lease*. ``only``: what was shown and agreed to (see :func:`shown`). ``last``:
    nothing more is written under this lease.

    ``description`` is the engagement's data to store when it changed, ``files`` what else to keep beside it: both are
    stored before anything else is written. ``revision``: that of the stored files when the plan was made. Raises
    nothing of the platforms: what fails is in the report.
    """
    run = _Run(plan, desired, bindings, held, revision, progress)
    items = [item for item in plan.writes if only is None or shown(item) in only]
    left = [item for item in plan.writes if item not in items]
    for item in left:
        run.finish(Finished(item, Result.SKIPPED, None, item.address))
    try:
        run.files |= files or {}
        if description is not None:
            run.files[ENGAGEMENT_FILE] = description
        batches = list(generations(items, plan.space, bindings))
        for batch in batches[1:]:
            run.intend([item for item in batch if item.action is Action.CREATE], early=True)
        for number, batch in enumerate(batches):
            run.batch(batch, first=not number)
        run.save(final=True, last=last)
    except PlatformError as error:
        run.halt(error, items)
    run.report.remote_ids = {key: it.remote_id for key, it in run.state.resources.items()}
    return run.report


class _Run:
    """One application: memory as it grows, and the files as they are stored."""

    def __init__(
        self,
        plan: Plan,
        desired: Desired,
        bindings: Bindings,
        held: Held,
        revision: str | None,
        progress: Progress,
    ) -> None:
        self.plan = plan
        self.desired = desired
        self.bindings = bindings
        self.held = held
        self.revision = revision
        self.progress = progress
        self.state = plan.learned()
        self.files: dict[str, bytes] = {}
        self.stored_state = plan.state.dump()
        self.report = Report()
        self.addresses = dict(plan.space.addresses)

    def finish(self, finished: Finished) -> None:
        self.report.finished[finished.item.key] = finished
        if finished.address:
            self.report.addresses[finished.item.key] = finished.address
        self.progress(finished)

    def halt(self, error: PlatformError, items: Sequence[Item]) -> None:
        self.report.halted = error
        for item in items:
            if item.key not in self.report.finished:
                self.finish(Finished(item, Result.SKIPPED, error, item.address))

    def space(self) -> Space:
        return replace(self.plan.space, addresses=self.addresses)

    # --- the journal -----------------------------------------------------------------------------------------

    def save(self, *, final: bool = False, last: bool = False) -> None:
        """Stores the memory if it changed. Nothing is written for a run that has nothing to say."""
        data = self.state.dump()
        files = dict(self.files)
        if data != self.stored_state or (self.revision is None and final):
            files[STATE_FILE] = data
        if not files:
            return
        self.revision = self.held.save(files, self.revision, last=last).revision
        self.stored_state = data
        self.files.clear()

    def intend(self, batch: Sequence[Item], *, early: bool = False) -> None:
        """``early``: before what the items point to has an address, so that nobody can say how they will read."""
        pending = dict(self.state.pending)
        for item in batch:
            if item.resource is None or not (item.decision.content or item.decision.rights):
                continue
            pending[item.key] = Intent(
                act="create" if item.action is Action.CREATE else "update",
                source=source_fingerprint(item.resource),
                expected=None if early else self.expected(item, item.resource),
                access=Level.of(item.decision.access),
                links=self.links(item),
                content=item.decision.content,
                early=early,
            )
        self.state = self.state.model_copy(update={"pending": pending})

    def expected(self, item: Item, resource: Resource) -> str | None:
        """What reading it back should give; None for content that is not at hand, of which only rights are set."""
        if isinstance(resource, Document) and resource.elsewhere:
            return None
        return self.bindings[item.role].platform.fingerprint(self.space(), resource)

    def links(self, item: Item) -> dict[str, str]:
        """Remote ids that the item points to, now that earlier batches made them."""
        now = dict(item.links)
        for key in now:
            memory = self.state.resources.get(key)
            if memory:
                now[key] = memory.remote_id
        return now

    # --- the work --------------------------------------------------------------------------------------------

    def batch(self, batch: Sequence[Item], *, first: bool) -> None:
        """Writes one batch, all roles at once; the main thread keeps the memory and the lease."""
        self.intend(batch)
        if first or any(item.action is not Action.CREATE for item in batch):
            self.save()
        items = {item.key: item for item in batch}
        by_role: dict[str, list[Item]] = {}
        for item in batch:
            by_role.setdefault(item.role, []).append(item)
        outcomes: queue.Queue[Outcome | BaseException | None] = queue.Queue()
        stop = threading.Event()
        workers = [
            threading.Thread(
                target=contextvars.copy_context().run,
                args=(self._work, role, group, outcomes, stop),
                name=f"allies-sync-{role}",
                daemon=True,
            )
            for role, group in by_role.items()
        ]
        for worker in workers:
            worker.start()
        try:
            self._listen(items, outcomes, len(workers))
        finally:
            stop.set()
            for worker in workers:
                worker.join(timeout=60)

    def _listen(
        self, items: Mapping[str, Item], outcomes: queue.Queue[Outcome | BaseException | None], running: int
    ) -> None:
        while running:
            try:
                outcome = outcomes.get(timeout=self.held.lease.seconds / 6)
            except queue.Empty:
                self.held.check()
                continue
            if outcome is None:
                running -= 1
            elif isinstance(outcome, PlatformError):
                # all is done, but for what comes after it: told, and taken up again by the next run
                self.report.halted = self.report.halted or outcome
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                self.take(items[outcome.key], outcome)
            self.held.check()

    def _work(
        self,
        role: str,
        items: Sequence[Item],
        outcomes: queue.Queue[Outcome | BaseException | None],
        stop: threading.Event,
    ) -> None:
        platform = self.bindings[role].platform
        try:
            for start in range(0, len(items), CHUNK):
                if stop.is_set():
                    return
                waiting = {item.key: item for item in items[start : start + CHUNK]}
                try:
                    for outcome in platform.apply(self.space(), [self.change(item) for item in waiting.values()]):
                        if waiting.pop(outcome.key, None):
                            outcomes.put(outcome)
                        if stop.is_set() or self.held.over:
                            return  # not one more write: somebody else may have the lease by now
                    silent = PlatformError(_("La plateforme n'a pas dit ce qu'elle en a fait."))
                except PlatformError as error:
                    silent = error
                    if not waiting:
                        outcomes.put(error)
                for key in waiting:
                    outcomes.put(Failed(key, silent))
        except BaseException as error:
            # a fault of a plugin, or the person's Ctrl-C: told by the main thread
            outcomes.put(error)
        finally:
            outcomes.put(None)

    def change(self, item: Item) -> Change:
        """The item as its platform is told. What is made again is told with what is remembered of it."""
        decision = item.decision
        memory = decision.base or self.plan.state.resources.get(item.key)
        return Change(
            key=item.key,
            kind=item.kind,
            act=Act.CREATE if item.action is Action.CREATE else Act.UPDATE,
            resource=item.resource,
            seen=item.seen if isinstance(item.seen, Seen) else None,
            known=memory.known() if memory else None,
            access=decision.access or item.asked or Access(),
            content=decision.content,
            rights=decision.rights,
        )

    def delete(self, role: str, items: Sequence[Item]) -> None:
        """Hands deletions of one role to its platform."""
        waiting = {item.key: item for item in items}
        changes = [replace(self.change(item), act=Act.DELETE) for item in items]
        silent = PlatformError(_("La plateforme n'a pas dit ce qu'elle en a fait."))
        try:
            for outcome in self.bindings[role].platform.apply(self.space(), changes):
                if outcome.key in waiting:
                    self.take(waiting.pop(outcome.key), outcome)
                self.held.check()
        except Superseded:
            raise
        except PlatformError as error:
            silent = error
            if not waiting:
                # all is gone, but for what the platform itself tidies up afterwards: the next run takes it up again
                self.report.halted = self.report.halted or error
        for item in waiting.values():
            self.finish(Finished(item, Result.FAILED, silent, item.address))

    def take(self, item: Item, outcome: Outcome) -> None:
        """Remembers what became of one item."""
        resources = dict(self.state.resources)
        pending = dict(self.state.pending)
        if isinstance(outcome, Failed):
            self.finish(Finished(item, Result.FAILED, outcome.error, item.address))
            return
        if isinstance(outcome, Overtaken):
            error = PlatformError(
                _("Quelqu'un l'a modifié entre-temps : sa version est gardée."),
                _("Relancez la commande pour voir ce qui reste à faire."),
            )
            self.finish(Finished(item, Result.SKIPPED, error, item.address))
        elif isinstance(outcome, Done):
            address = self.remember(resources, item, outcome.seen)
            self.finish(Finished(item, Result.DONE, None, address))
        pending.pop(item.key, None)
        self.state = self.state.model_copy(update={"resources": resources, "pending": pending})

    def written(self, item: Item, seen: Seen) -> str:
        """The fingerprint of our own version. What was read back differs from it when a person was quicker than the
        reading: then it is theirs."""
        intent = self.state.pending.get(item.key)
        expected = intent.expected if intent else None
        return seen.fingerprint if expected is None else expected

    def remember(self, resources: dict[str, Remembered], item: Item, seen: Seen | None) -> Address | None:
        if seen is None or item.resource is None:
            return None  # what was deleted stays known until all is forgotten: a sync must not make it again
        base = item.decision.base or blank_memory(
            item.resource, item.platform, seen.address, seen.remote_id, self.desired
        )
        update: dict[str, object] = {
            "remote_id": seen.remote_id,
            "address": Place(path=seen.address.path, url=seen.address.url),
            "details": dict(seen.details) or base.details,
        }
        if item.decision.content:
            stamp = self.desired.template
            update |= {
                "source": source_fingerprint(item.resource),
                "fingerprint": self.written(item, seen),
                "links": self.links(item),
                "title": item.resource.title[:200],
                "template": stamp.name if stamp else "",
                "version": stamp.version if stamp else 0,
            }
        if item.decision.rights:
            update |= {"access": Level.of(item.asked), "access_seen": Level.of(seen.access or item.decision.access)}
        elif base.access is None and item.decision.content and seen.access:
            update |= {"access_seen": Level.of(seen.access)}
        resources[item.key] = base.model_copy(update=update)
        self.addresses[item.key] = seen.address
        return seen.address


def delete_items(
    plan: Plan, items: Sequence[Item], bindings: Bindings, held: Held, *, revision: str | None, progress: Progress
) -> Report:
    """Deletes things that the tool made and nobody touched, contents before containers.

    The platform refuses what is no longer as it was seen (:class:`Overtaken`): that stays.
    """
    run = _Run(plan, Desired(plan.space, ()), bindings, held, revision, progress)
    run.state = run.state.model_copy(
        update={"pending": {item.key: Intent(act="delete", source=item.key) for item in items}}
    )
    # every platform is asked, so that it can tidy up what a killed run left
    by_role: dict[str, list[Item]] = {role: [] for role in bindings}
    for item in reversed(containers_first(items)):
        by_role.setdefault(item.role, []).append(item)
    try:
        run.save()
        for role, group in by_role.items():
            run.delete(role, group)
        run.save()
    except PlatformError as error:
        run.halt(error, items)
    return run.report
