"""A package as a file: a BagIt bag (RFC 8493) in a zip, the same bytes for the same contents.

The zip stores its files as they are: sorted, without times or owners. So a package can be written anew from its
contents and compared, and every byte of the file counts, those of the zip's own tables included.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

BLOCK = 1 << 20
CHECKSUMS = ("sha256", "sha512")
SUFFIX = "-memoire"
"""What follows the slug in a package's name, and in that of the folder in it."""


def make_bag(folder: Path, info: Mapping[str, str]) -> None:
    """Makes a folder a bag: what it holds becomes its payload (``data/``). ``info`` has to name ``Bagging-Date``
    and ``Bag-Software-Agent``, for the same contents to make the same bag."""
    import bagit

    quiet_bagit()
    bagit.make_bag(str(folder), bag_info=dict(info), checksums=list(CHECKSUMS))


def quiet_bagit() -> None:
    """The library's own messages are English, and for programmers."""
    import logging

    logger = logging.getLogger("bagit")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = False


def zip_folder(folder: Path, name: str, stream: BinaryIO) -> None:
    """Writes a folder's files into a zip, under ``name/``. ``stream`` is seekable."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for path in sorted(_files(folder), key=lambda found: found.relative_to(folder).as_posix()):
            info = zipfile.ZipInfo(f"{name}/{path.relative_to(folder).as_posix()}")
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            info.file_size = path.stat().st_size
            with archive.open(info, "w") as target, path.open("rb") as source:
                while block := source.read(BLOCK):
                    target.write(block)


def _files(folder: Path) -> Iterator[Path]:
    for place, _folders, names in os.walk(folder):
        for name in names:
            yield Path(place) / name


def write_package(folder: Path, name: str, target: Path) -> bool:
    """Writes the package at ``target``, whole or not at all; leaves one with the same bytes as it is. Returns
    whether it wrote. Raises OSError."""
    if target.exists() and is_exact(folder, name, target):
        return False
    handle, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w+b") as stream:
            zip_folder(folder, name, stream)
            stream.flush()
            os.fsync(stream.fileno())
        Path(draft).chmod(0o600)
        Path(draft).replace(target)
    finally:
        with suppress(OSError):
            Path(draft).unlink(missing_ok=True)
    return True


def is_exact(folder: Path, name: str, package: Path) -> bool:
    """Whether ``package`` is, byte for byte, what :func:`zip_folder` makes of a folder."""
    with package.open("rb") as stream:
        comparing = _Comparing(stream, package.stat().st_size)
        zip_folder(folder, name, comparing)  # type: ignore[arg-type]
        return comparing.same


class _Comparing:
    """Takes what would be written to a file, and compares it with what is there.

    The head of each file of a zip is written twice, without its length at first: only the last writing at a place
    counts.
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self.stream = stream
        self.size = size
        self.position = 0
        self.end = 0
        self.wrong: set[int] = set()

    @property
    def same(self) -> bool:
        return not self.wrong and self.end == self.size

    def write(self, data: bytes) -> int:
        self.stream.seek(self.position)
        if self.stream.read(len(data)) == data:
            self.wrong.discard(self.position)
        else:
            self.wrong.add(self.position)
        self.position += len(data)
        self.end = max(self.end, self.position)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        self.position = offset + (0, self.position, self.end)[whence]
        return self.position

    def tell(self) -> int:
        return self.position

    def seekable(self) -> bool:
        return True

    def flush(self) -> None:
        """Nothing is kept back."""
