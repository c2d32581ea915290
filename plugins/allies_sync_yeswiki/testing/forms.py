"""Forms: their templates, line by line, and what ``prepared`` makes of each line in both dialects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from allies_sync_yeswiki.testing.entry_table import entries_of_form
from allies_sync_yeswiki.testing.lists import options_of_list
from allies_sync_yeswiki.testing.state import WikiState
from allies_sync_yeswiki.testing.triples import TAG

COLUMNS = (
    "bn_id_nature",
    "bn_label_nature",
    "bn_description",
    "bn_condition",
    "bn_sem_context",
    "bn_sem_type",
    "bn_sem_use_template",
    "bn_template",
    "bn_ce_i18n",
    "bn_only_one_entry",
    "bn_only_one_entry_message",
)
ENUMS = ("liste", "radio", "checkbox")
ENTRY_ENUMS = ("listefiche", "radiofiche", "checkboxfiche")
_WITHOUT_NAME = ("labelhtml", "acls", "metadatas", "conditionschecking", "listefichesliees", "tabs", "tabchange")
_MOST = 16


@lru_cache(maxsize=256)
def parse_template(template: str) -> list[list[str]]:
    """The parts of every line. The same lists each time: nobody changes them."""
    lines = (line.strip() for line in template.split("\n"))
    fields = [[part.strip() for part in line.split("***")] for line in lines if line and not line.startswith("#")]
    return [field + [""] * (_MOST - len(field)) for field in fields if len(field) >= 3]


@dataclass(frozen=True)
class Field:
    """One line of a template, by what it is for."""

    parts: list[str]
    dev: bool

    @property
    def kind(self) -> str:
        return self.parts[0]

    @property
    def name(self) -> str:
        """How the template names it: at another place for choices."""
        if self.kind in ENUMS + ENTRY_ENUMS or (self.kind == "tags" and self.dev):
            return self.parts[6]
        return self.parts[1]

    @property
    def key(self) -> str:
        """Its name in entries; empty for lines that hold no value."""
        kind = self.kind
        if kind in ENUMS + ENTRY_ENUMS:
            return self.name if self.dev else kind + self.parts[1] + self.name
        special = {"titre": "bf_titre", "map": "geolocation", "carte_google": "geolocation"}
        if kind in special:
            return special[kind]
        if kind in ("image", "fichier"):
            return kind + self.name
        if kind in _WITHOUT_NAME:
            return ""
        return self.name

    @property
    def label(self) -> str:
        return self.parts[2]

    @property
    def read_acl(self) -> str:
        """Empty: nobody is kept out."""
        return "%" if self.kind == "mot_de_passe" else self.parts[11]

    @property
    def write_acl(self) -> str:
        return self.parts[12] or ("*" if self.kind == "mot_de_passe" else "")

    @property
    def is_checkbox(self) -> bool:
        return self.kind in ("checkbox", "checkboxfiche")

    @property
    def is_enum(self) -> bool:
        return self.kind in ENUMS + ENTRY_ENUMS


def fields_of(state: WikiState, form: dict[str, str] | None) -> list[Field]:
    if form is None:
        return []
    return [Field(parts, state.is_dev) for parts in parse_template(form["bn_template"])]


def options_of(state: WikiState, field: Field) -> dict[str, str]:
    """The choices of a field, by their keys."""
    if field.kind in ENUMS:
        return options_of_list(state, field.parts[1])
    if field.kind in ENTRY_ENUMS:
        titles = [(str(data.get("bf_titre", "")), page.tag) for page, data in entries_of_form(state, field.parts[1])]
        return {tag: title for title, tag in sorted(titles)}
    if field.kind == "tags":
        return {row.value: row.value for row in sorted(state.triples.find(property=TAG), key=lambda row: row.value)}
    return {}


def form_as_json(state: WikiState, form: dict[str, str]) -> dict[str, Any]:
    """What ``api/forms/N`` answers."""
    columns: dict[str, Any] = {name: form.get(name, "") for name in COLUMNS}
    columns["template"] = parse_template(form["bn_template"])
    columns["prepared"] = [_prepared(state, field) for field in fields_of(state, form)]
    return columns


def _prepared(state: WikiState, field: Field) -> dict[str, Any]:
    bare = _BARE.get(field.kind)
    if bare is not None:
        return bare(field)
    parts, kind = field.parts, field.kind
    known: dict[str, Any] = {
        "id": None if kind in _WITHOUT_NAME else field.key,
        "propertyname": None if kind in _WITHOUT_NAME else field.key,
        "label": "geolocation" if kind == "map" else field.label or field.parts[7],
        "name": field.name,
        "type": _TYPES.get(kind, kind),
        "default": parts[5],
        "searchable": parts[9],
        "required": parts[8] == "1",
        "helper": parts[10],
        "read_acl": field.read_acl,
        "write_acl": field.write_acl,
        "sem_type": parts[14],
    }
    more = _MORE.get(kind)
    if more is not None:
        known.update(more(field))
    if field.is_enum or kind == "tags":
        known |= {"linkedObjectName": parts[1], "queries": parts[15], "options": options_of(state, field) or []}
    return known


_TYPES = {
    "texte": "text",
    "champs_mail": "email",
    "lien_internet": "link",
    "mot_de_passe": "password",
    "carte_google": "map",
}


def _text(field: Field) -> dict[str, Any]:
    subtype = field.parts[7] or "text"
    size: Any = int(field.parts[3] or 0) if subtype == "range" else field.parts[3]
    return {"type": subtype, "maxChars": field.parts[4], "size": size, "subType": subtype, "pattern": field.parts[6]}


def _mail(field: Field) -> dict[str, Any]:
    seen_by = field.parts[4] or "@admins"
    return {"sendMail": field.parts[9] == "1", "showContactForm": field.parts[6] == "form", "seeEmailAcls": seen_by}


def _image(field: Field) -> dict[str, Any]:
    parts = field.parts
    return {
        "default": parts[13] or None,
        "authorizedExts": [],
        "thumbnailHeight": parts[3],
        "thumbnailWidth": parts[4],
        "imageHeight": parts[5],
        "imageWidth": parts[6],
        "imageClass": parts[7],
    }


def _map(field: Field) -> dict[str, Any]:
    code, town = field.parts[4], field.parts[5]
    return {
        "latitudeField": field.parts[1],
        "longitudeField": field.parts[2],
        "autocomplete": f"{code},{town}" if code and town else None,
        "geolocate": 0,
        "autocompleteFieldnames": {
            "postalCode": code or "bf_code_postal",
            "town": town or "bf_ville",
            "street": "bf_adresse",
            "street1": "bf_adresse1",
            "street2": "bf_adresse2",
            "county": "",
            "state": "bf_pays",
        },
    }


def _acls(field: Field) -> dict[str, Any]:
    return {
        "type": "acls",
        "entryReadRight": field.parts[1] or "*",
        "entryWriteRight": field.parts[2],
        "entryCommentRight": field.parts[3],
        "name": None,
        "id": None,
        "propertyName": None,
        "label": "Activer les commentaires sur cette fiche ?",
        "hint": "Droits mis à jour lors de l'enregistrement de la fiche",
        "default": "",
        "askIfActivateComments": False,
    }


def _condition(field: Field) -> dict[str, Any]:
    kept = field.parts[2] == "noclean"
    attribute = ' data-noclean="true"' if kept else ""
    return {
        "type": "conditionschecking",
        "viewtext": "",
        "formtext": f'\n<div data-conditionschecking="{field.parts[1]}"{attribute} style="display:none;">',
        "condition": field.parts[1],
        "option": {"noclean": kept},
    }


def _metadata(field: Field) -> dict[str, Any]:
    parts = field.parts
    return {
        "type": "metadatas",
        "theme": parts[1],
        "style": parts[3],
        "template": parts[2],
        "bgImage": parts[4],
        "favorite_preset": parts[5] or None,
    }


_LINK = {"displayVideo": False, "ratio": "", "maxWidth": 0, "maxHeight": 0}
_BARE: dict[str, Callable[[Field], dict[str, Any]]] = {
    "labelhtml": lambda field: {"type": "labelhtml", "viewtext": field.parts[3], "formtext": field.parts[1]},
    "champs_cache": lambda field: {"type": "hidden", "default": field.parts[5]},
    "acls": _acls,
    "conditionschecking": _condition,
    "metadatas": _metadata,
}
_MORE: dict[str, Callable[[Field], dict[str, Any]]] = {
    "texte": _text,
    "champs_mail": _mail,
    "image": _image,
    "map": _map,
    "fichier": lambda field: {"readLabel": field.parts[6] or "Fichier : {filename}", "authorizedExts": []},
    "lien_internet": lambda field: {**_LINK, "class": field.parts[7]} if field.dev else {},
    "calc": lambda field: {"default": "", "calcFormula": field.parts[5], "displayText": field.parts[4]},
    "listefichesliees": lambda field: {
        "query": field.parts[2],
        "limit": field.parts[4],
        "linkType": field.parts[6],
        "template": field.parts[5],
        "otherParams": "",
    },
}
