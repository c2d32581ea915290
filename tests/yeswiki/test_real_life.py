"""A whole life of each template on real wikis of both kinds, with a real Nextcloud beside them."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests

from allies_sync.engagements.adopting import prepare_adoption
from allies_sync.engagements.carry import Outcome, carry_out
from allies_sync.engagements.config import read_config
from allies_sync.engagements.desk import Desk, open_desk
from allies_sync.engagements.leaving import prepare_removal, remove
from allies_sync.engagements.opening import prepare_opening
from allies_sync.engagements.prepare import prepare
from allies_sync.engagements.stored import parse_engagement
from allies_sync.model.lifecycle import State
from allies_sync.reconcile.decide import Action
from allies_sync_yeswiki.platform import YesWiki
from tests.nextcloud import real as files
from tests.yeswiki.hands import Person, signed_in
from tests.yeswiki.real import ADMIN, GROUP, PERSON, Wiki
from tests.yeswiki.stage import EXAMPLE

pytestmark = [pytest.mark.real, pytest.mark.slow]


class Machine:
    """A colleague's computer, with a cache of its own."""

    def __init__(self, wiki: Wiki, place: Path, root: str, slug: str) -> None:
        self.slug = slug
        place.mkdir()
        (place / "allies-sync.toml").write_text(
            f'[collective]\nname = "Les Rives"\n\n[roles.files]\nplatform = "nextcloud"\nurl = "{files.URL}"\n'
            f'user = "allies"\nroot = "{root}"\nteam_group = "equipe"\nparticipants_group = "participants"\n\n'
            f'[roles.wiki]\nplatform = "yeswiki"\nurl = "{wiki.url}"\nuser = "{ADMIN}"\nteam_group = "{GROUP}"\n'
        )
        environ = {
            "ALLIES_SYNC_WIKI_SECRET": wiki.key(ADMIN),
            "ALLIES_SYNC_FILES_SECRET": files.accounts()["allies"].app_password,
            "ALLIES_SYNC_TODAY": "2027-02-01",
            "ALLIES_SYNC_CACHE": str(place / "cache"),
        }
        self.config, self.environ = place / "allies-sync.toml", environ

    @property
    def desk(self) -> AbstractContextManager[Desk]:
        return open_desk(read_config(self.config), self.environ)

    def actions(self) -> dict[str, str]:
        with self.desk as desk:
            items = prepare(desk, self.slug).own.plan.items  # others who test here share what is the collective's
        return {it.key: it.action.value for it in items if it.action is not Action.NONE}

    def change(self, **more: object) -> Outcome:
        with self.desk as desk:
            engagement = prepare(desk, self.slug).engagement.model_copy(update=more)
            return done(carry_out(desk, prepare(desk, self.slug, engagement=engagement)))


class Visitor(Person):
    """A member of the team at the wiki's pages."""

    def __init__(self, wiki: Wiki) -> None:
        super().__init__()
        self.url = wiki.url
        self.person = self.admin = signed_in(wiki.url, wiki.key(PERSON))

    def connect(self) -> YesWiki:
        raise NotImplementedError


def done(outcome: Outcome) -> Outcome:
    assert outcome.complete, [(it.item.key, str(it.error)) for it in outcome.finished.values() if it.error]
    return outcome


@pytest.mark.parametrize("example", ["dynamiques-de-cooperation", "alliees-quartier"])
def test_a_whole_life(wiki: Wiki, tmp_path: Path, example: str) -> None:
    if files.missing():
        pytest.skip(files.missing())
    slug = f"2027-vie-{wiki.name}-{example[:4]}-{os.getpid()}"
    base = f"Vie-{wiki.name}-{example[:4]}-{os.getpid()}-2027"
    root = f"Essais/vie-{os.getpid()}-{wiki.name}-{example[:4]}"
    text = f'slug = "{slug}"\nstate = "ouvert"\n' + (EXAMPLE.parent / f"{example}.toml").read_text()
    here, person = Machine(wiki, tmp_path / "ici", root, slug), Visitor(wiki)
    with here.desk as desk:
        done(carry_out(desk, prepare_opening(desk, parse_engagement(text, "essai.toml"))))
    assert here.actions() == {}
    pages = [tag for (tag,) in wiki.sql(f"SELECT tag FROM yeswiki_pages WHERE latest = 'Y' AND tag LIKE '{base}.%'")]
    mine = next((tag for tag in pages if tag.endswith((".Programme", ".Outils"))), sorted(pages)[0])
    key = f"page:{mine.partition('.')[2].lower()}"
    person.save(mine, "======À la main======\nLe café est à 9 h.")
    assert here.actions() == {key: "keep"}
    with here.desk as desk:  # and somebody else in the middle of a sync: between what was shown and what is done
        engagement = prepare(desk, slug).engagement.model_copy(update={"subtitle": "Autrement"})
        shown = prepare(desk, slug, engagement=engagement)
        person.save(base, "======Accueil======\nRéécrit pendant ce temps.")
        carry_out(desk, shown, agreed=True)
    assert "pendant ce temps" in body(wiki, base)
    assert "à 9 h" in body(wiki, mine)
    here.change(state=State.ARCHIVED)
    with pytest.raises(PermissionError):
        person.save(mine, "Après la fin.")
    there = Machine(wiki, tmp_path / "ailleurs", root, slug)
    with there.desk as desk:
        place = desk.store.locate(slug)
        done(carry_out(desk, prepare_adoption(desk, place.path)))
    assert set(there.actions().values()) <= {"keep", "conflict"}
    there.change(state=State.OPEN)
    person.save(mine, "======À la main======\nLe café est à 8 h.")
    with there.desk as desk:
        remove(desk, prepare_removal(desk, slug))
    left = {tag for (tag,) in wiki.sql(f"SELECT tag FROM yeswiki_pages WHERE latest = 'Y' AND tag LIKE '{base}%'")}
    assert {base, mine} <= left, "people's words stay"
    assert {tag for tag in left if "." in tag} == {mine}
    for table, column in (("pages", "tag"), ("triples", "resource")):
        wiki.sql(f"DELETE FROM yeswiki_{table} WHERE {column} LIKE '{base}%'")
    account = files.accounts()["allies"]
    url = f"{files.URL}/remote.php/dav/files/allies/{root}"
    requests.delete(url, auth=("allies", account.app_password), timeout=60)


def body(wiki: Wiki, tag: str) -> str:
    [[text]] = wiki.sql(f"SELECT body FROM yeswiki_pages WHERE latest = 'Y' AND tag = '{tag}'")
    return text
