"""Mémoires written into the collective's wiki: pushed from elsewhere, told by a person, completed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from shlex import quote
from typing import Any

from allies_sync.cli.complaints import DONE, UNDONE
from allies_sync.cli.documents import document
from allies_sync.cli.memoire_questions import ask_fields, data_of_file
from allies_sync.cli.progress import told
from allies_sync.cli.screen import confirm, interactive, note, result, say, show, styled, wrapped
from allies_sync.cli.show_memoires import reading, short, tell
from allies_sync.cli.work import desk, outcome_lines
from allies_sync.engagements.carry import Outcome
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.memoires import Own, find_own, own_memoires, prepare_push, push
from allies_sync.engagements.prepare import Part
from allies_sync.model.checking import check as checked
from allies_sync.model.memoire import KEYS, Memoire, gaps
from allies_sync.model.memoire_form import LABELS
from allies_sync.platforms.interface import COLLECTIVE
from allies_sync.reconcile.decide import Action, Choice
from allies_sync.reconcile.plan import Item
from allies_sync.reconcile.results import Report
from allies_sync.reconcile.wording import reason_sentence
from allies_sync.text.characters import clean_line
from allies_sync.text.messages import _, ngettext
from allies_sync.text.names import camel_name

SHOWN = 8
_WAITING = (Action.CONFLICT, Action.BLOCKED, Action.FOREIGN)


def push_memoires(source: str, choices: Mapping[str, Choice], *, yes: bool, dry_run: bool) -> int:
    """Reads a source and writes what it holds into the collective's wiki."""
    with desk() as opened:
        with reading(source, opened.plugins) as (found, report):
            memoires = list(found)
        tell(report)
        if not memoires:
            say(_("Il n'y a rien à envoyer."))
            result(document(COLLECTIVE, (), {}))
            return DONE
        done = _("Les mémoires sont dans le wiki du collectif.")
        return _write(opened, memoires, choices, done, command=f"push {quote(source)}", yes=yes, dry_run=dry_run)


def new_memoire(title: str | None, source: str | None, *, yes: bool, dry_run: bool) -> int:
    """Records an action that was never run with the tool."""
    data: dict[str, Any] = data_of_file(source) if source is not None else {}
    if title is not None:
        data["title"] = title
    with desk() as opened:
        if source is None:
            if not interactive():
                raise UserError(
                    _("Personne n'est là pour répondre aux questions."),
                    _("Donnez tout dans un fichier : allies-sync memoires new --from FICHIER"),
                )
            say(_("Une question après l'autre ; Entrée passe à la suivante, Ctrl-C abandonne sans rien écrire."))
            data |= ask_fields([name for name in KEYS[1:] if name not in data])
        memoire = checked(data, Memoire, file=source or "")
        memoire = memoire.model_copy(update={"tag": memoire.tag or _new_tag(memoire)})
        for own in own_memoires(opened):
            if own.memoire.tag.casefold() == memoire.tag.casefold():
                raise UserError(
                    _("« {title} » est déjà parmi les mémoires du collectif.").format(title=own.memoire.title),
                    _("Rien n'a été modifié. Pour la compléter : allies-sync memoires complete {tag}").format(
                        tag=own.memoire.tag
                    ),
                )
        _tell_outside(memoire)
        return _write(opened, [memoire], {}, _("La mémoire est gardée."), command="new", yes=yes, dry_run=dry_run)


def complete_memoire(name: str | None, source: str | None, *, yes: bool, dry_run: bool) -> int:
    """Goes through what is missing in one mémoire, or in all of them, and writes it back."""
    if source is not None and name is None:
        raise UserError(
            _("Un fichier ne complète qu'une mémoire à la fois : laquelle ?"),
            _("Donnez son identifiant : allies-sync memoires complete MÉMOIRE --from FICHIER"),
        )
    with desk() as opened:
        if name is not None:
            return _complete(opened, find_own(opened, name), source, yes=yes, dry_run=dry_run)
        every = [own for own in own_memoires(opened) if own.key and any(gaps(own.memoire))]
        if not every:
            say(_("Il ne manque rien à aucune mémoire."))
            return DONE
        codes = [_complete(opened, own, None, yes=yes, dry_run=dry_run) for own in every]
        return max(codes)


def _complete(opened: Desk, own: Own, source: str | None, *, yes: bool, dry_run: bool) -> int:
    memoire = own.memoire
    if not own.key:
        raise UserError(
            _("« {title} » a été écrite sur le wiki, par quelqu'un : l'outil n'y touche pas.").format(
                title=memoire.title
            ),
            _("Complétez cette fiche sur le wiki."),
        )
    missing = list(gaps(memoire))
    show([styled(clean_line(memoire.title), "bold")])
    if source is not None:
        given = data_of_file(source)
    elif not missing:
        say(_("Il n'y manque rien."))
        return DONE
    elif not interactive():
        raise UserError(
            _("Il manque : {what}. Personne n'est là pour répondre.").format(what=", ".join(map(short, missing))),
            _("Donnez-le dans un fichier : allies-sync memoires complete {tag} --from FICHIER").format(
                tag=memoire.tag
            ),
        )
    else:
        given = ask_fields(missing)
    given.pop("tag", None)
    whole = checked({**memoire.to_json(everything=True), **given}, Memoire, file=source or "")
    if whole == memoire:
        say(_("Rien de nouveau : rien n'a été modifié."))
        return DONE
    _tell_outside(whole)
    part = prepare_push(opened, [whole], choices := {own.key: Choice.REPLACE})
    if find_own(opened, memoire.tag).memoire != memoire:
        raise UserError(
            _("« {title} » a été changée sur le wiki pendant ce temps.").format(title=memoire.title),
            _("Rien n'a été modifié. Relancez la commande pour repartir de ce qui y est maintenant."),
        )
    done = _("La mémoire est complétée.")
    return _carry(opened, part, choices, done, command="complete", yes=yes, dry_run=dry_run)


