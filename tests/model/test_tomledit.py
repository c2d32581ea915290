"""Changing a file that a person keeps: what was asked for changes, every other character stays."""

from __future__ import annotations

import re
import tomllib
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from allies_sync.model.engagement import Engagement
from allies_sync.model.problems import Code, InvalidData, Path, dotted
from allies_sync.model.programme import ProgrammeItem, Session
from allies_sync.model.tomlfile import REMOVE, changes_between, load_toml, parse_path, update_toml

from .test_places import documents, leaves

KEPT = """\
# Notre journée. Ne pas toucher à l'ordre !
title = "Dynamiques"   # titre de travail
start = 2027-03-12

client.name = 'DLA'    # écrit à ma façon

# la salle est réservée
[[sessions]]
id = "matin"
title = "Le matin"
start = "9h30"
[[sessions.programme]] # on commence doucement
title = "Café"
objectives = [ "se dire bonjour", # important
               "se réveiller" ]

# et l'après-midi
[[sessions]]
id = "soir"
title = "Le soir"

# qui lit quoi
[privacy]
readers = "nous"  # à relire
# fin
"""


def edited(changes: dict[str, Any], text: str = KEPT) -> str:
    return update_toml(text, changes, "engagement.toml")


def test_nothing_to_change_changes_no_byte() -> None:
    for text in (KEPT, KEPT.rstrip("\n"), "\ufeff" + KEPT.replace("\n", "\r\n")):
        assert edited({}, text) == text
        assert edited({"title": "Dynamiques", "sessions[0].start": "9h30"}, text) == text


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        ({"title": "L'été"}, '"Dynamiques" ', '"L\'été" '),
        ({"start": date(2027, 4, 2)}, "2027-03-12", "2027-04-02"),
        ({"client.name": "AMAP"}, "'DLA'", '"AMAP"'),
        ({"client.kind": "DLA"}, "à ma façon\n", 'à ma façon\nclient.kind = "DLA"\n'),
        ({"slug": "2027-x"}, "à ma façon\n", 'à ma façon\nslug = "2027-x"\n'),
        ({"sessions[0].start": time(10, 0)}, '"9h30"', '"10h"'),
        ({"sessions[1].place": "Ici"}, 'title = "Le soir"\n', 'title = "Le soir"\nplace = "Ici"\n'),
        ({"sessions[0].programme[0].duration": 30}, 'se réveiller" ]\n', 'se réveiller" ]\nduration = 30\n'),
        (
            {"sessions[0].programme[0].objectives": ["un"]},
            '[ "se dire bonjour", # important\n               "se réveiller" ]',
            '["un"]',
        ),
        ({"privacy.readers": REMOVE}, 'readers = "nous"  # à relire\n', ""),
        (
            {"sessions[0].programme[1]": ProgrammeItem(title="Fin")},
            'se réveiller" ]\n',
            'se réveiller" ]\n\n[[sessions.programme]]\ntitle = "Fin"\n',
        ),
        (
            {"sessions[2]": Session(id="nuit", title="La nuit")},
            'title = "Le soir"\n',
            'title = "Le soir"\n\n[[sessions]]\nid = "nuit"\ntitle = "La nuit"\n',
        ),
        (
            {"context.stakes": "tout"},
            "# fin\n",
            '# fin\n\n[context]\nstakes = "tout"\n',
        ),
        (
            {"sessions[1]": REMOVE},
            '[[sessions]]\nid = "soir"\ntitle = "Le soir"\n',
            "",
        ),
    ],
)
def test_only_the_place_itself_changes(changes: dict[str, Any], before: str, after: str) -> None:
    assert KEPT.count(before) == 1
    expected = KEPT.replace(before, after)
    result = edited(changes)
    assert re.sub(r"\n{2,}", "\n\n", result) == re.sub(r"\n{2,}", "\n\n", expected)
    assert edited(changes, result) == result, "asked for again, it changes nothing"


def test_windows_line_breaks_and_mark_stay() -> None:
    text = "\ufeff" + KEPT.replace("\n", "\r\n")
    result = edited({"title": "Un\n\nDeux", "state": "ouvert"}, text)
    assert result.startswith("\ufeff") and result.count("\n") == result.count("\r\n") > text.count("\n")


def test_what_the_tool_sets_when_it_opens() -> None:
    old = load_toml(KEPT, "e.toml", Engagement)
    new = old.model_copy(update={"slug": "2027-dynamiques", "opened": date(2027, 1, 5), "participants": 12})
    result = edited(changes_between(old, new))
    assert load_toml(result, "e.toml", Engagement) == new
    assert all(line in result for line in KEPT.splitlines())


def test_amounts_are_written_as_people_write_them() -> None:
    assert "amount = 1000\n" in edited({"price": {"lines": [{"label": "x", "amount": Decimal("1000.00")}]}})
    assert "amount = 10.5\n" in edited({"price": {"lines": [{"label": "x", "amount": Decimal("10.50")}]}})


def test_in_inline_tables() -> None:
    text = 'client = { name = "a" } # là\nsessions = [ {id = "a", title = "A"} ]\n'
    result = edited({"client.kind": "b\nc", "sessions[0].title": "B", "sessions[1]": {"id": "c"}}, text)
    assert result.startswith('client = { name = "a", kind = "b\\nc" } # là\n')
    assert tomllib.loads(result)["sessions"] == [{"id": "a", "title": "B"}, {"id": "c"}]


@pytest.mark.parametrize("path", ["a..b", "a[", "a[x]", "é", "a b"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        parse_path(path)


def test_a_text_that_is_not_toml_is_not_edited() -> None:
    with pytest.raises(InvalidData) as caught:
        edited({"title": "x"}, "title = x")
    assert caught.value.problems[0].code == Code.UNQUOTED


values = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=150),
    st.integers(-5, 5),
    st.booleans(),
    st.dates(),
    st.lists(st.text("ab \"\\\n'", max_size=5), max_size=3),
    st.dictionaries(st.sampled_from(["k", "l"]), st.one_of(st.integers(), st.lists(st.integers(), max_size=2))),
    st.lists(st.fixed_dictionaries({"k": st.integers()}), min_size=1, max_size=2),
    st.just(REMOVE),
)


@settings(deadline=None, max_examples=300)
@given(documents(), st.data())
def test_any_document_any_change(text: str, data: st.DataObject) -> None:
    """Either the file says exactly what was asked for, or it is refused: never something else."""
    before = tomllib.loads(text)
    paths = [path for path, _ in leaves(before) if all(isinstance(p, int) or re.fullmatch(r"\w+", p) for p in path)]
    path: Path = data.draw(st.sampled_from([*paths, ("new",), ("new", "er")]))
    add: bool = data.draw(st.booleans())
    assume(path)
    if add and isinstance(path[-1], str):
        path = (*path[:-1], "added")
    value = data.draw(values)
    expected = with_change(tomllib.loads(text), path, value)
    try:
        result = update_toml(text, {dotted(path): value}, "f")
    except InvalidData as refused:
        assert [problem.code for problem in refused.problems] == [Code.CANNOT_EDIT]
        return
    assert tomllib.loads(result) == expected


def with_change(data: Any, path: Path, value: Any) -> Any:
    here = data
    for step in path[:-1]:
        if isinstance(here, dict) and step not in here:
            if value is REMOVE:
                return data
            here[step] = {}
        here = here[step]
    if value is not REMOVE:
        here[path[-1]] = value
    elif not isinstance(here, dict) or path[-1] in here:
        del here[path[-1]]
    return data
