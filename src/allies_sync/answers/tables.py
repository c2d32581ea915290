"""Answers as rows and columns, whose cells are words for people: labels instead of keys, nothing that runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from allies_sync.answers.tallying import Lists, asked, given, in_order, moment_of, options_of
from allies_sync.model.resources import Field, Form
from allies_sync.model.tally import FormTally
from allies_sync.platforms.interface import Answer
from allies_sync.text.characters import clean_lines, cut
from allies_sync.text.messages import _

LONGEST = 32_000
"""So many characters fit into one cell of every spreadsheet program (Excel: 32,767)."""

SEVERAL = " ; "

_STARTS_A_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20|%]")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet. ``cut``: how many cells hold only the beginning of a text; ``head``: rows below the headings that
    are headings too."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    cut: int = 0
    head: int = 0


def answers_table(
    title: str, form: Form, answers: Sequence[Answer], lists: Lists, *, personal: bool = False
) -> Table:
    """One row for each answer, the oldest first."""
    fields = asked(form, personal=personal)
    labels = {field.id: {option.key: option.label for option in options_of(field, lists)} for field in fields}
    shortened = 0
    rows = []
    for number, answer in enumerate(in_order(answers), 1):
        cells = [_said(answer, field, labels[field.id]) for field in fields]
        shortened += sum(len(cell) > LONGEST for cell in cells)
        rows.append((str(number), stamp(moment_of(answer)), *(_shortened(cell) for cell in cells)))
    headings = (_("N°"), _("Reçue le"), *(clean_lines(field.label) for field in fields))
    return Table(title, headings, tuple(rows), shortened)


def counts_table(tallies: Iterable[tuple[str, FormTally]]) -> Table:
    """How often each answer to a closed question was given, for all forms."""
    rows = [
        (title, clean_lines(question.label), clean_lines(bar.label), str(bar.number), str(question.answered))
        for title, form in tallies
        for question in form.questions
        for bar in question.bars
    ]
    headings = (_("Questionnaire"), _("Question"), _("Réponse"), _("Nombre"), _("Réponses à la question"))
    return Table(_("Comptes"), headings, tuple(rows))


def together(tables: Sequence[Table]) -> Table:
    """Several tables as one, for formats that know no sheets: questions of the same words share a column."""
    if len(tables) == 1:
        return tables[0]
    headings: dict[str, None] = {_("Questionnaire"): None}
    for table in tables:
        headings |= dict.fromkeys(table.headings)
    rows = []
    for table in tables:
        for row in table.rows:
            cells: Mapping[str, str] = {
                _("Questionnaire"): table.title,
                **dict(zip(table.headings, row, strict=True)),
            }
            rows.append(tuple(cells.get(heading, "") for heading in headings))
    return Table(_("Réponses"), tuple(headings), tuple(rows), sum(table.cut for table in tables))


def inert(text: str) -> str:
    """A cell that no spreadsheet program takes for a formula when it reads it from a text file: with an apostrophe in
    front (https://owasp.org/www-community/attacks/CSV_Injection). Numbers stay numbers."""
    return f"'{text}" if _STARTS_A_FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def stamp(moment: datetime | None) -> str:
    """``2027-03-12 09:30``, by this computer's clock."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


def _said(answer: Answer, field: Field, labels: Mapping[str, str]) -> str:
    return clean_lines(SEVERAL.join(labels.get(value, value) for value in given(answer, field)))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else cut(text, LONGEST - 1) + "…"
