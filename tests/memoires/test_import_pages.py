"""The seeds' 38 out of real pages of three generations, in the list templates that people use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from allies_sync.memoires.importing import read_all
from allies_sync.memoires.source import open_source
from allies_sync.model.memoire import Memoire
from allies_sync.model.memoire_form import entry_name
from allies_sync_yeswiki.memoires_importer import WikiImporter
from allies_sync_yeswiki.memoires_text import own_tag
from tests.memoires.wikis import PAGES, needs_shared, normal, true_values

pytestmark = needs_shared

WHOLE = (
    "4.4.4/html/bazarliste-accordeon.html",
    "4.4.4/html/bazarliste-facettes.html",
    "4.4.4/html/bazar-consulter-form.html",
    "4.4.4/html/bazar-consulter.html",
    "4.4.4/html/bazariframe.html",
    "dev/html/bazar-consulter-form.html",
    "dev/html/bazar-consulter.html",
    "dev/html/bazariframe.html",
    "old/html/bazarliste-accordeon.html",
    "old/html/bazarliste-iframe.html",
    "old/html/bazarliste-tableau.html",
    "old/html/BazaR-vue-consulter-form-1.html",
    "old/html/bazar-action-consulter.html",
)
SAVED_JSON = (
    "4.4.4/html/api-forms-entries.json",
    "4.4.4/html/entries-by-form-json.txt",
    "4.4.4/html/entries-html.txt",
    "dev/html/entries-by-form-json.txt",
    "dev/html/entries-html.txt",
)
ENTRIES = (
    "4.4.4/html/entry-page.html",
    "4.4.4/html/iframe-entry.html",
    "4.4.4/html/voir-fiche-bazar.html",
    "4.4.4/html/admin-entry-page.html",
    "dev/html/iframe-entry.html",
    "dev/html/voir-fiche-bazar.html",
    "dev/html/admin-entry-page.html",
    "old/html/entry-iframe.html",
    "old/html/entry-image-admin-owner.html",
    "old/html/entry-links-and-quotes.html",
)
TITLES_ONLY = (
    "old/html/bazarliste-liste_liens.html",
    "old/html/bazarliste-liste_liens_date.html",
    "old/html/bazarliste-annuaire_alphabetique.html",
    "old/html/bazarliste-trombinoscope.html",
    "old/html/bazarliste-material-card.html",
    "old/html/bazarliste-timeline.html",
)


def read(name: str | Path) -> tuple[list[Memoire], object]:
    return read_all(open_source(str(PAGES / name)), [WikiImporter()])


@pytest.mark.parametrize("name", [*WHOLE, *SAVED_JSON])
def test_every_field_of_the_38_is_the_true_one(name: str):
    found, _report = read(name)
    by_tag = {memoire.tag: memoire for memoire in found}
    true = true_values()
    assert len(found) in (38, 40)  # two more were added by hand to the newer wikis
    for tag, item in true.items():
        assert normal(by_tag[tag].to_json()) == normal(item)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_page_gives_the_same(name: str):
    [found], _report = read(name)
    assert normal(found.to_json()) == normal(true_values()[found.tag])


@pytest.mark.parametrize("name", TITLES_ONLY)
def test_a_list_of_titles_gives_tags_and_titles_and_says_what_is_missing(name: str):
    found, report = read(name)
    assert {memoire.tag: memoire.title for memoire in found} == {
        tag: " ".join(item["title"].split()) for tag, item in true_values().items()
    }
    assert report.partial == 38


@pytest.mark.parametrize("name", ["old/html/bazarliste-damier.html", "old/html/bazarliste-carousel.html"])
def test_slides_give_titles_and_descriptions(name: str):
    found, report = read(name)
    true = {normal(item)["title"]: normal(item)["description"] for item in true_values().values()}
    assert {memoire.title: normal(memoire.to_json())["description"] for memoire in found} == true
    assert report.partial == 38


def test_filters_of_a_list_of_titles_have_the_labels_of_its_keys():
    found, _report = read("old/html/bazarliste-facettes-gauche-liens.html")
    true = true_values()
    for memoire in found:
        item = true[memoire.tag]
        assert (list(memoire.nature), list(memoire.years)) == (item["nature"], item["years"])
        assert (memoire.progress, memoire.licence) == (item["progress"], item["licence"])


@pytest.mark.parametrize("name", ["old/html/rss-form-1.xml", "old/html/rss-all.xml"])
def test_a_feed_gives_the_newest_twenty(name: str):
    found, report = read(name)
    true = true_values()
    assert len(found) == 20
    [told] = report.remarks
    assert "dernières fiches" in told and told.endswith("http://127.0.0.1:8084/wakka.php")
    assert all(normal(memoire.to_json()) == normal(true[memoire.tag]) for memoire in found)


@pytest.mark.parametrize(
    ("name", "unlike"),
    [
        ("4.4.4/html/export-csv-admin.html", {"tag", "nature"}),  # labels in the order of their list
        ("dev/html/export-csv-admin.html", {"tag", "nature"}),
        ("old/html/BazaR-vue-exporter-form-1.html", {"tag", "success"}),  # old exports leave radio buttons out
        ("old/html/bazarliste-tableau-custom-template.html", {"tag"}),
    ],
)
def test_tables_have_no_tags_but_all_else(name: str, unlike: set[str]):
    found, _report = read(name)
    by_title = {memoire.title: memoire for memoire in found}
    for item in true_values().values():
        got, want = normal(by_title[" ".join(item["title"].split())].to_json()), normal(item)
        assert {key for key in want if got[key] != want[key]} <= unlike
        assert sorted(got["nature"]) == sorted(want["nature"])


def test_one_page_of_a_list_says_that_there_are_more_and_where():
    found, report = read("old/html/bazarliste-pagination-1.html")
    assert len(found) == 10
    [told] = report.remarks
    assert "La liste http://127.0.0.1:8084/wakka.php?wiki=MemoiresPagination a plusieurs pages" in told


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_list_says_nothing_of_the_kind(name: str):
    assert not [it for it in read(name)[1].remarks if "plusieurs pages" in it or "flux" in it]


def test_pages_of_a_list_saved_one_by_one_are_put_together(tmp_path: Path):
    for number in ("1", "2", "9"):
        page = PAGES / f"old/html/bazarliste-pagination-{number}.html"
        (tmp_path / page.name).write_bytes(page.read_bytes())
    (tmp_path / "again.html").write_bytes((PAGES / "old/html/bazarliste-pagination-1.html").read_bytes())
    found, report = read(tmp_path)
    assert len(found) == 28
    assert report.twice == 10
    assert len(report.remarks) == 1


def test_a_whole_folder_of_mixed_pages_gives_memoires_and_nothing_else():
    found, report = read("dev/html")
    assert {memoire.tag for memoire in found} >= set(true_values())
    titles = {memoire.title for memoire in found}
    assert len(titles) == 40
    assert report.other_forms > 0


def test_a_memoire_that_the_tool_put_into_a_wiki_keeps_its_name_when_only_its_page_is_seen():
    assert own_tag(f"Collectif.Fiche-{entry_name('AtelierUn')}") == entry_name("AtelierUn")
    assert entry_name(own_tag(f"Collectif.Fiche-{entry_name('AtelierUn')}")) == entry_name("AtelierUn")
    assert own_tag(f"Collectif.Fiche-{entry_name('2027-essai')}") == "2027-essai"
    assert own_tag("AtelierCohesionDEquipe") == "AtelierCohesionDEquipe"


def test_dates_pictures_and_addresses_are_kept():
    [found], _report = read("old/html/entry-image-admin-owner.html")
    assert found.pictures == ("http://127.0.0.1:8084/cache/image_ateliercohesiondequipe_equipe-soudee.png",)
    assert found.url == "http://127.0.0.1:8084/wakka.php?wiki=AtelierCohesionDEquipe"
    everything, _report = read("old/html/bazarliste-accordeon.html")
    [same] = [memoire for memoire in everything if memoire.tag == found.tag]
    assert (same.created.isoformat(), same.updated.isoformat()) == ("2018-09-09T22:54:00", "2019-02-14T17:20:00")


def test_an_entry_of_another_kind_is_no_memoire():
    for name in ("dev/html/entry-page-questionnaire.html", "dev/html/entry-catalogue.html"):
        found, report = read(name)
        assert (found, report.other_forms) == ([], 1)


def test_numbers_without_labels_are_said_to_be_guessed(tmp_path: Path):
    _found, report = read("4.4.4/html/api-forms-entries.json")
    assert any("libellés" in sentence for sentence in report.remarks)
    data = json.loads((PAGES / "4.4.4/html/api-forms-entries.json").read_text("utf-8"))
    (tmp_path / "one.json").write_text(json.dumps(data["AtelierCohesionDEquipe"]), "utf-8")
    [one], _report = read(tmp_path / "one.json")
    assert normal(one.to_json()) == normal(true_values()["AtelierCohesionDEquipe"])
