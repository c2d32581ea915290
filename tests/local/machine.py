"""One machine with both roles on a disk: looks, plans and writes with the core, as a command does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from allies_sync.model.resources import (
    Access,
    Document,
    Entry,
    Field,
    FieldKind,
    Folder,
    Form,
    List_,
    Option,
    Page,
    Resource,
    Rights,
    Scope,
    Widget,
)
from allies_sync.platforms.interface import COLLECTIVE, Address, Opening, Seen, Space, Stored
from allies_sync.reconcile.apply import apply_plan, delete_items
from allies_sync.reconcile.decide import Action, Choice
from allies_sync.reconcile.lease import hold
from allies_sync.reconcile.looking import Bound, Desired
from allies_sync.reconcile.plan import Plan, make_plan
from allies_sync.reconcile.results import Report
from allies_sync.reconcile.state import STATE_FILE, State, TemplateStamp, load_state
from allies_sync_local.files import LocalFiles
from allies_sync_local.settings import LocalSettings
from allies_sync_local.wiki import LocalWiki

SLUG = "2027-cooperation"

FREINS = List_(
    id="list:freins",
    role="wiki",
    title="Freins",
    name="freins",
    options=(Option("t", "Le temps"), Option("p", "La peur")),
)
AMONT = Form(
    id="form:amont",
    role="wiki",
    title="Questionnaire avant la journée",
    name="amont",
    moment="amont",
    answers=Rights.PARTICIPANTS,
    notice=("Lu par l'équipe. [Programme](ref:page:programme)\n",),
    fields=(
        Field(id="prenom", kind=FieldKind.TEXT, label="Votre prénom", personal=True),
        Field(id="freins", kind=FieldKind.CHOICES, label="Vos freins", options_from="list:freins"),
        Field(id="attentes", kind=FieldKind.LONG_TEXT, label="Vos attentes", required=True),
    ),
)
GUIDE = Entry(
    id="entry:guide", role="wiki", title="Un guide", name="guide", form="form:amont", values=(("attentes", "Lire"),)
)
RESOURCES: tuple[Resource, ...] = (
    # the start page comes first although it shows what comes after it
    Page(
        id="page:accueil",
        role="wiki",
        title="Accueil",
        name="accueil",
        home=True,
        body=(
            "Bienvenue.\n\n",
            Widget("form", "form:amont"),
            "\n\nDéjà ",
            Widget("count", "form:amont"),
            " réponses.\n\n",
            Widget("answers", "form:amont"),
            "\n\n",
            Widget("include", "page:programme"),
            "\n\n",
            Widget("files", "folder:ressources"),
            "\n\n",
            Widget("contents"),
            "\n",
        ),
    ),
    Page(id="page:programme", role="wiki", title="Programme", name="programme", body=("Café à 9 h.\n",)),
    FREINS,
    AMONT,
    GUIDE,
    Folder(id="folder:proposition", role="files", title="Proposition", name="Proposition"),
    Folder(id="folder:ressources", role="files", title="Ressources", name="Ressources", parent="folder:proposition"),
    Document(
        id="document:proposition",
        role="files",
        title="Proposition",
        name="Proposition d'été.md",
        folder="folder:proposition",
        body=("Voir le [programme](ref:page:programme).\n\n", Widget("form", "form:amont"), "\n"),
    ),
    Document(
        id="document:logo", role="files", title="Logo", name="logo.png", data=b"\x89PNG\0", media_type="image/png"
    ),
)
LISTING: tuple[Resource, ...] = (
    Page(
        id="page:accompagnements",
        role="wiki",
        title="Accompagnements",
        name="accompagnements",
        home=True,
        scope=Scope.COLLECTIVE,
        body=("Tous.\n\n", Widget("engagements"), "\n"),
    ),
)


def platforms(base: Path) -> tuple[LocalFiles, LocalWiki]:
    files = LocalFiles(Opening("files", LocalSettings(path=base / "fichiers")))
    return files, LocalWiki(Opening("wiki", LocalSettings(path=base / "wiki")))


def space(resources: Sequence[Resource] = RESOURCES) -> Space:
    pages = [resource for resource in resources if isinstance(resource, Page)]
    home = next((page.id for page in pages if page.home), None)
    menu = [(page.id, page.title) for page in pages]
    return Space(SLUG, "Dynamiques de coopération", collective_name="Les Rives", home=home, menu=menu)


def collective() -> Space:
    return Space(COLLECTIVE, "Les Rives", collective=True, collective_name="Les Rives")


def predicted(files: LocalFiles, wiki: LocalWiki, where: Space, resources: Sequence[Resource]) -> Space:
    """The space with the addresses of all its resources."""
    addresses: dict[str, Address] = {}
    for resource in sorted(resources, key=lambda it: it.kind != "folder"):
        platform = files if resource.role == "files" else wiki
        address = platform.predict(replace(where, addresses=addresses), resource)
        assert address is not None
        addresses[resource.id] = address
    return replace(where, addresses=addresses)


class Machine:
    """A machine with its own connections."""

    def __init__(self, base: Path) -> None:
        self.files, self.wiki = platforms(base)
        self.bindings = {"files": Bound("local", self.files), "wiki": Bound("local", self.wiki)}

    def desired(self, resources: Sequence[Resource], where: Space | None) -> Desired:
        return Desired(where or space(resources), tuple(resources), TemplateStamp(name="essai", version=1, hash="0"))

    def plan(
        self,
        resources: Sequence[Resource] = RESOURCES,
        choices: Mapping[str, Choice] | None = None,
        where: Space | None = None,
    ) -> tuple[Plan, Stored | None]:
        desired = self.desired(resources, where)
        slug = desired.space.slug
        stored = self.files.load(slug)
        state = load_state(stored.files.get(STATE_FILE) if stored else None, slug) or State(slug=slug)
        return make_plan(desired, state, self.bindings, choices=choices), stored

    def sync(
        self,
        resources: Sequence[Resource] = RESOURCES,
        choices: Mapping[str, Choice] | None = None,
        where: Space | None = None,
    ) -> Report:
        """What `sync` does; nothing at all when there is nothing to do."""
        desired = self.desired(resources, where)
        plan, stored = self.plan(resources, choices, where)
        if stored and stored.files and not stored.abandoned and not plan.writes and plan.learned() == plan.state:
            return Report()
        with hold(self.files, desired.space.slug, patience=0) as held:
            plan, stored = self.plan(resources, choices, where)
            revision = stored.revision if stored and stored.files else None
            return apply_plan(plan, desired, self.bindings, held, revision=revision, description=b"a = 1\n")

    def remove(self) -> None:
        """What `remove` does: everything that nobody touched, then the description."""
        stored = self.files.load(SLUG)
        if stored is None:
            return
        with hold(self.files, SLUG, patience=0) as held:
            plan, stored = self.plan()
            if stored and stored.files:
                revision = stored.revision
                items = [item for item in plan.items if isinstance(item.seen, Seen)]
                report = delete_items(plan, items, self.bindings, held, revision=revision, progress=lambda _it: None)
                assert report.complete, report
            assert self.files.erase(SLUG, held.lease)

    def open_all(self) -> list[Report]:
        """The collective's space, then the engagement's: the list of engagements is there before the engagement."""
        return [self.sync(LISTING, where=collective()), self.sync()]

    def actions(
        self, resources: Sequence[Resource] = RESOURCES, choices: Mapping[str, Choice] | None = None
    ) -> dict[str, Action]:
        """What the plan says that is not `none`."""
        plan, _stored = self.plan(resources, choices)
        return {item.key: item.action for item in plan.items if item.action is not Action.NONE}


def frozen(resources: Sequence[Resource]) -> list[Resource]:
    return [replace(resource, access=Access(resource.access.read, None)) for resource in resources]
