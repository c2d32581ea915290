"""What the commands do, from opening to removing, on the local platform, as processes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ROOT, Run, contents

SLUG = "2027-une-journee"
OPEN = ("new-engagement", "Une journée", "--client", "DLA", "--start", "2027-03-12", "--yes")
RESOURCE = {"id", "kind", "role", "platform", "action", "outcome", "url", "reason", "error"}
ACTIONS = {"create", "update", "keep", "conflict", "gone", "foreign", "orphan", "blocked", "none"}


@pytest.fixture(scope="module")
def opened_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace opened in a process, to be copied by every test that needs one."""
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("opened")
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "plugins")]),
        "ALLIES_SYNC_PLUGINS": "allies_sync_local",
        "ALLIES_SYNC_TODAY": "2027-01-10",
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    (folder / "work").mkdir()
    (folder / "work" / "allies-sync.toml").write_text('[collective]\nname = "Cré-sol"\n', encoding="utf-8")
    subprocess.run([sys.executable, "-m", "allies_sync", *OPEN], cwd=folder / "work", env=env, check=True)
    return folder / "work"


@pytest.fixture
def opened(opened_once: Path, place: Path, environment: dict[str, str]) -> Path:
    """A workspace of this test's own."""
    shutil.copytree(opened_once, place, dirs_exist_ok=True)
    environment["ALLIES_SYNC_TODAY"] = "2027-01-10"
    return place


def page(folder: Path, name: str) -> Path:
    return folder / "espaces" / "wiki" / SLUG / "sources" / f"{name}.md"


def write(path: Path, words: str = "\nUne phrase à nous.\n") -> None:
    path.write_text(path.read_text(encoding="utf-8") + words, encoding="utf-8")


def actions(document: Any) -> dict[str, str]:
    return {resource["id"]: resource["action"] for resource in document["resources"]}


def checked(document: Any) -> dict[str, str]:
    """The resources document as it is promised."""
    assert set(document) == {"slug", "resources", "summary"}
    for resource in document["resources"]:
        assert set(resource) == RESOURCE
        assert resource["action"] in ACTIONS
        assert resource["outcome"] in {None, "done", "failed", "skipped"}
    found = actions(document)
    assert document["summary"] == {action: list(found.values()).count(action) for action in set(found.values())}
    return found


# --- opening ---------------------------------------------------------------------------------------------


def test_opening_twice_writes_nothing_the_second_time(run: Run, place: Path) -> None:
    first = run(*OPEN)
    assert first.code == 0, first.said
    assert "L'espace est ouvert." in first.out
    assert "accueil" in first.out
    assert "Aucune configuration" in first.err
    assert first.err.count("Aucune configuration") == 1
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    held = contents(place)
    second = run(*OPEN)
    assert second.code == 0
    assert "rien à faire" in second.out
    assert "À envoyer" in second.out
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before
    assert contents(place) == held


def test_opening_as_json(run: Run, place: Path) -> None:
    dry = run(*OPEN[:-1], "--json", "--dry-run")
    assert dry.code == 0
    assert set(checked(dry.json).values()) <= {"create", "none"}
    assert contents(place) == {}
    ran = run(*OPEN, "--json")
    assert ran.code == 0
    found = checked(ran.json)
    assert found["page:accueil"] == "create"
    outcomes = {(resource["action"], resource["outcome"]) for resource in ran.json["resources"]}
    assert outcomes <= {("create", "done"), ("none", None)}
    home = next(resource for resource in ran.json["resources"] if resource["id"] == "page:accueil")
    assert home["url"].startswith("file:///")
    assert home["platform"] == "local"


def test_a_dry_run_changes_nothing(call: Run, opened: Path) -> None:
    before = contents(opened)
    for command in (
        (*OPEN[:-1], "--dry-run"),
        ("edit", SLUG, "--set", "participants=3", "--dry-run"),
        ("sync", SLUG, "--dry-run"),
        ("sync", "--all", "--dry-run"),
        ("cancel", SLUG, "--dry-run"),
        ("remove", SLUG, "--dry-run"),
        ("adopt", SLUG, "--dry-run"),
        ("init", "--dry-run", "--config", "autre.toml"),
    ):
        ran = call(*command)
        assert ran.code == 0, (command, ran.said)
        assert contents(opened) == before, command


