"""A simulated wiki beside a folder, and a collective that works with both as its commands do."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from allies_sync.engagements.carry import Outcome, carry_out
from allies_sync.engagements.config import read_config
from allies_sync.engagements.desk import Desk, open_desk
from allies_sync.engagements.leaving import HalfErased, finish_removal, prepare_removal, remove
from allies_sync.engagements.opening import prepare_opening
from allies_sync.engagements.overview import overview
from allies_sync.engagements.prepare import Preparation, prepare
from allies_sync.engagements.stored import parse_engagement
from allies_sync.model.lifecycle import State
from allies_sync.platforms.conformance import Killed
from allies_sync.platforms.manager import Plugins, load_plugins
from allies_sync.reconcile.decide import Action, Choice
from allies_sync.workspace.templates import Templates
from allies_sync_yeswiki.platform import YesWiki
from allies_sync_yeswiki.testing import KEY, SERVICE, SimulatedWiki

TEMPLATES = Path(__file__).parent / "templates"
EXAMPLE = Path(__file__).parents[2] / "examples" / "dynamiques-de-cooperation.toml"
SLUG = "2027-cooperation"
SMALL = """
title = "Coopération"
template = "petit"
slug = "2027-cooperation"
state = "ouvert"
start = 2027-03-12
participants = 12

[client]
name = "Les Rives"

[privacy]
contact = "rives@exemple.org"
"""


def example() -> str:
    """The engagement that comes along, opened."""
    return EXAMPLE.read_text().replace("start = ", 'state = "ouvert"\nstart = ', 1)


@cache
def plugins() -> Plugins:
    return load_plugins({})


@cache
def templates() -> Templates:
    return Templates([TEMPLATES], plugins().template_folders())


class Mortal(HTTPAdapter):
    """Counts what goes to the wiki, and is the end of the process at a given request."""

    def __init__(self, dies_after: int | None = None) -> None:
        super().__init__()
        self.left = dies_after
        self.sent: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed
        self.sent.append(f"{request.method} {request.path_url}")
        return super().send(request, *args, **kwargs)


class Stage:
    """``engagement`` is the text of its ``engagement.toml``; ``files`` the table of the role of that name."""

    def __init__(
        self,
        wiki: SimulatedWiki,
        place: Path,
        engagement: str = SMALL,
        files: str = 'platform = "local"\npath = "fichiers"\n',
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.wiki = wiki
        self.place = place
        self.engagement = engagement
        if "equipe" not in wiki.state.accounts.groups:
            wiki.control.add_user("Membre", "equipe", key="cle-de-membre")
        self.config = place / "allies-sync.toml"
        self.config.write_text(
            '[collective]\nname = "Les Rives"\n\n[templates]\nfolders = ["' + str(TEMPLATES) + '"]\n\n'
            f"[roles.files]\n{files}\n"
            f'[roles.wiki]\nplatform = "yeswiki"\nurl = "{wiki.url}"\nuser = "{SERVICE}"\nteam_group = "equipe"\n'
        )
        self.environ = {
            "ALLIES_SYNC_WIKI_SECRET": KEY,
            "ALLIES_SYNC_CACHE": str(place / "cache"),
            "ALLIES_SYNC_TODAY": "2027-02-01",
            "PATH": os.environ["PATH"],
            **(environ or {}),
        }
        self.before = frozenset(wiki.control.snapshot()["pages"])
        self.wire = Mortal()
        self.sleep: Callable[[float], None] | None = None
        """How the platform of the files waits, if it is simulated too."""

    @contextmanager
    def desk(self, dies_after: int | None = None) -> Iterator[Desk]:
        with open_desk(read_config(self.config), self.environ) as desk:
            # as a process finds them, which takes it a third of its time: looked for once for all desks
            vars(desk)["plugins"] = plugins()
            vars(desk)["templates"] = templates()
            platform = desk.bound("wiki").platform
            assert isinstance(platform, YesWiki)
            self.wire = Mortal(dies_after)
            platform.server.session.mount("http://", self.wire)
            platform.server.session.sleep = self.wiki.clock.sleep
            if self.sleep is not None:
                desk.bound("files").platform.server.http.sleep = self.sleep  # type: ignore[attr-defined]
            yield desk

    @property
    def slug(self) -> str:
        found = re.search(r'^slug = "(.*)"', self.engagement, re.M)
        return found[1] if found else "2027-dynamiques-de-cooperation"

    # --- what commands do -------------------------------------------------------------------------------------

    def open(self, dies_after: int | None = None, text: str | None = None) -> Outcome:
        with self.desk(dies_after) as desk:
            engagement = parse_engagement(text or self.engagement, "essai.toml")
            return carry_out(desk, prepare_opening(desk, engagement), patience=0)

    def sync(self, dies_after: int | None = None, choices: Mapping[str, Choice] | None = None) -> Outcome:
        with self.desk(dies_after) as desk:
            return carry_out(desk, prepare(desk, self.slug, choices=choices), patience=0)

    def move(self, state: State, dies_after: int | None = None) -> Outcome:
        """Archives, cancels, or brings back."""
        with self.desk(dies_after) as desk:
            preparation = prepare(desk, self.slug)
            engagement = preparation.engagement.model_copy(update={"state": state})
            return carry_out(desk, prepare(desk, self.slug, engagement=engagement), patience=0)

    def remove(self, dies_after: int | None = None) -> bool:
        """Whether nothing is left."""
        with self.desk(dies_after) as desk:
            if self.slug not in desk.store.engagements():
                return True
            try:
                return remove(desk, prepare_removal(desk, self.slug)).erased
            except HalfErased:
                return finish_removal(desk, self.slug)

    def plan(self) -> Preparation:
        with self.desk() as desk:
            return prepare(desk, self.slug)

    def actions(self) -> dict[str, Action]:
        return {item.key: item.action for item in self.plan().items if item.action is not Action.NONE}

    def status(self) -> list[Any]:
        with self.desk() as desk:
            return list(overview(desk))

    def done(self, outcome: Outcome) -> Outcome:
        assert outcome.complete, [(it.item.key, it.error) for it in outcome.finished.values() if it.error]
        return outcome

    # --- from outside -----------------------------------------------------------------------------------------

    def requests(self, work: Callable[[], object]) -> list[str]:
        """What the wiki is asked meanwhile, in order."""
        before = len(self.wiki.log)
        work()
        return [f"{it.method} {it.target}" for it in self.wiki.log[before:]]

    def picture(self) -> tuple[dict[str, str], list[str]]:
        """What people would find in the wiki, besides what was there before; and the names of all files."""
        shown = self.wiki.control.snapshot(lambda tag: tag not in self.before)
        things = {f"{kind} {name}": repr(it) for kind, found in shown.items() for name, it in found.items()}
        things = {name: text.replace(self.wiki.url, "http://wiki") for name, text in things.items()}
        files = sorted(str(it.relative_to(self.place)) for it in self.place.rglob("*") if self._counts(it))
        return things, files

    def _counts(self, path: Path) -> bool:
        return (
            path.is_file()
            and "cache" not in path.parts
            and path.suffix not in (".lock", "")
            and "lease" not in path.name
        )
