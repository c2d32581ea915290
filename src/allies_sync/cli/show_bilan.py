"""Working at a bilan, on the screen: what was refreshed, what only people can write, where it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from allies_sync.bilans.merge import heading_of
from allies_sync.bilans.parts import Part
from allies_sync.cli.complaints import DONE
from allies_sync.cli.screen import note, show, wrapped
from allies_sync.cli.show_plan import link
from allies_sync.cli.work import desk, do
from allies_sync.engagements.carry import Outcome
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.drafting import Writing, prepare_draft, prepare_quotes
from allies_sync.engagements.due import too_early
from allies_sync.engagements.pieces import item_of
from allies_sync.engagements.publishing import Publication, announce, links_of, prepare_publication
from allies_sync.engagements.stored import today
from allies_sync.reconcile.decide import Action
from allies_sync.reconcile.wording import is_handed, labelled
from allies_sync.text.characters import clean_line
from allies_sync.text.markdown import plain_text
from allies_sync.text.messages import _, ngettext

SHOWN = 12


def do_draft(slug: str, *, recreate: bool, dry_run: bool, yes: bool) -> int:
    """Writes or refreshes the draft."""
    with desk() as opened:
        writing = prepare_draft(opened, slug, recreate=recreate)
        for text in _fewer(writing):
            note(text)
        places = [{"line": place.line, "wanted": place.wanted} for place in writing.places]
        more = {"draft": _told(writing) | {"places": places, "quotes": writing.picked.number}}
        done = _("Le brouillon du bilan est prêt.")
        return _carry(opened, writing, _draft_lines(writing, slug), done=done, more=more, yes=yes, dry_run=dry_run)


def do_quotes(slug: str, *, recreate: bool, dry_run: bool, yes: bool) -> int:
    """Writes or refreshes the list of quotations."""
    with desk() as opened:
        writing = prepare_quotes(opened, slug, recreate=recreate)
        more = {"quotes": _told(writing) | {"ticked": writing.picked.number}}
        done = _("La liste est prête.")
        return _carry(opened, writing, _quote_lines(writing, slug), done=done, more=more, yes=yes, dry_run=dry_run)


def _carry(
    opened: Desk,
    writing: Writing,
    lines: Iterator[str],
    *,
    done: str,
    more: dict[str, Any],
    yes: bool,
    dry_run: bool,
) -> int:
    """Writes a document that people write in, and says what to do next."""
    outcomes: list[Outcome] = []
    preparation = writing.preparation
    code = do(opened, preparation, yes=yes, dry_run=dry_run, done=done, more=more, after=outcomes.append)
    items = outcomes[-1].items if outcomes else preparation.items
    if code == DONE:
        show(lines)
    elif any(item.action is Action.CONFLICT and is_handed(item) for item in items):
        show(_paragraph(_("Quelqu'un vient d'y écrire : rien n'y a été touché. Relancez la même commande."), "! "))
    return code


def do_publish(slug: str, *, force: bool, replace: bool, dry_run: bool, yes: bool) -> int:
    """Publishes the bilan."""
    with desk() as opened:
        publication = prepare_publication(opened, slug, force=force, replacing=replace)
        show_remarks(publication)
        early = too_early(publication.preparation.engagement, today(opened.environ))
        if early:
            note(early)
        told: dict[str, Any] = {
            "links": links_of(publication),
            "places": [{"line": place.line, "wanted": place.wanted} for place in publication.places],
            "size": len(publication.pdf),
        }

        def after(outcome: Outcome) -> None:
            announce(opened, publication, outcome)
            told["links"] = links_of(publication, outcome)

        code = do(
            opened,
            publication.preparation,
            yes=yes,
            dry_run=dry_run,
            done=_("Le bilan est publié.") if publication.first else _("Le bilan est à jour."),
            question=_("Publier le bilan ?"),
            more={"bilan": told},
            after=after,
        )
        if code == DONE and not dry_run:
            show(_links(told["links"]))
        return code


def show_remarks(publication: Publication) -> None:
    """What will not be as the draft has it."""
    if publication.places:
        text = ngettext(
            "{count} passage à écrire est laissé de côté.",
            "{count} passages à écrire sont laissés de côté.",
            len(publication.places),
        )
        note(text.format(count=len(publication.places)))
    for target in publication.missing:
        said = _(
            "L'image « {target} » n'est pas un document de cet espace : le PDF n'en montre que la description. Pour "
            "l'y mettre : allies-sync add {slug} ressource FICHIER"
        )
        note(said.format(target=clean_line(target)[:120], slug=publication.preparation.slug))
    if publication.letters:
        letters = " ".join(publication.letters[:SHOWN])
        note(_("Le PDF ne sait pas dessiner ces caractères : {letters}").format(letters=letters))


def _told(writing: Writing) -> dict[str, Any]:
    merged = writing.merged
    item = item_of(writing.preparation, writing.piece.resource_id)
    return {
        "id": writing.piece.resource_id,
        "url": item.address.url if item and item.address else None,
        "renewed": list(merged.renewed) if merged else [],
        "added": list(merged.added) if merged else [],
        "dropped": list(merged.dropped) if merged else [],
        "stale": list(merged.stale) if merged else [],
        "unknown_quotes": list(writing.picked.unknown),
    }


def _fewer(writing: Writing) -> Iterator[str]:
    """Answers that are gone since the draft was written: their numbers and quotations go as well."""
    for tally, before in writing.fewer:
        gone = before - tally.answers
        text = ngettext(
            "« {title} » : {gone} réponse de moins qu'au dernier brouillon ({before}, maintenant {now}).",
            "« {title} » : {gone} réponses de moins qu'au dernier brouillon ({before}, maintenant {now}).",
            gone,
        )
        yield text.format(title=clean_line(tally.title), gone=gone, before=before, now=tally.answers)
    if writing.fewer:
        yield _(
            "Leurs nombres et leurs citations sortent du brouillon, là où personne n'a écrit. Si ces réponses n'ont "
            "pas été retirées exprès, rétablissez-les d'abord sur la plateforme."
        )


def _draft_lines(writing: Writing, slug: str) -> Iterator[str]:
    yield from _where(writing)
    merged = writing.merged
    if merged and merged.stale:
        yield from _paragraph(
            ngettext(
                "{count} passage du brouillon a changé, mais quelqu'un l'a réécrit : il reste tel quel. Vérifiez-y "
                "les nombres : {keys}",
                "{count} passages du brouillon ont changé, mais quelqu'un les a réécrits : ils restent tels quels. "
                "Vérifiez-y les nombres : {keys}",
                len(merged.stale),
            ).format(count=len(merged.stale), keys=_headings(writing.parts, merged.stale)),
            "! ",
        )
    yield from _unknown(writing.picked.unknown)
    if writing.places:
        text = ngettext(
            "Il reste {count} passage à écrire, marqué [À écrire : …] :",
            "Il reste {count} passages à écrire, marqués [À écrire : …] :",
            len(writing.places),
        )
        yield f"  {text.format(count=len(writing.places))}"
        for place in writing.places[:SHOWN]:
            line = _("ligne {line} : {wanted}").format(line=place.line, wanted=clean_line(place.wanted))
            yield from wrapped(line, first="    ", rest="      ")
        if len(writing.places) > SHOWN:
            yield "    …"
    else:
        yield from _paragraph(
            _("Rien ne reste à écrire. Pour publier : allies-sync publish-bilan {slug}").format(slug=slug)
        )


def _headings(parts: Sequence[Part], keys: Sequence[str]) -> str:
    """Under which headings of the draft these parts are, each once."""
    found = dict.fromkeys(clean_line(plain_text(heading_of(parts, key)).strip()) for key in keys)
    return " ".join(f"« {heading} »" for heading in list(found)[:SHOWN])


def _quote_lines(writing: Writing, slug: str) -> Iterator[str]:
    yield from _where(writing)
    yield from _unknown(writing.picked.unknown)
    number = writing.picked.number
    text = ngettext("{count} phrase est cochée.", "{count} phrases sont cochées.", number).format(count=number)
    if not number:
        text = _("Aucune phrase n'est cochée.")
    then = _("Cochez celles que le bilan peut citer, puis : allies-sync bilan draft {slug}").format(slug=slug)
    yield from _paragraph(f"{text} {then}")


def _where(writing: Writing) -> Iterator[str]:
    item = item_of(writing.preparation, writing.piece.resource_id)
    if item and item.address and item.address.url:
        yield f"  {link(item.address.url)}"


def _unknown(unknown: Sequence[str]) -> Iterator[str]:
    if unknown:
        text = ngettext(
            "{count} phrase cochée n'est pas citée : ce n'est pas, ou plus, mot pour mot une réponse.",
            "{count} phrases cochées ne sont pas citées : ce ne sont pas, ou plus, mot pour mot des réponses.",
            len(unknown),
        )
        yield from _paragraph(text.format(count=len(unknown)), "! ")
        for words in unknown[:SHOWN]:
            short = clean_line(words)
            yield f"    « {short if len(short) <= 70 else short[:69] + '…'} »"


def _paragraph(text: str, mark: str = "") -> Iterator[str]:
    yield from wrapped(text, first=f"  {mark}", rest="  " + " " * len(mark))


def _links(links: dict[str, str]) -> Iterator[str]:
    names = {"bilan": _("bilan (PDF)"), "page": _("page du bilan")}
    shown = {names[name]: url for name, url in links.items() if name in names}
    if shown:
        yield _("À envoyer au client et aux participant·e·s :")
    for name, url in shown.items():
        yield f"  {labelled(name, link(url))}"
