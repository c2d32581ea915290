"""Entries: pages whose text is the JSON of a filled-in form. Nothing that is sent is checked."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from allies_sync_yeswiki.testing import names, php
from allies_sync_yeswiki.testing.entry_table import Data, data_of
from allies_sync_yeswiki.testing.forms import Field, fields_of, options_of
from allies_sync_yeswiki.testing.purifier import purify, purify_wiki, strip_scripts
from allies_sync_yeswiki.testing.state import ReadOnly, WikiError, WikiState
from allies_sync_yeswiki.testing.triples import ENTRY, SOURCE_URL, TAG, TYPE

_MANAGER = "tools/bazar/services/EntryManager.php"
_WITH_DEFAULT = ("texte", "textelong", "liste", "radio", "champs_cache", "champs_mail", "lien_internet")
_NOT_STORED = ("antispam", "valider", "submit", "MAX_FILE_SIZE", "accept_condition", "incomingurl", "redirecturl")


def create(state: WikiState, form_number: str, sent: Data, user: str, source: str = "") -> str:
    """A new entry, or another revision of whatever page has the name that was sent. Returns the name."""
    if state.read_only:
        raise ReadOnly(f"{_MANAGER}:494")
    data = {name: value for name, value in sent.items() if value is not None}
    _validate(data)
    data["id_typeannonce"] = form_number
    form = state.forms.get(form_number)
    fields = fields_of(state, form)
    if any(field.kind == "titre" for field in fields):
        data["bf_titre"] = _title(state, fields, data)
    _give_name(state, data)
    tag = data["id_fiche"]
    existing = state.pages.revisions(tag)
    data["date_creation_fiche"] = min(row.time for row in existing) if existing else state.php_time()
    data["statut_fiche"] = "1"
    stored = _formatted(state, fields, data)
    _write_acls(state, fields, tag)
    if state.save(tag, php.json_plain(stored), user, bypass_acls=state.config.bazarIgnoreAcls):
        state.triples.add(tag, TYPE, ENTRY)
        _write_tags(state, fields, tag, stored)
    if source:
        state.triples.add(tag, SOURCE_URL, source)
    return str(tag)


def update(state: WikiState, tag: str, sent: Data, user: str) -> None:
    """A new revision. Of what was not sent, it keeps what the form still asks for, and loses everything else."""
    if state.read_only:
        raise ReadOnly(f"{_MANAGER}:560")
    page = state.pages.get(tag)
    former = data_of(page) if page else {}
    number = str(former.get("id_typeannonce", ""))
    fields = [field for field in fields_of(state, state.forms.get(number)) if field.key]
    data: Data = {**sent, "id_fiche": tag, "id_typeannonce": number}
    for field in fields:
        name = field.key
        if field.write_acl and not state.accounts.allows(field.write_acl, user, page.owner if page else ""):
            data.pop(name, None)
        if field.is_checkbox and name not in data and f"{name}_fromForm" in sent:
            data[name] = ""
        if name not in data and name in former:
            data[name] = former[name]
    _validate(data)
    if any(field.kind == "titre" for field in fields):
        data["bf_titre"] = _title(state, fields, data)
    data["date_creation_fiche"] = min(row.time for row in state.pages.revisions(tag))
    data["statut_fiche"] = "1"
    stored = _formatted(state, fields, data)
    state.save(tag, php.json_plain(stored), user)
    _write_tags(state, fields, tag, stored)


def _validate(data: Data) -> None:
    if data.get("antispam") != "1":
        raise WikiError("Protection antispam", f"{_MANAGER}:468")
    if "bf_titre" not in data:
        message = "La fiche n'a pas pu &ecirc;tre sauv&eacute;e car elle ne poss&egrave;de pas de titre."
        raise WikiError(message, f"{_MANAGER}:473")


def _title(state: WikiState, fields: list[Field], data: Data) -> str:
    """The title that was sent, filtered, with the values of the fields that it names, which are not."""
    title = str(data["bf_titre"])
    title = purify(title) if state.config.htmlPurifierActivated else title

    def value(found: re.Match[str]) -> str:
        field = next((one for one in fields if found[1] in (one.key, one.name) and one.kind != "titre"), None)
        sent = data.get(field.key if field else found[1])
        if field is not None and field.is_enum:
            chosen = checked(sent or "").split(",")[0] if field.is_checkbox else str(sent or "")
            return options_of(state, field).get(chosen, "")
        return str(sent) if isinstance(sent, str) else found[0]

    return re.sub(r"\{\{(.*?)\}\}", value, title)


def _give_name(state: WikiState, data: Data) -> None:
    if "id_fiche" in data:
        if not data["id_fiche"]:
            raise WikiError("$data['id_fiche'] is set but with empty value !", f"{_MANAGER}:792")
        return
    name = names.from_title(str(data["bf_titre"]), state.is_taken)
    if state.colliding:
        remaining = state.colliding[0] - 1
        state.colliding = (remaining, state.colliding[1]) if remaining else None
    if not name:
        raise WikiError("$data['id_fiche'] can not be generated from $data['bf_titre'] !", f"{_MANAGER}:787")
    data["id_fiche"] = name


def _formatted(state: WikiState, fields: list[Field], data: Data) -> Data:
    stored = {name: value for name, value in data.items() if name not in _NOT_STORED}
    stored = {name: value for name, value in stored.items() if not name.endswith("_fromForm")}
    stored.pop("date_maj_fiche", None)
    for field in fields:
        name = field.key
        if not name:
            continue
        if name not in stored and field.parts[5] and field.kind in _WITH_DEFAULT:
            stored[name] = field.parts[5]
        if field.is_checkbox:
            stored[name] = checked(stored.pop(name, ""))
        elif field.kind == "map":
            _place(field, stored)
        elif field.kind == "titre":
            stored[name] = _title(state, fields, stored)
        elif field.kind == "mot_de_passe":
            if stored.get(name):
                stored[name] = hashlib.md5(str(stored[name]).encode()).hexdigest()  # noqa: S324
        elif field.kind in ("jour", "listedatedeb", "listedatefin"):
            stored[name] = _date(state, name, stored)
        elif field.kind == "calc":
            stored[name] = _calculated(field, stored)
        else:
            stored[name] = _cleaned(state, field, stored.get(name, ""))
    stored["date_maj_fiche"] = state.php_time()
    return stored


def checked(sent: Any) -> str:
    """The boxes that are ticked: an array's keys, whatever its values are."""
    if isinstance(sent, list):
        return ",".join(str(at) for at in range(len(sent)))
    if isinstance(sent, dict):
        return ",".join(str(key) for key, value in sent.items() if value)
    return str(sent)


