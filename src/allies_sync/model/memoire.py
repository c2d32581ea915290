"""The mémoire d'action: the public record of a finished action, with the fields of the commons' own form.

Values of closed fields are *labels*, as people read them: a mémoire comes from many wikis, each with keys of its
own. What is outside the vocabularies below is kept, and said by :meth:`Memoire.outside`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from allies_sync.model.base import Data, clean_line, clean_text, is_url
from allies_sync.model.lifecycle import Progress
from allies_sync.model.resources import Option

LONGEST_DESCRIPTION = 60_000


def _no_emptiness(value: Any) -> Any:
    value = clean_line(value)
    return None if value == "" else value


def _no_empty_text(value: Any) -> Any:
    value = clean_text(value)
    return None if value == "" else value


def _distinct(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(dict.fromkeys(item for item in map(clean_line, value) if item != ""))
    return value


Words = Annotated[str, StringConstraints(strict=True, max_length=2_000), BeforeValidator(clean_line)]
"""One line as somebody typed it."""
Maybe = Annotated[
    Annotated[str, StringConstraints(strict=True, max_length=2_000)] | None, BeforeValidator(_no_emptiness)
]
"""One line, or None when nothing was said."""
Prose = Annotated[
    Annotated[str, StringConstraints(strict=True, max_length=LONGEST_DESCRIPTION)] | None,
    BeforeValidator(_no_empty_text),
]
"""Paragraphs, or None. Typed words, never Markdown or HTML."""
Labels = Annotated[tuple[Words, ...], Field(max_length=100), BeforeValidator(_distinct)]
"""Several values of a closed field, by their labels; each once."""


# --- vocabularies -----------------------------------------------------------------------------------------


def _options(labels: Mapping[str, str]) -> tuple[Option, ...]:
    return tuple(Option(key, label) for key, label in labels.items())


VOCABULARIES: Mapping[str, tuple[Option, ...]] = {
    "nature": _options(
        {
            "accompagnement": "Accompagnement",
            "formation": "Formation",
            "temps-collectif": "Animation d'un temps collectif",
            "education-populaire": "Education populaire",
            "conference": "Conférence",
            "espace-public": "Animation espace public",
        }
    ),
    "participants": _options(
        {
            "moins-de-6": "Moins de 6 personnes",
            "6-a-15": "De 6 à 15 personnes",
            "16-a-30": "De 16 à 30 personnes",
            "plus-de-30": "Plus de 30 personnes",
        }
    ),
    "duration": _options(
        {
            "demi-journee": "Une demi-journée",
            "journee": "Une journée",
            "deux-trois-jours": "Entre deux et trois jours au total",
            "semaine": "Une semaine au total",
            "plus-d-une-semaine": "Plus d'une semaine au total",
        }
    ),
    "progress": _options(
        {"en-cours": Progress.RUNNING, "terminee": Progress.FINISHED, "annulee": Progress.CANCELLED}
    ),
    "success": _options(
        {
            "belle-reussite": "C'est une belle réussite, à refaire à la première occasion !",
            "encourageant": "Résultats encourageants, quelques petites choses à améliorer.",
            "desastre": "C'est un vrai désastre, à ne reproduire sous aucun prétexte . . .",
            "pas-concerne": "Pas concerné par ce champs",
        }
    ),
    "years": _options({str(year): str(year) for year in range(2010, 2036)}),
    "licence": _options(
        {
            "cc-by-sa": "CC BY SA",
            "cc-by": "CC BY",
            "cc-0": "CC 0",
            "cc-by-nc-sa": "CC BY NC SA",
            "non-libre": "Licence non-libre",
        }
    ),
}
"""The possible answers of each closed field, in the form's order. Only ever added to."""

SEVERAL = ("nature", "participants", "duration", "years")
"""Closed fields that may hold several values."""

ON_DISK = "file:///"
LINKS = ("link_cahier_des_charges", "link_proposition", "link_documentation")
"""The three documents that make a mémoire complete."""


def same_words(text: str) -> str:
    """The key under which two spellings of one label are the same: without accents, case and punctuation."""
    letters = "".join(
        char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char)
    )
    return "".join(re.findall(r"[^\W_]+", letters.replace("œ", "oe")))


_LONGEST_LABEL = 300
_VERSION = re.compile(r"\b[1-4]\.0\b")
_KNOWN = {name: {same_words(option.label): option for option in options} for name, options in VOCABULARIES.items()}


