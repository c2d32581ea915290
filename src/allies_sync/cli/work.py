"""What all commands that change something do alike: show the plan, ask, carry it out, say what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from allies_sync.cli import settings
from allies_sync.cli.complaints import DONE, UNDONE
from allies_sync.cli.documents import outcome_document, plan_document
from allies_sync.cli.progress import told
from allies_sync.cli.recent import remember_slugs
from allies_sync.cli.screen import confirm, note, result, say, show, styled, wrapped
from allies_sync.cli.show_plan import link, plan_lines
from allies_sync.engagements.carry import Outcome, carry_out
from allies_sync.engagements.caveats import with_caveats
from allies_sync.engagements.config import LOCAL_FOLDER, Config, load_config
from allies_sync.engagements.desk import Desk, open_desk
from allies_sync.engagements.prepare import Preparation
from allies_sync.platforms.interface import Unknown
from allies_sync.reconcile.decide import Action
from allies_sync.reconcile.plan import Item
from allies_sync.reconcile.results import Finished, Result
from allies_sync.reconcile.wording import choices, labelled, link_name, listed, role_name, to_do, what_helps
from allies_sync.text.messages import _, ngettext


def configuration() -> Config:
    """The configuration that counts here; says so when nobody ever chose one."""
    config = load_config(Path(settings.current.config) if settings.current.config else None)
    if config.by_default:
        told = _("Aucune configuration : les espaces sont rangés sur ce disque, dans {folder}.")
        if config.file:
            told = _("La configuration ne dit pas où ranger les espaces : sur ce disque, dans {folder}.")
        note(told.format(folder=config.base / LOCAL_FOLDER))
    return config


@contextmanager
def desk() -> Iterator[Desk]:
    """The desk of this command. What is wrong with a plugin is said once, beside the result."""
    with open_desk(configuration(), os.environ) as opened:
        yield opened
        for problem in opened.plugins.problems:
            note(problem.sentence)


def do(
    opened: Desk,
    preparation: Preparation,
    *,
    yes: bool,
    dry_run: bool,
    done: str,
    question: str | None = None,
    links: bool = False,
    more: Mapping[str, Any] | None = None,
    after: Callable[[Outcome], None] = lambda outcome: None,
) -> int:
    """Shows a plan, asks, carries it out. Returns the exit code. ``done`` is the sentence of success;
    ``links``: what is to be sent to participants is shown too; ``more`` goes into the JSON document; ``after`` is
    called with what was done, before anything of it is told.
    """
    preparation = with_caveats(opened, preparation)
    show_plan(preparation)
    if dry_run:
        result(plan_document(preparation) | dict(more or {}))
        say()
        say(_("Rien n'a été modifié (--dry-run)."))
        return DONE
    visible = writes(preparation)
    if not preparation.idle and (visible or preparation.description is not None) and not yes:
        say()
        summary = to_do(visible)
        asked = question or _("Continuer ?")
        confirm(f"  {summary[:1].upper()}{summary[1:]}. {asked}" if summary else f"  {asked}", yes=yes)
    with told(len(visible), _("En cours")) as progress:
        outcome = carry_out(opened, preparation, agreed=not yes, progress=progress)
    after(outcome)
    remember_slugs([outcome.slug])
    result(outcome_document(outcome) | dict(more or {}))
    show_outcome(outcome, done if visible or preparation.description is not None else "", links=links)
    return code_of(outcome)


def writes(preparation: Preparation) -> list[Item]:
    """What a person would call a change; renewing what is derived from a page is none."""
    items = [item for part in preparation.parts for item in part.plan.writes]
    return [item for item in items if item.decision.content or item.decision.rights]


def show_plan(preparation: Preparation) -> None:
    """The plan, with every unchanged thing if more details are wanted."""
    show(plan_lines(preparation, verbose=settings.current.verbose > 0))


def code_of(outcome: Outcome) -> int:
    """0 when all is as it should be; 1 when something failed, was not looked at, or waits for a person."""
    waiting = any(item.action in (Action.CONFLICT, Action.BLOCKED) for item in outcome.items)
    return DONE if outcome.complete and not waiting else UNDONE


def show_outcome(outcome: Outcome, done: str, *, links: bool = False) -> None:
    """What was done, what was not and why, what to send."""
    lines = list(outcome_lines(outcome, done))
    looked_at = not any(item.action is Action.BLOCKED for item in outcome.items)
    if links and outcome.complete and looked_at:
        lines += link_lines(outcome)
    if lines:
        say()
        show(lines)
    for copy in outcome.copies:
        say(_("Le texte remplacé est gardé dans {path}").format(path=copy))
    for warning in outcome.warnings:
        note(warning)


def outcome_lines(outcome: Outcome, done: str) -> Iterator[str]:
    """What was done, what was not and why."""
    failed = [it for it in outcome.finished.values() if it.result is Result.FAILED]
    skipped = [it for it in outcome.finished.values() if it.result is Result.SKIPPED]
    blocked = [item for item in outcome.items if item.action is Action.BLOCKED]
    disputed = [item for item in outcome.items if item.action is Action.CONFLICT]
    conflicts = [item for item in disputed if choices(item)]
    if outcome.complete and done:
        waiting = blocked or disputed
        yield _("Ce qui pouvait être fait l'est.") if waiting else styled(done, "green")
    advised = False
    for (message, advice), items in _by_error(failed, outcome.slug).items():
        advised = advised or bool(advice)
        yield from wrapped(labelled(listed(items), f"{message} {advice}"), first="  ✗ ", rest="    ")
    if outcome.halted:
        advice = outcome.halted.advice or what_helps(outcome.halted, outcome.slug)
        advised = advised or bool(advice)
        yield from wrapped(f"{outcome.halted.message} {advice}", first="  ✗ ", rest="    ")
    else:
        for (message, advice), items in _by_error(skipped, outcome.slug).items():
            advised = advised or bool(advice)
            yield from wrapped(labelled(listed(items), f"{message} {advice}"), first="  · ", rest="    ")
    if blocked:
        roles = ", ".join(dict.fromkeys(role_name(item.role) for item in blocked))
        text = _("Non vérifié ({roles}) : {things}. Rien n'y a été modifié.")
        yield from wrapped(text.format(roles=roles, things=listed(blocked)), first="  ? ", rest="    ")
        for help_ in helping(blocked, outcome.slug):
            advised = True
            yield from wrapped(help_, first="    ", rest="    ")
    if conflicts:
        text = ngettext(
            "{count} élément attend votre choix : les commandes sont ci-dessus.",
            "{count} éléments attendent votre choix : les commandes sont ci-dessus.",
            len(conflicts),
        )
        yield from wrapped(text.format(count=len(conflicts)), first="  ! ", rest="    ")
    if (failed or outcome.halted or skipped or blocked) and not advised:
        again = _("Relancez la même commande plus tard : elle reprendra là où elle s'est arrêtée.")
        yield from wrapped(again, first="  ", rest="  ")


def helping(items: Iterable[Item], slug: str) -> list[str]:
    """What to do about things that could not be looked at, where trying again is of no use."""
    unknown = (item.seen.error for item in items if isinstance(item.seen, Unknown))
    return [text for text in dict.fromkeys(what_helps(error, slug) for error in unknown) if text]


def _by_error(finished: Iterable[Finished], slug: str) -> dict[tuple[str, str], list[Item]]:
    """Items by what went wrong: the same sentence is said once."""
    later = (_("apparu depuis que le plan a été montré : laissé pour plus tard."), "")
    groups: dict[tuple[str, str], list[Item]] = {}
    for it in finished:
        said = (it.error.message, it.error.advice or what_helps(it.error, slug)) if it.error else later
        groups.setdefault(said, []).append(it.item)
    return groups


def link_lines(outcome: Outcome) -> Iterator[str]:
    """What the coordinator sends to the participants."""
    names = {name: link_name(name) for name in outcome.links}
    if names:
        yield _("À envoyer aux participant·e·s :")
    column = max((len(text) for text in names.values()), default=0) + 2
    for name, url in sorted(outcome.links.items(), key=lambda pair: pair[0] == "home"):
        yield f"  {names[name]:<{column}} {link(url)}"
