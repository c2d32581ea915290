"""``extend``."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.cli.options import DryRun, Json, Slug, Yes
from allies_sync.text.messages import _


def extend(
    slug: Slug,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar=_("DATE"), help=_("Le dernier jour des liens, par exemple 2027-09-30.")),
    ] = None,
    days: Annotated[
        str | None,
        typer.Option(
            "--days", metavar=_("NOMBRE"), help=_("Combien de jours à partir d'aujourd'hui (30 si rien n'est dit).")
        ),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.opening_data import french_day
    from allies_sync.cli.screen import note
    from allies_sync.cli.work import desk, do
    from allies_sync.engagements.extending import last_day, prepare_extension
    from allies_sync.text.messages import format_date

    with desk() as opened:
        day = last_day(opened, french_day(until.strip()) if until is not None else None, days)
        extension = prepare_extension(opened, slug, day)
        end = format_date(extension.end)
        if not extension.moved:
            note(_("Les liens durent déjà jusqu'au {day} : rien à prolonger.").format(day=end))
        done = _("Les liens durent jusqu'au {day}.").format(day=end)
        return do(opened, extension.preparation, yes=yes, dry_run=dry_run, done=done)
