"""Writing to a disk so that nothing of a person's is ever replaced, and nothing half-written is ever seen.

A file is written under a name of our own in the same folder, brought to the disk, and only then given its name: with
a link, which fails when the name is taken, or by replacing what was just read again. After a crash such names are
recognised and swept.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from allies_sync.platforms.errors import Suspicious
from allies_sync.text.messages import _
from allies_sync.text.names import check_relative_path, fold
from allies_sync_local.trouble import telling as telling
from allies_sync_local.trouble import told as told

STATE_FOLDER = "_allies-sync"
"""Where an engagement describes itself: no resource may be in it."""

_OURS = re.compile(r"\.allies-sync-([0-9a-f]{16})\.(tmp|claim)")
_MARKER = re.compile(r"\.allies-sync-([0-9a-f]{16})\.begun")
_WRITE_BITS = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP}
_ATTEMPTS = 3
_in_flight: set[Path] = set()
"""Temporary files that this process is writing: another of its threads may sweep the same folder."""


# --- where ------------------------------------------------------------------------------------------------


def checked(root: Path, relative: str) -> Path:
    """The path of ``relative``, which comes from outside, below ``root``. Raises Suspicious."""
    try:
        check_relative_path(relative)
    except ValueError as error:
        raise Suspicious(
            _("Un chemin mémorisé sort de l'espace de travail : « {path} ».").format(path=relative[:200]), str(error)
        ) from error
    first, *others = relative.split("/")
    if fold(first) == STATE_FOLDER:
        raise Suspicious(
            _("Un chemin mémorisé mène dans le dossier réservé « {name} » : « {path} ».").format(
                name=STATE_FOLDER, path=relative[:200]
            )
        )
    return root.joinpath(first, *others)


def check_inside(root: Path, path: Path) -> None:
    """Raises Suspicious when links lead from ``path`` out of ``root``, or ``root`` itself is a link."""
    home = Path(os.path.realpath(root.parent)) / root.name
    real = Path(os.path.realpath(path))
    if real != home and home not in real.parents:
        raise Suspicious(
            _("« {path} » est un lien qui sort de l'espace de travail : il n'est pas suivi.").format(path=path),
            _("Remplacez ce lien par un vrai dossier, ou laissez-le : rien n'y sera écrit."),
        )


# --- reading ----------------------------------------------------------------------------------------------


def find(path: Path) -> os.stat_result | None:
    """What stands at ``path``, links not followed; None when nothing does. Other errors pass through."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if found.st_size == 0 and stat.S_ISREG(found.st_mode) and _claim(path).exists():
        return None  # a name that a crash left claimed but not filled
    return found


def read_file(path: Path, limit: int | None = None) -> bytes:
    """The bytes of a regular file, no link followed. Raises OSError; EFBIG above ``limit``."""
    descriptor = _open_to_read(path)
    with os.fdopen(descriptor, "rb") as file:
        if limit is None:
            return file.read()
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data


