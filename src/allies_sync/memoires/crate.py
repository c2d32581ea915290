"""``ro-crate-metadata.json``: the package for open-science tools (RO-Crate 1.1, JSON-LD with schema.org terms)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from allies_sync.memoires.manifest import InBag

CRATE = "ro-crate-metadata.json"


@dataclass(frozen=True, slots=True)
class Work:
    """What is archived, for people: ``licence`` is an address, ``authors`` names as they are published."""

    title: str
    description: str
    licence: str
    licence_name: str
    organisation: str
    published: date
    language: str = "fr"
    authors: Sequence[str] = ()
    keywords: Sequence[str] = ()


def crate_bytes(work: Work, files: Iterable[tuple[InBag, str]]) -> bytes:
    """The metadata of a crate that holds these files, each with its title. The same bytes for the same files."""
    from rocrate.model import ContextEntity
    from rocrate.rocrate import ROCrate

    crate = ROCrate()
    root: Any = crate.root_dataset
    crate.name = work.title
    crate.description = work.description or work.title
    crate.datePublished = work.published.isoformat()
    root["inLanguage"] = work.language
    licence = ContextEntity(crate, work.licence, properties={"@type": "CreativeWork", "name": work.licence_name})
    crate.add(licence)
    root["license"] = licence
    if work.keywords:
        root["keywords"] = ", ".join(work.keywords)
    if work.organisation:
        publisher = ContextEntity(
            crate, "#collectif", properties={"@type": "Organization", "name": work.organisation}
        )
        crate.add(publisher)
        root["publisher"] = publisher
    authors = [
        ContextEntity(crate, f"#auteur-{number}", properties={"@type": "Person", "name": name})
        for number, name in enumerate(work.authors, 1)
    ]
    crate.add(*authors)
    if authors:
        root["author"] = authors
    for file, title in files:
        facts = {
            "name": title or file.path.rpartition("/")[2],
            "contentSize": str(file.size),
            "encodingFormat": file.media_type,
            "sha256": file.sha256,
        }
        crate.add_file(dest_path=file.path, properties=facts)
    data = crate.metadata.generate()
    return (json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
