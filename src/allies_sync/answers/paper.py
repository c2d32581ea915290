"""Answers on paper: a sheet to type them into, and what is read back from it.

The first row says what the sheet is for, and has a code of its own; the second what each column is; the third how
to fill it in. An answer's id is made of the code and the number written on the paper: the same sheet twice gives the
same answers, two sheets never do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from allies_sync.answers.tables import SEVERAL, Table
from allies_sync.answers.tallying import Lists, asked, is_personal, options_of
from allies_sync.model.resources import Field, FieldKind, Form, Option
from allies_sync.platforms.interface import Answer
from allies_sync.text.characters import clean_line, clean_lines
from allies_sync.text.messages import _
from allies_sync.text.names import fold

MARK = "allies-sync"
PREFIX = "Papier"
"""How the ids of answers on paper begin."""
HEAD_ROWS = 3
_CODE = re.compile(r"[a-z0-9]{4,32}")
_ONE = frozenset({FieldKind.CHOICE, FieldKind.SCALE})
_UPLOADS = frozenset({FieldKind.FILE, FieldKind.IMAGE})
_YES = frozenset({"x", "oui", "o", "1", "v", "vrai", "true", "yes", "y", "✓", "✔", "☑", "✗", "✘"})
_NO = frozenset({"", "non", "n", "0", "-", "faux", "false", "no", "☐"})


class NotASheet(ValueError):
    """A file that is no sheet of this tool."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it was read. ``columns``: what each is (after the first); ``rows``: those below the head."""

    slug: str
    form: str
    code: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What cannot be taken from a sheet: the row as spreadsheet programs count, and a sentence."""

    row: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What a sheet says: its answers, each with the number on the paper, and what has to be corrected first."""

    answers: tuple[tuple[str, Answer], ...]
    troubles: tuple[Trouble, ...]


def blank_sheet(
    slug: str, form: Form, title: str, lists: Lists, code: str, rows: int, personal: bool = True
) -> Table:
    """A sheet with ``rows`` numbered rows. Several choices have a column each, to be ticked."""
    columns = [
        (name, hint) for field in _typed(form, personal) for name, hint in _columns(field, options_of(field, lists))
    ]
    names, hints = zip(*columns, strict=True) if columns else ((), ())
    width = max(len(columns) + 1, 5)
    head = (MARK, slug, form.id, code, clean_line(title))
    lines = [
        (_("n°"), *names),
        (_("le numéro écrit sur le papier"), *hints),
        *((str(it),) for it in range(1, rows + 1)),
    ]
    return Table(
        _("Réponses sur papier"),
        _padded(head, width),
        tuple(_padded(line, width) for line in lines),
        head=HEAD_ROWS - 1,
    )


def read_sheet(rows: Sequence[Sequence[str]]) -> Sheet:
    """What a file is for, and its rows. Raises NotASheet."""
    head = [clean_line(cell) for cell in rows[0]] if rows else []
    if len(rows) < HEAD_ROWS - 1 or len(head) < 4 or head[0] != MARK or not _CODE.fullmatch(head[3]):
        raise NotASheet
    columns = tuple(clean_line(cell) for cell in rows[1][1:])
    return Sheet(head[1], head[2], head[3], columns, tuple(tuple(row) for row in rows[HEAD_ROWS:]))


