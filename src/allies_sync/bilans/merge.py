"""Refreshing a draft that people write in: a merge of three texts, block by block.

``base`` is what the tool wrote last, ``theirs`` what is there now, ``mine`` the new draft. A block of ``theirs`` that
reads like one of ``base`` is the tool's own, and is renewed; every other one is somebody's words: it stays, as it is
and where it is. A block of ``base`` that is no longer there was deleted or rewritten, and does not come back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise, takewhile

from allies_sync.bilans.forgetting import known_again
from allies_sync.bilans.parts import Part
from allies_sync.bilans.places import places
from allies_sync.text.blocks import Block, join, likeness, split, with_unix_lines

_KEY = r"[A-Za-z0-9][A-Za-z0-9_./-]*"
_VERSION = re.compile(r"^<!-- version (sha256:[0-9a-f]{64}) -->$", re.MULTILINE)
_MARK = re.compile(rf"<!-- ({_KEY}) -->")
_ANSWERS = re.compile(rf"<!-- answers ([a-z]+:{_KEY}) ([0-9]{{1,9}}) -->")


@dataclass(frozen=True, slots=True)
class Merged:
    """The new text. ``renewed``, ``added``, ``dropped``: keys of the tool's own parts; ``stale``: those that have
    changed and that somebody has rewritten, which was left alone."""

    text: str
    renewed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


def written(parts: Sequence[Part]) -> str:
    """The draft as one text."""
    spaced = [
        ("\n" if part.item and before is not None and before.item else "\n\n" if before else "") + part.text
        for before, part in pairwise([None, *parts])
        if part is not None
    ]
    return "".join(spaced) + "\n"


def dump(parts: Sequence[Part]) -> str:
    """The draft with the keys of its parts: what is remembered as ``base``."""
    return "\n\n".join(f"<!-- {part.key} -->\n{part.text}" for part in parts) + "\n"


def load(source: str) -> tuple[Part, ...]:
    """What :func:`dump` wrote; nothing where it is not that."""
    found: list[Part] = []
    key, lines = "", list[str]()
    for line in [*source.split("\n"), None]:
        mark = _MARK.fullmatch(line) if line is not None else None
        if line is not None and mark is None:
            lines.append(line)
            continue
        if key:
            found.append(Part(key, "\n".join(lines).strip("\n")))
        key, lines = mark[1] if mark else "", []
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Version:
    """What the tool wrote in one run. ``digest``: of the whole document as that run left it; ``answers``: how many
    each form had, where that is known."""

    digest: str
    parts: tuple[Part, ...]
    answers: Mapping[str, int] = field(default_factory=dict)


def remember(versions: Sequence[Version]) -> bytes:
    """Versions as a file. A run stores it before it writes the document, and may die in between: so the version
    before is kept as well."""
    return "\n".join(
        f"<!-- version {version.digest} -->\n{_counts(version.answers)}{dump(version.parts)}" for version in versions
    ).encode()


def _counts(answers: Mapping[str, int]) -> str:
    """Above the first part, where older versions of the tool read nothing."""
    return "".join(f"<!-- answers {form} {number} -->\n" for form, number in sorted(answers.items()))


def _counted(body: str) -> dict[str, int]:
    lines = (_ANSWERS.fullmatch(line) for line in body.strip("\n").split("\n"))
    return {found[1]: int(found[2]) for found in takewhile(bool, lines) if found}


def recall(data: bytes | None) -> tuple[Version, ...]:
    """What :func:`remember` wrote."""
    source = (data or b"").decode("utf-8", "replace")
    pieces = _VERSION.split(source)
    read = zip(pieces[1::2], pieces[2::2], strict=True)
    return tuple(Version(digest, load(body), _counted(body)) for digest, body in read)


def heading_of(parts: Sequence[Part], key: str) -> str:
    """What people call a part: the heading that stands above it, without its marks."""
    heading = ""
    for part in parts:
        if part.text.startswith("#"):
            heading = part.text.lstrip("#").strip()
        if part.key == key:
            break
    return heading or key


def merge(base: Sequence[Part], theirs: str, mine: Sequence[Part]) -> Merged:
    """The new draft in the text that people wrote in.

    Without a ``base`` nobody knows what is whose: then nothing is changed at all. A draft that somebody emptied stays
    empty.
    """
    source = with_unix_lines(theirs)
    if not base or not source.strip():
        return Merged(theirs)
    base = known_again(base, source, mine)
    if _all_alike(source, base):
        return _replaced(theirs, source, base, mine)
    merging = _Merging(base, source, mine)
    text = join(*merging.result())
    # as long as nothing is to be done, not even a line end changes
    text = theirs if text == source else text.replace("\n", "\r\n") if "\r\n" in theirs else text
    return Merged(
        text,
        tuple(merging.renewed),
        tuple(merging.added),
        tuple(merging.dropped),
        tuple(merging.stale()),
    )


def _all_alike(source: str, parts: Sequence[Part]) -> bool:
    """Whether nobody touched anything."""
    blocks, _tail = split(source)
    return len(blocks) == len(parts) and all(
        likeness(block.text) == likeness(part.text) for block, part in zip(blocks, parts, strict=True)
    )


def _replaced(theirs: str, source: str, base: Sequence[Part], mine: Sequence[Part]) -> Merged:
    before, after = {part.key: part.text for part in base}, {part.key: part.text for part in mine}
    renewed = tuple(key for key, text in after.items() if key in before and not _alike(before[key], text))
    added = tuple(key for key in after if key not in before)
    dropped = tuple(key for key in before if key not in after)
    moved = [key for key in after if key in before] != [key for key in before if key in after]
    if not (renewed or added or dropped or moved):
        return Merged(theirs)
    text = written(mine)
    return Merged(text.replace("\n", "\r\n") if "\r\n" in theirs else text, renewed, added, dropped)


def _alike(one: str, other: str) -> bool:
    return one == other or likeness(one) == likeness(other)


@dataclass(frozen=True, slots=True)
class _Place:
    """One block of the result. ``number``: which one of their text it was, or whose place it takes; ``key``: the
    tool's own part that it is; ``fresh``: its words are new; ``condemned``: its part is no more."""

    block: Block
    number: int | None
    key: str = ""
    fresh: bool = False
    condemned: bool = False


