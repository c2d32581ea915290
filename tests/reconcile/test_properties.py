"""People, machines, template changes, crashes and silences in any order: nobody's change is ever lost or undone,
nothing is made twice, and when the people stop, everything agrees."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from allies_sync.model.resources import (
    Access,
    Document,
    Field,
    FieldKind,
    Folder,
    Form,
    Page,
    Resource,
    Share,
    Widget,
)
from allies_sync.platforms.errors import PlatformError
from allies_sync.reconcile.decide import Action, Choice
from allies_sync.reconcile.state import STATE_FILE, State, load_state

from .memory import MARKED, Crash, Memory, Thing, World
from .running import SLUG, Machine

BASE: dict[str, Resource] = {
    it.id: it
    for it in (
        Folder(id="folder:bilan", role="files", title="Bilan", name="Bilan"),
        Folder(id="folder:photos", role="files", title="Photos", name="Photos", parent="folder:bilan"),
        Document(
            id="document:bilan",
            role="files",
            title="Bilan",
            folder="folder:bilan",
            name="Bilan.md",
            body=("Bilan v0",),
        ),
        Document(
            id="document:note", role="files", title="Note", folder="folder:photos", name="Note.md", body=("Note v0",)
        ),
        Share(id="share:bilan", role="files", title="Lien", target="folder:bilan"),
        Page(
            id="page:accueil",
            role="wiki",
            title="Accueil",
            name="accueil",
            body=("Bienvenue v0 [programme](ref:page:programme) [lien](ref:share:bilan)",),
        ),
        Page(
            id="page:programme",
            role="wiki",
            title="Programme",
            name="programme",
            body=("Programme v0 [accueil](ref:page:accueil)", Widget("form", "form:amont")),
        ),
        Form(
            id="form:amont",
            role="wiki",
            title="Questionnaire",
            name="amont",
            fields=(Field(id="attentes", kind=FieldKind.LONG_TEXT, label="Vos attentes"),),
        ),
    )
}
EDITABLE = ("document:bilan", "document:note", "page:accueil", "page:programme")
KEYS = sorted(BASE)


class Life(RuleBasedStateMachine):
    """One workspace through everything that may happen to it."""

    @initialize()
    def start(self) -> None:
        self.world = World()
        self.template = dict(BASE)
        self.version = 0
        self.machines = [Machine(Memory(self.world)), Machine(Memory(self.world))]
        self.deleted: set[str] = set()
        self.allowed: set[str] = set()
        self.words = 0
        self.frozen = False

    # --- helpers ----------------------------------------------------------------------------------------

    def resources(self) -> tuple[Resource, ...]:
        found = tuple(self.template[key] for key in KEYS if key in self.template)
        if self.frozen:
            return tuple(replace(it, access=it.access.frozen()) for it in found)
        return found

    def state(self) -> State:
        files = self.world.stored.get(SLUG, {})
        return load_state(files.get(STATE_FILE), SLUG) or State(slug=SLUG)

    def recorded(self) -> dict[str, Thing]:
        """Things that the tool knows it made; what a crash left unrecorded is nobody's word against anybody's."""
        return {
            key: self.world.things[memory.remote_id]
            for key, memory in self.state().resources.items()
            if memory.remote_id in self.world.things
        }

    # --- people -----------------------------------------------------------------------------------------

    @rule(key=st.sampled_from(EDITABLE))
    def person_edits_and_the_template_changes(self, key: str) -> None:
        self.person_edits(key)
        self.template_changes(key)

    @rule(key=st.sampled_from(EDITABLE))
    def a_person_edits(self, key: str) -> None:
        self.person_edits(key)

    def person_edits(self, key: str) -> None:
        thing = self.recorded().get(key)
        if thing and thing.kind in ("document", "page"):
            self.words += 1
            self.world.edit(thing, f"Mots d'une personne {self.words}")

    @rule(key=st.sampled_from(KEYS))
    def person_renames(self, key: str) -> None:
        thing = self.recorded().get(key)
        if thing and thing.kind in ("document", "page"):
            self.words += 1
            thing.path = f"{thing.path} (renommé {self.words})"

    @rule(key=st.sampled_from(KEYS))
    def person_deletes(self, key: str) -> None:
        recorded = self.recorded()
        thing = recorded.get(key)
        if thing:
            self.world.delete(thing)
            self.deleted |= {other for other, it in recorded.items() if it.remote_id not in self.world.things}

    @rule(key=st.sampled_from(["page:accueil", "page:programme"]))
    def person_makes_one_of_the_same_name(self, key: str) -> None:
        path = f"{SLUG}/{BASE[key].name}"  # type: ignore[attr-defined]
        if not self.world.at(path):
            self.world.add(path, "page", "La page de quelqu'un d'autre")

    @rule(key=st.sampled_from(KEYS))
    def person_changes_rights(self, key: str) -> None:
        thing = self.recorded().get(key)
        if thing:
            thing.access = Access(thing.access.read, thing.access.read)

    # --- the collective ---------------------------------------------------------------------------------

    @rule(key=st.sampled_from(EDITABLE))
    def the_template_changes(self, key: str) -> None:
        self.template_changes(key)

    def template_changes(self, key: str) -> None:
        if key in self.template:
            self.version += 1
            resource = self.template[key]
            body = (f"Modèle v{self.version} ", *resource.body[1:])  # type: ignore[attr-defined]
            self.template[key] = replace(resource, body=body)

    @rule(key=st.sampled_from(["document:note", "page:programme", "share:bilan"]))
    def template_drops_or_takes_back(self, key: str) -> None:
        if key in self.template:
            del self.template[key]
        else:
            self.template[key] = BASE[key]

    @rule()
    def freeze_or_thaw(self) -> None:
        self.frozen = not self.frozen

    # --- machines ---------------------------------------------------------------------------------------

    def sync(self, index: int, choices: dict[str, Choice] | None = None) -> None:
        before = len(self.world.history)
        created_before = set(self.world.things)
        choices = {key: choice for key, choice in (choices or {}).items() if key in self.template}
        for key, choice in choices.items():
            thing = self.recorded().get(key)
            if choice is Choice.REPLACE and thing:
                self.allowed.add(thing.remote_id)
        asked_again = {key for key, choice in choices.items() if choice is Choice.RECREATE}
        try:
            self.machines[index].sync(self.resources(), choices)
        except PlatformError:
            pass
        except Crash:
            self.machines[index] = Machine(Memory(self.world))
        finally:
            self.world.die_at = None
        self.check_history(before)
        for remote_id in set(self.world.things) - created_before:
            thing = self.world.things[remote_id]
            for key in self.deleted - asked_again:
                assert not self.same(key, thing), f"{key} was deleted by a person and made again"
        # what left the template is forgotten by a sync that ended: taking it back makes it anew
        remembered = self.state().resources
        self.deleted -= {key for key in self.deleted if key not in self.template and key not in remembered}
        # what was asked for is there, or no longer remembered as deleted: it comes when its folder does
        self.deleted -= {key for key in asked_again if key in self.recorded() or key not in remembered}
        self.allowed.clear()

    def same(self, key: str, thing: Thing) -> bool:
        if thing.kind in MARKED:
            return thing.mark == f"allies-sync:{SLUG}:{key}"
        resource = BASE[key]
        return thing.kind == resource.kind and thing.path.endswith("/" + getattr(resource, "name", "?"))

    def check_history(self, since: int) -> None:
        last: dict[str, str] = {}
        for index, (who, remote_id, _text) in enumerate(self.world.history):
            if index >= since and who == "tool" and last.get(remote_id) == "person":
                assert remote_id in self.allowed, f"a person's change of {remote_id} was overwritten"
            last[remote_id] = who

    @rule(index=st.integers(0, 1))
    def machine_syncs(self, index: int) -> None:
        self.sync(index)

    @rule(index=st.integers(0, 1), key=st.sampled_from(KEYS), choice=st.sampled_from(list(Choice)))
    def machine_syncs_with_a_choice(self, index: int, key: str, choice: Choice) -> None:
        self.sync(index, {key: choice})

    @rule(index=st.integers(0, 1), at=st.integers(1, 14), after=st.booleans())
    def machine_dies(self, index: int, at: int, after: bool) -> None:
        self.world.die_at = self.world.requests + at
        self.world.die_after_effect = after
        self.sync(index)

    @rule()
    def time_passes(self) -> None:
        self.world.clock += timedelta(minutes=10)

    @rule()
    def server_goes_silent_or_speaks_again(self) -> None:
        self.world.silent = not self.world.silent

    @rule()
    def wiki_goes_down_or_comes_back(self) -> None:
        self.world.wiki_down = not self.world.wiki_down

    # --- what always holds ------------------------------------------------------------------------------

    @invariant()
    def nothing_is_made_twice(self) -> None:
        if not hasattr(self, "world"):
            return
        marks = [thing.mark for thing in self.world.things.values() if thing.mark]
        assert len(marks) == len(set(marks)), marks
        paths = [thing.path for thing in self.world.things.values()]
        assert len(paths) == len(set(paths)), paths

    @precondition(lambda self: hasattr(self, "world"))
    @rule()
    def when_the_people_stop_it_converges(self) -> None:
        self.world.silent = False
        self.world.wiki_down = False
        self.world.clock += timedelta(minutes=10)
        self.sync(0)
        self.sync(1)
        requests = self.world.requests
        self.sync(0)
        self.sync(1)
        assert self.world.requests == requests, "a sync with nothing to do wrote something"
        plan, _ = self.machines[0].plan(self.resources())
        for item in plan.items:
            assert item.action not in (Action.CREATE, Action.UPDATE, Action.BLOCKED), (item.key, item.action)
            assert item.action is not Action.GONE or item.key in self.deleted or item.decision.reason != "deleted"

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.when_the_people_stop_it_converges()


Life.TestCase.settings = settings(
    max_examples=200, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLife = Life.TestCase


def test_what_was_asked_for_again_comes_when_its_folder_does() -> None:
    """A document is wanted again whose folder is deleted, then the folder."""
    life = Life()
    life.start()
    life.when_the_people_stop_it_converges()
    life.person_deletes(key="folder:photos")
    life.machine_syncs_with_a_choice(choice=Choice.RECREATE, index=0, key="document:note")
    assert "document:note" not in life.recorded()
    life.machine_syncs_with_a_choice(choice=Choice.RECREATE, index=0, key="folder:photos")
    assert {"folder:photos", "document:note"} <= set(life.recorded())
    life.teardown()


@pytest.mark.slow
class TestLongLife(Life.TestCase):  # type: ignore[misc, valid-type]
    """The same, for much longer."""

    settings = settings(
        max_examples=1500, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
    )
