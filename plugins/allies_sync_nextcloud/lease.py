"""The lease: a folder whose *name* says who holds it, and until when by the server's clock.

Renaming a folder is the one thing that the server does at once and for exactly one of several who ask (the source is
gone for all others). So the name is a register that is compared and swapped by MOVE: its number only ever grows, and
whoever renames the name that was seen has won. The very first lease is the making of the folder for the description
itself, which also succeeds for one only; it says so in a property.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from urllib.parse import unquote

from allies_sync.platforms.errors import Busy, Superseded
from allies_sync.platforms.interface import Lease
from allies_sync.text.messages import _

PREFIX = "verrou-"
FREE = "libre"


_NAME = re.compile(rf"{PREFIX}(\d{{6,12}})-(?:{FREE}|([A-Za-z0-9_.=]{{1,120}})-(\d{{9,12}})-(.{{1,400}}))")
_PLAIN = re.compile(r"[A-Za-z0-9_.]")
_READABLE = re.compile(r"[\w ().,@+'’-]")


@dataclass(frozen=True, slots=True)
class Held:
    """What a name says. ``run`` is "" when nobody holds it."""

    number: int
    run: str = ""
    until: datetime | None = None
    holder: str = ""

    @property
    def name(self) -> str:
        if not self.run or self.until is None:
            return f"{PREFIX}{self.number:06d}-{FREE}"
        return f"{PREFIX}{self.number:06d}-{self.text}"

    @property
    def text(self) -> str:
        """Run, end and holder, fit for a name."""
        until = int(self.until.timestamp()) if self.until else 0
        holder = _escaped(self.holder, _READABLE, 150).strip() or "=3f"
        return f"{_escaped(self.run, _PLAIN, 100)}-{until}-{holder}"

    def alive(self, now: datetime) -> bool:
        return bool(self.run and self.until and now < self.until)

    def lease(self, now: datetime) -> Lease:
        """As told to people and to the core."""
        left = max(0, int((self.until - now).total_seconds())) if self.until else 0
        return Lease(self.run, self.holder, left, self.until)


def of_name(name: str) -> Held | None:
    """What a folder's name says, or None when it is no lease."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    if found[2] is None:
        return Held(int(found[1]))
    until = datetime.fromtimestamp(int(found[3]), UTC)
    return Held(int(found[1]), _unescaped(found[2]), until, _unescaped(found[4]))


def of_property(text: str) -> Held | None:
    """The first lease, as the property of the description's folder says it."""
    return of_name(f"{PREFIX}000000-{text}") if text else None


def taken(number: int, lease: Lease, now: datetime) -> Held:
    """The lease as it would be. It ends a little later than its holder believes, never earlier."""
    until = datetime.fromtimestamp(ceil(now.timestamp()) + 1 + lease.seconds, UTC)
    return Held(number, lease.run, until, lease.holder)


def busy(slug: str, held: Held, now: datetime) -> Busy:
    until = held.until.astimezone().strftime("%H:%M:%S") if held.until else "?"
    return Busy(
        _("« {holder} » travaille déjà sur « {slug} », jusqu'à {time} au plus tard.").format(
            holder=held.holder or "?", slug=slug, time=until
        ),
        held.lease(now),
        _("Attendez que ce travail se termine, puis relancez la commande."),
    )


def superseded(slug: str) -> Superseded:
    return Superseded(
        _("Le verrou de « {slug} » n'est plus à cette commande : un autre poste a pris la suite.").format(slug=slug),
        _("Ce qui était fait l'est. Relancez la même commande : elle reprendra là où elle s'est arrêtée."),
    )


def _escaped(text: str, kept: re.Pattern[str], longest: int) -> str:
    """``text`` in characters that are good in a name, cut to a length, so that it can be read back."""
    found = ""
    for char in text:
        piece = char if kept.fullmatch(char) else "".join(f"={byte:02x}" for byte in char.encode("utf-8", "replace"))
        if len((found + piece).encode()) > longest:
            break
        found += piece
    return found


def _unescaped(text: str) -> str:
    return unquote(text.replace("%", "%25").replace("=", "%"), errors="replace")
