"""The mémoire d'action, its vocabularies, and the form in which a wiki keeps it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allies_sync.model.memoire import KEYS, SEVERAL, VOCABULARIES, Memoire, complete_share, option_for
from allies_sync.model.memoire_form import (
    entry_name,
    memoire_entry,
    memoire_form,
    memoire_lists,
    memoire_of_values,
    memoire_resources,
)
from allies_sync.model.resources import references

SEEDS = Path(__file__).parents[3] / "shared" / "data" / "memoires-osons.json"


def again(memoire: Memoire) -> Memoire:
    """The same mémoire out of its own entry."""
    values = dict(memoire_entry(memoire).values)
    parted = {
        key: value.split(",") if key in ("nature", "participants", "duree", "annee") else [value]
        for key, value in values.items()
    }
    return Memoire.model_validate(memoire_of_values(parted))


@pytest.mark.skipif(not SEEDS.exists(), reason="needs ../shared")
def test_the_seeds_are_memoires_with_exactly_these_keys():
    data = json.loads(SEEDS.read_text("utf-8"))
    found = [Memoire.model_validate(item) for item in data]
    assert all(tuple(item) == KEYS for item in data)
    assert complete_share(found) == (38, 2, 27)
    assert not any(memoire.outside() for memoire in found)
    for item, memoire in zip(data, found, strict=True):
        assert {key: _plain(value) for key, value in memoire.to_json().items()} == {
            key: _plain(value) for key, value in item.items()
        }
        assert again(memoire) == memoire


def _plain(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


def test_labels_are_known_however_they_are_spelt():
    assert option_for("nature", "éducation populaire").key == "education-populaire"
    assert option_for("success", "C’est un vrai désastre, à ne reproduire sous aucun prétexte...").key == "desastre"
    assert option_for("licence", "CC BY-SA 4.0").key == "cc-by-sa"
    assert option_for("licence", "CC0 1.0").key == "cc-0"
    assert option_for("participants", "Animation espace public") is None


def test_what_no_vocabulary_has_is_kept_and_said():
    memoire = Memoire(
        tag="Fete",
        title="Fête",
        participants=("Plus de 30 personnes", "Animation espace public"),
        progress="Suspendue",
        years=("1998",),
        other=({"label": "Partenaire", "value": "La commune\net l'école"},),
    )
    assert {(it.field, it.value) for it in memoire.outside()} == {
        ("participants", "Animation espace public"),
        ("progress", "Suspendue"),
        ("years", "1998"),
    }
    back = again(memoire)
    assert back.participants == memoire.participants
    assert (back.progress, back.years) == ("Suspendue", ("1998",))
    assert back.other[0].label == "Partenaire"
    assert back.other[0].value == "La commune et l'école"


def test_only_web_addresses_count_as_links():
    memoire = Memoire(title="X", link_proposition="javascript:alert(1)", link_documentation="https://a.example/x")
    assert memoire.link_proposition == "javascript:alert(1)"
    assert list(memoire.links) == ["link_documentation"]


def test_a_link_on_a_disk_counts_but_goes_to_no_question_for_web_addresses():
    memoire = Memoire(tag="X", title="X", link_proposition="file:///p/x.pdf")
    assert memoire.links == {"link_proposition": "file:///p/x.pdf"}
    assert "lien_reponse" not in dict(memoire_entry(memoire).values)
    assert again(memoire) == memoire


def test_the_form_offers_every_vocabulary():
    form, lists = memoire_form(), memoire_lists()
    named = {item.id: item.options for item in lists}
    assert references(form) == set(named)
    assert sorted(map(len, named.values())) == sorted(map(len, VOCABULARIES.values()))
    assert len({resource.id for resource in memoire_resources([Memoire(tag="A", title="A")])}) == len(lists) + 2


@given(st.text(min_size=1))
def test_a_name_is_its_own(tag: str):
    name = entry_name(tag)
    assert entry_name(name) == name or tag == name.removeprefix("memoire-")


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_tags_never_come_to_one_name(one: str, other: str):
    assert (entry_name(one) == entry_name(other)) == (one.lower() == other.lower())


closed = {
    name: st.lists(st.sampled_from([option.label for option in options]), max_size=3).map(tuple)
    if name in SEVERAL
    else st.none() | st.sampled_from([option.label for option in options])
    for name, options in VOCABULARIES.items()
}
words = st.none() | st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=60)


@given(st.fixed_dictionaries({**closed, "description": words, "authors": words, "link_proposition": words}))
def test_an_entry_says_all_that_the_memoire_says(data: dict[str, object]):
    memoire = Memoire.model_validate({"tag": "Une", "title": "Une action", **data})
    assert again(memoire) == memoire
