"""From thirty answers to the published bilan, through the command line on the local platform."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.bilans.answering import a_chaud, amont, thirty
from tests.bilans.editors import renormalised
from tests.cli.conftest import ROOT, Run, contents

SLUG = "2027-dynamiques-de-cooperation"
EXAMPLE = str(ROOT / "examples" / "dynamiques-de-cooperation.toml")
WORDS = "Nous avons vu des gens heureux de se parler. Ils n'attendaient que cela."


@pytest.fixture(scope="module")
def opened_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example opened, with thirty answers to two questionnaires; to be copied by every test."""
    import os
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("bilan")
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "plugins")]),
        "ALLIES_SYNC_PLUGINS": "allies_sync_local",
        "ALLIES_SYNC_TODAY": "2027-02-15",
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    work = folder / "work"
    work.mkdir()
    (work / "allies-sync.toml").write_text('[collective]\nname = "Collectif Exemple"\n', encoding="utf-8")
    command = [sys.executable, "-m", "allies_sync", "new-engagement", "--from", EXAMPLE, "--yes"]
    subprocess.run(command, cwd=work, env=env, check=True, capture_output=True)
    thirty(work / "espaces" / "wiki" / SLUG)
    return work


@pytest.fixture
def opened(opened_once: Path, place: Path, environment: dict[str, str]) -> Path:
    """A workspace of this test's own, some weeks after the day."""
    shutil.copytree(opened_once, place, dirs_exist_ok=True)
    environment["ALLIES_SYNC_TODAY"] = "2027-04-05"
    return place


def bilan(folder: Path, name: str) -> Path:
    return folder / "espaces" / "fichiers" / SLUG / "Bilan" / name


def draft_of(folder: Path) -> Path:
    return bilan(folder, "Brouillon du bilan.md")


def fill(path: Path, words: str = WORDS) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"\[À écrire : [^\]]*\]", words, text), encoding="utf-8")


def answer(folder: Path, stem: str, name: str, values: dict[str, Any]) -> None:
    place = folder / "espaces" / "wiki" / SLUG / "reponses" / stem
    (place / f"{name}.json").write_text(json.dumps({"values": values}, ensure_ascii=False), encoding="utf-8")


# --- the draft -----------------------------------------------------------------------------------------------


def test_a_dry_run_writes_nothing(call: Run, opened: Path) -> None:
    before = contents(opened)
    for command in ("draft", "quotes"):
        ran = call("bilan", command, SLUG, "--dry-run")
        assert ran.code == 0, ran.said
        assert "Rien n'a été modifié" in ran.out
    assert contents(opened) == before


def test_the_draft_is_written_once_with_its_charts(call: Run, opened: Path) -> None:
    ran = call("bilan", "draft", SLUG, "--yes", "--json")
    assert ran.code == 0, ran.said
    told = ran.json["draft"]
    text = draft_of(opened).read_text(encoding="utf-8")
    assert [place["line"] for place in told["places"]] == [
        number for number, line in enumerate(text.split("\n"), 1) if "[À écrire" in line
    ]
    targets = re.findall(r"\]\((graphiques/[^)]+)\)", text)
    assert len(targets) == 4
    for target in targets:
        assert bilan(opened, target).read_text(encoding="utf-8").startswith("<svg ")
    before = contents(opened)
    again = call("bilan", "draft", SLUG, "--yes")
    assert again.code == 0
    assert "rien à faire" in again.out
    assert contents(opened) == before
    status = call("status", SLUG, "--json").json["engagements"][0]
    assert status["pending"] == 0


SCALE = {"1": "Pas du tout", "2": "Un peu", "3": "Plutôt oui", "4": "Tout à fait"}
CLOSED = {
    "satisfaction": ("Cette rencontre a-t-elle", SCALE),
    "parole": ("Avez-vous pu prendre", SCALE),
    "experience": (
        "Avez-vous déjà coopéré",
        {"1": "Jamais", "2": "Une fois ou deux", "3": "De temps en temps", "4": "Souvent"},
    ),
}


def counted(number: int = 30) -> dict[str, Counter[str]]:
    """What the raw answers say, counted here and by nothing of the program's."""
    people = [a_chaud(n) for n in range(number)] + [amont(n) for n in range(number)]
    return {question: Counter(it[question] for it in people if question in it) for question in CLOSED}


