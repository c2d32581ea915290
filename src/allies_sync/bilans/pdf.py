"""A bilan as a PDF that a client keeps: PDF/A-2a (readable as long as archives last) and PDF/UA-1 (by everybody).

The Markdown is read here, into plain data; typst sets the pages from that data in a process of its own, in a folder
of its own. The same booklet gives the same bytes on every machine.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from allies_sync.bilans.blocks import Block, blocks
from allies_sync.bilans.lines import line
from allies_sync.bilans.pictures import Pictures
from allies_sync.text.characters import clean_line, cut
from allies_sync.text.markdown import MAX_SOURCE
from allies_sync.text.messages import _, using_language
from allies_sync.text.urls import is_safe_link

__all__ = ["Booklet", "CannotPrint", "Printed", "print_booklet", "render_pdf"]

MAX_SECONDS = 180  # a megabyte of text takes about three

_FONTS = ["Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono", "New Computer Modern Math"]
# What the first of them holds in all its styles; other letters are tried before they are printed.
_COMMON = re.compile(
    "[ -~\u00a0-\u017f\u2010-\u2014\u2018-\u201e\u2020-\u2022\u2026\u202f\u2039\u203a\u20ac\u2192\n]+"
)
_FOLLOWS = re.compile("[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\u200c\u200d]")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")

_TITLE_SIZES = ((40, 34), (70, 28), (110, 23), (10_000, 18))  # letters, points
_BROKEN = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
    '<path d="M4 4H36V36H4ZL36 36M36 4L4 36" fill="none" stroke="#8a8087"/></svg>'
)


class CannotPrint(Exception):
    """These pages cannot be made: a sentence for the person who asked for them."""


@dataclass(frozen=True, kw_only=True)
class Booklet:
    """What is printed: a cover, a contents page, and `markdown`. All other texts are plain words.

    `images`: SVG, PNG or JPEG by the target that the Markdown gives them; alternative texts are the
    Markdown's, or else the SVG's own. `kicker` stands over the title. `created` is the date that the PDF bears.
    """

    title: str
    subtitle: str = ""
    kicker: str = ""
    client: str = ""
    collective: str = ""
    dates: str = ""
    licence_label: str = ""
    licence_url: str = ""
    language: str = "fr"
    markdown: str = ""
    images: Mapping[str, bytes] = field(default_factory=dict)
    created: date


@dataclass(frozen=True, slots=True)
class Printed:
    """The PDF, and what could not be printed: letters that no font holds, pictures that nothing can read."""

    pdf: bytes
    letters: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


def render_pdf(booklet: Booklet) -> bytes:
    """Return the booklet as PDF/A-2a and PDF/UA-1. Raises CannotPrint."""
    return print_booklet(booklet).pdf


def print_booklet(booklet: Booklet, *, seconds: float = MAX_SECONDS) -> Printed:
    """Return the booklet as PDF/A-2a and PDF/UA-1, and say what of it no page shows.

    Letters that none of the fonts holds are printed as an empty square, pictures that cannot be read as a crossed
    one. Raises CannotPrint when the text is too long, or takes more than `seconds`; ValueError for an unknown
    language.
    """
    if len(booklet.markdown) > MAX_SOURCE:
        raise CannotPrint(
            _("Le texte est trop long pour un PDF : {length} caractères, pour {most} au plus.").format(
                length=len(booklet.markdown), most=MAX_SOURCE
            )
        )
    with (
        using_language(booklet.language),
        TemporaryDirectory(prefix="allies-sync-", ignore_cleanup_errors=True) as name,
    ):
        folder = Path(name).resolve()
        pictures = Pictures(folder, booklet.images)
        data = _data(booklet, pictures)
        content = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        drawn = "".join(path.read_text("utf-8") for path in sorted(folder.glob("*.svg")))
        job = {"timestamp": _timestamp(booklet.created), "rare": _rare(content + drawn), "pictures": pictures.files}
        (folder / "booklet.json").write_text(content, "utf-8")
        (folder / "job.json").write_text(json.dumps(job), "utf-8")
        (folder / "fonts.json").write_text(json.dumps(_FONTS), "utf-8")
        (folder / "broken.svg").write_text(_BROKEN, "utf-8")
        (folder / "booklet.typ").write_bytes(files(__package__).joinpath("booklet.typ").read_bytes())
        _typeset(folder, seconds)
        told = json.loads((folder / "told.json").read_text("utf-8"))
        unreadable = [name for name, file in pictures.names.items() if file in told["pictures"]]
        return Printed(
            (folder / "booklet.pdf").read_bytes(), tuple(told["letters"]), (*pictures.refused, *unreadable)
        )


def _typeset(folder: Path, seconds: float) -> None:
    program = Path(__file__).with_name("typesetter.py")
    try:
        ran = subprocess.run(
            [sys.executable, "-P", str(program), str(folder)],
            cwd=folder,
            capture_output=True,
            timeout=seconds,
            check=False,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise CannotPrint(
            _(
                "La mise en page du PDF n'a pas abouti en {seconds} secondes : le texte est sans doute trop long."
            ).format(seconds=round(seconds))
        ) from None
    if ran.returncode:
        reason = clean_line(ran.stderr)[-300:]
        raise CannotPrint(_("Le PDF n'a pas pu être mis en page ({reason}).").format(reason=reason))


# --- what the pages are made of ------------------------------------------------------------------------------


def _data(booklet: Booklet, pictures: Pictures) -> dict[str, object]:
    french = booklet.language == "fr"
    found = list(_without_title(blocks(booklet.markdown, pictures, french=french), booklet))
    title = _short(clean_line(booklet.title), 500) or _("Sans titre")
    kicker = _short(clean_line(booklet.kicker), 60)

    def words(text: str, longest: int = 44) -> object:
        return line(_short(clean_line(text), 500), french=french, longest=longest)

    facts = [(_("Pour"), booklet.client), (_("Dates"), booklet.dates)]
    url = booklet.licence_url if is_safe_link(booklet.licence_url) else ""
    return {
        "language": booklet.language,
        "region": "FR" if french else "GB",
        "title": f"{kicker} – {title}" if kicker else title,
        "author": cut(clean_line(booklet.collective), 500),
        "description": cut(clean_line(booklet.subtitle), 500),
        "date": {"year": booklet.created.year, "month": booklet.created.month, "day": booklet.created.day},
        "shown-title": words(title, 20),
        "title-size": next(size for most, size in _TITLE_SIZES if len(title) <= most),
        "kicker": words(kicker),
        "subtitle": words(booklet.subtitle),
        "collective": words(booklet.collective),
        "facts": [{"label": label, "value": words(value)} for label, value in facts if clean_line(value)],
        "licence": words(booklet.licence_label),
        "licence-url": url[:2_000],
        "header-left": words(_short(f"{kicker} – {title}" if kicker else title, 64)),
        "header-right": words(_short(clean_line(booklet.collective), 36)),
        "contents": _("Sommaire") if any(block["k"] == "heading" for block in found) else None,
        "blocks": found,
    }


def _without_title(found: list[Block], booklet: Booklet) -> Iterator[Block]:
    """The blocks; a first heading that only says the title again is the cover's, and those below it move up."""
    first = found[0] if found else {}
    only = sum(block["k"] == "heading" and block["level"] == 1 for block in found) == 1
    if not (only and first.get("k") == "heading" and _says_title(first, booklet)):
        yield from found
        return
    for block in found[1:]:
        yield block | {"level": block["level"] - 1} if block["k"] == "heading" else block


