"""Everything that is wrong with a file is said at once, each with its line, what was found and what is allowed."""

from __future__ import annotations

import tomllib
from time import process_time
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator

from allies_sync.model.engagement import Engagement
from allies_sync.model.problems import Code, InvalidData, Problem
from allies_sync.model.questionnaire import Questionnaire
from allies_sync.model.tomlfile import decode, load_toml

WRONG = """\
titre = "x"
start = 2027-02-03
end = 2027-01-01
state = "ouver"
participants = -2
[client]
name = "  "
[privacy]
retention_months = 500
contact = 3
[[sessions]]
id = "jour-1"
title = "A"
date = "2027-02-30"
start = "9h30"
end = "8h"
[[sessions.programme]]
start = "10h"
duration = 60
title = "Un"
[[sessions.programme]]
start = "10h30"
title = "Deux"
parallel = 3
  [[sessions.programme.modules]]
  description = "x"
[[sessions]]
id = "jour-1"
title = "B"
link = "javascript:alert(1)"
[[people]]
name = "C"
support = "oui"
contact.email = "x"
[[price.lines]]
label = "a"
amount = 10.005
vat = "TVA"
[territory]
scale = "quartiers"
[[territory.steps]]
number = 1
[[territory.steps]]
number = 1
"""


def problems(text: str, model: type[BaseModel] = Engagement) -> tuple[Problem, ...]:
    with pytest.raises(InvalidData) as caught:
        load_toml(text, "e.toml", model)
    assert {problem.file for problem in caught.value.problems} == {"e.toml"}
    return caught.value.problems


def test_all_at_once_with_their_lines() -> None:
    assert [(p.line, p.field, p.code, p.found) for p in problems(WRONG)] == [
        (None, "title", Code.MISSING, ""),
        (1, "titre", Code.UNKNOWN_KEY, "titre"),
        (3, "end", Code.END_BEFORE_START, "2027-01-01"),
        (4, "state", Code.NOT_ALLOWED, '"ouver"'),
        (5, "participants", Code.OUT_OF_RANGE, "-2"),
        (7, "client.name", Code.EMPTY, '"  "'),
        (9, "privacy.retention_months", Code.OUT_OF_RANGE, "500"),
        (10, "privacy.contact", Code.WRONG_TYPE, "3"),
        (14, "sessions[0].date", Code.BAD_DATE, '"2027-02-30"'),
        (16, "sessions[0].end", Code.END_BEFORE_START, "8h00"),
        (22, "sessions[0].programme[1].start", Code.OVERLAP, "10h30"),
        (24, "sessions[0].programme[1].parallel", Code.NO_MODULES, "3"),
        (25, "sessions[0].programme[1].modules[0].title", Code.MISSING, ""),
        (28, "sessions[1].id", Code.DUPLICATE, '"jour-1"'),
        (30, "sessions[1].link", Code.BAD_URL, '"javascript:alert(1)"'),
        (33, "people[0].support", Code.WRONG_TYPE, '"oui"'),
        (34, "people[0].contact.email", Code.BAD_EMAIL, '"x"'),
        (37, "price.lines[0].amount", Code.TOO_PRECISE, "10.005"),
        (38, "price.lines[0].vat", Code.NOT_ALLOWED, '"TVA"'),
        (40, "territory.scale", Code.NOT_ALLOWED, '"quartiers"'),
        (44, "territory.steps[1].number", Code.DUPLICATE, "1"),
    ]


def test_what_is_allowed_and_what_was_meant() -> None:
    found = {problem.field: problem for problem in problems(WRONG)}
    assert found["titre"].details == {"suggestion": "title"}
    assert found["state"].allowed[:3] == ("proposé", "refusé", "ouvert")
    assert found["state"].details == {"suggestion": "ouvert"}
    assert found["territory.scale"].details == {"suggestion": "quartier"}
    assert found["title"].allowed == ("text",)
    assert found["participants"].allowed == (">= 0",)
    assert found["people[0].support"].allowed == ("boolean",)


def test_an_overlap_names_both_and_where_the_other_is() -> None:
    overlap = next(problem for problem in problems(WRONG) if problem.code == Code.OVERLAP)
    assert overlap.allowed == ("11h",)
    assert overlap.details["title"] == "Deux"
    assert (overlap.details["other"], overlap.details["other_hours"]) == ("Un", "10h–11h")
    assert (overlap.details["other_field"], overlap.details["other_line"]) == ("sessions[0].programme[0].start", 18)


@pytest.mark.parametrize(
    ("text", "line", "field", "code", "found"),
    [
        ("title = Dynamiques de coopération", 1, "title", Code.UNQUOTED, "Dynamiques de coopération"),
        ('title = "x"\nstart = 9h30', 2, "start", Code.UNQUOTED, "9h30"),
        ("a = 9:30 # matin", 1, "a", Code.UNQUOTED, "9:30 # matin"),
        ("a = “x”", 1, "a", Code.UNQUOTED, "“x”"),
        ("a = 2 jours", 1, "a", Code.UNQUOTED, "2 jours"),
        ("start = 12/03/2027", 1, "start", Code.BAD_DATE, "12/03/2027"),
        ("start = 2027-02-30", 1, "start", Code.BAD_DATE, "2027-02-30"),
        ("\n\na = [1,\n", 3, "a", Code.SYNTAX, "[1,"),
        ("a = 1\na = 2", 2, "a", Code.TWICE, "a = 2"),
        ("[a]\n[a] # x", 2, "a", Code.TWICE, "[a] # x"),
        ('a = "x\nb = 2', 1, "a", Code.SYNTAX, None),
        ("a = " + "[" * 100_000, None, "", Code.SYNTAX, ""),
        ("b = 1\na = " + "1" * 5000, 2, "a", Code.SYNTAX, None),
    ],
)
def test_syntax(text: str, line: int | None, field: str, code: Code, found: str | None) -> None:
    (problem,) = problems(text)
    assert (problem.field, problem.code) == (field, code)
    assert problem.line is not None or line is None
    if found:
        assert (problem.line, problem.found) == (line, found)
    assert len(problem.found) <= 62