@pytest.mark.parametrize("example", ["dynamiques-de-cooperation", "alliees-quartier"])
def test_opening_the_examples(call: Run, place: Path, example: str) -> None:
    ran = call("new-engagement", "--from", str(ROOT / "examples" / f"{example}.toml"), "--yes")
    assert ran.code == 0, ran.said
    again = call("new-engagement", "--from", str(ROOT / "examples" / f"{example}.toml"), "--yes", "--json")
    assert again.code == 0
    assert set(checked(again.json).values()) == {"none"}


def test_a_proposition_has_documents_and_no_pages(call: Run, place: Path) -> None:
    ran = call(*OPEN, "--proposal", "--json")
    assert ran.code == 0, ran.said
    assert {resource["role"] for resource in ran.json["resources"] if resource["id"] != "page:accompagnements"} >= {
        "files"
    }
    assert "page:accueil" not in actions(ran.json)


def test_french_dates(call: Run, place: Path) -> None:
    ran = call("new-engagement", "T", "--client", "DLA", "--start", "12/03/2027", "--end", "13.03.2027", "--yes")
    assert ran.code == 0, ran.said
    assert "start = 2027-03-12" in engagement(place, "2027-t")


def engagement(folder: Path, slug: str = SLUG) -> str:
    return (folder / "espaces" / "fichiers" / slug / "_allies-sync" / "engagement.toml").read_text(encoding="utf-8")


def test_like_another(call: Run, opened: Path) -> None:
    ran = call("new-engagement", "Une autre", "--like", SLUG, "--start", "2028-01-10", "--yes")
    assert ran.code == 0, ran.said
    assert 'name = "DLA"' in engagement(opened, "2028-une-autre")
    other = call("new-engagement", "Encore", "--like", SLUG, "--start", "2028-02-10", "--client", "ESS", "--yes")
    assert other.code == 0, other.said
    assert 'name = "ESS"' in engagement(opened, "2028-encore")


def test_the_same_title_for_somebody_else_is_refused_with_a_proposal(call: Run, opened: Path) -> None:
    before = contents(opened)
    ran = call("new-engagement", "Une journée", "--client", "ESS", "--start", "2027-03-12", "--yes")
    assert ran.code == 2
    assert f"--slug {SLUG}-2" in ran.err
    assert contents(opened) == before
    assert (
        call(
            "new-engagement",
            "Une journée",
            "--client",
            "ESS",
            "--start",
            "2027-03-12",
            "--yes",
            "--slug",
            f"{SLUG}-2",
        ).code
        == 0
    )


# --- people's words --------------------------------------------------------------------------------------


def test_plan_and_its_exit_codes(call: Run, opened: Path) -> None:
    ran = call("plan", SLUG, "--json")
    assert ran.code == 0
    assert ran.err.startswith("La configuration ne dit pas où ranger les espaces")
    assert set(checked(ran.json).values()) == {"none"}
    write(page(opened, "accueil" if page(opened, "accueil").exists() else "index"))
    ran = call("plan", SLUG, "--json")
    assert ran.code == 0, "what people changed is nothing to be done"
    assert checked(ran.json)["page:accueil"] == "keep"
    page(opened, "bilan").unlink()
    (opened / "espaces" / "wiki" / SLUG / "bilan.html").unlink()
    ran = call("plan", SLUG)
    assert ran.code == 0
    assert "gardée telle quelle" in ran.out
    assert "ne sera pas recréée" in ran.out
    assert f"allies-sync sync {SLUG} --recreate page:bilan" in ran.out


def conflicting(call: Run, folder: Path) -> Path:
    """A page that both a person and the data changed."""
    programme = page(folder, "programme")
    write(programme)
    ran = call("edit", SLUG, "--set", "start=2027-03-19", "--yes")
    assert ran.code == 1, ran.said
    assert "attend" in ran.out
    return programme


