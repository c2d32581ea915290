"""``sync --all``: every engagement, one after the other; one that fails does not stop the others."""

from __future__ import annotations

from typing import Any

from allies_sync.cli import settings
from allies_sync.cli.complaints import DONE, UNDONE, complaint_of, tell
from allies_sync.cli.documents import outcome_document, plan_document
from allies_sync.cli.progress import told
from allies_sync.cli.recent import remember_slugs
from allies_sync.cli.screen import confirm, note, result, say, show
from allies_sync.cli.show_plan import heading
from allies_sync.cli.work import code_of, desk, show_outcome, show_plan, writes
from allies_sync.engagements.carry import carry_out
from allies_sync.engagements.caveats import with_caveats
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.overview import Status, overview
from allies_sync.engagements.prepare import Preparation
from allies_sync.platforms.errors import PlatformError
from allies_sync.reconcile.wording import labelled, to_do
from allies_sync.text.messages import _


def sync_all(*, yes: bool, dry_run: bool) -> int:
    """Plans all, shows what is to be done, asks once, does it."""
    with desk() as opened:
        code = DONE
        documents: list[dict[str, Any]] = []
        ready: list[Preparation] = []
        for status in overview(opened):
            if status.preparation is None:
                code = UNDONE
                _complain(status)
            elif status.preparation.idle:
                documents.append(plan_document(status.preparation))
            else:
                ready.append(with_caveats(opened, status.preparation))
                show_plan(ready[-1])
                say()
        remember_slugs([*(document["slug"] for document in documents), *(each.slug for each in ready)], instead=True)
        if not ready:
            say(_("Tous les espaces sont à jour."))
        elif dry_run:
            documents += [plan_document(preparation) for preparation in ready]
            say(_("Rien n'a été modifié (--dry-run)."))
        else:
            changes = [item for each in ready for item in writes(each)]
            if changes:
                confirm(f"  {to_do(changes)}. {_('Continuer ?')}", yes=yes)
            for preparation in ready:
                show([heading(preparation.engagement.title, preparation.slug)])
                try:
                    with told(len(writes(preparation)), preparation.slug) as progress:
                        outcome = carry_out(opened, preparation, agreed=not yes, progress=progress)
                except (UserError, PlatformError) as error:
                    code = UNDONE
                    documents.append(plan_document(preparation))
                    note(f"{error.message} {error.advice}")
                    continue
                documents.append(outcome_document(outcome))
                show_outcome(outcome, _("L'espace est à jour."))
                code = max(code, code_of(outcome))
        result({"engagements": documents})
        return code


def _complain(status: Status) -> None:
    if status.error is None:
        return
    if settings.current.json:
        note(labelled(status.slug, f"{status.error.message} {status.error.advice}"))
    else:
        note(f"{status.slug} :")
        tell(complaint_of(status.error))