def answers_in(sheet: Sheet, form: Form, lists: Lists, now: datetime, *, personal: bool = True) -> Filled:
    """What was typed into a sheet, as answers to the form. Rows in which only a number stands are no answers."""
    fields = {field.id: field for field in _typed(form, personal=True)}
    answers: list[tuple[str, Answer]] = []
    troubles = [*_unknown_columns(sheet, fields)]
    rows_of: dict[str, int] = {}
    for row, cells in enumerate(sheet.rows, HEAD_ROWS + 1):
        number, *typed = [*cells, ""]
        if not any(cell.strip() for cell in typed):
            continue
        beside = _beside(sheet, cells)
        if beside is not None:
            troubles.append(Trouble(row, beside))
            continue
        number = clean_line(number)
        if not number:
            troubles.append(Trouble(row, _("cette réponse n'a pas de numéro")))
            continue
        if fold(number) in rows_of:
            told = _("le numéro {number} est déjà celui de la ligne {row}")
            troubles.append(Trouble(row, told.format(number=number[:40], row=rows_of[fold(number)])))
            continue
        rows_of[fold(number)] = row
        values: dict[str, str | tuple[str, ...]] = {}
        for name, cell in zip(sheet.columns, typed, strict=False):
            field = fields.get(name.partition(":")[0])
            if field is None or not cell.strip() or (is_personal(field) and not personal):
                continue
            try:
                _put(values, field, name.partition(":")[2], cell, options_of(field, lists))
            except ValueError as error:
                troubles.append(Trouble(row, str(error)))
        if values:
            moment = now + timedelta(microseconds=len(answers))  # so that they stay in the order of the paper
            answers.append((number, Answer(identity(sheet, number), values, moment)))
    return Filled(tuple(answers), tuple(troubles))


