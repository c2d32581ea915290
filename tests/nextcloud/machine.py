"""A machine that opens, syncs, freezes and removes one engagement with the core, as a command does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from allies_sync.model.resources import Access, Document, Folder, Resource, Rights, Share
from allies_sync.platforms.interface import Seen, Space, Stored, Unknown
from allies_sync.reconcile.apply import apply_plan, delete_items
from allies_sync.reconcile.decide import Action, Choice
from allies_sync.reconcile.lease import hold
from allies_sync.reconcile.looking import Bound, Desired
from allies_sync.reconcile.plan import Plan, make_plan
from allies_sync.reconcile.results import Report, Result
from allies_sync.reconcile.state import STATE_FILE, State, TemplateStamp, load_state
from allies_sync_nextcloud.platform import NextcloudFiles

SLUG = "2027-cooperation"
STAMP = TemplateStamp(name="essai", version=1, hash="0")
TEAM = Access(Rights.TEAM, Rights.TEAM)
SEEN = Access(Rights.PARTICIPANTS, Rights.TEAM)
ENDS = datetime.now(UTC).date() + timedelta(days=60)


def folder(name: str, access: Access = TEAM, parent: str | None = None) -> Folder:
    id = f"folder:{name.lower()}"
    return Folder(id=id, role="files", title=name, name=name, access=access, parent=parent)


def document(name: str, holder: str | None, text: str = "Bonjour.\n") -> Document:
    id = f"document:{name.lower()}"
    return Document(id=id, role="files", title=name, name=f"{name}.md", folder=holder, body=(f"# {name}\n\n{text}",))


RESOURCES: tuple[Resource, ...] = (
    folder("Proposition"),
    folder("Ressources", SEEN),
    folder("Photos", parent="folder:ressources", access=SEEN),
    folder("Depot"),
    document("Proposition", "folder:proposition"),
    document("Lisez-moi", "folder:photos"),
    document("Racine", None),
    Share(id="share:proposition", role="files", title="P", target="document:proposition", expires=ENDS),
    Share(id="share:ressources", role="files", title="R", target="folder:ressources", expires=ENDS),
    Share(id="share:depot", role="files", title="D", target="folder:depot", expires=ENDS, drop=True),
)


def changed(resources: Sequence[Resource], text: str = "Autrement.\n") -> tuple[Resource, ...]:
    return tuple(
        replace(it, body=(f"# {it.title}\n\n{text}",)) if isinstance(it, Document) else it for it in resources
    )


def frozen(resources: Sequence[Resource] = RESOURCES) -> tuple[Resource, ...]:
    return tuple(replace(it, access=it.access.frozen()) for it in resources)


class Machine:
    """One run after the other, on one connection."""

    seconds = 120
    """How long the lease of a run lasts."""

    def __init__(self, platform: NextcloudFiles, slug: str = SLUG) -> None:
        self.files = platform
        self.bindings = {"files": Bound("nextcloud", platform)}
        self.space = Space(slug, "Dynamiques de coopération", collective_name="Les Rives")

    def desired(self, resources: Sequence[Resource]) -> Desired:
        return Desired(self.space, tuple(resources), STAMP)

    def plan(
        self, resources: Sequence[Resource] = RESOURCES, choices: Mapping[str, Choice] | None = None
    ) -> tuple[Plan, Stored | None]:
        slug = self.space.slug
        stored = self.files.load(slug)
        state = load_state(stored.files.get(STATE_FILE) if stored else None, slug) or State(slug=slug)
        return make_plan(self.desired(resources), state, self.bindings, choices=choices), stored

    def sync(
        self,
        resources: Sequence[Resource] = RESOURCES,
        choices: Mapping[str, Choice] | None = None,
        patience: float = 0,
    ) -> Report:
        """What `sync` does; nothing at all when there is nothing to do."""
        plan, stored = self.plan(resources, choices)
        if stored and stored.files and not plan.writes and plan.learned() == plan.state:
            return Report()
        with hold(self.files, self.space.slug, patience=patience, seconds=self.seconds) as held:
            plan, stored = self.plan(resources, choices)
            described = bool(stored and stored.files)
            return apply_plan(
                plan,
                self.desired(resources),
                self.bindings,
                held,
                revision=stored.revision if stored and described else None,
                description=None if described else f'slug = "{self.space.slug}"\n'.encode(),
                last=True,
            )

    def done(self, resources: Sequence[Resource] = RESOURCES) -> None:
        report = self.sync(resources)
        assert report.complete, [(it.item.key, it.error) for it in report.finished.values() if it.error]

    def remove(self, resources: Sequence[Resource] = RESOURCES) -> bool:
        """What `remove` does: everything that nobody touched, then the description. Whether nothing is left."""
        if self.files.load(self.space.slug) is None:
            return True
        with hold(self.files, self.space.slug, patience=0) as held:
            plan, stored = self.plan(resources)
            if stored and stored.files:
                going = [
                    item
                    for item in plan.items
                    if isinstance(item.seen, Seen)
                    and item.decision.base
                    and item.seen.fingerprint == item.decision.base.fingerprint
                ]
                report = delete_items(
                    plan, going, self.bindings, held, revision=stored.revision, progress=lambda _item: None
                )
                unknown = any(isinstance(item.seen, Unknown) for item in plan.items)
                if unknown or report.halted or any(it.result is Result.FAILED for it in report.finished.values()):
                    return False
            return self.files.erase(self.space.slug, held.lease)

    def actions(self, resources: Sequence[Resource] = RESOURCES) -> dict[str, Action]:
        """What the plan says that is not `none`."""
        plan, _stored = self.plan(resources)
        return {item.key: item.action for item in plan.items if item.action is not Action.NONE}

    def seen(self, key: str, resources: Sequence[Resource] = RESOURCES) -> Seen:
        plan, _stored = self.plan(resources)
        seen = next(item.seen for item in plan.items if item.key == key)
        assert isinstance(seen, Seen), seen
        return seen
