"""What people read, in their language: gettext, dates, prices, hours.

French is the source language: the text in the code is what a French reader sees. English comes from the catalogue in
`allies_sync/locale`. Messages with values use named places, filled after translation:
`_("{count} fichiers").format(count=3)`.

Only the standard library is imported, and gettext itself only when English is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date, time
    from decimal import Decimal
    from gettext import NullTranslations

Language = Literal["fr", "en"]

LANGUAGES: tuple[Language, ...] = ("fr", "en")
DOMAIN = "allies_sync"

_LOCALE_DIR = os.path.join(os.path.dirname(os.path.dirname(__file__)), "locale")  # noqa: PTH118, PTH120 - pathlib costs
_NARROW = "\u202f"  # the no-break space of French numbers

# Worker threads start with an empty context: they find the language of the process instead.
_in_context: ContextVar[Language | None] = ContextVar("allies_sync_language", default=None)
_of_process: Language = "fr"

_MONTHS: dict[Language, str] = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}
_WEEKDAYS: dict[Language, str] = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}


def set_language(lang: str | None) -> None:
    """Choose the language of the process, all its threads included; None: what the environment says.

    Raises ValueError when `lang` is neither `fr` nor `en`.
    """
    global _of_process
    _of_process = detect_language(os.environ) if lang is None else _checked(lang)
    _in_context.set(None)


@contextmanager
def using_language(lang: str) -> Iterator[None]:
    """Speak `lang` inside the `with` block, in this thread or task only, whatever the process speaks.

    Raises ValueError when `lang` is neither `fr` nor `en`.
    """
    token = _in_context.set(_checked(lang))
    try:
        yield
    finally:
        _in_context.reset(token)


def current_language() -> Language:
    """Return the language that messages are given in, here and now."""
    return _in_context.get() or _of_process


def detect_language(environ: Mapping[str, str]) -> Language:
    """Return the language that the locale variables of `environ` ask for.

    French when they say French, C or POSIX, or nothing; English for every other language.
    """
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    language = locale.lower().replace("-", "_").partition(".")[0].partition("@")[0].partition("_")[0]
    return "fr" if language in ("", "c", "posix", "fr", "french", "français") else "en"


def _(message: str) -> str:
    """Return `message` in the current language; a message without a translation stays French."""
    lang = current_language()
    return message if lang == "fr" or not message else _catalogue(lang).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Return the form of the message that `count` asks for, in the current language (0 is singular in French)."""
    lang = current_language()
    if lang == "fr":
        return singular if -2 < count < 2 else plural
    return _catalogue(lang).ngettext(singular, plural, count)


def format_date(day: date, *, weekday: bool = False, year: bool = True) -> str:
    """Return `10 juin 2027` (`1er mars 2027`, `jeudi 10 juin 2027`), in English `10 June 2027`."""
    lang = current_language()
    number = "1er" if lang == "fr" and day.day == 1 else str(day.day)
    parts = [number, _MONTHS[lang].split()[day.month - 1]]
    if weekday:
        parts.insert(0, _WEEKDAYS[lang].split()[day.weekday()])
    if year:
        parts.append(str(day.year))
    return " ".join(parts)


def format_time(moment: time) -> str:
    """Return `9h30` (`9h` on the hour), in English `9:30`."""
    if current_language() == "en":
        return f"{moment.hour}:{moment.minute:02}"
    return f"{moment.hour}h{moment.minute:02}" if moment.minute else f"{moment.hour}h"


def format_decimal(value: float) -> str:
    """Return a number with one digit behind the comma: `0,4`, in English `0.4`."""
    text = f"{value:.1f}"
    return text if current_language() == "en" else text.replace(".", ",")


def format_price(amount: Decimal | int) -> str:
    """Return an amount in euros with its cents, `1 000,00 €` with narrow no-break spaces, in English `€1,000.00`.

    Half a cent is rounded away from zero. Raises ValueError for an amount that is not a finite number.
    """
    from decimal import ROUND_HALF_UP, Context, Decimal  # only where there is a price

    exact = Decimal(amount)
    if not exact.is_finite():
        raise ValueError(_("{amount} n'est pas un montant.").format(amount=amount))
    digits = Context(prec=max(exact.adjusted(), 0) + 4)
    cents = exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP, context=digits)
    sign = "-" if cents < 0 else ""
    number = f"{cents.copy_abs():,.2f}"
    if current_language() == "en":
        return f"{sign}€{number}"
    return sign + number.replace(",", _NARROW).replace(".", ",") + f"{_NARROW}€"


def join_words(words: Sequence[str]) -> str:
    """Return the words as a list in a sentence: `a, b et c`."""
    last = " et " if current_language() == "fr" else " and "
    return last.join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def _checked(lang: str) -> Language:
    if lang not in LANGUAGES:
        raise ValueError(_("La langue « {lang} » n'est pas connue : fr ou en.").format(lang=lang))
    return "fr" if lang == "fr" else "en"


@cache
def _catalogue(lang: Language) -> NullTranslations:
    import gettext  # here, so that French costs nothing

    return gettext.translation(DOMAIN, _LOCALE_DIR, [lang], fallback=True)
