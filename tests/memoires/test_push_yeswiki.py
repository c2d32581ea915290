"""Mémoires pushed into a YesWiki: simulated in both dialects, and real where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from allies_sync.engagements.config import read_config
from allies_sync.engagements.desk import Desk, open_desk
from allies_sync.engagements.memoires import own_memoires, prepare_push, push
from allies_sync.memoires.importing import read_all
from allies_sync.memoires.source import open_source
from allies_sync.model.memoire import Memoire
from allies_sync.model.memoire_form import entry_name
from allies_sync.reconcile.decide import Action
from allies_sync.reconcile.results import Result
from allies_sync_yeswiki.memoires_importer import WikiImporter
from allies_sync_yeswiki.testing import SimulatedWiki
from tests.memoires.wikis import TRUE, needs_shared, normal, true_values
from tests.yeswiki import real
from tests.yeswiki.stage import Stage

HOSTILE = Memoire(
    tag="AtelierUn",
    title='Atelier « un » & <b>deux</b> "trois"',
    nature=("Formation", "Accompagnement"),
    participants=("Plus de 30 personnes", "Animation espace public"),
    progress="Terminée",
    success="Moyen",
    years=("2017", "1999"),
    description='Une ligne.\n\n""<script>alert(1)</script>"" {{redirect page="X"}} *** & « œuvre »',
    link_proposition="https://exemple.org/p?a=1&b=2",
    link_documentation="pas une adresse",
    authors="D'Arc, Jeanne",
    licence="CC BY SA",
    other=({"label": "Partenaire", "value": "La commune"},),
)


def send(desk: Desk, memoires: list[Memoire]) -> dict[str, Action]:
    part = prepare_push(desk, memoires)
    report = push(desk, part)
    assert not [str(it.error) for it in report.finished.values() if it.result is not Result.DONE]
    assert report.halted is None
    return {item.key: item.action for item in part.plan.items if item.kind == "entry"}


def seeds() -> list[Memoire]:
    return read_all(open_source(str(TRUE)), [])[0]


@pytest.fixture(params=["444", "dev"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    with SimulatedWiki(request.param) as wiki:
        yield Stage(wiki, tmp_path)


def test_what_is_hostile_comes_back_as_it_was(stage: Stage):
    with stage.desk() as desk:
        assert set(send(desk, [HOSTILE]).values()) == {Action.CREATE}
        [own] = own_memoires(desk)
        assert own.memoire.model_dump(exclude={"created", "updated"}) == HOSTILE.model_dump(
            exclude={"created", "updated"}
        )
        assert own.key
        assert set(send(desk, [HOSTILE]).values()) == {Action.NONE}


@needs_shared
def test_the_seeds_go_in_and_come_out_again(stage: Stage):
    memoires = seeds()
    with stage.desk() as desk:
        send(desk, memoires)
    with stage.desk() as desk:
        part = prepare_push(desk, memoires)
        assert part.idle
        written = [line for line in stage.wire.sent if not line.startswith("GET")]
        assert written == []
    found, report = read_all(open_source(stage.wiki.url), [WikiImporter()])
    true = true_values()
    assert len(found) == 38
    assert all(normal(memoire.to_json()) == normal(true[memoire.tag]) for memoire in found)
    assert not report.remarks
    assert not report.labels


def test_an_entry_that_a_person_edited_is_kept(stage: Stage):
    with stage.desk() as desk:
        send(desk, [HOSTILE, Memoire(tag="AtelierDeux", title="Deux", authors="Nous")])
        number = next(iter(own_memoires(desk))).url
        assert number
    control = stage.wiki.control
    tag = next(name for name in control.snapshot()["pages"] if "atelier-deux" in name)
    control.change_entry(tag, bf_auteurs="Quelqu'un d'autre")
    with stage.desk() as desk:
        actions = send(desk, [HOSTILE, Memoire(tag="AtelierDeux", title="Deux", authors="Nous")])
        assert sorted(actions.values()) == [Action.KEEP, Action.NONE]
        newer = Memoire(tag="AtelierDeux", title="Deux", authors="Nous toutes")
        assert Action.CONFLICT in send(desk, [HOSTILE, newer]).values()
        assert {own.memoire.authors for own in own_memoires(desk)} == {"D'Arc, Jeanne", "Quelqu'un d'autre"}


# --- real wikis -------------------------------------------------------------------------------------------


@contextmanager
def real_desk(wiki: real.Wiki, place: Path) -> Iterator[Desk]:
    config = place / "allies-sync.toml"
    config.write_text(
        '[collective]\nname = "Essai"\n[roles.files]\nplatform = "local"\npath = "f"\n'
        f'[roles.wiki]\nplatform = "yeswiki"\nurl = "{wiki.url}"\nuser = "{real.ADMIN}"\n'
        f'team_group = "{real.GROUP}"\n'
    )
    environ = {"ALLIES_SYNC_WIKI_SECRET": wiki.key(real.ADMIN), "ALLIES_SYNC_CACHE": str(place / "cache")}
    with open_desk(read_config(config), environ) as desk:
        yield desk


@pytest.mark.real
@pytest.mark.slow
@needs_shared
def test_a_real_wiki_gives_back_what_was_pushed(wiki: real.Wiki, tmp_path: Path):
    memoires = [*seeds(), HOSTILE]
    with real_desk(wiki, tmp_path) as desk:
        send(desk, memoires)
    with real_desk(wiki, tmp_path) as desk:
        assert prepare_push(desk, memoires).idle
        own = {it.memoire.tag: it.memoire for it in own_memoires(desk)}
    assert own["AtelierUn"].model_dump(exclude={"created", "updated"}) == HOSTILE.model_dump(
        exclude={"created", "updated"}
    )
    found, _report = read_all(open_source(wiki.url), [WikiImporter()])
    by_tag = {memoire.tag: memoire for memoire in found}
    for tag, item in true_values().items():
        assert normal(by_tag[tag].to_json()) == normal(item)


@pytest.fixture(params=real.WIKIS)
def wiki(request: pytest.FixtureRequest) -> Iterator[real.Wiki]:
    """Each real wiki in turn; the entries made there go away again, the form may serve others."""
    why = real.missing(request.param)
    if why:
        pytest.skip(why)
    found = real.wikis()[request.param]
    tags = [f"Collectif.Fiche-{entry_name(memoire.tag)}" for memoire in [*seeds(), HOSTILE]]
    named = ", ".join(f"'{tag}'" for tag in tags)

    def clean() -> None:
        for table, column in (("acls", "page_tag"), ("triples", "resource"), ("pages", "tag")):
            found.sql(f"DELETE FROM yeswiki_{table} WHERE {column} IN ({named})")

    clean()
    yield found
    clean()
