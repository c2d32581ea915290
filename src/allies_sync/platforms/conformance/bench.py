# ruff: noqa: S101 - pytest rewrites these assertions
"""One engagement as one machine sees it: does what the core would do, and checks the form of every answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from allies_sync.model.resources import Access, Form, Resource, references
from allies_sync.platforms.conformance.samples import Samples
from allies_sync.platforms.conformance.subject import Subject, lacking
from allies_sync.platforms.errors import Foreign, PlatformError
from allies_sync.platforms.interface import (
    Absent,
    Act,
    Address,
    Change,
    Content,
    Done,
    Failed,
    Known,
    Lease,
    Observation,
    Outcome,
    Overtaken,
    Platform,
    Seen,
    Space,
    StateStore,
    Target,
    Unknown,
)

SLUG = "2027-essai"
COLLECTIVE = "_collectif"
"""The slug of what all engagements share: no engagement can have it."""


class Bench:
    """What the core knows of one engagement (``memory``, ``addresses``), and a connection to its platform."""

    def __init__(self, subject: Subject, slug: str = SLUG, *, ready: bool = True, collective: bool = False) -> None:
        self.subject = subject
        self.slug = slug
        self.collective = collective
        self.platform: Platform = subject.open()
        self.features = self.platform.features
        self.samples = Samples(self.features, subject.role)
        self.memory: dict[str, Known] = {}
        self.addresses: dict[str, Address] = {}
        self.home: str | None = None
        self.menu: Sequence[tuple[str, str]] = ()
        self.title = f"Essai de {slug}"
        self._opened = [self.platform]
        if ready and subject.role == "files" and isinstance(self.platform, StateStore):
            self.platform.acquire(slug, Lease(run="conformance", holder="la suite", seconds=900))

    def again(self) -> Bench:
        """Another machine at work on the same engagement, which knows the same."""
        other = Bench(self.subject, self.slug, ready=False, collective=self.collective)
        other.memory, other.addresses = dict(self.memory), dict(self.addresses)
        other.home, other.menu, other.title = self.home, self.menu, self.title
        self._opened.append(other.platform)
        other._opened = self._opened
        return other

    def elsewhere(self, slug: str = "2027-voisin", *, collective: bool = False) -> Bench:
        """Another engagement at the same place."""
        other = Bench(self.subject, slug, collective=collective)
        self._opened.append(other.platform)
        other._opened = self._opened
        return other

    def close(self) -> None:
        for platform in self._opened:
            platform.close()

    # --- what the core prepares --------------------------------------------------------------------------------

    def space(self) -> Space:
        return Space(
            slug=self.slug,
            title=self.title,
            addresses=dict(self.addresses),
            collective=self.collective,
            collective_name="Les Essais",
            home=self.home,
            menu=self.menu,
        )

    def access(self, resource: Resource) -> Access:
        return self.features.asked(resource)

    def foresee(self, resources: Sequence[Resource]) -> None:
        """Fills in where things are or will be, containers first."""
        for resource in resources:
            known = self.memory.get(resource.id)
            address = known.address if known else self.platform.predict(self.space(), resource)
            if address:
                self.addresses[resource.id] = address

    def change(
        self,
        act: Act,
        resource: Resource,
        seen: Seen | None,
        *,
        access: Access | None = None,
        content: bool = True,
        rights: bool = True,
    ) -> Change:
        return Change(
            key=resource.id,
            kind=resource.kind,
            act=act,
            resource=resource,
            seen=seen,
            known=self.memory.get(resource.id),
            access=access or self.access(resource),
            content=content,
            rights=rights,
        )

    # --- looking -----------------------------------------------------------------------------------------------

    def observe(self, *targets: Target) -> dict[str, Observation]:
        """Looks, and checks that there is exactly one well-formed answer for each."""
        answers = dict(self.platform.observe(self.space(), targets))
        assert set(answers) == {target.key for target in targets}, "one answer for each target"
        for target in targets:
            answer = answers[target.key]
            assert isinstance(answer, Seen | Absent | Unknown), f"{answer!r} is no observation"
            if isinstance(answer, Seen):
                self.check(target.kind, answer)
        return answers

    def look(self, resource: Resource) -> Observation:
        """Looks for a resource with what is remembered of it."""
        return self.look_at(resource)[resource.id]

    def look_at(self, *resources: Resource, known: bool = True) -> dict[str, Observation]:
        self.foresee(resources)
        targets = [Target(it.id, it.kind, it, self.memory.get(it.id) if known else None) for it in resources]
        return self.observe(*targets)

    def find(self, resource: Resource) -> Observation:
        """Looks for a resource as a machine does that remembers nothing of it."""
        return self.look_at(resource, known=False)[resource.id]

    def seen(self, resource: Resource) -> Seen:
        observation = self.look(resource)
        assert isinstance(observation, Seen), f"{resource.id} should be there, but: {observation!r}"
        return observation

    def absent(self, resource: Resource) -> None:
        observation = self.look(resource)
        assert isinstance(observation, Absent), f"{resource.id} should be absent, but: {observation!r}"

    def content(self, resource: Resource) -> Content:
        target = Target(resource.id, resource.kind, resource, self.memory.get(resource.id))
        return self.platform.read(self.space(), target)

    def text(self, resource: Resource) -> str:
        content = self.content(resource)
        return content.text if content.text is not None else content.data.decode("utf-8", "replace")

    def check(self, kind: str, seen: Seen) -> None:
        """What holds for everything that is seen: it can be kept in the state and compared."""
        assert seen.remote_id and len(seen.remote_id) <= 4000
        assert seen.address.path and len(seen.address.path) <= 4000
        assert seen.fingerprint and len(seen.fingerprint) <= 200
        assert json.loads(json.dumps(dict(seen.details))) == dict(seen.details), "details are plain values"
        if kind in self.features.marks:
            assert seen.mark is not None, f"the platform claims that a {kind} can bear a mark"
        else:
            assert seen.mark is None, f"the platform does not claim that a {kind} can bear a mark"

    def outside(self) -> Mapping[str, str]:
        """The place as seen from outside. Skips when the subject cannot look."""
        snapshot = self.subject.snapshot()
        if not snapshot:
            lacking("look at the place from outside")
        return dict(snapshot)

    # --- writing -----------------------------------------------------------------------------------------------

    def apply(self, *changes: Change) -> dict[str, Outcome]:
        """Applies a batch, checks that there is one outcome for each, and remembers what was read back."""
        outcomes: dict[str, Outcome] = {}
        kinds = {change.key: change.kind for change in changes}
        for outcome in self.platform.apply(self.space(), changes):
            assert isinstance(outcome, Done | Overtaken | Failed), f"{outcome!r} is no outcome"
            assert outcome.key in kinds and outcome.key not in outcomes, "one outcome for each change"
            outcomes[outcome.key] = outcome
            if isinstance(outcome, Failed):
                assert isinstance(outcome.error, PlatformError)
                assert outcome.error.message and "\n" not in outcome.error.message.strip()
            elif outcome.seen is not None:
                self.check(kinds[outcome.key], outcome.seen)
            if isinstance(outcome, Done):
                self.remember(outcome)
        assert set(outcomes) == set(kinds), "one outcome for each change"
        return outcomes

    def remember(self, outcome: Done) -> None:
        seen = outcome.seen
        if seen is None:
            self.memory.pop(outcome.key, None)
            return
        details = dict(seen.details)
        self.memory[outcome.key] = Known(seen.remote_id, seen.address, seen.fingerprint, seen.access, details)
        self.addresses[outcome.key] = seen.address

    def done(self, *changes: Change) -> dict[str, Seen | None]:
        """Applies a batch that nothing stands against."""
        result: dict[str, Seen | None] = {}
        for key, outcome in self.apply(*changes).items():
            assert isinstance(outcome, Done), f"{key} should have been done, but: {describe(outcome)}"
            result[key] = outcome.seen
        return result

    def create(self, *resources: Resource) -> dict[str, Seen]:
        """Makes resources as a first run does: looks, then creates, whose address nobody can foretell last."""
        found: dict[str, Seen] = {}
        self.foresee(resources)
        late = {it.id for it in resources if it.id not in self.addresses}
        for group in (
            [it for it in resources if not self._after(it, late)],
            [it for it in resources if self._after(it, late)],
        ):
            if not group:
                continue
            for key, seen in self.done(*[self.change(Act.CREATE, it, None) for it in group]).items():
                assert seen is not None, "Done.seen is what was read back"
                found[key] = seen
        return found

    def _after(self, resource: Resource, late: set[str]) -> bool:
        """Whether it needs a number or token that another resource only gets when it is made."""
        return bool(references(resource) & late)

    def make(self, kind: str, name: str = "essai", words: str = "Bonjour à tou·te·s") -> tuple[Resource, Seen]:
        """A new resource of the kind, with what it needs."""
        resource = self.samples.of(kind, name, words)
        missing = [it for it in self.samples.needs([resource]) if it.id not in self.memory]
        if missing:
            self.create(*missing)
        return resource, self.create(resource)[resource.id]

    def create_form(self, name: str) -> Form:
        """A form that people can answer."""
        form, _ = self.make("form", name)
        assert isinstance(form, Form)
        return form

    def place(self, kind: str, name: str = "essai") -> tuple[Resource, Address]:
        """A resource that does not exist yet, and where it will be. Skips when nobody can know."""
        resource = self.samples.of(kind, name)
        missing = [it for it in self.samples.needs([resource]) if it.id not in self.memory]
        if missing:
            self.create(*missing)
        self.foresee([resource])
        if resource.id not in self.addresses:
            pytest.skip(f"where a {kind} will be cannot be known before it exists")
        return resource, self.addresses[resource.id]


def describe(outcome: Outcome) -> str:
    if isinstance(outcome, Failed):
        return f"{type(outcome.error).__name__}: {outcome.error}"
    return repr(outcome)


def kept_off(outcome: Outcome) -> bool:
    """Whether a platform refused to write over something that it was not told of."""
    return isinstance(outcome, Overtaken) or (isinstance(outcome, Failed) and isinstance(outcome.error, Foreign))


def stable(seen: Seen) -> Seen:
    """What two looks at an untouched thing must agree on."""
    return replace(seen, modified=None, modified_by="")


@contextmanager
def unreachable(subject: Subject) -> Iterator[None]:
    subject.break_()
    try:
        yield
    finally:
        subject.mend()
