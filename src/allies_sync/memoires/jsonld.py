"""A mémoire d'action as JSON-LD, with the terms of schema.org."""

from __future__ import annotations

from typing import Any

from allies_sync.model.memoire import Memoire
from allies_sync.model.memoire_form import LABELS

CONTEXT = "https://schema.org"
_DOCUMENTS = ("link_cahier_des_charges", "link_proposition", "link_documentation")
_PROPERTIES = ("nature", "participants", "duration", "progress", "success")


def memoire_jsonld(memoire: Memoire) -> dict[str, Any]:
    """The mémoire as one JSON-LD object: a creative work about an action, with its documents as parts.

    What schema.org has no term for is a ``PropertyValue`` under the key of the field and its label in the form.
    """
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "CreativeWork",
        "additionalType": "https://schema.org/Action",
        "identifier": memoire.tag,
        "name": memoire.title,
        "inLanguage": "fr",
        "url": memoire.url,
        "description": memoire.description,
        "author": memoire.authors,
        "contributor": memoire.contributors,
        "license": memoire.licence,
        "temporalCoverage": "/".join(dict.fromkeys((memoire.years[0], memoire.years[-1]))) if memoire.years else "",
        "dateCreated": memoire.created.isoformat() if memoire.created else "",
        "dateModified": memoire.updated.isoformat() if memoire.updated else "",
        "image": list(memoire.pictures),
        "hasPart": [
            {"@type": "DigitalDocument", "name": LABELS[name], "url": link, "identifier": name}
            for name in _DOCUMENTS
            if (link := getattr(memoire, name))
        ],
        "additionalProperty": [
            {"@type": "PropertyValue", "propertyID": name, "name": LABELS[name], "value": value}
            for name in _PROPERTIES
            for value in memoire.values(name)
        ]
        + [{"@type": "PropertyValue", "name": other.label, "value": other.value} for other in memoire.other],
    }
    return {key: value for key, value in found.items() if value}
