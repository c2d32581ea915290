"""One engagement in a YesWiki, opened and looked at again by this tool and by a plain script, side by side:
``python benchmarks/yeswiki.py [--url http://127.0.0.1:8444 --user WikiAdmin] [--foreign 2000]``.

The account's API key comes from ``ALLIES_SYNC_WIKI_SECRET``. Without ``--url`` it runs on the simulated wiki, which
also holds 2,000 pages of other people: its request counts are the real ones, its times mean little.

The script does the same steps one after the other: for each list, form and page it asks whether that is there, makes
it, gives it its rights and its metadata; for a second look it asks for each of them again. Everybody goes through a
proxy on this machine that counts requests and bytes, and that adds 0 or 50 ms to each request and to each new
connection. In the end both have made the same pages. Exit code 1 unless this tool needs fewer requests than the
script for each step, and less time at the largest latency.
"""

from __future__ import annotations

import argparse
import contextlib
import html
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from proxy import Meter, Seen

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "dynamiques-de-cooperation.toml"
CONFIG = """
[collective]
name = "Les Rives"
[roles.files]
platform = "local"
path = "fichiers"
[roles.wiki]
platform = "yeswiki"
url = "{url}"
user = "{user}"
"""
COLUMNS = ("bn_label_nature", "bn_template", "bn_description", "bn_condition", "bn_sem_context", "bn_sem_type")
STEPS = ("opening", "second sync", "third sync")


@dataclass
class Made:
    """What this tool made for one engagement, for the script to make as well."""

    pages: dict[str, str] = field(default_factory=dict)
    forms: list[dict[str, Any]] = field(default_factory=list)
    lists: list[dict[str, Any]] = field(default_factory=list)


