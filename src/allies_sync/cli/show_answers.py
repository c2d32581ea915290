"""What was answered, for people: how many, choices counted, texts; or all of it in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from allies_sync.answers.tables import Table, answers_table, counts_table, stamp, together
from allies_sync.answers.tallying import in_order, is_personal, moment_of, options_of
from allies_sync.cli import settings
from allies_sync.cli.complaints import DONE, UNDONE
from allies_sync.cli.outputs import chosen_format, write_output, write_stdout
from allies_sync.cli.recent import remember_slugs
from allies_sync.cli.screen import note, result, say, show, styled, width, wrapped
from allies_sync.cli.work import desk
from allies_sync.engagements.answers import Reading, questionnaires, read_answers
from allies_sync.engagements.errors import UserError
from allies_sync.model.resources import Form
from allies_sync.model.tally import Bar, FormTally, QuestionTally
from allies_sync.platforms.interface import Answer
from allies_sync.text.characters import calm_marks, clean_line, clean_lines, cut, harmless_json
from allies_sync.text.charts import share
from allies_sync.text.messages import _, current_language, format_date, ngettext

FORMATS = ("csv", "ods", "json")
SHORT = 600
"""So many characters of one text are shown, unless more details are asked for."""
LABEL = 200
BARS = 24
MOST_UNREAD = 20


def show_answers(
    slug: str,
    moment: str | None,
    session: str | None,
    *,
    personal: bool,
    format: str | None,
    output: str | None,
    force: bool,
) -> int:
    """Reads and shows, or writes a file. Exit code 1 when a questionnaire or an answer could not be read."""
    kind = chosen_format(format, output, FORMATS)
    if settings.current.json and kind not in (None, "json") and output is None:
        raise UserError(
            _("--json et --format {format} ne vont pas ensemble sans fichier.").format(format=kind),
            _("Ajoutez -o FICHIER, ou retirez l'un des deux."),
        )
    with desk() as opened:
        found = read_answers(opened, questionnaires(opened, slug, moment, session))
    remember_slugs([slug])
    document = answers_document(slug, found, personal=personal)
    if output is not None:
        written = write_output(output, _file(kind or "csv", found, document, personal), force=force, private=personal)
        number = sum(len(answers) for _form, answers in found.pairs)
        result({"slug": slug, "file": str(written), "format": kind, "answers": number, "personal": personal})
        told = ngettext("{count} réponse est écrite dans {file}", "{count} réponses sont écrites dans {file}", number)
        say(told.format(count=number, file=written))
    elif kind is not None and not settings.current.json:
        write_stdout(_file(kind, found, document, personal), kind)
    else:
        result(document)
        show(lines(found, personal=personal, full=settings.current.verbose > 0))
    for text in remarks(found, personal=personal):
        note(text)
    return UNDONE if found.missing or found.unread else DONE


def remarks(found: Reading, *, personal: bool) -> Iterator[str]:
    """What is to be said beside the answers."""
    yield from found.remarks
    yield from unread(found.unread, _("Ce qui n'a pas pu être lu n'est pas compté."))
    for form in found.missing:
        made = form.id in found.asked.before.state.resources
        told = _("« {title} » n'est plus sur le wiki : ses réponses n'ont pas pu être lues.") if made else ""
        yield (told or _("« {title} » n'est pas encore en ligne : personne n'a pu y répondre.")).format(
            title=found.asked.titled(form)
        )
    if personal:
        labels = dict.fromkeys(
            field.label for form, _it in found.pairs for field in form.fields if is_personal(field)
        )
        yield _(
            "Attention : les réponses personnelles sont montrées ({labels}). Ne les transmettez à personne."
        ).format(labels=" ; ".join(labels) or "-")


def unread(sentences: Sequence[str], consequence: str) -> Iterator[str]:
    """Which answers could not be read, and what follows from that."""
    yield from sentences[:MOST_UNREAD]
    if len(sentences) > MOST_UNREAD:
        yield _("… et {count} autres").format(count=len(sentences) - MOST_UNREAD)
    if sentences:
        yield consequence


# --- files -----------------------------------------------------------------------------------------------------


def _file(kind: str, found: Reading, document: dict[str, Any], personal: bool) -> bytes:
    if kind == "json":
        import json

        return (harmless_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n").encode()
    from allies_sync.answers.sheets import to_csv, to_ods

    tables = [
        answers_table(found.asked.titled(form), form, answers, found.asked.lists, personal=personal)
        for form, answers in found.pairs
    ]
    shortened = sum(table.cut for table in tables)
    if shortened:
        told = ngettext(
            "{count} réponse est trop longue pour une cellule de tableur : elle y est coupée. "
            "--format json la donne.",
            "{count} réponses sont trop longues pour une cellule de tableur : elles y sont coupées. "
            "--format json les donne.",
            shortened,
        )
        note(told.format(count=shortened))
    if kind == "csv":
        return to_csv(together(tables) if tables else Table("", (), ()))
    titled = [(found.asked.titled(form), it) for (form, _a), it in zip(found.pairs, found.tallies(), strict=True)]
    return to_ods([*tables, counts_table(titled)])


def answers_document(slug: str, found: Reading, *, personal: bool) -> dict[str, Any]:
    """The JSON of ``answers``: see docs/commands.md."""
    return {
        "slug": slug,
        "personal": personal,
        "forms": [
            _form_document(form, answers, counted)
            for (form, answers), counted in zip(found.pairs, found.tallies(personal=personal), strict=True)
        ],
        "missing": [form.id for form in found.missing],
        "remarks": list(found.remarks),
        "unread": list(found.unread),
    }


def _form_document(form: Form, answers: Sequence[Answer], counted: FormTally) -> dict[str, Any]:
    shown = [question.id for question in counted.questions]
    return {
        "id": form.id,
        "title": form.title,
        "moment": form.moment,
        "session": form.session or None,
        "count": counted.answers,
        "first": counted.first.isoformat() if counted.first else None,
        "last": counted.last.isoformat() if counted.last else None,
        "questions": [
            {
                "id": question.id,
                "label": question.label,
                "kind": question.kind.value,
                "personal": question.personal,
                "answered": question.answered,
                "counts": [{"key": bar.key, "label": bar.label, "number": bar.number} for bar in question.bars],
                "texts": [{"answer": said.answer, "text": said.text} for said in question.texts],
            }
            for question in counted.questions
        ],
        "answers": [
            {
                "id": answer.id,
                "received": moment.isoformat() if (moment := moment_of(answer)) else None,
                "values": {key: _plain(answer.values[key]) for key in shown if key in answer.values},
            }
            for answer in in_order(answers)
        ],
    }


def _plain(value: str | tuple[str, ...]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)


# --- on a terminal ---------------------------------------------------------------------------------------------


def lines(found: Reading, *, personal: bool, full: bool) -> Iterator[str]:
    """All forms, one after the other. What people typed stands behind a bar, so that it is not taken for ours."""
    pairs = zip(found.pairs, found.tallies(personal=personal), strict=True)
    for number, ((form, answers), counted) in enumerate(pairs):
        if number:
            yield ""
        ordered = in_order(answers)
        places = {answer.id: place for place, answer in enumerate(ordered, 1)}
        title = clean_line(found.asked.titled(form))
        yield f"{styled(title, 'bold')} · {form.moment} · {_how_many(counted)}"
        for question in counted.questions if ordered else ():
            yield ""
            yield from _question(question, _options(found, form, question), places, full)
        if any(question.bars for question in counted.questions) and ordered:
            yield ""
            yield from _grid(counted, form, ordered, found)


def _how_many(counted: FormTally) -> str:
    if not counted.answers:
        return _("aucune réponse pour l'instant")
    text = ngettext("{count} réponse", "{count} réponses", counted.answers).format(count=counted.answers)
    if counted.first is None or counted.last is None:
        return text
    first, last = counted.first.astimezone().date(), counted.last.astimezone().date()
    if first == last:
        return _("{count}, le {day}").format(count=text, day=format_date(first))
    return _("{count}, du {first} au {last}").format(count=text, first=format_date(first), last=format_date(last))


def _options(found: Reading, form: Form, question: QuestionTally) -> frozenset[str]:
    field = next(field for field in form.fields if field.id == question.id)
    return frozenset(option.key for option in options_of(field, found.asked.lists))


def _question(question: QuestionTally, options: frozenset[str], places: dict[str, int], full: bool) -> Iterator[str]:
    mark = _(" (personnel)") if question.personal else ""
    yield from wrapped(f"{clean_line(question.label)}{mark}", first="  ", rest="  ")
    if not question.answered:
        yield "    " + styled(_("aucune réponse"), "dim")
    for bar in question.bars if question.answered else ():
        yield from _bar(bar, question, typed=bar.key not in options)
    for said in question.texts:
        yield from _text(places.get(said.answer, 0), said.text, full)


def _bar(bar: Bar, question: QuestionTally, *, typed: bool) -> Iterator[str]:
    """One answer. ``typed``: it is none of those that the form offers."""
    length = min(round(BARS * bar.number / question.answered), BARS)
    part = share(bar.number, question.answered, current_language())
    start = f"    {'█' * length:<{BARS}} {bar.number:>4}  {part:>6}  "
    label = calm_marks(clean_line(bar.label[:LABEL])) or "-"
    yield from wrapped(_typed(label) if typed else label, first=start, rest=" " * len(start))


def _typed(label: str) -> str:
    return _("« {label} », qui n'est pas un choix").format(label=label)


def _text(place: int, text: str, full: bool) -> Iterator[str]:
    whole = calm_marks(clean_lines(text).strip("\n"))
    shown = whole if full or len(whole) <= SHORT else f"{cut(whole, SHORT)}…"
    first = f"  {place:>4} │ "
    for line in shown.split("\n"):
        yield from list(wrapped(line, first=first, rest="       │ ")) or ["       │"]
        first = "       │ "
    if shown is not whole:
        more = _("(coupé : {count} caractères ; -v les montre)").format(count=len(whole))
        yield "       " + styled(more, "dim")


def _grid(counted: FormTally, form: Form, ordered: Sequence[Answer], found: Reading) -> Iterator[str]:
    """Answer by answer, what can be said in a few words: when it came, and the choices."""
    closed = [question for question in counted.questions if question.bars]
    labels = {question.id: {bar.key: bar.label for bar in question.bars} for question in closed}
    offered = {question.id: _options(found, form, question) for question in closed}
    room = max((width() - 26) // max(len(closed), 1) - 2, 6)
    heads = [_fit(question.label, room) for question in closed]
    number, received = _("n°"), _("reçue le")
    yield "  " + styled(f"{number:>4}  {received:<16}  " + "  ".join(heads), "dim")
    for place, answer in enumerate(ordered, 1):
        cells = []
        for question in closed:
            value = answer.values.get(question.id, ())
            keys = (value,) if isinstance(value, str) else value
            known = labels[question.id]
            shown = (known[key] if key in offered[question.id] else f"« {key[:LABEL]} »" for key in keys)
            cells.append(_fit(", ".join(shown), room))
        yield f"  {place:>4}  {stamp(moment_of(answer)):<16}  " + "  ".join(cells).rstrip()


def _fit(text: str, room: int) -> str:
    line = calm_marks(clean_line(text[: 20 * room]))
    return f"{line if len(line) <= room else cut(line, room - 1) + '…':<{room}}"


def default_name(slug: str, form: Form, suffix: str) -> Path:
    """What a file about a form is called when nobody says it."""
    return Path(f"{slug}-{form.id.partition(':')[2].replace('/', '-')}.{suffix}")
