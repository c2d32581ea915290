"""The platform `local` under the suite that every platform has to pass, in both roles."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from allies_sync.platforms.conformance import Conformance, Killed, Subject
from allies_sync.platforms.conformance.bench import SLUG
from allies_sync.platforms.interface import Address, Opening, Platform
from allies_sync_local.files import LocalFiles
from allies_sync_local.settings import LocalSettings
from allies_sync_local.wiki import LocalWiki

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.utime", "os.symlink"}


class Reaper:
    """Counts what is written below a folder, and kills at one of them. Audit hooks stay for ever: there is one."""

    def __init__(self) -> None:
        self.below: str | None = None
        self.left = 0
        sys.addaudithook(self.hook)

    def hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.below is None or not self.writes(event, arguments):
            return
        if self.left <= 0:
            raise Killed
        self.left -= 1

    def writes(self, event: str, arguments: tuple[object, ...]) -> bool:
        if event == "open":
            path, _mode, flags = arguments
            if not (isinstance(flags, int) and flags & WRITES):
                return False
        elif event in CHANGES:
            path = arguments[0]
        else:
            return False
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self.below or "\0")


_REAPER = Reaper()


class LocalSubject(Subject):
    """A folder of its own for each test. The suite may run as root, whom no mode bits stop: hands look at them."""

    shared_by_processes = True

    def __init__(self, role: str, base: Path) -> None:
        self.role = role
        self.base = base
        self.crash: int | None = None

    def open(self) -> Platform:
        if self.crash is not None:
            _REAPER.below, _REAPER.left = str(self.base), self.crash
        opening = Opening(self.role, LocalSettings(path=self.base))
        return LocalFiles(opening) if self.role == "files" else LocalWiki(opening)

    def crash_after(self, requests: int | None) -> None:
        self.crash = requests
        _REAPER.below = None

    # --- hands ------------------------------------------------------------------------------------------------

    def edit(self, kind: str, address: Address, text: str) -> None:
        path = source_at(kind, address)
        if not path.stat().st_mode & 0o222:
            raise PermissionError(path)
        path.write_text(text, encoding="utf-8")

    def delete(self, kind: str, address: Address) -> None:
        for path in {source_at(kind, address), path_at(address)}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def rename(self, kind: str, address: Address, name: str) -> None:
        for path in {source_at(kind, address), path_at(address)}:
            path.rename(path.with_name(name + path.suffix))

    def create(self, kind: str, address: Address, text: str) -> None:
        if address.url is None:
            address = Address(address.path, self.base.joinpath(SLUG, address.path).as_uri())
        path = source_at(kind, address)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.parent.stat().st_mode & 0o222:
            raise PermissionError(path.parent)
        if kind == "folder":
            path.mkdir()
            if path.parent == self.base:
                (path / "photo.txt").write_text("un dossier vide se prend, pas un dossier qui sert")
        else:
            path.write_text(text, encoding="utf-8")

    # --- weather ------------------------------------------------------------------------------------------------

    def break_(self) -> None:
        self.base.rename(self.base.with_name("debranche"))
        self.base.write_text("ceci n'est pas un dossier")

    def mend(self) -> None:
        self.base.unlink()
        self.base.with_name("debranche").rename(self.base)

    def snapshot(self) -> Mapping[str, str]:
        return {
            path.relative_to(self.base).as_posix(): "" if path.is_dir() else path.read_bytes().hex()
            for path in sorted(self.base.rglob("*"))
        }


def path_at(address: Address) -> Path:
    assert address.url is not None
    return Path(url2pathname(urlsplit(address.url).path))


def source_at(kind: str, address: Address) -> Path:
    """What people edit."""
    path = path_at(address)
    if kind == "page":
        return path.parent / "sources" / f"{path.stem}.md"
    return path.with_suffix(".json") if kind == "form" else path


class TestLocal(Conformance):
    @pytest.fixture(params=["files", "wiki"])
    def subject(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalSubject]:
        subject = LocalSubject(request.param, tmp_path / "espaces")
        subject.base.mkdir()
        yield subject
        subject.crash_after(None)
