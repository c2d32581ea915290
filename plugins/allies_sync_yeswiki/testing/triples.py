"""The wiki's table of facts: what a page is, its metadata, where an entry came from."""

from __future__ import annotations

from dataclasses import dataclass

from allies_sync_yeswiki.testing.names import fold

VOCABULARY = "http://outils-reseaux.org/_vocabulary"
TYPE = f"{VOCABULARY}/type"
METADATA = f"{VOCABULARY}/metadata"
SOURCE_URL = f"{VOCABULARY}/sourceUrl"
TAG = f"{VOCABULARY}/tag"
ENTRY, LIST = "fiche_bazar", "liste"


@dataclass
class Triple:
    id: int
    resource: str
    property: str
    value: str

    def as_json(self) -> dict[str, str]:
        return {"id": str(self.id), "resource": self.resource, "property": self.property, "value": self.value}


class Triples:
    def __init__(self) -> None:
        self._rows: dict[str, list[Triple]] = {}
        """By the key of what they are about."""
        self._next = 1

    def find(self, resource: str | None = None, property: str | None = None) -> list[Triple]:
        """In the order in which they were added."""
        if resource is not None:
            rows = self._rows.get(fold(resource), [])
        else:
            rows = sorted((row for rows in self._rows.values() for row in rows), key=lambda row: row.id)
        return [row for row in rows if property is None or row.property == property]

    def value(self, resource: str, property: str) -> str | None:
        return next((row.value for row in self.find(resource, property)), None)

    def add(self, resource: str, property: str, value: str) -> bool:
        """False when exactly that is there already."""
        if any(row.value == value for row in self.find(resource, property)):
            return False
        self._rows.setdefault(fold(resource), []).append(Triple(self._next, resource, property, value))
        self._next += 1
        return True

    def replace(self, resource: str, property: str, value: str) -> None:
        found = self.find(resource, property)
        if found:
            found[0].value = value
        else:
            self.add(resource, property, value)

    def remove(self, rows: list[Triple]) -> None:
        for row in rows:
            self._rows[fold(row.resource)].remove(row)