def test_a_conflict_waits_for_a_person(call: Run, opened: Path) -> None:
    programme = conflicting(call, opened)
    words = programme.read_bytes()
    ran = call("plan", SLUG)
    assert ran.code == 3
    for option in ("--diff", "--keep", "--replace"):
        assert f"allies-sync sync {SLUG} {option} page:programme" in ran.out
    assert call("sync", SLUG, "--yes").code == 1
    assert programme.read_bytes() == words
    diff = call("sync", SLUG, "--diff", "page:programme", "--json")
    assert diff.code == 0
    assert "-Une phrase à nous." in diff.json["differences"][0]["diff"]
    assert programme.read_bytes() == words
    assert call("status", "--check").code == 3
    status = call("status", "--json").json["engagements"][0]
    assert status["conflicts"] == ["page:programme"]


@pytest.mark.parametrize("choice", ["--keep", "--replace"])
def test_a_person_chooses(call: Run, opened: Path, choice: str) -> None:
    programme = conflicting(call, opened)
    assert call("sync", SLUG, choice, "page:programme", "--yes").code == 0
    kept = "Une phrase à nous." in programme.read_text(encoding="utf-8")
    assert kept is (choice == "--keep")
    assert call("plan", SLUG).code == 0


def test_what_was_deleted_is_made_again_only_when_asked(call: Run, opened: Path) -> None:
    page(opened, "bilan").unlink()
    (opened / "espaces" / "wiki" / SLUG / "bilan.html").unlink()
    assert call("sync", SLUG, "--yes").code == 0
    assert not page(opened, "bilan").exists()
    assert call("sync", SLUG, "--recreate", "page:bilan", "--yes").code == 0
    assert page(opened, "bilan").exists()


def test_an_unknown_thing_to_choose(call: Run, opened: Path) -> None:
    for option in ("--keep", "--replace", "--recreate", "--diff"):
        ran = call("sync", SLUG, option, "page:program")
        assert ran.code == 2
        assert "page:program" in ran.err


# --- data ------------------------------------------------------------------------------------------------


def test_editing_keeps_comments_and_changes_what_depends(call: Run, opened: Path) -> None:
    file = opened / "espaces" / "fichiers" / SLUG / "_allies-sync" / "engagement.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\n# à ne pas oublier\n", encoding="utf-8")
    ran = call(
        "edit", SLUG, "--set", "start=2027-03-19", "--set", "participants=20", "--set", "client.name=ESS", "--yes"
    )
    assert ran.code == 0, ran.said
    assert "start : 2027-03-12 → 2027-03-19" in ran.out
    text = engagement(opened)
    for line in ("# à ne pas oublier", "start = 2027-03-19", "participants = 20", 'name = "ESS"'):
        assert line in text
    assert "19 mars 2027" in page(opened, "index").read_text(encoding="utf-8")
    assert call("plan", SLUG).code == 0


def test_taking_a_field_out(call: Run, opened: Path) -> None:
    assert call("edit", SLUG, "--set", "participants=20", "--yes").code == 0
    assert call("edit", SLUG, "--set", "participants=", "--yes").code == 0
    assert "participants" not in engagement(opened)


def test_a_number_as_a_title(call: Run, opened: Path) -> None:
    assert call("edit", SLUG, "--set", "subtitle=2027", "--yes").code == 0
    assert 'subtitle = "2027"' in engagement(opened)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("start=demain", ["start", "demain"]),
        ("strat=2027-03-12", ["strat"]),
        ("participants=vingt", ["participants"]),
        ("slug=autre", ["slug", "ne change jamais"]),
        ("state=fini", ["state", "archivé"]),
        ("title=", ["title"]),
        ("rien", ["CHAMP=VALEUR"]),
        ("=3", ["CHAMP=VALEUR"]),
        ("sessions[x].date=2027-01-01", ["sessions[x].date"]),
    ],
)
def test_wrong_changes(call: Run, opened: Path, change: str, words: list[str]) -> None:
    before = contents(opened)
    ran = call("edit", SLUG, "--set", change, "--yes")
    assert ran.code == 2, ran.said
    for word in words:
        assert word in ran.err
    assert contents(opened) == before


