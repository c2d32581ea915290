"""Talking to the person in front of the terminal, or to the program at the other end of a pipe.

Standard output carries results. With ``--json`` it carries one JSON document and nothing else; what people may want
to read beside it goes to standard error.
"""

from __future__ import annotations

import json as json_module
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable
from typing import Any

from allies_sync.cli import settings
from allies_sync.engagements.errors import Declined, UserError
from allies_sync.engagements.secrets import hide
from allies_sync.text.characters import clean_line, clean_lines, harmless_json
from allies_sync.text.messages import _

WIDEST = 120


def say(text: str = "") -> None:
    """A line for the person, on standard output; nothing with ``--json``."""
    show([clean_lines(text)])


def note(text: str) -> None:
    """A line beside the result: always on standard error, folded on a terminal."""
    lines = hide(clean_lines(text)).split("\n")
    if sys.stderr.isatty():
        lines = [part for line in lines for part in folded(line)]
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201


def folded(line: str) -> list[str]:
    """A line as wide as the terminal, what follows indented as its beginning is."""
    text = line.lstrip(" -")
    start = line[: len(line) - len(text)]
    return list(wrapped(text, first=start, rest=" " * len(start))) or [""]


def result(document: dict[str, Any]) -> None:
    """The one JSON document of this command, when ``--json`` asks for it."""
    if settings.current.json:
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        print(harmless_json(json_module.dumps(document, ensure_ascii=not utf8, indent=2)))  # noqa: T201


def for_people() -> bool:
    """Whether a person reads standard output (or might), rather than a program that asked for JSON."""
    return not settings.current.json


def interactive() -> bool:
    """Whether somebody is there to answer questions."""
    return not settings.current.json and sys.stdin.isatty() and sys.stdout.isatty()


def width() -> int:
    """How wide a line may be."""
    return min(max(shutil.get_terminal_size().columns, 40), WIDEST)


def wrapped(text: str, *, first: str = "", rest: str = "") -> Iterable[str]:
    """``text`` in lines, the first one after ``first``, the others after ``rest``."""
    return textwrap.wrap(
        clean_line(text),
        width() - 1,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def colours() -> bool:
    """Whether standard output understands colours and nobody asked for none (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def styled(text: str, style: str) -> str:
    """``text`` in a colour, on terminals that have some. To be applied after everything is laid out."""
    if not text or not colours() or settings.current.json:
        return text
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def show(lines: Iterable[str]) -> None:
    """Lines that are laid out and cleaned already, colours included; nothing with ``--json``."""
    if not settings.current.json:
        for line in lines:
            print(hide(line))  # noqa: T201


class Stopped(KeyboardInterrupt):
    """Ctrl-C instead of an answer: nothing was changed yet."""


def ask(question: str, default: str = "") -> str:
    """A question with a typed answer; Enter alone takes the default."""
    shown = f"{question} [{default}] " if default else f"{question} "
    try:
        answer = clean_line(input(shown))
    except EOFError as error:
        print()  # noqa: T201
        raise Declined from error
    except KeyboardInterrupt as error:
        raise Stopped from error
    return answer or default


def confirm(question: str, *, yes: bool) -> None:
    """Asks for a yes. Raises Declined for anything else, UserError when nobody is there to ask."""
    if yes:
        return
    if not interactive():
        raise UserError(
            _("Rien n'a été modifié : il faut une confirmation, et personne n'est là pour la donner."),
            _("Ajoutez --yes pour confirmer d'avance, ou --dry-run pour seulement regarder."),
        )
    choice = _("[o/N]")
    answer = ask(f"{question} {choice}").casefold()
    if answer not in (*_("o oui").split(), "y", "yes"):
        raise Declined
