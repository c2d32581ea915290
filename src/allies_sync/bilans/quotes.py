"""Which words of participants a bilan quotes: a list to tick, in a document of the team's own.

Nothing is quoted that nobody ticked, and only as it was typed: an item whose words were changed is no longer what the
person said. The list is merged like a draft, so that ticks and notes stay when answers come in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from allies_sync.bilans.draft import Quotes, digest, in_order
from allies_sync.bilans.parts import Part
from allies_sync.model.engagement import Engagement
from allies_sync.model.questionnaire import CLOSED_KINDS
from allies_sync.model.resources import FieldKind
from allies_sync.model.tally import FormTally, QuestionTally
from allies_sync.text.blocks import Likeness, likeness, split, with_unix_lines
from allies_sync.text.escaping import escape_markdown, escape_paragraphs
from allies_sync.text.messages import _, ngettext, using_language

LONGEST = 2_000
"""How many characters a quotation may have: a bilan is no place for more."""

_TICKED = re.compile(r"^([ \t]*[-*+])[ \t]*\[[ \t]*[xX✓✔☑✗✘][ \t]*\][ \t]*(?=\S)", re.M)
"""A ticked item, however it was typed."""

_QUOTABLE = frozenset({FieldKind.TEXT, FieldKind.LONG_TEXT})


@dataclass(frozen=True, slots=True)
class Picked:
    """What was ticked. ``unknown``: ticked items that are no answer (any more), as they stand there."""

    quotes: Quotes
    unknown: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        return sum(len(words) for words in self.quotes.values())


def write_list(
    engagement: Engagement, tallies: Sequence[FormTally], *, threshold: int, language: str = "fr"
) -> tuple[Part, ...]:
    """The list, nothing ticked. Without personal questions, and without those that too few answered."""
    with using_language(language):
        return tuple(_parts(in_order(tallies, engagement), threshold))


def _parts(tallies: Sequence[FormTally], threshold: int) -> Iterator[Part]:
    yield Part("titre", "# " + _("Citations à choisir"))
    yield Part(
        "mode-d-emploi",
        _(
            "Cochez les phrases que le bilan peut citer, puis relancez la commande qui écrit le brouillon : elles y "
            "entrent telles quelles, sans nom. Ce document est réservé à l'équipe. Avant de cocher, vérifiez que "
            "personne ne peut être reconnu·e. Une phrase que l'on modifie n'est plus citée."
        ),
    )
    nothing = True
    for tally in tallies:
        questions = [question for question in tally.questions if _quotable(tally, question, threshold)]
        if not questions:
            continue
        nothing = False
        key = f"f-{tally.form.partition(':')[2]}"
        yield Part(f"{key}/titre", f"## {escape_markdown(tally.title)}")
        for question in questions:
            inner = f"{key}/{question.id}"
            yield Part(f"{inner}/titre", f"### {escape_markdown(question.label)}")
            words, long = _words(question)
            for text in words:
                yield Part(f"{inner}/{digest(text)}", item(text))
            if long:
                sentence = ngettext(
                    "{count} réponse de plus de {longest} caractères n'est pas proposée.",
                    "{count} réponses de plus de {longest} caractères ne sont pas proposées.",
                    long,
                )
                yield Part(f"{inner}/longues", sentence.format(count=long, longest=LONGEST))
    if nothing:
        yield Part(
            "rien", _("Il n'y a rien à choisir : pas assez de réponses libres pour que personne ne soit reconnu.")
        )


def item(text: str, *, ticked: bool = False) -> str:
    """One line of the list."""
    return ("- [x] " if ticked else "- [ ] ") + escape_paragraphs(text, "  ")[2:]


def picked(document: str, tallies: Sequence[FormTally], *, threshold: int) -> Picked:
    """What somebody ticked in the list, by form and question, in the order of the answers."""
    known = _known(tallies, threshold)
    ticked: set[tuple[str, str, str]] = set()
    unknown: list[str] = []
    heard: list[Likeness] = []
    for block in split(_TICKED.sub(r"\1 [x] ", with_unix_lines(document)))[0]:
        like = likeness(block.text)
        if like[0] in ("h2", "h3"):
            heard = [*([] if like[0] == "h2" else heard[:1]), like]
        if like[:2] == ("ul", "li") and len(like) > 2 and like[2].startswith("☑"):
            found = known.get((*like[:2], "☐" + like[2][1:], *like[3:]))
            if found:
                ticked.add(_nearest(found, heard)[:3])
            else:
                unknown.append(" ".join(like[2:])[1:].strip())
    quotes: dict[tuple[str, str], list[str]] = {}
    for candidates in known.values():
        for form, question, text, _section in candidates:
            if (form, question, text) in ticked:
                quotes.setdefault((form, question), []).append(text)
    return Picked(quotes, tuple(unknown))


_Known = tuple[str, str, str, tuple[Likeness, ...]]


def _known(tallies: Sequence[FormTally], threshold: int) -> dict[Likeness, list[_Known]]:
    """All that may be quoted, by what it looks like in the list."""
    found: dict[Likeness, list[_Known]] = {}
    for tally in tallies:
        for question in tally.questions:
            if not _quotable(tally, question, threshold):
                continue
            headings = (f"## {escape_markdown(tally.title)}", f"### {escape_markdown(question.label)}")
            section = tuple(likeness(heading) for heading in headings)
            for text in _words(question)[0]:
                found.setdefault(likeness(item(text)), []).append((tally.form, question.id, text, section))
    return found


def _nearest(candidates: Sequence[_Known], heard: Sequence[Likeness]) -> _Known:
    """The same words may have been answered to several questions: the one under whose heading they stand."""
    return next((one for one in candidates if one[3] == tuple(heard)), candidates[0])


def _quotable(tally: FormTally, question: QuestionTally, threshold: int) -> bool:
    return (
        question.kind in _QUOTABLE
        and question.kind not in CLOSED_KINDS
        and not question.personal
        and min(tally.answers, question.answered) >= max(threshold, 1)
    )


def _words(question: QuestionTally) -> tuple[list[str], int]:
    """What may be quoted, each once, the oldest first, and how many are too long for that."""
    texts = dict.fromkeys(said.text.strip() for said in question.texts if escape_paragraphs(said.text))
    short = [text for text in texts if len(text) <= LONGEST]
    return short, len(texts) - len(short)