def _new_tag(memoire: Memoire) -> str:
    """What identifies a mémoire that comes from nowhere: its title and its last year. No engagement's slug."""
    with suppress(ValueError):
        return camel_name(memoire.title) + (memoire.years[-1] if memoire.years else "")
    raise UserError(
        _("Le titre « {title} » ne contient ni lettre ni chiffre.").format(title=memoire.title[:80]),
        _("Donnez un autre titre."),
    )


def _tell_outside(memoire: Memoire) -> None:
    for outside in memoire.outside():
        text = _("« {value} » n'est pas une valeur de « {label} » : gardée telle quelle.")
        note("- " + text.format(value=outside.value, label=LABELS[outside.field]))


# --- writing ------------------------------------------------------------------------------------------------------


def _write(
    opened: Desk,
    memoires: Sequence[Memoire],
    choices: Mapping[str, Choice],
    done: str,
    *,
    command: str,
    yes: bool,
    dry_run: bool,
) -> int:
    part = prepare_push(opened, memoires, choices)
    return _carry(opened, part, choices, done, command=command, yes=yes, dry_run=dry_run)


def _carry(
    opened: Desk,
    part: Part,
    choices: Mapping[str, Choice],
    done: str,
    *,
    command: str,
    yes: bool,
    dry_run: bool,
) -> int:
    show(plan_lines(part, command))
    if dry_run:
        result(document(COLLECTIVE, part.plan.items, {}))
        say()
        say(_("Rien n'a été modifié (--dry-run)."))
        return DONE
    writes = [item for item in part.plan.writes if item.decision.content or item.decision.rights]
    if writes and not yes:
        say()
        confirm("  " + _("Continuer ?"), yes=yes)
    with told(len(writes), _("En cours")) as progress:
        report = push(opened, part, choices, progress=progress)
    result(document(COLLECTIVE, part.plan.items, report.finished))
    lines = list(outcome_lines(_outcome(part, report), done if writes else ""))
    if lines:
        say()
        show(lines)
    waiting = any(item.action in _WAITING for item in part.plan.items)
    return DONE if report.complete and not waiting else UNDONE


def _outcome(part: Part, report: Report) -> Any:
    """The outcome as :func:`outcome_lines` wants it: without an engagement."""
    made: Any = Outcome(COLLECTIVE, None, part.plan.items)  # type: ignore[arg-type]
    made.finished, made.halted = report.finished, report.halted
    return made


def plan_lines(part: Part, command: str) -> Iterator[str]:
    """What would be written, in the words of the person who is about to agree."""
    yield styled(_("Mémoires du collectif, sur {name}").format(name=_place(part)), "bold")
    entries = [item for item in part.plan.items if item.kind == "entry"]
    others = [item for item in part.plan.items if item.kind != "entry" and item.action is Action.CREATE]
    if others:
        yield "  + " + _("le formulaire des mémoires et ses listes")
    for action, sign, colour in ((Action.CREATE, "+", "green"), (Action.UPDATE, "~", "yellow")):
        chosen = [item for item in entries if item.action is action]
        if chosen:
            text = ngettext("{count} mémoire", "{count} mémoires", len(chosen)).format(count=len(chosen))
            titles = " · ".join(item.title for item in chosen[:SHOWN]) + (" · …" if len(chosen) > SHOWN else "")
            yield from wrapped(f"{text} : {titles}", first=f"  {styled(sign, colour)} ", rest="    ")
    for item in part.plan.items:
        if item.action not in (Action.CREATE, Action.UPDATE, Action.NONE):
            yield from _one(item, command)
    same = sum(item.action is Action.NONE for item in entries)
    if same:
        text = ngettext("{count} mémoire est déjà là", "{count} mémoires sont déjà là", same)
        yield "  = " + text.format(count=same)


def _one(item: Item, command: str) -> Iterator[str]:
    signs = {Action.KEEP: "✎", Action.CONFLICT: "!", Action.BLOCKED: "?"}
    text = f"{item.title} : {reason_sentence(item)}"
    yield from wrapped(text, first=f"  {signs.get(item.action, '·')} ", rest="    ")
    options = {Action.CONFLICT: ("--keep", "--replace"), Action.GONE: ("--recreate",)}.get(item.action, ())
    for option in options if command.startswith("push") else ():
        yield f"      allies-sync memoires {command} {option} {item.key}"


def _place(part: Part) -> str:
    return next((item.platform for item in part.plan.items), "?")