def option_for(name: str, label: str) -> Option | None:
    """The option of a closed field that a label means, however it is spelt; None outside the vocabulary.

    A licence is the same in all its versions.
    """
    if len(label) > _LONGEST_LABEL:
        return None
    if name == "licence":
        label = _VERSION.sub("", label)
    return _KNOWN[name].get(same_words(label))


def option_label(name: str, key: str) -> str:
    """The label of an option's key. Raises KeyError."""
    return {option.key: option.label for option in VOCABULARIES[name]}[key]


def participants_label(count: int) -> str:
    """The bracket that a number of people falls into."""
    for most, key in ((5, "moins-de-6"), (15, "6-a-15"), (30, "16-a-30")):
        if count <= most:
            return option_label("participants", key)
    return option_label("participants", "plus-de-30")


def duration_label(days: float) -> str:
    """The bracket of a total length in days of work; half a day is 0.5."""
    for most, key in ((0.5, "demi-journee"), (1, "journee"), (3, "deux-trois-jours"), (5, "semaine")):
        if days <= most:
            return option_label("duration", key)
    return option_label("duration", "plus-d-une-semaine")


# --- the mémoire ------------------------------------------------------------------------------------------


class Other(Data):
    """A value under a label that is none of the form's: kept as it was found."""

    label: Words
    value: Annotated[str, StringConstraints(strict=True, max_length=LONGEST_DESCRIPTION), BeforeValidator(clean_text)]


@dataclass(frozen=True, slots=True)
class Outside:
    """A value that the vocabulary of its field does not have."""

    field: str
    value: str


class Memoire(Data):
    """One mémoire d'action.

    ``tag`` is what identifies it where it comes from, "" for a new one; ``url`` the page it was read from.
    ``created`` and ``updated`` are that wiki's own clock, mostly without a time zone. ``pictures`` are addresses.
    """

    tag: Words = ""
    title: Words
    nature: Labels = ()
    participants: Labels = ()
    duration: Labels = ()
    progress: Maybe = None
    success: Maybe = None
    years: Labels = ()
    description: Prose = None
    link_cahier_des_charges: Maybe = None
    link_proposition: Maybe = None
    link_documentation: Maybe = None
    authors: Maybe = None
    licence: Maybe = None
    contributors: Maybe = None
    pictures: Labels = ()
    created: datetime | None = None
    updated: datetime | None = None
    url: Words = ""
    other: Annotated[tuple[Other, ...], Field(max_length=200)] = ()

    @property
    def links(self) -> Mapping[str, str]:
        """The links of the three documents that are addresses, by field: of the web, or of a disk that is shared."""
        found = {name: getattr(self, name) for name in LINKS}
        return {name: link for name, link in found.items() if link and (is_url(link) or link.startswith(ON_DISK))}

    @property
    def complete(self) -> bool:
        """Whether all three documents are linked."""
        return len(self.links) == len(LINKS)

    def values(self, name: str) -> tuple[str, ...]:
        """What a field holds, as a tuple: empty when nothing was said."""
        found = getattr(self, name)
        if isinstance(found, tuple):
            return found
        return (found,) if found else ()

    def outside(self) -> tuple[Outside, ...]:
        """Values that are in no vocabulary."""
        return tuple(
            Outside(name, value)
            for name in VOCABULARIES
            for value in self.values(name)
            if option_for(name, value) is None
        )

    def to_json(self, *, everything: bool = False) -> dict[str, Any]:
        """The mémoire as plain data, with the keys in which the commons is exchanged; with ``everything``, also
        pictures, dates, where it was read and what has no field of its own."""
        data = self.model_dump(mode="json")
        return data if everything else {name: data[name] for name in KEYS}


KEYS = tuple(Memoire.model_fields)[: tuple(Memoire.model_fields).index("pictures")]
"""The keys in which mémoires are exchanged, in order: ``tag`` to ``contributors``."""


def gaps(memoire: Memoire) -> Iterator[str]:
    """The fields that say nothing, in the form's order."""
    for name in KEYS[1:]:
        if name != "contributors" and not memoire.values(name):
            yield name


def complete_share(memoires: Iterable[Memoire]) -> tuple[int, int, int]:
    """How many there are, how many link all three documents, how many none."""
    count = complete = bare = 0
    for memoire in memoires:
        count += 1
        complete += memoire.complete
        bare += not memoire.links
    return count, complete, bare
