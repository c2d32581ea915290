"""Answers as JSON files, ``reponses/<form>/<id>.json``: read, added, taken away, made anonymous."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from allies_sync.platforms.errors import PlatformError, Refused
from allies_sync.platforms.interface import Answer, Gathered, Purged
from allies_sync.text.characters import encodable
from allies_sync.text.messages import _
from allies_sync_local import disk
from allies_sync_local.forms import answer_in, parsed
from allies_sync_local.layout import ANSWERS, Files
from allies_sync_local.site import names_in

_ID = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")
_ATTEMPTS = 3


class Box:
    """The answers to one form of a space. ``root`` is the space's folder."""

    def __init__(self, root: Path, files: Files) -> None:
        self.form = disk.checked(root, files.source)
        self.folder = root / ANSWERS / files.stem
        disk.check_inside(root, self.form.parent)
        disk.check_inside(root, self.folder)

    def has_form(self) -> bool:
        with disk.telling(self.form):
            return disk.find(self.form) is not None

    def check_form(self) -> None:
        """Raises PlatformError when there is no such form."""
        if not self.has_form():
            raise PlatformError(_("Le questionnaire « {path} » n'existe pas.").format(path=self.form))

    def read(self) -> list[Answer]:
        """All answers, by name. Raises Refused for a file that holds none."""
        return [_answer(path, *_content(path)) for path in self._files()]

    def readable(self) -> tuple[list[Answer], list[str]]:
        """The answers that can be read, by name, and a sentence about each file that cannot."""
        found, unread = [], []
        for path in self._files():
            try:
                found.append(_answer(path, *_content(path)))
            except PlatformError as error:
                if os.path.lexists(path):  # one that was taken away meanwhile is no answer any more
                    unread.append(f"{error.message} {error.advice}".rstrip())
        return found, unread

    def stamps(self) -> Iterator[str]:
        """What changes with any of the answers."""
        for path in self._files():
            with disk.telling(path):
                found = os.lstat(path)
            yield f"{path.name} {found.st_mtime_ns} {found.st_size} {found.st_ino}"

    def add(self, answers: Sequence[Answer]) -> list[str]:
        """Puts answers beside the others; one whose name is taken is left as it is."""
        self.check_form()
        wrong = next((it.id for it in answers if not _ID.fullmatch(it.id)), None)
        if wrong is not None:
            raise Refused(_("« {id} » ne peut pas désigner une réponse.").format(id=wrong[:80]))
        taken = {name.casefold() for name in names_in(self.folder)}
        added = []
        with disk.telling(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            for answer in answers:
                name = f"{answer.id}.json"
                if name.casefold() in taken:
                    continue
                try:
                    disk.create_file(self.folder / name, _source(answer))
                except FileExistsError:
                    continue
                taken.add(name.casefold())
                added.append(answer.id)
        return added

    def withdraw(self, ids: Sequence[str]) -> list[str]:
        """Removes answers; what is not there is passed over."""
        self.check_form()
        here = set(names_in(self.folder))
        gone = [it for it in dict.fromkeys(ids) if f"{it}.json" in here]
        if gone:
            with disk.telling(self.folder), disk.lifted(self.folder):
                disk.sweep(self.folder)  # a killed run's temporary file may hold the very words
                for answer in gone:
                    disk.remove_file(self.folder / f"{answer}.json")
        return gone

    def purge(self, fields: Collection[str]) -> Purged:
        """Takes fields out of all answers that can be read. A disk keeps no older versions; copies that people made
        stay."""
        self.check_form()
        with disk.telling(self.folder):
            disk.sweep(self.folder)
        answers, unread = self.readable()
        number = sum(self._purge(self.folder / f"{it.id}.json", fields) for it in answers)
        left = (_("dans les copies de ce dossier faites ailleurs (sauvegardes, synchronisation)"),) if number else ()
        return Purged(number, left, unread)

    def _purge(self, path: Path, fields: Collection[str]) -> bool:
        for _attempt in range(_ATTEMPTS):
            with disk.telling(path):
                before = disk.read_file(path)
                stamp = path.stat()
            data = parsed(before) or {}
            _answer(path, data, None)
            if not set(fields) & set(data["values"]):
                return False
            data["values"] = {key: value for key, value in data["values"].items() if key not in fields}
            with disk.telling(path):
                if disk.replace_file(path, _written(data), lambda now, before=before: now == before):  # type: ignore[misc]
                    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
                    return True
        raise PlatformError(_("« {path} » change sans cesse : quelqu'un l'écrit en ce moment.").format(path=path))

    def _files(self) -> list[Path]:
        with disk.telling(self.folder):
            return [self.folder / name for name in names_in(self.folder)]


def gather(boxes: dict[str, Box], since: str) -> Gathered:
    """All answers to some forms, unless nothing at all has changed."""
    found = hashlib.sha256()
    boxes = {key: box for key, box in boxes.items() if box.has_form()}
    for key, box in sorted(boxes.items()):
        found.update("\n".join([key, *box.stamps(), ""]).encode("utf-8", "surrogateescape"))
    token = found.hexdigest()
    if token == since:
        return Gathered(dict.fromkeys(boxes, ()), token, whole=False)
    found_in = {key: box.readable() for key, box in boxes.items()}
    unread = [sentence for _answers, sentences in found_in.values() for sentence in sentences]
    return Gathered({key: answers for key, (answers, _unread) in found_in.items()}, token, unread=unread)


def _content(path: Path) -> tuple[dict[str, Any], float]:
    with disk.telling(path):
        return parsed(disk.read_file(path)) or {}, path.stat().st_mtime


def _answer(path: Path, data: dict[str, Any], stamp: float | None) -> Answer:
    answer = answer_in(path.name.removesuffix(".json"), data, stamp)
    if answer is None:
        raise Refused(
            _("La réponse « {path} » ne peut pas être lue.").format(path=path),
            _("Corrigez ce fichier (il doit contenir « values »), ou sortez-le de ce dossier."),
        )
    return answer


def _source(answer: Answer) -> bytes:
    data: dict[str, Any] = {"created": answer.created.isoformat() if answer.created else None}
    data["values"] = {key: value if isinstance(value, str) else list(value) for key, value in answer.values.items()}
    return _written({key: value for key, value in data.items() if value is not None})


def _written(data: dict[str, Any]) -> bytes:
    return (encodable(json.dumps(data, ensure_ascii=False, indent=2)) + "\n").encode()
