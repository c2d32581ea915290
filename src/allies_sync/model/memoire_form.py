"""The commons' form as a wiki gets it from the tool, and a mémoire as an entry of it: declared here, once.

What a closed field says outside its vocabulary, and links that are no web address, stand in a question of their own,
one a line (``Nombre de participants : …``), so that a collective's lists stay clean and nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from allies_sync.model.base import is_url
from allies_sync.model.memoire import LINKS, SEVERAL, VOCABULARIES, Memoire, option_for
from allies_sync.model.resources import (
    Access,
    Entry,
    Field,
    FieldKind,
    Form,
    List_,
    Resource,
    Rights,
    Scope,
)

ROLE = "wiki"
FORM_ID = "form:memoires"
TITLE = "Mémoires d'action"
BETWEEN = ","
"""Stands between the keys of several options in one value of an entry."""

LABELS: Mapping[str, str] = {
    "title": "Titre",
    "nature": "Nature de l'action menée",
    "participants": "Nombre de participants",
    "duration": "Durée de l'action",
    "progress": "Niveau d'avancement de l'action",
    "success": "Degré de réussite de l'action",
    "years": "Année de mise en oeuvre",
    "description": "Description de l'action",
    "link_cahier_des_charges": (
        "Lien vers le cahier des charges initial ou résumé des besoins formalisés au démarrage"
    ),
    "link_proposition": "Lien vers la réponse au cahier des charges (s'il y a lieu)",
    "link_documentation": "Lien vers la documentation de l'expérience",
    "authors": "Auteur·trice(s) de la ressource",
    "licence": "Licence d'utilisation de la ressource",
    "contributors": "Contributeur·trice·s ayant vécu cette action",
    "pictures": "Images",
    "other": "Autres informations",
    "created": "Date de création",
    "updated": "Date de mise à jour",
    "tag": "Identifiant d'origine",
    "url": "Adresse d'origine",
}
"""What the fields are called, for people."""

_LIST_TITLES: Mapping[str, str] = {
    "nature": "Nature de l'action",
    "participants": "Nombre de participants",
    "duration": "Durée de l'action",
    "progress": "Niveau d'avancement",
    "success": "Degré de réussite",
    "years": "Année de mise en oeuvre",
    "licence": "Licence de la ressource",
}

FIELD_IDS: Mapping[str, str] = {
    "title": "titre",
    "nature": "nature",
    "participants": "participants",
    "duration": "duree",
    "progress": "avancement",
    "success": "reussite",
    "years": "annee",
    "description": "description",
    "link_cahier_des_charges": "lien_cahier",
    "link_proposition": "lien_reponse",
    "link_documentation": "lien_doc",
    "authors": "auteurs",
    "licence": "licence",
    "contributors": "contributeurs",
    "pictures": "images",
    "other": "autres",
    "tag": "origine",
    "url": "adresse_origine",
    "created": "cree_le",
    "updated": "mis_a_jour_le",
}
"""The questions of the form: by field of the mémoire, the id of the question."""

_KINDS: Mapping[str, FieldKind] = {
    "title": FieldKind.TEXT,
    "description": FieldKind.LONG_TEXT,
    "link_cahier_des_charges": FieldKind.LINK,
    "link_proposition": FieldKind.LINK,
    "link_documentation": FieldKind.LINK,
    "authors": FieldKind.TEXT,
    "contributors": FieldKind.TEXT,
    "pictures": FieldKind.LONG_TEXT,
    "other": FieldKind.LONG_TEXT,
    "tag": FieldKind.HIDDEN,
    "url": FieldKind.HIDDEN,
    "created": FieldKind.HIDDEN,
    "updated": FieldKind.HIDDEN,
}

_ACCESS = Access(Rights.PUBLIC, Rights.TEAM)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NAMED = re.compile(r"memoire(-[a-z0-9]+)*-[0-9a-f]{8}")


def list_id(name: str) -> str:
    """The id of the list behind a closed field."""
    return f"list:memoires-{FIELD_IDS[name]}"


def memoire_lists() -> tuple[List_, ...]:
    """The lists of the form, of scope collective."""
    return tuple(
        List_(
            id=list_id(name),
            role=ROLE,
            title=_LIST_TITLES[name],
            access=_ACCESS,
            scope=Scope.COLLECTIVE,
            name=f"memoires-{FIELD_IDS[name]}",
            options=options,
        )
        for name, options in VOCABULARIES.items()
    )


def memoire_form() -> Form:
    """The form, of scope collective: public to read, filled in by the team."""
    return Form(
        id=FORM_ID,
        role=ROLE,
        title=TITLE,
        access=_ACCESS,
        scope=Scope.COLLECTIVE,
        name="memoires",
        fields=tuple(_field(name) for name in FIELD_IDS),
        answers=Rights.PUBLIC,
        entry_title=TITLE,
    )


def memoire_resources(memoires: Sequence[Memoire] = ()) -> tuple[Resource, ...]:
    """Lists, form and an entry for each mémoire."""
    return (*memoire_lists(), memoire_form(), *map(memoire_entry, memoires))


def entry_name(tag: str) -> str:
    """The name of a mémoire's entry, from what identifies it where it comes from.

    An engagement's slug stays as it is. A wiki's tag, whose capitals count for nothing, gets a mark of the whole
    tag, so that no two tags come to the same name. Such a name is its own: pages show it where the tag is hidden.
    """
    if len(tag) <= 90 and _NAMED.fullmatch(tag):
        return tag
    if len(tag) <= 80 and _SLUG.fullmatch(tag):
        return f"memoire-{tag}"
    words = "-".join(re.findall(r"[a-z0-9]+", _CAMEL.sub("-", tag).lower()))[:60].strip("-")
    digest = sha256(tag.lower().encode("utf-8", "replace")).hexdigest()[:8]
    return "-".join(filter(None, ("memoire", words, digest)))


def entry_id(tag: str) -> str:
    """The id of a mémoire's entry."""
    return f"entry:{entry_name(tag)}"


