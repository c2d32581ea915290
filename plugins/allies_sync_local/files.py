"""The role `files`: an engagement as a folder tree, `<path>/<slug>/…`."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from allies_sync.model.resources import Access, Document, Folder, Resource, Rights, container
from allies_sync.platforms.errors import PlatformError, Refused, Suspicious
from allies_sync.platforms.holdings import Holding
from allies_sync.platforms.interface import (
    Absent,
    Act,
    Address,
    Change,
    Content,
    Done,
    Failed,
    Features,
    Finding,
    Known,
    Observation,
    Opening,
    Outcome,
    Overtaken,
    Seen,
    Space,
    Target,
    Unknown,
)
from allies_sync.text.characters import encodable
from allies_sync.text.messages import _, using_language
from allies_sync.text.names import safe_filename
from allies_sync_local import checks, disk, holdings
from allies_sync_local.links import Linker, markdown, plain_link
from allies_sync_local.state import StateFolder, is_there, space_root

FOLDER = "folder"
"""The fingerprint of every folder: what people put into it is not a change of it."""

_FEATURES = Features(
    kinds=frozenset({"folder", "document"}),
    widgets=frozenset({"button", "contents", "files", "form", "include"}),
    fallback=frozenset({"share"}),
)


class LocalFiles(StateFolder):
    """A folder of this computer, for the role ``files``."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening.settings.path)

    @property
    def features(self) -> Features:
        return _FEATURES

    def predict(self, space: Space, resource: Resource) -> Address | None:
        holder = container(resource)
        parent = space.addresses.get(holder).path if holder and holder in space.addresses else ""  # type: ignore[union-attr]
        name = _name(resource)
        path = f"{parent}/{name}" if parent else name
        url = (self.base / space.slug).joinpath(*path.split("/")).as_uri()
        return Address(path, f"{url}/" if isinstance(resource, Folder) else url)

    def fingerprint(self, space: Space, resource: Resource) -> str | None:
        if isinstance(resource, Document):
            return hashlib.sha256(self._content(space, resource)).hexdigest()
        return FOLDER

    def render(self, space: Space, resource: Resource) -> Content:
        if not isinstance(resource, Document):
            return Content(b"", "inode/directory", "")
        return _as_content(self._content(space, resource), _name(resource))

    def _content(self, space: Space, document: Document) -> bytes:
        if document.data is not None:
            return document.data
        address = space.addresses.get(document.id) or self.predict(space, document)
        link = Linker(space, address.url if address and address.url else "")
        with using_language(space.language):
            text = markdown(document.body, link, lambda part, _alone: plain_link(space, link, part))
        return encodable(text).encode()

    # --- looking ------------------------------------------------------------------------------------------

    def observe(self, space: Space, targets: Sequence[Target]) -> Mapping[str, Observation]:
        root = space_root(self.base, space.slug)
        missing = missing_disk(self.base, targets)
        if missing is not None:
            return {target.key: missing for target in targets}
        return {target.key: self._look_safely(space, root, target) for target in targets}

    def _look_safely(self, space: Space, root: Path, target: Target) -> Observation:
        try:
            path = self._place(space, target.resource, target.known)
        except Refused as error:
            return Unknown.of(error)
        try:
            return self._look(root, path, target.kind)
        except OSError as error:
            return Unknown(disk.told(error, root / path).message)
        except Suspicious as error:
            # a link that a person made: only what is behind it stays unknown
            return Unknown.of(error)

    def _look(self, root: Path, relative: str, kind: str) -> Seen | Absent:
        path = disk.checked(root, relative)
        disk.check_inside(root, path.parent)
        found = disk.find(path)
        if found is None:
            return Absent()
        url = path.as_uri()
        if kind == "folder":
            fits = stat.S_ISDIR(found.st_mode)
            fingerprint = FOLDER if fits else "not-a-folder"
            url = f"{url}/"
        else:
            fits = stat.S_ISREG(found.st_mode)
            fingerprint = disk.digest_of(path) if fits else "not-a-file"
        return Seen(
            remote_id=f"{root.name}/{relative}",
            address=Address(relative, url),
            fingerprint=fingerprint,
            access=access_of(found) if fits else None,
            modified=datetime.fromtimestamp(found.st_mtime, UTC),
        )

    def _place(self, space: Space, resource: Resource | None, known: Known | None) -> str:
        """Where to look, relative to the engagement's folder. Raises Suspicious for a memory that leads elsewhere."""
        root = self.base / space.slug
        if known is not None:
            disk.checked(root, known.address.path)
            if known.remote_id != f"{space.slug}/{known.address.path}":
                raise Suspicious(
                    _("« {remote} » n'est pas dans l'espace « {slug} ».").format(
                        remote=known.remote_id[:200], slug=space.slug
                    )
                )
            return known.address.path
        if resource is None:
            raise Refused(_("Rien ne dit où cet élément se trouve."))
        address = self.predict(space, resource)
        path = address.path if address else _name(resource)
        disk.checked(root, path)
        return path

    def read(self, space: Space, target: Target) -> Content:
        root = space_root(self.base, space.slug)
        is_there(self.base)
        relative = self._place(space, target.resource, target.known)
        path = disk.checked(root, relative)
        disk.check_inside(root, path.parent)
        with disk.telling(path):
            if target.kind == "folder":
                if not stat.S_ISDIR(os.lstat(path).st_mode):
                    raise Refused(_("« {path} » n'est pas un dossier.").format(path=path))
                return Content(b"", "inode/directory", "")
            return _as_content(disk.read_file(path), path.name)

    # --- writing ------------------------------------------------------------------------------------------

    def apply(self, space: Space, changes: Sequence[Change]) -> Iterator[Outcome]:
        root = space_root(self.base, space.slug)
        is_there(self.base)
        with disk.telling(root):
            if any(change.act is Act.CREATE for change in changes):
                # made together, so that the description finds its place later
                (root / disk.STATE_FOLDER).mkdir(parents=True, exist_ok=True)
            disk.sweep_tree(root)
        for change in changes:
            try:
                yield self._change(space, root, change)
            except PlatformError as error:
                yield Failed(change.key, error)
            except OSError as error:
                path = Path(error.filename) if isinstance(error.filename, str) else root
                yield Failed(change.key, disk.told(error, path))

    def _change(self, space: Space, root: Path, change: Change) -> Outcome:
        relative = self._place(space, change.resource, None if change.act is Act.CREATE else based_on(change))
        path = disk.checked(root, relative)
        disk.check_inside(root, path.parent)
        if change.act is Act.CREATE:
            return self._create(space, root, relative, path, change)
        if change.act is Act.DELETE:
            return self._delete(root, relative, path, change)
        return self._update(space, root, relative, path, change)

    def _create(self, space: Space, root: Path, relative: str, path: Path, change: Change) -> Outcome:
        frozen = change.access.write is None
        try:
            if isinstance(change.resource, Folder):
                with disk.lifted(path.parent):
                    path.mkdir()
                if frozen:
                    disk.set_read_only(path, True, root)
            elif isinstance(change.resource, Document):
                disk.create_file(path, self._content(space, change.resource), frozen)
        except FileExistsError:
            return self._overtaken(root, relative, change)
        return self._done(root, relative, change)

    def _update(self, space: Space, root: Path, relative: str, path: Path, change: Change) -> Outcome:
        seen = self._look(root, relative, change.kind)
        if isinstance(seen, Absent) or change.seen is None:
            return Overtaken(change.key, seen if isinstance(seen, Seen) else None)
        if change.content:
            if seen.fingerprint != change.seen.fingerprint:
                return Overtaken(change.key, seen)
            if isinstance(change.resource, Document):
                data = self._content(space, change.resource)
                expected = change.seen.fingerprint
                if not disk.replace_file(path, data, lambda now: hashlib.sha256(now).hexdigest() == expected):
                    return self._overtaken(root, relative, change)
        if change.rights and seen.access is not None:
            disk.set_read_only(path, change.access.write is None, root)
        return self._done(root, relative, change)

    def _delete(self, root: Path, relative: str, path: Path, change: Change) -> Outcome:
        seen = self._look(root, relative, change.kind)
        if isinstance(seen, Absent):
            return Done(change.key, None)
        if change.seen is None or seen.fingerprint != change.seen.fingerprint:
            return Overtaken(change.key, seen)
        with disk.lifted(path.parent):
            if change.kind == "folder":
                if not disk.remove_if_empty(path):
                    return self._overtaken(root, relative, change)
            else:
                disk.remove_file(path)
        return Done(change.key, None)

    def _done(self, root: Path, relative: str, change: Change) -> Outcome:
        seen = self._look(root, relative, change.kind)
        return Done(change.key, seen) if isinstance(seen, Seen) else Overtaken(change.key, None)

    def _overtaken(self, root: Path, relative: str, change: Change) -> Overtaken:
        seen: Observation = Absent()
        with suppress(OSError):
            seen = self._look(root, relative, change.kind)
        return Overtaken(change.key, seen if isinstance(seen, Seen) else None)

    # --- the rest -----------------------------------------------------------------------------------------

    def holdings(self, space: Space) -> Iterator[Holding]:
        root = space_root(self.base, space.slug)
        if is_there(self.base):
            with disk.telling(root):
                yield from holdings.files_in(root)

    def fetch(self, space: Space, path: str) -> Iterator[bytes]:
        return holdings.blocks_of(space_root(self.base, space.slug), path)

    def takes(self, path: str) -> bool:
        return holdings.is_place(path)

    def deposit(self, space: Space, path: str, blocks: Iterable[bytes], size: int) -> bool:
        return holdings.make(space_root(self.base, space.slug), path, blocks)

    def check(self) -> Iterator[Finding]:
        return checks.findings(self.base)


