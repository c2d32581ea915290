"""A plan on the screen, in the words of the people who are about to agree to it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from allies_sync.cli.screen import styled, width, wrapped
from allies_sync.engagements.prepare import Preparation
from allies_sync.model.resources import Resource, Share
from allies_sync.platforms.interface import Address
from allies_sync.reconcile.decide import Action, Reason
from allies_sync.reconcile.plan import Item
from allies_sync.reconcile.wording import (
    OF_SEVERAL,
    SYMBOLS,
    choices,
    kind_name,
    labelled,
    listed,
    narrowing_sentences,
    option_meanings,
    particulars,
    reason_sentence,
    role_name,
    title_of,
)
from allies_sync.text.characters import clean_line
from allies_sync.text.messages import _, ngettext

STYLES = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.KEEP: "cyan",
    Action.CONFLICT: "red",
    Action.BLOCKED: "red",
    Action.FOREIGN: "yellow",
}
QUIET = frozenset({Action.NONE})
WRITTEN = (Action.CREATE, Action.UPDATE)
OF_THE_TOOL = ("slug", "opened", "cancelled")
ALONE = frozenset(Action) - {Action.NONE, Action.CREATE}
TITLE_COLUMN = 24
SHOWN = 4


def heading(title: str, slug: str) -> str:
    """The line above everything that is said of one engagement."""
    return styled(_("Espace de travail « {title} » · {slug}").format(title=clean_line(title), slug=slug), "bold")


def plan_lines(preparation: Preparation, *, verbose: bool = False) -> Iterator[str]:
    """The whole plan, role by role."""
    yield heading(preparation.engagement.title, preparation.slug)
    yield from data_lines(preparation)
    resources = [resource for part in preparation.parts for resource in part.desired.resources]
    by_id: dict[str, Resource] = {resource.id: resource for resource in resources}
    written = frozenset[str]() if verbose else written_drafts(preparation)
    told = [it for it in preparation.items if verbose or (it.action not in QUIET and it.key not in written)]
    column = max((len(kind_name(item.kind)) for item in told), default=0) + 2
    titles = [len(title_of(item, by_id)) for item in told if item.action in ALONE]
    room = min(max(titles, default=0), TITLE_COLUMN) + 1
    for part in reversed(preparation.parts):
        shared = part.desired.space.collective
        for role in dict.fromkeys(item.role for item in part.plan.items):
            items = [item for item in part.plan.items if item.role == role and item.key not in written]
            lines = list(role_lines(items, by_id, preparation.slug, (column, room), verbose=verbose))
            if not lines:
                continue
            where = _("pour tous les accompagnements") if shared else place_of(preparation, role)
            yield ""
            yield f"  {styled(role_name(role), 'bold')}{'':<{max(10 - len(role_name(role)), 2)}}{where}"
            yield from lines
    yield from legend_lines(preparation.items)
    yield from narrowed_lines(preparation)
    yield from caveat_lines(preparation)
    yield from unchanged_line(preparation)


def written_drafts(preparation: Preparation) -> frozenset[str]:
    """The drafts in which somebody wrote, as is wanted."""
    drafts = preparation.drafts
    kept = (it for it in preparation.items if it.action is Action.KEEP and it.decision.reason is Reason.EDITED)
    return frozenset(item.key for item in kept if item.key in drafts)


def data_lines(preparation: Preparation) -> Iterator[str]:
    """What changes in the engagement's own data."""
    before, after = preparation.before, preparation.engagement
    if before is None or before == after:
        return
    fields = [name for name in type(after).model_fields if name not in OF_THE_TOOL]
    changed = [name for name in fields if getattr(before, name) != getattr(after, name)]
    yield ""
    yield f"  {styled(_('données'), 'bold')}"
    for name in changed:
        old, new = shown(getattr(before, name)), shown(getattr(after, name))
        text = labelled(name, f"{old} → {new}") if old is not None and new is not None else name
        yield from marked("~", "yellow", wrapped(text, first="    ~ ", rest="        "))


