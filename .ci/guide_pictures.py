"""The pictures of ``docs/guide/bilan.md``, of a real run on this disk: open, thirty answers, draft, edit, publish.

    .venv/bin/python .ci/guide_pictures.py [FOLDER]

Needs chromium, chromedriver, pdftoppm and ImageMagick. FOLDER (a new one unless given) keeps the run, to look at.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
IMAGES = ROOT / "docs" / "guide" / "images"
SLUG = "2027-dynamiques-de-cooperation"

PICKED = (
    "L'envie d'appeler deux personnes dès lundi.",
    "La carte des projets : on ne savait pas que vous existiez.",
    "Plus de temps pour les modules.",
    "On ne se connaît pas assez.",
)
WRITTEN = {
    "en trois": "Vingt-deux personnes de quatorze associations ont passé une journée ensemble. Elles repartent avec "
    "une carte de leurs projets, des outils qu'elles ont essayés et six premiers pas datés.",
    "ce qui s'est passé": "Le repas a duré : l'échange sur les conseils citoyens a commencé à 16h20. Le module sur "
    "les statuts, peu demandé, a laissé la place à un second temps d'entraide sur un projet.",
    "combien": "Vingt-deux personnes sont venues, de quatorze associations et de deux services de l'agglomération.",
    "ce qui a aidé": "- Commencer par une coopération vécue plutôt que par une définition.\n"
    "- La carte des liens, restée au mur toute la journée.\n"
    "- Les réponses au questionnaire, projetées à 10h : le groupe a changé deux temps du programme.",
    "ce que nous ferions": "Prévoir deux heures pour les modules, et une salle de plus pour les petits groupes.",
    "ce qui a été décidé": "| Premier pas | Avec qui | Quand |\n|---|---|---|\n"
    "| Visiter le local partagé | trois associations | avril |\n"
    "| Un planning commun des salles | l'agglomération | mai |",
    "les besoins": "Deux groupes demandent un appui pour un groupement d'employeurs ; nous le transmettons au DLA.",
    "les lieux": "Merci à la Maison des associations pour son accueil et pour le café.",
}
LINES = (
    "On attend surtout du temps ensemble, des visages sur des noms et une suite. Beaucoup disent aussi la crainte "
    "d'en rester là.",
    "Le temps revient partout ; viennent ensuite les financements, et la question de savoir qui décide.",
    "On repart avec des noms, une méthode et l'impression que c'est possible.",
    "Du temps, encore : pour les modules, et pour parler sans programme.",
)


class Run:
    """One engagement on this disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = os.environ | {
            "HOME": str(folder / "home"),
            "XDG_CONFIG_HOME": str(folder / "home"),
            "XDG_CACHE_HOME": str(folder / "home"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "LANG": "fr_FR.UTF-8",
            "COLUMNS": "92",
        }
        (folder / "allies-sync.toml").write_text(
            '[collective]\nname = "Collectif Exemple"\n[roles.files]\nplatform = "local"\npath = "espaces/fichiers"\n'
            '[roles.wiki]\nplatform = "local"\npath = "espaces/wiki"\n',
            encoding="utf-8",
        )

    def __call__(self, *arguments: str, day: str = "2027-04-05") -> str:
        """What a command says. It must be understood, not succeed."""
        ran = subprocess.run(
            [sys.executable, "-m", "allies_sync", *arguments],
            cwd=self.folder,
            env=self.env | {"ALLIES_SYNC_TODAY": day},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if "Traceback" in ran.stderr:
            raise SystemExit(ran.stderr)
        return ran.stdout or ran.stderr

    @property
    def bilan(self) -> Path:
        return self.folder / "espaces" / "fichiers" / SLUG / "Bilan"

    @property
    def wiki(self) -> Path:
        return self.folder / "espaces" / "wiki" / SLUG


def main() -> None:
    from tests.bilans.answering import thirty

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="guide-"))
    folder.mkdir(parents=True, exist_ok=True)
    IMAGES.mkdir(parents=True, exist_ok=True)
    run = Run(folder)
    example = str(ROOT / "examples" / "dynamiques-de-cooperation.toml")
    run("new-engagement", "--from", example, "--yes", day="2027-02-15")
    thirty(run.wiki)
    from tests.e2e.browser import Browser

    window = Browser(920, 900)
    try:
        terminal(window, "statut", f"status {SLUG}", run("status", SLUG))
        terminal(window, "citations", f"bilan quotes {SLUG}", run("bilan", "quotes", SLUG, "--yes"))
        tick(run.bilan / "Citations à choisir.md")
        editor(window, "citations-cochees", run.bilan / "Citations à choisir.md", 40, 62)
        terminal(window, "brouillon", f"bilan draft {SLUG}", run("bilan", "draft", SLUG, "--yes"), 34)
        editor(window, "a-ecrire", run.bilan / "Brouillon du bilan.md", 1, 12)
        terminal(window, "refus", f"publish-bilan {SLUG}", run("publish-bilan", SLUG, "--yes"))
        write(run.bilan / "Brouillon du bilan.md")
        terminal(window, "publication", f"publish-bilan {SLUG}", run("publish-bilan", SLUG, "--yes"))
        window.open((run.wiki / "bilan.html").as_uri())
        window._ask("window/rect", width=900, height=1000)
        picture(window, "page")
        pages(run.bilan / "Bilan.pdf", folder)
    finally:
        window.close()
    print(folder)


