"""The trash bin: listing, restoring, emptying."""

from __future__ import annotations

from allies_sync.platforms.testing.clock import http_date
from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing import dav_xml as xml
from allies_sync_nextcloud.testing import names
from allies_sync_nextcloud.testing.accounts import User
from allies_sync_nextcloud.testing.dav_read import depth_of
from allies_sync_nextcloud.testing.dav_transfer import destination_path
from allies_sync_nextcloud.testing.dav_write import created
from allies_sync_nextcloud.testing.dav_xml import DAV, NEXTCLOUD, OWNCLOUD, Resource, Status, text
from allies_sync_nextcloud.testing.exchange import Answer, Request
from allies_sync_nextcloud.testing.state import ServerState
from allies_sync_nextcloud.testing.tree import File, Trashed, size

_DEFAULT = [xml.name(DAV, local) for local in ("getlastmodified", "resourcetype", "getcontentlength")]


class TrashBin:
    def __init__(self, state: ServerState, user: User) -> None:
        self._state = state
        self._uid = user.uid
        self._items = state.tree.trash[user.uid]
        self._prefix = f"/remote.php/dav/trashbin/{user.uid}"

    def answer(self, segments: list[str], request: Request) -> Answer:
        if segments[:1] != ["trash"]:
            raise errors.not_found(f"File not found: {'/'.join(segments)} in 'trashbin'")
        item = self._item(segments[1]) if len(segments) > 1 else None
        if request.method == "PROPFIND":
            return self._list(item, request)
        if request.method == "MOVE" and item is not None:
            return self._restore(item, request)
        if request.method == "DELETE":
            for gone in [item] if item else list(self._items):
                self._items.remove(gone)
                self._state.shares.forget_node(gone.node)
            return Answer(204)
        raise errors.not_implemented(request.method)

    def _item(self, name: str) -> Trashed:
        found = next((item for item in self._items if item.name == name), None)
        if found is None:
            raise errors.not_found(f"File not found: {name} in 'trash'")
        return found

    def _list(self, item: Trashed | None, request: Request) -> Answer:
        wanted = xml.wanted_properties(request.body) or _DEFAULT
        if item is not None:
            return xml.multistatus([self._describe(item, wanted)])
        resource_type = xml.name(DAV, "resourcetype")
        known = [(tag, "<d:collection/>") for tag in wanted if tag == resource_type]
        unknown = [(tag, None) for tag in wanted if tag != resource_type]
        root = Resource(f"{self._prefix}/trash/", [Status(200, known), Status(404, unknown)])
        items = sorted(self._items, key=lambda one: -one.deleted_at) if depth_of(request) > 0 else []
        return xml.multistatus([root, *(self._describe(one, wanted) for one in items)])

    def _describe(self, item: Trashed, wanted: list[str]) -> Resource:
        node = item.node
        values: dict[str, str | None] = {
            xml.name(NEXTCLOUD, "trashbin-filename"): text(node.name),
            xml.name(NEXTCLOUD, "trashbin-original-location"): text(item.location),
            xml.name(NEXTCLOUD, "trashbin-deletion-time"): str(item.deleted_at),
            xml.name(OWNCLOUD, "fileid"): str(node.fileid),
            xml.name(OWNCLOUD, "size"): str(size(node)),
            xml.name(DAV, "getlastmodified"): http_date(item.deleted_at),
            xml.name(DAV, "resourcetype"): "<d:collection/>" if node.is_folder else None,
        }
        if isinstance(node, File):
            values[xml.name(DAV, "getcontentlength")] = str(len(node.content))
        href = names.encode(f"{self._prefix}/trash/{item.name}") + ("/" if node.is_folder else "")
        found = [(tag, values[tag]) for tag in wanted if tag in values]
        lacking = [(tag, None) for tag in wanted if tag not in values]
        return Resource(href, [Status(200, found), Status(404, lacking)])

    def _restore(self, item: Trashed, request: Request) -> Answer:
        target = destination_path(request, "/remote.php/dav/")
        if not target.startswith(f"{self._prefix}/restore/"):
            raise errors.conflict("The destination node is not found")
        self._state.tree.restore(self._uid, item)
        return created()
