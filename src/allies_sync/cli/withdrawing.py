"""One person's answer, taken away at their request: found, shown, confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from allies_sync.answers.paper import PREFIX
from allies_sync.answers.tables import stamp
from allies_sync.answers.tallying import asked, given, is_personal, moment_of, options_of
from allies_sync.cli.complaints import DONE
from allies_sync.cli.screen import ask, confirm, interactive, note, result, say, show, styled, wrapped
from allies_sync.cli.show_answers import unread
from allies_sync.cli.work import desk
from allies_sync.engagements.answers import Reading, questionnaires, read_answers
from allies_sync.engagements.errors import Declined, UserError
from allies_sync.engagements.paper import desk_of
from allies_sync.engagements.personal import Match, answer_of, find_answers, withdraw
from allies_sync.model.questionnaire import CLOSED_KINDS
from allies_sync.text.characters import calm_marks, clean_line, clean_lines, cut
from allies_sync.text.messages import _, ngettext

MOST = 20
LONGEST = 2_000


def withdraw_answer(slug: str, words: str | None, identity: str | None, *, dry_run: bool, yes: bool) -> int:
    """Finds the answer, shows all of it, asks, removes it where it is."""
    with desk() as opened:
        found = read_answers(opened, questionnaires(opened, slug))
        for text in unread(found.unread, _("Ce qui n'a pas pu être lu n'a pas été cherché, et reste où il est.")):
            note(text)
        match = answer_of(found, identity, words) if identity is not None else _found(found, _words(words))
        desk_of(opened, match.form)
        show(answer_lines(found, match))
        say()
        if dry_run:
            result(_document(slug, match, removed=False))
            say(_("Rien n'a été modifié (--dry-run)."))
            return DONE
        confirm(_("Retirer définitivement cette réponse ?"), yes=yes)
        done = withdraw(opened, found, match)
    result(_document(slug, match, removed=done.removed, left=done.left))
    say(_("La réponse est retirée.") if done.removed else _("La réponse n'y était déjà plus."))
    if match.answer.id.startswith(PREFIX):
        note(_("Elle venait d'une feuille : cette feuille ne la ramènera pas. Rayez-la aussi du papier."))
    if done.left:
        note(_("Ses mots sont encore là :"))
        for sentence in done.left:
            note(f"  · {sentence}")
    note(
        _(
            "Les fichiers déjà exportés et les paquets faits par « archive » peuvent aussi la contenir : "
            "refaites-les ou détruisez-les."
        )
    )
    return DONE


def _words(words: str | None) -> str:
    if words is None and interactive():
        say(_("Des mots que contient la réponse : un prénom, une adresse, un bout de phrase."))
        words = ask(_("Chercher :"))
    if words is None or not words.strip():
        raise UserError(
            _("Quelle réponse faut-il retirer ?"),
            _("Donnez des mots qu'elle contient, par exemple --find « Camille » ; ou --id RÉPONSE."),
        )
    return words


def _found(found: Reading, words: str) -> Match:
    matches = find_answers(found, words)
    if not matches:
        told = _("Aucune réponse ne contient « {words} ».")
        if found.unread:
            told = _("Aucune réponse qui ait pu être lue ne contient « {words} ».")
        raise UserError(
            told.format(words=clean_line(words)[:80]),
            _("Rien n'a été retiré. Essayez avec moins de mots."),
        )
    if len(matches) == 1:
        return matches[0]
    return _chosen(found, matches)


def _chosen(found: Reading, matches: Sequence[Match]) -> Match:
    shown = matches[:MOST]
    text = ngettext("{count} réponse contient ces mots :", "{count} réponses contiennent ces mots :", len(matches))
    if not interactive():
        raise UserError(
            text.format(count=len(matches)),
            _("Rien n'a été retiré. Donnez plus de mots avec --find, ou l'une d'elles avec --id."),
            [f"--id {match.answer.id} · {found.asked.titled(match.form)} · {_first_words(match)}" for match in shown],
        )
    say(text.format(count=len(matches)))
    for number, match in enumerate(shown, 1):
        moment = stamp(moment_of(match.answer))
        start = f"  {number:>3}  {moment}  "
        show(wrapped(f"{found.asked.titled(match.form)} · {_first_words(match)}", first=start, rest=" " * len(start)))
    if len(matches) > MOST:
        say(_("  … et {count} autres : donnez plus de mots.").format(count=len(matches) - MOST))
    typed = ask(_("Laquelle (son numéro ; rien pour arrêter) ?"))
    if not typed:
        raise Declined
    if not typed.isdigit() or not 1 <= int(typed) <= len(shown):
        raise UserError(
            _("« {typed} » n'est pas un de ces numéros.").format(typed=typed[:40]), _("Rien n'a été retiré.")
        )
    return shown[int(typed) - 1]


def _first_words(match: Match) -> str:
    """By what a person recognises an answer: what is personal, then the first words of each text."""
    fields = [it for it in asked(match.form, personal=True) if it.kind not in CLOSED_KINDS]
    fields.sort(key=lambda it: not is_personal(it))
    texts = [cut(calm_marks(clean_line(text[:200])), 60) for it in fields for text in given(match.answer, it)]
    return cut(" / ".join(texts), 140) or "-"


def answer_lines(found: Reading, match: Match) -> Iterator[str]:
    """All of one answer, what people typed behind a bar."""
    title = clean_line(found.asked.titled(match.form))
    moment = stamp(moment_of(match.answer))
    yield styled(title, "bold") + (f" · {moment}" if moment else "")
    for it in asked(match.form, personal=True):
        values = given(match.answer, it)
        if not values:
            continue
        labels = {option.key: option.label for option in options_of(it, found.asked.lists)}
        yield from wrapped(it.label, first="  ", rest="  ")
        whole = calm_marks(clean_lines("\n".join(labels.get(value, value) for value in values)).strip("\n"))
        for line in cut(whole, LONGEST).split("\n"):
            yield from list(wrapped(line, first="    │ ", rest="    │ ")) or ["    │"]
        if len(whole) > LONGEST:
            yield "    " + styled(_("(coupé : {count} caractères)").format(count=len(whole)), "dim")


def _document(slug: str, match: Match, *, removed: bool, left: Sequence[str] = ()) -> dict[str, object]:
    return {"slug": slug, "form": match.form.id, "id": match.answer.id, "removed": removed, "left": list(left)}
