"""Answers of the wiki: what they mean; names, riddles, rights, forms. With what real wikis answered."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from allies_sync.model.resources import Access, Field, FieldKind, Form, Option, Page, Rights, Scope
from allies_sync.platforms.errors import Denied, PlatformError, Refused, Unavailable
from allies_sync.platforms.interface import Address, Space
from allies_sync_yeswiki import formlines, names
from allies_sync_yeswiki.answers import typed
from allies_sync_yeswiki.classify import Verdict, api_trouble, edited, trouble, verdict
from allies_sync_yeswiki.formwork import form_fingerprint, must_say
from allies_sync_yeswiki.hashcash import solve
from allies_sync_yeswiki.looking import mark_in_title, wiki_list
from allies_sync_yeswiki.rights import FROZEN, Levels, is_table, rows
from allies_sync_yeswiki.settings import YesWikiSettings

RECORDINGS = Path(os.environ.get("ALLIES_SYNC_RECORDINGS", "/work/shared/recordings")) / "yeswiki"
VERSIONS = ("dev", "4.4.4")
SPACE = Space("2027-essai", "Essai")
LEVELS = Levels(YesWikiSettings(url="https://wiki.exemple.org", user="Outil", team_group="equipe"))


def recorded(version: str, file: str) -> dict[str, Any]:
    path = RECORDINGS / version / file
    if not path.exists():
        pytest.skip(f"no recordings at {RECORDINGS}")
    return {item["name"]: item for item in json.loads(path.read_text())}


def answer(item: dict[str, Any]) -> requests.Response:
    found = requests.Response()
    found.status_code = item["response"]["status"]
    # the host was not recorded; the wikis of the recordings lead to themselves
    there = urlsplit(item["response"].get("headers", {}).get("Location", ""))
    found.url = f"{there.scheme}://{there.netloc}/?{item['request'].get('query', '')}"
    body = item["response"].get("body") or ""
    found._content = (body if isinstance(body, str) else json.dumps(body)).encode()
    for name, value in (item["response"].get("headers") or {}).items():
        found.headers[name] = value if isinstance(value, str) else ", ".join(map(str, value))
    found.encoding = "utf-8"
    return found


def tag(item: dict[str, Any]) -> str:
    """The page that was asked for."""
    return str(item["request"].get("query", "")).partition("/")[0]


@pytest.mark.parametrize("version", VERSIONS)
class TestRecorded:
    def test_the_riddle_is_solved(self, version: str) -> None:
        pages = recorded(version, "02-pages.json")
        sent = dict(pages["edit-create-ok"]["request"]["body"]["__form__"])
        assert solve(pages["hashcash-getkey"]["response"]["body"]) == sent["hashcash_value"]

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("edit-create-ok", Verdict.SAVED),
            ("edit-update-ok", Verdict.SAVED),
            ("edit-update-stale", Verdict.CONFLICT),
            ("edit-update-empty-previous", Verdict.CONFLICT),
            ("edit-create-without-hashcash", Verdict.HASHCASH),
        ],
    )
    def test_edits(self, version: str, name: str, expected: Verdict) -> None:
        item = recorded(version, "02-pages.json")[name]
        assert edited(answer(item), tag(item)) is expected

    def test_an_edit_that_is_denied(self, version: str) -> None:
        item = recorded(version, "03-acl.json")["edit-post-denied-anonymous"]
        assert edited(answer(item), tag(item)) is Verdict.DENIED

    @pytest.mark.parametrize(
        ("name", "message", "said"),
        [
            ("form-update", "BAZ_FORMULAIRE_MODIFIE", True),
            ("form-create-anonymous", "BAZ_NOUVEAU_FORMULAIRE_ENREGISTRE", False),
            ("form-delete", "BAZ_FORMULAIRE_ET_FICHES_SUPPRIMES", True),
            ("form-delete-no-token", "BAZ_FORMULAIRE_ET_FICHES_SUPPRIMES", False),
        ],
    )
    def test_a_form_was_written(self, version: str, name: str, message: str, said: bool) -> None:
        response = answer(recorded(version, "04-forms.json")[name])
        with nullcontext() if said else pytest.raises(PlatformError):
            must_say(response, message, "wiki.exemple.org")

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("hibernate-edit-post", Verdict.READ_ONLY),
            ("locked-file-page", Verdict.UPGRADE),
            ("config-missing-page", Verdict.INSTALLER),
            ("cache-unwritable-page", Verdict.UNKNOWN),
            ("php-parse-error-page", Verdict.EXCEPTION),
            ("tag-too-long-edit", Verdict.EXCEPTION),
            ("hashcash-wrong-value", Verdict.HASHCASH),
            ("captcha-edit-post-bot-user", Verdict.CAPTCHA),
            ("captcha-edit-post-admin", Verdict.SAVED),
        ],
    )
    def test_faults(self, version: str, name: str, expected: Verdict) -> None:
        faults = recorded(version, "09-faults-config.json")
        if name not in faults:
            pytest.skip(f"{name} was not recorded")
        assert edited(answer(faults[name]), tag(faults[name])) is expected

    def test_a_database_that_is_down(self, version: str) -> None:
        faults = recorded(version, "09-faults-config.json")
        down = [it for name, it in faults.items() if name.startswith("db-down") and "static" not in name]
        if not down:
            pytest.skip("the database was not stopped while this wiki was recorded")
        assert all(verdict(answer(it)) is Verdict.DATABASE for it in down)
        assert isinstance(api_trouble(answer(down[0]), "wiki"), Unavailable)

    def test_the_table_of_rights(self, version: str) -> None:
        path = RECORDINGS / version / "html" / "gerer-droits.html"
        if not path.exists():
            pytest.skip("no recordings")
        html = path.read_text()
        table = rows(html)
        assert is_table(html) and table["pageprincipale"].read == ("*",)
        assert any("@admins" in row.write for row in table.values())


@pytest.mark.parametrize("what", list(Verdict))
def test_every_verdict_has_a_sentence(what: Verdict) -> None:
    error = trouble(what, "wiki.exemple.org")
    assert "wiki.exemple.org" in error.message and "\n" not in error.message
    assert not isinstance(trouble(Verdict.UNKNOWN, "w"), Denied)


@pytest.mark.parametrize("script", ["", "x[0] = 1 ^ 2;", "<html>", "a[1] = 3 ^ 4;", "x[0] = 946002551 ^ 1527557905;"])
def test_what_is_no_riddle_is_not_solved(script: str) -> None:
    assert solve(script) is None


# --- names ------------------------------------------------------------------------------------------------


def page(name: str, *, home: bool = False) -> Page:
    return Page(id="page:x", role="wiki", title="X", name=name, home=home)


def test_names_of_pages() -> None:
    space = Space("2027-dynamiques-de-cooperation", "x")
    assert names.page_tag(space, page("accueil", home=True)) == "Dynamiques-de-cooperation-2027"
    assert names.page_tag(space, page("a-chaud")) == "Dynamiques-de-cooperation-2027.A-chaud"
    assert names.page_tag(Space("_collectif", "x", collective=True), page("tous")) == "Collectif.Tous"


def all_names() -> Iterator[str]:
    for slug in (
        "2027-a-bc",
        "2027-ab-c",
        "2028-a-2027",
        "a-2027",
        "2027-a",
        "eng-a-2027",
        "collectif",
        "_collectif",
    ):
        space = Space(slug, "x", collective=slug == "_collectif")
        yield names.banner_tag(space)
        yield names.page_tag(space, page("x", home=True))
        for name in ("a-bc", "ab-c", "2028", "e" * 300 + "un", "e" * 300 + "deux", "Été", "ete", "page"):
            yield names.page_tag(space, page(name))


def test_no_two_pages_come_to_the_same_name() -> None:
    found = [names.fold_tag(tag) for tag in all_names()]
    assert len(set(found)) == len(found)
    assert all(names.is_tag(tag) and len(tag) <= 191 for tag in found)


@pytest.mark.parametrize("slug", ["", "..", "a/b", "A b", "api?x"])
def test_a_slug_that_is_none_is_refused(slug: str) -> None:
    with pytest.raises(Refused):
        names.base_name(Space(slug, "x"))


# --- rights -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "access", [Access(Rights.PUBLIC, Rights.TEAM), Access(Rights.TEAM, None), Access(Rights.PUBLIC, Rights.PUBLIC)]
)
def test_rights_there_and_back(access: Access) -> None:
    fields = dict(LEVELS.fields(access, ["A"]))
    html = "".join(
        f'<tr><input type="checkbox" name="selectpage[A]" value="A" class="selectpage">{cells(fields)}</tr></tbody>'
        for _ in (1,)
    )
    assert LEVELS.access(rows(html)["a"]) == access


def cells(fields: dict[str, str]) -> str:
    def label(line: str) -> str:
        return f'<span class="label label-{"success" if line == "*" else "default"}">{line}</span>'

    lists = (fields["newlire_advanced"], fields["newecrire_advanced"])
    return "".join(f'<td align="center">{"".join(map(label, it.split(",")))}</td>' for it in lists)


def test_a_frozen_page_says_so_even_where_the_team_are_the_admins() -> None:
    alone = Levels(YesWikiSettings(url="https://wiki.exemple.org", user="Outil"))
    assert alone.list_for(None) != alone.list_for(Rights.TEAM) and FROZEN in alone.list_for(None)


# --- forms ------------------------------------------------------------------------------------------------

FORM = Form(
    id="form:amont",
    role="wiki",
    title="Avant",
    name="amont",
    entry_title="Une réponse {{bf_prenom}}",
    fields=(
        Field(id="attentes", kind=FieldKind.LONG_TEXT, label="Qu'attendez-vous ?", required=True, max_length=300),
        Field(
            id="avis",
            kind=FieldKind.CHOICE,
            label="<b>R&D</b> ***",
            options=(Option("oui", "Oui"), Option("non", "Non")),
        ),
        Field(id="prenom", kind=FieldKind.TEXT, label="Prénom", personal=True),
    ),
)


def lines(form: Form = FORM) -> list[formlines.Row]:
    return formlines.rows(SPACE, form, lambda field: "ListeX", formlines.readers(form, "@equipe"))


def test_lines_of_a_form() -> None:
    template = formlines.template(lines())
    parsed = formlines.parse(template)
    assert [line[0] for line in parsed] == ["titre", "labelhtml", "textelong", "radio", "texte", "labelhtml", "acls"]
    assert {formlines.name_in(line) for line in parsed} == {"", "bf_attentes", "bf_avis", "bf_prenom"}
    assert all(line[11] == "@equipe" for line in parsed if formlines.name_in(line))
    assert "crypto.getRandomValues" in template and "{{bf_prenom" not in template
    assert parsed[-1][1:4] == ("@equipe", "*", "comments-closed")
    assert "&amp;lt;b&amp;gt;" in parsed[3][2], "the wiki undoes one escaping of a label"


def test_one_personal_question_closes_all_answers() -> None:
    public = replace(FORM, answers=Rights.PUBLIC)
    assert formlines.readers(public, "@equipe") == "@equipe"
    assert formlines.readers(replace(public, fields=FORM.fields[:2]), "@equipe") == "*"


def test_a_form_that_all_share_asks_whose_an_answer_is() -> None:
    shared = replace(FORM, scope=Scope.COLLECTIVE)
    assert any(line[:2] == ("champs_cache", "bf_engagement") for line in lines(shared))


def test_what_editors_and_versions_change_is_no_change() -> None:
    own = [("oui", "Oui"), ("non", "Non")]
    made = formlines.rows(SPACE, FORM, lambda it: "Liste" + formlines.own_list(SPACE, FORM.id, it.id), "@equipe")
    fresh = formlines.shape(formlines.parse(formlines.template(made)), lambda line: own)
    assert fresh == form_fingerprint(SPACE, FORM, LEVELS)
    trimmed = "\n".join(line.rstrip() for line in formlines.template(made).splitlines())
    renamed = trimmed.replace("Listeq", "Listq")
    closed = formlines.template([formlines.closing(SPACE), *formlines.parse(renamed)])
    for text in (trimmed, renamed, closed):
        assert formlines.shape(formlines.parse(text), lambda line: own) == fresh
    other = renamed.replace("Prénom", "Nom")
    assert formlines.shape(formlines.parse(other), lambda line: own) != fresh
    assert formlines.shape(formlines.parse(trimmed), lambda line: own[:1]) != fresh


def test_a_question_that_left_the_template_is_no_part_of_it() -> None:
    more = formlines.kept(formlines.parse(formlines.template(lines()))[2])
    assert formlines.shape([*lines(), more], lambda line: ()) == formlines.shape(lines(), lambda line: ())


def test_lists_in_both_shapes() -> None:
    new = wiki_list("L", {"title": "T (allies-sync:a:list:b)", "nodes": [{"id": 1, "label": "Un"}]})
    old = wiki_list("L", {"titre_liste": "T (allies-sync:a:list:b)", "label": {"1": "Un"}})
    assert new == old and mark_in_title(new.title) == "allies-sync:a:list:b"


def test_the_number_of_a_form_is_its_own() -> None:
    number = names.form_number(SPACE, FORM)
    assert number == names.form_number(SPACE, FORM) != names.form_number(Space("2027-autre", "x"), FORM)
    assert int(number) < 2**32


def test_texts_as_they_were_typed() -> None:
    assert typed("R&amp;D &lt;b&gt;\r\nligne  ") == "R&D <b>\nligne"


def test_addresses_of_shared_lists_are_no_part_of_a_question() -> None:
    field = Field(id="type", kind=FieldKind.CHOICE, label="Type", options_from="list:types")
    form = replace(FORM, fields=(field,))
    here = Space("2027-essai", "Essai", addresses={"list:types": Address("ListeTypes", None)})
    assert form_fingerprint(here, form, LEVELS) == form_fingerprint(here, form, LEVELS)
