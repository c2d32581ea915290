"""The filters that templates may use: all of them ours, all bounded.

What is unset passes through, so that ``default`` may come last. Texts stay plain until they are printed; only
``paragraphs`` and ``quote`` give Markdown, which no other filter takes but ``default`` and ``join``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from jinja2 import Undefined, pass_context, pass_environment
from jinja2.environment import Environment
from jinja2.runtime import Context

from allies_sync.text.escaping import Markdown, escape_markdown, escape_paragraphs
from allies_sync.text.messages import current_language, format_date, format_price, format_time, join_words
from allies_sync.text.names import fold, slugify
from allies_sync.workspace.flaws import Flaw, Refusal
from allies_sync.workspace.running import current
from allies_sync.workspace.views import Empty, Items, Missing, View, clean, is_set, path_of, text_of

LONGEST_RANGE = 1_000


def printed(value: Any, *, markdown: bool) -> str:
    """A value as it is written into a page: Markdown as it is, all else as inert text."""
    if isinstance(value, Markdown):
        return value
    text = as_text(value)
    return inline(text) if markdown else text


def inline(text: str) -> str:
    """A text as inert Markdown that keeps a space at either end (what people type has none there)."""
    words = escape_markdown(text)
    if not words:
        return " " if text.isspace() else ""
    return f"{' ' if text[:1].isspace() else ''}{words}{' ' if text[-1:].isspace() else ''}"


def as_text(value: Any) -> str:
    """A single value in words; raises a Refusal for what has none."""
    if isinstance(value, Markdown):
        raise Refusal(Flaw.ALREADY_MARKDOWN)
    if isinstance(value, Missing | Empty):
        return str(value)  # raises what tells its name
    if isinstance(value, Undefined):
        return ""  # what an "if" without "else" gives
    if isinstance(value, View):
        words = text_of(value)
        if words is None:
            raise Refusal(Flaw.NOT_TEXT, found=path_of(value))
        return words
    if isinstance(value, Items):
        raise Refusal(Flaw.NOT_TEXT, found=path_of(value))
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool) or value is None:
        raise Refusal(Flaw.NOT_TEXT, found=type(value).__name__)
    if isinstance(value, int | float | Decimal):
        return number(value)
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, time):
        return format_time(value)
    raise Refusal(Flaw.NOT_TEXT, found=type(value).__name__)


def as_list(value: Any) -> list[Any]:
    """The members of a list; raises a Refusal for anything else."""
    if isinstance(value, Missing):
        str(value)
    if isinstance(value, Empty):
        return []
    if isinstance(value, Items | list | tuple | range):
        current().step(len(value))
        return list(value)
    raise Refusal(Flaw.NOT_A_LIST, found=type(value).__name__)


@pass_context
def loop_over(_context: Context, value: Any, size: int = 0) -> Any:
    """What a loop goes over, after its turns and the text of each were counted.

    It takes the context so that Jinja does not work it out once, when it compiles the source.
    """
    if isinstance(value, dict):
        value = list(value)
    members = as_list(value)
    current().step(0, size * len(members))
    return members


class Group:
    """Members that have something in common: ``group.key`` and ``group.items``."""

    NAMES: ClassVar[frozenset[str]] = frozenset({"key", "items"})
    __slots__ = ("items", "key")

    def __init__(self, key: Any, items: list[Any]) -> None:
        self.key = key
        self.items = items


# --- single values ----------------------------------------------------------------------------------------


def _of_text(change: Callable[[str], Any]) -> Callable[[Any], Any]:
    def apply(value: Any) -> Any:
        return value if isinstance(value, Empty) else change(as_text(value))

    return apply


def _of_type(kinds: type[Any] | tuple[type[Any], ...], change: Callable[[Any], str]) -> Callable[[Any], Any]:
    def apply(value: Any) -> Any:
        if isinstance(value, Missing):
            str(value)
        if isinstance(value, Empty):
            return value
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise Refusal(Flaw.NOT_TEXT, found=type(value).__name__)
        return change(value)

    return apply


def number(value: int | float | Decimal) -> str:
    """``1 200`` and ``12,5`` in French, without zeros that say nothing."""
    exact = value if isinstance(value, int) else Decimal(str(value))
    text = f"{exact:,f}" if isinstance(exact, Decimal) else f"{exact:,}"
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0")
    if current_language() == "en":
        return f"{whole}.{rest}" if rest else whole
    whole = whole.replace(",", "\u202f") if len(whole) > 5 else whole.replace(",", "")
    return f"{whole},{rest}" if rest else whole


def duration(minutes: int) -> str:
    """``30 min``, ``1 h``, ``1 h 30``."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}\u00a0min"
    return f"{hours}\u00a0h\u00a0{rest:02}" if rest else f"{hours}\u00a0h"


def _slug(text: str) -> str:
    try:
        return slugify(text)
    except ValueError:
        return ""


def _default(value: Any, other: Any = "") -> Any:
    """``other`` where there is nothing to show. An unknown name stays an error."""
    if isinstance(value, Missing):
        str(value)
    return value if is_set(value) else other


def _paragraphs(value: Any) -> Any:
    return value if isinstance(value, Empty) else escape_paragraphs(as_text(value))


def _quote(value: Any) -> Any:
    if isinstance(value, Empty):
        return value
    return escape_paragraphs(as_text(value), "> ")


def _length(value: Any) -> int:
    return len(as_text(value)) if isinstance(value, str) else len(as_list(value))


