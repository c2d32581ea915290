"""Files and folders in memory: homes, file ids, ETags with their one-second steps, and the trash."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from allies_sync.platforms.testing.clock import Clock

_MIMETYPES = {
    "bin": "application/x-bin",
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "htm": "text/html",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "md": "text/markdown",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "pdf": "application/pdf",
    "php": "application/x-php",
    "png": "image/png",
    "txt": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
    "zip": "application/zip",
}


def mimetype(name: str) -> str:
    return _MIMETYPES.get(PurePosixPath(name).suffix.lstrip(".").lower(), "application/octet-stream")


@dataclass(eq=False)
class Node:
    fileid: int
    name: str
    owner: str
    parent: Folder | None
    mtime: int
    etag: str
    creation_time: int = 0
    favourite_of: set[str] = field(default_factory=set)
    private_tags: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_folder(self) -> bool:
        return isinstance(self, Folder)

    def ancestors(self) -> Iterator[Folder]:
        folder = self.parent
        while folder is not None:
            yield folder
            folder = folder.parent

    def root(self) -> Node:
        *_, last = (self, *self.ancestors())
        return last

    def path(self) -> str:
        """From its owner's home: ``/A/b.txt``, or ``/`` for the home itself."""
        names = [self.name, *(folder.name for folder in self.ancestors())]
        return "/" + "/".join(reversed(names[:-1]))

    def is_within(self, folder: Node) -> bool:
        return self is folder or any(ancestor is folder for ancestor in self.ancestors())


@dataclass(eq=False)
class File(Node):
    content: bytes = b""
    checksums: str = ""
    upload_time: int = 0
    storage_mtime: int = 0
    serial: int = 0
    """Stands for the inode: another one for another file, the same one when it is overwritten."""


@dataclass(eq=False)
class Folder(Node):
    children: dict[str, Node] = field(default_factory=dict)
    unscanned: bool = False
    """After a COPY: what it contains is known only once it was opened itself; until then its size is -1."""
    hidden: bool = False
    """Its children are not in the file cache yet, so listings from above leave them out."""

    def listed(self) -> list[Node]:
        """Children in the server's order (by the bytes of their names)."""
        return [self.children[name] for name in sorted(self.children, key=str.encode)]


def size(node: Node) -> int:
    """Bytes, recursively; -1 where something below has not been scanned."""
    if isinstance(node, File):
        return len(node.content)
    if not isinstance(node, Folder) or node.unscanned:
        return -1
    sizes = [size(child) for child in node.children.values()]
    return -1 if -1 in sizes else sum(sizes)


def stored_bytes(node: Node) -> int:
    """What counts against a quota, scanned or not."""
    if isinstance(node, File):
        return len(node.content)
    return sum(map(stored_bytes, node.children.values())) if isinstance(node, Folder) else 0


def open_folder(folder: Folder) -> None:
    """What the server does when an unscanned folder is asked for itself."""
    if folder.unscanned:
        folder.hidden = False
        folder.unscanned = any(isinstance(child, Folder) and size(child) < 0 for child in folder.children.values())


@dataclass(frozen=True)
class Trashed:
    node: Node
    name: str
    """As in the trash's listing: the former name, ``.d`` and the second of the deletion."""
    location: str
    deleted_at: int


