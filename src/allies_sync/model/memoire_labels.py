"""Which field of a mémoire a question means, by what it is called: every wiki names its questions otherwise."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from allies_sync.model.memoire import LINKS
from allies_sync.model.memoire_form import LABELS

TELLING = frozenset({"nature", "participants", "duration", "progress", "success", "years", *LINKS})
"""Fields that hardly any other form has: a record that says something under one of them is a mémoire."""

_CAMEL = re.compile(r"(?<=[a-zà-ÿ0-9])(?=[A-Z])")
_LINK = r"(lien|liens|url|adresse|link)"

# In order: the first that fits. « Lien vers la réponse au cahier des charges » names two of the three documents.
_RULES: tuple[tuple[str, str], ...] = (
    (rf"\b{_LINK}\b.*\b(reponse|proposition|offre)\b", "link_proposition"),
    (r"\b(reponse|proposition) (au|aux|a la demande|faite|d intervention)\b", "link_proposition"),
    (r"\bcahiers? des charges\b|\blien cahier\b|\breformulation de la demande\b", "link_cahier_des_charges"),
    (rf"\b{_LINK}\b.*\b(demande initiale|besoins?|commande)\b", "link_cahier_des_charges"),
    (rf"\b{_LINK}\b.*\b(documentation|doc|deroule)\b", "link_documentation"),
    (r"^documentation\b", "link_documentation"),
    (r"\bnature\b.*\baction\b|^nature$|^type d action\b", "nature"),
    (r"\b(nombre|effectif)\b.*\b(participant[a-z]*|personnes)\b|^participant[a-z]*$", "participants"),
    (r"^duree\b", "duration"),
    (r"\bavancement\b", "progress"),
    (r"\breussite\b", "success"),
    (r"^annee(s|\(s\))?\b", "years"),
    (r"^description\b|^resume de l action\b|^presentation de l action\b", "description"),
    (r"^(auteur|autrice)[a-z]*\b", "authors"),
    (r"^licences?\b", "licence"),
    (r"^contribut(eur|rice)[a-z]*\b", "contributors"),
    (r"^(image|images|photo|photos|illustration|illustrations|visuel)\b", "pictures"),
    (r"^(titre|nom de l action)\b", "title"),
)
_COMPILED = tuple((re.compile(pattern), name) for pattern, name in _RULES)
_ENDINGS = re.compile(r"(?<=[a-z])[.·•‧\-/(](e|es|s|trice|trices|rice|rices)\)?(?=[.·•‧\-/(]|\W|$)")


def plain_label(label: str) -> str:
    """A label in small letters, without accents, inclusive endings joined: ``auteurtrices de la ressource``."""
    text = _CAMEL.sub(" ", label.replace("_", " "))
    letters = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("’", "'").casefold())
    text = "".join(char for char in letters if not unicodedata.combining(char))
    for _ending in range(3):
        text = _ENDINGS.sub(r"\1", text)
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text).split())


_EXACT = {plain_label(label): name for name, label in LABELS.items()}


@lru_cache(maxsize=4_096)
def place(label: str) -> str | None:
    """The field that a label means, or None when it is none of the form's."""
    text = plain_label(label[:300])
    if text in _EXACT:
        return _EXACT[text]
    return next((name for pattern, name in _COMPILED if pattern.search(text)), None)


def tells_a_memoire(labels: Iterable[str]) -> bool:
    """Whether the questions of a form are those of mémoires: at least three that hardly any other form has."""
    return len({place(label) for label in labels} & TELLING) >= 3
