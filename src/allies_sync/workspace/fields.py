"""Finds fields that do not exist in a source without rendering it, also in branches that no sample reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jinja2 import nodes

from allies_sync.model.engagement import Engagement
from allies_sync.model.people import Privacy
from allies_sync.model.problems import Problem
from allies_sync.model.programme import Session
from allies_sync.model.questionnaire import Questionnaire
from allies_sync.workspace.flaws import Flaw, flaw
from allies_sync.workspace.rendering import Collective, PageFacts, TemplateFacts
from allies_sync.workspace.shapes import PLAIN, Shape, shape_of

ROOTS: Mapping[str, Shape] = {
    "engagement": shape_of(Engagement),
    "session": shape_of(Session),
    "collective": shape_of(Collective),
    "template": shape_of(TemplateFacts),
    "page": shape_of(PageFacts),
    "notice": shape_of(Privacy),
    "questionnaire": shape_of(Questionnaire),
}

_SAME = {"sort", "selectattr", "rejectattr", "unique", "reverse", "list", "default"}
_BY_ATTRIBUTE = {"sort", "selectattr", "rejectattr", "unique", "map", "groupby", "sum", "join", "join_words"}
_SECOND_ARGUMENT = {"join"}

Known = dict[str, Shape | None]


def field_problems(tree: nodes.Template, file: str) -> list[Problem]:
    """All fields that a source reads and that do not exist."""
    finder = _Finder(file)
    finder.walk(tree.body, dict(ROOTS))
    return finder.problems


def path_problem(path: str, file: str, line: int | None) -> Problem | None:
    """What is wrong with a dotted path, of the engagement unless it begins with another root."""
    first, *rest = path.split(".")
    if first not in ROOTS:
        first, rest = "engagement", [first, *rest]
    shape: Shape | None = ROOTS[first]
    done = first
    for name in rest:
        following = shape.member(name) if shape else None
        if following is None:
            names = shape.names if shape else ()
            return flaw(Flaw.UNKNOWN_FIELD, file, line, f"{done}.{name}", name, names)
        shape, done = following, f"{done}.{name}"
    return None


class _Finder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def walk(self, body: list[nodes.Node], known: Known) -> None:
        for node in body:
            self._statement(node, known)

    def _statement(self, node: nodes.Node, known: Known) -> None:
        match node:
            case nodes.For():
                shape = self._shape(node.iter, known)
                inside = self._bound(node.target, shape.item if shape else None, known)
                if node.test is not None:
                    self._shape(node.test, inside)
                self.walk(node.body, inside)
                self.walk(node.else_, dict(known))
            case nodes.Assign():
                shape = self._shape(node.node, known)
                known.update(self._bound(node.target, shape, {}))
            case nodes.AssignBlock():
                self.walk(node.body, dict(known))
                known.update(self._bound(node.target, None, {}))
            case nodes.With():
                inside = dict(known)
                for target, value in zip(node.targets, node.values, strict=True):
                    inside.update(self._bound(target, self._shape(value, known), {}))
                self.walk(node.body, inside)
            case nodes.Macro() | nodes.CallBlock():
                for value in node.defaults:
                    self._shape(value, known)
                if isinstance(node, nodes.CallBlock):
                    self._shape(node.call, known)
                hidden: Known = {argument.name: None for argument in node.args}
                self.walk(node.body, {**known, **hidden})
            case nodes.If() | nodes.Block() | nodes.Scope():
                for child in node.iter_child_nodes():
                    self._either(child, known)
            case nodes.Output():
                for child in node.nodes:
                    self._shape(child, known)
            case _:
                for child in node.iter_child_nodes():
                    self._either(child, known)

    def _either(self, node: nodes.Node, known: Known) -> None:
        if isinstance(node, nodes.Expr):
            self._shape(node, known)
        else:
            self._statement(node, known)

    def _bound(self, target: nodes.Node, shape: Shape | None, known: Known) -> Known:
        bound = dict(known)
        if isinstance(target, nodes.Name):
            bound[target.name] = shape
        else:
            for name in target.find_all(nodes.Name):
                bound[name.name] = None
        return bound

    def _shape(self, node: nodes.Node, known: Known) -> Shape | None:
        """The shape of an expression if it can be told; notes unknown fields on the way."""
        match node:
            case nodes.Name():
                return known.get(node.name)
            case nodes.Getattr():
                return self._member(self._shape(node.node, known), node.attr, node, _spelt(node))
            case nodes.Getitem():
                holder = self._shape(node.node, known)
                if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
                    return self._member(holder, node.arg.value, node, str(node.arg.value))
                if isinstance(node.arg, nodes.Slice):
                    return holder
                return holder.item if holder else None
            case nodes.Filter():
                return self._filtered(node, known)
            case nodes.CondExpr():
                shapes = [self._shape(child, known) for child in node.iter_child_nodes()]
                return shapes[1] if shapes[1:] and shapes[1] == shapes[-1] else None
        for child in node.iter_child_nodes():
            self._shape(child, known)
        return None

    def _filtered(self, node: nodes.Filter, known: Known) -> Shape | None:
        shape = self._shape(node.node, known) if node.node is not None else None
        for value in [*node.args, *(keyword.value for keyword in node.kwargs)]:
            self._shape(value, known)
        if node.name == "_each":
            return shape
        item = shape.item if shape else None
        path = _attribute(node)
        found = item
        if path is not None and item is not None:
            for name in path.split("."):
                found = self._member(found, name, node, f"{node.name}(« {path} »)")
        if node.name in _SAME:
            return shape
        if node.name in {"first", "last"}:
            return item
        if node.name == "map" and found is not None:
            return Shape(item=found)
        return None

    def _member(self, shape: Shape | None, name: str, node: nodes.Node, spelt: str) -> Shape | None:
        if shape is None or shape == PLAIN:
            return None
        found = shape.member(name)
        if found is None and shape.model is not None:
            self.problems.append(flaw(Flaw.UNKNOWN_FIELD, self.file, node.lineno, spelt, name, shape.names))
        return found


def _attribute(node: nodes.Filter) -> str | None:
    """The field that a filter is told to look at."""
    if node.name not in _BY_ATTRIBUTE:
        return None
    values: dict[str, nodes.Expr | None] = {str(item.key): item.value for item in node.kwargs}
    position = 1 if node.name in _SECOND_ARGUMENT else 0
    found = values.get("attribute", node.args[position] if len(node.args) > position else None)
    return found.value if isinstance(found, nodes.Const) and isinstance(found.value, str) else None


def _spelt(node: nodes.Getattr) -> str:
    holder: nodes.Node = node.node
    before = "…"
    if isinstance(holder, nodes.Name):
        before = holder.name
    elif isinstance(holder, nodes.Getattr):
        before = _spelt(holder)
    return f"{before}.{node.attr}"


def constants(tree: nodes.Template) -> Iterator[tuple[nodes.Call, str, list[object], dict[str, nodes.Expr]]]:
    """Calls of functions by name: the call, its name, its arguments (None unless constant), its named ones."""
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name):
            values = [item.value if isinstance(item, nodes.Const) else None for item in call.args]
            yield call, call.node.name, values, {item.key: item.value for item in call.kwargs}
