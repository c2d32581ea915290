"""Counting what was answered to a form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from allies_sync.model.questionnaire import CLOSED_KINDS
from allies_sync.model.resources import Field, FieldKind, Form, Option
from allies_sync.model.tally import Bar, FormTally, QuestionTally, Said
from allies_sync.platforms.interface import Answer
from allies_sync.text.messages import _

Lists = Mapping[str, Sequence[Option]]
"""The options of the lists that forms share, by the list's id."""

_NEVER = datetime.max.replace(tzinfo=UTC)


def tally(
    form: Form, answers: Sequence[Answer], lists: Lists, *, personal: bool = False, public: bool = False
) -> FormTally:
    """Counts the answers to a form, in one pass over them. Personal questions are left out unless ``personal``.

    ``public``: answers to closed questions that are no option are counted together, without their words. A form
    offers none, so that somebody typed them on purpose.
    """
    ordered = in_order(answers)
    moments = [moment for answer in ordered if (moment := moment_of(answer))]
    return FormTally(
        form=form.id,
        title=form.title,
        moment=form.moment,
        session=form.session,
        answers=len(ordered),
        first=min(moments, default=None),
        last=max(moments, default=None),
        questions=tuple(_question(field, ordered, lists, public) for field in asked(form, personal=personal)),
    )


def asked(form: Form, *, personal: bool = False) -> tuple[Field, ...]:
    """The questions that people answer themselves; personal ones only if asked for."""
    shown = (field for field in form.fields if field.kind is not FieldKind.HIDDEN)
    return tuple(field for field in shown if personal or not is_personal(field))


def is_personal(field: Field) -> bool:
    """An e-mail address is personal, whatever the template says."""
    return field.personal or field.kind is FieldKind.EMAIL


def options_of(field: Field, lists: Lists) -> tuple[Option, ...]:
    """The options of a closed question, its own or those of a list."""
    return tuple(lists.get(field.options_from, ()) if field.options_from else field.options)


def in_order(answers: Iterable[Answer]) -> list[Answer]:
    """The oldest first; those of which nobody knows when they came, last."""
    return sorted(answers, key=lambda answer: (moment_of(answer) or _NEVER, answer.id))


def moment_of(answer: Answer) -> datetime | None:
    """When it came; of one that does not say so, when it was last changed."""
    moment = answer.created or answer.updated
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def given(answer: Answer, field: Field) -> tuple[str, ...]:
    """What an answer says to a question: nothing, one value, or several different ones."""
    value = answer.values.get(field.id)
    if value is None:
        return ()
    values = (value,) if isinstance(value, str) else value
    return tuple(dict.fromkeys(it for it in values if says_something(it)))


def says_something(text: str) -> bool:
    """Whether there is anything to be seen in a text: blanks and unseen characters say nothing."""
    return any(char.isprintable() and not char.isspace() for char in text)


def _question(field: Field, answers: Sequence[Answer], lists: Lists, public: bool) -> QuestionTally:
    said = [(answer, values) for answer in answers if (values := given(answer, field))]
    bars: tuple[Bar, ...] = ()
    texts: tuple[Said, ...] = ()
    if field.kind in CLOSED_KINDS:
        bars = tuple(_bars([values for _answer, values in said], options_of(field, lists), public))
    else:
        texts = tuple(Said(answer.id, "\n".join(values)) for answer, values in said)
    return QuestionTally(field.id, field.label, field.kind, is_personal(field), len(said), bars, texts)


def _bars(said: Sequence[tuple[str, ...]], options: Sequence[Option], public: bool) -> Iterator[Bar]:
    counts = Counter(value for values in said for value in values)
    for option in options:
        yield Bar(option.key, option.label, counts[option.key])
    known = {option.key for option in options}
    others = [key for key in counts if key not in known]
    if public and others:
        yield Bar("", _("Autre réponse"), sum(not known.issuperset(values) for values in said))
    elif not public:
        yield from (Bar(key, key, counts[key]) for key in others)
