"""Rebuilding a workspace from its package, as a person sees it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from allies_sync.cli import settings
from allies_sync.cli.complaints import DONE, UNDONE
from allies_sync.cli.documents import outcome_document, plan_document
from allies_sync.cli.progress import told
from allies_sync.cli.screen import confirm, note, result, say, show, wrapped
from allies_sync.cli.work import desk, show_outcome, show_plan, writes
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.restoring import prepare_restore, restore, use_packaged_template
from allies_sync.memoires.packages import open_package
from allies_sync.reconcile.wording import to_do
from allies_sync.text.messages import _


def restore_package(package: Path, to: str | None, *, dry_run: bool, yes: bool) -> int:
    """Opens the package, shows what would be made and what will differ, asks, rebuilds."""
    if to is not None:
        settings.current.config = to
    with open_package(package) as opened, tempfile.TemporaryDirectory(prefix="allies-sync-") as place, desk() as here:
        brought = use_packaged_template(here, opened, Path(place))
        restoring = prepare_restore(here, opened)
        preparation = restoring.preparation
        show_plan(preparation)
        if restoring.differences:
            say()
            show(difference_lines(restoring.differences))
        if dry_run:
            result(plan_document(preparation) | {"differences": list(restoring.differences)})
            say()
            say(_("Rien n'a été modifié (--dry-run)."))
            return DONE
        visible = writes(preparation)
        if not preparation.idle and not yes:
            say()
            summary = to_do(visible)
            asked = _("Restaurer cet espace ?")
            confirm(f"  {summary[:1].upper()}{summary[1:]}. {asked}" if summary else f"  {asked}", yes=yes)
        with told(len(visible), _("En cours")) as progress:
            restored = restore(here, restoring, progress=progress)
        result(outcome_document(restored.outcome) | {"differences": [*restored.differences, *restored.left]})
        done = _("Ce qui pouvait être restauré l'est.") if restored.left else _("L'espace est restauré.")
        show_outcome(restored.outcome, done)
        new = [line for line in restored.differences if line not in restoring.differences]
        if new:
            show(difference_lines(new))
        for line in restored.left:
            show(wrapped(line, first="  ✗ ", rest="    "))
        if brought:
            _keep_template(here, Path(place))
        return DONE if restored.outcome.complete and not restored.left else UNDONE


def difference_lines(differences: Sequence[str]) -> Iterator[str]:
    """What is not as it was."""
    yield _("Ce qui n'est pas comme avant :")
    for line in differences:
        yield from wrapped(line, first="  · ", rest="    ")


def _keep_template(here: Desk, place: Path) -> None:
    """The template that came with the package is needed for what comes later: it is kept, and said where."""
    target = here.config.base / "modeles-repris"
    for folder in place.iterdir():
        if not (target / folder.name).exists():
            shutil.copytree(folder, target / folder.name)
    note(
        _(
            "Le modèle de cet espace n'était pas sur ce poste : il est maintenant dans {folder}. Ajoutez ce dossier "
            "à [templates] dans la configuration pour tenir l'espace à jour."
        ).format(folder=target)
    )
