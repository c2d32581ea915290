"""Resources to try a platform with, and what they need around them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from allies_sync.model.resources import (
    KINDS,
    Access,
    Document,
    Entry,
    Field,
    FieldKind,
    Folder,
    Form,
    List_,
    Option,
    Page,
    Resource,
    Rights,
    Share,
    references,
)
from allies_sync.platforms.interface import Features

OPEN = Access(Rights.PARTICIPANTS, Rights.TEAM)
EDITED = ("document", "page")
"""The kinds whose text people change by hand."""

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '{{bazar id="1"}} {% include "x" %} ${7*7}',
    '""<b>gras</b>"" *** [[Page lien]] ==titre==',
    "[x](javascript:alert(1)) ![y](http://example.org/z)",
    "'; DROP TABLE things; --",
    '=HYPERLINK("http://example.org") %00 %2e%2e%2f ..\\..\\x',
    "&amp; &lt;b&gt; \u202etxt.exe 💥 L\u2019e\u0301te\u0301",
)
"""Typed words that are code somewhere. They must stay words."""


def letters(text: str) -> str:
    """What is left of a text when all markup and escaping is taken for nothing: to see that words are there."""
    return "".join(it for it in unicodedata.normalize("NFC", text) if it.isalnum())


def soon(days: int) -> date:
    """A day that no server takes for past."""
    return datetime.now(UTC).date() + timedelta(days=days)


class Samples:
    """Makes resources that a platform claims to hold, in one role."""

    def __init__(self, features: Features, role: str) -> None:
        self.features = features
        self.role = role

    def has(self, kind: str) -> bool:
        return kind in self.features.kinds

    def of(
        self, kind: str, name: str = "essai", words: str = "Bonjour à tou·te·s", access: Access = OPEN
    ) -> Resource:
        """A resource of the kind, or a skipped test when the platform holds none. The same for the same arguments."""
        if not self.has(kind):
            pytest.skip(f"the platform does not hold a {kind}")
        title = f"Un {name}"
        id = f"{kind}:{name}"
        role = self.role
        if kind == "folder":
            return Folder(id=id, role=role, title=title, access=access, name=name.capitalize())
        if kind == "document":
            folder = "folder:classeur" if self.has("folder") else None
            return Document(
                id=id,
                role=role,
                title=title,
                access=access,
                name=f"{name.capitalize()}.md",
                folder=folder,
                body=(self.markdown(title, words),),
            )
        if kind == "page":
            body = (self.markdown(title, words),)
            return Page(id=id, role=role, title=title, access=access, name=name, body=body)
        if kind == "share":
            shared = ("folder:classeur", "document:cible", "page:cible")
            target = next(it for it in shared if self.has(it.partition(":")[0]))
            expires = soon(20) if self.features.expiry else None
            return Share(id=id, role=role, title=title, access=access, target=target, expires=expires)
        if kind == "list":
            options = (Option("a", "Première"), Option("b", words))
            return List_(id=id, role=role, title=title, access=access, name=name, options=options)
        if kind == "form":
            return Form(
                id=id,
                role=role,
                title=title,
                access=access,
                name=name,
                fields=self.fields(),
                notice=(f"Vos réponses sont lues par l'équipe. {words}",),
                entry_title="Une réponse",
            )
        values = (("attente", words), ("avis", "oui"))
        return Entry(id=id, role=role, title=title, access=access, name=name, form="form:fiche", values=values)

    def markdown(self, title: str, words: str) -> str:
        return f"# {title}\n\n{words}\n\n- un point\n- un autre, en **gras**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"

    def fields(self) -> tuple[Field, ...]:
        answers = (Option("oui", "Oui"), Option("non", "Non"))
        return (
            Field(id="attente", kind=FieldKind.LONG_TEXT, label="Qu'attendez-vous ?", required=True),
            Field(id="avis", kind=FieldKind.CHOICE, label="Viendrez-vous ?", options=answers),
            Field(id="courriel", kind=FieldKind.EMAIL, label="Votre adresse", personal=True),
        )

    def changed(self, resource: Resource, words: str = "D'autres mots, plus récents") -> Resource | None:
        """The same resource with another content, or None when it has none that could change."""
        if isinstance(resource, Document | Page):
            return replace(resource, body=(self.markdown(resource.title, words),))
        if isinstance(resource, Form):
            more = Field(id="suite", kind=FieldKind.TEXT, label=words)
            return replace(resource, fields=(*resource.fields, more))
        if isinstance(resource, List_):
            return replace(resource, options=(*resource.options, Option("c", words)))
        if isinstance(resource, Entry):
            return replace(resource, values=(("attente", words), ("avis", "non")))
        if isinstance(resource, Share) and self.features.expiry:
            return replace(resource, expires=soon(40))
        return None

    def needs(self, resources: Iterable[Resource]) -> list[Resource]:
        """What has to exist before these, in order."""
        wanted: dict[str, Resource] = {}
        named = {resource.id for resource in resources}
        for resource in resources:
            for key in sorted(references(resource)):
                kind, _, name = key.partition(":")
                if key not in named and kind in KINDS and self.has(kind):
                    needed = self.of(kind, name)
                    wanted |= {it.id: it for it in self.needs([needed])}
                    wanted[key] = needed
        return list(wanted.values())

    def one_of_each(self, name: str = "essai") -> list[Resource]:
        """One resource of every kind that the platform holds, with what they need, containers first."""
        order = ("folder", "document", "page", "list", "form", "share", "entry")
        resources = [self.of(kind, name) for kind in order if self.has(kind)]
        return [*self.needs(resources), *resources]
