"""What stands between double braces: the few actions whose result a client looks at, and boxes for the others."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from allies_sync_yeswiki.testing import names
from allies_sync_yeswiki.testing.layout import alert
from allies_sync_yeswiki.testing.markup import Markup
from allies_sync_yeswiki.testing.metadata import metadata_of
from allies_sync_yeswiki.testing.visit import Visit

Parameters = dict[str, str]
Action = Callable[["Context", Parameters], str]
_NESTED = 6
_KNOWN_TAGS = {"section": "section", "grid": "div", "col": "div", "panel": "div", "accordion": "div", "label": "span"}
_SILENT = {
    "login",
    "moteurrecherche",
    "configuration",
    "titrepage",
    "titlepage",
    "attach",
    "yeswikiversion",
}


class Redirected(Exception):
    """The page turned into a redirect while it was shown."""

    def __init__(self, location: str, body: str = "") -> None:
        super().__init__(location)
        self.location = location
        self.body = body


class Context:
    """Where an action is: the visit, and the page whose text it stands in."""

    def __init__(self, visit: Visit, depth: int = 0) -> None:
        self.visit = visit
        self.state = visit.state
        self.depth = depth

    def render(self, text: str) -> str:
        return Markup(self.state, self.act).render(text)

    def act(self, name: str, parameters: Parameters) -> str:
        action = REGISTRY.get(name)
        if action is not None:
            return action(self, parameters)
        if name in _SILENT:
            return ""
        if name == "end":
            return f"</{_KNOWN_TAGS.get(parameters.get('elem', ''), 'div')}>"
        if name in _KNOWN_TAGS:
            title = f"<h3>{escape(parameters['title'])}</h3>" if "title" in parameters else ""
            css = escape(parameters.get("class", ""))
            return f'<!-- start of {name} --><{_KNOWN_TAGS[name]} class="{name} {css}">{title}'
        return alert(f"Action {escape(name)} : N'existe pas")


REGISTRY: dict[str, Action] = {}


def action(*called: str) -> Callable[[Action], Action]:
    def register(function: Action) -> Action:
        for name in called:
            REGISTRY[name] = function
        return function

    return register


@action("include")
def _include(context: Context, parameters: Parameters) -> str:
    tag, state = parameters.get("page", ""), context.state
    page = state.pages.get(tag)
    if page is None or context.depth >= _NESTED:
        return ""
    if not context.visit.may("read", tag):
        return alert("Vous n'êtes pas autorisé à lire cette page")
    css = escape(parameters.get("class", ""))
    inner = Context(context.visit, context.depth + 1).render(page.body)
    return f'<div class="include {css}">\n{inner}\n</div>\n'


@action("redirect")
def _redirect(context: Context, parameters: Parameters) -> str:
    target = parameters.get("page", "")
    if not context.visit.redirects:
        link = f'<a href="{escape(context.state.url(target))}">{escape(target)}</a>'
        return f'<span style="color: red; weight: bold">Présence d\'une redirection vers "{link}"</span>'
    body = '<div class="page" ondblclick="doubleClickEdit(event);">\n'
    raise Redirected(context.state.url(target), body)


def link_address(context: Context, link: str) -> str:
    """The address that a button or a menu makes of a link."""
    if re.match(r"(?:https?|mailto):", link):
        return link
    place, _, query = link.partition("?")
    return context.state.url(f"{place}&{query}" if query else place)


@action("button")
def _button(context: Context, parameters: Parameters) -> str:
    address = escape(link_address(context, parameters.get("link", "")))
    icon = f'<i class="fa fa-{escape(parameters["icon"])}"></i> ' if parameters.get("icon") else ""
    css = escape(parameters.get("class", "btn-default"))
    return f'<a href="{address}" class="{css} btn">{icon}{escape(parameters.get("text", ""))}</a>'


@action("nav")
def _nav(context: Context, parameters: Parameters) -> str:
    links = [one.strip() for one in parameters.get("links", "").split(",")]
    titles = [one.strip() for one in parameters.get("titles", "").split(",")]
    items = "".join(
        f'<li><a href="{escape(link_address(context, link))}">'
        f"{titles[at] if at < len(titles) else escape(link)}</a></li>"
        for at, link in enumerate(links)
    )
    return f'<!-- start of nav -->\n<ul class="{escape(parameters.get("class", "nav nav-tabs"))}">{items}</ul>'


@action("progressbar")
def _progress(context: Context, parameters: Parameters) -> str:
    value = parameters.get("val", "")
    if not value or value == "0":
        return alert("Action progressbar : param val obligatoire")
    bar = f'<div class="progress-bar" style="width: {escape(value)}%">{escape(value)}%</div>'
    return f'<div class="progress">{bar}</div>'


@action("pageindex", "listpagestag")
def _index(context: Context, parameters: Parameters) -> str:
    """The names of all pages and entries, also of those that one may not read."""
    tags = (page.tag for page in context.state.pages.latest())
    return (
        "<ul>"
        + "".join(f'<li><a href="{escape(context.state.url(tag))}">{escape(tag)}</a></li>' for tag in tags)
        + "</ul>"
    )


@action("recentchanges")
def _recent_changes(context: Context, parameters: Parameters) -> str:
    """Pages, lists and entries that were changed since a moment, the last one first."""
    since = parameters.get("period", "")
    changed = sorted((it for it in context.state.pages.latest() if it.time >= since), key=lambda it: -it.id)
    return "".join(
        f'<small><a href="{escape(context.state.url(page.tag + "/revisions"))}"><img alt="historique"></a>&nbsp;'
        f'{page.time}</small> <a href="{escape(context.state.url(page.tag))}">{escape(page.tag)}</a> '
        f"<small>par {escape(page.user)}</small><br>\n"
        for page in (changed if since else changed[:50])
    )


def zones(visit: Visit) -> str:
    """The theme's places for pages: the wiki's own, or those that the page's metadata name."""
    chosen = metadata_of(visit.state, visit.call.tag) or {}
    parts = []
    for zone, css in (
        ("PageTitre", ""),
        ("PageMenuHaut", "yw-topnav"),
        ("PageRapideHaut", "yw-fast"),
        ("PageHeader", "yw-headerpage"),
    ):
        page = visit.state.pages.get(chosen.get(zone) or zone)
        if page is None or not visit.may("read", page.tag) or names.fold(page.tag) == names.fold(visit.call.tag):
            continue
        parts.append(f'<div class="include include {css}">\n{Context(visit, 1).render(page.body)}\n</div>')
    return "\n".join(parts)