def identity(sheet: Sheet, number: str) -> str:
    """The id of the answer that has a number on a sheet."""
    text = "\n".join([sheet.slug, sheet.form, sheet.code, fold(number)])
    return PREFIX + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def same(one: Mapping[str, str | tuple[str, ...]], other: Mapping[str, str | tuple[str, ...]], form: Form) -> bool:
    """Whether two answers say the same, personal questions left aside: those may have been emptied since."""

    def said(values: Mapping[str, str | tuple[str, ...]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for field in asked(form):
            value = values.get(field.id, "")
            plain = sorted(value) if isinstance(value, tuple) else " ".join(clean_lines(value).split())
            if plain:
                found[field.id] = plain if field.kind is not FieldKind.CHOICES or isinstance(plain, list) else [plain]
        return found

    return said(one) == said(other)


# --- columns ---------------------------------------------------------------------------------------------------


def _typed(form: Form, personal: bool) -> list[Field]:
    """The questions whose answers can be typed."""
    return [field for field in asked(form, personal=personal) if field.kind not in _UPLOADS]


def _columns(field: Field, options: Sequence[Option]) -> Iterator[tuple[str, str]]:
    label = clean_line(field.label)
    if is_personal(field):
        label = _("{label} (personnel)").format(label=label)
    if field.kind is FieldKind.CHOICES:
        for option in options:
            yield (
                f"{field.id}:{option.key}",
                _("{label} — {option} : x si c'est coché").format(label=label, option=clean_line(option.label)),
            )
    elif field.kind in _ONE:
        yield field.id, _("{label} — {choices}").format(label=label, choices=_choices(options))
    else:
        yield field.id, label


def _beside(sheet: Sheet, cells: Sequence[str]) -> str | None:
    """What is wrong with a row in which something stands under no heading, or that has more cells than there are
    headings: in a text file a separator was typed within a text, and what follows it is not where it belongs."""
    columns = len(sheet.columns) + 1
    headed = [bool(name) for name in ("n°", *sheet.columns)]
    extra = [cell for place, cell in enumerate(cells) if (place >= columns or not headed[place]) and cell.strip()]
    if not extra and len(cells) <= columns:
        return None
    quoted = _('Dans un fichier .csv, un texte qui contient le séparateur se met entre guillemets : "oui ; non"')
    if not extra:
        return _("elle a plus de cases qu'il n'y a de colonnes. {quoted}").format(quoted=quoted)
    text = _("« {text} » est à droite de la dernière colonne, et ne répond à aucune question. {quoted}")
    return text.format(text=clean_line(" ".join(extra)).strip()[:60], quoted=quoted)


def _unknown_columns(sheet: Sheet, fields: Mapping[str, Field]) -> Iterator[Trouble]:
    for place, name in enumerate(sheet.columns):
        filled = any(len(row) > place + 1 and row[place + 1].strip() for row in sheet.rows)
        if name and filled and name.partition(":")[0] not in fields:
            yield Trouble(
                2, _("la colonne « {name} » n'est pas une question de ce questionnaire").format(name=name[:60])
            )


def _put(
    values: dict[str, str | tuple[str, ...]], field: Field, key: str, cell: str, options: Sequence[Option]
) -> None:
    """Adds what a cell says. Raises ValueError with a sentence."""
    text = clean_lines(cell).strip()
    if field.kind in _ONE:
        values[field.id] = _chosen(field, text, options)
    elif field.kind is FieldKind.CHOICES:
        if key:
            chosen = [key] if _ticked(field, text) else []
            if key not in {option.key for option in options}:
                raise ValueError(_("« {key} » n'est pas un choix de « {label} »").format(key=key, label=field.label))
        else:
            chosen = [_chosen(field, part.strip(), options) for part in text.split(SEVERAL.strip()) if part.strip()]
        before = values.get(field.id, ())
        together = tuple(dict.fromkeys([*(before if isinstance(before, tuple) else ()), *chosen]))
        if together:
            values[field.id] = together
    elif field.kind is FieldKind.NUMBER:
        values[field.id] = _number(field, text)
    elif field.kind is FieldKind.DATE:
        values[field.id] = _day(field, text)
    else:
        values[field.id] = text


def _number(field: Field, text: str) -> str:
    """A number as forms take it: with a point, whatever the person writes."""
    found = re.fullmatch(r"([+-]?[0-9]+)(?:[.,]([0-9]+))?", "".join(text.split()))
    if not found:
        raise ValueError(
            _("« {text} » pour « {label} » : un nombre").format(text=text[:40], label=clean_line(field.label))
        )
    return f"{found[1]}.{found[2]}" if found[2] else found[1]


def _day(field: Field, text: str) -> str:
    """A day as forms take it: ``2027-03-12``, also of ``12/03/2027``."""
    found = re.fullmatch(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", text)
    try:
        return (date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(text)).isoformat()
    except ValueError:
        raise ValueError(
            _("« {text} » pour « {label} » : une date, comme 12/03/2027").format(
                text=text[:40], label=clean_line(field.label)
            )
        ) from None


def _ticked(field: Field, text: str) -> bool:
    word = fold(text)
    if word not in _YES | _NO:
        raise ValueError(
            _("« {text} » pour « {label} » : mettez x, ou rien").format(text=text[:40], label=clean_line(field.label))
        )
    return word in _YES


def _chosen(field: Field, text: str, options: Sequence[Option]) -> str:
    """The key of the option that was meant: its label, the number that the sheet gives it, or its key."""
    word = fold(text.partition("=")[0] if re.match(r"[0-9]+\s*=", text) else text)
    for names in (
        {fold(option.label): option.key for option in reversed(options)},
        {name: option.key for name, option in zip(_numbers(options), options, strict=True) if name},
        {fold(option.key): option.key for option in options},
    ):
        if word in names:
            return names[word]
    raise ValueError(
        _("« {text} » n'est pas un choix de « {label} » : {known}").format(
            text=text[:40], label=clean_line(field.label), known=_choices(options)
        )
    )


def _numbers(options: Sequence[Option]) -> list[str]:
    """A number for each option: its own where all have one, its place where none has, else none."""
    digits = [option.key.isdigit() for option in options]
    if all(digits):
        return [option.key for option in options]
    return [""] * len(options) if any(digits) else [str(number) for number in range(1, len(options) + 1)]


def _choices(options: Sequence[Option]) -> str:
    return " · ".join(
        f"{number} = {clean_line(option.label)}" if number else clean_line(option.label)
        for number, option in zip(_numbers(options), options, strict=True)
    )


def _padded(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells, *[""] * (width - len(cells)))
