"""Where engagements describe themselves: `<path>/<slug>/_allies-sync/`.

Several files are saved as one: what is about to be written is first put down in a single file, which a killed run
leaves behind and the next one finishes from. Until then, :meth:`StateFolder.load` reads through it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from allies_sync.platforms.errors import Foreign, PlatformError, Refused, Superseded, Suspicious, Unavailable
from allies_sync.platforms.interface import COLLECTIVE, Address, Lease, Stored
from allies_sync.text.messages import _
from allies_sync.text.names import check_relative_path, is_slug
from allies_sync_local import disk, lease

_COMMIT = ".allies-sync-save.json"
_ENGAGEMENT = "engagement.toml"
_OWN = frozenset({"state.json"})
_SUFFIXES = (".toml", ".json", ".jsonl", ".md")
_LIMIT = 32 * 1024 * 1024
_ATTEMPTS = 5


def space_root(base: Path, slug: str) -> Path:
    """The engagement's own folder. Raises Refused for what can be no slug, Suspicious for a link."""
    if not is_slug(slug) and slug != COLLECTIVE:
        raise Refused(_("« {slug} » ne peut pas être l'identifiant d'un espace de travail.").format(slug=slug[:100]))
    root = base / slug
    if root.is_symlink():
        raise Suspicious(
            _("« {path} » est un lien symbolique : il n'est pas suivi.").format(path=root),
            _("Remplacez-le par un vrai dossier, ou donnez dans la configuration le chemin où il mène."),
        )
    return root


def is_there(base: Path) -> bool:
    """Whether the folder of all engagements exists. Raises PlatformError when that cannot be told."""
    with disk.telling(base):
        try:
            found = base.stat()
        except FileNotFoundError:
            return False
    if not stat.S_ISDIR(found.st_mode):
        raise Unavailable(
            _("« {path} » n'est pas un dossier.").format(path=base),
            _("Vérifiez que le disque est branché, ou corrigez « path » dans la configuration."),
        )
    return True


