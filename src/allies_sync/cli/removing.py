"""Removing a workspace: what goes, what stays, and the slug typed once more."""

from __future__ import annotations

from collections.abc import Iterator

from allies_sync.cli.complaints import DONE, UNDONE
from allies_sync.cli.documents import removal_document
from allies_sync.cli.progress import told
from allies_sync.cli.screen import ask, interactive, result, say, show, styled, wrapped
from allies_sync.cli.show_plan import heading, link, where
from allies_sync.cli.work import desk
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import Declined, UserError
from allies_sync.engagements.leaving import HalfErased, Removal, Removed, finish_removal, prepare_removal
from allies_sync.engagements.leaving import remove as remove_workspace
from allies_sync.reconcile.results import Result
from allies_sync.reconcile.wording import kind_name, labelled, role_name, thing, title_of
from allies_sync.text.characters import clean_line
from allies_sync.text.messages import _


def remove_engagement(slug: str, confirm: str | None, *, dry_run: bool, yes: bool) -> int:
    """Shows, asks for the slug, removes. ``--yes`` alone is not enough."""
    with desk() as opened:
        try:
            removal = prepare_removal(opened, slug)
        except HalfErased:
            return _finish(opened, slug, dry_run=dry_run)
        show(removal_lines(removal))
        say()
        if dry_run:
            result(removal_document(removal))
            say(_("Rien n'a été modifié (--dry-run)."))
            return DONE
        _make_sure(slug, confirm)
        with told(len(removal.removed), _("Suppression")) as progress:
            removed = remove_workspace(opened, removal, progress=progress)
        result(removal_document(removal, removed))
        _show_removed(removal, removed)
        return DONE if removed.complete else UNDONE


def _finish(opened: Desk, slug: str, *, dry_run: bool) -> int:
    """A removal was stopped at its very end: there is nothing left to show or to ask."""
    result({"slug": slug, "resources": [], "summary": {}})
    if dry_run:
        say(_("Il ne reste de « {slug} » qu'un dossier vide, que la suppression effacera.").format(slug=slug))
        return DONE
    finish_removal(opened, slug)
    say(_("L'espace est supprimé."))
    return DONE


def removal_lines(removal: Removal) -> Iterator[str]:
    """What would go, and what would stay."""
    preparation = removal.preparation
    by_id = {resource.id: resource for resource in preparation.own.desired.resources}
    yield heading(preparation.engagement.title, preparation.slug)
    sections = (
        ("−", "red", _("supprimé"), removal.removed),
        ("✎", "cyan", _("gardé : quelqu'un y a écrit"), removal.kept),
        ("?", "red", _("non vérifié : gardé"), removal.unknown),
    )
    for symbol, style, title, items in sections:
        if not items:
            continue
        yield ""
        yield f"  {styled(symbol, style)} {title}"
        for role in dict.fromkeys(item.role for item in items):
            for kind in dict.fromkeys(item.kind for item in items if item.role == role):
                names = [
                    clean_line(title_of(item, by_id)) for item in items if (item.role, item.kind) == (role, kind)
                ]
                start = f"      {role_name(role):<10}{kind_name(kind):<12}"
                yield from wrapped(" · ".join(names), first=start, rest=" " * len(start))
    if any(item.kind == "folder" for item in removal.removed):
        yield ""
        yield from wrapped(
            _("Un dossier où quelqu'un a mis des fichiers reste, avec ces fichiers."), first="  ", rest="  "
        )


def _make_sure(slug: str, confirm: str | None) -> None:
    if confirm is None:
        if not interactive():
            raise UserError(
                _("Rien n'a été supprimé : l'identifiant doit être répété."),
                _("Ajoutez --confirm {slug} (--yes ne suffit pas).").format(slug=slug),
            )
        say(_("  Pour supprimer définitivement, tapez l'identifiant de l'accompagnement : {slug}").format(slug=slug))
        confirm = ask(_("  Identifiant :"))
        if not confirm:
            raise Declined
    if confirm != slug:
        raise UserError(
            _("« {typed} » n'est pas « {slug} » : rien n'a été supprimé.").format(typed=confirm[:80], slug=slug),
            _("Relancez la commande et tapez l'identifiant exactement."),
        )


def _show_removed(removal: Removal, removed: Removed) -> None:
    unfinished = [it for it in removed.finished.values() if it.result is not Result.DONE]
    for it in unfinished:
        if it.result is Result.SKIPPED:
            folder = it.item.kind == "folder"
            why = _("gardé, avec ce que des personnes y ont mis") if folder else _("gardé, changé entre-temps")
            show(wrapped(labelled(thing(it.item), why), first="  ✎ ", rest="    "))
            continue
        why = f"{it.error.message} {it.error.advice}" if it.error else ""
        show(wrapped(labelled(thing(it.item), why), first="  ✗ ", rest="    "))
    if removed.halted:
        show(wrapped(f"{removed.halted.message} {removed.halted.advice}", first="  ✗ ", rest="    "))
    if not removed.forgotten:
        say(_("Tout n'a pas pu être supprimé. Relancez la même commande plus tard."))
    elif removed.erased and not removal.kept:
        show([styled(_("L'espace est supprimé : il n'en reste rien."), "green")])
    else:
        show([styled(_("L'espace est supprimé."), "green")])
        kept = [link(item.address.url) for item in removal.kept if item.address and item.address.url]
        if not removed.erased:
            kept.append(where(removed.place))
        say(_("Ce que des personnes y ont écrit est toujours là :"))
        show(line for place in dict.fromkeys(kept) for line in wrapped(place, first="  ", rest="    "))
    if removed.kept_data:
        say(_("Les données de l'accompagnement restent dans {path}").format(path=removed.kept_data))
