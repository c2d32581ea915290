"""A template's folder, read once: what is rendered, checked and hashed is the same, whatever happens on the disk."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from allies_sync.model.problems import Code, InvalidData, Problem
from allies_sync.model.tomlfile import decode, normalised
from allies_sync.text.system import system_words
from allies_sync.workspace.flaws import Flaw, flaw

MANIFEST = "template.toml"
MOST_FILES = 500
LARGEST_FILE = 10_000_000
LARGEST_TEMPLATE = 50_000_000
LARGEST_SOURCE = 300_000
_NOT_OURS = ("__pycache__", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Layer:
    """The files of one template, by their path with ``/``."""

    root: Path
    files: Mapping[str, bytes] = field(repr=False)

    def shown(self, path: str) -> str:
        """A file as the person knows it."""
        return shown(self.root / path)


def shown(path: Path) -> str:
    """A path as short as it can be told from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def read_layer(root: Path) -> Layer:
    """All files below a folder, or :class:`InvalidData` when it is no template or too big."""
    manifest = root / MANIFEST
    if not manifest.is_file():
        raise InvalidData([flaw(Flaw.NO_TEMPLATE_FILE, shown(root), None, found=MANIFEST)])
    files: dict[str, bytes] = {}
    total = 0
    for path in _files(root):
        try:
            size = path.stat().st_size
            total += size
            if size > LARGEST_FILE or total > LARGEST_TEMPLATE or len(files) >= MOST_FILES:
                limits = (str(MOST_FILES), f"{LARGEST_FILE // 1_000_000} Mo", f"{LARGEST_TEMPLATE // 1_000_000} Mo")
                raise InvalidData([flaw(Flaw.TOO_BIG, shown(path), None, allowed=limits)])
            files[path.relative_to(root).as_posix()] = path.read_bytes()
        except OSError as error:
            raise InvalidData([flaw(Flaw.UNREADABLE, shown(path), None, found=system_words(error))]) from None
    return Layer(root, files)


def _files(root: Path) -> Iterator[Path]:
    """Files in a stable order; nothing hidden, and nothing that a symbolic link leads to outside the folder."""
    inside = root.resolve()
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not _left_out(name))
        for name in sorted(names):
            path = Path(folder, name)
            if not _left_out(name) and path.resolve().is_relative_to(inside) and path.is_file():
                yield path


def _left_out(name: str) -> bool:
    return name.startswith(".") or name.endswith("~") or name in _NOT_OURS


def text_of_source(layer: Layer, path: str) -> str:
    """The text of a file that holds words, or :class:`InvalidData`."""
    file = layer.shown(path)
    content = layer.files[path]
    if len(content) > LARGEST_SOURCE:
        raise InvalidData([Problem(file, None, "", str(len(content)), (str(LARGEST_SOURCE),), Code.TOO_BIG)])
    return normalised(decode(content, file))


def hash_of(layers: Iterable[Layer]) -> str:
    """SHA-256 (hex) of all files; the same on a system with other line ends."""
    digest = hashlib.sha256()
    for layer in layers:
        for path, content in sorted(layer.files.items()):
            with contextlib.suppress(UnicodeDecodeError):
                content = content.decode().replace("\r\n", "\n").encode()
            for part in (path.encode(), content):
                digest.update(len(part).to_bytes(8, "big") + part)
        digest.update(b"layer")
    return digest.hexdigest()