@dataclass
class StateFolder:
    """The :class:`~allies_sync.platforms.interface.StateStore` on a disk."""

    base: Path
    _taken: dict[Path, str] = field(default_factory=dict)

    def engagements(self) -> Mapping[str, str]:
        with disk.telling(self.base):
            if not is_there(self.base):
                return {}
            with os.scandir(self.base) as entries:
                slugs = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        revisions = {slug: _cheap_revision(self.base / slug) for slug in slugs if is_slug(slug)}
        return {slug: revision for slug, revision in revisions.items() if revision}

    def load(self, slug: str) -> Stored | None:
        root = space_root(self.base, slug)
        with disk.telling(root):
            folder = _state_folder(root) if is_there(self.base) else None
            if folder is None:
                # an empty folder is a place that was taken, or is half erased
                return Stored({}, "", abandoned=True) if disk.find(root) is not None else None
            files = _overlaid(_read_stored(folder), _read_commit(folder))
            left = _abandoned(folder) or (not files and disk.find(folder / lease.LEASE) is None)
            return Stored(files, _revision(files) if files else "", left)

    def locate(self, slug: str) -> Address:
        root = space_root(self.base, slug)
        return Address(slug, root.as_uri())

    def acquire(self, slug: str, held: Lease) -> Lease:
        root = space_root(self.base, slug)
        for attempt in range(_ATTEMPTS):
            try:
                return self._acquire(root, held)
            except FileNotFoundError as error:
                # somebody erases the engagement at this very moment
                if attempt == _ATTEMPTS - 1:
                    raise disk.told(error, root) from error
            except OSError as error:
                raise disk.told(error, root) from error
        raise Unavailable(_("Le dossier « {path} » ne cesse de disparaître.").format(path=root))

    def _acquire(self, root: Path, held: Lease) -> Lease:
        is_there(self.base)
        folder = root / disk.STATE_FOLDER
        again = held.expires is not None
        if again and not folder.is_dir():
            raise lease.superseded(folder, held)
        if not again:
            self._prepare(root)
        with lease.locked(folder):
            taken = lease.take(folder, held)
            if not again:
                _finish_commit(folder)
        self._taken[folder] = held.run
        if not again:
            disk.sweep_tree(root)
        return taken

    def _prepare(self, root: Path) -> None:
        """Makes the engagement's place, unless something else has its name."""
        _state_folder(root)
        self.base.mkdir(parents=True, exist_ok=True)
        for folder in (root, root / disk.STATE_FOLDER):
            with suppress(FileExistsError):
                folder.mkdir()
            if not stat.S_ISDIR(os.lstat(folder).st_mode):
                raise Foreign(_("« {path} » n'est pas un dossier.").format(path=folder))

    def save(self, slug: str, held: Lease, files: Mapping[str, bytes], revision: str | None) -> Stored:
        for name in files:
            _check_name(name)
        root = space_root(self.base, slug)
        folder = root / disk.STATE_FOLDER
        with disk.telling(folder):
            if not folder.is_dir():
                raise lease.superseded(folder, held)
            with lease.locked(folder):
                lease.require(folder, held)
                _finish_commit(folder)
                present = _read_stored(folder)
                if (_revision(present) if present else None) != revision:
                    raise Superseded(
                        _("La description de « {slug} » a changé depuis qu'elle a été lue.").format(slug=slug),
                        _("Relancez la commande : elle repartira de l'état présent."),
                    )
                changed = {name: data for name, data in files.items() if present.get(name) != data}
                _write_together(folder, present, changed)
        stored = {**present, **changed}
        return Stored(stored, _revision(stored))

    def release(self, slug: str, held: Lease) -> None:
        folder = space_root(self.base, slug) / disk.STATE_FOLDER
        self._taken.pop(folder, None)
        if not folder.is_dir():
            lease.stop_living(folder, held.run)
            return
        with disk.telling(folder), lease.locked(folder):
            lease.give_back(folder, held)

    def erase(self, slug: str, held: Lease) -> bool:
        root = space_root(self.base, slug)
        folder = root / disk.STATE_FOLDER
        with disk.telling(folder):
            if not folder.is_dir():
                raise lease.superseded(folder, held)
            with lease.locked(folder):
                lease.require(folder, held)
                disk.sweep_tree(root)
                disk.remove_file(folder / _COMMIT)
                # the engagement's own file goes last: until then a rerun finds an engagement to remove
                # what else a person put there stays
                for name in (*(set(_stored_names(folder)) & _OWN), _ENGAGEMENT):
                    disk.remove_file(folder / name)
                self._taken.pop(folder, None)
                lease.stop_living(folder, held.run)
                lease.forget_files(folder)
            if os.name == "nt":  # which does not let go of a file in use
                lease.forget_files(folder)
            if not disk.remove_if_empty(folder):
                return False
            return disk.remove_if_empty(root)

    def resolve(self, place: str) -> str | None:
        path = _typed_path(place)
        if path is None:
            return None
        base = Path(os.path.realpath(self.base))
        # as typed, from the current folder; else as an address of ours, from the folder of all engagements
        for start in (Path.cwd(), base):
            with suppress(ValueError, OSError):
                inside = Path(os.path.realpath(start / path)).relative_to(base)
                slug = inside.parts[0] if inside.parts else ""
                if is_slug(slug) and (base / slug / disk.STATE_FOLDER).is_dir():
                    return slug
        return None

    def close(self) -> None:
        """Leases that were not given back last as long as they were taken for."""
        while self._taken:
            folder, run = self._taken.popitem()
            with suppress(PlatformError, OSError):
                lease.leave(folder, run)


# --- reading --------------------------------------------------------------------------------------------


def _state_folder(root: Path) -> Path | None:
    """The folder of the description; None when there is nothing at all. Raises Foreign, Suspicious."""
    found = disk.find(root)
    if found is None:
        return None
    advice = _("Choisissez un autre titre ou une autre date, ou déplacez ce qui s'y trouve.")
    if not stat.S_ISDIR(found.st_mode):
        raise Foreign(_("« {path} » existe déjà et n'est pas un dossier.").format(path=root), advice)
    folder = root / disk.STATE_FOLDER
    state = disk.find(folder)
    if state is None:
        # another run may make its folder between the two looks
        if any(True for _entry in os.scandir(root)) and disk.find(folder) is None:
            raise Foreign(
                _("Le dossier « {path} » existe déjà, et n'est pas (ou plus) un espace de cet outil.").format(
                    path=root
                ),
                advice,
            )
        return None
    if not stat.S_ISDIR(state.st_mode):
        raise Suspicious(_("« {path} » n'est pas un vrai dossier : il n'est pas lu.").format(path=folder))
    return folder


def _stored_names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        files = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    return sorted(name for name in files if _is_stored(name))


def _is_stored(name: str) -> bool:
    return name.endswith(_SUFFIXES) and not name.startswith(".") and name not in lease.OWN_FILES


def _read_stored(folder: Path) -> dict[str, bytes]:
    return {name: disk.read_file(folder / name, _LIMIT) for name in _stored_names(folder)}


def _revision(files: Mapping[str, bytes]) -> str:
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()


