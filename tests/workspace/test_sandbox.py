"""What a template may do, and what it may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from allies_sync.model.licence import Licence
from allies_sync.model.problems import InvalidData, Problem
from allies_sync.text.messages import using_language
from allies_sync.workspace.flaws import Flaw
from allies_sync.workspace.rendering import Workspace
from allies_sync.workspace.views import View, member

Page = Callable[..., str]

SESSIONS = [
    {"id": "j2", "title": "Jour 2", "date": "2027-03-13", "place": "Tours"},
    {"id": "j1", "title": "Jour 1", "date": "2027-03-12", "place": "Blois"},
    {"id": "j3", "title": "élan", "place": "Tours"},
]


def problems(page: Page, source: str, files: dict[str, str] | None = None, **data: object) -> list[Problem]:
    with pytest.raises(InvalidData) as caught:
        page(source, files, **data)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ engagement.title }}", "Coopérer"),
        ("{{ engagement.start }}, {{ engagement.start | date_long }}", "12 mars 2027, vendredi 12 mars 2027"),
        ("{{ engagement.start | date_short }} ({{ engagement.start.year }})", "12 mars (2027)"),
        ("{{ engagement.end | date | default('à fixer') }}", "à fixer"),
        ("{{ engagement.subtitle | default('—') }}", "—"),
        ("{{ engagement.territory.theme | default('rien') }}", "rien"),
        ("{% if engagement.territory %}oui{% else %}non{% endif %}", "non"),
        ("{{ 'oui' if engagement.territory }}.", "."),
        ("{{ 'oui' if has('title') and not has('territory.theme') }}", "oui"),
        ("{{ engagement.licence }} {{ engagement.licence.short }}", "CC-BY-SA-4.0 CC BY-SA 4.0"),
        ("{{ engagement.state }} {{ 'oui' if engagement.state == 'ouvert' }}", "ouvert oui"),
        ("{{ engagement.sessions | sort('title') | map('title') | join(' ; ') }}", "élan ; Jour 1 ; Jour 2"),
        ("{{ engagement.sessions | sort('date', reverse=true) | map('title') | join }}", "élan, Jour 2, Jour 1"),
        ("{{ engagement.sessions | join_words('title') }}", "Jour 2, Jour 1 et élan"),
        ("{{ engagement.sessions | map('place') | unique | join(', ') }}", "Tours, Blois"),
        ("{{ engagement.sessions | selectattr('date') | list | length }}", "2"),
        ("{{ engagement.sessions | rejectattr('place', 'eq', 'Tours') | map('title') | first }}", "Jour 1"),
        (
            "{% for group in engagement.sessions | groupby('place') %}{{ group.key }} {{ group.items | length }} "
            "{% endfor %}",
            "Blois 1 Tours 2",
        ),
        ("{{ (engagement.sessions | last).title | upper | lower | capitalize | slug }}", "elan"),
        ("{{ engagement.sessions[0].title }} {{ engagement.sessions[:1] | length }}", "Jour 2 1"),
        ("{{ 90 | duration }} {{ 45 | duration }} {{ 120 | duration }}", "1 h 30 45 min 2 h"),
        ("{{ 1234567.5 | round }} {{ 1234.5 }} {{ 2.50 }}", "1 234 568 1234,5 2,5"),
        ("{{ 1000 | price }}", "1 000,00 €"),
        ("{{ 1 + 2 * 3 }} {{ 7 % 4 }} {{ 7 // 2 }} {{ -1 }}", "7 3 3 \\-1"),
        ("{% for n in range(3) %}{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %}", "1, 2, 3"),
        ("{% for n in engagement.partners %}{{ n }}{% else %}personne{% endfor %}", "personne"),
        (
            "{% set ns = namespace(n=0) %}{% for s in engagement.sessions %}{% set ns.n = ns.n + 1 %}{% endfor %}"
            "{{ ns.n }}",
            "3",
        ),
        ("{% set mot %}**{{ engagement.title }}**{% endset %}{{ mot }} {{ mot }}", "**Coopérer** **Coopérer**"),
        ("{% macro m(x, y='z') %}({{ x }}{{ y }}){% endmacro %}{{ m('*') }}", "(\\*z)"),
        ("{% with t = engagement.title %}{{ t }}{% endwith %}", "Coopérer"),
        ("{{ engagement.audience | paragraphs }}", "Un \\*groupe\\*.\n\nEt\\\nd'autres."),
        ("{{ engagement.audience | quote }}", "> Un \\*groupe\\*.\n>\n> Et\\\n> d'autres."),
        ("{{ engagement.audience }}", "Un \\*groupe\\*. Et d'autres."),
        ("{{ weblink('https://exemple.org/a_b/') }}", "[exemple\\.org/a_b](https://exemple.org/a_b/)"),
        ("{{ weblink('https://e.org/(x)\"<', 'Là') }}", "invalid"),
        ("{{ weblink('https://e.org/(x)?a=1&b;c', 'Là') }}", "[Là](https://e.org/%28x%29?a=1%26b;c)"),
        ("{{ 'a' in ['a', 'b'] and 'oui' or 'non' }}", "oui"),
        ("{{ collective.name }} {{ template.name }} {{ page.title }}", "Collectif essai Accueil"),
        ("{# rien #}a", "a"),
        ("{{ inconnu is defined and 'x' or 'y' }}", "unknown"),
    ],
)
def test_what_templates_may_do(page: Page, source: str, expected: str) -> None:
    data = {"sessions": SESSIONS, "audience": "Un *groupe*.\n\nEt\nd'autres."}
    if expected == "invalid":
        assert [item.code for item in problems(page, source, **data)] == [Flaw.NOT_A_LINK]
    elif expected == "unknown":
        assert [item.code for item in problems(page, source, **data)] == [Flaw.UNKNOWN_NAME]
    else:
        text = page(source, **data).strip()
        assert text.replace("\u202f", " ").replace("\u00a0", " ") == expected


def test_lines_of_tags_leave_nothing_behind_and_others_keep_their_break(page: Page) -> None:
    source = (
        "{# un commentaire #}\n"
        "{% set fin = 'fin' %}  {# et #}\n"
        "- un{% if true %} deux{% endif %}\n"
        "  {% for n in range(2) %}\n"
        "- {{ n }}\n"
        "  {% endfor %}\n"
        "{{ fin }}\n"
        "{{ inconnu }}\n"
    )
    assert page(source.replace("{{ inconnu }}", "")) == "- un deux\n- 0\n- 1\nfin\n"
    [problem] = problems(page, source)
    assert (problem.code, problem.line) == (Flaw.UNKNOWN_NAME, 8)


def test_macros_and_callers_from_another_file(page: Page) -> None:
    files = {"parts/m.md": "{% macro carte(titre) %}\n> **{{ titre }}** {{ caller() }}\n{% endmacro %}\n"}
    expected = "> **\\*t\\*** *en* Coopérer\n"
    body = "{% call carte('*t*') %}*en* {{ engagement.title }}{% endcall %}"
    assert page("{% from 'parts/m.md' import carte %}" + body, files) == expected
    assert page("{% import 'parts/m.md' as m %}" + body.replace("carte(", "m.carte("), files) == expected


def test_macros_from_another_file_know_the_engagement(page: Page) -> None:
    files = {"parts/m.md": "{% macro titre() %}{{ engagement.title }} {{ page.title }}{% endmacro %}"}
    assert page("{% from 'parts/m.md' import titre %}{{ titre() }}", files) == "Coopérer Accueil\n"


@pytest.mark.parametrize(
    ("source", "code", "found"),
    [
        ("{{ 'a' ~ 'b' }}", Flaw.FORBIDDEN, "~"),
        ("{{ 'a' + engagement.title }}", Flaw.FORBIDDEN, "+ « … »"),
        ("{{ '%s' % engagement.title }}", Flaw.FORBIDDEN, "% « … »"),
        ("{{ 'a' * 3 }}", Flaw.FORBIDDEN, "* « … »"),
        ("{{ 2 ** 3 }}", Flaw.FORBIDDEN, "**"),
        ("{{ engagement.title + engagement.title }}", Flaw.NOT_A_NUMBER, "+"),
        ("{{ engagement.title.upper() }}", Flaw.FORBIDDEN, ".upper()"),
        ("{{ '{}'.format(1) }}", Flaw.FORBIDDEN, ".format()"),
        ("{{ (1)() }}", Flaw.FORBIDDEN, "(…)()"),
        ("{{ engagement.title | safe }}", Flaw.UNKNOWN_FILTER, "safe"),
        ("{{ engagement.title | e }}", Flaw.UNKNOWN_FILTER, "e"),
        ("{{ engagement.title | replace('a', 'b') }}", Flaw.UNKNOWN_FILTER, "replace"),
        ("{{ engagement.title | format }}", Flaw.UNKNOWN_FILTER, "format"),
        ("{{ engagement.title | _each }}", Flaw.UNKNOWN_FILTER, "_each"),
        ("{{ 1 is callable }}", Flaw.UNKNOWN_TEST, "callable"),
        ("{% filter upper %}a{% endfilter %}", Flaw.FORBIDDEN, "{% filter %}"),
        ("{% set x | upper %}a{% endset %}", Flaw.FORBIDDEN, "{% set … | … %}"),
        ("{{ link(*[1]) }}", Flaw.FORBIDDEN, "*…"),
        ("{{ engagement._data }}", Flaw.FORBIDDEN, "._data"),
        ("{{ ''.__class__ }}", Flaw.FORBIDDEN, ".__class__"),
        ("{{ engagement['__class__'] }}", Flaw.FORBIDDEN, "[…]"),
        ("{{ engagement.title[0] }}", Flaw.FORBIDDEN, "[…]"),
        ("{{ (engagement.title | paragraphs)[1:] }}", Flaw.NOT_A_LIST, "Markdown"),
        ("{{ self.titre() }}", Flaw.FORBIDDEN, ".titre()"),
        ("{{ cycler(1) }}", Flaw.UNKNOWN_NAME, "cycler()"),
        ("{{ lipsum() }}", Flaw.UNKNOWN_NAME, "lipsum()"),
        ("{% set link = 1 %}", Flaw.FORBIDDEN, "link"),
        ("{% set f = engagement.title %}{{ f() }}", Flaw.FORBIDDEN, "(…)()"),
        ("{% include engagement.title %}", Flaw.NOT_CONSTANT, ""),
        ("{% include ['a', 'b'] %}", Flaw.NOT_CONSTANT, ""),
        ("{% include '../../../etc/passwd' %}", Flaw.MISSING_SOURCE, "../../../etc/passwd"),
        ("{% include '/etc/passwd' %}", Flaw.MISSING_SOURCE, "/etc/passwd"),
        ("{% include 'base:pages/accueil.md' %}", Flaw.MISSING_SOURCE, "base:pages/accueil.md"),
        ("{{ inconnu }}", Flaw.UNKNOWN_NAME, "inconnu"),
        ("{% if inconnu %}{% endif %}", Flaw.UNKNOWN_NAME, "inconnu"),
        ("{{ session.title }}", Flaw.UNKNOWN_NAME, "session"),
        ("{{ engagement.titel }}", Flaw.UNKNOWN_FIELD, "titel"),
        ("{% if engagement.titel %}{% endif %}", Flaw.UNKNOWN_FIELD, "titel"),
        ("{{ engagement.territory.titel }}", Flaw.UNKNOWN_FIELD, "titel"),
        ("{{ engagement.session }}", Flaw.UNKNOWN_FIELD, "session"),
        ("{{ engagement.model_dump }}", Flaw.UNKNOWN_FIELD, "model_dump"),
        ("{{ engagement.issues }}", Flaw.UNKNOWN_FIELD, "issues"),
        ("{{ has('titel') }}", Flaw.UNKNOWN_FIELD, "titel"),
        ("{{ engagement.client }}", Flaw.NOT_TEXT, "engagement.client"),
        ("{{ engagement.sessions }}", Flaw.NOT_TEXT, "engagement.sessions"),
        ("{{ true }}", Flaw.NOT_TEXT, "bool"),
        ("{{ none }}", Flaw.NOT_TEXT, "NoneType"),
        ("{{ link }}", Flaw.NOT_TEXT, "function"),
        ("{{ engagement.title | date }}", Flaw.NOT_TEXT, "str"),
        ("{% for c in engagement.title %}{% endfor %}", Flaw.NOT_A_LIST, "str"),
        ("{{ engagement.title | paragraphs | upper }}", Flaw.ALREADY_MARKDOWN, ""),
        ("{{ weblink('javascript:alert(1)') }}", Flaw.NOT_A_LINK, "javascript:alert(1)"),
        ("{{ weblink('https://e.org', engagement.title | paragraphs) }}", Flaw.ALREADY_MARKDOWN, ""),
        ("{{ 1 / 0 }}", Flaw.FAILED, "/"),
        ("{% if %}", Flaw.SYNTAX, ""),
        ("{{ link('page:rien') }}", Flaw.DANGLING, "page:rien"),
        ("{{ widget('forme') }}", Flaw.UNKNOWN_WIDGET, "forme"),
        ("{{ widget('form', 'page:accueil') }}", Flaw.DANGLING, "page:accueil"),
        ("{{ widget('form') }}", Flaw.DANGLING, ""),
        ("{{ widget('engagements', 'page:accueil') }}", Flaw.DANGLING, "page:accueil"),
        ("[a](ref:page:accueil)", Flaw.RAW_REFERENCE, ""),
        ("[a]: ref:page:accueil", Flaw.RAW_REFERENCE, ""),
        ("[a]({{ engagement.title }})", Flaw.BAD_PLACE, ""),
        ("`{{ engagement.title }}`", Flaw.BAD_PLACE, ""),
        ("<a title='{{ engagement.title }}'>", Flaw.BAD_PLACE, ""),
        ("```\n{{ engagement.title }}\n```", Flaw.BAD_PLACE, ""),
        ("a\ue000b", Flaw.BAD_CHARACTER, ""),
        ("{{ 'a\ue000' }}", Flaw.BAD_CHARACTER, ""),
    ],
)
def test_what_templates_may_not_do(page: Page, source: str, code: Flaw, found: str) -> None:
    line = 2 if source.startswith("```") else 1
    found_problems = problems(page, source)
    assert (code, found, line) in [(item.code, item.found, item.line) for item in found_problems]


def test_all_that_is_wrong_with_a_source_is_told_at_once(page: Page) -> None:
    found = problems(page, "{{ a }}\n\n{{ 'x' ~ 'y' }}\n{{ engagement.title | nope }}\n")
    assert [(item.code, item.line) for item in found] == [
        (Flaw.UNKNOWN_NAME, 1),
        (Flaw.FORBIDDEN, 3),
        (Flaw.UNKNOWN_FILTER, 4),
    ]
    assert all(item.file.endswith("pages/accueil.md") for item in found)


def test_an_unset_value_names_its_field_and_line(page: Page) -> None:
    source = "# A\n\n{% for s in engagement.sessions %}\n{{ s.date }}\n{% endfor %}\n"
    [problem] = problems(page, source, sessions=[{"id": "j1", "title": "Jour"}])
    assert (problem.code, problem.field, problem.line) == (Flaw.UNSET, "engagement.sessions[0].date", 4)


def test_a_mistake_in_an_included_file_is_told_there(page: Page) -> None:
    [problem] = problems(page, "# A\n{% include 'parts/b.md' %}", {"parts/b.md": "b\n\n{{ engagement.titel }}"})
    assert problem.file.endswith("parts/b.md")
    assert problem.line == 3
    assert problem.details["suggestion"] == "title"


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
        "{% include 'pages/accueil.md' %}",
        "{{ range(5000) | join }}",
        "{% for a in [1,2,3,4,5,6,7,8,9,10] %}" * 8 + "{% endfor %}" * 8,
        "{% for a in range(900) %}{% for b in range(100) %}" + "x" * 5000 + "{% endfor %}{% endfor %}",
        "{% set x %}" + "x" * 1000 + "{% endset %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 30,
        "{% set ns = namespace(n=9) %}{% for a in range(900) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
        "{{ " + "(" * 20000 + "1" + ")" * 20000 + " }}",
        "{% if 1 %}" * 3000 + "{% endif %}" * 3000,
        "{{ " + "9" * 5000 + " }}",
    ],
    ids=["loops", "macros", "includes", "range", "lists", "text", "doubling", "numbers", "deep", "blocks", "digits"],
)
def test_runaway_templates_are_stopped(page: Page, source: str) -> None:
    found = problems(page, source)
    assert found[0].code in {Flaw.TOO_MUCH, Flaw.SYNTAX, Flaw.FAILED}


def test_nothing_that_a_template_sets_reaches_the_next_engagement(
    make: Callable[..., object], render: Callable[..., Workspace]
) -> None:
    home = '[[page]]\nid = "accueil"\ntitle = "Accueil"\nhome = true\n[[form]]\nid = "f"\ntitle = "F"\n'
    form = 'id = "f"\nmoment = "amont"\ntitle = "F"\n'
    files = {
        "pages/accueil.md": "{% import 'parts/p.md' as p %}{{ widget('contents') }}{{ p.boite }}",
        "parts/p.md": "{% set boite = widget('form', 'form:f') %}",
        "questionnaires/f.toml": form,
    }
    template = make(home, files)
    seen = [render(template), render(template)]
    assert seen[0] == seen[1]
    page = seen[1].get("page:accueil")
    assert [part.name for part in page.body if not isinstance(part, str)] == ["contents", "form"]  # type: ignore[union-attr]


def test_a_licence_is_named_in_the_language_of_the_template() -> None:
    view = View(Licence.CC_BY_SA, "engagement.licence")
    assert "Partage" in member(view, "label") and member(view, "short") == "CC BY-SA 4.0"
    with using_language("en"):
        assert "ShareAlike" in member(view, "label") and member(view, "url").endswith("/deed.en")
