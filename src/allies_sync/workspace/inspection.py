"""What a Jinja source may contain, checked before it runs: everything that is wrong, at once, with its line.

Only a small part of Jinja is let in. What is left out either joins text in ways that would escape it for HTML in
the middle of Markdown (``~``, ``+``, ``%`` on texts), switches escaping off, or reaches methods of values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from jinja2 import nodes

from allies_sync.model.problems import Problem
from allies_sync.text.characters import clean_lines
from allies_sync.workspace.flaws import Flaw, flaw

_STATEMENTS = (nodes.Template, nodes.Output, nodes.Extends, nodes.For, nodes.If, nodes.Macro, nodes.CallBlock)
_MORE_STATEMENTS = (nodes.With, nodes.Block, nodes.Include, nodes.Import, nodes.FromImport, nodes.Assign)
_BLOCKS = (nodes.AssignBlock, nodes.Scope)
_EXPRESSIONS = (nodes.Name, nodes.NSRef, nodes.Const, nodes.TemplateData, nodes.Tuple, nodes.List, nodes.Dict)
_MORE_EXPRESSIONS = (nodes.Pair, nodes.Keyword, nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Call)
_ACCESS = (nodes.Getitem, nodes.Getattr, nodes.Slice, nodes.Compare, nodes.Operand)
_OPERATORS = (nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos, nodes.Add, nodes.Sub, nodes.Mul)
_MORE_OPERATORS = (nodes.Div, nodes.FloorDiv, nodes.Mod)
ALLOWED: tuple[type[nodes.Node], ...] = (
    *_STATEMENTS,
    *_MORE_STATEMENTS,
    *_BLOCKS,
    *_EXPRESSIONS,
    *_MORE_EXPRESSIONS,
    *_ACCESS,
    *_OPERATORS,
    *_MORE_OPERATORS,
)
_SPELLINGS: dict[type[nodes.Node], str] = {
    nodes.Concat: "~",
    nodes.Pow: "**",
    nodes.FilterBlock: "{% filter %}",
    nodes.ScopedEvalContextModifier: "{% autoescape %}",
    nodes.EvalContextModifier: "{% autoescape %}",
    nodes.ExprStmt: "{% do %}",
    nodes.Break: "{% break %}",
    nodes.Continue: "{% continue %}",
}
_OUTSIDE = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_RAW_REFERENCE = re.compile(r"\]\(\s*<?ref:|^\s*\[[^\]\n]+\]:\s*<?ref:", re.MULTILINE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_OPEN_PLACES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("link", re.compile(r"\]\([^)]*$")),
    ("link", re.compile(r"^\s*\[[^\]]*\]:[^\n]*$")),
    ("html", re.compile(r"<[A-Za-z/!?][^>]*$")),
)
_CODE = re.compile(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a kind of source may use. ``exists`` tells whether another source can be included."""

    filters: Collection[str]
    tests: Collection[str]
    functions: Collection[str]
    variables: Collection[str]
    exists: Callable[[str], bool]
    markdown: bool = True


def inspect(tree: nodes.Template, file: str, rules: Rules) -> list[Problem]:
    """All that is wrong with a parsed source, in the order of its lines."""
    return sorted(_Inspector(tree, file, rules).problems(), key=lambda problem: problem.line or 0)