def _cheap_revision(root: Path) -> str | None:
    """A revision of all that an engagement holds, without reading any file; None when nothing describes it."""
    folder = root / disk.STATE_FOLDER
    if folder.is_symlink():
        return "?"  # not followed, and not hidden: loading it says why
    try:
        if not any(_is_stored(name) or name == _COMMIT for name in os.listdir(folder)):  # noqa: PTH208
            return None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return f"?{error.errno}"
    found = hashlib.sha256()
    for line in _stats(root, ""):
        found.update(line.encode("utf-8", "surrogateescape"))
    return found.hexdigest()


def _stats(folder: Path, prefix: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield f"{prefix}?{error.errno}\n"
        return
    for entry in names:
        if entry.is_dir(follow_symlinks=False):
            yield f"{prefix}{entry.name}/\n"
            yield from _stats(folder / entry.name, f"{prefix}{entry.name}/")
        elif entry.name not in lease.OWN_FILES and not disk.is_temporary(entry.name):
            with suppress(FileNotFoundError):
                data = entry.stat(follow_symlinks=False)
                yield f"{prefix}{entry.name} {data.st_mode} {data.st_size} {data.st_mtime_ns} {data.st_ino}\n"


def _abandoned(folder: Path) -> bool:
    """Whether a killed run left something that taking the lease tidies."""
    if not lease.free(folder):
        return False  # somebody is at work
    return lease.abandoned(folder) or bool(disk.leftovers(folder)) or disk.find(folder / _COMMIT) is not None


# --- saving several files as one ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One file of a save that has begun: what it held before (None: nothing), and what it will hold."""

    before: str | None
    data: bytes

    def applies_to(self, present: bytes | None) -> bool:
        """False when a person has changed the file since: theirs stays."""
        return (hashlib.sha256(present).hexdigest() if present is not None else None) == self.before


def _write_together(folder: Path, present: Mapping[str, bytes], changed: Mapping[str, bytes]) -> None:
    if not changed:
        return
    if len(changed) == 1:
        _write(folder, present, changed)
        return
    waiting = {
        name: {
            "before": hashlib.sha256(present[name]).hexdigest() if name in present else None,
            "data": base64.b64encode(data).decode(),
        }
        for name, data in changed.items()
    }
    disk.create_file(folder / _COMMIT, (json.dumps(waiting, sort_keys=True) + "\n").encode())
    _write(folder, present, changed)
    disk.remove_file(folder / _COMMIT)


def _write(folder: Path, present: Mapping[str, bytes], changed: Mapping[str, bytes]) -> None:
    for name, data in changed.items():
        before = present.get(name)
        if before is None:
            disk.create_file(folder / name, data)
        elif not disk.replace_file(folder / name, data, lambda now, before=before: now == before):  # type: ignore[misc]
            raise Superseded(
                _("Quelqu'un vient de modifier « {path} » : sa version est gardée.").format(path=folder / name),
                _("Relancez la commande : elle repartira de l'état présent."),
            )


def _read_commit(folder: Path) -> dict[str, _Waiting]:
    try:
        raw = json.loads(disk.read_file(folder / _COMMIT, 2 * _LIMIT))
        return {
            str(name): _Waiting(item["before"], base64.b64decode(item["data"], validate=True))
            for name, item in raw.items()
            if _is_stored(str(name)) and "/" not in str(name) and "\\" not in str(name)
        }
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}  # no run of ours wrote this: ours appear whole or not at all


def _overlaid(files: Mapping[str, bytes], waiting: Mapping[str, _Waiting]) -> dict[str, bytes]:
    new = {name: item.data for name, item in waiting.items() if item.applies_to(files.get(name))}
    return {**files, **new}


def _finish_commit(folder: Path) -> None:
    """Writes what a killed run had begun to save; to be called under the lock."""
    if disk.find(folder / _COMMIT) is None:
        return
    present = _read_stored(folder)
    waiting = _read_commit(folder)
    changed = {name: item.data for name, item in waiting.items() if item.applies_to(present.get(name))}
    _write(folder, present, changed)
    disk.remove_file(folder / _COMMIT)


def _check_name(name: str) -> None:
    try:
        check_relative_path(name)
    except ValueError as error:
        raise Refused(str(error)) from error
    if "/" in name or not _is_stored(name):
        raise Refused(_("« {name} » ne peut pas être gardé avec la description d'un espace.").format(name=name))


# --- what a person types --------------------------------------------------------------------------------


def _typed_path(place: str) -> Path | None:
    text = place.strip().strip('"')
    if not text or "\0" in text:
        return None
    if text.lower().startswith("file:"):
        parts = urlsplit(text)
        if parts.netloc not in ("", "localhost"):
            return None
        return Path(url2pathname(parts.path))
    if "://" in text:
        return None
    with suppress(RuntimeError):
        return Path(text).expanduser()
    return None