def test_editing_from_a_file(call: Run, opened: Path) -> None:
    file = opened / "neuf.toml"
    file.write_text(engagement(opened).replace("2027-03-12", "2027-03-20"), encoding="utf-8")
    assert call("edit", SLUG, "--from", "neuf.toml", "--yes").code == 0
    assert "start = 2027-03-20" in engagement(opened)
    assert call("edit", SLUG, "--from", "neuf.toml", "--set", "a=b").code == 2


def test_editing_without_a_terminal_says_how(call: Run, opened: Path) -> None:
    ran = call("edit", SLUG)
    assert ran.code == 2
    assert "--set" in ran.err


# --- looking ---------------------------------------------------------------------------------------------


def test_status(call: Run, opened: Path) -> None:
    ran = call("status", "--json")
    assert ran.code == 0
    assert set(ran.json) == {"engagements"}
    (found,) = ran.json["engagements"]
    told = {"slug", "title", "state", "due", "pending", "changed_by_people", "conflicts", "missing"}
    assert set(found) == told, "as docs/commands.md says"
    assert found["slug"] == SLUG
    assert found["state"] == "ouvert"
    assert found["pending"] == 0
    assert found["due"][0]["day"] == "2027-03-12"
    assert call("status", "--check").code == 0
    assert "Une journée" in call("status", SLUG).out
    assert call("status", "--all", "--json").json == ran.json
    assert call("status", SLUG, "--all").code == 2
    write(page(opened, "programme"))
    assert call("status", "--json").json["engagements"][0]["changed_by_people"] == ["page:programme"]


def test_status_of_nothing(call: Run, place: Path) -> None:
    ran = call("status")
    assert ran.code == 0
    assert "new-engagement" in ran.out
    assert call("status", "--json").json == {"engagements": []}
    assert contents(place) == {}


def test_one_broken_engagement_does_not_hide_the_others(call: Run, opened: Path) -> None:
    assert call("new-engagement", "Une autre", "--client", "DLA", "--start", "2027-03-12", "--yes").code == 0
    file = opened / "espaces" / "fichiers" / SLUG / "_allies-sync" / "engagement.toml"
    file.write_text("title = \n", encoding="utf-8")
    ran = call("status")
    assert ran.code == 1
    assert "Une autre" in ran.out
    assert "ligne 1" in ran.out
    assert [it["slug"] for it in call("status", "--json").json["engagements"]] == ["2027-une-autre", SLUG]
    assert call("sync", "--all", "--yes").code == 1


def test_sync_all(call: Run, opened: Path) -> None:
    assert call("new-engagement", "Une autre", "--client", "DLA", "--start", "2027-03-12", "--yes").code == 0
    ran = call("sync", "--all", "--json")
    assert ran.code == 0
    assert [document["slug"] for document in ran.json["engagements"]] == ["2027-une-autre", SLUG]
    for document in ran.json["engagements"]:
        checked(document)


def test_completion_knows_what_was_opened(run: Run, opened: Path) -> None:
    run("status")
    env = {"_ALLIES_SYNC_COMPLETE": "complete_bash", "COMP_WORDS": "allies-sync plan 20", "COMP_CWORD": "2"}
    assert run(env=env).out.split() == [SLUG]


def test_english(run: Run, opened: Path) -> None:
    ran = run("plan", SLUG, "--lang", "en")
    assert ran.code == 0
    assert "Workspace" in ran.out


# --- leaving ---------------------------------------------------------------------------------------------


def test_cancelling_and_taking_it_back(call: Run, opened: Path) -> None:
    ran = call("cancel", SLUG, "--yes", "--json")
    assert ran.code == 0, ran.said
    checked(ran.json)
    assert call("status", "--json").json["engagements"][0]["state"] == "annulé"
    assert call("cancel", SLUG, "--yes").code == 0
    assert call("edit", SLUG, "--set", "state=ouvert", "--yes").code == 0
    assert call("status", "--json").json["engagements"][0]["state"] == "ouvert"


