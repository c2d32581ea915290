"""From answers typed into a real browser to the published bilan, on a real wiki and real files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
import requests

from tests.bilans.answering import amont
from tests.e2e import browser
from tests.e2e.browser import Browser
from tests.nextcloud import real as files
from tests.yeswiki import real as wikis

pytestmark = [pytest.mark.real, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
PEOPLE = 30
NASTY = (
    '<script>window.mal = 1</script> {{include page="PagePrincipale"}} ""<img src=x onerror=window.mal=1>"" #eval(1)'
)
WORDS = "Ce passage a été écrit par une personne, et il doit rester."


@dataclass
class Machine:
    """A facilitator's machine, and what they reach from it."""

    folder: Path
    slug: str
    env: dict[str, str]
    wiki: wikis.Wiki

    def run(self, *arguments: str, code: int = 0, day: str = "2027-04-05") -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "allies_sync", *arguments],
            cwd=self.folder,
            env=self.env | {"ALLIES_SYNC_TODAY": day},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=500,
            check=False,
        )
        said = ran.stdout + ran.stderr
        assert "Traceback" not in said, said
        assert ran.returncode == code, said
        return said

    def page(self, name: str) -> str:
        parts = self.slug.split("-")
        tag = "-".join([*parts[1:], parts[0]])
        return f"{self.wiki.url}/?{tag[:1].upper()}{tag[1:]}{f'.{name}' if name else ''}"

    def document(self, user: str, name: str) -> tuple[str, tuple[str, str]]:
        account = files.accounts()[user]
        base = f"{files.URL}/remote.php/dav/files/{user}"
        own = f"{self.env['ROOT']}/{self.slug}" if user == "allies" else self.slug
        return f"{base}/{quote(f'{own}/Bilan/{name}')}", (user, account.app_password)

    def read(self, user: str, name: str) -> bytes:
        url, auth = self.document(user, name)
        answer = requests.get(url, auth=auth, timeout=60)
        assert answer.status_code == 200, f"{answer.status_code} {url}"
        return answer.content

    def write(self, user: str, name: str, text: str) -> None:
        url, auth = self.document(user, name)
        assert requests.put(url, data=text.encode(), auth=auth, timeout=60).status_code in (201, 204)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    for why in (browser.missing(), files.missing(), wikis.missing("444")):
        if why:
            pytest.skip(why)
    folder = tmp_path_factory.mktemp("real")
    slug = f"2027-jour-{os.getpid()}"
    wiki = wikis.wikis()["444"]
    root = f"Essais/bilan-{os.getpid()}"
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "fr_FR.UTF-8",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "plugins")]),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "ALLIES_SYNC_FILES_SECRET": files.accounts()["allies"].app_password,
        "ALLIES_SYNC_WIKI_SECRET": wiki.key("WikiAdmin"),
        "ROOT": root,
    }
    (folder / "allies-sync.toml").write_text(
        f'[collective]\nname = "Atelier Exemple"\n[roles.files]\nplatform = "nextcloud"\nurl = "{files.URL}"\n'
        f'user = "allies"\nroot = "{root}"\nteam_group = "equipe"\nparticipants_group = "participants"\n'
        f'[roles.wiki]\nplatform = "yeswiki"\nurl = "{wiki.url}"\nuser = "WikiAdmin"\nteam_group = "equipe"\n',
        encoding="utf-8",
    )
    machine = Machine(folder, slug, env, wiki)
    example = str(ROOT / "examples" / "dynamiques-de-cooperation.toml")
    for attempt in range(3):  # others who test on this wiki may take away what all engagements share
        try:
            machine.run("new-engagement", "--from", example, "--slug", slug, "--yes", day="2027-02-15")
            break
        except AssertionError:
            if attempt == 2:
                raise
    yield machine
    forget_answers(wiki, slug)
    machine.run("remove", slug, "--confirm", slug, "--yes")
    account = files.accounts()["allies"]
    requests.delete(
        f"{files.URL}/remote.php/dav/files/allies/{quote(root)}", auth=("allies", account.app_password), timeout=60
    )


def forget_answers(wiki: wikis.Wiki, slug: str) -> None:
    """Takes the answers of this run out of the wiki: a form that has some is never removed."""
    for (number,) in wiki.sql(f"SELECT bn_id_nature FROM yeswiki_nature WHERE bn_description LIKE '%{slug}%'"):
        tags = f'SELECT tag FROM yeswiki_pages WHERE body LIKE \'%"id_typeannonce":"{number}"%\''
        found = ",".join(f"'{tag}'" for (tag,) in wiki.sql(tags))
        if found:
            wiki.sql(f"DELETE FROM yeswiki_triples WHERE resource IN ({found})")
            wiki.sql(f"DELETE FROM yeswiki_acls WHERE page_tag IN ({found})")
            wiki.sql(f"DELETE FROM yeswiki_pages WHERE tag IN ({found})")


