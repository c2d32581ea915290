"""What is missing in a mémoire: one look at its fields, one at its links if they were probed. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from allies_sync.model.memoire import KEYS, LINKS, Memoire, gaps

EXPECTED = tuple(name for name in KEYS if name not in ("tag", "title", "contributors"))
"""The fields that a complete mémoire fills in."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One mémoire looked at. ``missing``: fields that say nothing; ``invalid``: links that are no web address;
    ``dead``: links that answer no more, with the reason."""

    tag: str
    title: str
    url: str
    missing: tuple[str, ...]
    invalid: tuple[str, ...]
    links: Mapping[str, str]
    dead: Mapping[str, str]

    @property
    def score(self) -> int:
        """The share of its expected fields that say something of use, in percent."""
        lost = len({*self.missing, *self.invalid, *self.dead})
        return round(100 * (len(EXPECTED) - lost) / len(EXPECTED))

    @property
    def complete(self) -> bool:
        """Whether all three documents are linked, and none of the links is known to be dead."""
        return len(self.links) == len(LINKS) and not self.dead

    @property
    def bare(self) -> bool:
        """Whether no document is linked at all."""
        return not self.links


@dataclass(frozen=True, slots=True)
class Totals:
    """All of them together. ``score``: the mean of theirs, in percent."""

    count: int
    complete: int
    bare: int
    dead: int
    score: int
    missing: Mapping[str, int]


def check(memoire: Memoire, dead: Mapping[str, str] | None = None) -> Checked:
    """Looks at one mémoire. ``dead``: addresses that answer no more, with the reason."""
    links = memoire.links
    return Checked(
        tag=memoire.tag,
        title=memoire.title,
        url=memoire.url,
        missing=tuple(gaps(memoire)),
        invalid=tuple(name for name in LINKS if memoire.values(name) and name not in links),
        links=links,
        dead={name: dead[url] for name, url in links.items() if dead and url in dead},
    )


def totals(checked: Iterable[Checked]) -> Totals:
    """What all of them come to."""
    count = complete = bare = dead = score = 0
    missing = dict.fromkeys(EXPECTED, 0)
    for one in checked:
        count += 1
        complete += one.complete
        bare += one.bare
        dead += len(one.dead)
        score += one.score
        for name in one.missing:
            missing[name] += 1
    return Totals(count, complete, bare, dead, round(score / count) if count else 0, missing)
