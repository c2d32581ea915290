"""Answers that another one was written over, put back beside it."""

from __future__ import annotations

from allies_sync.cli.complaints import DONE
from allies_sync.cli.screen import confirm, result, say
from allies_sync.cli.work import desk
from allies_sync.engagements.answers import questionnaires
from allies_sync.engagements.recovering import overwritten, recover
from allies_sync.text.characters import clean_line
from allies_sync.text.messages import _, ngettext


def recover_answers(slug: str, *, dry_run: bool, yes: bool) -> int:
    """Counts, asks, puts back."""
    with desk() as opened:
        asked = questionnaires(opened, slug)
        lost = overwritten(opened, asked)
        for form, count in lost:
            number = ngettext("{count} réponse écrasée", "{count} réponses écrasées", count).format(count=count)
            say(f"  {clean_line(asked.titled(form))} : {number}")
        document: dict[str, object] = {"slug": slug, "overwritten": {form.id: count for form, count in lost}}
        if not lost:
            result({**document, "recovered": {}})
            say(_("Aucune réponse n'en a écrasé une autre."))
            return DONE
        if dry_run:
            result({**document, "recovered": {}})
            say(_("Rien n'a été modifié (--dry-run)."))
            return DONE
        confirm(_("Les remettre à côté des autres ?"), yes=yes)
        found = {form.id: list(recover(opened, asked, form)) for form, _count in lost}
    result({**document, "recovered": found})
    total = sum(map(len, found.values()))
    told = ngettext("{count} réponse est retrouvée.", "{count} réponses sont retrouvées.", total)
    say(told.format(count=total))
    return DONE