def shown(value: object) -> str | None:
    """A plain value in one line; None for what is too big for one."""
    if value is None:
        return "—"
    text = (
        str(getattr(value, "name", value))
        if hasattr(type(value), "model_fields")
        else str(getattr(value, "value", value))
    )
    return clean_line(text) if len(text) <= 60 and not isinstance(value, tuple) else None


def role_lines(
    items: Sequence[Item],
    by_id: Mapping[str, Resource],
    slug: str,
    columns: tuple[int, int],
    *,
    verbose: bool = False,
) -> Iterator[str]:
    """One role's lines: alike things together, what people should look at one by one."""
    groups: dict[tuple[Action, str, str], list[Item]] = {}
    silent: dict[str, list[Item]] = {}
    for item in items:
        if item.action in QUIET and not verbose:
            continue
        if item.action is Action.BLOCKED:
            silent.setdefault(reason_sentence(item), []).append(item)
            continue
        alike = item.action in (Action.CREATE, Action.NONE) or item.decision.reason in OF_SEVERAL
        if alike and item.action in (Action.CREATE, Action.UPDATE, Action.NONE) and not told_of(item):
            why = reason_sentence(item) if item.action is Action.UPDATE else ""
            groups.setdefault((item.action, item.kind, why), []).append(item)
        else:
            groups[(item.action, item.key, "")] = [item]
    for action, _key, why in groups:
        group = groups[(action, _key, why)]
        yield from group_lines(group, why, columns, by_id)
        for item in group:
            yield from choice_lines(item, slug)
    for why, group in silent.items():
        said = f"{why[:1].upper()}{why[1:]} ({listed(group)})"
        yield from marked("?", "red", wrapped(said, first="    ? ", rest="      "))


def group_lines(
    group: Sequence[Item], why: str, columns: tuple[int, int], by_id: Mapping[str, Resource]
) -> Iterator[str]:
    """``+ page  Accueil · Programme``, or one thing with what is to be said about it."""
    column, room = columns
    first = group[0]
    symbol = SYMBOLS[first.action]
    kind = kind_name(first.kind)
    indent = " " * (6 + column)
    titles = " · ".join(clean_line(title_of(item, by_id)) for item in group)
    extra = why
    if len(group) == 1:
        extra = reason_sentence(first) if first.action not in (Action.CREATE, Action.NONE) else ""
        told = told_of(first)
        titles = f"{titles} — {told}" if told else titles
    start = f"    {symbol} {kind:<{column}}"
    if extra and len(group) > 1:
        titles, extra = f"{titles} — {clean_line(extra)}", ""
    if not extra:
        yield from marked(symbol, STYLES.get(first.action, "dim"), wrapped(titles, first=start, rest=indent))
        return
    together = f"{titles:<{room}}" if len(titles) < room else f"{titles} "
    if len(start) + len(together) + len(extra) < width():
        line = f"{start}{together}{clean_line(extra)}"
        yield from marked(symbol, STYLES.get(first.action, "dim"), [line])
        return
    yield from marked(symbol, STYLES.get(first.action, "dim"), wrapped(titles, first=start, rest=indent))
    yield from wrapped(extra, first=indent, rest=indent)


def told_of(item: Item) -> str:
    """What is worth knowing of a thing that is about to be written."""
    return particulars(item.resource) if item.decision.content and item.action in WRITTEN else ""


def choice_lines(item: Item, slug: str) -> Iterator[str]:
    """The commands that answer what only a person can decide, each on a line of its own to be copied."""
    for option in choices(item):
        yield f"      allies-sync sync {slug} {option} {item.key}"


def legend_lines(items: Iterable[Item]) -> Iterator[str]:
    """What the options of those commands do, once."""
    offered = list(dict.fromkeys(option for item in items for option in choices(item)))
    if not offered:
        return
    yield ""
    meanings = option_meanings()
    wide = max(len(option) for option in offered)
    for option in offered:
        yield f"  {option:<{wide}}  {meanings[option]}"


