"""Tries a template: with engagements that say everything, that say next to nothing, and with hostile words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import State
from allies_sync.model.problems import InvalidData, Problem
from allies_sync.model.resources import Body, Document, Form, Page, Resource
from allies_sync.workspace.flaws import Flaw, flaw
from allies_sync.workspace.rendering import Collective, Workspace, render_workspace
from allies_sync.workspace.samples import full_engagement, minimal_engagement, sparse_engagement, text_paths
from allies_sync.workspace.structure import sources_of
from allies_sync.workspace.template import Template

HOSTILE = (
    "*a* _b_ **c** ~~d~~ `e` [f](ref:page:g) ![h](i) <b>j</b> <!-- k --> &copy; {{ l }} {% m %} | n | $o$ \\",
    "# a #",
    "- a",
    "1",
    "1. a",
    "> a",
    "---",
    "===",
    "```",
    "~~~ a",
    "[a]: b",
    "(ref:page:a)",
    "| a | b |",
    "`",
    "![",
    "](ref:page:a)",
    "<https://exemple.org>",
)
"""What people might type that is markup somewhere."""

Shape = list[tuple[str, str, int, str]]


@dataclass(slots=True)
class Trial:
    """What came of it."""

    workspaces: list[Workspace] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def try_template(template: Template) -> Trial:
    """Renders a template in all states, with everything set and with as little as is allowed."""
    trial = Trial()
    collective = Collective(name="Collectif")
    for state in State:
        for engagement in (full_engagement(state), sparse_engagement(state), minimal_engagement(state)):
            try:
                trial.workspaces.append(render_workspace(template, engagement, collective))
            except InvalidData as error:
                trial.problems.extend(error.problems)
    if not trial.problems:
        trial.problems.extend(_escapes(template, collective))
        trial.problems.extend(_html(template, trial.workspaces))
    return trial


# --- does anything break out of the text? -----------------------------------------------------------------


def structure(body: Body) -> Shape:
    """What a body is made of, apart from its words: the same for any words that stay words."""
    text = "".join(part if isinstance(part, str) else "x" for part in body)
    return list(_structure(_parser().parse(text)))


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _structure(tokens: list[Token]) -> Iterator[tuple[str, str, int, str]]:
    for token in tokens:
        if token.type == "inline":
            yield from _structure(token.children or [])
        elif token.type in {"code_inline", "code_block", "fence"}:
            yield token.type, token.tag, token.nesting, token.content  # nothing can be escaped in here
        elif token.type not in {"text", "softbreak"}:
            target = str(token.attrGet("href") or token.attrGet("src") or "")
            yield token.type, token.tag, token.nesting, target if target.startswith("ref:") else ""


def bodies(resource: Resource) -> Body:
    """The Markdown of a resource, if it has any."""
    if isinstance(resource, Page | Document):
        return resource.body
    return resource.notice if isinstance(resource, Form) else ()


def _escapes(template: Template, collective: Collective) -> Iterator[Problem]:
    """Places where typed words would become markup: for each the source, and the field that showed it."""
    told: set[str] = set()
    tried: set[str] = set()
    for state in (State.OPEN, *State):
        harmless = render_workspace(template, full_engagement(state, lambda _path: "mot"), collective)
        new = {resource.id for resource in harmless.resources if bodies(resource)} - tried
        if not new:
            continue
        tried |= new
        expected = {item.id: structure(bodies(item)) for item in harmless.resources if item.id in new}
        for words in HOSTILE:
            hostile = _with(template, collective, state, lambda _path, words=words: words)
            for resource in hostile.resources if hostile else ():
                if resource.id not in new - told or structure(bodies(resource)) == expected[resource.id]:
                    continue
                told.add(resource.id)
                yield _culprit(template, collective, state, resource.id, words, expected[resource.id])


def _with(template: Template, collective: Collective, state: State, words: object) -> Workspace | None:
    engagement: Engagement = full_engagement(state, words)  # type: ignore[arg-type]
    try:
        return render_workspace(template, engagement, collective)
    except InvalidData:
        return None


def _culprit(
    template: Template, collective: Collective, state: State, key: str, words: str, expected: Shape
) -> Problem:
    """Names the field whose words broke out of one resource."""
    declaration = next(
        item for item in template.declarations if key == item.id or (item.each and key.startswith(f"{item.id}-"))
    )
    source = next(path for name, path in sources_of(template, declaration) if name in {"source", "notice"})
    file, _line = template.where_in(source)
    sample = full_engagement(state)
    for path in text_paths(sample):
        found = _with(
            template, collective, state, lambda field, path=path: words if field == path else "mot"
        )
        resource = found.get(key) if found else None
        if resource is not None and structure(bodies(resource)) != expected:
            return flaw(Flaw.BREAKS_OUT, file, _line_of(template, source, path), path, words)
    return flaw(Flaw.BREAKS_OUT, file, None, "", words)


def _line_of(template: Template, source: str, path: str) -> int | None:
    """The first line of a source that names a field."""
    name = f".{path.rpartition('.')[2].partition('[')[0]}"
    found = template.compiled.sources(source)
    lines = found[0].split("\n") if found else []
    return next((number for number, line in enumerate(lines, 1) if name in line), None)


def _html(template: Template, workspaces: list[Workspace]) -> Iterator[Problem]:
    """HTML in a source: not every platform shows it, and people's pages must not hold any."""
    for workspace in workspaces:
        for resource in workspace.resources:
            text = "".join(part for part in bodies(resource) if isinstance(part, str))
            for token in _parser().parse(text):
                for found in (token, *(token.children or [])):
                    if found.type in {"html_block", "html_inline"}:
                        yield _html_at(template, resource.id, found.content.strip().split("\n")[0])


def _html_at(template: Template, key: str, content: str) -> Problem:
    for layer in template.layers:
        for path in layer.files:
            if not path.endswith(".md"):
                continue
            text = layer.files[path].decode("utf-8", "replace")
            for number, line in enumerate(text.split("\n"), 1):
                if content in line:
                    return flaw(Flaw.RAW_HTML, layer.shown(path), number, found=content)
    return flaw(Flaw.RAW_HTML, key, None, found=content)
