"""Whatever goes wrong, as one sentence with the next step. No traceback and no secret reaches a person."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from allies_sync.cli import settings
from allies_sync.text.messages import _

if TYPE_CHECKING:
    from pathlib import Path

DONE, UNDONE, WRONG, TO_DO, INTERRUPTED = 0, 1, 2, 3, 130
OF_COMMANDS = ("--json", "--yes", "-y", "--dry-run", "--force")
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Complaint(NamedTuple):
    """What a person is told: what happened, what to do next, and the exit code."""

    message: str
    advice: str = ""
    code: int = UNDONE
    details: tuple[str, ...] = ()


def guarded(work: Callable[[], int]) -> int:
    """Runs ``work`` and returns an exit code, whatever happens."""
    try:
        return _guarded(work)
    finally:
        _settle()


def _guarded(work: Callable[[], int]) -> int:
    try:
        code = work()
        sys.stdout.flush()
        return code
    except KeyboardInterrupt as error:
        advice = _("Ce qui était fait l'est. Relancez la même commande : elle reprendra là où elle s'est arrêtée.")
        if type(error).__name__ == "Stopped":
            advice = _("Rien n'a été modifié.")
        complaint = Complaint(_("Interrompu."), advice, INTERRUPTED)
        if sys.stderr.isatty():
            print(file=sys.stderr)  # noqa: T201 - the terminal has written ^C into the line
    except BrokenPipeError:
        return UNDONE  # whoever read our output has gone (``| head``): nothing to complain about
    except Exception as error:
        exit_code = getattr(error, "exit_code", None)
        if type(error).__name__ == "Exit" and isinstance(exit_code, int):
            return exit_code
        complaint = complaint_of(error)
    with suppress(OSError, ValueError):  # where nothing can be said any more, the exit code still says it
        tell(complaint)
    return complaint.code


def tell(complaint: Complaint) -> None:
    """Says what went wrong: to people on standard error, to programs as JSON on standard output."""
    import json

    from allies_sync.engagements.secrets import hide
    from allies_sync.text.characters import clean_lines

    def said(text: str) -> str:
        return hide(clean_lines(text))

    message, advice = said(complaint.message), said(complaint.advice)
    details = [said(line) for line in complaint.details]
    if settings.current.json:
        whole = " ".join([message, *details])
        error = {"error": {"message": whole, "advice": advice, "code": complaint.code}}
        print(json.dumps(error, ensure_ascii=not _utf8(), indent=2), flush=True)  # noqa: T201
        return
    from allies_sync.cli.screen import note

    note("\n".join(line for line in (message, *(f"  - {line}" for line in details), advice) if line))


def complaint_of(error: Exception) -> Complaint:
    """The sentence for an exception."""
    usage = _usage(error)
    if usage:
        return usage
    from allies_sync.engagements.errors import Declined, UserError
    from allies_sync.model.problems import InvalidData
    from allies_sync.platforms.errors import Foreign, PlatformError, Refused
    from allies_sync.platforms.manager import PluginError

    if isinstance(error, UserError):
        return Complaint(error.message, error.advice, WRONG, error.details)
    if isinstance(error, Declined):
        return Complaint(_("Rien n'a été modifié."), "", UNDONE)
    if isinstance(error, PlatformError):
        return Complaint(error.message, error.advice, WRONG if isinstance(error, Refused | Foreign) else UNDONE)
    if isinstance(error, InvalidData):
        from allies_sync.workspace.problems import describe

        told = tuple(describe(problem) for problem in error.problems)
        return Complaint(
            _("Ces données ne sont pas valables."), _("Rien n'a été modifié. Corrigez-les."), WRONG, told
        )
    if isinstance(error, PluginError):
        return Complaint(str(error), _("« allies-sync plugins list » dit ce qui est installé."), UNDONE)
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return Complaint(
            _("Le disque est plein."),
            _("Faites de la place, puis relancez la même commande : elle reprendra là où elle s'est arrêtée."),
        )
    return _unexpected(error)


# --- the command line itself ---------------------------------------------------------------------------------------


def _usage(error: Exception) -> Complaint | None:
    """What the parser did not understand, in our own words: its own are English."""
    typer_core = sys.modules.get("typer.core")
    if typer_core is None:
        return None
    from allies_sync.cli.group import TooMuch, UnknownCommand, UsageProblem

    if isinstance(error, UnknownCommand):
        advice = _("« allies-sync --help » donne la liste des commandes.")
        if error.near:
            near = ", ".join(f"« {name} »" for name in error.near)
            advice = _("Vouliez-vous dire {near} ?").format(near=near) + " " + advice
        return Complaint(_("Il n'y a pas de commande « {name} ».").format(name=error.name[:80]), advice, WRONG)
    if isinstance(error, TooMuch):
        extra = " ".join(error.arguments)[:80]
        message = _("« {extra} » est en trop. Ce qui a plusieurs mots se met entre guillemets.")
        return Complaint(message.format(extra=extra), _help_hint(error), WRONG)
    if isinstance(error, UsageProblem):
        return Complaint(_usage_message(error), _help_hint(error), WRONG)
    return None


def _usage_message(error: Any) -> str:
    option = getattr(error, "option_name", None)
    param = getattr(error, "param", None)
    kind = type(error).__name__
    if kind == "NoSuchOption":
        if option in OF_COMMANDS and getattr(error.ctx, "parent", None) is None:
            message = _("« {option} » se met après le nom de la commande, comme dans « allies-sync status --json ».")
            return message.format(option=option)
        near = ", ".join(sorted(getattr(error, "possibilities", None) or ()))
        message = _("L'option « {option} » n'existe pas.").format(option=str(option)[:80])
        return f"{message} {_('Les plus proches : {near}.').format(near=near)}" if near else message
    if kind == "BadOptionUsage":
        if "does not take" in error.message:
            return _("L'option « {option} » ne prend pas de valeur.").format(option=option)
        return _("L'option « {option} » attend une valeur.").format(option=option)
    if kind == "MissingParameter" and param is not None:
        name = param.metavar or param.opts[0]
        return _("Il manque : {name}.").format(name=name)
    if param is not None:
        return _("La valeur donnée pour {name} n'est pas possible.").format(name=param.metavar or param.opts[0])
    return _("La commande n'est pas complète ou n'a pas été comprise.")


def _help_hint(error: Any) -> str:
    path = error.ctx.command_path if getattr(error, "ctx", None) else "allies-sync"
    return _("« {path} --help » explique comment l'utiliser.").format(path=path)


# --- the unexpected ------------------------------------------------------------------------------------------------


def _unexpected(error: Exception) -> Complaint:
    """A fault of the program itself, or of a plugin: the details go to a file."""
    file = log_details(error)
    kind = type(error).__name__
    if isinstance(error, OSError):
        from allies_sync.text.system import system_words

        where = f" (« {error.filename} »)" if isinstance(error.filename, str) else ""
        kind = f"{system_words(error)}{where}"
    message = _("Quelque chose d'imprévu a arrêté la commande : {kind}.").format(kind=kind)
    advice = _("Relancez la même commande : elle reprendra là où elle s'est arrêtée.")
    if file:
        told = _("Si cela recommence, envoyez ce fichier à la personne qui vous aide : {file}").format(file=file)
        advice = f"{advice} {told}"
    return Complaint(message, advice)


def log_details(error: BaseException) -> Path | None:
    """Writes the traceback, without secrets, to a file of the user's own; None when even that cannot be done."""
    import traceback
    from datetime import UTC, datetime

    import platformdirs

    from allies_sync import __version__
    from allies_sync.engagements.secrets import redact

    told = "".join(traceback.format_exception(error))
    head = f"--- {datetime.now(UTC).isoformat(timespec='seconds')} allies-sync {__version__} Python {sys.version}"
    with suppress(OSError):
        folder = platformdirs.user_log_path("allies-sync", appauthor=False)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "allies-sync.log"
        grown = file.exists() and file.stat().st_size > 1_000_000
        with file.open("w" if grown else "a", encoding="utf-8", errors="replace") as stream:
            stream.write(f"{head}\n{redact(told)}\n")
        return file
    return None


def _settle() -> None:
    """Hands over what is still to be written; what cannot be must not make Python complain at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            with suppress(OSError, ValueError, AttributeError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)


def _utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
