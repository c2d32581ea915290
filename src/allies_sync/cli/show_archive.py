"""Archiving, step by step, as a person sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from allies_sync.cli.complaints import DONE, UNDONE
from allies_sync.cli.documents import outcome_document, plan_document
from allies_sync.cli.progress import told
from allies_sync.cli.recent import remember_slugs
from allies_sync.cli.screen import confirm, note, result, say, show, styled, wrapped
from allies_sync.cli.show_plan import link
from allies_sync.cli.work import code_of, desk, show_outcome, show_plan, writes
from allies_sync.engagements.archiving import Archiving, Gap, archive, prepare_archive
from allies_sync.engagements.due import too_early
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.packaging import Packaged, package, package_target, unreadable
from allies_sync.engagements.prepare import prepare
from allies_sync.engagements.stored import today
from allies_sync.model.documents import Piece, PieceRole
from allies_sync.model.memoire import LINKS, Memoire
from allies_sync.model.memoire_form import LABELS
from allies_sync.model.resources import Rights
from allies_sync.platforms.errors import PlatformError
from allies_sync.reconcile.wording import to_do
from allies_sync.text.messages import _, ngettext


def archive_engagement(slug: str, output: Path | None, *, force: bool, dry_run: bool, yes: bool) -> int:
    """The three steps: the workspace, the entry among the mémoires, the package."""
    target = package_target(slug, output)
    with desk() as opened:
        archiving = prepare_archive(opened, slug)
        preparation = archiving.preparation
        show_plan(preparation)
        show(entry_lines(archiving, target))
        documents = [gap for gap in archiving.gaps if gap.document]
        refused = bool(documents) and not force and not archiving.idle and not dry_run
        if archiving.gaps and not refused:
            say()
            show(gap_lines(archiving.gaps))
        missing = [gap.sentence for gap in archiving.gaps]
        early = too_early(preparation.before or preparation.engagement, today(opened.environ))
        if early and not archiving.idle:
            note(early)
        document: dict[str, Any] = {"missing": missing, "memoire": archiving.memoire.to_json(everything=True)}
        if dry_run:
            result(plan_document(preparation) | document)
            say()
            say(_("Rien n'a été modifié (--dry-run)."))
            return DONE
        if refused:
            raise incomplete(slug, documents, cancelled=archiving.cancelled)
        visible = [*writes(preparation), *archiving.entry.plan.writes]
        if not archiving.idle and not yes:
            say()
            asked = _("Archiver ? On n'écrira plus dans cet espace ; « unarchive » le rouvre.")
            summary = to_do(visible)
            confirm(f"  {summary[:1].upper()}{summary[1:]}. {asked}" if summary else f"  {asked}", yes=yes)
        with told(len(visible), _("En cours")) as progress:
            archived = archive(opened, archiving, agreed=not yes, progress=progress)
        remember_slugs([slug])
        if not archived.complete:
            result(outcome_document(archived.outcome) | document)
            show_outcome(archived.outcome, "")
            for finished in archived.report.finished.values():
                if finished.error:
                    show(wrapped(f"{finished.item.title} : {finished.error.message}", first="  ✗ ", rest="    "))
            if archived.report.halted:
                note(f"{archived.report.halted.message} {archived.report.halted.advice}")
            return UNDONE
        code = code_of(archived.outcome)
        try:
            made = package(opened, prepare(opened, slug), archived.memoire, missing, target)
        except PlatformError as error:
            raise unreadable(error) from error
        document["memoire"] = archived.memoire.to_json(everything=True)
        result(outcome_document(archived.outcome) | document | {"package": str(made.path)})
        if archiving.idle and not made.written:
            say()
            say(_("Tout est déjà archivé, et le paquet est le même."))
        else:
            show_outcome(archived.outcome, _("L'accompagnement est archivé."))
        show(done_lines(archived.memoire, made))
        return code


def incomplete(slug: str, documents: list[Gap], *, cancelled: bool) -> UserError:
    """Documents are missing: each with the command that adds it, where something can still be added."""
    message = ngettext(
        "Il manque {count} document pour que la mémoire de « {slug} » soit complète.",
        "Il manque {count} documents pour que la mémoire de « {slug} » soit complète.",
        len(documents),
    ).format(count=len(documents), slug=slug)
    if cancelled:
        advice = _(
            "Rien n'a été modifié. Il est annulé, on n'y ajoute plus rien : archivez-le ainsi avec --force, ce qui"
            " manque étant dit ; ou rouvrez-le d'abord : allies-sync edit {slug} --set state=ouvert"
        ).format(slug=slug)
        return UserError(message, advice, [gap.sentence for gap in documents])
    advice = _("Rien n'a été modifié. Ajoutez-les, ou archivez ainsi, ce qui manque étant dit : --force")
    return UserError(message, advice, [f"{gap.sentence} → {gap.command}" for gap in documents])


def entry_lines(archiving: Archiving, target: Path) -> Iterator[str]:
    """What is done beside the workspace itself: among the mémoires, and on this disk."""
    yield ""
    yield "  " + _("mémoires d'action")
    entry = archiving.entry
    todo = {item.action.value for item in entry.plan.items if item.kind == "entry"}
    mark = "+" if "create" in todo else "~" if "update" in todo else "="
    created = [item for item in entry.plan.writes if item.kind in ("list", "form")]
    if created:
        yield "    + " + _("le formulaire des mémoires et ses listes")
    yield f"    {mark} " + _("la mémoire « {title} »").format(title=archiving.memoire.title)
    yield "    + " + _("le paquet {path}").format(path=target)
    if archiving.kept:
        text = ngettext(
            "{count} page écrite à la main reste telle quelle",
            "{count} pages écrites à la main restent telles quelles",
            len(archiving.kept),
        )
        yield "    = " + text.format(count=len(archiving.kept))
    for remark in archiving.remarks:
        yield from wrapped(remark, first="    ! ", rest="      ")


def gap_lines(gaps: tuple[Gap, ...]) -> Iterator[str]:
    """What is missing for a complete mémoire, each with the command that adds it."""
    yield _("Pour une mémoire complète, il manque :")
    for gap in gaps:
        yield from wrapped(gap.sentence, first="  · ", rest="    ")
        yield f"      {gap.command}"


def done_lines(memoire: Memoire, made: Packaged) -> Iterator[str]:
    """Where the documents are, and the package."""
    links = {name: url for name in LINKS if (url := getattr(memoire, name))}
    if links:
        yield _("La mémoire donne accès à :")
        for name, url in links.items():
            yield f"  {LABELS[name]}"
            yield f"    {link(url)}"
    size = max(1, round(made.size / 1000))
    text = _("Paquet : {path} ({size} ko)") if made.written else _("Paquet inchangé : {path} ({size} ko)")
    yield text.format(path=made.path, size=size)
    yield _("Pour le vérifier : allies-sync archive verify {path}").format(path=made.path)


def verify_package(path: Path) -> int:
    """Opens a package and says what was found."""
    from allies_sync.memoires.packages import open_package

    with open_package(path) as opened:
        manifest = opened.manifest
        document = {
            "package": str(path),
            "slug": manifest.slug,
            "title": manifest.title,
            "archived": manifest.archived.isoformat(),
            "files": opened.files,
            "bytes": opened.size,
            "exact": opened.exact,
            "missing": list(manifest.gaps),
        }
        result(document)
        say(f"{styled(manifest.title, 'bold')} · {manifest.slug}")
        if opened.exact is False:
            note(
                _(
                    "Le contenu est entier, mais le fichier zip n'est pas celui qu'allies-sync a écrit : il a été "
                    "remballé, ou changé hors de son contenu."
                )
            )
            return UNDONE
        text = ngettext(
            "Le paquet est entier : {count} fichier, conforme à ses sommes de contrôle.",
            "Le paquet est entier : {count} fichiers, conformes à leurs sommes de contrôle.",
            opened.files,
        )
        say(styled(text.format(count=opened.files), "green"))
        return DONE


def shown_reason(piece: Piece, slug: str) -> str:
    """Who may read a document, and what would change it."""
    if piece.audience is Rights.PUBLIC:
        return _("Il peut être publié.")
    if piece.role in (PieceRole.DRAFT, PieceRole.CHART):
        return ""
    command = f"allies-sync consent {slug} --document {piece.role.value} --date " + _("AAAA-MM-JJ")
    if piece.audience is Rights.PARTICIPANTS:
        return _("Les participant·e·s le lisent. Pour le publier, avec l'accord du client : {command}").format(
            command=command
        )
    return _("Il n'est lu que par l'équipe. Pour le publier, avec l'accord du client : {command}").format(
        command=command
    )
