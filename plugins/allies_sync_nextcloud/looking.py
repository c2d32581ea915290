"""What exists: one listing of the engagement's folder and one of the shares answer for everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from allies_sync.model.resources import Access, Document, Folder, Resource
from allies_sync.platforms.errors import PlatformError, Suspicious
from allies_sync.platforms.interface import (
    Absent,
    Features,
    Known,
    Observation,
    Seen,
    Space,
    Target,
    Unknown,
)
from allies_sync_nextcloud import links
from allies_sync_nextcloud.dav import Node
from allies_sync_nextcloud.documents import LARGEST_READ, Looked, details_of, digest, known_content, too_large
from allies_sync_nextcloud.present import Present
from allies_sync_nextcloud.rights import Rightsholders
from allies_sync_nextcloud.shares import Share
from allies_sync_nextcloud.snapshots import WINDOW
from allies_sync_nextcloud.tree import Tree, look

FOLDER = "folder"
"""The fingerprint of every folder: what people put into it is not a change of it."""

NOT_A_FILE = "not-a-file"
NOT_A_FOLDER = "not-a-folder"


@dataclass(frozen=True, slots=True)
class _Unread:
    """A file that has to be downloaded before anything can be said of it."""

    key: str
    slug: str
    node: Node
    looked: Looked


class Looker:
    """Observes. Remembers, for this process only, when each file was seen (see :class:`documents.Looked`)."""

    def __init__(self, present: Present, features: Features) -> None:
        self.present = present
        self.server = present.server
        self.places = present.places
        self.features = features
        self.looked: dict[tuple[str, str], Looked] = {}
        #: whether an engagement was frozen when it was last looked at
        self.frozen: dict[str, bool] = {}
        #: what stood in an engagement when it was last looked at
        self.paths: dict[str, frozenset[str]] = {}

    def observe(self, space: Space, targets: Sequence[Target]) -> Mapping[str, Observation]:
        if not targets:
            return {}
        held = self._with_shares(space.slug, self.present.tree(space.slug))
        if held is None:
            return {target.key: Absent() for target in targets}
        return self.answers(space, held, targets)

    def hold(self, slug: str) -> Rightsholders | None:
        """The tree with its shares, as they are now; None when there is nothing at all. Two requests."""
        return self._with_shares(slug, self.present.fresh(slug))

    def _with_shares(self, slug: str, tree: Tree | None) -> Rightsholders | None:
        if tree is None:
            return None
        self.paths[slug] = frozenset(tree.nodes)
        self.frozen[slug] = bool(tree.root.properties.get("frozen"))
        return None if tree.empty else self._holders(tree)

    def only_shares(self, slug: str) -> Rightsholders:
        """All shares of the account, for finding a link by its label. One request at most: none in a place that was
        just made, or when it was just looked at under the lease."""
        made = self.present.made.get(slug)
        if made is not None and not made.links:
            made.links = True
            return self._holders(None, [])
        return self._holders(None, self.present.shares(WINDOW))

    def _holders(self, tree: Tree | None, shares: Sequence[Share] | None = None) -> Rightsholders:
        settings = self.server.settings
        found = self.present.shares() if shares is None else shares
        return Rightsholders(tree, found, settings.team_group, settings.participants_group)

    def answers(self, space: Space, held: Rightsholders, targets: Sequence[Target]) -> Mapping[str, Observation]:
        """What is there for each target, downloading only files that changed in a way that nothing else tells."""
        found: dict[str, Observation] = {}
        unread: list[_Unread] = []
        for target in targets:
            try:
                answer = self._answer(space, held, target)
            except Suspicious as error:
                answer = Unknown.of(error)
            if isinstance(answer, _Unread):
                unread.append(answer)
            else:
                found[target.key] = answer
        for item, content in self.server.each(self._content, unread):
            if isinstance(content, PlatformError):
                found[item.key] = Unknown(content.message)
            elif content is None:
                found[item.key] = Absent()
            else:
                found[item.key] = self.file(space.slug, item.node, content, item.looked)
        return found

    def again(self, space: Space, path: str) -> Seen | None:
        """One file as it is now, read whole. Two requests."""
        found = look(self.server, self.places.inside(space.slug, path), "0")
        if found is None:
            return None
        node = replace(found[0][0], path=path)
        if node.folder:
            return self._no_file(space.slug, node)
        looked = Looked(node.etag, node.modified, found[1])
        content = too_large(node) if node.size > LARGEST_READ else self.download(space.slug, path)
        return self.file(space.slug, node, content, looked) if content else None

    # --- one target -----------------------------------------------------------------------------------------

    def _answer(self, space: Space, held: Rightsholders, target: Target) -> Observation | _Unread:
        if target.kind == "share":
            return links.find(space, held, target.key) or Absent()
        node = self._node(space, held.tree, target) if held.tree else None
        if node is None:
            return Absent()
        if target.kind == "folder":
            asked = self._asked(target.resource, target.known)
            return self.folder(space.slug, node, held.access(node.path, asked) if node.folder else None)
        if node.folder:
            return self._no_file(space.slug, node)
        looked = Looked(node.etag, node.modified, held.moment)
        content = self._told(node, target.known)
        if content is None:
            return _Unread(target.key, space.slug, node, looked)
        return self.file(space.slug, node, content, looked)

    def _node(self, space: Space, tree: Tree, target: Target) -> Node | None:
        """By its number, which follows what people rename; else at its place, unless that is another's folder."""
        known = target.known
        if known is None:
            if not isinstance(target.resource, Folder | Document):
                return None
            path = self.places.predict(space, target.resource).path
            self.places.inside(space.slug, path)
            return tree.nodes.get(path)
        self.places.inside(space.slug, known.address.path)
        node = tree.by_id(known.remote_id)
        if node is not None and node.folder == (target.kind == "folder") and not self.places.is_state(node.path):
            return node
        node = tree.nodes.get(known.address.path)
        if target.kind == "folder" and node is not None and node.mark != space.mark(target.key):
            return None
        return node

    def _asked(self, resource: Resource | None, known: Known | None) -> Access | None:
        if resource is not None:
            return self.features.narrow(resource.access)
        return known.access if known else None

    def _told(self, node: Node, known: Known | None) -> str | None:
        """A file's fingerprint as far as it can be told without downloading it."""
        content = known_content(node, known)
        return too_large(node) if content is None and node.size > LARGEST_READ else content

    def folder(self, slug: str, node: Node, access: Access | None) -> Seen:
        return Seen(
            remote_id=node.id,
            address=self.places.address(slug, node.path, folder=True),
            fingerprint=FOLDER if node.folder else NOT_A_FOLDER,
            mark=node.mark,
            access=access,
            modified=node.modified,
        )

    def _no_file(self, slug: str, node: Node) -> Seen:
        return Seen(node.id, self.places.address(slug, node.path, folder=False), NOT_A_FILE, modified=node.modified)

    def file(self, slug: str, node: Node, content: str, looked: Looked) -> Seen:
        """A file whose content is known. Its rights are its folder's: it has none of its own."""
        self.looked[slug, node.path] = looked
        certain = looked.settled or f"SHA256:{content}" in node.checksums.split(" ")
        return Seen(
            remote_id=node.id,
            address=self.places.address(slug, node.path, folder=False),
            fingerprint=content,
            revision=node.etag,
            modified=node.modified,
            details=details_of(node, content) if certain and not content.startswith("etag:") else {},
        )

    def _content(self, item: _Unread) -> str | None:
        return self.download(item.slug, item.node.path)

    def download(self, slug: str, path: str) -> str | None:
        """The digest of a file's present content; None when it is gone."""
        answer = self.server.dav.get(self.places.inside(slug, path))
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise self.server.refusal(answer, path)
        return digest(answer.content)