def based_on(change: Change) -> Known | None:
    """What says where the thing is: the memory, else what was seen."""
    seen = change.seen
    return change.known or (Known(seen.remote_id, seen.address, seen.fingerprint) if seen else None)


def missing_disk(base: Path, targets: Sequence[Target]) -> Unknown | None:
    """When all is gone, even the folder of all engagements, it is rather the disk that is not there.

    Raises PlatformError when not even that can be told.
    """
    if is_there(base) or all(target.known is None for target in targets):
        return None
    return Unknown(
        _("le dossier « {path} » n'est pas là : le disque ou le partage réseau n'est peut-être pas branché").format(
            path=base
        )
    )


def access_of(found: os.stat_result) -> Access:
    """Rights as the bits tell them."""
    return Access(Rights.TEAM, None if disk.is_read_only(found) else Rights.TEAM)


def _name(resource: Resource) -> str:
    wanted = getattr(resource, "name", "")
    try:
        return safe_filename(wanted)
    except ValueError as error:
        raise Refused(str(error)) from error


def _as_content(data: bytes, name: str) -> Content:
    kind = "text/markdown" if name.lower().endswith(".md") else mimetypes.guess_type(name)[0]
    text = None
    if b"\0" not in data:
        with suppress(UnicodeDecodeError):
            text = data.decode("utf-8-sig")
    return Content(data, kind or ("text/plain" if text is not None else "application/octet-stream"), text)
