"""The data of a new engagement: from the command line, from questions, from a file, from another engagement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from allies_sync.cli.files import read_text
from allies_sync.cli.screen import ask, interactive, note
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.opening import like as like_another
from allies_sync.engagements.stored import parse_engagement
from allies_sync.model.checking import check
from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import State
from allies_sync.model.problems import InvalidData
from allies_sync.text.messages import _, join_words
from allies_sync.workspace.problems import describe


@dataclass(frozen=True, slots=True)
class Given:
    """What was typed; None for what was not."""

    title: str | None = None
    client: str | None = None
    start: str | None = None
    end: str | None = None
    template: str | None = None
    participants: str | None = None
    slug: str | None = None
    proposal: bool = False
    source: str | None = None
    like: str | None = None


NEEDED = ("title", "client", "start")


def option_names() -> Mapping[str, str]:
    """The fields of the model as they are typed."""
    return {
        "title": _("TITRE"),
        "client": "--client",
        "client.name": "--client",
        "start": "--start",
        "end": "--end",
        "template": "--template",
        "participants": "--participants",
        "slug": "--slug",
    }


def engagement_of(desk: Desk, given: Given) -> Engagement:
    """The engagement that was asked for. Raises UserError with everything that is wrong or missing."""
    if given.source is not None:
        return _from_file(given)
    if given.like is not None:
        return _like(desk, given)
    return checked(data_of(_complete(given)))


def _from_file(given: Given) -> Engagement:
    others = [
        name
        for field, name in option_names().items()
        if field != "slug" and "." not in field and getattr(given, field) is not None
    ]
    if given.like is not None:
        others.append("--like")
    if others:
        raise UserError(
            _("--from donne déjà toutes les données : {others} ne s'y ajoute pas.").format(others=join_words(others)),
            _("Écrivez ces données dans le fichier {file}, ou retirez --from.").format(file=given.source),
        )
    engagement = parse_engagement(read_text(given.source or ""), given.source or "")
    update: dict[str, Any] = {}
    if given.slug is not None:
        update["slug"] = given.slug
    if given.proposal:
        update["state"] = State.PROPOSED
    elif "state" not in engagement.model_fields_set:
        update["state"] = State.OPEN
    return engagement.model_copy(update=update)


def _like(desk: Desk, given: Given) -> Engagement:
    missing = [option_names()[field] for field in ("title", "start") if getattr(given, field) is None]
    if missing:
        raise UserError(
            _("Pour reprendre « {slug} », il manque : {missing}.").format(
                slug=given.like, missing=join_words(missing)
            ),
            _('Exemple : allies-sync new-engagement "Autre titre" --like {slug} --start 2027-09-14').format(
                slug=given.like
            ),
        )
    typed = checked(data_of(replace(given, client=given.client or "x")))
    engagement = like_another(
        desk, given.like or "", title=typed.title, client=given.client and typed.client.name, start=typed.start
    )
    update: dict[str, Any] = {"state": typed.state}
    for field in ("end", "template", "participants", "slug"):
        if getattr(given, field) is not None:
            update[field] = getattr(typed, field)
    return engagement.model_copy(update=update)


def _complete(given: Given) -> Given:
    """Asks for what is missing, when somebody is there to be asked."""
    missing = [field for field in NEEDED if getattr(given, field) is None]
    if not missing:
        return given
    if not interactive():
        raise UserError(
            _("Pour ouvrir un espace, il manque : {missing}.").format(
                missing=join_words([option_names()[field] for field in missing])
            ),
            _('Exemple : allies-sync new-engagement "Dynamiques de coopération" --client "DLA" --start 2027-03-12'),
        )
    questions = {
        "title": _("Titre de l'accompagnement :"),
        "client": _("Organisation cliente :"),
        "start": _("Premier jour (par exemple 2027-03-12, ou 12/03/2027) :"),
    }
    for field in missing:
        answer: dict[str, Any] = {field: _asked(field, questions[field])}
        given = replace(given, **answer)
    if given.template is None and len(missing) == len(NEEDED):
        given = replace(given, template=ask(_("Modèle d'espace :"), "accompagnement"))
    return given


def _asked(field: str, question: str) -> str:
    """An answer that is valid by itself: a wrong one is explained, and asked for again."""
    sample: dict[str, Any] = {"title": "x", "client": "x", "start": "2027-01-01"}
    while True:
        answer = ask(question)
        if field == "start":
            answer = french_day(answer)
        try:
            check(data_of(Given(**{**sample, field: answer})), Engagement)
        except InvalidData as error:
            names = {"title": _("titre"), "client.name": _("organisation cliente"), "start": _("premier jour")}
            for line in told(error, names):
                note(f"  {line}")
            continue
        return answer


def french_day(text: str) -> str:
    """``12/03/2027`` as ``2027-03-12``; anything else as it is."""
    parts = text.replace(".", "/").split("/")
    if len(parts) == 3 and all(part.isdigit() for part in parts) and len(parts[2]) == 4:
        try:
            return date(int(parts[2]), int(parts[1]), int(parts[0])).isoformat()
        except ValueError:
            return text
    return text


def data_of(given: Given) -> dict[str, Any]:
    """What was typed, as the model reads it."""
    data: dict[str, Any] = {"state": (State.PROPOSED if given.proposal else State.OPEN).value}
    for field in ("title", "end", "start", "template", "slug"):
        value = getattr(given, field)
        if value is not None:
            data[field] = french_day(value) if field in ("start", "end") else value
    if given.client is not None:
        data["client"] = {"name": given.client}
    if given.participants is not None:
        typed = given.participants.strip()
        data["participants"] = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else typed
    return data


def checked(data: Mapping[str, Any]) -> Engagement:
    """The engagement of these data. Raises UserError in the words of the command line."""
    try:
        return check(data, Engagement)
    except InvalidData as error:
        lines = told(error)
        advice = _("Rien n'a été modifié. Corrigez, puis relancez la commande.")
        if len(lines) == 1:
            raise UserError(lines[0], advice) from error
        raise UserError(_("Ces données ne conviennent pas."), advice, lines) from error


def told(error: InvalidData, names: Mapping[str, str] | None = None) -> list[str]:
    """Sentences that name what was typed."""
    known = option_names() if names is None else names
    return [describe(replace(problem, field=known.get(problem.field, problem.field))) for problem in error.problems]
