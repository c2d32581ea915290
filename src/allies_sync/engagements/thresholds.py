"""What may be counted before everybody's eyes: said to every widget that does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from allies_sync.answers.tallying import is_personal
from allies_sync.model.questionnaire import CLOSED_KINDS
from allies_sync.model.resources import Body, Form, Page, Resource, Widget
from allies_sync.workspace.rendering import Workspace

COUNTING = "tally"


def with_threshold(workspace: Workspace, threshold: int) -> Workspace:
    """The same workspace, in which widgets that count are told how few answers could identify someone (a template may
    ask for more, never for less), and which questions they may count: none that is personal."""
    forms = {it.id: it for it in workspace.resources if isinstance(it, Form)}
    return replace(workspace, resources=tuple(_page(it, threshold, forms) for it in workspace.resources))


def _page(resource: Resource, threshold: int, forms: Mapping[str, Form]) -> Resource:
    if not isinstance(resource, Page) or not any(_counts(part) for part in resource.body):
        return resource
    body: Body = tuple(_widget(part, threshold, forms) for part in resource.body)
    return replace(resource, body=body)


def _counts(part: str | Widget) -> bool:
    return isinstance(part, Widget) and part.name == COUNTING


def _widget(part: str | Widget, threshold: int, forms: Mapping[str, Form]) -> str | Widget:
    if not isinstance(part, Widget) or not _counts(part):
        return part
    asked = part.option("threshold")
    number = max(threshold, int(asked) if asked.isascii() and asked.isdigit() else 0)
    form = forms.get(part.target or "")
    fields = form.fields if form else ()
    questions = [it.id for it in fields if it.kind in CLOSED_KINDS and not is_personal(it)]
    options = {**dict(part.options), "threshold": str(number), "questions": " ".join(questions)}
    return replace(part, options=tuple(sorted(options.items())))