class _Inspector:
    def __init__(self, tree: nodes.Template, file: str, rules: Rules) -> None:
        self.tree = tree
        self.file = file
        self.rules = rules
        self.bound = _bound_names(tree)

    def problems(self) -> Iterator[Problem]:
        for node in _walk(self.tree):
            yield from self._node(node)
        if self.rules.markdown:
            yield from self._places()

    def _problem(self, code: Flaw, node: nodes.Node, found: str = "", allowed: Collection[str] = ()) -> Problem:
        return flaw(code, self.file, node.lineno, found=found, allowed=sorted(allowed))

    def _node(self, node: nodes.Node) -> Iterator[Problem]:
        if not isinstance(node, ALLOWED):
            spelling = next((text for kind, text in _SPELLINGS.items() if isinstance(node, kind)), None)
            yield self._problem(Flaw.FORBIDDEN, node, spelling or type(node).__name__)
        elif isinstance(node, nodes.Filter):
            if node.name not in self.rules.filters:
                yield self._problem(Flaw.UNKNOWN_FILTER, node, node.name, self.rules.filters)
            yield from self._arguments(node)
        elif isinstance(node, nodes.Test):
            if node.name not in self.rules.tests:
                yield self._problem(Flaw.UNKNOWN_TEST, node, node.name, self.rules.tests)
            yield from self._arguments(node)
        elif isinstance(node, nodes.Call):
            yield from self._call(node)
        elif isinstance(node, nodes.Name):
            yield from self._name(node)
        elif isinstance(node, nodes.Getattr):
            if node.attr.startswith("_"):
                yield self._problem(Flaw.FORBIDDEN, node, f".{node.attr}")
        elif isinstance(node, nodes.AssignBlock):
            if node.filter is not None:
                yield self._problem(Flaw.FORBIDDEN, node, "{% set … | … %}")
        elif isinstance(node, _OUTSIDE):
            yield from self._outside(node)
        elif isinstance(node, nodes.Add | nodes.Mod | nodes.Mul):
            for side in (node.left, node.right):
                if isinstance(side, nodes.Const) and isinstance(side.value, str):
                    yield self._problem(Flaw.FORBIDDEN, node, f"{node.operator} « … »")
                    break
        elif isinstance(node, nodes.TemplateData | nodes.Const):
            yield from self._text(node)

    def _text(self, node: nodes.TemplateData | nodes.Const) -> Iterator[Problem]:
        text = node.data if isinstance(node, nodes.TemplateData) else node.value
        if not isinstance(text, str):
            return
        if any(not clean_lines(char) for char in set(text)):
            yield self._problem(Flaw.BAD_CHARACTER, node)
        if isinstance(node, nodes.TemplateData) and self.rules.markdown:
            for match in _RAW_REFERENCE.finditer(text):
                line = node.lineno + text.count("\n", 0, match.end())
                yield flaw(Flaw.RAW_REFERENCE, self.file, line)

    def _arguments(self, node: nodes.Filter | nodes.Test | nodes.Call) -> Iterator[Problem]:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            yield self._problem(Flaw.FORBIDDEN, node, "*…")

    def _call(self, node: nodes.Call) -> Iterator[Problem]:
        yield from self._arguments(node)
        callee = node.node
        if isinstance(callee, nodes.Name):
            if callee.name not in self.rules.functions and callee.name not in self.bound:
                yield self._problem(Flaw.UNKNOWN_NAME, node, f"{callee.name}()", self._functions())
        elif not (
            isinstance(callee, nodes.Getattr)
            and isinstance(callee.node, nodes.Name)
            and (callee.node.name in self.bound.modules or callee.node.name == "loop")
        ):
            name = f".{callee.attr}()" if isinstance(callee, nodes.Getattr) else "(…)()"
            yield self._problem(Flaw.FORBIDDEN, node, name)

    def _functions(self) -> list[str]:
        return sorted(f"{name}()" for name in {*self.rules.functions, *self.bound.callables})

    def _name(self, node: nodes.Name) -> Iterator[Problem]:
        if node.ctx != "load":
            if node.name.startswith("_") or node.name in self.rules.functions:
                yield self._problem(Flaw.FORBIDDEN, node, node.name)
        elif not any(node.name in known for known in (self.bound, self.rules.variables, self.rules.functions)):
            yield self._problem(Flaw.UNKNOWN_NAME, node, node.name, {*self.rules.variables, *self.bound.names})

    def _outside(self, node: nodes.Stmt) -> Iterator[Problem]:
        name = getattr(node, "template", None)
        if not (isinstance(name, nodes.Const) and isinstance(name.value, str)):
            yield self._problem(Flaw.NOT_CONSTANT, node)
        elif not self.rules.exists(name.value):
            yield self._problem(Flaw.MISSING_SOURCE, node, name.value)

    # --- where values stand in the text -------------------------------------------------------------------

    def _places(self) -> Iterator[Problem]:
        """Values in code, in HTML or as an address cannot be escaped there."""
        line, fence = "", ""
        for node in _walk(self.tree):
            if not isinstance(node, nodes.Output):
                continue
            for child in node.nodes:
                if isinstance(child, nodes.TemplateData):
                    *whole, rest = (line + child.data).split("\n")
                    for text in whole:
                        fence = _fence_after(text, fence)
                    line = rest
                    continue
                place = "code" if fence else _open_place(line)
                if place:
                    yield flaw(Flaw.BAD_PLACE, self.file, child.lineno, details={"place": place})
                line += "x"


class _Bound(frozenset[str]):
    """All names that a source itself gives a value; ``modules``: those of imported sources."""

    modules: frozenset[str]
    callables: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self)


def _bound_names(tree: nodes.Template) -> _Bound:
    names: set[str] = {"loop", "caller"}
    modules: set[str] = set()
    callables: set[str] = {"caller"}
    for node in _walk(tree):
        if isinstance(node, nodes.Name) and node.ctx in {"store", "param"}:
            names.add(node.name)
        elif isinstance(node, nodes.Macro):
            callables.add(node.name)
        elif isinstance(node, nodes.Block):
            callables.add("super")
        elif isinstance(node, nodes.Import):
            modules.add(node.target)
        elif isinstance(node, nodes.FromImport):
            callables |= {item if isinstance(item, str) else item[1] for item in node.names}
    bound = _Bound(names | modules | callables)
    bound.modules, bound.callables = frozenset(modules), frozenset(callables)
    return bound


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    """All nodes in the order of the source."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(list(current.iter_child_nodes())))


def _fence_after(line: str, fence: str) -> str:
    match = _FENCE.match(line)
    if not match:
        return fence
    if not fence:
        return match[1]
    closes = match[1][0] == fence[0] and len(match[1]) >= len(fence) and not line[match.end() :].strip()
    return "" if closes else fence


def _open_place(line: str) -> str:
    text = _CODE.sub("x", line.replace("\\`", "x"))
    if "`" in text:
        return "code"
    return next((place for place, pattern in _OPEN_PLACES if pattern.search(text)), "")


def static_size(body: list[nodes.Node]) -> int:
    """The characters of text that a part of a source holds."""
    return sum(len(found.data) for node in body for found in _walk(node) if isinstance(found, nodes.TemplateData))
