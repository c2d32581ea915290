"""Writing an engagement and reading it again gives the same engagement; editing keeps what people wrote."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import HealthCheck, given, settings

from allies_sync.model.base import Data
from allies_sync.model.engagement import Engagement
from allies_sync.model.tomlcomments import ALWAYS, COMMENTS
from allies_sync.model.tomledit import changes_between, update_toml
from allies_sync.model.tomlfile import load_toml
from allies_sync.model.tomlwrite import dump_toml, plain

from .strategies import engagements

BIG = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@BIG
@given(engagements())
def test_round_trip(engagement: Engagement) -> None:
    text = dump_toml(engagement)
    assert load_toml(text, "e.toml", Engagement) == engagement
    assert dump_toml(load_toml(text, "e.toml", Engagement)) == text


@BIG
@given(engagements())
def test_plain_is_what_the_file_says(engagement: Engagement) -> None:
    assert plain(engagement) == tomllib.loads(dump_toml(engagement))
    assert Engagement.model_validate(plain(engagement)) == engagement
    as_json: dict[str, Any] = engagement.model_dump(mode="json")
    assert Engagement.model_validate(as_json) == engagement


@settings(BIG, max_examples=30)
@given(engagements(), engagements())
def test_any_change_can_be_edited_in(old: Engagement, new: Engagement) -> None:
    text = dump_toml(old)
    edited = update_toml(text, changes_between(old, new), "e.toml")
    assert load_toml(edited, "e.toml", Engagement) == new


def test_long_texts_are_folded_for_people() -> None:
    sentence = "Nous invitons le groupe à en faire l'essai dès la première heure. " * 6
    engagement = Engagement.model_validate(
        {"title": "T", "start": "2027-03-12", "client": {"name": "DLA"}, "demand": f"{sentence}\n\n{sentence}"}
    )
    text = dump_toml(engagement)
    assert max(len(line) for line in text.splitlines()) < 125
    assert load_toml(text, "e.toml", Engagement) == engagement


def test_the_smallest_engagement_reads_well() -> None:
    data = {"title": "L'été", "start": "2027-03-12", "client": {"name": "DLA"}}
    assert dump_toml(Engagement.model_validate(data), header="") == (
        'title = "L\'été"\n'
        "# Le modèle d'espace de travail.\n"
        'template = "accompagnement"\n'
        "# proposé, refusé, ouvert, en cours ou bilan publié (voir aussi « archive », « cancel »)\n"
        'state = "proposé"\n'
        "start = 2027-03-12\n"
        "# CC-BY-SA-4.0, CC-BY-4.0, CC-BY-NC-SA-4.0, CC-BY-ND-4.0 ou CC0-1.0\n"
        'licence = "CC-BY-SA-4.0"\n'
        "\n"
        "# Pour qui : une organisation et une fonction, pas de données personnelles.\n"
        "[client]\n"
        'name = "DLA"\n'
    )


def test_every_comment_is_about_a_field() -> None:
    known: dict[str, type[Data]] = {}
    waiting = Data.__subclasses__()
    while waiting:
        model = waiting.pop()
        waiting.extend(model.__subclasses__())
        if model.__module__.startswith("allies_sync.model."):
            known[model.__name__] = model
    for name, field in [*COMMENTS, *ALWAYS]:
        assert field in known[name].model_fields
