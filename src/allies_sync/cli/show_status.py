"""How engagements are doing, a few lines each."""

from __future__ import annotations

from collections.abc import Iterator

from allies_sync.cli import settings
from allies_sync.cli.complaints import DONE, TO_DO, UNDONE
from allies_sync.cli.documents import status_document
from allies_sync.cli.progress import steps
from allies_sync.cli.recent import remember_slugs
from allies_sync.cli.screen import for_people, note, result, say, show, styled, wrapped
from allies_sync.cli.work import desk
from allies_sync.engagements.overview import Status, overview
from allies_sync.engagements.standing import role_name
from allies_sync.model.documents import PieceRole
from allies_sync.reconcile.wording import labelled, listed
from allies_sync.text.characters import clean_line
from allies_sync.text.messages import _, join_words, ngettext

STATE_STYLES = {"ouvert": "green", "en cours": "green", "proposé": "cyan", "bilan publié": "yellow"}


def show_status(slugs: list[str] | None, *, check: bool) -> int:
    """Looks, and shows. Exit code 1 when something could not be looked at; 3 with ``check`` and work to do."""
    with desk() as opened:
        with steps(lambda: len(slugs if slugs is not None else opened.store.engagements()), _("Lecture")) as progress:
            found = list(overview(opened, slugs, progress=progress))
        if slugs is None:
            remember_slugs((status.slug for status in found), instead=True)
        result(status_document(found))
        if for_people():
            for number, status in enumerate(found):
                if number:
                    say()
                show(status_lines(status))
            if not found:
                say(_("Aucun accompagnement pour l'instant."))
                say(_("Pour en ouvrir un : allies-sync new-engagement"))
    failed = [status for status in found if status.error or status.unknown]
    if settings.current.json:
        for status in failed:
            for line in trouble(status):
                note(labelled(status.slug, line))
    if failed:
        return UNDONE
    return TO_DO if check and any(status.todo for status in found) else DONE


def status_lines(status: Status) -> Iterator[str]:
    """One engagement: its state, what is due next, what differs."""
    title = styled(clean_line(status.title), "bold")
    names = f"{title} · {status.slug}" if status.title != status.slug else title
    yield f"{names} · {styled(status.state, STATE_STYLES.get(status.state, 'dim'))}"
    for line in trouble(status):
        yield from wrapped(line, first="  ? ", rest="    ")
    for due in status.due:
        mark = _("en retard : ") if due.late else ""
        yield from wrapped(f"{mark}{due.sentence}", first="  → ", rest="    ")
    if status.missing:
        names = join_words([role_name(PieceRole(role)) for role in status.missing])
        text = _("Il manque pour la mémoire : {names} (allies-sync add {slug} …)")
        yield from wrapped(text.format(names=names, slug=status.slug), first="  · ", rest="    ")
    items = {item.key: item for item in status.preparation.items} if status.preparation else {}
    if status.pending:
        text = ngettext(
            "{count} élément à mettre à jour : allies-sync plan {slug}",
            "{count} éléments à mettre à jour : allies-sync plan {slug}",
            status.pending,
        )
        yield from wrapped(text.format(count=status.pending, slug=status.slug), first="  ~ ", rest="    ")
    if status.conflicts:
        things = listed([items[key] for key in status.conflicts if key in items])
        text = _("À vous de choisir pour {things} : allies-sync plan {slug}").format(things=things, slug=status.slug)
        yield from wrapped(text, first="  ! ", rest="    ")
    kept = [items[key] for key in status.changed_by_people if key in items and key not in status.conflicts]
    if kept:
        yield from wrapped(
            _("Changé ou supprimé à la main, laissé ainsi : {things}").format(things=listed(kept)),
            first="  ✎ ",
            rest="    ",
        )


def trouble(status: Status) -> Iterator[str]:
    """Why an engagement, or a part of it, could not be looked at."""
    if status.error:
        yield f"{status.error.message} {status.error.advice}".strip()
        yield from getattr(status.error, "details", ())
    if status.unknown and status.preparation:
        unknown = [item for item in status.preparation.items if item.key in status.unknown]
        why = "; ".join(dict.fromkeys(item.note for item in unknown if item.note))
        yield _("Impossible à vérifier : {things}. {why}").format(things=listed(unknown), why=why).strip()
