"""Whether links still answer: asked politely, one host at a time, with a pause between two questions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from allies_sync.memoires.pinned import Bounds
from allies_sync.memoires.web import Web, place_of
from allies_sync.model.memoire import ON_DISK
from allies_sync.platforms.errors import PlatformError, Suspicious
from allies_sync.text.messages import _

HOSTS_AT_ONCE = 4
PAUSE = 1.0
MOST = 5_000
_GONE = (404, 410)
BOUNDS = Bounds(pages=1_000_000, size=1024, seconds=3_600.0, answer=30.0, wait=15.0)


@dataclass(frozen=True, slots=True)
class Probed:
    """What asking came to. ``dead``: the address is gone for good; otherwise ``reason`` says why nothing is known."""

    dead: bool
    reason: str = ""


def probe(
    urls: Iterable[str],
    typed: str = "",
    *,
    pause: float = PAUSE,
    progress: Callable[[str], None] = lambda url: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Mapping[str, Probed]:
    """Asks each address once. ``typed``: the source that the person named, which may be on this computer.

    A server that is down, slow or refuses says nothing about its pages: they are not called dead.
    """
    hosts: dict[str, list[str]] = {}
    found: dict[str, Probed] = {}
    for url in list(dict.fromkeys(urls))[:MOST]:
        if url.startswith(ON_DISK):
            found[url] = Probed(False, _("est sur un disque"))
            continue
        try:
            hosts.setdefault(place_of(url).name, []).append(url)
        except Suspicious as error:
            found[url] = Probed(True, error.message)

    def ask(wanted: list[str]) -> dict[str, Probed]:
        web = Web(typed or "https://invalid.invalid/", BOUNDS)
        answers = {}
        for number, url in enumerate(wanted):
            if number:
                sleep(pause)
            answers[url] = _one(web, url)
            progress(url)
        return answers

    with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
        for answers in pool.map(ask, hosts.values()):
            found |= answers
    return found


def _one(web: Web, url: str) -> Probed:
    try:
        status = web.probe(url)
    except Suspicious as error:
        return Probed(False, error.message)  # not opened: nothing is known of it
    except PlatformError as error:
        if _nowhere(web, url):
            return Probed(True, error.message)
        return Probed(False, error.message)
    if status in _GONE:
        return Probed(True, _("n'existe plus (erreur {status})").format(status=status))
    if status >= 400 or status == 310:
        return Probed(False, _("répond par l'erreur {status}").format(status=status))
    return Probed(False)


def _nowhere(web: Web, url: str) -> bool:
    """Whether no server has this name (any more)."""
    place = place_of(url)
    try:
        return not web.resolve(place.host, place.port)
    except (OSError, UnicodeError):
        return True
