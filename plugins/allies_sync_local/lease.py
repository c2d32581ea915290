"""The lease on an engagement's folder: who may write, until when by the file system's own clock.

``lease.json`` says who; its modification time, set by the file system, says since when. ``lease.lock`` is locked for
the moment in which one run reads and decides. ``holder.lock`` stays locked by the operating system for as long as
the holder's process lives: so a run that was killed is not waited for on the machine where it ran.
"""

from __future__ import annotations

import functools
import hashlib
import json
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from allies_sync.platforms.errors import Busy, Superseded, Unavailable
from allies_sync.platforms.interface import Lease
from allies_sync.text.characters import clean_line
from allies_sync.text.messages import _
from allies_sync_local import disk

LEASE = "lease.json"
LOCK = "lease.lock"
HOLDER = "holder.lock"
OWN_FILES = frozenset({LEASE, LOCK, HOLDER})

_PATIENCE = 20.0
_LONGEST = 24 * 3600

_living: dict[tuple[str, str], FileLock] = {}
_living_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class Holder:
    """The lease as found: what ``lease.json`` says, and since when."""

    lease: Lease
    machine: str
    watched: bool
    since: datetime

    @property
    def expires(self) -> datetime:
        return self.since + timedelta(seconds=self.lease.seconds)

    def expired(self, now: datetime) -> bool:
        """By the file system's clock; a lease from a future beyond its own length is a clock that was set back."""
        return now >= self.expires or self.since - now > timedelta(seconds=self.lease.seconds)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else decides about this folder's lease or description meanwhile. Raises OSError."""
    lock = FileLock(folder / LOCK, timeout=_PATIENCE, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise Unavailable(
            _("Le verrou de « {path} » ne se libère pas.").format(path=folder),
            _("Un autre programme travaille peut-être dans ce dossier : relancez la commande dans un instant."),
        ) from error
    try:
        yield
    finally:
        lock.release()


def take(folder: Path, lease: Lease) -> Lease:
    """Takes or prolongs the lease; to be called while :func:`locked`. Raises Busy or Superseded."""
    present = read(folder)
    if lease.expires is not None and (present is None or present.lease.run != lease.run):
        raise superseded(folder, lease)
    if present is not None and present.lease.run != lease.run:
        now = file_system_time(folder)
        if not present.expired(now) and not _dead(folder, present):
            raise Busy(
                _("« {holder} » travaille déjà sur cet espace, jusqu'à {time} au plus tard.").format(
                    holder=present.lease.holder, time=f"{present.expires.astimezone():%H:%M:%S}"
                ),
                replace(present.lease, expires=present.expires),
                _("Attendez que ce travail se termine, puis relancez la commande."),
            )
    watched = _live(folder, lease.run)
    ends = file_system_time(folder) + timedelta(seconds=lease.seconds)
    # always a new file: it is its time that counts
    disk.overwrite(folder / LEASE, _content(replace(lease, expires=ends), watched))
    taken = read(folder)
    if taken is None or taken.lease.run != lease.run:
        raise superseded(folder, lease)
    return replace(lease, expires=taken.expires)


def _content(lease: Lease, watched: bool) -> bytes:
    data = {
        "run": lease.run,
        "holder": lease.holder,
        "seconds": lease.seconds,
        "expires": lease.expires.isoformat(timespec="seconds") if lease.expires else "",
        "machine": machine(),
        "watched": watched,
    }
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def require(folder: Path, lease: Lease) -> None:
    """Raises Superseded unless the lease is still this run's; to be called while :func:`locked`."""
    present = read(folder)
    if present is None or present.lease.run != lease.run:
        raise superseded(folder, lease)


def give_back(folder: Path, lease: Lease) -> None:
    """Ends the lease if it is still this run's; to be called while :func:`locked`."""
    present = read(folder)
    if present is not None and present.lease.run == lease.run:
        disk.remove_file(folder / LEASE)
    stop_living(folder, lease.run)


def leave(folder: Path, run: str) -> None:
    """The holder ends in good order without giving back: the end of its process says nothing then."""
    with locked(folder):
        present = read(folder)
        if present is not None and present.lease.run == run and present.watched:
            data = _content(replace(present.lease, expires=present.expires), False)
            since = present.since.timestamp()
            disk.overwrite(folder / LEASE, data, since)
    stop_living(folder, run)


def superseded(folder: Path, lease: Lease) -> Superseded:
    """The error of a run that woke up too late; it stops counting as alive."""
    stop_living(folder, lease.run)
    return Superseded(
        _("Un autre poste a repris la main sur cet espace pendant que celui-ci attendait."),
        _("Ce qui était fait l'est. Relancez la commande : elle repartira de l'état présent."),
    )


def read(folder: Path) -> Holder | None:
    """Who holds the lease. What nobody can have written with this tool counts as expired."""
    path = folder / LEASE
    try:
        data = disk.read_file(path, 10_000)
        since = path.stat().st_mtime
    except FileNotFoundError:
        return None
    raw: object = None
    with suppress(ValueError, RecursionError):
        raw = json.loads(data)
    found = raw if isinstance(raw, dict) else {}
    seconds = found.get("seconds")
    length = min(max(seconds, 0), _LONGEST) if isinstance(seconds, int) else 0
    holder = clean_line(str(found.get("holder") or "?"))[:200]
    lease = Lease(run=str(found.get("run") or ""), holder=holder, seconds=length)
    return Holder(
        lease,
        machine=str(found.get("machine") or ""),
        watched=found.get("watched") is True,
        since=datetime.fromtimestamp(since, UTC),
    )


def file_system_time(folder: Path) -> datetime:
    """What time it is where the files are: the modification time that a fresh file gets."""
    path = disk.write_temporary(folder, b"\n")
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    finally:
        disk.discard(path)


# --- is the holder's process alive? -----------------------------------------------------------------------


@functools.cache
def machine() -> str:
    """A name for this machine that tells nobody anything."""
    parts = [platform.node()]
    with suppress(OSError):
        parts.append(Path("/etc/machine-id").read_text(encoding="utf-8").strip())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _live(folder: Path, run: str) -> bool:
    """Locks ``holder.lock`` for as long as this process lives; whether that worked."""
    key = (str(folder), run)
    with _living_guard:
        if key in _living:
            return True
        lock = FileLock(folder / HOLDER, timeout=0, thread_local=False)
        try:
            lock.acquire()
        except (OSError, Timeout):
            return False  # a run that was superseded is still alive: this lease then just has to expire
        _living[key] = lock
        return True


def stop_living(folder: Path, run: str) -> None:
    """Lets go of ``holder.lock``."""
    with _living_guard:
        lock = _living.pop((str(folder), run), None)
    if lock is not None:
        with suppress(OSError):
            lock.release()


def _dead(folder: Path, holder: Holder) -> bool:
    """Whether the holder ran on this machine and its process is no more."""
    if not holder.watched or holder.machine != machine() or not (folder / HOLDER).exists():
        return False
    lock = FileLock(folder / HOLDER, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except (OSError, Timeout):
        return False
    lock.release()
    return True


def free(folder: Path) -> bool:
    """Whether nobody is at work here, as far as can be told without writing."""
    present = read(folder)
    return present is None or _dead(folder, present)


def abandoned(folder: Path) -> bool:
    """Whether a run was killed on this machine before it could give its lease back."""
    present = read(folder)
    return present is not None and _dead(folder, present)


def forget_files(folder: Path) -> None:
    """Removes the lease's files, to be called while :func:`locked`; Windows keeps the one that is in use."""
    for name in (LEASE, HOLDER, LOCK):
        with suppress(PermissionError):
            disk.remove_file(folder / name)


def works(path: Path) -> bool:
    """Whether locks work in a folder: two handles on one file must exclude each other."""
    first = FileLock(path, timeout=0, thread_local=False)
    second = FileLock(path, timeout=0, thread_local=False)
    try:
        first.acquire()
        try:
            second.acquire()
        except Timeout:
            return True
        second.release()
        return False
    except OSError:
        return False
    finally:
        first.release()
        with suppress(OSError):
            path.unlink()
