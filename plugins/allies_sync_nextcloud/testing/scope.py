"""Files as somebody sees them through one DAV address: which node a path names, and what may be done with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing import names, permissions
from allies_sync_nextcloud.testing.accounts import User
from allies_sync_nextcloud.testing.shares import Mount, Share
from allies_sync_nextcloud.testing.state import ServerState
from allies_sync_nextcloud.testing.tree import File, Folder, Node, open_folder


@dataclass(frozen=True)
class Place:
    """A node at a path of a scope."""

    node: Node
    segments: tuple[str, ...]
    """As they were asked for: not normalised, so that hrefs echo them."""
    bits: int
    mount: Mount | None = None
    is_mount: bool = False
    """The shared folder itself, not something in it."""
    from_above: bool = False
    """Seen in a listing of its parent: mounts then show rights that they do not have."""

    def may(self, bit: int) -> bool:
        return bool(self.bits & bit)

    @property
    def folder(self) -> Folder | None:
        return self.node if isinstance(self.node, Folder) else None

    @property
    def inside(self) -> Folder:
        """The folder, where the caller has seen that it is one."""
        if not isinstance(self.node, Folder):
            raise errors.conflict("Parent node is not a collection")
        return self.node

    @property
    def file(self) -> File | None:
        return self.node if isinstance(self.node, File) else None

    def letters(self, *, public: bool = False) -> str:
        bits = self.bits
        writable = None
        if self.is_mount:
            writable = bool(bits & permissions.UPDATE)
            bits |= permissions.DELETE | (permissions.UPDATE if self.from_above else 0)
        shared = self.mount is not None and not public
        return permissions.letters(bits, folder=self.node.is_folder, shared=shared, writable=writable)


class Scope:
    """One user's files, below ``prefix``."""

    public = False

    def __init__(self, state: ServerState, user: User, prefix: str) -> None:
        self.state = state
        self.user: User | None = user
        self.owner = user
        self.prefix = prefix
        self.mounts = {mount.path: mount for mount in state.shares.mounts(user.uid)}

    @cached_property
    def own_shares(self) -> dict[int, list[Share]]:
        """What the user has shared himself, by the file's id."""
        found: dict[int, list[Share]] = {}
        for share in self.state.shares:
            if share.sharer == self.owner.uid:
                found.setdefault(share.node.fileid, []).append(share)
        return found

    @property
    def root(self) -> Place:
        return Place(self.state.tree.homes[self.owner.uid], (), permissions.ALL)

    def href(self, place: Place) -> str:
        path = "/".join((self.prefix, *place.segments))
        return names.encode(path) + ("/" if place.node.is_folder else "")

    def property_path(self, place: Place) -> str:
        """The path under which the server keeps dead properties."""
        return "/".join(["files", self.owner.uid, *place.segments])

    def missing(self, segments: Sequence[str]) -> errors.DavError:
        """Named as the server does: two slashes for what would lie in the root."""
        parent = "/".join(segments[:-1])
        return errors.not_found(f"File with name /{parent}/{segments[-1]} could not be located")

    def locate(self, segments: Sequence[str]) -> Place:
        """The node of a path, or the server's refusal. Opens every folder on the way, as the server does."""
        place = self.root
        for count, name in enumerate(segments, 1):
            if place.folder is None:
                raise errors.not_found(f"Could not find node at path: {self._inner(segments[:count])}")
            found = self.child(place, name)
            if found is None:
                raise self.missing(segments[:count])
            place = found
        return place

    def find(self, segments: Sequence[str]) -> Place | None:
        try:
            return self.locate(segments)
        except errors.DavError as error:
            if error.status == 404:
                return None
            raise

    def child(self, place: Place, name: str) -> Place | None:
        names.check(name)
        folder = place.folder
        segments = (*place.segments, name)
        mount = self.mounts.get(tuple(names.nfc(one) for one in segments))
        if mount is not None:
            found = Place(mount.node, segments, self._within(mount.node, mount.permissions), mount, is_mount=True)
        else:
            node = folder.children.get(names.nfc(name)) if folder else None
            if node is None:
                return None
            found = Place(node, segments, self._within(node, place.bits), place.mount)
        if found.folder is not None:
            open_folder(found.folder)
        return found

    def children(self, place: Place) -> Iterator[Place]:
        """The folder's listing: its own children first, then what others share with the user."""
        folder = place.folder
        for node in folder.listed() if folder else ():
            yield Place(node, (*place.segments, node.name), self._within(node, place.bits), place.mount)
        here = tuple(names.nfc(one) for one in place.segments)
        for path, mount in self.mounts.items():
            if path[:-1] == here:
                bits = self._within(mount.node, mount.permissions)
                yield Place(mount.node, (*place.segments, path[-1]), bits, mount, is_mount=True, from_above=True)

    def walk(self, place: Place, depth: float) -> Iterator[Place]:
        """The place and what lies below it; folders that the server has not scanned stay closed."""
        yield place
        if depth <= 0 or place.folder is None:
            return
        for child in self.children(place):
            closed = child.folder is not None and child.folder.hidden
            yield from self.walk(child, 0 if closed else depth - 1)

    def places_of(self, node: Node) -> list[Place]:
        """Where this user sees a node: under his own home, or under shares."""
        found = []
        if node.is_within(self.root.node):
            found.append(self.locate(node.path().strip("/").split("/") if node.parent else []))
        for mount in self.mounts.values():
            if node.is_within(mount.node):
                below = [node.name] if node is not mount.node else []
                for folder in node.ancestors() if below else ():
                    if folder is mount.node:
                        break
                    below.insert(0, folder.name)
                found.append(self.locate([*mount.path, *below]))
        return found

    def refuse_download(self, place: Place) -> bool:
        return place.mount is not None and any(share.downloads_refused() for share in place.mount.shares)

    def new_name(self, place: Place, name: str) -> str:
        """What an upload is stored as."""
        return name

    def free_space(self, place: Place) -> int | None:
        return self.state.free(place.node.owner)

    def _inner(self, segments: Sequence[str]) -> str:
        return "/".join(["files", self.owner.uid, *segments])

    @staticmethod
    def _within(node: Node, bits: int) -> int:
        return bits if node.is_folder else permissions.for_file(bits)


class PublicScope(Scope):
    """What the link of a share shows to a stranger, at ``/public.php/webdav``."""

    public = True

    def __init__(self, state: ServerState, share: Share, owner: User) -> None:
        super().__init__(state, owner, "/public.php/webdav")
        self.share = share
        self.user = None
        self.mounts = {}

    @property
    def root(self) -> Place:
        bits = self.share.permissions
        folder = self.share.node.is_folder
        if folder and not self.state.policies.public_upload:
            bits &= ~(permissions.CREATE | permissions.UPDATE)
        return Place(self.share.node, (), self._within(self.share.node, bits | permissions.SHARE))

    @property
    def drop_only(self) -> bool:
        return not self.share.permissions & permissions.READ

    def missing(self, segments: Sequence[str]) -> errors.DavError:
        return errors.not_found(f"File with name {'/'.join(segments)} could not be located")

    def new_name(self, place: Place, name: str) -> str:
        """In a file drop nothing is overwritten: a number is added."""
        free, number = name, 2
        taken = place.folder.children if place.folder else {}
        while self.drop_only and names.nfc(free) in taken:
            free, number = names.numbered(name, number), number + 1
        return free


def requested_segments(path: str, prefix: str) -> list[str]:
    return names.split_path(path.removeprefix(prefix))
