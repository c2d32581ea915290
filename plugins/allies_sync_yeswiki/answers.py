"""What participants sent: read all at once, as they typed it; and those answers that went round the script."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import unescape
from typing import Any

from allies_sync.model.resources import Field, FieldKind, Form, Scope
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Answer, Known, Space
from allies_sync.text.messages import _
from allies_sync_yeswiki import formlines as lines
from allies_sync_yeswiki.names import form_number, is_tag
from allies_sync_yeswiki.rights import FROZEN, Levels, is_table, rows
from allies_sync_yeswiki.server import Server
from allies_sync_yeswiki.widgets import ENGAGEMENT

_THROUGH_THE_SCRIPT = re.compile(rf"{lines.ANSWER}[0-9a-f]{{32}}")
_SEVERAL = frozenset({FieldKind.CHOICES})


def read_answers(server: Server, space: Space, form: Form, known: Known | None, since: str = "") -> list[Answer]:
    """All answers, or those written since a moment of the wiki's own clock."""
    number = known.remote_id if known else form_number(space, form)
    entries = fetch(server, number, since)
    if not entries:
        return []
    status, described = server.api(f"api/forms/{number}")
    if status == 404 or not isinstance(described, dict):
        raise PlatformError(_("Ce questionnaire n'existe pas sur le wiki."))
    prepared = described.get("prepared") or []
    fields = prepared.values() if isinstance(prepared, dict) else prepared
    names = {it.id: _property(it, fields) for it in form.fields}
    mine = form.scope is Scope.COLLECTIVE and not space.collective
    found = []
    for tag, entry in entries.items():
        if mine and unescape(str(entry.get(ENGAGEMENT, ""))) != space.slug:
            continue
        found.append(_answer(str(tag), entry, form, names))
    return found


def fetch(server: Server, number: str, since: str = "") -> Mapping[str, Mapping[str, Any]]:
    """Entries of a form by name. Only what the wiki plainly says: no answer is never taken for no answers."""
    if not number.isdigit():
        raise PlatformError(_("Ce questionnaire n'existe pas sur le wiki."))
    more = f"&dateMin={since.replace(' ', '%20')}" if since else ""
    status, data = server.api(f"api/forms/{number}/entries{more}")
    if status == 404:
        raise PlatformError(_("Ce questionnaire n'existe pas sur le wiki."))
    items = data if isinstance(data, dict) else {}
    return {tag: entry for tag, entry in items.items() if isinstance(entry, dict)}


def fetch_names(server: Server, number: str, query: str = "") -> Mapping[str, Any]:
    """The names of the answers to a form."""
    status, data = server.api(f"api/forms/{number}/entries&fields=id_fiche{query}")
    return data if status != 404 and isinstance(data, dict) else {}


def strays(answers: Sequence[Answer]) -> list[str]:
    """Answers that did not go through the form's script: some of them may have been written over by others."""
    return [it.id for it in answers if not _THROUGH_THE_SCRIPT.fullmatch(it.id)]


def seal(server: Server, levels: Levels, number: str) -> int:
    """Closes all answers of a form to further writing, in two requests at most. Returns how many were open."""
    if not number.isdigit():
        return 0
    html = server.page(f"GererDroits&filter={number}").text
    if not is_table(html):
        return 0
    table = rows(html).values()
    still_open = [row.tag for row in table if FROZEN not in row.write and is_tag(row.tag)]
    if still_open:
        fields = [
            ("geredroits_modifier", "1"),
            ("typemaj", "remplacer"),
            ("newecrire_advanced", levels.list_for(None)),
        ]
        server.post(f"GererDroits&filter={number}", [*fields, *(("selectpage[]", tag) for tag in still_open)])
    return len(still_open)


def _property(field: Field, prepared: Any) -> str:
    """How this wiki calls a question: versions differ, and an upgrade renames."""
    name = lines.property_name(field)
    known = [str(it.get("propertyname", "")) for it in prepared if isinstance(it, dict)]
    if name in known:
        return name
    return next((it for it in known if it.endswith(name)), name)


def _answer(tag: str, entry: Mapping[str, Any], form: Form, names: Mapping[str, str]) -> Answer:
    values: dict[str, str | tuple[str, ...]] = {}
    for field in form.fields:
        raw = entry.get(names[field.id], entry.get(lines.property_name(field)))
        if isinstance(raw, list | dict):
            raw = ",".join(str(it) for it in (raw if isinstance(raw, list) else raw.keys()))
        if raw is None or raw == "":
            continue
        text = typed(str(raw))
        values[field.id] = tuple(it for it in text.split(",") if it) if field.kind in _SEVERAL else text
    created, updated = entry.get("date_creation_fiche"), entry.get("date_maj_fiche")
    return Answer(tag, values, _moment(created), _moment(updated))


def typed(stored: str) -> str:
    """A text as the person typed it: the wiki keeps it as HTML."""
    text = unescape(stored).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _moment(text: Any) -> datetime | None:
    """The wiki's own time, of which it does not say where; most often it is that of this computer."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").astimezone()
    except ValueError:
        return None