def test_numbers_are_those_of_the_raw_answers(call: Run, opened: Path) -> None:
    call("bilan", "draft", SLUG, "--yes")
    text = draft_of(opened).read_text(encoding="utf-8")
    for question, counts in counted().items():
        heading, options = CLOSED[question]
        section = text.split(f"#### {heading}")[1].partition("\n#")[0]
        for key, label in options.items():
            (number,) = re.findall(rf"^\| {label} \| (\d+) \|", section, re.MULTILINE)
            assert int(number) == counts[key]
        total = sum(counts.values())
        assert f"{total} personnes ont répondu" in section or f"{total} personnes sur 30 ont répondu" in section
        svg = next(path for path in bilan(opened, "graphiques").glob("*.svg") if question in path.name)
        drawn = re.findall(r">(\d+) ·", svg.read_text(encoding="utf-8")) or re.findall(
            r">(\d+) \(", svg.read_text(encoding="utf-8")
        )
        assert [int(number) for number in drawn] == [counts[key] for key in options]


def check_numbers(pdf: bytes) -> None:
    """The tables of a PDF, as its text has them, hold what was counted."""
    import io

    from pypdf import PdfReader

    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())
    for question, counts in counted().items():
        heading, options = CLOSED[question]
        found = text.replace("’", "'").split(heading)[-1]
        shown = re.search(r"Réponse Nombre Part (.*?personnes)", found)
        assert shown, question
        cells = re.sub(r"Réponse Nombre Part |Bilan – .*? Exemple |\d+ / \d+ ", "", shown[1])
        for key, label in options.items():
            share = (200 * counts[key] + sum(counts.values())) // (2 * sum(counts.values()))
            assert re.search(rf"{label} {counts[key]} {share}\s?%", cells), (question, label, cells)


@pytest.mark.slow
def test_that_somebody_wrote_in_the_draft_is_nothing_to_tell(call: Run, opened: Path) -> None:
    assert call("bilan", "draft", SLUG, "--yes").code == 0
    fill(draft_of(opened))
    for command in (("plan", SLUG), ("sync", SLUG, "--yes")):
        ran = call(*command)
        assert ran.code == 0 and "Brouillon" not in ran.said and "tous inchangés" in ran.out, ran.said
    assert "Brouillon" in call("plan", SLUG, "-v").out
    draft_of(opened).unlink()
    assert "Brouillon" in call("plan", SLUG).out, "that somebody deleted it is"


def test_the_time_of_a_draft_goes_with_the_answers(call: Run, opened: Path) -> None:
    import time

    def seconds(number: int) -> float:
        thirty(opened / "espaces" / "wiki" / SLUG, number)
        start = time.process_time()
        assert call("bilan", "draft", SLUG, "--yes").code == 0
        assert f"{number} réponses" in draft_of(opened).read_text(encoding="utf-8")
        return time.process_time() - start

    seconds(100)
    few = seconds(500)
    many = seconds(5000)
    assert many < 14 * few, (few, many)


def test_new_answers_refresh_what_nobody_touched(call: Run, opened: Path) -> None:
    call("bilan", "draft", SLUG, "--yes")
    path = draft_of(opened)
    old = path.read_text(encoding="utf-8")
    edited = (
        renormalised(old)
        .replace("Il manque", "")
        .replace("### Ce qui a marché\n", f"### Ce qui a marché\n\n{WORDS}\n")
    )
    path.write_text(edited, encoding="utf-8")
    for number in range(6):
        answer(opened, "a-chaud-journee", f"q{number}", {"satisfaction": "1"})
    ran = call("bilan", "draft", SLUG, "--yes", "--json")
    assert ran.code == 0, ran.said
    new = path.read_text(encoding="utf-8")
    assert new.count(WORDS) == 1
    assert new.index("### Ce qui a marché") < new.index(WORDS) < new.index("### Ce qui est à changer")
    assert "| Pas du tout | 6 | 17" in new
    assert "36 réponses" in new
    assert "reponses/a-chaud-journee/satisfaction/table" in ran.json["draft"]["renewed"]
    again = contents(opened)
    assert call("bilan", "draft", SLUG, "--yes").code == 0
    assert contents(opened) == again


