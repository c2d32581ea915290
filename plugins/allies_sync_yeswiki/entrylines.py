"""Entries as people read them: values by question, whatever a wiki's version calls it and however it keeps them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape, unescape
from typing import Any
from urllib.parse import urlsplit

from allies_sync.model.resources import Entry
from allies_sync.platforms.errors import Refused
from allies_sync.text.characters import clean_lines
from allies_sync.text.messages import _
from allies_sync_yeswiki.widgets import ENGAGEMENT

TITLE = "bf_titre"

_NAME = re.compile(r"(?:image|fichier|radio\w*?|liste\w*?|checkbox\w*?|tags)??(bf_\w+)", re.ASCII)
_FILES = re.compile(r"(?:image|fichier)bf_\w+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CHOICES = ("liste", "radio", "checkbox")
_SCHEMES = ("http", "https", "mailto")

Values = Mapping[str, str]


def question(key: str) -> str:
    """How a form calls what an entry keeps under ``key``, "" for what no question asked."""
    found = _NAME.fullmatch(key)
    return found[1] if found else ""


def declared(entry: Entry) -> dict[str, str]:
    """What an entry is to hold, by the name of the question in the wiki. Its title may be one of its values."""
    values = {f"bf_{field.replace('-', '_')}": plain(value) for field, value in entry.values}
    # a title is one line, and for the wiki a pattern, in which it puts values
    title = plain(values.get(TITLE) or entry.title).replace("{{", "{ {")
    values[TITLE] = " ".join(title.split()) or "-"
    return {name: value for name, value in values.items() if value}


def stored(data: Mapping[str, Any]) -> dict[str, str]:
    """What an entry of the wiki holds, in the same terms. Whose engagement's it is says the tool by itself."""
    found = {}
    for key, value in data.items():
        name = question(key)
        if name and name != ENGAGEMENT and isinstance(value, str | int | float) and plain(str(value)):
            found[name] = plain(str(value))
    return found


def fingerprint(values: Values) -> str:
    return sha256(json.dumps(sorted(values.items()), ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


def text_of(values: Values) -> str:
    """For people who compare."""
    return "".join(f"{name.removeprefix('bf_')} : {value}\n" for name, value in sorted(values.items()))


def plain(text: str) -> str:
    """A value as it is read, however often it was escaped on its way."""
    for _round in range(4):
        once = unescape(text)
        if once == text:
            break
        text = once
    return "\n".join(line.rstrip() for line in clean_lines(text).split("\n")).strip()


def files_of(data: Mapping[str, Any]) -> dict[str, str]:
    """Pictures and files that a person has put there, as they have to be sent again to be kept."""
    return {key: str(value) for key, value in data.items() if _FILES.fullmatch(key) and value}


def fields_for(values: Values, prepared: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What to send: under this wiki's own names, and such that words stay words."""
    by_name = {question(str(field.get("propertyname") or "")): field for field in prepared}
    sent = []
    for name, value in values.items():
        field = by_name.get(name, {})
        sent.append((str(field.get("propertyname") or name), _sent(name, value, field)))
    return sent


def _sent(name: str, value: str, field: Mapping[str, Any]) -> str:
    kind = str(field.get("type", ""))
    if kind in _CHOICES:
        options = field.get("options") or {}
        keys = set(map(str, options)) if isinstance(options, Mapping) else set(map(str, range(len(options))))
        for key in value.split(","):
            if key not in keys:
                raise Refused(
                    _("La question « {name} » n'offre pas la réponse « {value} ».").format(
                        name=name.removeprefix("bf_"), value=key[:80]
                    )
                )
        return value
    if kind == "jour" and not _DAY.fullmatch(value):
        raise Refused(_("« {value} » n'est pas une date (AAAA-MM-JJ).").format(value=value[:80]))
    if kind == "link" and (urlsplit(value).scheme not in _SCHEMES or re.search(r"[\s\"'<>]", value)):
        raise Refused(_("« {value} » n'est pas l'adresse d'une page web.").format(value=value[:80]))
    return value if kind in ("link", "jour") else escape(value, quote=False)
