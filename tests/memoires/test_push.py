"""Export, push into an empty wiki, import again: the same; pushed twice, nothing; people's words win."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from allies_sync.engagements.config import load_config
from allies_sync.engagements.desk import Desk, open_desk
from allies_sync.engagements.memoires import find_own, own_memoires, prepare_push, push
from allies_sync.memoires.importing import read_all
from allies_sync.memoires.source import open_source
from allies_sync.model.memoire import Memoire
from allies_sync.reconcile.decide import Action, Choice
from allies_sync.reconcile.results import Result
from allies_sync_local.memoires import EntryFiles
from tests.memoires.wikis import TRUE, needs_shared, normal, true_values

ONE = Memoire(
    tag="AtelierUn",
    title="Atelier un",
    nature=("Formation", "Accompagnement"),
    participants=("Plus de 30 personnes", "Animation espace public"),
    years=("2017", "1999"),
    description="Une ligne.\n\nUne autre, avec « guillemets » & <balises>.",
    link_proposition="https://exemple.org/p",
    other=({"label": "Partenaire", "value": "La commune"},),
)
TWO = Memoire(tag="AtelierDeux", title="Atelier deux", progress="Terminée")


@pytest.fixture
def desk(tmp_path: Path):
    config = tmp_path / "allies-sync.toml"
    config.write_text(
        '[collective]\nname = "Essai"\n[roles.files]\nplatform = "local"\npath = "f"\n'
        '[roles.wiki]\nplatform = "local"\npath = "w"\n'
    )
    with open_desk(load_config(config), {"ALLIES_SYNC_CACHE": str(tmp_path / "cache")}) as opened:
        yield opened


def send(desk: Desk, *memoires: Memoire, choices: dict[str, Choice] | None = None) -> dict[str, Action]:
    part = prepare_push(desk, memoires, choices)
    report = push(desk, part, choices)
    assert all(it.result is Result.DONE for it in report.finished.values())
    return {item.key: item.action for item in part.plan.items if item.kind == "entry"}


def files(desk: Desk) -> list[Path]:
    return sorted((desk.bound("wiki").platform.base / "_collectif/fiches/memoires").glob("*.json"))  # type: ignore[attr-defined]


def test_what_is_pushed_comes_back_the_same_by_both_ways(desk: Desk):
    assert set(send(desk, ONE, TWO).values()) == {Action.CREATE}
    own = {it.memoire.tag: it for it in own_memoires(desk)}
    assert {tag: it.memoire for tag, it in own.items()} == {"AtelierUn": ONE, "AtelierDeux": TWO}
    assert all(it.key for it in own.values())
    base = desk.bound("wiki").platform.base  # type: ignore[attr-defined]
    found, report = read_all(open_source(str(base)), [EntryFiles()])
    assert {memoire.tag: memoire for memoire in found} == {"AtelierUn": ONE, "AtelierDeux": TWO}
    assert not report.remarks
    [alone], _report = read_all(open_source(str(files(desk)[0])), [EntryFiles()])
    assert alone in (ONE, TWO)


@needs_shared
def test_the_seeds_pushed_into_an_empty_wiki_come_back(desk: Desk):
    memoires, _report = read_all(open_source(str(TRUE)), [])
    send(desk, *memoires)
    base = desk.bound("wiki").platform.base  # type: ignore[attr-defined]
    found, _report = read_all(open_source(str(base)), [EntryFiles()])
    true = true_values()
    assert len(found) == 38
    assert all(normal(memoire.to_json()) == normal(true[memoire.tag]) for memoire in found)


def test_pushing_again_writes_nothing(desk: Desk):
    send(desk, ONE, TWO)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files(desk)}
    part = prepare_push(desk, [ONE, TWO])
    assert part.idle
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files(desk)} == before
    assert push(desk, part).finished == {}


def test_an_entry_that_a_person_edited_is_kept(desk: Desk):
    send(desk, ONE, TWO)
    path = next(path for path in files(desk) if "atelier-un" in path.name)
    data = json.loads(path.read_text("utf-8"))
    data["values"]["description"] = "Mes mots"
    path.write_text(json.dumps(data), "utf-8")
    assert send(desk, ONE, TWO)["entry:memoire-atelier-un-" + path.stem[-8:]] is Action.KEEP
    newer = ONE.model_copy(update={"description": "Ceux de la source"})
    assert Action.CONFLICT in send(desk, newer, TWO).values()
    assert json.loads(path.read_text("utf-8"))["values"]["description"] == "Mes mots"
    assert find_own(desk, "AtelierUn").memoire.description == "Mes mots"
    key = find_own(desk, "AtelierUn").key
    send(desk, newer, TWO, choices={key: Choice.REPLACE})
    assert find_own(desk, "AtelierUn").memoire.description == "Ceux de la source"


def test_an_entry_that_a_person_deleted_stays_deleted(desk: Desk):
    send(desk, ONE, TWO)
    files(desk)[0].unlink()
    assert Action.GONE in send(desk, ONE, TWO).values()
    assert len(files(desk)) == 1


def test_pushing_some_leaves_the_others(desk: Desk):
    send(desk, ONE, TWO)
    send(desk, TWO)
    assert len(files(desk)) == 2


def test_two_records_of_one_tag_or_none_both_come_in(desk: Desk):
    other = Memoire(tag="AtelierUn", title="Un autre")
    send(desk, ONE, other, Memoire(title="Sans nom", years=("2018",)))
    assert {own.memoire.title for own in own_memoires(desk)} == {"Atelier un", "Un autre", "Sans nom"}


def test_what_a_person_changes_between_plan_and_push_is_left(desk: Desk):
    send(desk, ONE)
    newer = ONE.model_copy(update={"description": "Nouveau"})
    part = prepare_push(desk, [newer])
    data = json.loads(files(desk)[0].read_text("utf-8"))
    data["values"]["description"] = "Mes mots"
    files(desk)[0].write_text(json.dumps(data), "utf-8")
    push(desk, part)
    assert find_own(desk, "AtelierUn").memoire.description == "Mes mots"


def test_a_collective_without_memoires_has_none(desk: Desk):
    assert own_memoires(desk) == []
