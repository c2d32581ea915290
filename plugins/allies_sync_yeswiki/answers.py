"""What participants sent: the answers to many forms read at once, as they typed them, in two requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from html import unescape
from typing import Any

from allies_sync.model.resources import Field, FieldKind, Form, Scope
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import COLLECTIVE, Answer, Gathered, Known, Space, Target
from allies_sync.text.messages import _, ngettext
from allies_sync_yeswiki import formlines as lines
from allies_sync_yeswiki.entrylines import question
from allies_sync_yeswiki.looking import Look, WikiForm, form_bearing
from allies_sync_yeswiki.names import MARK, form_number, is_entry_tag
from allies_sync_yeswiki.news import is_recent
from allies_sync_yeswiki.server import Server
from allies_sync_yeswiki.widgets import ENGAGEMENT

Entries = Mapping[str, Mapping[str, Any]]
Names = Sequence[Mapping[str, Any]]

SENT = "allies_recu"
"""Beside the questions of an answer: when it was sent, where the wiki itself has forgotten it."""

IN_PLACE_OF = "allies_copie"
"""Beside the questions of a copy of an answer: whose place it takes while that is written anew."""

_THROUGH_THE_SCRIPT = re.compile(rf"{lines.ANSWER}[0-9a-f]{{32}}")
_SEVERAL = frozenset({FieldKind.CHOICES})
_ESCAPED = frozenset({FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.NUMBER, FieldKind.EMAIL})


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A form and its number, as the wiki has it."""

    form: Form
    there: WikiForm
    slug: str
    """Whose answers are meant, of a form that all engagements share; "" for all."""


def find(space: Space, look: Look, form: Form, known: Known | None) -> Questionnaire | None:
    """The form in the wiki, if it is there and bears its mark."""
    shared = form.scope is Scope.COLLECTIVE
    mark = f"{MARK}{COLLECTIVE}:{form.id}" if shared else space.mark(form.id)
    number = known.remote_id if known else form_number(space, form)
    there = form_bearing(look.forms, mark, number)
    return Questionnaire(form, there, space.slug if shared and not space.collective else "") if there else None


def needed(space: Space, look: Look, form: Form, known: Known | None) -> Questionnaire:
    found = find(space, look, form, known)
    if found is None:
        raise PlatformError(_("Ce questionnaire n'existe pas sur le wiki."))
    return found


def gather(server: Server, space: Space, look: Look, targets: Sequence[Target], since: str) -> Gathered:
    """The answers to several forms; nothing of them when nothing happened since the token was given."""
    asked = {it.key: find(space, look, it.resource, it.known) for it in targets if isinstance(it.resource, Form)}
    there = {key: it for key, it in asked.items() if it is not None}
    numbers = sorted({it.there.number for it in there.values()})
    if since and since == _token(server, numbers, fetch(server, numbers, "id_fiche,id_typeannonce,date_maj_fiche")):
        return Gathered(dict.fromkeys(there, ()), since, whole=False)
    entries = fetch(server, numbers)
    answers = {key: answers_in(entries, it) for key, it in there.items()}
    went_round = sum(len(strays(entries, it)) for it in there.values())
    remarks = [_remark(went_round)] if went_round else []
    return Gathered(answers, _token(server, numbers, entries), remarks=remarks)


def _remark(count: int) -> str:
    return ngettext(
        "{count} réponse n'est pas passée par le script du questionnaire : une autre a pu l'écraser.",
        "{count} réponses ne sont pas passées par le script du questionnaire : certaines ont pu en écraser d'autres.",
        count,
    ).format(count=count)


def fetch(server: Server, numbers: Sequence[str], fields: str = "") -> Entries:
    """Entries of forms, by name. Only what the wiki plainly says: no answer is never taken for no answers."""
    if not numbers:
        return {}
    more = f"&fields={fields}" if fields else ""
    route = f"api/forms/{numbers[0]}/entries" if len(numbers) == 1 else "api/entries/json"
    if len(numbers) > 1:
        more += f"&query=id_typeannonce%3D{','.join(numbers)}"
    status, data = server.api(f"{route}{more}")
    if status == 404:
        raise PlatformError(_("Ce questionnaire n'existe pas sur le wiki."))
    items = data if isinstance(data, dict) else {}
    return {str(tag): entry for tag, entry in items.items() if isinstance(entry, dict)}


