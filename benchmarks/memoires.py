"""How import and check grow with the number of mémoires: saved pages and API answers of 1,000 and 10,000.

    python benchmarks/memoires.py [--page FILE] [--counts 1000,10000]

Pages are made of one entry's HTML as a real wiki gave it (``--page``), or of a made-up one. Each measurement runs in
a process of its own, which says how much memory it took at most (``ru_maxrss``) and how long it had the processor.
Exit code 1 when ten times as many take more than twelve times as long, or 40 MB more.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ENTRY = """<div class="bazar-entry panel" data-id_fiche="{tag}" data-id_typeannonce="1" data-bf_nature="1,2">
<div class="panel-heading"><h4 class="panel-title">{title}</h4></div><div class="panel-body">
<div class="BAZ_cadre_fiche id1"><h1 class="BAZ_fiche_titre">{title}</h1>
<div class="BAZ_rubrique field-checkbox" data-id="bf_nature"><span class="BAZ_label">Nature de l'action</span>
<span class="BAZ_texte"><ul><li>Accompagnement</li><li>Formation</li></ul></span></div>
<div class="BAZ_rubrique field-liste" data-id="bf_avancement"><span class="BAZ_label">Niveau d'avancement</span>
<span class="BAZ_texte">Terminée</span></div>
<div class="BAZ_rubrique field-textelong" data-id="bf_description"><span class="BAZ_label">Description</span>
<span class="BAZ_texte">{text}</span></div>
<div class="BAZ_rubrique field-link" data-id="bf_lien_doc"><span class="BAZ_label">Lien vers la documentation</span>
<span class="BAZ_texte"><a class="BAZ_lien" href="https://exemple.org/{tag}">https://exemple.org/{tag}</a></span></div>
</div></div></div>
"""
TEXT = "<br />\n".join(["Une phrase qui dit comment cette action s'est passée, et ce qu'on en retient."] * 25)
HEAD = '<!doctype html><html><head><link href="tools/bazar/bazar.css"></head><body><div class="bazar-list">'
MOST_MEMORY = 40.0
"""Megabytes: the names of mémoires that were seen, and what ``check`` says of each."""


def make_page(path: Path, count: int, entry: str) -> None:
    """A saved list page."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for number in range(count):
            file.write(entry.replace("{tag}", f"Fiche{number}").replace("{title}", f"Action {number}"))
        file.write("</div></body></html>")


def make_json(path: Path, count: int) -> None:
    """A saved answer of the API."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            entry = {
                "bf_titre": f"Action {number}",
                "id_fiche": f"Fiche{number}",
                "id_typeannonce": "1",
                "checkboxListeNatureDeLActionbf_nature": "1,2",
                "listeListeNiveauDAvancementbf_avancement": "2",
                "bf_description": TEXT,
                "bf_lien_doc": f"https://exemple.org/{number}",
            }
            file.write(("{" if number == 0 else ",") + json.dumps(f"Fiche{number}") + ":" + json.dumps(entry))
        file.write("}")


def measured(what: str, path: Path) -> None:
    """One measurement: prints seconds, megabytes and the number of mémoires."""
    from allies_sync.memoires.checking import check, totals
    from allies_sync.memoires.importing import Reading
    from allies_sync.memoires.source import open_source
    from allies_sync.platforms.manager import load_plugins

    importers = load_plugins({}).memoire_importers()
    started = time.process_time()
    memoires = Reading(open_source(str(path)), importers).memoires()
    number = totals(map(check, memoires)).count if what == "check" else sum(1 for _memoire in memoires)
    seconds = time.process_time() - started
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": megabytes, "count": number}))


def run(counts: list[int], entry: str) -> Iterator[tuple[str, int, dict[str, float]]]:
    """All measurements."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("page", "json"):
            for count in counts:
                path = Path(folder) / f"{count}.{'html' if kind == 'page' else 'json'}"
                make_page(path, count, entry) if kind == "page" else make_json(path, count)
                for what in ("import", "check"):
                    command = [sys.executable, __file__, "--measure", what, str(path)]
                    done = subprocess.run(command, capture_output=True, text=True, check=True)
                    yield f"{what} {kind}", count, json.loads(done.stdout)
                path.unlink()


def main() -> int:
    """Prints a line for each measurement, then the ratios, and judges them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, help="a real list page, whose first entry is repeated")
    parser.add_argument("--counts", default="1000,10000")
    parser.add_argument("--measure", nargs=2)
    chosen = parser.parse_args()
    if chosen.measure:
        measured(chosen.measure[0], Path(chosen.measure[1]))
        return 0
    entry = ENTRY.replace("{text}", TEXT)
    if chosen.page:
        from allies_sync_yeswiki.memoires_scan import pieces

        piece = next(it for it in pieces([chosen.page.read_bytes()]) if "data-id_fiche" in it.attributes)
        entry = piece.html.replace(piece.attributes["data-id_fiche"], "{tag}")
    seen: dict[str, list[dict[str, float]]] = {}
    for what, count, found in run([int(number) for number in chosen.counts.split(",")], entry):
        seen.setdefault(what, []).append(found)
        print(f"{what:<12} {count:>6}  {found['seconds']:8.2f} s  {found['megabytes']:7.1f} MB", flush=True)
        if found["count"] != count:
            raise SystemExit(f"{found['count']} of {count} were read")
    bad = 0
    for what, both in seen.items():
        first, last = both[0], both[-1]
        more, times = last["megabytes"] - first["megabytes"], last["count"] / first["count"]
        slower = last["seconds"] / first["seconds"]
        print(f"{what:<12} × {times:.0f}: time × {slower:.1f}, memory {more:+.1f} MB")
        bad += slower > 1.2 * times or more > MOST_MEMORY
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