def tick(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for words in PICKED:
        if f"- [ ] {words}" not in text:
            raise SystemExit(f"{words} is not proposed")
        text = text.replace(f"- [ ] {words}", f"- [x] {words}", 1)
    path.write_text(text, encoding="utf-8")


def write(path: Path) -> None:
    """What a facilitator writes in an afternoon."""
    lines = iter(LINES)

    def words(match: re.Match[str]) -> str:
        return next((text for start, text in WRITTEN.items() if match[1].startswith(start)), "") or next(lines)

    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"\[À écrire : ([^\]]*)\]", words, text), encoding="utf-8")


# --- pictures ------------------------------------------------------------------------------------------------

STYLE = """<meta charset="utf-8"><style>
body { margin: 0; padding: 18px; background: #fff; }
pre { margin: 0; padding: 18px 22px; border-radius: 10px; font: 14px/1.5 "DejaVu Sans Mono", monospace;
  white-space: pre-wrap; display: inline-block; min-width: 800px; }
.terminal { background: #2c2530; color: #f4eef2; } .terminal b { color: #ffd28a; }
.editor { background: #fbf6ef; color: #2c2530; border: 1px solid #d9cfc3; max-width: 830px; }
mark { background: #ffe08a; }
</style>"""


def terminal(window: object, name: str, command: str, said: str, most: int = 60) -> None:
    lines = said.rstrip().split("\n")
    shown = "\n".join([*lines[:most], "…"] if len(lines) > most else lines)
    typed = f"<b>$ allies-sync {html.escape(command)}</b>"
    show(window, name, f'<pre class="terminal">{typed}\n{html.escape(shown)}</pre>')


def editor(window: object, name: str, path: Path, first: int, last: int) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")[first - 1 : last]
    text = html.escape("\n".join(lines))
    text = re.sub(r"\[À écrire : [^\]]*\]", r"<mark>\g<0></mark>", text)
    text = re.sub(r"(?m)^- \[x\].*$", r"<mark>\g<0></mark>", text)
    show(window, name, f'<pre class="editor">{text}</pre>')


def show(window: object, name: str, body: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(STYLE + body, encoding="utf-8")
        window.open(page.as_uri())  # type: ignore[attr-defined]
        height = window.run("return Math.ceil(document.querySelector('pre').getBoundingClientRect().bottom) + 18")  # type: ignore[attr-defined]
        window._ask("window/rect", width=920, height=int(height) + 140)  # type: ignore[attr-defined]
        picture(window, name, int(height))


def picture(window: object, name: str, height: int | None = None) -> None:
    path = IMAGES / f"{name}.png"
    window.picture(path)  # type: ignore[attr-defined]
    small(path, ["-crop", f"x{height}+0+0", "+repage"] if height else [])


def small(path: Path, more: list[str]) -> None:
    plain = ["-strip", "-colors", "48", "-define", "png:compression-level=9", f"PNG8:{path}"]
    subprocess.run(["convert", str(path), *more, *plain], check=True)
    if path.stat().st_size > 150_000:
        raise SystemExit(f"{path} is too big: {path.stat().st_size}")


def pages(pdf: Path, folder: Path) -> None:
    """Cover and two inner pages, side by side."""
    subprocess.run(["pdftoppm", "-r", "60", "-png", str(pdf), str(folder / "p")], check=True)
    sheets = sorted(folder.glob("p-*.png"))
    chosen = [sheets[0], sheets[1], sheets[4]]
    target = IMAGES / "pdf.png"
    layout = ["-tile", "3x1", "-geometry", "+8+8", "-background", "#b9b0b5"]
    subprocess.run(["montage", *map(str, chosen), *layout, str(target)], check=True)
    small(target, [])


if __name__ == "__main__":
    for needed in ("chromium", "chromedriver", "pdftoppm", "montage", "convert"):
        if shutil.which(needed) is None:
            raise SystemExit(f"{needed} is not installed")
    main()