def count_answers(names: Names, number: str, slug: str) -> int:
    """How many have answered a form; ``slug``: of one that all engagements share, those of this one."""
    return sum(is_answer(it, number, slug) for it in names)


def is_answer(entry: Mapping[str, Any], number: str, slug: str) -> bool:
    """Whether an entry is an answer to a form (of the engagement ``slug``, if any), and no copy of one."""
    return (
        str(entry.get("id_typeannonce", "")) == number
        and not is_entry_tag(str(entry.get("id_fiche", "")))
        and not entry.get(IN_PLACE_OF)
        and (not slug or unescape(str(entry.get(ENGAGEMENT, ""))) == slug)
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """One answer among entries: its id, the entry in which it stands, and the one in which it should stand."""

    id: str
    tag: str
    home: str
    entry: Mapping[str, Any]


def answers_to(entries: Entries, asked: Questionnaire) -> Iterator[Sent]:
    """The answers to one form among entries.

    Entries that the tool owns are no answers. A copy counts as what it was made of, as long as that is not there.
    """
    for tag, entry in entries.items():
        if str(entry.get("id_typeannonce", "")) != asked.there.number or is_entry_tag(tag):
            continue
        if asked.slug and unescape(str(entry.get(ENGAGEMENT, ""))) != asked.slug:
            continue
        home = str(entry.get(IN_PLACE_OF) or "")
        if not home or home not in entries:
            name = home or tag
            yield Sent(name.removesuffix(added_tag("", asked)), tag, name, entry)


def added_tag(id: str, asked: Questionnaire) -> str:
    """The name of the entry in which the tool puts an answer: names are the whole wiki's, ids are a form's."""
    return f"{id}-{asked.there.number}"


def answers_in(entries: Entries, asked: Questionnaire) -> list[Answer]:
    return [_answer(it, asked.form) for it in answers_to(entries, asked)]


def entries_in(entries: Entries, asked: Questionnaire) -> list[Answer]:
    """All entries of a form, those that the tool owns too, by their names."""
    return [
        _answer(Sent(tag, tag, tag, entry), asked.form)
        for tag, entry in entries.items()
        if str(entry.get("id_typeannonce", "")) == asked.there.number
    ]


def strays(entries: Entries, asked: Questionnaire) -> list[str]:
    """Answers that neither the form's script nor the tool gave a name of its own: others may have been written over
    by them, or they over others."""
    return [
        it.id for it in answers_to(entries, asked) if it.id == it.home and not _THROUGH_THE_SCRIPT.fullmatch(it.id)
    ]


def _token(server: Server, numbers: Sequence[str], entries: Entries) -> str:
    """Stands for a state of the answers; "" while another of the same second may still come."""
    there = sorted((tag, str(entry.get("date_maj_fiche", ""))) for tag, entry in entries.items())
    last = max((moment for _tag, moment in there), default="")
    if last and is_recent(last, server.date):
        return ""
    return sha256(repr((numbers, there)).encode("utf-8", "replace")).hexdigest()


def _answer(sent: Sent, form: Form) -> Answer:
    entry = sent.entry
    by_question = {question(key): value for key, value in entry.items() if question(key)}
    values: dict[str, str | tuple[str, ...]] = {}
    for field in form.fields:
        raw = by_question.get(lines.property_name(field))
        if isinstance(raw, list | dict):
            raw = ",".join(str(it) for it in (raw if isinstance(raw, list) else raw.keys()))
        if raw is None or raw == "":
            continue
        values[field.id] = _value(field, str(raw))
    created = _moment(entry.get(SENT)) or _moment(entry.get("date_creation_fiche"))
    return Answer(sent.id, values, created, _moment(entry.get("date_maj_fiche")))


def _value(field: Field, raw: str) -> str | tuple[str, ...]:
    text = typed(raw) if field.kind in _ESCAPED else _tidy(raw)
    return tuple(it for it in text.split(",") if it) if field.kind in _SEVERAL else text


def typed(stored: str) -> str:
    """A text as the person typed it: the wiki keeps it as HTML."""
    return _tidy(unescape(stored))


def _tidy(text: str) -> str:
    """A text without what no wiki keeps."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _moment(text: Any) -> datetime | None:
    """The wiki's own time, of which it does not say where; most often it is that of this computer."""
    try:
        return datetime.fromisoformat(str(text)).astimezone()
    except (ValueError, OverflowError):
        return None