def narrowed_lines(preparation: Preparation) -> Iterator[str]:
    """Rights that a platform cannot express as asked, before anything is written."""
    groups: dict[str, list[Item]] = {}
    linked = {it.resource.target: it.resource.audience for it in preparation.items if isinstance(it.resource, Share)}
    for item in preparation.items:
        known = item.action is not Action.CREATE and item.decision.reason is not Reason.RIGHTS
        if item.resource is None or item.asked is None or known:
            continue
        given = item.asked
        if linked.get(item.key) is item.resource.access.read:
            given = replace(given, read=item.resource.access.read)  # by way of the link
        for sentence in narrowing_sentences(item.resource.access, given):
            groups.setdefault(labelled(role_name(item.role), sentence), []).append(item)
    if not groups:
        return
    yield ""
    told = _("Droits rendus plus stricts, faute de mieux sur cette plateforme :")
    yield from marked("⚠", "yellow", wrapped(told, first="  ⚠ ", rest="    "))
    for sentence, items in groups.items():
        names = [clean_line(item.title) for item in items[:SHOWN]]
        if len(items) > SHOWN:
            others = ngettext("{count} autre", "{count} autres", len(items) - SHOWN)
            names.append(others.format(count=len(items) - SHOWN))
        yield from wrapped(f"{sentence} ({' · '.join(names)})", first="    ", rest="      ")


def caveat_lines(preparation: Preparation) -> Iterator[str]:
    """What the platforms' own rules will refuse or change of what is to be made."""
    groups: dict[str, list[Item]] = {}
    for item in preparation.items:
        if item.key in preparation.caveats:
            groups.setdefault(preparation.caveats[item.key], []).append(item)
    if not groups:
        return
    yield ""
    told = _("Ce que les règles de la plateforme y changeront :")
    yield from marked("⚠", "yellow", wrapped(told, first="  ⚠ ", rest="    "))
    for sentence, items in groups.items():
        yield from wrapped(labelled(listed(items), sentence), first="    ", rest="      ")


def unchanged_line(preparation: Preparation) -> Iterator[str]:
    """How many things are as they should be."""
    drafts = written_drafts(preparation)
    items = [item for item in preparation.items if item.key not in drafts]
    count = sum(item.action is Action.NONE and item.decision.reason is not Reason.UNSUPPORTED for item in items)
    if not count:
        return
    others = preparation.description is not None or any(item.action is not Action.NONE for item in items)
    yield ""
    if others:
        text = ngettext("{count} élément inchangé", "{count} éléments inchangés", count)
    else:
        text = ngettext(
            "{count} élément, inchangé : rien à faire", "{count} éléments, tous inchangés : rien à faire", count
        )
    yield f"  {SYMBOLS[Action.NONE]} {text.format(count=count)}"


def marked(symbol: str, style: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines whose symbol has its colour."""
    for number, line in enumerate(lines):
        yield line.replace(symbol, styled(symbol, style), 1) if number == 0 else line


def place_of(preparation: Preparation, role: str) -> str:
    """Where a role's things are or will be, as short as it can be said."""
    if role == "files":
        return where(preparation.place)
    home = preparation.workspace.home
    address = preparation.own.plan.space.addresses.get(home or "")
    if address is None:
        return ""
    if address.url and urlsplit(address.url).scheme in ("http", "https"):
        return urlsplit(address.url).netloc
    path = local_path(address.url or "")
    return short_path(path.parent) if path else ""


def where(address: Address) -> str:
    """``partage.exemple.org › Engagements › 2027-…``, or a path on this disk."""
    path = local_path(address.url or "")
    if path:
        return short_path(path)
    parts = urlsplit(address.url or "")
    if parts.scheme in ("http", "https"):
        steps = [unquote(step) for step in address.path.split("/") if step] if address.path else []
        return clean_line(" › ".join([parts.netloc, *steps]))
    return clean_line(address.path)


def local_path(url: str) -> Path | None:
    """The path of a ``file://`` address."""
    parts = urlsplit(url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def short_path(path: Path) -> str:
    """A path as a person would type it from here."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return clean_line(str(path))
    return clean_line(str(path) if relative.startswith(os.pardir) else relative)


def link(url: str) -> str:
    """An address to be sent or opened: paths on this disk as paths, the rest as it is."""
    path = local_path(url)
    return short_path(path) if path else clean_line(url)