def _says_title(block: Block, booklet: Booklet) -> bool:
    said = _bare("".join(piece for piece in block["c"] if isinstance(piece, str)))
    title, kicker = _bare(booklet.title), _bare(booklet.kicker) or "bilan"
    return said in (title, kicker, f"{kicker} {title}", f"{title} {kicker}")


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{cut(text, length - 1).rstrip()}…"


def _timestamp(day: date) -> int:
    """Midnight of that day, or a moment as it is, in seconds since 1970."""
    moment = day if isinstance(day, datetime) else datetime.combine(day, time(), UTC)
    return int(moment.timestamp())


def _rare(text: str) -> list[str]:
    """Letters, with the accents and joiners that belong to them, that not every font holds; each once."""
    found: set[str] = set()
    position = 0
    while position < len(text):
        common = _COMMON.match(text, position)
        if common:
            position = common.end()
            if position == len(text) or not _goes_on(text, position):
                continue
            if text[position - 1].isalpha():
                position -= 1  # an accent follows: the letter under it belongs to it; a mark of JSON or XML does not
        end = position + 1
        while end < len(text) and (_goes_on(text, end) or text[end - 1] == "\u200d"):
            end += 1
        found.add(text[position:end])
        position = end
    return sorted(found)


def _goes_on(text: str, index: int) -> bool:
    char = text[index]
    if unicodedata.category(char) in ("Mn", "Me", "Mc") or _FOLLOWS.match(char):
        return True
    return bool(_FLAG.match(char) and _FLAG.match(text[index - 1]))