def _round(value: Any, digits: int = 0) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or digits not in range(7):
        raise Refusal(Flaw.NOT_A_NUMBER, found="round")
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return exact if digits else int(exact)


# --- lists ------------------------------------------------------------------------------------------------


def _reader(environment: Environment, attribute: str | None) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        for name in attribute.split(".") if attribute else ():
            value = environment.getattr(value, name)
        if isinstance(value, Missing):
            str(value)
        return value

    return read


def _key(value: Any) -> tuple[int, str, Any]:
    """What to sort by: texts without regard to case and accents, what is unset last."""
    if isinstance(value, Empty):
        return (1, "", "")
    if isinstance(value, bool | int | float | Decimal):
        return (0, "number", value)
    if isinstance(value, date | time):
        return (0, type(value).__name__, value)
    return (0, "text", fold(as_text(value)))


@pass_environment
def _sort(environment: Environment, value: Any, attribute: str | None = None, reverse: bool = False) -> list[Any]:
    read = _reader(environment, attribute)
    return sorted(as_list(value), key=lambda item: _key(read(item)), reverse=reverse)


@pass_environment
def _map(environment: Environment, value: Any, attribute: str) -> list[Any]:
    return [_reader(environment, attribute)(item) for item in as_list(value)]


@pass_environment
def _unique(environment: Environment, value: Any, attribute: str | None = None) -> list[Any]:
    read, found = _reader(environment, attribute), dict[tuple[int, str, Any], Any]()
    for item in as_list(value):
        found.setdefault(_key(read(item)), item)
    return list(found.values())


@pass_environment
def _groupby(environment: Environment, value: Any, attribute: str) -> list[Group]:
    read, found = _reader(environment, attribute), dict[tuple[int, str, Any], Group]()
    for item in as_list(value):
        key = read(item)
        found.setdefault(_key(key), Group(key, [])).items.append(item)
    return [found[key] for key in sorted(found)]


@pass_environment
def _sum(environment: Environment, value: Any, attribute: str | None = None) -> int | Decimal:
    read, total = _reader(environment, attribute), Decimal(0)
    for item in as_list(value):
        amount = read(item)
        if isinstance(amount, bool) or not isinstance(amount, int | float | Decimal):
            raise Refusal(Flaw.NOT_A_NUMBER, found="sum")
        total += Decimal(str(amount))
    return total


def _choosing(wanted: bool) -> Callable[..., list[Any]]:
    @pass_environment
    def choose(
        environment: Environment, value: Any, attribute: str, test: str | None = None, *arguments: Any
    ) -> list[Any]:
        read = _reader(environment, attribute)

        def fits(item: Any) -> bool:
            found = read(item)
            if test is None:
                return bool(found) if isinstance(found, bool) else is_set(found)
            if test not in environment.tests:
                raise Refusal(Flaw.UNKNOWN_TEST, found=test, allowed=sorted(environment.tests))
            return bool(environment.call_test(test, found, list(arguments)))

        return [item for item in as_list(value) if fits(item) is wanted]

    return choose


@pass_environment
def _join(environment: Environment, value: Any, separator: str = ", ", attribute: str | None = None) -> str:
    read = _reader(environment, attribute)
    return _joined([read(item) for item in as_list(value)], as_text(separator))


@pass_environment
def _join_words(environment: Environment, value: Any, attribute: str | None = None) -> str:
    """``a, b et c``."""
    read = _reader(environment, attribute)
    items = [read(item) for item in as_list(value)]
    if not any(isinstance(item, Markdown) for item in items):
        return join_words([as_text(item) for item in items if is_set(item)])
    return Markdown.trusted(join_words([printed(item, markdown=True) for item in items if is_set(item)]))


def _joined(items: Iterable[Any], separator: str) -> str:
    kept = [item for item in items if is_set(item)]
    if not any(isinstance(item, Markdown) for item in kept):
        return separator.join(as_text(item) for item in kept)
    parts = [printed(item, markdown=True) for item in kept]
    return Markdown.trusted(inline(separator).join(parts))


def _end(index: int) -> Callable[[Any], Any]:
    def pick(value: Any) -> Any:
        members = as_list(value)
        return members[index] if members else Empty("first" if index == 0 else "last")

    return pick


FILTERS: Mapping[str, Callable[..., Any]] = {
    "capitalize": _of_text(lambda text: text[:1].upper() + text[1:]),
    "date": _of_type(date, format_date),
    "date_long": _of_type(date, lambda day: format_date(day, weekday=True)),
    "date_short": _of_type(date, lambda day: format_date(day, year=False)),
    "default": _default,
    "duration": _of_type(int, duration),
    "first": _end(0),
    "groupby": _groupby,
    "join": _join,
    "join_words": _join_words,
    "last": _end(-1),
    "length": _length,
    "list": as_list,
    "lower": _of_text(str.lower),
    "map": _map,
    "paragraphs": _paragraphs,
    "price": _of_type((int, Decimal), format_price),
    "quote": _quote,
    "rejectattr": _choosing(False),
    "reverse": lambda value: as_list(value)[::-1],
    "round": _round,
    "selectattr": _choosing(True),
    "slug": _of_text(_slug),
    "sort": _sort,
    "sum": _sum,
    "time": _of_type(time, format_time),
    "trim": _of_text(str.strip),
    "unique": _unique,
    "upper": _of_text(str.upper),
}
"""By the name that authors use."""

ONLY_MARKDOWN = frozenset({"paragraphs", "quote"})
