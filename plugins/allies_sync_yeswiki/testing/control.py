"""What a test does to the simulated wiki behind its back: people, pages, settings, troubles, time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from allies_sync.platforms.testing.clock import Clock
from allies_sync.platforms.testing.exchange import Request
from allies_sync.platforms.testing.faults import Drop, Fault, Faults, Plan
from allies_sync_yeswiki.testing import lists, names, php
from allies_sync_yeswiki.testing.accounts import User
from allies_sync_yeswiki.testing.bazar_forms import add_form
from allies_sync_yeswiki.testing.entries import create
from allies_sync_yeswiki.testing.entry_table import Data, data_of, entries_of_form, is_entry
from allies_sync_yeswiki.testing.metadata import metadata_of
from allies_sync_yeswiki.testing.pages import Revision
from allies_sync_yeswiki.testing.state import VISITOR, Config, Race, Stumble, WikiState
from allies_sync_yeswiki.testing.upgrade import upgrade


class Control:
    """All of it acts at once, without a request, and does not appear in the log."""

    def __init__(self, state: WikiState, faults: Faults) -> None:
        self.state = state
        self._faults = faults

    @property
    def clock(self) -> Clock:
        return self.state.clock

    @property
    def config(self) -> Config:
        """Settings to change in place: ``control.config.bazarIgnoreAcls = False``."""
        return self.state.config

    @contextlib.contextmanager
    def with_config(self, **changed: Any) -> Iterator[None]:
        former = self.state.config
        self.state.config = replace(former, **changed)
        try:
            yield
        finally:
            self.state.config = former

    def upgrade(self) -> None:
        """From 4.4.4 to what becomes 4.5: property names and the shape of lists change, names and words do not."""
        with self.state.lock:
            upgrade(self.state)

    # -- people -------------------------------------------------------------------------------------------------

    def add_user(self, name: str, *groups: str, key: str | None = None, password: str | None = None) -> User:
        """With the password ``<name>-password``, and an API key if one is named."""
        with self.state.lock:
            user = self.state.add_user(name, password or f"{name}-password")
            for group in groups:
                self.state.accounts.groups.setdefault(group, []).append(name)
            if key:
                self.state.accounts.keys[key] = name
            return user

    def remove_key(self, key: str) -> None:
        self.state.accounts.keys.pop(key, None)

    def end_sessions(self) -> None:
        """As an hour of silence does: cookies are worth nothing any more."""
        with self.state.lock:
            self.state.accounts.sessions.clear()
            self.state.accounts.logins.clear()

    def renew_hashcash(self) -> None:
        self.state.hashcash.renew(self.clock.now())

    # -- pages --------------------------------------------------------------------------------------------------

    def page(self, tag: str) -> Revision | None:
        return self.state.pages.get(tag)

    def body(self, tag: str) -> str:
        page = self.page(tag)
        if page is None:
            raise KeyError(tag)
        return page.body

    def revisions(self, tag: str) -> list[Revision]:
        return self.state.pages.revisions(tag)

    def write(self, tag: str, body: str, user: str = VISITOR, *, seconds_later: float = 1) -> Revision:
        """As a person would by hand, a second later than whatever happened before (0: within the same second)."""
        self.clock.advance(seconds_later)
        with self.state.lock:
            self.state.save(tag, body, user if user in self.state.accounts.users else "", bypass_acls=True)
        revision = self.page(tag)
        assert revision is not None  # noqa: S101
        return revision

    def delete(self, tag: str) -> None:
        with self.state.lock:
            self.state.delete(tag)

    def acl(self, tag: str) -> tuple[str, str, str]:
        """Who may read, write and comment, as it is stored."""
        return self.state.acl(tag, "read"), self.state.acl(tag, "write"), self.state.acl(tag, "comment")

    def set_acl(self, tag: str, read: str | None = None, write: str | None = None) -> None:
        with self.state.lock:
            if read is not None:
                self.state.set_acl(tag, "read", read)
            if write is not None:
                self.state.set_acl(tag, "write", write)

    def fill(self, pages: int, body: str = "Une page d'ailleurs.", prefix: str = "Ailleurs") -> None:
        """So many foreign pages."""
        with self.state.lock:
            for number in range(pages):
                self.state.save(f"{prefix}{number:05}", body, "", bypass_acls=True)

    def snapshot(self, wanted: Callable[[str], bool] = lambda tag: True) -> dict[str, Any]:
        """What people would find, by page name: texts, owners, rights, metadata; and all forms. No times and no
        numbers of revisions: two equal ones are equal wikis."""
        with self.state.lock:
            pages = {page.tag: self._content(page) for page in self.state.pages.latest() if wanted(page.tag)}
            return {"pages": pages, "forms": {number: dict(form) for number, form in self.forms.items()}}

    def _content(self, page: Revision) -> tuple[Any, ...]:
        state = self.state
        body: Any = page.body
        if is_entry(state, page.tag):
            body = {name: value for name, value in data_of(page).items() if not name.startswith("date_")}
        return body, page.owner, state.acls(page.tag), metadata_of(state, page.tag)

    # -- forms, lists and answers -------------------------------------------------------------------------------

    @property
    def forms(self) -> dict[str, dict[str, str]]:
        return self.state.forms

    def add_form(self, label: str, template: str, number: str = "", description: str = "") -> str:
        columns = {
            "bn_label_nature": label,
            "bn_template": template,
            "bn_id_nature": number,
            "bn_description": description,
        }
        with self.state.lock:
            return add_form(self.state, columns)

    def add_list(self, title: str, labels: dict[str, str]) -> str:
        with self.state.lock:
            return lists.create_list(self.state, title, labels, "")

    def answer(self, form: str, data: Data, user: str = "") -> str:
        """An entry, as a participant's browser sends it; returns its name."""
        with self.state.lock:
            return create(self.state, form, {"bf_titre": "Réponse", **data, "antispam": "1"}, user)

    def entries(self, form: str | None = None) -> dict[str, Data]:
        """By name, as they are stored."""
        with self.state.lock:
            return {page.tag: data for page, data in entries_of_form(self.state, form)}

    def change_entry(self, tag: str, **values: str) -> None:
        """As somebody does who edits an entry by hand."""
        page = self.page(tag)
        if page is None:
            raise KeyError(tag)
        self.write(tag, php.json_plain({**data_of(page), **values}))

    # -- troubles -----------------------------------------------------------------------------------------------

    def inject(
        self,
        fault: Fault,
        *,
        at: int = 1,
        times: int | None = 1,
        method: str | None = None,
        target: str | None = None,
        when: Callable[[Request], bool] | None = None,
    ) -> Plan:
        """``fault`` strikes the ``at``-th request from now on that matches, and ``times`` in all (None: for ever)."""
        return self._faults.add(Plan(fault, at, times, method, target, when=when))

    def drop(self, at: int = 1, *, effect: bool, times: int | None = 1) -> Plan:
        """The connection breaks at the ``at``-th request from now: before its effect, or after it."""
        return self.inject(Drop(effect=effect), at=at, times=times)

    @contextlib.contextmanager
    def during(self, fault: Fault) -> Iterator[None]:
        """Every request fails in this way."""
        plan = self.inject(fault, times=None)
        try:
            yield
        finally:
            self._faults.remove(plan)

    def clear_faults(self) -> None:
        self._faults.clear()
        self.state.races.clear()
        self.state.stumbles.clear()
        self.state.colliding = None

    @property
    def read_only(self) -> bool:
        return self.state.read_only

    @read_only.setter
    def read_only(self, on: bool) -> None:
        self.state.config.wiki_status = "hibernate" if on else ""

    def slip_in(
        self, tag: str, body: str, user: str = VISITOR, *, duplicate: bool = False, after: bool = False
    ) -> Race:
        """At the next save of ``tag`` that passed its checks, somebody else saves too, within the same second.

        Theirs comes first and is buried under ours; with ``after`` ours is buried under theirs. With ``duplicate``
        both are the latest, and the wiki shows the first of them until the next save.
        """
        race = Race(tag, body, user, duplicate, after)
        self.state.races.append(race)
        return race

    def collide(self, creations: int) -> None:
        """The next so many answers that get their name from their title come at the same time: the same title gives
        the same name, and the last one replaces the others, although each is told that it was saved."""
        taken = frozenset(names.fold(page.tag) for page in self.state.pages.latest())
        self.state.colliding = (creations, taken)

    def stumble(self, tag: str | None = None, *, stored: bool) -> None:
        """The next save (of a page) answers "Duplicate entry", although it was ``stored``, or because it was not."""
        self.state.stumbles.append(Stumble(tag, stored))