def test_answers_that_are_gone_are_told_before_their_numbers_go(call: Run, opened: Path) -> None:
    assert "de moins" not in call("bilan", "draft", SLUG, "--yes").err
    answers = opened / "espaces" / "wiki" / SLUG / "reponses" / "a-chaud-journee"
    for path in sorted(answers.glob("*.json"))[:8]:
        path.unlink()
    for _again in range(2):
        ran = call("bilan", "draft", SLUG, "--dry-run")
        assert "8 réponses de moins qu'au dernier brouillon (30, maintenant 22)" in ran.err
        assert "retirées exprès" in " ".join(ran.err.split())
    ran = call("bilan", "draft", SLUG, "--yes")
    assert "8 réponses de moins" in ran.err and "22 réponses" in draft_of(opened).read_text("utf-8")
    answer(opened, "a-chaud-journee", "q1", {"satisfaction": "1"})
    for _again in range(2):
        assert "de moins" not in call("bilan", "draft", SLUG, "--yes").err


def test_a_rewritten_table_stays_and_is_told(call: Run, opened: Path) -> None:
    call("bilan", "draft", SLUG, "--yes")
    path = draft_of(opened)
    path.write_text(
        path.read_text(encoding="utf-8").replace("| Tout à fait | 12 |", "| Tout à fait ! | 12 |"), "utf-8"
    )
    kept = path.read_text(encoding="utf-8")
    for number in range(6):
        answer(opened, "a-chaud-journee", f"q{number}", {"satisfaction": "1"})
    ran = call("bilan", "draft", SLUG, "--yes")
    new = path.read_text(encoding="utf-8")
    line = next(line for line in kept.split("\n") if "Tout à fait !" in line)
    assert line in new
    assert "quelqu'un l'a réécrit" in ran.out
    assert "« Cette rencontre a-t-elle répondu à vos attentes ? »" in " ".join(ran.out.split())


def test_a_deleted_draft_stays_away_until_it_is_asked_for(call: Run, opened: Path) -> None:
    call("bilan", "draft", SLUG, "--yes")
    draft_of(opened).unlink()
    ran = call("bilan", "draft", SLUG, "--yes")
    assert ran.code == 2
    assert "--recreate" in ran.err
    assert not draft_of(opened).exists()
    assert call("publish-bilan", SLUG, "--yes").code == 2
    assert call("bilan", "draft", SLUG, "--yes", "--recreate").code == 0
    assert draft_of(opened).exists()
    assert call("bilan", "draft", SLUG, "--yes").code == 0


