"""Jinja, with next to nothing left of it: what a template may do is listed here, and nothing else works.

Two environments: one for Markdown, in which every value is escaped once when it is printed, and one for titles and
names, which are plain text that each platform escapes itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import Enum
from types import CodeType, FunctionType, MethodType
from typing import Any

from jinja2 import BaseLoader, TemplateNotFound, nodes
from jinja2.environment import Template as JinjaTemplate
from jinja2.environment import TemplateModule
from jinja2.exceptions import TemplateSyntaxError
from jinja2.runtime import BlockReference, Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from allies_sync.model.problems import InvalidData, Problem
from allies_sync.text.escaping import concatenate
from allies_sync.workspace.filters import FILTERS, ONLY_MARKDOWN, Group, loop_over, printed
from allies_sync.workspace.flaws import Flaw, Refusal, flaw
from allies_sync.workspace.functions import MARKDOWN_FUNCTIONS, PLAIN_FUNCTIONS
from allies_sync.workspace.inspection import Rules, inspect, static_size
from allies_sync.workspace.running import LARGEST_OUTPUT, Run, current, running
from allies_sync.workspace.views import Empty, Items, Missing, Unset, View, member, names_of, path_of, unknown_field

VARIABLES = ("engagement", "session", "collective", "template", "page", "notice", "questionnaire")
"""All that a source may know, as far as it is there (``session`` only in what comes once per session)."""
TESTS = frozenset(
    {"defined", "undefined", "none", "odd", "even", "divisibleby", "eq", "==", "equalto", "ne", "!=", "gt", ">"}
    | {"greaterthan", "ge", ">=", "lt", "<", "lessthan", "le", "<=", "in", "string", "number", "true", "false"}
)
LARGEST_NUMBER = 10**15
_LOOP = frozenset(
    {"index", "index0", "first", "last", "length", "revindex", "revindex0", "previtem", "nextitem", "depth"}
    | {"depth0", "cycle", "changed"}
)
_DAY = frozenset({"year", "month", "day"})
_CLOCK = frozenset({"hour", "minute"})
_EACH = "_each"
_TAG = re.compile(r"""(?:\{%(?:[^%"']|%(?!\})|"[^"]*"|'[^']*')*%\}|\{\#(?:[^#]|\#(?!\}))*\#\})""")
_TAG_LINE = re.compile(rf"^[ \t]*{_TAG.pattern}(?:[ \t]*{_TAG.pattern})*[ \t]*\n", re.MULTILINE)
_TAG_END = re.compile(r"[-+]?[%#]\}$")

Where = Callable[[], tuple[str, int | None]]
"""A file and a line."""
Sources = Callable[[str], tuple[str, str] | None]
"""From the name of a source to its text and the file that it stands in, or None when there is none."""


class Mode(Enum):
    """What becomes of printed values."""

    MARKDOWN = "markdown"
    PLAIN = "plain"


@dataclass(slots=True)
class Compiled:
    """Sources that were checked and compiled once, to be used for any number of engagements."""

    sources: Sources
    join: Callable[[str, str], str] = field(default=lambda name, parent: name)
    code: dict[tuple[Mode, str], CodeType] = field(default_factory=dict)


class _Loader(BaseLoader):
    def __init__(self, compiled: Compiled, mode: Mode) -> None:
        self.compiled = compiled
        self.mode = mode

    def load(
        self, environment: Any, name: str, globals: MutableMapping[str, Any] | None = None
    ) -> JinjaTemplate:
        code = self.compiled.code.get((self.mode, name))
        if code is None:
            found = self.compiled.sources(name)
            if found is None:
                raise TemplateNotFound(name)
            source, file = found
            code = environment.compile(source, name, file)
            self.compiled.code[self.mode, name] = code
        return JinjaTemplate.from_code(environment, code, globals if globals is not None else {})


class Sandbox(ImmutableSandboxedEnvironment):
    """One environment for one rendering: nothing that a template sets can reach the next engagement."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def __init__(self, compiled: Compiled, mode: Mode = Mode.MARKDOWN) -> None:
        super().__init__(
            loader=_Loader(compiled, mode),
            autoescape=False,  # values are escaped by finalize, once, and not for HTML
            undefined=Missing,
            finalize=_FINALIZE[mode],
            auto_reload=False,
            cache_size=0,  # what is compiled is kept in ``compiled``; a loaded template knows one thing's variables
        )
        self.compiled = compiled
        self.mode = mode
        if mode is Mode.MARKDOWN:
            self.concat = concatenate  # type: ignore[method-assign]  # macros, blocks, {% set %} give Markdown
        functions = MARKDOWN_FUNCTIONS if mode is Mode.MARKDOWN else PLAIN_FUNCTIONS
        self.globals = {**functions, "namespace": Namespace}
        filters = FILTERS if mode is Mode.MARKDOWN else FILTERS.keys() - ONLY_MARKDOWN
        self.filters = {**{name: FILTERS[name] for name in filters}, _EACH: loop_over}
        self.tests = {name: test for name, test in self.tests.items() if name in TESTS}
        self.tests["none"] = lambda value: value is None or isinstance(value, Empty)
        self._authors_filters = frozenset(filters)

    def _rules(self, name: str) -> Rules:
        return Rules(
            filters=self._authors_filters,
            tests=frozenset(self.tests),
            functions=frozenset(self.globals),
            variables=frozenset(VARIABLES),
            exists=lambda other: self.compiled.sources(self.compiled.join(other, name)) is not None,
            markdown=self.mode is Mode.MARKDOWN,
        )

    # --- compiling ----------------------------------------------------------------------------------------

    def examine(self, source: str, name: str, file: str) -> tuple[nodes.Template, list[Problem]]:
        """A source as a tree, and what it contains and may not. Raises :class:`InvalidData` when it is no Jinja."""
        try:
            tree = super()._parse(_without_tag_lines(source), name, file)
            return tree, inspect(tree, file, self._rules(name))
        except TemplateSyntaxError as error:
            raise InvalidData([_syntax(file, error.lineno, error.message or "")]) from None
        except (RecursionError, ValueError, OverflowError, MemoryError) as error:
            raise InvalidData([_syntax(file, None, str(error))]) from None

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Called by Jinja before it compiles anything: the only way in."""
        tree, problems = self.examine(source, name or "", filename or name or "")
        if problems:
            raise InvalidData(problems)
        for loop in list(tree.find_all(nodes.For)):
            size = nodes.Const(static_size(loop.body), lineno=loop.lineno)
            loop.iter = nodes.Filter(loop.iter, _EACH, [size], [], None, None, lineno=loop.lineno)
        for part in list(tree.find_all(nodes.Getitem)):
            if isinstance(part.arg, nodes.Slice):  # the only access that does not ask the environment
                part.node = nodes.Filter(part.node, _EACH, [], [], None, None, lineno=part.lineno)
        tree.set_environment(self)
        return tree

    def join_path(self, template: str, parent: str) -> str:
        return self.compiled.join(template, parent)

    # --- running ------------------------------------------------------------------------------------------

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, View | Empty):
            try:
                return member(obj, attribute)
            except AttributeError:
                return unknown_field(f"{path_of(obj)}.{attribute}", attribute, names_of(obj))
        allowed: frozenset[str] = frozenset()
        if isinstance(obj, Missing):
            return getattr(obj, attribute)
        if isinstance(obj, Group):
            allowed = Group.NAMES
        elif isinstance(obj, LoopContext):
            allowed = _LOOP
        elif isinstance(obj, TemplateModule) and not attribute.startswith("_"):
            allowed = frozenset(vars(obj)) - {"_body_stream"}
        elif isinstance(obj, Namespace):
            try:
                return getattr(obj, attribute)  # its own way of finding what was set
            except AttributeError:
                return unknown_field(attribute, attribute, ())
        elif isinstance(obj, dict):
            return obj[attribute] if attribute in obj else unknown_field(attribute, attribute, map(str, obj))
        elif isinstance(obj, date):
            allowed = _DAY
        elif isinstance(obj, time):
            allowed = _CLOCK
        if attribute in allowed:
            return getattr(obj, attribute)
        return unknown_field(attribute, attribute, sorted(allowed))

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Items | list | tuple | range) and isinstance(argument, int | slice):
            try:
                return obj[argument]
            except (IndexError, ValueError, TypeError):
                return unknown_field(f"[{argument}]", "", ())
        if isinstance(argument, str) and not argument.startswith("_"):
            return self.getattr(obj, argument)
        raise Refusal(Flaw.FORBIDDEN, found="[…]")

    def is_safe_callable(self, obj: Any) -> bool:
        if isinstance(obj, MethodType):
            return isinstance(obj.__self__, LoopContext) and obj.__name__ in {"cycle", "changed"}
        if isinstance(obj, FunctionType):
            return any(obj is function for function in self.globals.values())
        return isinstance(obj, Macro | LoopContext | BlockReference) or obj is Namespace

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        current().step()
        if not __self.is_safe_callable(__obj):
            if isinstance(__obj, Missing):
                str(__obj)
            raise Refusal(Flaw.FORBIDDEN, found="(…)()")
        return __context.call(__obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        for value in (left, right):
            if isinstance(value, Missing | Empty):
                str(value)
            if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
                raise Refusal(Flaw.NOT_A_NUMBER, found=operator)
        try:
            result = self.binop_table[operator](left, right)
        except (ArithmeticError, TypeError) as error:
            raise Refusal(Flaw.FAILED, found=operator, what=str(error)) from None
        if abs(result) > LARGEST_NUMBER:
            raise Refusal(Flaw.TOO_MUCH, allowed=(str(LARGEST_NUMBER),), what="number")
        return result

    def render(self, name: str, variables: Mapping[str, Any], run: Run) -> str:
        """The text that a source gives, or :class:`InvalidData` with where it went wrong."""
        return self._run(lambda: self.get_template(name, globals=dict(variables)), name, run)

    def render_text(self, text: str, variables: Mapping[str, Any], run: Run, where: Where) -> str:
        """The text that a Jinja string gives; ``where`` is asked for its place when something is wrong with it."""
        if not any(mark in text for mark in ("{{", "{%", "{#")):
            return text
        name = f"<{text}>"
        try:
            code = self.compiled.code.get((self.mode, name))
            if code is None:
                code = self.compiled.code[self.mode, name] = self.compile(text, name, name)
            template = JinjaTemplate.from_code(self, code, self.make_globals(dict(variables)))
            return self._run(lambda: template, name, run)
        except InvalidData as error:
            file, line = where()
            raise InvalidData(
                Problem(file, line, found.field, found.found, found.allowed, found.code, details=found.details)
                for found in error.problems
            ) from None

    def _run(self, load: Callable[[], JinjaTemplate], name: str, run: Run) -> str:
        """Variables are globals of the template, so that macros from other files know them too."""
        try:
            with running(run):
                template = load()
                return "".join(_bounded(template.root_render_func(template.new_context({}))))
        except InvalidData:
            raise
        except Exception as error:
            raise InvalidData([self._problem(error, name)]) from None

    def _problem(self, error: Exception, name: str) -> Problem:
        file, line = _place(error)
        if file is None:
            found = self.compiled.sources(name)
            file = found[1] if found else name
        if isinstance(error, Refusal):
            return error.at(file, line)
        if isinstance(error, Unset):
            return flaw(Flaw.UNSET, file, line, str(error))
        if isinstance(error, TemplateNotFound):
            return flaw(Flaw.MISSING_SOURCE, file, line, found=str(error.name))
        if isinstance(error, RecursionError):
            return flaw(Flaw.TOO_MUCH, file, line, details={"what": "steps"})
        return flaw(Flaw.FAILED, file, line, details={"what": f"{error}"[:200]})


def _without_tag_lines(source: str) -> str:
    """Lines that hold nothing but tags and comments leave no empty line behind; the others keep their line break.

    The line break moves into the tag, so that the lines keep their numbers.
    """

    def shortened(line: re.Match[str]) -> str:
        tags = "".join(_TAG.findall(line[0]))
        return _TAG_END.sub(lambda end: f"\n{end[0]}", tags)

    return _TAG_LINE.sub(shortened, source)


def _bounded(chunks: Iterator[str]) -> Iterator[str]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > LARGEST_OUTPUT:
            raise Refusal(Flaw.TOO_MUCH, allowed=(str(LARGEST_OUTPUT),), what="size")
        yield chunk


def _place(error: Exception) -> tuple[str | None, int | None]:
    """The innermost source and line that was running."""
    file, line = None, None
    trace = error.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, JinjaTemplate):
            file = template.filename
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return file, line


def _syntax(file: str, line: int | None, message: str) -> Problem:
    return flaw(Flaw.SYNTAX, file, line, details={"what": message[:200]})


def _print_markdown(value: Any) -> str:
    text = printed(value, markdown=True)
    current().step(0, len(text))
    return text


def _print_plain(value: Any) -> str:
    text = printed(value, markdown=False)
    current().step(0, len(text))
    return text


_FINALIZE: Mapping[Mode, Callable[[Any], Any]] = {Mode.MARKDOWN: _print_markdown, Mode.PLAIN: _print_plain}
