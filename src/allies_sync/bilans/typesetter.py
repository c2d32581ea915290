"""Runs typst in a process of its own: a picture or a text that is too much for it costs that process, not the tool.

`python typesetter.py FOLDER`: reads `booklet.typ`, `booklet.json` (its data), `job.json` and pictures there, writes
`booklet.pdf` and `told.json` (what could not be shown). Exit code 1: typst's own words are on the standard error.
Only the standard library and typst are imported.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import typst

SUBSTITUTE = "□"


def main(folder: Path) -> None:
    """Make the PDF. Letters that no font holds, which both standards refuse, become an empty square."""
    job = json.loads((folder / "job.json").read_text("utf-8"))
    letters: list[str] = []
    pictures: list[str] = []
    try:
        pdf = _compile(folder / "booklet.typ", job["timestamp"])
    except typst.TypstError:
        pictures = [name for name in job["pictures"] if not _is_readable(folder, name)]
        _leave_out(folder, pictures)
        letters = _missing(folder, job["rare"])
        _substitute(folder, letters)
        try:
            pdf = _compile(folder / "booklet.typ", job["timestamp"])
        except typst.TypstError:
            letters = job["rare"]  # some can be shown alone, and not beside others
            _substitute(folder, letters)
            pdf = _compile(folder / "booklet.typ", job["timestamp"])
    (folder / "told.json").write_text(json.dumps({"letters": letters, "pictures": pictures}), "utf-8")
    (folder / "booklet.pdf").write_bytes(pdf)


def _compile(source: Path, timestamp: int = 0) -> bytes:
    packages = source.parent / "packages"  # there are none, and none is fetched
    return typst.compile(
        source,
        root=source.parent,
        ignore_system_fonts=True,  # every machine makes the same pages
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
        typst.compile(source, root=folder, ignore_system_fonts=True, format="pdf")
    except typst.TypstError:
        return False
    return True


def _leave_out(folder: Path, pictures: Sequence[str]) -> None:
    path = folder / "booklet.json"
    content = path.read_text("utf-8")
    for name in pictures:
        content = content.replace(f'"file":"{name}"', '"file":"broken.svg"')
    path.write_text(content, "utf-8")


def _missing(folder: Path, letters: Sequence[str]) -> list[str]:
    """Which of `letters` no font holds: halves that cannot be set are halved again."""
    if not letters:
        return []
    (folder / "letters.json").write_text(json.dumps(letters, ensure_ascii=False), "utf-8")
    source = folder / "letters.typ"
    source.write_text(
        '#set document(title: "letters")\n#set text(font: json("fonts.json"))\n'
        '#for letter in json("letters.json") [#letter #strong(letter) #emph(letter) #parbreak()]',
        "utf-8",
    )
    try:
        _compile(source)
    except typst.TypstError:
        if len(letters) == 1:
            return list(letters)
        middle = len(letters) // 2
        return _missing(folder, letters[:middle]) + _missing(folder, letters[middle:])
    return []


def _substitute(folder: Path, missing: Sequence[str]) -> None:
    """Replace letters in the data and in drawings. They are no ASCII: nothing of JSON or XML is among them."""
    for path in [folder / "booklet.json", *folder.glob("*.svg")]:
        content = path.read_text("utf-8")
        for letter in sorted(missing, key=len, reverse=True):
            shown = any(unicodedata.category(char) not in ("Cf", "Mn", "Me") for char in letter)
            content = content.replace(letter, SUBSTITUTE if shown else "")
        path.write_text(content, "utf-8")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except typst.TypstError as error:
        sys.stderr.write(error.message[:2_000])
        sys.exit(1)