def tool(home: Path, url: str, user: str, secret: str, *arguments: str) -> None:
    """The command that people type."""
    home.mkdir(exist_ok=True)
    (home / "allies-sync.toml").write_text(CONFIG.format(url=url, user=user), "utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "plugins")]),
        "ALLIES_SYNC_CACHE": str(home / "cache"),
        "ALLIES_SYNC_WIKI_SECRET": secret,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    command = [sys.executable, "-m", "allies_sync", *arguments, "--yes"]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise RuntimeError(f"{arguments}: {done.stdout}\n{done.stderr}")


class Script:
    """One request after the other, on one connection."""

    def __init__(self, url: str, secret: str) -> None:
        import requests

        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False
        self.key = {"Authorization": f"Bearer {secret}"}
        self.hashcash = ""

    def get(self, route: str) -> Any:
        return self.http.get(f"{self.url}/?{route}", headers=self.key, allow_redirects=False, timeout=120)

    def post(self, route: str, fields: list[tuple[str, str]]) -> None:
        answer = self.http.post(f"{self.url}/?{route}", data=fields, allow_redirects=False, timeout=120)
        if answer.status_code >= 400:
            raise RuntimeError(f"{route}: {answer.status_code}")

    def open(self, made: Made) -> None:
        from allies_sync_yeswiki.hashcash import solve

        self.get("api/groups")
        for it in made.lists:
            self.get("BazaR/json&demand=lists")
            nodes = [{"id": key, "label": label, "children": []} for key, label in it["options"]]
            fields = [
                ("titre_liste", it["title"]),
                ("title", it["title"]),
                ("nodes", json.dumps(nodes)),
                ("valider", "1"),
            ]
            for number, (key, label) in enumerate(it["options"], 1):
                fields += [(f"id[{number}]", key), (f"label[{number}]", label)]
            self.post("BazaR&vue=listes&action=saisir_liste", fields)
        for form in made.forms:
            self.get("api/forms")
            self.post("BazaR&vue=formulaire&action=new", [*form.items(), ("valider", "1")])
            self.get("api/forms")
        for tag, body in made.pages.items():
            self.get(f"api/pages/{quote(tag)}")
            if not self.hashcash:
                self.get(f"{quote(tag)}/edit")
                script = self.http.get(f"{self.url}/tools/security/wp-hashcash-getkey.php", timeout=60).text
                self.hashcash = solve(script) or ""
            page = [("body", body), ("submit", "Sauver"), ("previous", ""), ("hashcash_value", self.hashcash)]
            self.post(f"{quote(tag)}/edit", page)
            rights = [
                ("read_acl", "*"),
                ("write_acl", "@admins"),
                ("comment_acl", "comments-closed"),
                ("newowner", ""),
            ]
            self.post(f"{quote(tag)}/acls", rights)
            self.post(f"{quote(tag)}/savemetadatas", [("metadatas[PageHeader]", "Banc_Entete")])

    def look(self, made: Made) -> None:
        self.get("api/groups")
        self.get("BazaR/json&demand=lists")
        for form in made.forms:
            self.get(f"api/forms/{form['bn_id_nature']}")
            self.get(f"api/forms/{form['bn_id_nature']}/entries&fields=id_fiche")
        for tag in made.pages:
            self.get(f"api/pages/{quote(tag)}")
            self.get(f"{quote(tag)}/acls")


def read(url: str, secret: str, slug: str, base: str, copy: str) -> Made:
    """What stands there of one engagement, under other names."""
    script = Script(url, secret)
    pages = script.get("api/pages").json()
    lists = script.get("BazaR/json&demand=lists")
    if "json" not in lists.headers.get("Content-Type", ""):
        lists = script.get("BazaR/json&demand=lists")
    made = Made()
    for tag, page in pages.items():
        if tag.startswith(base):
            made.pages[tag.replace(base, copy)] = page["body"].replace(base, copy)
    for it in script.get("api/forms").json().values():
        if f":{slug}:" in it["bn_description"]:
            columns = (
                "bn_label_nature",
                "bn_template",
                "bn_description",
                "bn_condition",
                "bn_sem_context",
                "bn_sem_type",
            )
            form = {name: str(it.get(name) or "") for name in columns}
            form["bn_label_nature"] += f" {copy}"
            form["bn_description"] = f"banc {copy}"
            form["bn_id_nature"] = str(900_000 + len(made.forms))
            made.forms.append(form)
    for it in lists.json().values():
        title = str(it.get("titre_liste") or it.get("title"))
        if f":{slug}:" in title:
            options = (
                (it.get("label") or {}).items() if "label" in it else [(n["id"], n["label"]) for n in it["nodes"]]
            )
            made.lists.append({"title": f"{copy} {html.unescape(title)}".replace(slug, "copie"), "options": options})
    return made


@contextlib.contextmanager
def wiki(url: str | None, foreign: int) -> Iterator[str]:
    """The real one, or a simulated one."""
    if url:
        yield url.rstrip("/")
        return
    from allies_sync_yeswiki.testing import SimulatedWiki

    with SimulatedWiki("dev") as simulated:
        simulated.control.fill(foreign)
        simulated.clock.advance(3600)
        yield simulated.url


def main() -> int:
    """Measures, prints, judges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url")
    parser.add_argument("--user", default="BotAllie")
    parser.add_argument("--foreign", type=int, default=2000, help="pages of other people in the simulated wiki")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--latency", type=int, nargs="*", default=[0, 50], help="milliseconds")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "plugins")]
    secret = os.environ.get("ALLIES_SYNC_WIKI_SECRET", "")
    if not options.url:
        from allies_sync_yeswiki.testing import KEY as secret
    place = Path(tempfile.mkdtemp())
    found: dict[tuple[str, str, int], list[Seen]] = {}
    try:
        with wiki(options.url, options.foreign) as plain:
            meter = Meter(plain)
            try:
                for run in range(options.runs):
                    for latency in options.latency:
                        one_round(meter, plain, options.user, secret, place, f"{run}-{latency}", latency, found)
            finally:
                meter.close()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return judge(found, options.latency)


def one_round(
    meter: Meter,
    plain: str,
    user: str,
    secret: str,
    place: Path,
    name: str,
    latency: int,
    found: dict[tuple[str, str, int], list[Seen]],
) -> None:
    slug, base, copy = f"2027-banc-{name}", f"Banc-{name}-2027", f"Copie-{name}-{os.getpid()}"
    home = place / name
    opening = ("new-engagement", "--from", str(EXAMPLE), "--slug", slug)
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("opening", lambda: tool(home, meter.url, user, secret, *opening)),
        ("second sync", lambda: tool(home, meter.url, user, secret, "sync", slug)),
        ("third sync", lambda: tool(home, meter.url, user, secret, "sync", slug)),
    )
    for step, work in steps:
        found.setdefault((step, "allies-sync", latency), []).append(meter.measure(latency / 1000, work))
    made = read(plain, secret, slug, base, copy)
    script = Script(meter.url, secret)
    for step, work in (
        ("opening", lambda: script.open(made)),
        ("second sync", lambda: script.look(made)),
        ("third sync", lambda: script.look(made)),
    ):
        found.setdefault((step, "script", latency), []).append(meter.measure(latency / 1000, work))
    again = read(plain, secret, slug, copy, base)
    pages = {tag.replace(copy, base): body.replace(copy, base) for tag, body in made.pages.items()}
    assert again.pages == pages, "the script left other pages"
    tool(home, plain, user, secret, "remove", slug, "--confirm", slug)
    for tag in made.pages:
        Script(plain, secret).http.delete(f"{plain}/?api/pages/{quote(tag)}", headers=script.key, timeout=60)
    forget_forms(Script(plain, secret), copy)


def forget_forms(script: Script, copy: str) -> None:
    """Away with the script's forms and lists."""
    script.get("api/groups")
    for number, it in script.get("api/forms").json().items():
        if it["bn_description"] == f"banc {copy}":
            page = script.get(f"BazaR&vue=formulaire&action=confirm_delete&idformulaire={number}").text
            token = re.search(r'name="confirmDeleteToken"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*DeleteToken', page)
            if token:
                fields = [("confirmDeleteToken", token[1] or token[2])]
                script.post(f"BazaR&vue=formulaire&action=delete&idformulaire={number}", fields)
    for tag, it in script.get("BazaR/json&demand=lists").json().items():
        if str(it.get("titre_liste") or it.get("title")).startswith(copy):
            script.get(f"BazaR&vue=listes&action=supprimer_liste&idliste={tag}")


def judge(found: dict[tuple[str, str, int], list[Seen]], latencies: list[int]) -> int:
    print("median, from the first to the last request")
    columns = "".join(f"{f'+{latency} ms':>12}" for latency in latencies)
    print(f"{'':<28}{'requests':>9}{'kB':>9}{columns}")
    good = True
    for step in STEPS:
        requests, times = {}, {}
        for who in ("allies-sync", "script"):
            seen = [it for latency in latencies for it in found[step, who, latency]]
            requests[who] = max(it.requests for it in seen)
            size = statistics.median(it.received for it in seen) / 1000
            for latency in latencies:
                times[who, latency] = statistics.median(it.seconds for it in found[step, who, latency])
            shown = "".join(f"{times[who, latency]:>10.2f} s" for latency in latencies)
            print(f"{f'{step}, {who}':<28}{requests[who]:>9}{size:>9.0f}{shown}")
        far = max(latencies)
        good = good and requests["allies-sync"] < requests["script"]
        good = good and times["allies-sync", far] < times["script", far]
    print(f"fewer requests, and less time at +{max(latencies)} ms: {'yes' if good else 'NO'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
