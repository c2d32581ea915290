"""The role `wiki`: people's words in sources, in pages, in forms; what is derived follows them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from allies_sync.model.resources import Body, Field, FieldKind, Form, Option, Page, Resource, Rights, Widget
from allies_sync.platforms.errors import PlatformError, Refused, Suspicious
from allies_sync.platforms.interface import (
    Absent,
    Act,
    Address,
    Answers,
    Change,
    Done,
    Failed,
    Known,
    Overtaken,
    Seen,
    Space,
    Target,
    Unknown,
)
from allies_sync.reconcile.decide import Action, Choice
from allies_sync_local.wiki import LocalWiki
from tests.local.conftest import times, tree
from tests.local.machine import AMONT, LISTING, RESOURCES, SLUG, Machine, collective, frozen, predicted, space

HOME, PROGRAMME = RESOURCES[0], RESOURCES[1]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    for report in machine.open_all():
        assert report.complete, report
    return machine


@pytest.fixture
def root(machine: Machine, tmp_path: Path) -> Path:
    return tmp_path / "wiki" / SLUG


def here(machine: Machine) -> Space:
    return predicted(machine.files, machine.wiki, space(), RESOURCES)


def look(machine: Machine, resource: Resource, known: Known | None = None) -> Seen | Absent | Unknown:
    found = machine.wiki.observe(here(machine), [Target(resource.id, resource.kind, resource, known)])
    return found[resource.id]


def known(machine: Machine, resource: Resource) -> Known:
    found = look(machine, resource)
    assert isinstance(found, Seen)
    return Known(found.remote_id, found.address, found.fingerprint)


def changed(*others: Resource) -> list[Resource]:
    by_id = {resource.id: resource for resource in others}
    return [by_id.get(resource.id, resource) for resource in RESOURCES]


def with_body(page: Resource, *body: str) -> Page:
    assert isinstance(page, Page)
    return replace(page, body=body)


# --- pages ---------------------------------------------------------------------------------------------------


def test_the_files_of_a_site(root: Path) -> None:
    assert sorted(name for name, data in tree(root).items() if data is not None) == [
        "fiches/amont/guide.json",
        "formulaires/amont.html",
        "formulaires/amont.json",
        "index.html",
        "listes/freins.json",
        "programme.html",
        "sources/index.md",
        "sources/programme.md",
        "style.css",
    ]


def test_a_source_is_something_to_read(root: Path) -> None:
    assert (root / "sources/index.md").read_text() == (
        "# Accueil\n\nBienvenue.\n\n{{questionnaire: amont}}\n\nDéjà {{nombre de réponses: amont}} réponses.\n\n"
        "{{réponses: amont}}\n\n{{inclure: programme}}\n\n"
        f"{{{{dossier: ../../fichiers/{SLUG}/Proposition/Ressources/ | Ressources}}}}\n\n{{{{sommaire}}}}\n"
    )


def test_a_person_s_edit_is_kept_and_shown(machine: Machine, root: Path) -> None:
    source = root / "sources/programme.md"
    source.write_text("# Programme\n\nThé à 10 h.\n")
    assert machine.actions() == {"page:programme": Action.KEEP}
    assert machine.sync().complete
    assert source.read_text() == "# Programme\n\nThé à 10 h.\n"
    for page in ("programme.html", "index.html"):  # which includes it
        assert "Thé à 10 h." in (root / page).read_text()
    before = times(root)
    assert machine.sync().complete and times(root) == before


def test_line_ends_of_windows_are_no_change(machine: Machine, root: Path) -> None:
    for name in ("sources/programme.md", "programme.html", "formulaires/amont.json", "formulaires/amont.html"):
        path = root / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = times(root)
    assert machine.actions() == {} and machine.sync().complete and times(root) == before


def test_a_page_edited_as_html_is_a_person_s(machine: Machine, root: Path) -> None:
    page = root / "programme.html"
    page.write_text(page.read_text().replace("Café", "Chocolat"))
    by_hand = page.read_bytes()
    assert machine.actions() == {"page:programme": Action.KEEP}
    (root / "sources/programme.md").write_text("# Programme\n\nEt la source aussi.\n")
    assert machine.sync().complete
    assert page.read_bytes() == by_hand
    new = changed(with_body(PROGRAMME, "Nouveau.\n"))
    assert machine.actions(new) == {"page:programme": Action.CONFLICT}
    machine.sync(new)
    assert page.read_bytes() == by_hand
    assert machine.sync(new, {"page:programme": Choice.REPLACE}).complete
    assert "Nouveau." in page.read_text() and "Nouveau." in (root / "sources/programme.md").read_text()
    assert machine.actions(new) == {}


@pytest.mark.parametrize(
    "names", [["programme.html"], ["sources/programme.md"], ["programme.html", "sources/programme.md"]]
)
def test_what_a_person_deleted_is_not_made_again(machine: Machine, root: Path, names: list[str]) -> None:
    for name in names:
        (root / name).unlink()
    left = {name: data for name, data in tree(root).items() if "programme" in name}
    assert machine.actions() == {"page:programme": Action.GONE}
    for resources in (RESOURCES, changed(with_body(PROGRAMME, "Nouveau.\n"))):
        machine.sync(resources)
        assert {name: data for name, data in tree(root).items() if "programme" in name} == left
    assert machine.sync(choices={"page:programme": Choice.RECREATE}).complete
    assert machine.actions() == {}
    assert "Café" in (root / "programme.html").read_text()


def test_making_again_writes_over_no_words(machine: Machine, root: Path) -> None:
    (root / "programme.html").unlink()
    (root / "sources/programme.md").write_text("Mes mots.\n")
    report = machine.sync(choices={"page:programme": Choice.RECREATE})
    assert not report.complete
    assert (root / "sources/programme.md").read_text() == "Mes mots.\n"


def test_the_menu_follows_without_touching_words(machine: Machine, root: Path) -> None:
    (root / "sources/programme.md").write_text("# Programme\n\nMes mots.\n")
    new = Page(id="page:bilan", role="wiki", title="Bilan <été>", name="bilan", body=("À venir.\n",))
    assert machine.sync([*RESOURCES, new]).complete
    page = (root / "programme.html").read_text()
    assert '<a href="bilan.html">Bilan &lt;été&gt;</a>' in page and "Mes mots." in page
    assert machine.actions([*RESOURCES, new]) == {"page:programme": Action.KEEP}
    before = times(root)
    machine.sync([*RESOURCES, new])
    assert times(root) == before


def test_a_form_edited_by_hand_is_kept_and_shown(machine: Machine, root: Path) -> None:
    path = root / "formulaires/amont.json"
    data = json.loads(path.read_text())
    data["fields"][0]["label"] = "Comment vous appelle-t-on ?"
    path.write_text(json.dumps(data))
    assert machine.actions() == {"form:amont": Action.KEEP}
    assert machine.sync().complete
    assert json.loads(path.read_text()) == data
    assert "Comment vous appelle-t-on\u00a0?" in (root / "formulaires/amont.html").read_text()


def test_another_layout_of_a_form_is_no_change(machine: Machine, root: Path) -> None:
    path = root / "formulaires/amont.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=7))
    assert machine.actions() == {}


def test_a_broken_form_is_kept(machine: Machine, root: Path) -> None:
    for text in ("{", "[]", "\udcff", "null", "[" * 100_000):
        (root / "formulaires/amont.json").write_text(text, errors="surrogateescape")
        assert machine.actions() == {"form:amont": Action.KEEP}
        assert machine.sync().complete


def test_a_shared_list_shows_in_its_form(machine: Machine, root: Path) -> None:
    assert "La peur" in (root / "formulaires/amont.html").read_text()
    freins = replace(RESOURCES[2], options=(Option("t", "Le temps"), Option("a", "L'argent")))  # type: ignore[call-arg]
    assert machine.sync(changed(freins)).complete
    assert "L&#39;argent" in (root / "formulaires/amont.html").read_text()


def test_the_style_of_a_collective_stays(machine: Machine, root: Path) -> None:
    style = root / "style.css"
    style.write_text(style.read_text() + "body { background: pink }\n")
    assert machine.actions() == {}
    assert machine.sync(changed(with_body(PROGRAMME, "Nouveau.\n"))).complete
    assert "pink" in style.read_text()
    style.unlink()
    assert machine.sync(changed(with_body(PROGRAMME, "Encore.\n"))).complete
    assert style.exists()


def test_frozen_pages_stay_up_to_date(machine: Machine, root: Path) -> None:
    assert machine.sync(frozen(RESOURCES)).complete
    files = [path for path in root.rglob("*") if path.is_file() and path.name != "style.css"]
    assert not [path for path in files if path.stat().st_mode & 0o222]
    new = Page(id="page:bilan", role="wiki", title="Bilan", name="bilan")
    assert machine.sync(frozen([*RESOURCES, new])).complete
    assert "bilan.html" in (root / "index.html").read_text()
    assert not (root / "index.html").stat().st_mode & 0o222
    assert machine.actions(frozen([*RESOURCES, new])) == {}
    assert machine.sync([*RESOURCES, new]).complete
    assert all(path.stat().st_mode & 0o200 for path in root.rglob("*"))


def test_removing_everything_leaves_nothing(machine: Machine, root: Path) -> None:
    where = here(machine)
    for resource in reversed([resource for resource in RESOURCES if resource.role == "wiki"]):
        found = look(machine, resource)
        assert isinstance(found, Seen)
        change = Change(resource.id, resource.kind, Act.DELETE, resource, found, None, resource.access)
        [outcome] = machine.wiki.apply(where, [change])
        assert outcome == Done(resource.id, None)
    assert not root.exists()
    assert SLUG not in (root.parent / "_collectif/index.html").read_text()


def test_a_form_with_answers_is_not_deleted(machine: Machine, root: Path) -> None:
    answer(root, "a", prenom="Zoé")
    found = look(machine, AMONT)
    assert isinstance(found, Seen)
    change = Change(AMONT.id, AMONT.kind, Act.DELETE, AMONT, found, None, AMONT.access)
    [outcome] = machine.wiki.apply(here(machine), [change])
    assert isinstance(outcome, Failed) and isinstance(outcome.error, Refused)
    assert (root / "formulaires/amont.json").exists()


# --- the collective's space ----------------------------------------------------------------------------------


def test_the_list_of_engagements_is_renewed_by_others(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.open_all()
    listing = tmp_path / "wiki/_collectif/index.html"
    assert SLUG in listing.read_text()
    found = machine.wiki.observe(collective(), [Target(LISTING[0].id, "page", LISTING[0])])[LISTING[0].id]
    assert isinstance(found, Seen) and not found.stale
    (tmp_path / "wiki/2028-autre").mkdir()
    (tmp_path / "wiki/2028-autre/index.html").write_text('<meta name="application-name" content="&lt;Autre&gt;">')
    found = machine.wiki.observe(collective(), [Target(LISTING[0].id, "page", LISTING[0])])[LISTING[0].id]
    assert isinstance(found, Seen) and found.stale
    assert machine.sync().complete
    page = listing.read_text()
    assert page.index("2028-autre") < page.index(SLUG) and "&lt;Autre&gt;" in page


# --- answers -------------------------------------------------------------------------------------------------


def answer(root: Path, name: str, **values: object) -> Path:
    path = root / "reponses/amont" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"values": values, "created": "2027-03-01T10:00:00+01:00"}))
    return path


def test_answers_are_read(machine: Machine, root: Path) -> None:
    assert isinstance(machine.wiki, Answers)
    assert machine.wiki.answers(here(machine), AMONT, None) == []
    answer(root, "b", prenom="Zoé", freins=["t", "p"], attentes="=1+1 <b>", note=4, oui=True, rien=None)
    answer(root, "a", prenom="Ali")
    first, second = machine.wiki.answers(here(machine), AMONT, known(machine, AMONT))
    assert (first.id, second.id) == ("a", "b")
    assert second.values == {
        "prenom": "Zoé",
        "freins": ("t", "p"),
        "attentes": "=1+1 <b>",
        "note": "4",
        "oui": "1",
    }
    assert second.created is not None and second.created.isoformat() == "2027-03-01T10:00:00+01:00"
    assert second.updated is not None


def test_an_answer_that_cannot_be_read_is_named(machine: Machine, root: Path) -> None:
    answer(root, "a").write_text("{")
    with pytest.raises(PlatformError) as error:
        machine.wiki.answers(here(machine), AMONT, None)
    assert "a.json" in error.value.message


def test_an_answer_that_cannot_be_read_hides_no_other(machine: Machine, root: Path) -> None:
    answer(root, "a").write_text("{")
    answer(root, "b", prenom="Zoé", attentes="Apprendre")
    broken = answer(root, "c")
    broken.write_bytes(b'{"values": {"prenom": "Mila"')
    before = broken.read_bytes()
    form = Target(AMONT.id, "form", AMONT, known(machine, AMONT))
    found = machine.wiki.gather(here(machine), [form])
    assert [it.id for it in found.answers[AMONT.id]] == ["b"]
    assert ["a.json" in found.unread[0], "c.json" in found.unread[1], len(found.unread)] == [True, True, 2]
    purged = machine.wiki.purge(here(machine), AMONT, None, ["prenom"])
    assert (purged.answers, len(purged.unread)) == (1, 2) and broken.read_bytes() == before
    broken.unlink()
    broken.symlink_to(root / "nowhere")
    answer(root, "a", attentes="Rien")
    assert not machine.wiki.gather(here(machine), [form]).unread


def test_answers_show_without_what_is_personal_or_free(machine: Machine, root: Path) -> None:
    answer(root, "a", prenom="Zoé", freins=["t"], attentes="mon secret")
    answer(root, "b", prenom="Ali", freins=["t", "p"], attentes="autre secret")
    assert machine.sync().complete
    page = (root / "index.html").read_text()
    assert "Déjà 2 réponses." in page and "2 réponses reçues." in page
    assert "Le temps" in page and "La peur" in page
    for word in ("Zoé", "Ali", "secret"):
        assert word not in page
    closed = replace(AMONT, answers=Rights.TEAM)
    assert machine.sync(changed(closed)).complete
    page = (root / "index.html").read_text()
    assert "2 réponses reçues." in page and "La peur" not in page


def test_answers_are_counted_from_a_threshold_on(machine: Machine, root: Path) -> None:
    freins = Field(id="freins", kind=FieldKind.CHOICES, label="Vos freins", options_from="list:freins")
    mine = Field(
        id="sante", kind=FieldKind.CHOICE, label="Votre santé", options=(Option("x", "Fragile"),), personal=True
    )
    team = replace(AMONT, answers=Rights.TEAM, fields=(*AMONT.fields[:1], freins, mine, AMONT.fields[2]))
    live = Page(id="page:direct", role="wiki", title="Direct", name="direct", body=(Widget("tally", AMONT.id), "\n"))
    wanted = (*changed(team), live)
    assert machine.sync(wanted).complete
    for number in range(4):
        answer(root, f"a{number}", prenom="Zoé", freins=["t", "t", "inventé"], attentes="mon secret", sante="x")
    assert machine.sync(wanted).complete
    page = (root / "direct.html").read_text()
    assert "4 réponses" in page and "à partir de 5" in page and "Le temps" not in page
    answer(root, "a4", freins=["p"])
    assert machine.sync(wanted).complete
    page = (root / "direct.html").read_text()
    assert "5 réponses" in page and "à partir de" not in page
    assert re.search(r"Le temps</th><td>.*<span>4</span>", page) and re.search(
        r"La peur</th><td>.*<span>1</span>", page
    )
    for word in ("Zoé", "secret", "inventé", "santé", "Fragile"):
        assert word not in page
    strict = replace(live, body=(Widget("tally", AMONT.id, (("threshold", "6"),)), "\n"))
    assert machine.sync((*changed(team), strict)).complete
    assert "à partir de 6" in (root / "direct.html").read_text()


# --- what comes from outside ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("remote", "path"),
    [
        (f"{SLUG}/sources/../../x.md", "programme.html"),
        (f"{SLUG}/sources/programme.md", "../autre/programme.html"),
        (f"{SLUG}/sources/programme.md", "index.html"),
        ("2027-voisin/sources/programme.md", "programme.html"),
        ("/etc/passwd", "programme.html"),
        ("", ""),
        (f"{SLUG}/formulaires/amont.json", "formulaires/amont.html"),
        (f"{SLUG}/sources/-x-.md", "-x-.html"),
    ],
)
def test_a_memory_that_leads_elsewhere_is_suspicious(machine: Machine, remote: str, path: str) -> None:
    forged = Known(remote, Address(path), "x")
    target = Target(PROGRAMME.id, "page", PROGRAMME, forged)
    with pytest.raises(Suspicious):
        machine.wiki.observe(here(machine), [target])
    with pytest.raises(Suspicious):
        machine.wiki.read(here(machine), target)


def test_links_are_not_followed(machine: Machine, root: Path, tmp_path: Path) -> None:
    memory = known(machine, PROGRAMME)
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "programme.md").write_text("très secret")
    (root / "sources").rename(tmp_path / "vieilles-sources")
    (root / "sources").symlink_to(secret)
    assert isinstance(look(machine, PROGRAMME, memory), Unknown)
    machine.sync()
    assert "très secret" not in "".join(path.read_text() for path in root.glob("*.html"))
    assert sorted(tree(secret)) == ["programme.md"]


def test_an_answer_that_is_a_link_is_not_read(machine: Machine, root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"values": {"attentes": "secret"}}')
    answer(root, "a", prenom="Zoé")
    (root / "reponses/amont/b.json").symlink_to(tmp_path / "secret.json")
    assert [found.id for found in machine.wiki.answers(here(machine), AMONT, None)] == ["a"]


def test_a_foreign_page_is_left_alone(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    root = tmp_path / "wiki" / SLUG
    root.mkdir(parents=True)
    (root / "programme.html").write_text("<h1>Le mien</h1>")
    report = machine.sync()
    assert (root / "programme.html").read_text() == "<h1>Le mien</h1>"
    assert not (root / "sources/programme.md").exists()
    assert machine.actions() == {"page:programme": Action.FOREIGN}
    assert "page:programme" not in report.finished


def test_two_names_that_come_to_one_page(machine: Machine, root: Path) -> None:
    twin = Page(id="page:programme-2", role="wiki", title="Autre", name="Programmé", body=("Autre.\n",))
    assert machine.actions([*RESOURCES, twin]) == {"page:programme-2": Action.FOREIGN}
    index = Page(id="page:index", role="wiki", title="Index", name="index", body=("Alphabétique.\n",))
    assert machine.sync([*RESOURCES, index]).complete
    assert "Alphabétique" in (root / "page-index.html").read_text()


def test_an_update_based_on_an_older_page_is_overtaken(machine: Machine, root: Path) -> None:
    found = look(machine, PROGRAMME)
    assert isinstance(found, Seen)
    (root / "programme.html").write_text("<p>par quelqu'un</p>")
    change = Change(PROGRAMME.id, "page", Act.UPDATE, with_body(PROGRAMME, "x"), found, None, PROGRAMME.access)
    [outcome] = machine.wiki.apply(here(machine), [change])
    assert isinstance(outcome, Overtaken)
    assert (root / "programme.html").read_text() == "<p>par quelqu'un</p>"


def test_a_form_of_the_collective_shows_in_an_engagement(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    shared = Form(
        id="form:ressources",
        role="wiki",
        title="Ressource",
        name="ressources",
        fields=(Field(id="titre", kind=FieldKind.TEXT, label="Titre"),),
    )
    assert machine.sync([*LISTING, shared], where=collective()).complete
    address = machine.wiki.predict(collective(), shared)
    assert address is not None
    body: Body = (Widget("form", shared.id), "\n\n", Widget("button", shared.id, (("label", "Proposer"),)), "\n")
    page = Page(id="page:ressources", role="wiki", title="Ressources", name="ressources", body=body)
    where = replace(here(machine), addresses={page.id: Address("ressources.html"), shared.id: address})
    change = Change(page.id, "page", Act.CREATE, page, None, None, page.access)
    [outcome] = machine.wiki.apply(where, [change])
    assert isinstance(outcome, Done)
    root = tmp_path / "wiki" / SLUG
    assert "{{questionnaire: _collectif/ressources}}" in (root / "sources/ressources.md").read_text()
    assert 'href="../_collectif/formulaires/ressources.html"' in (root / "ressources.html").read_text()


def test_what_a_page_reads_and_renders(machine: Machine) -> None:
    where = here(machine)
    content = machine.wiki.read(where, Target(PROGRAMME.id, "page", PROGRAMME, known(machine, PROGRAMME)))
    assert content.text == "# Programme\n\nCafé à 9 h.\n"
    assert machine.wiki.render(where, PROGRAMME) == content


def test_it_opens_as_a_plugin(tmp_path: Path) -> None:
    import allies_sync_local
    from allies_sync.platforms.interface import Opening

    [kind] = allies_sync_local.allies_sync_platforms()
    settings = kind.settings.model_validate({"path": str(tmp_path)})
    wiki = kind.open(Opening("wiki", settings))
    assert isinstance(wiki, LocalWiki) and not isinstance(kind.open(Opening("files", settings)), LocalWiki)
    with pytest.raises(ValueError):
        kind.settings.model_validate({"path": ".", "url": "x"})


def test_both_roles_in_one_folder(tmp_path: Path) -> None:
    from allies_sync.platforms.interface import Opening
    from allies_sync.reconcile.looking import Bound
    from allies_sync_local.files import LocalFiles
    from allies_sync_local.settings import LocalSettings

    machine = Machine(tmp_path)
    machine.files = LocalFiles(Opening("files", LocalSettings(path=tmp_path)))
    machine.wiki = LocalWiki(Opening("wiki", LocalSettings(path=tmp_path)))
    machine.bindings = {"files": Bound("local", machine.files), "wiki": Bound("local", machine.wiki)}
    assert all(report.complete for report in machine.open_all())
    before = times(tmp_path)
    machine.open_all()
    assert times(tmp_path) == before and machine.actions() == {}
    assert list(machine.files.engagements()) == [SLUG]