def digest_of(path: Path) -> str:
    """SHA-256 (hex) of a regular file, no link followed."""
    with os.fdopen(_open_to_read(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open_to_read(path: Path) -> int:
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if os.name == "nt" and path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return descriptor


# --- read-only bits ---------------------------------------------------------------------------------------


def is_read_only(found: os.stat_result) -> bool:
    """Whether nobody may write, as far as the bits say."""
    return not found.st_mode & _WRITE_BITS


def set_read_only(path: Path, read_only: bool, like: Path) -> None:
    """Takes the write bits away, or gives those that ``like`` (the engagement's own folder) has."""
    mode = stat.S_IMODE(os.lstat(path).st_mode)
    wanted = _frozen(mode) if read_only else mode | stat.S_IWUSR | (os.lstat(like).st_mode & _WRITE_BITS)
    if wanted != mode:
        path.chmod(wanted)


def _frozen(mode: int) -> int:
    return mode & ~_WRITE_BITS


@contextmanager
def lifted(folder: Path) -> Iterator[None]:
    """Makes a frozen folder writable for the moment of our own write."""
    mode = stat.S_IMODE(os.lstat(folder).st_mode)
    if mode & _WRITE_BITS:
        yield
        return
    folder.chmod(mode | stat.S_IWUSR)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            folder.chmod(mode)


# --- writing ----------------------------------------------------------------------------------------------


def create_file(path: Path, data: bytes, read_only: bool = False) -> None:
    """Makes a file whole and at once. Raises FileExistsError when anything has that name."""
    with lifted(path.parent):
        for attempt in range(_ATTEMPTS):
            temporary = write_temporary(path.parent, data, read_only)
            try:
                _give_name(temporary, path)
                return
            except FileNotFoundError:
                # another run's sweep took the temporary file away; the folder is still there, or the next try says so
                if attempt == _ATTEMPTS - 1:
                    raise
            finally:
                discard(temporary)


def replace_file(path: Path, data: bytes, unchanged: Callable[[bytes], bool]) -> bool:
    """Replaces a file's content at once if what it holds is still ``unchanged``; its mode stays. Whether it did."""
    with lifted(path.parent):
        for attempt in range(_ATTEMPTS):
            temporary = write_temporary(path.parent, data)
            try:
                if not unchanged(read_file(path)):
                    return False
                mode = stat.S_IMODE(os.lstat(path).st_mode)
                if os.name == "nt":
                    path.chmod(mode | stat.S_IWUSR)  # Windows refuses to replace a read-only file
                elif stat.S_IMODE(os.lstat(temporary).st_mode) != mode:
                    temporary.chmod(mode)
                _replace(temporary, path)
                if os.name == "nt":
                    path.chmod(mode)
                return True
            except FileNotFoundError:
                if attempt == _ATTEMPTS - 1 or find(path) is None:
                    raise
            finally:
                discard(temporary)
    return False


def overwrite(path: Path, data: bytes, modified: float | None = None) -> None:
    """Writes a file that is the tool's alone, whatever was there; ``modified``: as if it had been written then."""
    for attempt in range(_ATTEMPTS):
        temporary = write_temporary(path.parent, data)
        try:
            if modified is not None:
                os.utime(temporary, (modified, modified))
            _replace(temporary, path)
            return
        except FileNotFoundError:
            if attempt == _ATTEMPTS - 1:
                raise
        finally:
            discard(temporary)


def remove_file(path: Path) -> None:
    """Removes a file if it is there, read-only or not."""
    if os.name == "nt":
        with suppress(OSError):
            path.chmod(stat.S_IWRITE)
    path.unlink(missing_ok=True)


def write_temporary(folder: Path, data: bytes, read_only: bool = False) -> Path:
    """Writes ``data`` under a name of our own and brings it to the disk."""
    path = folder / f".allies-sync-{secrets.token_hex(8)}.tmp"
    _in_flight.add(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if read_only:
            path.chmod(_frozen(stat.S_IMODE(os.lstat(path).st_mode)))
    except BaseException:
        with suppress(OSError):
            discard(path)
        raise
    return path


def discard(temporary: Path) -> None:
    """Removes a temporary file, if it has not become another."""
    try:
        remove_file(temporary)
    finally:
        _in_flight.discard(temporary)


def _replace(temporary: Path, path: Path) -> None:
    """Windows refuses while anybody reads the file; readers of ours are quick."""
    for _attempt in range(20 if os.name == "nt" else 0):
        try:
            temporary.replace(path)
            return
        except PermissionError:
            time.sleep(0.05)
    temporary.replace(path)


def _give_name(temporary: Path, path: Path) -> None:
    if os.name == "nt":
        temporary.rename(path)  # fails there when the name is taken
        return
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _claim_name(temporary, path)


def _claim_name(temporary: Path, path: Path) -> None:
    """Where a file system has no links: an empty file takes the name, then ours replaces it."""
    claim = _claim(path)
    temporary.replace(claim)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    except OSError:
        remove_file(claim)
        raise
    if os.lstat(path).st_size:
        remove_file(claim)
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    claim.replace(path)


def _claim(path: Path) -> Path:
    return path.with_name(f".allies-sync-{_name_hash(path.name)}.claim")


def _name_hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]


# --- after a crash ----------------------------------------------------------------------------------------


def is_temporary(name: str) -> bool:
    """Whether a file of that name is one of ours that a run leaves behind only when it is killed."""
    return bool(_OURS.fullmatch(name) or _MARKER.fullmatch(name))


def marker_of(path: Path) -> Path:
    """The file that says that ``path`` is being made or deleted."""
    return path.with_name(f".allies-sync-{_name_hash(path.name)}.begun")


def markers(folder: Path) -> list[Path]:
    """All such files of one folder."""
    try:
        with os.scandir(folder) as entries:
            return sorted(folder / entry.name for entry in entries if _MARKER.fullmatch(entry.name) and _plain(entry))
    except (FileNotFoundError, NotADirectoryError):
        return []


def leftovers(folder: Path) -> list[Path]:
    """Our own temporary files in one folder; none when it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            found = [folder / entry.name for entry in entries if _OURS.fullmatch(entry.name) and _plain(entry)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(path for path in found if path not in _in_flight)


def sweep(folder: Path) -> None:
    """Removes what a killed run left in one folder."""
    ours = leftovers(folder)
    if not ours:
        return
    with lifted(folder):
        for path in ours:
            if path.suffix == ".claim":
                _free(path)
            remove_file(path)


def _free(claim: Path) -> None:
    """Removes the empty file that holds the name of a claim that was never filled."""
    for path in claim.parent.iterdir():
        if _claim(path) == claim:
            found = os.lstat(path)
            if stat.S_ISREG(found.st_mode) and found.st_size == 0:
                remove_file(path)


def sweep_tree(root: Path) -> None:
    """Sweeps all folders below ``root``, links not followed; what cannot be read is left."""
    for folder, names, files in os.walk(root, followlinks=False):
        names.sort()
        if any(_OURS.fullmatch(name) for name in files):
            sweep(Path(folder))


def remove_if_empty(folder: Path) -> bool:
    """Removes an empty folder; whether it is gone."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _plain(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False)