def test_removing_needs_the_slug(call: Run, opened: Path) -> None:
    before = contents(opened)
    for more in ((), ("--yes",), ("--confirm", "2027-autre"), ("--yes", "--confirm", "")):
        ran = call("remove", SLUG, *more)
        assert ran.code == 2, ran.said
        assert contents(opened) == before


def test_removing_what_nobody_touched(call: Run, opened: Path) -> None:
    ran = call("remove", SLUG, "--confirm", SLUG, "--json")
    assert ran.code == 0, ran.said
    assert set(actions(ran.json).values()) == {"delete"}
    assert not (opened / "espaces" / "fichiers" / SLUG).exists()
    assert not (opened / "espaces" / "wiki" / SLUG).exists()
    assert call("status", "--json").json == {"engagements": []}
    assert call("plan", SLUG).code == 2


def test_removing_leaves_what_people_wrote(call: Run, opened: Path) -> None:
    write(page(opened, "programme"))
    notes = opened / "espaces" / "fichiers" / SLUG / "Ressources" / "notes.txt"
    notes.write_text("à nous")
    dry = call("remove", SLUG, "--dry-run", "--json")
    assert actions(dry.json)["page:programme"] == "keep"
    ran = call("remove", SLUG, "--confirm", SLUG)
    assert ran.code == 0, ran.said
    assert "programme" in ran.out
    assert "Une phrase à nous." in page(opened, "programme").read_text(encoding="utf-8")
    assert notes.read_text() == "à nous"


def test_adopting(call: Run, opened: Path, tmp_path: Path) -> None:
    ran = call("adopt", str(opened / "espaces" / "fichiers" / SLUG), "--yes", "--json")
    assert ran.code == 0, ran.said
    checked(ran.json)
    state = opened / "espaces" / "fichiers" / SLUG / "_allies-sync" / "state.json"
    state.unlink()
    write(page(opened, "programme"))
    assert call("adopt", f"espaces/fichiers/{SLUG}/", "--yes").code == 0
    assert state.exists()
    assert "Une phrase à nous." in page(opened, "programme").read_text(encoding="utf-8")


def test_a_memory_that_was_tampered_with_is_no_matter_of_trying_again(call: Run, opened: Path) -> None:
    state = opened / "espaces" / "fichiers" / SLUG / "_allies-sync" / "state.json"
    text = state.read_text("utf-8")
    told = json.loads(text)
    told["resources"]["page:programme"]["remote_id"] = "2027-autre/sources/accueil.md"
    state.write_text(json.dumps(told), "utf-8")
    for command in (("sync", SLUG, "--yes"), ("plan", SLUG)):
        ran = call(*command)
        said = " ".join(ran.said.split())
        assert ran.code == 1, ran.said
        assert said.count("Relancer n'y changera rien") == 1 and f"allies-sync adopt {SLUG}" in said
        assert "plus tard" not in said
    state.unlink()  # put aside, as is said
    ran = call("adopt", SLUG, "--yes")
    assert ran.code == 0, ran.said
    assert call("plan", SLUG).code == 0


# --- around ----------------------------------------------------------------------------------------------


def test_init(call: Run, place: Path) -> None:
    ran = call("init", "--yes", "--json")
    assert ran.code == 0
    assert ran.json["written"] is True
    assert 'name = "Cré sol"' in (place / "allies-sync.toml").read_text(encoding="utf-8")
    held = contents(place)
    assert call("init", "--yes").code == 2
    assert contents(place) == held
    assert call(*OPEN).err.count("Aucune configuration") == 0
    assert (place / "espaces" / "fichiers" / SLUG).is_dir()


def test_init_elsewhere(call: Run, place: Path) -> None:
    assert call("init", "--config", "a/b.toml", "--name", "N", "--path", ".", "--yes").code == 0
    assert call(*OPEN, "--config", "a/b.toml").code == 0
    assert (place / "a" / "fichiers" / SLUG).is_dir()
    assert (place / "a" / "wiki" / SLUG).is_dir()


