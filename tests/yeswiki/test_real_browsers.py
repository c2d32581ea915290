"""Participants with real browsers on real wikis of both kinds: everybody's words arrive, and stay words."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from allies_sync.engagements.carry import carry_out
from allies_sync.engagements.config import read_config
from allies_sync.engagements.desk import Desk, open_desk
from allies_sync.engagements.leaving import prepare_removal, remove
from allies_sync.engagements.opening import prepare_opening
from allies_sync.engagements.prepare import prepare
from allies_sync.engagements.stored import parse_engagement
from allies_sync.model.resources import Form
from allies_sync.platforms.conformance.samples import PAYLOADS
from allies_sync.platforms.interface import Answer, AnswerDesk, Answers
from tests.e2e import browser
from tests.e2e.browser import Browser
from tests.yeswiki.real import ADMIN, GROUP, Wiki
from tests.yeswiki.stage import example

pytestmark = [pytest.mark.real, pytest.mark.slow]

PEOPLE, ROUNDS = 8, 5
PHONE = 390
SAME = "Les mêmes mots que mes voisin·e·s, & <un peu> de ponctuation."
ACTIONS = (
    '{{redirect page="PagePrincipale"}}',
    '""<script>window.mal = 1; alert(1)</script>""',
    '<img src="http://127.0.0.1:9/vu.png" onerror="window.mal=1;alert(1)">',
    '&#123;&#123;redirect page="PagePrincipale"&#125;&#125;',
    '<iframe src="http://127.0.0.1:9/"></iframe><svg onload="window.mal=1"></svg>',
    "[[javascript:window.mal=1 cliquez]] [[http://127.0.0.1:9/ ici]]",
    '{{include page="PagePrincipale"}} {{bazarliste id="1"}} {{attach file="x.png" desc="y"}}',
    "\"><script>window.mal=1</script><a href='javascript:alert(1)'>x</a>",
    "==titre== %%code%% **gras** ***fin***texte***bf_x***",
)


class RealStage:
    """One engagement on a real wiki, with its files on this disk."""

    def __init__(self, wiki: Wiki, place: Path, text: str) -> None:
        self.wiki = wiki
        self.slug = f"2027-gens-{wiki.name}-{os.getpid()}"
        self.text = f'slug = "{self.slug}"\n{text}'
        self.config = place / "allies-sync.toml"
        self.config.write_text(
            '[collective]\nname = "Les Rives"\n\n[roles.files]\nplatform = "local"\npath = "fichiers"\n\n'
            f'[roles.wiki]\nplatform = "yeswiki"\nurl = "{wiki.url}"\nuser = "{ADMIN}"\nteam_group = "{GROUP}"\n'
        )
        self.environ = {
            "ALLIES_SYNC_WIKI_SECRET": wiki.key(ADMIN),
            "ALLIES_SYNC_TODAY": "2027-02-01",
            "ALLIES_SYNC_CACHE": str(place / "cache"),
        }
        with self.desk() as desk:
            outcome = carry_out(desk, prepare_opening(desk, parse_engagement(self.text, "essai.toml")))
        assert outcome.complete, [(it.item.key, str(it.error)) for it in outcome.finished.values() if it.error]

    def desk(self) -> _Desk:
        return _Desk(self)

    def page(self, name: str = "") -> str:
        base = f"Gens-{self.wiki.name}-{os.getpid()}-2027"
        return f"{self.wiki.url}/?{base}{f'.{name}' if name else ''}"

    def read(self, key: str = "form:amont") -> list[Answer]:
        with self.desk() as desk:
            platform = desk.bound("wiki").platform
            assert isinstance(platform, Answers)
            plan = prepare(desk, self.slug).own.plan
            form = next(it.resource for it in plan.items if it.key == key)
            assert isinstance(form, Form)
            return list(platform.answers(plan.space, form, plan.state.resources[key].known()))

    def add(self, answers: list[Answer], key: str) -> None:
        with self.desk() as desk:
            platform = desk.bound("wiki").platform
            assert isinstance(platform, AnswerDesk)
            preparation = prepare(desk, self.slug)
            item = next(it for it in preparation.items if it.key == key)
            assert isinstance(item.resource, Form) and item.decision.base is not None
            platform.add(preparation.own.plan.space, item.resource, item.decision.base.known(), answers)

    def leave(self) -> None:
        for number in self.wiki.sql(
            f"SELECT bn_id_nature FROM yeswiki_nature WHERE bn_description LIKE 'allies-sync:{self.slug}:%'"
        ):
            entries = f'SELECT tag FROM yeswiki_pages WHERE body LIKE \'%"id_typeannonce":"{number[0]}"%\''
            tags = ", ".join(f"'{it[0]}'" for it in self.wiki.sql(entries)) or "''"
            self.wiki.sql(
                f"DELETE FROM yeswiki_triples WHERE resource IN ({tags}); DELETE FROM yeswiki_acls WHERE page_tag IN"
                f" ({tags}); DELETE FROM yeswiki_pages WHERE tag IN ({tags})"
            )
        with self.desk() as desk:
            remove(desk, prepare_removal(desk, self.slug))


class _Desk:
    def __init__(self, stage: RealStage) -> None:
        self.open = open_desk(read_config(stage.config), stage.environ)

    def __enter__(self) -> Desk:
        return self.open.__enter__()

    def __exit__(self, *raised: object) -> None:
        self.open.__exit__(*raised)  # type: ignore[arg-type]


@pytest.fixture
def stage(wiki: Wiki, tmp_path: Path) -> Iterator[RealStage]:
    if browser.missing():
        pytest.skip(browser.missing())
    stage = RealStage(wiki, tmp_path, example())
    yield stage
    stage.leave()


@pytest.fixture
def window() -> Iterator[Browser]:
    window = Browser(PHONE, 900)
    yield window
    window.close()


def fill(window: Browser, url: str, words: str) -> None:
    window.open(url)
    window.wait("document.querySelector('[name=bf_attentes]') && document.querySelector('[name=id_fiche]')")
    window.run("document.querySelector('[name=bf_attentes]').value = arguments[0]", words)
    window.click("label:has(> input[name$=bf_experience][value='2'])")
    window.type("[name=bf_prenom]", "Zoé")


def send(window: Browser) -> None:
    window.click("form[id^=formulaire] button[type=submit]")
    window.wait("location.hash == '#merci' && document.querySelector('#merci')", 120)


def test_eight_people_with_the_same_words(stage: RealStage) -> None:
    windows = [Browser(PHONE, 844) for _person in range(PEOPLE)]
    try:
        for number in range(1, ROUNDS + 1):
            together = threading.Barrier(PEOPLE)

            def answers(window: Browser, together: threading.Barrier = together) -> None:
                fill(window, stage.page("Questionnaire"), SAME)
                together.wait(240)
                send(window)

            with ThreadPoolExecutor(PEOPLE) as pool:
                list(pool.map(answers, windows))
            found = stage.read()
            assert len(found) == PEOPLE * number, f"round {number}"
            assert {str(it.values["attentes"]) for it in found} == {SAME}
            assert {str(it.values["experience"]) for it in found} == {"2"}
            assert {str(it.values["prenom"]) for it in found} == {"Zoé"}
        windows[0].open(stage.page("Questionnaire"))
        overflow = windows[0].run("return document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, "nothing is wider than the phone"
    finally:
        for window in windows:
            window.close()


def test_one_person_who_sends_twice_counts_once(stage: RealStage, window: Browser) -> None:
    fill(window, stage.page("Questionnaire"), "Une première fois.")
    send(window)
    window.run("history.back()")
    window.wait("!location.hash && document.querySelector('[name=id_fiche]')")
    window.run("document.querySelector('[name=bf_attentes]').value = 'Une seconde fois.'")
    send(window)
    assert [it.values["attentes"] for it in stage.read()] == ["Une seconde fois."]


def test_hostile_words_are_inert(wiki: Wiki, tmp_path: Path, window: Browser) -> None:
    hostile = example()
    hostile = hostile.replace(
        'title = "Dynamiques de coopération"', f"title = '''{' '.join(ACTIONS[:3])[:150]}'''", 1
    )
    hostile = hostile.replace('name = "DLA d\'exemple"', f"name = '''{ACTIONS[2]} {ACTIONS[0]}'''", 1)
    stage = RealStage(wiki, tmp_path, hostile)
    words = [*ACTIONS, *PAYLOADS]
    try:
        for number, payload in enumerate(words):
            values = {"titre": payload, "description": payload, "lien": "https://exemple.org/"}
            stage.add([Answer(f"Papier{number:032x}", values)], "form:ressource")
        fill(window, stage.page("Questionnaire"), "\n".join(words))
        send(window)
        here = wiki.url
        for name in ("", "Ressources", "Questionnaire", "Programme", "Documents", "Bilan", "Avis"):
            url = stage.page(name)
            window.open(url)
            window.wait("document.readyState == 'complete'")
            assert window.url.startswith(url), f"{url} leads to {window.url}"
            assert window.run("return window.mal || null") is None, url
            loaded = window.run("return performance.getEntriesByType('resource').map(it => it.name)")
            assert not [it for it in loaded if not it.startswith((here, "data:", "blob:"))], url
            assert not window.run(
                "return [...document.querySelectorAll('a,img,iframe,script')].map(it => String(it.href || it.src))"
                ".filter(it => it.startsWith('javascript:w') || it.includes('127.0.0.1:9/'))"
            ), url
        listed = {
            number for (number,) in wiki.sql("SELECT tag FROM yeswiki_pages WHERE tag LIKE 'Papier%' AND latest='Y'")
        }
        for tag in sorted(listed)[:20]:
            window.open(f"{here}/?{tag}")
            assert tag in window.url, f"{tag} leads to {window.url}"
            assert window.run("return window.mal || null") is None, tag
        read = stage.read()
        assert len(read) == 1
    finally:
        wiki.sql(
            "DELETE FROM yeswiki_triples WHERE resource LIKE 'Papier%'; DELETE FROM yeswiki_acls WHERE page_tag LIKE"
            " 'Papier%'; DELETE FROM yeswiki_pages WHERE tag LIKE 'Papier%'"
        )
        stage.leave()


def test_pictures(stage: RealStage, window: Browser) -> None:
    """Pages as people see them, for a person to look at: set ALLIES_SYNC_PICTURES to a folder."""
    keep = os.environ.get("ALLIES_SYNC_PICTURES")
    if not keep:
        pytest.skip("ALLIES_SYNC_PICTURES names no folder")
    for number in range(3):
        values = {
            "titre": f"Un outil pour décider à plusieurs ({number + 1})",
            "description": "Une page.",
            "type": "outil",
        }
        stage.add([Answer(f"Papier{number + 90:032x}", values)], "form:ressource")
    for name in ("", "Questionnaire", "Ressources", "Documents"):
        for width in (PHONE, 1280):
            window.open(stage.page(name))
            window.wait("document.readyState == 'complete'")
            window.run("return new Promise(done => setTimeout(done, 1500))")
            window.whole_page(Path(keep) / f"{stage.wiki.name}-{name.lower() or 'accueil'}-{width}.png", width)
            assert window.run("return document.documentElement.scrollWidth - window.innerWidth") <= 0, (name, width)
    stage.wiki.sql(
        "DELETE FROM yeswiki_triples WHERE resource LIKE 'Papier%'; DELETE FROM yeswiki_pages WHERE tag LIKE"
        " 'Papier%'"
    )