def test_a_file_that_is_too_long_is_not_read() -> None:
    assert [p.code for p in problems("# x\n" * 300_000)] == [Code.TOO_BIG]


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\ndemand = '" + " " * 900_000 + "x'",
        "x = 1\ndemand = '" + " " * 59_000 + "x'",
        "x = 1\ndemand = 'a" + "\u0301\u0323\u0327" * 18_000 + "'",
        'x = 1\ndemand = """' + 'a"" ' * 200_000 + '"""',
        "[" + " " * 900_000 + "\n",
        "a = " + " " * 900_000 + "x",
        "".join(f"k{number} = 1\n" for number in range(20_000)),
        '[[sessions]]\nid = "a"\n' * 5_000,
    ],
    ids=["spaces", "more spaces", "accents", "quotes", "header", "pair", "keys", "doubles"],
)
def test_nothing_typed_takes_long(text: str) -> None:
    start = process_time()
    problems(text)
    assert process_time() - start < 10, "what is quadratic takes minutes"


def test_bytes_of_other_encodings() -> None:
    assert decode("\ufefftitle = 'é'".encode(), "e.toml") == "title = 'é'"
    with pytest.raises(InvalidData) as caught:
        decode("a = 1\nb = 'é'".encode("latin-1"), "e.toml")
    assert [(p.line, p.code) for p in caught.value.problems] == [(2, Code.NOT_TEXT)]


def test_windows_files() -> None:
    text = "\ufefftitle = 'x'\r\nstart = 2027-01-01\r\nclient.name = 'c'\r\ndemand = '''a\r\nb'''\r\n"
    assert load_toml(text, "e.toml", Engagement).demand == "a\nb"
    assert [(p.line, p.field) for p in problems(text + "\r\nx = 1\r\n")] == [(7, "x")]


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(InvalidData):
        load_toml(text, "e.toml", Engagement)


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.dates(), st.times()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from([*Engagement.model_fields, "id", "name", "programme", "lines", "steps", "modules"]),
                inner,
                max_size=4,
            ),
        ),
    )
)
def test_any_data_is_refused_with_problems(data: object) -> None:
    """Whatever shape the data has, telling what is wrong with it does not fail."""
    from allies_sync.model.checking import check

    for wrong in (data, {"sessions": data}, {"territory": data, "sessions": [{"programme": data}]}):
        if isinstance(wrong, dict):
            with pytest.raises(InvalidData) as caught:
                check(wrong, Engagement)
            assert caught.value.problems


# --- models of other parts, which are not all of the same make ---------------------------------------------


class Folder(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["folder"]
    name: str = Field(pattern="^[a-z]+$")


class Page(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["page"]
    title: str
    form: Questionnaire | None = None


class Template(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=3)
    resources: list[Annotated[Folder | Page, Field(discriminator="kind")]] = []
    options: dict[str, int] = {}

    @field_validator("name")
    @classmethod
    def not_reserved(cls, value: str) -> str:
        if value == "reserved":
            raise ValueError("this name is reserved")
        return value


def test_unions_dictionaries_and_validators_of_others() -> None:
    text = """\
name = "reserved"
options = { a = 1, b = "x" }
[[resources]]
kind = "folder"
name = "A"
titel = "x"
[[resources]]
kind = "pagé"
[[resources]]
title = "no kind"
[[resources]]
kind = "page"
[[resources]]
kind = "page"
title = "x"
  [resources.form]
  id = "q"
  moment = "avant"
  title = "Q"
  [[resources.form.questions]]
  id = "a"
  kind = "choice"
  label = "?"
  [[resources.form.questions]]
  id = "a"
  label = "?"
"""
    assert [(p.line, p.field, p.code, p.details.get("suggestion")) for p in problems(text, Template)] == [
        (1, "name", Code.INCONSISTENT, None),
        (2, "options.b", Code.WRONG_TYPE, None),
        (5, "resources[0].name", Code.BAD_FORMAT, None),
        (6, "resources[0].titel", Code.UNKNOWN_KEY, None),
        (8, "resources[1].kind", Code.NOT_ALLOWED, "page"),
        (9, "resources[2].kind", Code.MISSING, None),
        (11, "resources[3].title", Code.MISSING, None),
        (18, "resources[4].form.moment", Code.NOT_ALLOWED, "amont"),
        (20, "resources[4].form.questions[0].options", Code.NO_OPTIONS, None),
        (25, "resources[4].form.questions[1].id", Code.DUPLICATE, None),
    ]


def test_nothing_is_wrong_with_toml_itself() -> None:
    """The lines that are told come from a text that the standard library reads as well."""
    assert tomllib.loads(WRONG)
