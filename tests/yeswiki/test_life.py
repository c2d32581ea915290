"""A whole life on simulated servers: with Nextcloud beside the wiki, and on a wiki that is upgraded meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from allies_sync.model.lifecycle import State
from allies_sync.model.resources import Form
from allies_sync.platforms.interface import AnswerDesk, Answers, Entries
from allies_sync_nextcloud.testing import SimulatedNextcloud
from allies_sync_yeswiki.testing import Dialect, SimulatedWiki
from tests.yeswiki.stage import Stage, example

BASE = "Dynamiques-de-cooperation-2027"


@pytest.mark.parametrize("dialect", [pytest.param("444", marks=pytest.mark.slow), "dev"])
def test_a_life_with_nextcloud(dialect: Dialect, tmp_path: Path) -> None:
    with SimulatedWiki(dialect) as wiki, SimulatedNextcloud() as cloud:
        files = (
            f'platform = "nextcloud"\nurl = "{cloud.url}"\nuser = "allies"\nteam_group = "equipe"\n'
            'participants_group = "participants"\n'
        )
        stage = Stage(wiki, tmp_path, example(), files, {"ALLIES_SYNC_FILES_SECRET": "allies-password"})

        def later() -> None:
            wiki.clock.advance(600)
            cloud.clock.advance(600)

        wiki.control.write("PageDeZoe", "Je suis là.", user="Zoe")
        stage.sleep = cloud.clock.sleep
        stage.done(stage.open())
        later()
        assert stage.actions() == {}
        page = f"{BASE}.Documents"
        assert f"{cloud.url}/s/" in wiki.control.body(page) or "/s/" in wiki.control.body(page), (
            "the shares are linked"
        )
        wiki.control.write(f"{BASE}.Programme", "======Programme======\nÀ la main.", user="Membre")
        cloud.control.write(
            "allies", "/Engagements/2027-dynamiques-de-cooperation/Proposition/Proposition.md", "Main"
        )
        later()
        assert {key: it.value for key, it in stage.actions().items()} == {
            "page:programme": "keep",
            "document:proposition": "keep",
        }
        stage.done(stage.sync())
        later()
        stage.move(State.ARCHIVED)
        later()
        tags = [tag for tag in wiki.control.snapshot()["pages"] if tag.startswith(f"{BASE}.") or tag == BASE]
        assert all("@admins" in wiki.control.acl(tag)[1] for tag in tags if not tag.endswith(".Programme"))
        stage.move(State.OPEN)
        later()
        assert {it.value for it in stage.actions().values()} <= {"keep"}
        assert wiki.control.body(f"{BASE}.Programme").endswith("À la main.")
        stage.remove()
        left = set(wiki.control.snapshot()["pages"]) - stage.before
        assert {tag for tag in left if tag.startswith(f"{BASE}.") or tag == BASE} == {f"{BASE}.Programme"}
        assert wiki.control.body("PageDeZoe") == "Je suis là."


def test_a_wiki_that_is_upgraded(tmp_path: Path) -> None:
    with SimulatedWiki("444") as wiki:
        stage = Stage(wiki, tmp_path, example())
        stage.done(stage.open())
        wiki.clock.advance(600)
        number = next(it for it, form in wiki.control.forms.items() if "amont" in form["bn_label_nature"])
        answers = {f"Rep{n:032x}": {"bf_attentes": f"Réponse {n} & fils"} for n in range(5)}
        for tag, values in answers.items():
            wiki.control.answer(number, {**values, "id_fiche": tag, **chosen(wiki, number)})
        before = read(stage)
        wiki.control.upgrade()
        wiki.clock.advance(600)
        assert stage.actions() == {}
        assert read(stage) == before
        assert {it["attentes"] for it in before.values()} == {f"Réponse {n} & fils" for n in range(5)}
        assert {it["experience"] for it in before.values()} == {"2"}
        stage.done(stage.sync())
        wiki.clock.advance(600)
        stage.done(stage.move(State.ARCHIVED))
        stage.done(stage.move(State.OPEN))
        wiki.clock.advance(600)
        assert stage.actions() == {}
        assert read(stage) == before


def chosen(wiki: SimulatedWiki, number: str) -> dict[str, str]:
    """The second answer to the scale, under the name that the wiki has for it now."""
    line = next(it for it in wiki.control.forms[number]["bn_template"].splitlines() if "***bf_experience***" in it)
    kind, name = line.split("***")[:2]
    return {f"{kind}{name}bf_experience": "2"}


def read(stage: Stage) -> dict[str, dict[str, object]]:
    with stage.desk() as desk:
        platform = desk.bound("wiki").platform
        assert isinstance(platform, Answers) and isinstance(platform, AnswerDesk)
        plan = stage.plan().own.plan
        form = next(it.resource for it in plan.items if it.key == "form:amont")
        assert isinstance(form, Form)
        answers = platform.answers(plan.space, form, plan.state.resources["form:amont"].known())
        return {it.id: json.loads(json.dumps(dict(it.values))) for it in answers}


def test_entries_of_the_tool_are_no_answers(tmp_path: Path) -> None:
    with SimulatedWiki("dev") as wiki:
        stage = Stage(wiki, tmp_path)
        stage.done(stage.open())
        with stage.desk() as desk:
            platform = desk.bound("wiki").platform
            assert isinstance(platform, Answers) and isinstance(platform, Entries)
            plan = stage.plan()
            item = next(it for it in plan.items if it.key == "form:ressource")
            assert isinstance(item.resource, Form) and item.decision.base is not None
            known = item.decision.base.known()
            space = plan.own.plan.space
            assert list(platform.answers(space, item.resource, known)) == []
            [entry] = platform.entries(space, item.resource, known)
            assert entry.values["genre"] == "livre"
            assert entry.values["description"] == "Pour Les Rives : lire & essayer."
