"""What was answered to a closed question, drawn: bars as SVG, and the same in words.

The picture is read in black and white as in colours, on screen as on paper, and by a screen reader: its title is the
question, its description holds every number. Nothing in it depends on anything but what was counted. Labels are text,
whatever they hold.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from allies_sync.model.resources import FieldKind
from allies_sync.model.tally import Bar, QuestionTally
from allies_sync.text.characters import calm_marks, clean_line, cut
from allies_sync.text.messages import _, ngettext, using_language

__all__ = ["THRESHOLD", "chart_svg", "chart_text", "share"]

THRESHOLD = 5  # fewer answers than this could tell who gave them

_MOST_BARS = 40  # more than that is no picture any more
_MOST_LETTERS = 240  # of one label
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"  # so that a label's writing direction does not move the numbers

# The drawing, in its own units: printed over the width of an A4 page, 13 units are 10 points.
_WIDTH = 600
_EDGE = 20
_TEXT = 210  # the column of labels
_BAR_LEFT = 246
_BAR = 240  # 100 %
_VALUE_RIGHT = _WIDTH - _EDGE
_TITLE_SIZE, _LABEL_SIZE, _NOTE_SIZE = 15.0, 13.0, 12.0
_LINE = 1.3  # times the size
_INK, _FILL, _PAPER, _RAIL, _FRAME = "#2c2530", "#1d5f56", "#ffffff", "#8a8087", "#d9cfc4"
# On the web the reader's own font; in print the one that the typesetter brings along.
_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Libertinus Serif', serif"

_NARROW = frozenset("iljtfrI.,:;'’!|()[]{}·- \u00a0\u202f")
_BROAD = frozenset("mwMW@%—…")


def chart_svg(
    question: QuestionTally, answers: int, language: str = "fr", *, threshold: int = THRESHOLD, titled: bool = True
) -> str | None:
    """Return the bars of a closed question as an SVG document; the same counts give the same characters.

    `answers`: how many answered the form. `titled=False`: the question is not drawn, for it stands above the picture;
    a screen reader hears it all the same. Shares are of those who answered this question. None when fewer than
    `threshold` did, for a personal question, and for an open one. Raises ValueError for an unknown `language`.
    """
    if not _may_show(question, threshold):
        return None
    with using_language(language):
        return "".join(_svg(question, answers, language, titled))


def chart_text(
    question: QuestionTally, answers: int, language: str = "fr", *, threshold: int = THRESHOLD
) -> str | None:
    """Return in words what `chart_svg` draws, on one line, to stand in for the picture; None where that gives None.

    It is plain text, to be escaped for where it lands.
    """
    if not _may_show(question, threshold):
        return None
    with using_language(language):
        return f"{_isolated(_label(question.label))} {_description(question, answers, language)}"


def share(number: int, answered: int, language: str = "fr") -> str:
    """Return `number` as a share of `answered`, in whole percents, half a percent rounded up: `8 %`.

    What is not nothing is never shown as 0 %, nor what is not all as 100 %.
    """
    percent = (200 * number + answered) // (2 * answered) if answered else 0
    sign = "" if language == "en" else "\u202f"
    if percent == 0 and number > 0:
        return f"<\u00a01{sign}%"
    if percent == 100 and number < answered:
        return f">\u00a099{sign}%"
    return f"{percent}{sign}%"


def _may_show(question: QuestionTally, threshold: int) -> bool:
    return bool(question.bars) and not question.personal and question.answered >= max(threshold, 1)


def _label(value: str) -> str:
    line = calm_marks(clean_line(value))
    if not line:
        return _("(sans libellé)")
    return line if len(line) <= _MOST_LETTERS else f"{cut(line, _MOST_LETTERS).rstrip()}…"


def _isolated(label: str) -> str:
    leftwards = any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in label)
    return f"{_ISOLATE}{label}{_END_ISOLATE}" if leftwards else label


def _shown(bars: Sequence[Bar]) -> Sequence[Bar]:
    """At most `_MOST_BARS` bars; the last of them then stands for all that follow."""
    if len(bars) <= _MOST_BARS:
        return bars
    rest = bars[_MOST_BARS - 1 :]
    label = _("{count} autres réponses, ensemble").format(count=len(rest))
    return [*bars[: _MOST_BARS - 1], Bar("", label, sum(bar.number for bar in rest))]


# --- in words ------------------------------------------------------------------------------------------------


def _note(question: QuestionTally, answers: int) -> str:
    """How many answered, always said."""
    if answers == question.answered:
        return ngettext("{count} réponse.", "{count} réponses.", answers).format(count=answers)
    return ngettext(
        "{count} réponse à cette question, sur {answers} reçues.",
        "{count} réponses à cette question, sur {answers} reçues.",
        question.answered,
    ).format(count=question.answered, answers=answers)


def _several(question: QuestionTally) -> str:
    return _("Plusieurs choix possibles.") if question.kind is FieldKind.CHOICES else ""


def _description(question: QuestionTally, answers: int, language: str) -> str:
    return " ".join(filter(None, [_note(question, answers), _several(question), *_sentences(question, language)]))


def _sentences(question: QuestionTally, language: str) -> Iterator[str]:
    for bar in _shown(question.bars):
        yield _("{label} : {number}, soit {share}.").format(
            label=_isolated(_label(bar.label)),
            number=bar.number,
            share=share(bar.number, question.answered, language),
        )


# --- drawn ---------------------------------------------------------------------------------------------------


def _svg(question: QuestionTally, answers: int, language: str, titled: bool) -> Iterator[str]:
    title = _label(question.label)
    description = _description(question, answers, language)
    name = "chart-" + hashlib.sha256(f"{title}\n{description}".encode()).hexdigest()[:12]
    drawing: list[str] = []
    y: float = _EDGE - 6
    for line in _wrapped(title, _WIDTH - 2 * _EDGE, _TITLE_SIZE * 1.1) if titled else ():
        y += _TITLE_SIZE * _LINE
        drawing.append(_text(line, _EDGE, y, _TITLE_SIZE, ' font-weight="600"'))
    top = y = y + (14 if titled else 0)
    for bar in _shown(question.bars):
        row, height = _row(bar, question, y, name, language)
        drawing.extend(row)
        y += height
    drawing.append(f'<path d="M{_BAR_LEFT} {_number(top)}V{_number(y)}" stroke="{_INK}" fill="none"/>\n')
    y += 6
    for line in _wrapped(f"{_note(question, answers)} {_several(question)}".strip(), _WIDTH - 2 * _EDGE, _NOTE_SIZE):
        y += _NOTE_SIZE * _LINE
        drawing.append(_text(line, _EDGE, y, _NOTE_SIZE, ' font-style="italic"'))
    height = round(y + _EDGE - 4)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        f'role="img" lang="{language}" aria-labelledby="{name}-title" aria-describedby="{name}-desc" '
        f'font-family="{_FONTS}">\n'
        f'<title id="{name}-title">{_escaped(title)}</title>\n'
        f'<desc id="{name}-desc">{_escaped(description)}</desc>\n'
    )
    if question.kind is FieldKind.CHOICES:
        yield (
            f'<defs><pattern id="{name}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><rect width="6" height="6" fill="{_PAPER}"/>'
            f'<rect width="3.4" height="6" fill="{_FILL}"/></pattern></defs>\n'
        )
    yield (
        f'<rect x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8" fill="{_PAPER}" '
        f'stroke="{_FRAME}"/>\n'
    )
    yield from drawing
    yield "</svg>\n"


def _row(bar: Bar, question: QuestionTally, top: float, name: str, language: str) -> tuple[list[str], float]:
    """One answer: its label, its bar on the rail that is 100 %, its number and share."""
    lines = _wrapped(_label(bar.label), _TEXT, _LABEL_SIZE)
    step = _LABEL_SIZE * _LINE
    height = max(30.0, step * len(lines) + 12)
    middle = top + height / 2
    baseline = middle + _LABEL_SIZE * 0.34
    first = baseline - step * (len(lines) - 1) / 2
    drawing = [_text(line, _EDGE, first + step * index, _LABEL_SIZE) for index, line in enumerate(lines)]
    part = min(bar.number / question.answered, 1.0)
    drawing.append(
        f'<rect x="{_BAR_LEFT}" y="{_number(middle - 9)}" width="{_BAR}" height="18" fill="none" stroke="{_RAIL}" '
        'stroke-width="0.6" stroke-dasharray="2 2"/>\n'
    )
    if bar.number:
        fill = f"url(#{name}-hatch)" if question.kind is FieldKind.CHOICES else _FILL
        drawing.append(
            f'<rect x="{_BAR_LEFT}" y="{_number(middle - 9)}" width="{_number(part * _BAR)}" height="18" '
            f'fill="{fill}" stroke="{_INK}"/>\n'
        )
    value = f"{bar.number} ({share(bar.number, question.answered, language)})"
    weight = ' text-anchor="end" font-weight="600"' if bar.number else ' text-anchor="end"'
    drawing.append(_text(value, _VALUE_RIGHT, baseline, _LABEL_SIZE, weight))
    return drawing, height


def _text(line: str, x: float, y: float, size: float, more: str = "") -> str:
    place = f'x="{_number(x)}" y="{_number(y)}" font-size="{_number(size)}" fill="{_INK}"'
    return f"<text {place}{more}>{_escaped(line)}</text>\n"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _escaped(value: str) -> str:
    return escape(value, {'"': "&quot;"})


def _wrapped(value: str, width: float, size: float) -> list[str]:
    """Cut a line of text where it has blanks, or inside words that are wider than `width`.

    Widths are those of a broad sans serif: other fonts leave some room.
    """
    lines: list[str] = []
    line, taken = "", 0.0
    for word in value.split(" "):
        for index, piece in enumerate(_pieces(word, width, size)):
            wide = _wide(piece, size)
            blank = " " if line and not index else ""
            if line and (index or taken + _wide(blank, size) + wide > width):
                lines.append(line)
                line, taken, blank = "", 0.0, ""
            line += blank + piece
            taken += _wide(blank, size) + wide
    return [*lines, line]


def _pieces(word: str, width: float, size: float) -> list[str]:
    if _wide(word, size) <= width:
        return [word]
    pieces: list[str] = []
    while word:
        length, taken = 0, 0.0
        while length < len(word) and (taken := taken + _wide(word[length], size)) <= width:
            length += 1
        piece = cut(word, length) or word[: max(length, 1)]
        pieces.append(piece)
        word = word[len(piece) :]
    return pieces


def _wide(text: str, size: float) -> float:
    return size * sum(map(_part_of_em, text))


def _part_of_em(char: str) -> float:
    if char in _NARROW:
        return 0.36
    if char in _BROAD:
        return 0.94
    if unicodedata.east_asian_width(char) in ("W", "F"):
        return 1.05
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    return 0.72 if char.isupper() else 0.6
