"""From a template and an engagement to resources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from allies_sync.model.lifecycle import State
from allies_sync.model.problems import InvalidData
from allies_sync.model.resources import (
    Access,
    Document,
    Entry,
    Folder,
    Form,
    List_,
    Page,
    Rights,
    Scope,
    Share,
    Widget,
    references,
    source_fingerprint,
)
from allies_sync.text.messages import using_language
from allies_sync.workspace.flaws import Flaw
from allies_sync.workspace.planning import desired_access
from allies_sync.workspace.rendering import Workspace
from allies_sync.workspace.template import Template

from .conftest import HOME, Make

Render = Callable[..., Workspace]

SESSIONS = [{"id": "j1", "title": "Jour 1", "place": "Tours"}, {"id": "j2", "title": "Jour 1"}]


def ids(workspace: Workspace) -> list[str]:
    return [resource.id for resource in workspace.resources]


def test_everything_that_a_template_can_say(journee: Template, render: Render) -> None:
    workspace = render(journee, sessions=SESSIONS)
    assert ids(workspace) == [
        "folder:proposition",
        "folder:ressources",
        "folder:jour-j1",
        "folder:jour-j2",
        "document:proposition",
        "document:affiche",
        "document:deroule-j1",
        "document:deroule-j2",
        "share:ressources",
        "share:depot",
        "list:themes",
        "form:amont",
        "form:a-chaud-j1",
        "form:a-chaud-j2",
        "page:accueil",
        "page:programme",
        "page:jour-j1",
        "page:questionnaire",
        "page:accompagnements",
        "entry:premiere",
    ]
    assert workspace.home == "page:accueil"
    assert workspace.menu == (
        ("page:accueil", "Accueil"),
        ("page:programme", "Programme de Coopérer"),
        ("page:questionnaire", "Questionnaire"),
    )
    assert (workspace.template.name, workspace.template.version) == ("journee", 1)
    assert workspace.template.hash == journee.hash


def test_each_kind(journee: Template, render: Render) -> None:
    found = {resource.id: resource for resource in render(journee, sessions=SESSIONS).resources}
    folder = found["folder:jour-j1"]
    assert isinstance(folder, Folder)
    assert (folder.name, folder.parent, folder.role) == ("Jour 1", "folder:ressources", "files")
    document = found["document:affiche"]
    assert isinstance(document, Document)
    assert (document.name, document.media_type) == ("Affiche.svg", "image/svg+xml")
    assert document.data is not None
    assert document.data.startswith(b"<svg")
    plan = found["document:deroule-j2"]
    assert isinstance(plan, Document)
    assert (plan.name, plan.folder, plan.body) == ("Déroulé.md", "folder:jour-j2", ("# Jour 1\n",))
    share = found["share:ressources"]
    assert isinstance(share, Share)
    assert (share.target, share.expires) == ("folder:ressources", date(2027, 6, 10))
    assert isinstance(found["list:themes"], List_)
    form = found["form:amont"]
    assert isinstance(form, Form)
    assert [(field.id, field.personal) for field in form.fields] == [
        ("attentes", False),
        ("theme", False),
        ("courriel", True),
    ]
    assert form.fields[0].label == "Qu'attendez-vous de Coopérer ?"
    assert (form.moment, form.session, form.answers) == ("amont", "", Rights.PARTICIPANTS)
    assert form.access == Access(Rights.PARTICIPANTS, Rights.PARTICIPANTS)
    later = found["form:a-chaud-j2"]
    assert isinstance(later, Form)
    assert (later.session, later.name, later.entry_title) == ("j2", "a-chaud-j2", "Retour sur Jour 1")
    page = found["page:jour-j1"]
    assert isinstance(page, Page)
    assert page.keywords == ("Tours",)
    assert page.body[1] == Widget("button", "form:a-chaud-j1", (("label", "Donner son retour"),))
    entry = found["entry:premiere"]
    assert isinstance(entry, Entry)
    assert dict(entry.values) == {"attentes": "Tout savoir de\nCoopérer", "theme": "eau"}


def test_every_reference_is_declared_or_left_out(journee: Template, render: Render) -> None:
    for state in State:
        workspace = render(journee, sessions=SESSIONS, state=state.value)
        for resource in workspace.resources:
            assert references(resource) <= set(ids(workspace)), resource.id


def test_a_link_to_what_is_not_there_is_text_and_a_widget_nothing(journee: Template, render: Render) -> None:
    page = render(journee).get("page:accueil")
    assert isinstance(page, Page)
    text = "".join(part for part in page.body if isinstance(part, str))
    assert "- Le territoire\n" in text
    assert "[Répondre au questionnaire](ref:page:questionnaire)" in text
    there = render(journee, territory={"place": "Blois"})
    assert there.get("page:territoire").title == "Le territoire de Blois"  # type: ignore[union-attr]
    page = there.get("page:accueil")
    assert isinstance(page, Page)
    assert "[Le territoire](ref:page:territoire)" in "".join(part for part in page.body if isinstance(part, str))


def test_two_things_with_the_same_words_have_two_names(journee: Template, render: Render) -> None:
    workspace = render(journee, sessions=SESSIONS)
    names = [item.name for item in workspace.resources if isinstance(item, Folder)]
    assert names == ["Proposition", "Ressources", "Jour 1", "Jour 1 (jour-j2)"]


@pytest.mark.parametrize("title", ["../../etc", "a/b\\c", "CON", "....", "···", "* ? | <", "x" * 199, "🎉"])
def test_typed_words_make_safe_names(make: Make, render: Render, title: str) -> None:
    template = make(
        '[[folder]]\nid = "a"\ntitle = "{{ engagement.subtitle | default(\'rien\') }}"\n'
        '[[document]]\nid = "b"\ntitle = "{{ engagement.subtitle | default(\'rien\') }}"\nfolder = "a"\n',
        {"documents/b.md": "b"},
    )
    for resource in render(template, subtitle=title).resources:
        name = resource.name  # type: ignore[attr-defined]
        assert name
        assert not set(name) & set('/\\:*?"<>|')
        assert name not in {".", "..", "CON"}
        assert not name.startswith(" ")


def test_the_same_data_gives_the_same_bytes_whatever_the_language_of_the_person(
    journee: Template, render: Render
) -> None:
    data = {"sessions": SESSIONS, "demand": "Une demande."}
    first = render(journee, **data)
    with using_language("en"):
        second = render(journee, **data)
    assert first == second
    assert [source_fingerprint(item) for item in first.resources] == [
        source_fingerprint(item) for item in second.resources
    ]


# --- states -----------------------------------------------------------------------------------------------


def test_a_proposition_is_files_only(journee: Template, render: Render) -> None:
    for state in ("proposé", "refusé"):
        assert {resource.role for resource in render(journee, state=state).resources} == {"files"}
    assert render(journee, state="proposé").home is None
    assert render(journee, state="proposé").menu == ()


def test_archived_and_cancelled_are_read_only_but_for_the_collective(journee: Template, render: Render) -> None:
    for state in ("archivé", "annulé"):
        for resource in render(journee, sessions=SESSIONS, state=state).resources:
            if resource.scope is Scope.COLLECTIVE:
                assert resource.access.write is Rights.TEAM
            else:
                assert resource.access.write is None, resource.id
    opened = {item.id: item.access.read for item in render(journee).resources}
    frozen = {item.id: item.access.read for item in render(journee, state="archivé").resources}
    assert {key: opened[key] for key in frozen} == frozen


@pytest.mark.parametrize("state", State)
def test_desired_access_is_pure(state: State) -> None:
    own = Page(id="page:a", role="wiki", title="A", name="a")
    shared = Page(id="page:a", role="wiki", title="A", name="a", scope=Scope.COLLECTIVE)
    frozen = state in {State.ARCHIVED, State.CANCELLED, State.REFUSED}
    assert desired_access(own, state) == (Access(Rights.TEAM, None) if frozen else own.access)
    assert desired_access(shared, state) == shared.access


def test_cancelling_a_proposition_opens_nothing(journee: Template, render: Render) -> None:
    files = {item.id for item in render(journee, state="proposé").resources}
    assert set(ids(render(journee, known=files, state="annulé"))) <= files
    everything = set(ids(render(journee)))
    assert set(ids(render(journee, known=everything, state="annulé"))) >= everything - {"share:depot"}


def test_links_end_after_the_last_day_and_public_ones_stay_with_the_archive(make: Make, render: Render) -> None:
    template = make(
        '[[folder]]\nid = "a"\ntitle = "A"\n'
        '[[share]]\nid = "public"\ntitle = "P"\ntarget = "folder:a"\naudience = "public"\n'
        '[[share]]\nid = "court"\ntitle = "C"\ntarget = "folder:a"\nexpires_after = 10\n'
        '[[share]]\nid = "toujours"\ntitle = "T"\ntarget = "folder:a"\nexpires_after = 0\n'
    )

    def ends(**data: Any) -> dict[str, date | None]:
        return {item.id: item.expires for item in render(template, **data).resources if isinstance(item, Share)}

    sessions = [{"id": "j", "title": "J", "date": "2027-03-20"}]
    assert ends(sessions=sessions) == {
        "share:public": date(2027, 6, 18),
        "share:court": date(2027, 3, 30),
        "share:toujours": None,
    }
    assert ends(state="archivé") == {"share:public": None, "share:court": date(2027, 3, 22), "share:toujours": None}
    late = ends(opened="2027-06-01")
    assert late == {"share:public": date(2027, 7, 1), "share:court": date(2027, 7, 1), "share:toujours": None}
    extended = ends(links_until="2027-05-01")
    assert extended == {"share:public": date(2027, 6, 10), "share:court": date(2027, 5, 1), "share:toujours": None}
    assert ends(links_until="2027-05-01", state="archivé")["share:public"] is None


# --- what is personal, what is the collective's -----------------------------------------------------------

CONTACT = "{% for p in engagement.people %}{{ p.name }} {{ p.contact.email | default('-') }}{% endfor %}\n"
PEOPLE = [{"name": "Zoé", "contact": {"email": "zoe@exemple.org"}}]


@pytest.mark.parametrize(
    ("declarations", "shown"),
    [
        ('[[document]]\nid = "d"\ntitle = "D"\n', True),
        ('[[document]]\nid = "d"\ntitle = "D"\nread = "participants"\n', True),
        ('[[document]]\nid = "d"\ntitle = "D"\nread = "public"\n', False),
        (
            '[[document]]\nid = "d"\ntitle = "D"\nfolder = "f"\n[[folder]]\nid = "f"\ntitle = "F"\n'
            '[[share]]\nid = "s"\ntitle = "S"\ntarget = "folder:f"\naudience = "public"\n',
            False,
        ),
        (
            '[[document]]\nid = "d"\ntitle = "D"\n'
            '[[share]]\nid = "s"\ntitle = "S"\ntarget = "document:d"\naudience = "public"\n',
            False,
        ),
        (
            '[[document]]\nid = "d"\ntitle = "D"\nfolder = "f"\n[[folder]]\nid = "f"\ntitle = "F"\n'
            '[[share]]\nid = "s"\ntitle = "S"\ntarget = "folder:f"\naudience = "public"\ndrop = true\n',
            True,
        ),
    ],
)
def test_nothing_personal_where_anybody_reads(make: Make, render: Render, declarations: str, shown: bool) -> None:
    template = make(declarations, {"documents/d.md": CONTACT})
    document = render(template, people=PEOPLE).get("document:d")
    assert isinstance(document, Document)
    assert ("zoe" in str(document.body)) is shown
    assert "Zoé" in str(document.body)


def test_what_is_the_collectives_knows_no_engagement(make: Make, render: Render) -> None:
    head = HOME + '[[page]]\nid = "tous"\ntitle = "Tous"\nscope = "collective"\n'
    for source, code in (
        ("{{ engagement.title }}", Flaw.UNKNOWN_NAME),
        ("{{ link('page:accueil') }}", Flaw.NOT_HERE),
    ):
        with pytest.raises(InvalidData) as caught:
            render(make(head, {"pages/tous.md": source}))
        assert [problem.code for problem in caught.value.problems] == [code]
    files = {"pages/tous.md": "{{ collective.name }}", "pages/accueil.md": "{{ link('page:tous') }}"}
    workspace = render(make(head, files))
    assert workspace.menu == (("page:accueil", "Accueil"),)


# --- forms ------------------------------------------------------------------------------------------------

FORM = 'id = "f"\nmoment = "amont"\ntitle = "F"\n'


def notice(
    make: Make, render: Render, form: str, files: dict[str, str] | None = None, more: str = "", **data: Any
) -> str:
    template = make(
        f'[[form]]\nid = "f"\n{more}',
        {"questionnaires/f.toml": form, **(files or {})},
    )
    found = render(template, **data).get("form:f")
    assert isinstance(found, Form)
    return "".join(part for part in found.notice if isinstance(part, str))


def test_a_form_tells_who_reads_why_and_for_how_long(make: Make, render: Render) -> None:
    text = notice(make, render, FORM)
    assert "**Qui lit vos réponses ?** L'équipe qui anime, et personne d'autre." in text
    assert "mois" not in text and "gardé avec cet espace" in text, "nothing personal is asked: nothing is erased"
    asked = FORM + '[[questions]]\nid = "nom"\nkind = "text"\nlabel = "Nom"\npersonal = true\n'
    assert "12 mois" in notice(make, render, asked)
    privacy = {
        "readers": "*Zoé*",
        "purpose": "Préparer.\n\n# Rien",
        "contact": "zoe@exemple.org",
        "retention_months": 6,
    }
    introduced = asked.replace(FORM, FORM + 'introduction = "Bonjour {{ engagement.title }}"\n')
    text = notice(make, render, introduced, privacy=privacy)
    assert text.startswith("Bonjour Coopérer\n\n")
    assert "\\*Zoé\\*" in text
    assert "Préparer\\. # Rien" in text.replace("Préparer.", "Préparer\\.")
    assert "6 mois" in text
    assert "zoe\\@exemple" in text


def test_a_template_may_have_its_own_notice(make: Make, render: Render) -> None:
    files = {"questionnaires/notice.md": "Pour tous : {{ notice.retention_months }}"}
    assert notice(make, render, FORM, files) == "Pour tous : 12\n"
    files["questionnaires/f.md"] = "{{ questionnaire.questions | length }} questions"
    assert notice(make, render, FORM, files, 'notice = "questionnaires/f.md"\n') == "0 questions\n"
    own = FORM + "[notice]\nretention_months = 3\n"
    assert notice(make, render, own, {"questionnaires/notice.md": "{{ notice.retention_months }}"}) == "3\n"


def test_the_title_of_a_form_is_that_of_its_questionnaire_unless_it_has_one(make: Make, render: Render) -> None:
    form = FORM.replace('"F"', '"F de {{ engagement.title }}"')
    for more, title in (("", "F de Coopérer"), ('title = "G"\n', "G")):
        template = make(f'[[form]]\nid = "f"\n{more}', {"questionnaires/f.toml": form})
        [found] = render(template).resources
        assert isinstance(found, Form)
        assert (found.title, found.entry_title) == (title, title)


def test_mistakes_are_told_at_once_with_file_line_and_field(make: Make, render: Render) -> None:
    template = make(
        HOME
        + '[[page]]\nid = "b"\ntitle = "{{ engagement.end }}"\nkeywords = ["a", "{{ nope }}"]\n'
        + '[[form]]\nid = "f"\n[[page]]\nid = "c"\ntitle = "C"\nwhen = { field = "titel" }\n',
        {
            "pages/accueil.md": "a\n{{ engagement.titel }}",
            "pages/b.md": "",
            "pages/c.md": "",
            "questionnaires/f.toml": FORM + '[[questions]]\nid = "q"\nlabel = "{{ engagement.oups }}"\n',
        },
    )
    with pytest.raises(InvalidData) as caught:
        render(template)
    found = {(item.file.rpartition("/essai/")[2], item.line, item.code) for item in caught.value.problems}
    assert found == {
        ("template.toml", 11, Flaw.UNSET),
        ("template.toml", 12, Flaw.UNKNOWN_NAME),
        ("template.toml", 18, Flaw.UNKNOWN_FIELD),
        ("questionnaires/f.toml", 6, Flaw.UNKNOWN_FIELD),
        ("pages/accueil.md", 2, Flaw.UNKNOWN_FIELD),
    }


def test_titles_are_plain_text(make: Make, render: Render) -> None:
    template = make(HOME.replace('"Accueil"', '"{{ engagement.title }} & {{ engagement.title | upper }}"'))
    title = "*a* <b> [c](ref:page:d) \u202eé\ue000 {{ x }}"
    [page] = render(template, title=title).resources
    assert page.title == "*a* <b> [c](ref:page:d) é {{ x }} & *A* <B> [C](REF:PAGE:D) É {{ X }}"
