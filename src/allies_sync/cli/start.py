"""One run of the program: language first, then the command, then whatever went wrong as a sentence."""

from __future__ import annotations

import codecs
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from allies_sync.cli import settings
from allies_sync.text.messages import LANGUAGES, _, set_language

NAME = "allies-sync"
COMPLETION = "_ALLIES_SYNC_COMPLETE"


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns the exit code. Nothing that happens in it reaches the caller."""
    prepare_streams()
    chosen, rest = settings.take(arguments)
    settings.current = chosen
    from allies_sync.cli.complaints import guarded

    set_language(chosen.lang if chosen.lang in LANGUAGES else None)
    return guarded(lambda: _command(rest))


def prepare_streams() -> None:
    """Output that no character can break: UTF-8 where Windows would take something else."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            if os.name == "nt":
                stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
            else:
                codecs.register_error("nearest", _nearest)
                stream.reconfigure(errors="nearest")  # type: ignore[union-attr]


_NEAREST = {"→": "->", "✎": "*", "✗": "x", "✓": "v", "⚠": "!", "−": "-", "·": "-", "…": "...", "’": "'", "—": "-"}
_NEAREST |= {"–": "-", "«": '"', "»": '"', "“": '"', "”": '"', "•": "-", "œ": "oe", "Œ": "OE", "€": "EUR"}


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """What a terminal that knows few characters shows instead of one: what looks like it, and only then a question
    mark, which means something here."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    import unicodedata

    found = []
    for character in error.object[error.start : error.end]:
        plain = _NEAREST.get(character) or unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
        found.append(plain or ("" if unicodedata.combining(character) else "?"))
    return "".join(found), error.end


def _command(arguments: list[str]) -> int:
    chosen = settings.current.lang
    if chosen is not None and chosen not in LANGUAGES:
        from allies_sync.engagements.errors import UserError

        raise UserError(
            _("La langue « {lang} » n'est pas connue.").format(lang=chosen), _("Choisissez --lang fr ou --lang en.")
        )
    root = build()
    if COMPLETION in os.environ:
        from typer import completion

        completion.completion_init()  # type: ignore[attr-defined]
        root.main(args=arguments, prog_name=NAME)
        return 0
    with root.make_context(NAME, list(arguments)) as ctx:
        gc.enable()
        code = root.invoke(ctx)
    return code if isinstance(code, int) else 0


def build() -> Any:
    """The command line, none of whose commands is imported yet."""
    import typer

    from allies_sync.cli.group import Root, application, with_general_options
    from allies_sync.cli.root import root

    about = _("Ouvre, tient à jour et archive l'espace de travail partagé d'un accompagnement collectif.")
    app = application(Root, invoke_without_command=True, help=about)
    app.callback()(root)
    return with_general_options(typer.main.get_command(app))