def _cleaned(state: WikiState, field: Field, value: Any) -> Any:
    if not isinstance(value, str) or field.kind not in ("texte", "textelong"):
        return value
    style = field.parts[7] if field.kind == "textelong" else ""
    if style == "html":
        value = strip_scripts(value)
    if not state.config.htmlPurifierActivated:
        return value
    return purify_wiki(value) if style in ("wiki", "html") else purify(value)


def _place(field: Field, stored: Data) -> None:
    latitude, longitude = stored.get(field.parts[1]), stored.get(field.parts[2])
    if latitude and longitude:
        stored["geolocation"] = {field.parts[1]: latitude, field.parts[2]: longitude}


def _date(state: WikiState, name: str, stored: Data) -> Any:
    allday, hour, minutes = (stored.pop(f"{name}_{part}", "") for part in ("allday", "hour", "minutes"))
    value = stored.get(name)
    if value and allday == "0" and hour:
        moment = datetime.fromisoformat(f"{value}T{hour:0>2}:{minutes or '00':0>2}:00")
        return moment.replace(tzinfo=ZoneInfo(state.config.timezone)).isoformat()
    return value


def _calculated(field: Field, stored: Data) -> str:
    """Only ``field*number`` is understood."""
    found = re.fullmatch(r"(\w+)\*(\d+)", field.parts[5])
    value = str(stored.get(found[1], "")) if found else ""
    return str(int(value) * int(found[2])) if found and value.isdigit() else ""


def _write_acls(state: WikiState, fields: list[Field], tag: str) -> None:
    """The line ``acls`` of a form: once, and before the page is saved, which then has to respect it."""
    for field in fields:
        if field.kind == "acls":
            for privilege, acl in zip(("read", "write", "comment"), field.parts[1:4], strict=True):
                if not state.has_acl(tag, privilege):  # type: ignore[arg-type]
                    state.set_acl(tag, privilege, acl or "*")  # type: ignore[arg-type]


def _write_tags(state: WikiState, fields: list[Field], tag: str, stored: Data) -> None:
    for field in fields:
        if field.kind == "tags":
            state.triples.remove(state.triples.find(tag, TAG))
            for word in filter(None, str(stored.get(field.key, "")).split(",")):
                state.triples.add(tag, TAG, word.strip())