def memoire_entry(memoire: Memoire) -> Entry:
    """A mémoire as an entry that the tool owns. It has to have a ``tag``: a wiki's, or an engagement's slug."""
    if not memoire.tag:
        raise ValueError("a mémoire without a tag cannot be found again")
    return Entry(
        id=entry_id(memoire.tag),
        role=ROLE,
        title=memoire.title,
        access=_ACCESS,
        scope=Scope.COLLECTIVE,
        name=entry_name(memoire.tag),
        form=FORM_ID,
        values=tuple((key, value) for key, value in entry_values(memoire).items() if value),
    )


def entry_values(memoire: Memoire) -> dict[str, str]:
    """By question, what an entry says: keys of options for closed fields, text for the others."""
    values: dict[str, str] = {}
    for name, question in FIELD_IDS.items():
        if name in VOCABULARIES:
            options = [option for label in memoire.values(name) if (option := option_for(name, label))]
            values[question] = BETWEEN.join(option.key for option in options)
        elif name == "other":
            values[question] = _other_lines(memoire)
        elif name in ("created", "updated"):
            moment: datetime | None = getattr(memoire, name)
            values[question] = moment.isoformat() if moment else ""
        elif name in LINKS:
            values[question] = "" if _no_link(memoire, name) else "\n".join(memoire.values(name))
        else:
            values[question] = "\n".join(memoire.values(name))
    return values


def memoire_of_values(values: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What an entry of this form says, as the fields of a mémoire (labels for closed fields).

    Values are text, or the keys or labels of options. Raises nothing: the result is still to be validated.
    """
    found: dict[str, Any] = {}
    for name, question in FIELD_IDS.items():
        texts = [text for text in values.get(question, ()) if text]
        if name in VOCABULARIES:
            keys = {option.key: option.label for option in VOCABULARIES[name]}
            labels = [keys.get(text, text) for text in texts]
            found[name] = labels if name in SEVERAL else next(iter(labels), None)
        elif name == "pictures":
            found[name] = [line for text in texts for line in text.splitlines()]
        elif name != "other":
            found[name] = "\n".join(texts) or ("" if name in ("tag", "title", "url") else None)
    read_other("\n".join(values.get(FIELD_IDS["other"], ())), found)
    return found


def _field(name: str) -> Field:
    closed = name in VOCABULARIES
    several = FieldKind.CHOICES if name in SEVERAL else FieldKind.CHOICE
    return Field(
        id=FIELD_IDS[name],
        kind=several if closed else _KINDS[name],
        label=LABELS[name],
        required=name == "title",
        options_from=list_id(name) if closed else None,
    )


def _other_lines(memoire: Memoire) -> str:
    """What has no place among the options, and what has no field: a line each, the label first."""
    said = [f"{LABELS[it.field]} : {it.value}" for it in memoire.outside()]
    said += [f"{LABELS[name]} : {getattr(memoire, name)}" for name in LINKS if _no_link(memoire, name)]
    said += [f"{it.label} : {' '.join(it.value.split())}" for it in memoire.other]
    return "\n".join(said)


def _no_link(memoire: Memoire, name: str) -> bool:
    """Whether something stands where a web address should: servers refuse it in a question for links."""
    return any(not is_url(value) for value in memoire.values(name))


def read_other(text: str, found: dict[str, Any]) -> None:
    """Undoes :func:`_other_lines`: adds what the lines say to the fields of a mémoire."""
    names = {label: name for name, label in LABELS.items() if name in VOCABULARIES or name in LINKS}
    rest = []
    for line in text.splitlines():
        label, colon, value = line.partition(" : ")
        name = names.get(label.strip())
        if name and name in SEVERAL:
            found[name] = [*found[name], value.strip()]
        elif name and not found.get(name):
            found[name] = value.strip()
        elif line.strip():
            rest.append({"label": label.strip() if colon else LABELS["other"], "value": value if colon else line})
    found["other"] = rest
