"""A questionnaire and hostile answers to it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from allies_sync.model.resources import Field, FieldKind, Form, Option
from allies_sync.platforms.interface import Answer

OPTIONS = (Option("jamais", "Jamais"), Option("parfois", "Parfois"), Option("souvent", "Souvent"))
FORM = Form(
    id="form:amont",
    role="wiki",
    title="Avant la rencontre",
    name="amont",
    moment="amont",
    fields=(
        Field(id="attentes", kind=FieldKind.LONG_TEXT, label="Vos attentes ?"),
        Field(id="experience", kind=FieldKind.SCALE, label="Déjà coopéré ?", options=OPTIONS),
        Field(id="modules", kind=FieldKind.CHOICES, label="Quoi explorer ?", options_from="list:modules"),
        Field(id="note", kind=FieldKind.NUMBER, label="Une note"),
        Field(id="prenom", kind=FieldKind.TEXT, label="Prénom", personal=True),
        Field(id="courriel", kind=FieldKind.EMAIL, label="Courriel"),
    ),
)
LISTS = {"list:modules": (Option("a", "Animer"), Option("n", "Numérique"))}
START = datetime(2027, 3, 1, 9, tzinfo=UTC)
SECRET = "zoe.secrete@exemple.org"

HOSTILE = (
    "<script>alert(1)</script>",
    '{{bazar id="1"}} {% include "x" %} {{ 7*7 }}',
    '""<b>gras</b>""',
    "#eval(1) $x$ @ref *gras* _it_ [x](javascript:alert(1))",
    '=HYPERLINK("http://mal.example";"cliquez")',
    "+cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r\n=1+1",
    "  =1+1",
    "\uff1d1+1",
    "|calc",
    "%0A=1",
    "\x1b[31mrouge\x1b[0m\x1b]0;titre\x07",
    "\x9b31mC1\x9d0;titre\x9c",
    "gauche \u202ednob\u202c droite \u2066x\u2069 \u200fy",
    "z" + "\u0300\u0301\u0302\u0303\u0304\u0316\u0317" * 40 + "algo",
    "avant\x00après",
    "\ud800 seul",
    "\ue000 privé \ufeff",
    "a;b,c\t\"d\"\n'e'",
    "oui\nContinuer ? [o/N] o\n\nEspace supprimé.",
    "Un mot après l'autre. " * 50_000,
)
"""What participants may send: code of all kinds, signs that terminals obey, and a text of more than a megabyte."""


def answer(number: int, **values: str | tuple[str, ...]) -> Answer:
    return Answer(f"R{number:04}", values, START + timedelta(minutes=number))


def hostile_answers() -> list[Answer]:
    return [
        answer(number, attentes=text, experience=text[:40], modules=("a", text[:40]), prenom=SECRET, courriel=SECRET)
        for number, text in enumerate(HOSTILE)
    ]


def ratio(work: Callable[[int], Callable[[], object]], few: int, many: int) -> float:
    """How many times longer the same work takes for many answers than for few: the best of some rounds each.

    ``work`` prepares for a number of answers, and gives what is measured.
    """

    def best(number: int) -> float:
        measured = work(number)
        found = []
        for _round in range(4):
            gc.collect()
            gc.disable()
            start = time.process_time()
            measured()
            found.append(time.process_time() - start)
            gc.enable()
        return min(found)

    least = best(few)
    return best(many) / least
