"""An engagement with answers, made up: what drafts are tried with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from allies_sync.engagements.stored import parse_engagement
from allies_sync.model.engagement import Engagement
from allies_sync.model.resources import FieldKind
from allies_sync.model.tally import Bar, FormTally, QuestionTally, Said

ROOT = Path(__file__).parents[2]
SCALE = (("1", "Pas du tout"), ("2", "Un peu"), ("3", "Plutôt oui"), ("4", "Tout à fait"))
FIRST = datetime(2027, 3, 12, 15, 0, tzinfo=UTC)


def example(name: str = "dynamiques-de-cooperation") -> Engagement:
    """One of the engagements that come along."""
    path = ROOT / "examples" / f"{name}.toml"
    return parse_engagement(path.read_text(encoding="utf-8"), path.name)


@dataclass
class Counts:
    """A form by what was counted: closed questions as numbers, open ones as words."""

    form: str = "form:a-chaud-journee"
    title: str = "À chaud : La journée de coopération"
    moment: str = "a-chaud"
    session: str = "journee"
    answers: int = 24
    scale: Sequence[int] = (1, 3, 12, 8)
    words: Sequence[str] = ("Des liens.",) * 6
    personal: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


def tally(counts: Counts) -> FormTally:
    """The same as a tally."""
    bars = tuple(
        Bar(key, counts.labels.get(key, label), number)
        for (key, label), number in zip(SCALE, counts.scale, strict=True)
    )
    questions = (
        QuestionTally(
            "satisfaction", "Vos attentes ont-elles trouvé réponse ?", FieldKind.SCALE, False, sum(counts.scale), bars
        ),
        QuestionTally(
            "garde",
            "Avec quoi repartez-vous ?",
            FieldKind.LONG_TEXT,
            False,
            len(counts.words),
            (),
            said(counts.words),
        ),
        QuestionTally(
            "prenom", "Votre prénom", FieldKind.TEXT, True, len(counts.personal), (), said(counts.personal)
        ),
    )
    last = FIRST + timedelta(days=2)
    return FormTally(
        counts.form,
        counts.title,
        counts.moment,
        counts.session,
        counts.answers,
        FIRST if counts.answers else None,
        last if counts.answers else None,
        questions,
    )


def said(words: Sequence[str]) -> tuple[Said, ...]:
    return tuple(Said(f"a{number}", text) for number, text in enumerate(words))
