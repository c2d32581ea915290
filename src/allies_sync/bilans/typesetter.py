"""Runs typst in a process of its own: a picture or a text that is too much for it costs that process, not the tool.

`python typesetter.py FOLDER`: reads `booklet.typ`, `booklet.json` (its data), `job.json` and pictures there, writes
`booklet.pdf` and `told.json` (what could not be shown). Exit code 1: typst's own words are on the standard error.
Only the standard library and typst are imported.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typst

SUBSTITUTE = "□"
MOST_TRIES = 1_000  # of a few milliseconds each
FONTS = typst.Fonts(include_system_fonts=False)  # every machine makes the same pages


def main(folder: Path) -> None:
    """Make the PDF. Letters that no font holds, which both standards refuse, become an empty square."""
    job = json.loads((folder / "job.json").read_text("utf-8"))
    rare: list[str] = job["rare"]
    letters: list[str] = []
    pictures: list[str] = []
    try:
        pdf = _compile(folder / "booklet.typ", job["timestamp"])
    except typst.TypstError:
        pictures = [name for name in job["pictures"] if not _is_readable(folder, name)]
        _leave_out(folder, pictures)
        kept = {path: path.read_text("utf-8") for path in [folder / "booklet.json", *folder.glob("*.svg")]}
        letters = _missing(folder, rare)
        _substitute(kept, rare, letters)
        try:
            pdf = _compile(folder / "booklet.typ", job["timestamp"])
        except typst.TypstError:
            letters = rare  # some can be shown alone, and not beside others
            _substitute(kept, rare, letters)
            pdf = _compile(folder / "booklet.typ", job["timestamp"])
    (folder / "told.json").write_text(json.dumps({"letters": letters, "pictures": pictures}), "utf-8")
    (folder / "booklet.pdf").write_bytes(pdf)


def _compile(source: Path, timestamp: int = 0) -> bytes:
    packages = source.parent / "packages"  # there are none, and none is fetched
    return typst.compile(
        source,
        root=source.parent,
        font_paths=FONTS,
        format="pdf",
        pdf_standards=["a-2a", "ua-1"],
        timestamp=timestamp,
        package_path=packages,
        package_cache_path=packages,
    )


def _is_readable(folder: Path, picture: str) -> bool:
    source = folder / "picture.typ"
    source.write_text(f'#set document(title: "picture")\n#image("{picture}", alt: "picture", width: 1cm)', "utf-8")
    try:
        typst.compile(source, root=folder, font_paths=FONTS, format="pdf")
    except typst.TypstError:
        return False
    return True


def _leave_out(folder: Path, pictures: Sequence[str]) -> None:
    for name in pictures:
        (folder / name).unlink()
    data = folder / "booklet.json"
    content = data.read_text("utf-8")
    for name in pictures:
        content = content.replace(f'"file":"{name}"', '"file":"broken.svg"')  # no typed word holds a bare quote
    data.write_text(content, "utf-8")


def _missing(folder: Path, letters: Sequence[str]) -> list[str]:
    """Which of `letters` no font holds: those that typst names; where it names none, halves are tried."""
    waiting = deque([letters])
    missing: list[str] = []
    tries = 0
    while waiting:
        some = waiting.popleft()
        tries += 1
        refused = _refused(folder, some) if tries <= MOST_TRIES else some
        if refused is None:
            continue
        missing.extend(refused)
        rest = sorted(set(some) - set(refused))
        half = len(rest) // 2 if not refused else 0
        if not refused and len(rest) == 1:
            missing.extend(rest)
        else:
            waiting.extend(part for part in (rest[:half], rest[half:]) if part)
    return missing


def _refused(folder: Path, letters: Sequence[str]) -> Sequence[str] | None:
    """Those of `letters` that typst says it cannot set, none if it does not say which; None if it can set all."""
    (folder / "letters.json").write_text(json.dumps(letters), "utf-8")
    source = folder / "letters.typ"
    source.write_text(
        '#set document(title: "letters")\n#set text(font: json("fonts.json"))\n'
        '#for letter in json("letters.json") [#letter #strong(letter) #emph(letter) #parbreak()]',
        "utf-8",
    )
    try:
        _compile(source)
    except typst.TypstError as error:
        named = set(re.findall(r'the text `"([^"]+)"`', error.diagnostic))
        return [letter for letter in letters if letter in named]
    return None


def _substitute(contents: Mapping[Path, str], rare: Sequence[str], missing: Sequence[str]) -> None:
    """Write the data and the drawings again without the letters that are missing. No mark of XML is a letter."""
    if not rare:
        return
    # a letter within a longer one is not that letter: all of them are looked for
    pattern = re.compile("|".join(map(re.escape, sorted(rare, key=len, reverse=True))))
    substitutes = {letter: _substitute_for(letter) for letter in missing}

    def replaced(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(lambda found: substitutes.get(found[0], found[0]), value)
        if isinstance(value, list):
            return [replaced(item) for item in value]
        return {key: replaced(item) for key, item in value.items()} if isinstance(value, dict) else value

    for path, content in contents.items():
        is_data = path.suffix == ".json"
        path.write_text(json.dumps(replaced(json.loads(content))) if is_data else replaced(content), "utf-8")


def _substitute_for(letter: str) -> str:
    shown = any(unicodedata.category(char) not in ("Cf", "Mn", "Me") for char in letter)
    return SUBSTITUTE if shown else ""


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except typst.TypstError as error:
        sys.stderr.write(error.message[:2_000])
        sys.exit(1)