def answer(window: Browser, url: str, number: int) -> None:
    """One person answers the questionnaire: typing and clicking."""
    values = amont(number)
    window.open(url)
    window.wait("document.querySelector('[name=bf_attentes]')")
    words = NASTY if number == 7 else values["attentes"]
    window.type("[name=bf_attentes]", words)
    if "freins" in values:
        window.type("[name=bf_freins]", values["freins"])
    if "experience" in values:
        window.click(f"label:has(> input[name$=bf_experience][value='{values['experience']}'])")
    for key in values["modules"]:
        window.click(f"label:has(> input[name$='bf_modules[{key}]'])")
    window.type("[name=bf_prenom]", values["prenom"])
    window.type("[name=bf_structure]", values["structure"])
    window.click("form#formulaire button[type=submit], form[id^=formulaire] button[type=submit]")
    window.wait("!document.querySelector('[name=bf_attentes]') || document.querySelector('.alert-success')")


def test_from_the_questionnaire_to_the_published_bilan(machine: Machine, tmp_path: Path) -> None:
    window = Browser()
    try:
        for number in range(PEOPLE):
            answer(window, machine.page("Questionnaire"), number)
        _draft_edit_publish(machine)
        window.open(machine.page("Bilan"))
        shown = str(window.run("return document.body.innerText"))
        assert window.run("return window.mal") is None
        assert WORDS in shown
        assert '{{include page="PagePrincipale"}}' in shown
        assert "#eval(1)" in shown
        assert "Prénom-" not in shown
        assert "Structure-Secrète" not in shown
        counts = Counter(amont(number).get("experience") for number in range(PEOPLE))
        assert re.search(rf"Souvent\s+{counts['4']}\s", shown)
        keep = os.environ.get("ALLIES_SYNC_PICTURES")
        if keep:
            window.whole_page(Path(keep) / "real-bilan.png", 1000)
            window.open(machine.page("Documents"))
            window.whole_page(Path(keep) / "real-documents.png", 1000)
            (Path(keep) / "real-Bilan.pdf").write_bytes(machine.read("alice", "Bilan.pdf"))
    finally:
        window.close()


def _draft_edit_publish(machine: Machine) -> None:
    slug = machine.slug
    machine.run("bilan", "quotes", slug, "--yes")
    listed = machine.read("alice", "Citations à choisir.md").decode()
    # the wiki itself takes script tags out of what is sent to it
    found_items = [line for line in listed.split("\n") if "include page" in line]
    assert len(found_items) == 1, listed
    item = found_items[0]
    machine.write("alice", "Citations à choisir.md", listed.replace(item, item.replace("- [ ]", "* [x]")))
    machine.run("bilan", "draft", slug, "--yes")
    draft = machine.read("alice", "Brouillon du bilan.md").decode()
    assert "30 réponses" in draft
    assert machine.run("publish-bilan", slug, "--yes", code=2).count("ligne ") > 5
    edited = re.sub(r"\[À écrire : [^\]]*\]", WORDS, draft)
    machine.write("alice", "Brouillon du bilan.md", edited)
    machine.run("bilan", "draft", slug, "--yes")
    assert machine.read("alice", "Brouillon du bilan.md").decode() == edited
    said = machine.run("publish-bilan", slug, "--yes")
    assert "Le bilan est publié." in said
    # a second time nothing changes, and the link stays the same
    found = re.search(r"bilan \(PDF\) : (http\S+)", said)
    assert found, said
    pdf = machine.read("alice", "Bilan.pdf")
    again = machine.run("publish-bilan", slug, "--yes")
    assert found[1] in again
    assert "mis à jour" not in again
    assert machine.read("alice", "Bilan.pdf") == pdf
    shared = requests.get(f"{found[1]}/download", timeout=60)
    assert shared.content == pdf
    machine.write("alice", "Brouillon du bilan.md", edited + "\nUn mot de plus.\n")
    third = machine.run("publish-bilan", slug, "--yes")
    assert found[1] in third
    assert requests.get(f"{found[1]}/download", timeout=60).content != pdf
    text = _text_of(machine.read("alice", "Bilan.pdf"))
    assert "Prénom-" not in text
    assert "Structure-Secrète" not in text
    assert unquote(found[1]).startswith(files.URL)


def _text_of(pdf: bytes) -> str:
    ran = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return ran.stdout.decode()