def test_a_draft_that_changes_while_it_is_refreshed_is_left(
    call: Run, opened: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("bilan", "draft", SLUG, "--yes")
    for number in range(6):
        answer(opened, "a-chaud-journee", f"q{number}", {"satisfaction": "1"})
    path = draft_of(opened)
    fill(path)
    from allies_sync.engagements import carry

    real = carry.apply_plan

    def meanwhile(*arguments: Any, **more: Any) -> Any:
        path.write_text(path.read_text(encoding="utf-8") + "\nÀ l'instant.\n", encoding="utf-8")
        return real(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(carry, "apply_plan", meanwhile)
        ran = call("bilan", "draft", SLUG, "--yes")
    assert ran.code == 1
    assert "sa version est gardée. Relancez la commande" in " ".join(ran.out.split()), ran.said
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\nÀ l'instant.\n")
    assert text.count(WORDS) > 5
    assert "36 réponses" not in text
    assert call("bilan", "draft", SLUG, "--yes").code == 0
    assert "36 réponses" in path.read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8").count(WORDS) == text.count(WORDS)


def test_a_run_that_died_after_it_noted_the_draft_is_finished_by_the_next(
    call: Run, opened: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("bilan", "draft", SLUG, "--yes")
    path = draft_of(opened)
    old = path.read_bytes()
    for number in range(6):
        answer(opened, "a-chaud-journee", f"q{number}", {"satisfaction": "1"})
    assert call("bilan", "draft", SLUG, "--yes").code == 0
    # the draft as it was before that run, its notes as they are after it: also what is remembered of the draft
    state = opened / "espaces" / "fichiers" / SLUG / "_allies-sync" / "state.json"
    memory = json.loads(state.read_text(encoding="utf-8"))
    before = hashlib.sha256(old).hexdigest()
    from allies_sync.engagements.pieces import source_of

    memory["resources"]["document:piece-brouillon"] |= {
        "source": source_of(f"sha256:{before}"),
        "fingerprint": before,
    }
    state.write_text(json.dumps(memory), encoding="utf-8")
    path.write_bytes(old)
    assert call("bilan", "draft", SLUG, "--yes").code == 0
    assert "36 réponses" in path.read_text(encoding="utf-8")
    assert "| Pas du tout | 6 |" in path.read_text(encoding="utf-8")


def test_a_draft_in_another_encoding_loses_nothing(call: Run, opened: Path) -> None:
    call("bilan", "draft", SLUG, "--yes")
    path = draft_of(opened)
    fill(path, "Élan, forêt : ça dépend.")
    for encoding in ("cp1252", "utf-16"):
        text = path.read_text(encoding="utf-8").replace("\u202f", " ").replace("≥", "")
        path.write_bytes(text.encode(encoding, "replace"))
        same = path.read_bytes()
        assert call("bilan", "draft", SLUG, "--yes").code == 0
        assert path.read_bytes() == same
        path.write_text(text, encoding="utf-8")


def test_an_engagement_that_is_not_open_has_no_bilan(call: Run, opened: Path) -> None:
    call("new-engagement", "Autre", "--client", "DLA", "--start", "2027-05-05", "--proposal", "--yes")
    for command in (("bilan", "draft"), ("bilan", "quotes"), ("publish-bilan",)):
        ran = call(*command, "2027-autre", "--yes")
        assert ran.code == 2
        assert "pas encore ouvert" in ran.err
    call("cancel", SLUG, "--yes")
    assert call("bilan", "draft", SLUG, "--yes").code == 2


def test_a_template_that_is_not_here_and_a_wiki_that_is_away(call: Run, opened: Path) -> None:
    call("bilan", "draft", SLUG, "--yes")
    before = contents(opened)
    wiki = opened / "espaces" / "wiki"
    wiki.rename(opened / "ailleurs")
    for command in ("draft", "quotes"):
        ran = call("bilan", command, SLUG, "--yes")
        assert ran.code == 1, ran.said
        assert "Rien n'a été modifié" in ran.err
    assert call("publish-bilan", SLUG, "--yes", "--force").code == 1
    (opened / "ailleurs").rename(wiki)
    described = opened / "espaces" / "fichiers" / SLUG / "_allies-sync" / "engagement.toml"
    text = described.read_text(encoding="utf-8")
    described.write_text(text.replace('template = "accompagnement"', 'template = "inconnu"'), encoding="utf-8")
    ran = call("bilan", "draft", SLUG, "--yes")
    assert ran.code == 2
    assert "inconnu" in ran.err
    described.write_text(text, encoding="utf-8")
    drafted = str(draft_of(opened).relative_to(opened))
    assert contents(opened)[drafted] == before[drafted]


# --- quotations ----------------------------------------------------------------------------------------------


def test_only_what_is_ticked_is_quoted(call: Run, opened: Path) -> None:
    assert call("bilan", "quotes", SLUG, "--yes").code == 0
    path = bilan(opened, "Citations à choisir.md")
    text = path.read_text(encoding="utf-8")
    assert "Prénom-" not in text
    assert "Structure-Secrète" not in text
    words = "La carte des projets : on ne savait pas que vous existiez."
    assert text.count(f"- [ ] {words}") == 1
    path.write_text(text.replace(f"- [ ] {words}", f"* [x] {words}"), encoding="utf-8")
    assert call("bilan", "draft", SLUG, "--yes", "--json").json["draft"]["quotes"] == 1
    draft = draft_of(opened).read_text(encoding="utf-8")
    assert f"> {words}\n" in draft
    assert "L'impression que c'est possible" not in draft
    answer(opened, "a-chaud-journee", "q1", {"garde": "Une phrase de plus."})
    assert call("bilan", "quotes", SLUG, "--yes", "--json").json["quotes"]["ticked"] == 1
    text = path.read_text(encoding="utf-8")
    assert "- [ ] Une phrase de plus." in text
    assert f"* [x] {words}" in text


def test_what_is_withdrawn_leaves_the_documents_and_what_is_remembered_of_them(call: Run, opened: Path) -> None:
    """Quotations that were ticked go with the next run, those that somebody changed stay, and are told."""
    kept, gone = "Une phrase qui reste, dite par une autre personne.", "Une phrase qui sera reprise par son autrice."
    changed = "Une phrase que quelqu'un a un peu changée ensuite."
    for number, words in enumerate((kept, gone, changed)):
        answer(opened, "a-chaud-journee", f"q{number}", {"garde": words})
    memory = opened / "espaces" / "fichiers" / SLUG / "_allies-sync"

    def holding(words: str) -> set[str]:
        places = [*memory.iterdir(), *bilan(opened, "x").parent.iterdir()]
        return {it.name for it in places if it.suffix == ".md" and words in it.read_text("utf-8")}

    call("bilan", "quotes", SLUG, "--yes")
    path = bilan(opened, "Citations à choisir.md")
    text = path.read_text("utf-8")
    for words in (kept, gone, changed):
        assert f"- [ ] {words}" in text
        text = text.replace(f"- [ ] {words}", f"- [x] {words}")
    path.write_text(text, "utf-8")
    call("bilan", "draft", SLUG, "--yes")
    draft = draft_of(opened)
    draft.write_text(draft.read_text("utf-8").replace(changed, f"{changed} Vraiment."), "utf-8")
    assert holding(gone) == {"citations-base.md", "bilan-base.md", path.name, draft.name}
    assert call("publish-bilan", SLUG, "--force", "--yes").code == 0

    ran = call("answers", "withdraw", SLUG, "--id", "q1", "--yes", "--json")
    assert ran.code == 0, ran.said
    left = " ".join(ran.json["left"])
    assert path.name in left and draft.name in left and "publish-bilan" in left
    assert holding(gone) == {path.name, draft.name, "bilan.md"}
    assert call("answers", "withdraw", SLUG, "--id", "q2", "--yes").code == 0
    for command in ("quotes", "draft"):
        assert call("bilan", command, SLUG, "--yes").code == 0
    assert holding(gone) == {"bilan.md"}
    assert holding(changed) == {"bilan.md", draft.name}
    assert kept in draft.read_text("utf-8") and f"- [x] {kept}" in path.read_text("utf-8")
    before = contents(opened)
    for command in ("quotes", "draft"):
        assert call("bilan", command, SLUG, "--yes").code == 0
    assert contents(opened) == before


def test_an_answer_that_left_without_the_tool_leaves_with_the_next_run(call: Run, opened: Path) -> None:
    words = "Une phrase que son autrice a effacée elle-même."
    answer(opened, "a-chaud-journee", "q1", {"garde": words})
    call("bilan", "quotes", SLUG, "--yes")
    path = bilan(opened, "Citations à choisir.md")
    path.write_text(path.read_text("utf-8").replace(f"- [ ] {words}", f"- [x] {words}"), "utf-8")
    (opened / "espaces" / "wiki" / SLUG / "reponses" / "a-chaud-journee" / "q1.json").unlink()
    assert call("bilan", "quotes", SLUG, "--yes").code == 0
    assert words not in path.read_text("utf-8")
    memory = opened / "espaces" / "fichiers" / SLUG / "_allies-sync" / "citations-base.md"
    assert words not in memory.read_text("utf-8")


def test_a_purge_tells_where_somebody_wrote_a_name(call: Run, opened: Path) -> None:
    answer(opened, "amont", "q1", {"attentes": "Apprendre", "prenom": "Prénom-Inventé-Longtemps"})
    call("bilan", "draft", SLUG, "--yes")
    draft = draft_of(opened)
    draft.write_text(draft.read_text("utf-8") + "\nMerci à prénom-inventé-longtemps.\n", "utf-8")
    ran = call("answers", "purge", SLUG, "--yes", "--json")
    assert ran.code == 0 and [it for it in ran.json["left"] if draft.name in it], ran.said


# --- publishing ----------------------------------------------------------------------------------------------


def test_places_left_refuse_and_force_leaves_them_out(call: Run, opened: Path) -> None:
    none = call("publish-bilan", SLUG, "--yes")
    assert none.code == 2
    assert f"allies-sync bilan draft {SLUG}" in none.err
    call("bilan", "draft", SLUG, "--yes")
    before = contents(opened)
    refused = call("publish-bilan", SLUG, "--yes")
    assert refused.code == 2
    assert "ligne 7 : en trois ou quatre phrases" in refused.err
    assert "--force" in refused.err
    assert contents(opened) == before
    forced = call("publish-bilan", SLUG, "--yes", "--force")
    assert forced.code == 0, forced.said
    page = (opened / "espaces" / "wiki" / SLUG / "bilan.html").read_text(encoding="utf-8")
    assert "À écrire" not in page
    assert "Ce qui a marché" not in page  # nothing would stand below it
    assert "La demande" in page


def test_publishing_twice_changes_nothing_and_new_words_keep_the_old_pdf(call: Run, opened: Path) -> None:
    call("bilan", "draft", SLUG, "--yes")
    fill(draft_of(opened))
    dry = contents(opened)
    assert call("publish-bilan", SLUG, "--dry-run").code == 0
    assert contents(opened) == dry
    ran = call("publish-bilan", SLUG, "--yes", "--json")
    assert ran.code == 0, ran.said
    assert set(ran.json["bilan"]["links"]) == {"bilan", "page", "home"}
    pdf = bilan(opened, "Bilan.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    check_numbers(pdf)
    status = call("status", SLUG, "--json").json["engagements"][0]
    assert status["state"] == "bilan publié"
    wiki = opened / "espaces" / "wiki" / SLUG
    page = (wiki / "bilan.html").read_text(encoding="utf-8")
    assert WORDS.replace("'", "&#x27;") in page or WORDS in page
    assert "<td" in page
    assert "<img" not in page
    assert "Bilan.pdf" in page
    assert "Bilan.pdf" in (wiki / "documents.html").read_text(encoding="utf-8")
    assert "bilan.html" in (wiki / "index.html").read_text(encoding="utf-8")
    before = contents(opened)
    again = call("publish-bilan", SLUG, "--yes", env={"ALLIES_SYNC_TODAY": "2027-04-20"})
    assert again.code == 0
    assert contents(opened) == before
    path = draft_of(opened)
    path.write_text(path.read_text(encoding="utf-8").replace("Ils n'attendaient", "Elles n'attendaient"), "utf-8")
    third = call("publish-bilan", SLUG, "--yes", env={"ALLIES_SYNC_TODAY": "2027-04-20"})
    assert third.code == 0, third.said
    assert bilan(opened, "Bilan.pdf").read_bytes() != pdf
    assert bilan(opened, "Bilan du 5 avril 2027.pdf").read_bytes() == pdf
    assert "Elles n&#x27;attendaient" in (wiki / "bilan.html").read_text(encoding="utf-8").replace("'", "&#x27;")
    assert "5 avril" not in (wiki / "documents.html").read_text(encoding="utf-8")


def test_a_pdf_that_somebody_changed_is_replaced_only_on_request(call: Run, opened: Path) -> None:
    call("bilan", "draft", SLUG, "--yes")
    fill(draft_of(opened))
    call("publish-bilan", SLUG, "--yes")
    path = bilan(opened, "Bilan.pdf")
    path.write_bytes(b"%PDF-1.4 signed by somebody")
    draft_of(opened).write_text(
        draft_of(opened).read_text(encoding="utf-8") + "\nUn mot de plus.\n", encoding="utf-8"
    )
    before = contents(opened)
    refused = call("publish-bilan", SLUG, "--yes")
    assert refused.code == 2
    assert contents(opened) == before, "the page would say other things than the PDF"
    assert "publish-bilan" in refused.said and "--replace" in refused.said
    assert "allies-sync sync" not in refused.said  # it could not help: only this command has the PDF
    assert call("publish-bilan", SLUG, "--yes", "--replace").code == 0
    assert path.read_bytes().startswith(b"%PDF-1.7")
    page = opened / "espaces" / "wiki" / SLUG / "bilan.html"
    assert "Un mot de plus." in page.read_text(encoding="utf-8")
    path.unlink()
    draft_of(opened).write_text(draft_of(opened).read_text(encoding="utf-8") + "\nEt un autre.\n", encoding="utf-8")
    before = contents(opened)
    assert call("publish-bilan", SLUG, "--yes").code == 2
    assert contents(opened) == before


def test_another_bilan_does_not_stand_in_for_the_published_one(call: Run, opened: Path) -> None:
    call("bilan", "draft", SLUG, "--yes")
    fill(draft_of(opened))
    assert call("publish-bilan", SLUG, "--yes").code == 0
    (opened / "Le bilan du client.pdf").write_bytes(b"%PDF-1.7 un autre")
    assert call("add", SLUG, "bilan", "Le bilan du client.pdf", "--yes").code == 0
    wiki = opened / "espaces" / "wiki" / SLUG
    assert (wiki / "bilan.html").read_text(encoding="utf-8").count("Ouvrir le bilan") == 1
    assert "Le bilan du client" in (wiki / "documents.html").read_text(encoding="utf-8")
    day = ("--date", "2027-04-05")
    assert call("consent", SLUG, "--document", "bilan", *day, "--yes").code == 0
    archived = call("archive", SLUG, "--force", "--yes", "--json")
    assert archived.code == 0, archived.said
    assert str(archived.json["memoire"]["link_documentation"]).endswith("/Bilan.pdf")


def test_a_file_that_has_the_name_already_is_left_alone(call: Run, opened: Path) -> None:
    (opened / "Bilan.pdf").write_bytes(b"%PDF-1.7 un autre")
    assert call("add", SLUG, "bilan", "Bilan.pdf", "--yes").code == 0
    call("bilan", "draft", SLUG, "--yes")
    fill(draft_of(opened))
    for _number in range(2):  # twice: the second run changes nothing
        ran = call("publish-bilan", SLUG, "--yes", "--json")
        assert ran.code == 0, ran.said
        assert ran.json["bilan"]["links"]["bilan"].endswith("Bilan%20%282%29.pdf")
        assert bilan(opened, "Bilan.pdf").read_bytes() == b"%PDF-1.7 un autre"
        assert bilan(opened, "Bilan (2).pdf").read_bytes().startswith(b"%PDF-1.7")
        assert not bilan(opened, "Bilan (3).pdf").exists()
    page = (opened / "espaces" / "wiki" / SLUG / "bilan.html").read_text(encoding="utf-8")
    assert page.count("Ouvrir le bilan") == 1


def test_a_photograph_that_was_added_is_in_the_pdf(call: Run, opened: Path) -> None:
    import io

    from pypdf import PdfReader

    from tests.bilans.test_pdf import png

    call("bilan", "draft", SLUG, "--yes")
    fill(draft_of(opened))
    (opened / "salle.png").write_bytes(png(40, 30))
    shown = "\n![La salle](../Ressources/salle.png)\n\n![Ailleurs](autre.png)\n"
    draft_of(opened).write_text(draft_of(opened).read_text(encoding="utf-8") + shown, encoding="utf-8")
    assert call("add", SLUG, "ressource", "salle.png", "--yes").code == 0
    ran = call("publish-bilan", SLUG, "--yes")
    assert ran.code == 0, ran.said
    assert "« autre.png »" in ran.err
    assert "salle.png" not in ran.err
    reader = PdfReader(io.BytesIO(bilan(opened, "Bilan.pdf").read_bytes()))
    assert sum(len(page.images) for page in reader.pages) >= 1


def test_plugins_are_told_once(
    call: Run, opened: Path, tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "from allies_sync.platforms.hookspecs import hookimpl\n@hookimpl\ndef bilan_published(event):\n"
    code += "    open(__file__ + '.log', 'a').write(f'{event.slug} {event.state} {sorted(event.links)}\\n')\n"
    (tmp_path / "telling_plugin.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    told = {"ALLIES_SYNC_PLUGINS": "allies_sync_local,telling_plugin"}
    call("bilan", "draft", SLUG, "--yes")
    fill(draft_of(opened))
    for _time in range(2):
        assert call("publish-bilan", SLUG, "--yes", env=told).code == 0
    log = (tmp_path / "telling_plugin.py.log").read_text()
    assert log == f"{SLUG} bilan publié ['bilan', 'home', 'page']\n"


def test_status_says_what_comes_next(call: Run, opened: Path) -> None:
    def said() -> str:
        due = call("status", SLUG, "--json").json["engagements"][0]["due"]
        return " ".join(it["sentence"] for it in due if it["code"] == "bilan")

    assert f"allies-sync bilan draft {SLUG}" in said()
    call("bilan", "draft", SLUG, "--yes")
    assert "12 passages" in said()
    fill(draft_of(opened))
    assert f"allies-sync publish-bilan {SLUG}" in said()
    call("publish-bilan", SLUG, "--yes")
    assert said() == ""
