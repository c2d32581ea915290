"""``plan`` and ``sync``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from allies_sync.cli.complaints import DONE, TO_DO, UNDONE
from allies_sync.cli.options import DryRun, Json, Slug, Yes, slug_completion
from allies_sync.text.messages import _

if TYPE_CHECKING:
    from allies_sync.reconcile.decide import Choice

Ids = list[str] | None


def plan(slug: Slug, json: Json = False) -> int:
    from allies_sync.cli.documents import plan_document
    from allies_sync.cli.screen import note, result
    from allies_sync.cli.work import desk, helping, show_plan
    from allies_sync.engagements.caveats import with_caveats
    from allies_sync.engagements.prepare import prepare
    from allies_sync.reconcile.decide import Action

    with desk() as opened:
        preparation = with_caveats(opened, prepare(opened, slug))
        show_plan(preparation)
        result(plan_document(preparation))
        if any(item.action is Action.BLOCKED for item in preparation.items):
            for text in helping(preparation.items, slug):
                note(text)
            return UNDONE
        return TO_DO if preparation.todo else DONE


def sync(
    slug: Annotated[
        str | None,
        typer.Argument(
            metavar=_("IDENTIFIANT"),
            help=_("L'accompagnement, par exemple 2027-dynamiques-de-cooperation ; ou bien --all."),
            autocompletion=slug_completion,
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=_("Tous les accompagnements, l'un après l'autre."))
    ] = False,
    keep: Annotated[
        Ids,
        typer.Option("--keep", metavar=_("ÉLÉMENT"), help=_("Garder ce que quelqu'un a écrit (page:programme).")),
    ] = None,
    replace: Annotated[
        Ids,
        typer.Option("--replace", metavar=_("ÉLÉMENT"), help=_("Mettre la version du modèle à la place.")),
    ] = None,
    recreate: Annotated[
        Ids,
        typer.Option("--recreate", metavar=_("ÉLÉMENT"), help=_("Créer à nouveau ce que quelqu'un a supprimé.")),
    ] = None,
    diff: Annotated[
        Ids,
        typer.Option("--diff", metavar=_("ÉLÉMENT"), help=_("Montrer ce qui diffère, sans rien modifier.")),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.work import desk, do
    from allies_sync.engagements.errors import UserError
    from allies_sync.engagements.prepare import prepare

    chosen = choices_of(keep, replace, recreate)
    if everything:
        if slug or chosen or diff:
            raise UserError(
                _("--all ne se combine ni avec un identifiant, ni avec un choix."),
                _("Donnez l'identifiant seul, ou --all seul."),
            )
        from allies_sync.cli.sync_all import sync_all

        return sync_all(yes=yes, dry_run=dry_run)
    if slug is None:
        raise UserError(
            _("Quel accompagnement ? Il manque son identifiant."),
            _("« allies-sync status » les liste ; --all les prend tous."),
        )
    with desk() as opened:
        preparation = prepare(opened, slug, choices=chosen)
        if diff:
            from allies_sync.cli.show_diff import show_differences

            return show_differences(opened, preparation, diff)
        return do(opened, preparation, yes=yes, dry_run=dry_run, done=_("L'espace est à jour."))


def choices_of(keep: Ids, replace: Ids, recreate: Ids) -> dict[str, Choice]:
    """What a person decided, by the id of the thing. Raises UserError for two decisions about one."""
    from allies_sync.engagements.errors import UserError
    from allies_sync.reconcile.decide import Choice

    found: dict[str, Choice] = {}
    for choice, keys in ((Choice.KEEP, keep), (Choice.REPLACE, replace), (Choice.RECREATE, recreate)):
        for key in keys or ():
            if found.setdefault(key, choice) is not choice:
                raise UserError(
                    _("« {key} » est à la fois à garder et à remplacer.").format(key=key),
                    _("Choisissez l'un des deux."),
                )
    return found
