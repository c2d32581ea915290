"""How few answers could identify someone: said to every widget that counts them."""

from __future__ import annotations

from dataclasses import replace

from allies_sync.model.resources import Body, Page, Resource, Widget
from allies_sync.workspace.rendering import Workspace

COUNTING = "tally"
OPTION = "threshold"


def with_threshold(workspace: Workspace, threshold: int) -> Workspace:
    """The same workspace, whose widgets show nothing for fewer answers than the collective's threshold. A template
    may ask for more, never for less."""
    return replace(workspace, resources=tuple(_page(it, threshold) for it in workspace.resources))


def _page(resource: Resource, threshold: int) -> Resource:
    if not isinstance(resource, Page) or not any(_counts(part) for part in resource.body):
        return resource
    body: Body = tuple(_widget(part, threshold) for part in resource.body)
    return replace(resource, body=body)


def _counts(part: str | Widget) -> bool:
    return isinstance(part, Widget) and part.name == COUNTING


def _widget(part: str | Widget, threshold: int) -> str | Widget:
    if not isinstance(part, Widget) or not _counts(part):
        return part
    asked = part.option(OPTION)
    number = max(threshold, int(asked) if asked.isascii() and asked.isdigit() else 0)
    options = {**dict(part.options), OPTION: str(number)}
    return replace(part, options=tuple(sorted(options.items())))