@pytest.mark.parametrize("arguments", [("--name", ""), ("--name", "x" * 201), ("--path", " ")])
def test_init_with_nonsense(call: Run, place: Path, arguments: tuple[str, ...]) -> None:
    assert call("init", "--yes", *arguments).code == 2
    assert contents(place) == {}


def test_doctor(call: Run, opened: Path) -> None:
    before = contents(opened)
    ran = call("doctor", "--json")
    assert ran.code == 0, ran.said
    assert ran.json["faults"] == 0
    assert {"level", "section", "sentence", "advice"} == set(ran.json["findings"][0])
    assert contents(opened) == before
    (opened / "allies-sync.toml").write_text("[collectif]\n")
    broken = call("doctor")
    assert broken.code == 1
    assert "ligne 1" in broken.out


def test_doctor_of_a_broken_plugin(run: Run, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError('no')\n")
    env = {
        "ALLIES_SYNC_PLUGINS": "allies_sync_local,broken",
        "PYTHONPATH": environment["PYTHONPATH"] + os.pathsep + str(tmp_path),
    }
    assert "broken" in run("doctor", env=env).out
    listed = run("plugins", "list", "--json", env=env)
    assert listed.code == 1
    assert [problem["plugin"] for problem in listed.json["problems"]] == ["broken"]
    opened = run(*OPEN, env=env)
    assert opened.code == 0
    assert "broken" in opened.err


def test_templates(call: Run, place: Path) -> None:
    found = call("templates", "list", "--json")
    assert found.code == 0, found.said
    assert {"accompagnement"} <= {template["name"] for template in found.json["templates"]}
    shown = call("templates", "show", "accompagnement", "--json")
    assert "page:accueil" in {resource["id"] for resource in shown.json["resources"]}
    assert "Accueil" in call("templates", "show", "accompagnement").out
    assert call("templates", "check", "accompagnement").code == 0
    assert call("templates", "check", str(ROOT / "templates" / "accompagnement"), "--json").json["findings"] == []


def test_a_template_with_mistakes(call: Run, place: Path) -> None:
    own = place / "modeles" / "a-nous"
    own.mkdir(parents=True)
    text = 'name = "a-nous"\nversion = 1\ntitle = "À nous"\ndescription = "x"\nextends = "acompagnement"\n'
    (own / "template.toml").write_text(text, encoding="utf-8")
    (place / "allies-sync.toml").write_text('[templates]\nfolders = ["modeles"]\n')
    ran = call("templates", "check", "a-nous")
    assert ran.code == 2
    assert "ligne 5" in ran.out
    assert call("templates", "list").code == 1
    checked_folder = call("templates", "check", "modeles/a-nous", "--json")
    assert checked_folder.code == 2
    assert checked_folder.json["findings"][0]["line"] == 5
    assert call("new-engagement", *OPEN[1:], "--template", "a-nous").code == 2


def test_plugins(call: Run, place: Path) -> None:
    ran = call("plugins", "list", "--json")
    assert ran.code == 0
    local = next(plugin for plugin in ran.json["plugins"] if "local" in plugin["platforms"])
    assert set(local) == {
        "name",
        "distribution",
        "version",
        "bundled",
        "platforms",
        "templates",
        "commands",
        "events",
    }
    assert json.dumps(ran.json)


def test_an_opening_that_died_at_its_very_beginning(call: Run, place: Path) -> None:
    """Its place is taken, and nothing is stored: what helps is the same command, not a backup."""
    assert call("init", "--name", "Les Essais", "--path", ".", "--yes").code == 0
    (place / "fichiers" / "2027-essai").mkdir(parents=True)
    ran = call("plan", "2027-essai")
    assert ran.code == 2 and "new-engagement" in ran.err and "disparu" not in ran.err
    assert call("remove", "2027-essai", "--confirm", "2027-essai", "--yes").code == 0
    assert not (place / "fichiers" / "2027-essai").exists()


def test_options_of_commands_come_after_them(call: Run) -> None:
    ran = call("--json", "status")
    assert ran.code == 2 and "« --json » se met après" in ran.said
