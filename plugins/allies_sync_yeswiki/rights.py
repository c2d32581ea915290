"""Who may read and write a page, in the wiki's own words: ``*`` all, ``@group``; admins and owners always may.

A frozen page says so in its list, as a comment that the wiki passes over: on a wiki whose team are the admins it
would look like any page of the team otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape

from allies_sync.model.resources import Access, Rights
from allies_sync.platforms.interface import Known
from allies_sync_yeswiki.names import fold_tag
from allies_sync_yeswiki.settings import YesWikiSettings

FROZEN = "# lecture seule"
ADMINS = "@admins"
GROUPS = "groups"
NO_COMMENTS = "comments-closed"

_ROW = re.compile(r'<input type="checkbox" name="selectpage\[.*?</tr>', re.S)
_TAG = re.compile(r'value="([^"]*)"\s+class="selectpage"')
_CELL = re.compile(r'<td align="center">(.*?)</td>', re.S)
_LABEL = re.compile(r'<span class="label label-(\w+)">(.*?)</span>', re.S)
_FORM = re.compile(r'class="form-acls')


@dataclass(frozen=True, slots=True)
class Row:
    """The rights of one page as the wiki shows them to an admin."""

    tag: str
    read: tuple[str, ...]
    write: tuple[str, ...]


class Levels:
    """Our levels as lists of the wiki, and back."""

    def __init__(self, settings: YesWikiSettings) -> None:
        self.team = f"@{settings.team_group}" if settings.team_group else ADMINS
        self.participants = f"@{settings.participants_group}" if settings.participants_group else ""

    @property
    def groups(self) -> str:
        """The groups, to be remembered with what got rights by them."""
        return f"{self.team} {self.participants}".strip()

    def former(self, known: Known | None) -> Levels | None:
        """Other groups by which a thing got its rights; None when they are the same, or not remembered."""
        groups = str(known.details.get(GROUPS) or "") if known else ""
        return Former(groups) if groups and groups != self.groups else None

    def outdated(self, row: Row | None, known: Known | None) -> bool:
        """Whether a page has the very rights that it got by other groups than those of the configuration."""
        former = self.former(known)
        if row is None or former is None:
            return False
        return any(
            set(lines) == set(former.list_for(former._level(lines)).split(","))
            and set(lines) != set(self.list_for(former._level(lines)).split(","))
            for lines in (row.read, row.write)
        )

    @property
    def known(self) -> frozenset[Rights]:
        levels = {Rights.PUBLIC, Rights.TEAM}
        return frozenset(levels | {Rights.PARTICIPANTS}) if self.participants else frozenset(levels)

    def list_for(self, level: Rights | None) -> str:
        if level is None:
            return f"{FROZEN},{ADMINS}"
        if level is Rights.PUBLIC:
            return "*"
        if level is Rights.PARTICIPANTS and self.participants:
            return self.team if self.team == self.participants else f"{self.participants},{self.team}"
        return self.team

    def access(self, row: Row) -> Access:
        return Access(self._level(row.read) or Rights.TEAM, self._level(row.write))

    def _level(self, lines: Iterable[str]) -> Rights | None:
        """The nearest level; None for a list that shuts all people out, and says so."""
        given = [line for line in lines if line]
        if FROZEN in given and not set(given) - {FROZEN, ADMINS}:
            return None
        if "*" in given:
            return Rights.PUBLIC
        if "+" in given or (self.participants and self.participants in given):
            return Rights.PARTICIPANTS
        return Rights.TEAM

    def fields(self, access: Access, tags: Iterable[str], *, read: bool = True) -> list[tuple[str, str]]:
        """What to send to give these rights to pages."""
        fields = [("geredroits_modifier", "1"), ("typemaj", "remplacer")]
        if read:
            fields.append(("newlire_advanced", self.list_for(access.read)))
        fields.append(("newecrire_advanced", self.list_for(access.write)))
        fields.append(("newcomment_advanced", NO_COMMENTS))
        return [*fields, *(("selectpage[]", tag) for tag in tags)]


class Former(Levels):
    """Levels as the configuration had them once."""

    def __init__(self, groups: str) -> None:
        self.team, _blank, self.participants = groups.partition(" ")


def is_table(html: str) -> bool:
    """Whether this is the table of all rights, which only admins see."""
    return _FORM.search(html) is not None and "</tbody>" in html


def rows(html: str) -> Mapping[str, Row]:
    """The rights of all pages, by folded name."""
    return {fold_tag(row.tag): row for row in _rows(html)}


def _rows(html: str) -> Iterator[Row]:
    for found in _ROW.finditer(html):
        tag = _TAG.search(found[0])
        cells = _CELL.findall(found[0])
        if tag and len(cells) >= 2:
            yield Row(unescape(tag[1]), _lines(cells[0]), _lines(cells[1]))


def _lines(cell: str) -> tuple[str, ...]:
    return tuple(_line(kind, unescape(text).strip()) for kind, text in _LABEL.findall(cell))


def _line(kind: str, text: str) -> str:
    """A label as what it stands for: the first three are shown as words, in the wiki's language."""
    if kind == "success":
        return "*"
    if kind == "warning":
        return "+"
    if kind == "danger" and not text.startswith("!"):
        return "%"
    return text