def _between(previous: _Place | None, place: _Place) -> str:
    """What separates two blocks: what did so already, if these two stood together and none is new."""
    before = place.block.before
    if previous is None:
        return before if place.number == 0 else ""
    if place.number is not None and previous.number == place.number - 1 and not (place.fresh or previous.fresh):
        return before
    if _item(place.block.text) and _item(previous.block.text):
        return "\n"
    return before if before.count("\n") > 1 else "\n\n"


def _item(text: str) -> bool:
    return text.startswith(("- ", "* ", "+ "))


class _Merging:
    def __init__(self, base: Sequence[Part], source: str, mine: Sequence[Part]) -> None:
        self.base = base
        self.mine = mine
        self.new: Mapping[str, str] = {part.key: part.text for part in mine}
        self.old: Mapping[str, str] = {part.key: part.text for part in base}
        self.blocks, self.tail = split(source)
        self.keys = self._matched()
        self.renewed: list[str] = []
        self.added: list[str] = []
        self.dropped: list[str] = []

    def _matched(self) -> dict[int, str]:
        """Which blocks are the tool's own, by their number: first those in order, then those that were moved, then
        those that a run wrote that died before it could remember them."""
        theirs = [likeness(block.text) for block in self.blocks]
        ours = [likeness(part.text) for part in self.base]
        found: dict[int, str] = {}
        for first, second, size in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
            for step in range(size):
                found[second + step] = self.base[first + step].key
        left = dict[tuple[str, ...], list[str]]()
        taken = set(found.values())
        for part in (*self.base, *self.mine):
            if part.key not in taken:
                keys = left.setdefault(likeness(part.text), [])
                if part.key not in keys:
                    keys.append(part.key)
        for number, like in enumerate(theirs):
            if number not in found:
                free = next((key for key in left.get(like, ()) if key not in taken), None)
                if free is not None:
                    found[number] = free
                    taken.add(free)
        return found

    def stale(self) -> Iterator[str]:
        """Parts that changed, where somebody's words stand now: no place that somebody filled in, as it asked, and
        nothing of a section that somebody took out."""
        there = set(self.keys.values())
        sections = {key.rpartition("/")[0] for key in there}
        for part in self.base:
            if part.key in there or part.key not in self.new or _alike(part.text, self.new[part.key]):
                continue
            if part.section in sections and not places(part.text):
                yield part.key

    def result(self) -> tuple[list[Block], str]:
        places = [self._place(number, block) for number, block in enumerate(self.blocks)]
        for key in self._additions():
            self._insert(places, key)
        kept: list[_Place] = []
        for number, place in enumerate(places):
            if place.condemned and not self._holds_words(places, number):
                self.dropped.append(place.key)
            else:
                kept.append(place)
        blocks = [
            Block(_between(before, place), place.block.text) for before, place in pairwise([None, *kept]) if place
        ]
        return blocks, self.tail

    def _place(self, number: int, block: Block) -> _Place:
        key = self.keys.get(number, "")
        if not key:
            return _Place(block, number)
        if key not in self.new:
            return _Place(block, number, key, condemned=True)
        if _alike(block.text, self.new[key]):
            return _Place(block, number, key)
        self.renewed.append(key)
        return _Place(Block(block.before, self.new[key]), number, key, fresh=True)

    def _holds_words(self, places: Sequence[_Place], number: int) -> bool:
        """Whether this is a heading with something below it: then it stays, or that would seem to be about something
        else."""
        level = places[number].block.level
        for place in places[number + 1 :] if level else ():
            below = place.block.level
            if below and below <= level:
                return False
            if not place.condemned:
                return True
        return False

    def _additions(self) -> Iterator[str]:
        """Parts that are new and belong to a section that is still there."""
        there = set(self.keys.values())
        sections = {key.rpartition("/")[0] for key in there}
        known = {key.rpartition("/")[0] for key in self.old}
        for part in self.mine:
            if part.key in self.old or part.key in there:
                continue
            if part.section not in known or part.section in sections:
                yield part.key

    def _insert(self, places: list[_Place], key: str) -> None:
        """Before the part that follows it in the draft, after what somebody wrote below the one that precedes it."""
        order = [part.key for part in self.mine]
        position = order.index(key)
        where = {place.key: number for number, place in enumerate(places) if place.key}
        following = next((where[other] for other in order[position + 1 :] if other in where), None)
        preceding = next((where[other] for other in reversed(order[:position]) if other in where), None)
        if following is not None and (preceding is None or preceding < following):
            number = following
        elif preceding is not None:
            number = preceding + 1
        else:
            number = len(places)
        places.insert(number, _Place(Block("\n\n", self.new[key]), None, key, fresh=True))
        self.added.append(key)
