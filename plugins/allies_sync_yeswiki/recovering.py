"""Answers that went round the form's script and came to the same name: the wiki keeps the former ones as revisions.

A revision can only be read by its number, and only by making it the latest one: that is done serially, and undone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

from allies_sync.platforms.errors import PlatformError
from allies_sync.text.messages import _
from allies_sync_yeswiki import answers as reading
from allies_sync_yeswiki.answerdesk import COMPUTED, AnswerWork
from allies_sync_yeswiki.entrylines import question
from allies_sync_yeswiki.looking import read_page
from allies_sync_yeswiki.names import is_tag
from allies_sync_yeswiki.rights import Levels
from allies_sync_yeswiki.saving import Saver


class Recovering:
    """The answers to one form that lie under others."""

    def __init__(self, work: AnswerWork, levels: Levels) -> None:
        self.work = work
        self.saver = Saver(work.server, levels)

    def count(self) -> int:
        """How many there seem to be: earlier revisions of answers without a name of their own, as far as nothing was
        recovered from under them yet."""
        recovered = {found[1] for found in map(_FOUND.fullmatch, self.work.entries()) if found}
        suspects = [it for it in self._suspects() if _ascii(it.id) not in recovered]
        return sum(max(len(self.saver.revisions(it.tag)) - 1, 0) for it in suspects)

    def recover(self) -> Sequence[str]:
        done: list[str] = []
        for sent in self._suspects():
            done += self._under(sent)
        return done

    def _suspects(self) -> list[reading.Sent]:
        entries = self.work.entries()
        names = set(reading.strays(entries, self.work.asked))
        return [it for it in reading.answers_to(entries, self.work.asked) if it.id in names and is_tag(it.tag)]

    def _under(self, sent: reading.Sent) -> Sequence[str]:
        """Reads every revision of one answer; afterwards its text is the one that it had."""
        numbers = sorted(map(int, self.saver.revisions(sent.tag)))
        if len(numbers) < 2:
            return ()
        last = numbers[-1]
        texts: dict[str, Mapping[str, str]] = {}
        try:
            for number in numbers:
                data = self._at(sent.tag, number)
                texts.setdefault(_print(data), data)
        finally:
            final = self._at(sent.tag, last)
        texts.pop(_print(final), None)
        tags = {key: f"{_ascii(sent.id)}R{key}" for key in texts}
        there = self.work.entries()
        found = []
        for key, name in tags.items():
            tag = reading.added_tag(name, self.work.asked)
            if tag not in there:
                self.work.put(tag, list(texts[key].items()))
                found.append(name)
        return found

    def _at(self, tag: str, number: int) -> Mapping[str, str]:
        self.saver.server.restore(tag, str(number))
        page = read_page(self.saver.server, tag)
        try:
            data = json.loads(page.body) if page else None
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise PlatformError(_("Une ancienne version de la réponse « {tag} » ne se lit pas.").format(tag=tag))
        return {key: str(it) for key, it in data.items() if key not in COMPUTED and isinstance(it, str | int | float)}


_FOUND = re.compile(r"(\w+)R[0-9a-f]{16}-\d+")


def _print(data: Mapping[str, str]) -> str:
    values = sorted((key, value) for key, value in data.items() if question(key))
    return sha256(repr(values).encode("utf-8", "replace")).hexdigest()[:16]


def _ascii(tag: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", tag)[:40].capitalize() or "Reponse"
