"""Platforms on a disk of their own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from allies_sync.platforms.interface import Lease, Opening
from allies_sync_local.files import LocalFiles
from allies_sync_local.settings import LocalSettings


def open_files(base: Path) -> LocalFiles:
    return LocalFiles(Opening("files", LocalSettings(path=base)))


def lease(run: str = "run-1", holder: str = "Camille (portable)", seconds: int = 60) -> Lease:
    return Lease(run=run, holder=holder, seconds=seconds)


def tree(root: Path) -> dict[str, bytes | None]:
    """Everything below a folder: contents of files, None for folders."""
    return {
        path.relative_to(root).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in sorted(root.rglob("*"))
    }


def times(root: Path) -> dict[str, int]:
    """When each thing below a folder was changed."""
    return {path.relative_to(root).as_posix(): path.lstat().st_mtime_ns for path in sorted(root.rglob("*"))}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "espaces" / "fichiers"


@pytest.fixture
def files(base: Path) -> Iterator[LocalFiles]:
    platform = open_files(base)
    yield platform
    platform.close()