class FileTree:
    """Every user's home and trash. Nothing here asks who acts or whether they may: the scopes do."""

    def __init__(self, clock: Clock, next_fileid: int = 1) -> None:
        self._clock = clock
        self._fileids = itertools.count(next_fileid)
        self._serials = itertools.count(1)
        self._etags = 0
        self.homes: dict[str, Folder] = {}
        self.trash: dict[str, list[Trashed]] = {}

    def add_home(self, uid: str) -> Folder:
        home = Folder(next(self._fileids), "", uid, None, self._clock.second(), self._folder_etag())
        self.homes[uid] = home
        self.trash[uid] = []
        return home

    def nodes(self) -> Iterator[Node]:
        """Everything that is in a home (not in the trash)."""
        waiting: list[Node] = list(self.homes.values())
        while waiting:
            node = waiting.pop()
            yield node
            if isinstance(node, Folder):
                waiting.extend(node.children.values())

    def by_id(self, fileid: int) -> Node | None:
        return next((node for node in self.nodes() if node.fileid == fileid), None)

    def in_home(self, node: Node) -> bool:
        return self.homes.get(node.owner) is node.root()

    def make_folder(self, parent: Folder, name: str) -> Folder:
        now = self._clock.second()
        folder = Folder(next(self._fileids), name, parent.owner, parent, now, self._folder_etag())
        parent.children[name] = folder
        self._changed(parent)
        return folder

    def make_file(self, parent: Folder, name: str, content: bytes) -> File:
        file = File(next(self._fileids), name, parent.owner, parent, 0, "", serial=next(self._serials))
        parent.children[name] = file
        self.write(file, content)
        return file

    def write(self, file: File, content: bytes) -> None:
        """New content. Within one second the ETag stays what it was: that is how the real one behaves."""
        now = self._clock.second()
        file.content = content
        file.mtime = now
        if file.storage_mtime != now:
            file.storage_mtime = now
            file.etag = self._file_etag(file)
        self._changed(file.parent)

    def touch(self, node: Node, mtime: int) -> None:
        """A client's own time. The same time and size make the same ETag again, whatever the content."""
        node.mtime = mtime
        if isinstance(node, File) and node.storage_mtime != mtime:
            node.storage_mtime = mtime
            node.etag = self._file_etag(node)
        self._changed(node.parent)

    def move(self, node: Node, parent: Folder, name: str) -> None:
        """File id, ETag and shares stay; a folder keeps its ETag too, its old and new parents do not."""
        self._detach(node)
        node.name = name
        node.parent = parent
        parent.children[name] = node
        self._give_to(node, parent.owner)
        self._changed(parent)

    def copy(self, node: Node, parent: Folder, name: str) -> Node:
        copied = self._copied(node, parent, name)
        if isinstance(copied, Folder):
            copied.hidden = False
        parent.children[name] = copied
        self._changed(parent)
        return copied

    def delete(self, node: Node, *, by_stranger: bool = False) -> None:
        """Into the trash of the file's owner (whose listing tells a stranger's deletions by a leading slash)."""
        now = self._clock.second()
        location = node.path() if by_stranger else node.path().lstrip("/")
        self._detach(node)
        self.trash[node.owner].append(Trashed(node, f"{node.name}.d{now}", location, now))

    def restore(self, uid: str, item: Trashed) -> Node:
        """Back to where it was, or into the home when that folder is gone; another name when it is taken."""
        parent = self.homes[uid]
        *folders, name = item.location.lstrip("/").split("/")
        for folder in folders:
            child = parent.children.get(folder)
            if not isinstance(child, Folder):
                parent = self.homes[uid]
                break
            parent = child
        if name in parent.children:
            name += " (restored)"
        self.trash[uid].remove(item)
        item.node.name = name
        item.node.parent = parent
        parent.children[name] = item.node
        self._changed(parent)
        return item.node

    def _copied(self, node: Node, parent: Folder, name: str) -> Node:
        now = self._clock.second()
        fileid = next(self._fileids)
        if isinstance(node, Folder):
            folder = Folder(fileid, name, parent.owner, parent, now, self._folder_etag(), unscanned=True, hidden=True)
            for child in node.listed():
                folder.children[child.name] = self._copied(child, folder, child.name)
            return folder
        content = node.content if isinstance(node, File) else b""
        file = File(fileid, name, parent.owner, parent, now, "", content=content)
        file.serial, file.storage_mtime = next(self._serials), now
        file.etag = self._file_etag(file)
        return file

    def _detach(self, node: Node) -> None:
        parent = node.parent
        if parent is not None:
            del parent.children[node.name]
            node.parent = None
            self._changed(parent)

    def _give_to(self, node: Node, owner: str) -> None:
        node.owner = owner
        for child in node.children.values() if isinstance(node, Folder) else ():
            self._give_to(child, owner)

    def _changed(self, folder: Folder | None) -> None:
        """A change below gives the folder and all above it one new ETag, at once, without regard to seconds."""
        if folder is None:
            return
        etag = self._folder_etag()
        now = self._clock.second()
        for one in (folder, *folder.ancestors()):
            one.etag = etag
            one.mtime = max(one.mtime, now)

    def _folder_etag(self) -> str:
        self._etags += 1
        return f"{self._clock.second():08x}{self._etags & 0xFFFFF:05x}"

    def _file_etag(self, file: File) -> str:
        return hashlib.md5(  # noqa: S324 (an identifier, as the real server makes it)
            f"{file.storage_mtime}.{file.serial}.{len(file.content)}".encode()
        ).hexdigest()
