"""Personal answers, emptied where they are: what goes is shown first, that it was done is written down."""

from __future__ import annotations

from collections.abc import Iterator

from allies_sync.cli.complaints import DONE, UNDONE
from allies_sync.cli.screen import confirm, note, result, say, show, styled, wrapped
from allies_sync.cli.show_answers import unread
from allies_sync.cli.work import desk
from allies_sync.engagements.personal import PurgeOutcome, PurgePlan, prepare_purge, purge
from allies_sync.text.characters import clean_line
from allies_sync.text.messages import _, format_date, ngettext


def purge_answers(slug: str, *, dry_run: bool, yes: bool) -> int:
    """Shows, asks, empties. Exit code 1 when something could not be reached or read."""
    with desk() as opened:
        plan = prepare_purge(opened, slug)
        show(purge_lines(plan))
        for form in plan.gone:
            note(_("« {title} » n'est plus sur le wiki : rien n'y est effacé.").format(title=form.title))
        for text in unread(plan.found.unread, _("Rien ne peut être effacé de ce qui n'a pas pu être lu.")):
            note(text)
        say()
        if dry_run:
            result(_document(slug, plan, None))
            say(_("Rien n'a été modifié (--dry-run)."))
            return DONE
        if plan.answers:
            confirm(_("Effacer définitivement ces réponses ? Les autres réponses restent."), yes=yes)
        outcome = purge(opened, plan)
    new = [sentence for sentence in outcome.unread if sentence not in plan.found.unread]
    for text in unread(new, _("Rien n'a été effacé de ce qui n'a pas pu être lu.")):
        note(text)
    if outcome.error:
        raise outcome.error
    result(_document(slug, plan, outcome))
    number = sum(outcome.answers.values())
    if number:
        told = ngettext(
            "Les réponses personnelles sont effacées : {count} réponse n'en a plus.",
            "Les réponses personnelles sont effacées : {count} réponses n'en ont plus.",
            number,
        )
        say(told.format(count=number))
    elif not outcome.unread:
        say(_("Il n'y avait plus de réponse personnelle."))
    if outcome.recorded:
        say(_("C'est noté dans engagement.toml : le {day}.").format(day=format_date(outcome.recorded)))
    if outcome.unread:
        note(
            _(
                "Des réponses n'ont pas pu être lues : ce qu'elles ont de personnel n'est pas effacé, et rien n'est "
                "noté dans engagement.toml. Corrigez ces fichiers ou retirez-les, puis relancez la même commande."
            )
        )
    for sentence in outcome.left:
        note(_("Les mêmes mots peuvent encore se trouver ailleurs : {where}").format(where=sentence))
    note(
        _(
            "Les feuilles de papier et les fichiers que vous avez exportés avec --personal restent : "
            "détruisez-les aussi."
        )
    )
    return DONE if outcome.recorded else UNDONE


def purge_lines(plan: PurgePlan) -> Iterator[str]:
    """What would be emptied, form by form."""
    engagement = plan.found.asked.engagement
    yield styled(clean_line(engagement.title), "bold")
    yield from wrapped(
        _("Il a été promis d'effacer les réponses personnelles au plus tard le {day}.").format(
            day=format_date(plan.due)
        ),
        first="  ",
        rest="  ",
    )
    for it in plan.forms:
        yield ""
        yield "  " + clean_line(plan.found.asked.titled(it.form))
        for field, count in it.fields:
            number = ngettext("{count} réponse", "{count} réponses", count).format(count=count)
            yield from wrapped(f"{field.label} : {number}", first="    − ", rest="      ")


def _document(slug: str, plan: PurgePlan, outcome: PurgeOutcome | None) -> dict[str, object]:
    return {
        "slug": slug,
        "due": plan.due.isoformat(),
        "forms": [
            {
                "id": it.form.id,
                "fields": list(it.ids),
                "answers": it.answers,
                "purged": outcome.answers.get(it.form.id) if outcome else None,
            }
            for it in plan.forms
        ],
        "recorded": outcome.recorded.isoformat() if outcome and outcome.recorded else None,
        "left": list(outcome.left) if outcome else [],
        "unread": list(outcome.unread if outcome else plan.found.unread),
    }
