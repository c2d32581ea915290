"""Writing an engagement and reading it again gives the same engagement; editing keeps what people wrote."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import HealthCheck, given, settings

from allies_sync.model.engagement import Engagement
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


@BIG
@given(engagements(), engagements())
def test_any_change_can_be_edited_in(old: Engagement, new: Engagement) -> None:
    text = dump_toml(old)
    edited = update_toml(text, changes_between(old, new), "e.toml")
    assert load_toml(edited, "e.toml", Engagement) == new
