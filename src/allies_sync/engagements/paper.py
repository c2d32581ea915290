"""Answers that came on paper: where they go, and which of them are there already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from allies_sync.answers.paper import Filled, Sheet, answers_in, same
from allies_sync.engagements.answers import Questionnaires, questionnaires, read_answers
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.model.lifecycle import State
from allies_sync.model.resources import Form
from allies_sync.platforms.errors import Refused
from allies_sync.platforms.interface import Answer, AnswerDesk
from allies_sync.text.messages import _

BATCH = 100
"""So many answers are handed over at once: servers bound the length of what they are asked."""

CLOSED = (State.ARCHIVED, State.CANCELLED, State.REFUSED)


@dataclass(frozen=True, slots=True)
class Addition:
    """What adding a sheet would do: ``new`` answers, those ``there`` already, those there that say something else
    (``differ``), and those that were ``withdrawn``; each with the number on the paper. ``anonymous``: personal
    questions are left out, since they were purged. ``unread``: answers that are there and could not be read."""

    asked: Questionnaires
    form: Form
    new: tuple[tuple[str, Answer], ...]
    there: tuple[str, ...]
    differ: tuple[str, ...]
    withdrawn: tuple[str, ...] = ()
    anonymous: bool = False
    unread: tuple[str, ...] = ()


def desk_of(desk: Desk, form: Form) -> AnswerDesk:
    """The platform that holds a form, where answers can be changed. Raises Refused for one that cannot do that."""
    bound = desk.bound(form.role)
    if not isinstance(bound.platform, AnswerDesk):
        raise Refused(
            _("La plateforme « {name} » ne sait pas ajouter, retirer ni effacer des réponses.").format(
                name=bound.name
            ),
            _("Rien n'a été modifié. Cela se fait à la main, sur cette plateforme."),
        )
    return bound.platform


def one_form(asked: Questionnaires, slug: str) -> Form:
    """The questionnaire that was asked for. Raises UserError when there are several."""
    if len(asked.forms) > 1:
        known = [
            f"--moment {form.moment}" + (f" --session {_number(asked, form)}" if form.session else "")
            for form in asked.forms
        ]
        raise UserError(
            _("« {slug} » a plusieurs questionnaires : dites lequel.").format(slug=slug),
            _("Ajoutez {known}.").format(known=_(" ou ").join(known)),
        )
    return asked.forms[0]


def _number(asked: Questionnaires, form: Form) -> str:
    ids = [session.id for session in asked.engagement.sessions_in_order]
    return str(ids.index(form.session) + 1) if form.session in ids else form.session


def prepare_addition(desk: Desk, sheet: Sheet) -> tuple[Addition, Filled]:
    """What a sheet would add. Raises UserError for a sheet of something else, PlatformError when answers cannot be
    read."""
    asked = questionnaires(desk, sheet.slug)
    form = next((it for it in asked.forms if it.id == sheet.form), None)
    if form is None:
        raise UserError(
            _("Cette feuille est celle d'un questionnaire que « {slug} » n'a pas : {form}.").format(
                slug=sheet.slug, form=sheet.form[:80]
            ),
            _("Rien n'a été ajouté. « allies-sync answers sheet {slug} » donne une feuille à jour.").format(
                slug=sheet.slug
            ),
        )
    if asked.engagement.state in CLOSED:
        raise UserError(
            _("« {slug} » est {state} : ses questionnaires ne reçoivent plus de réponses.").format(
                slug=sheet.slug, state=asked.engagement.state.value
            ),
            _("Rien n'a été ajouté."),
        )
    anonymous = asked.engagement.purged is not None
    asked = replace(asked, forms=(form,))
    filled = answers_in(sheet, form, asked.lists, datetime.now(UTC).replace(microsecond=0), personal=not anonymous)
    found = read_answers(desk, asked)
    if found.missing:
        raise UserError(
            _("« {title} » n'est pas en ligne : des réponses ne peuvent pas y être ajoutées.").format(
                title=asked.titled(form)
            ),
            _("Rien n'a été ajouté. Mettez d'abord l'espace en ordre : allies-sync sync {slug}").format(
                slug=sheet.slug
            ),
        )
    present = {answer.id: answer for answer in found.answers[form.id]}
    gone = set(asked.engagement.withdrawn) - present.keys()
    new = tuple((number, it) for number, it in filled.answers if it.id not in present and it.id not in gone)
    withdrawn = tuple(number for number, it in filled.answers if it.id in gone)
    again = [(number, it) for number, it in filled.answers if it.id in present]
    equal = [same(it.values, present[it.id].values, form) for _number, it in again]
    there = tuple(number for (number, _it), alike in zip(again, equal, strict=True) if alike)
    differ = tuple(number for (number, _it), alike in zip(again, equal, strict=True) if not alike)
    return Addition(asked, form, new, there, differ, withdrawn, anonymous, found.unread), filled


def carry_addition(desk: Desk, addition: Addition) -> list[str]:
    """Adds what is new, and returns the numbers of what was really added. Raises PlatformError."""
    if not addition.new:
        return []
    known = addition.asked.target(addition.form).known
    holder, space, form = desk_of(desk, addition.form), addition.asked.space, addition.form
    added: set[str] = set()
    for start in range(0, len(addition.new), BATCH):
        batch = [answer for _number, answer in addition.new[start : start + BATCH]]
        added.update(holder.add(space, form, known, batch))
    return [number for number, answer in addition.new if answer.id in added]
