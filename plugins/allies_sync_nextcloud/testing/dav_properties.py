"""The live properties of files and folders, the dead ones that users add, and PROPPATCH."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence

from allies_sync.platforms.testing.clock import http_date
from allies_sync_nextcloud.testing import dav_xml as xml
from allies_sync_nextcloud.testing import permissions
from allies_sync_nextcloud.testing.dav_xml import DAV, NEXTCLOUD, OWNCLOUD, SHARING, Change, Resource, Status, text
from allies_sync_nextcloud.testing.scope import Place, Scope
from allies_sync_nextcloud.testing.shares import Share
from allies_sync_nextcloud.testing.tree import mimetype, size

_UNLIMITED = -3


class Missing(Exception):
    """This resource has no such property."""


def etag(scope: Scope, place: Place) -> str:
    """Quoted. A home in which shares are mounted changes with each of them."""
    own = place.node.etag
    if not place.segments and scope.mounts:
        own = hashlib.md5("::".join([own, *(one.node.etag for one in scope.mounts.values())]).encode()).hexdigest()  # noqa: S324
    return f'"{own}"'


def describe(scope: Scope, place: Place, wanted: Sequence[str] | None) -> Resource:
    """One resource of a PROPFIND: what it has with 200, what it lacks with 404, in the order asked for."""
    names = list(wanted) if wanted is not None else default_properties(place)
    found: list[tuple[str, str | None]] = []
    lacking: list[tuple[str, str | None]] = []
    for tag in names:
        try:
            found.append((tag, _value(scope, place, tag)))
        except Missing:
            lacking.append((tag, None))
    return Resource(scope.href(place), [Status(200, found), Status(404, lacking)])


def default_properties(place: Place) -> list[str]:
    for_folder = ["getlastmodified", "resourcetype", "quota-used-bytes", "quota-available-bytes", "getetag"]
    for_file = ["getlastmodified", "getcontentlength", "resourcetype", "getetag", "getcontenttype"]
    return [xml.name(DAV, local) for local in (for_folder if place.node.is_folder else for_file)]


def _value(scope: Scope, place: Place, tag: str) -> str | None:
    finder = _LIVE.get(tag)
    if finder is not None:
        return finder(scope, place)
    if not scope.public and scope.user is not None:
        stored = scope.state.properties.get((scope.user.uid, scope.property_path(place)), {})
        if tag in stored:
            return stored[tag]
    raise Missing


def _only_folder(place: Place) -> None:
    if not place.node.is_folder:
        raise Missing


def _user(scope: Scope) -> str:
    if scope.user is None:
        raise Missing
    return scope.user.uid


def _display_name(scope: Scope, place: Place) -> str:
    if place.mount and place.is_mount:
        return text(place.mount.path[-1])
    return text(place.node.name or scope.owner.uid)


def _content_type(_: Scope, place: Place) -> str:
    return text(mimetype_of(place))


def mimetype_of(place: Place) -> str:
    if place.file is None:
        raise Missing
    return mimetype(place.node.name)


def _length(_: Scope, place: Place) -> str:
    if place.file is None:
        raise Missing
    return str(len(place.file.content))


def _resourcetype(_: Scope, place: Place) -> str | None:
    return "<d:collection/>" if place.node.is_folder else None


def _used(_: Scope, place: Place) -> str:
    _only_folder(place)
    return str(max(0, size(place.node)))


def _available(scope: Scope, place: Place) -> str:
    _only_folder(place)
    free = scope.free_space(place)
    return str(_UNLIMITED if free is None else free)


def _checksums(_: Scope, place: Place) -> str:
    if place.file is None or not place.file.checksums:
        raise Missing
    return "".join(f"<oc:checksum>{text(one)}</oc:checksum>" for one in place.file.checksums.split())


def _upload_time(_: Scope, place: Place) -> str:
    if place.file is None:
        raise Missing
    return str(place.file.upload_time)


def _download_url(_: Scope, place: Place) -> str:
    if place.file is None:
        raise Missing
    return ""


def _preview(_: Scope, place: Place) -> str:
    shown = place.file is not None and mimetype_of(place).startswith(("text/plain", "text/markdown", "image/"))
    return "true" if shown else "false"


def _encrypted(_: Scope, place: Place) -> str:
    _only_folder(place)
    return "0"


def _count(folders: bool) -> Callable[[Scope, Place], str]:
    def count(scope: Scope, place: Place) -> str:
        _only_folder(place)
        return str(sum(1 for child in scope.children(place) if child.node.is_folder == folders))

    return count


def _favourite(scope: Scope, place: Place) -> str:
    return "1" if _user(scope) in place.node.favourite_of else "0"


def _tags(scope: Scope, place: Place) -> str | None:
    tags = place.node.private_tags.get(_user(scope), [])
    return "".join(f"<oc:tag>{text(tag)}</oc:tag>" for tag in tags) or None


def _own_shares(scope: Scope, place: Place) -> list[Share]:
    _user(scope)
    return scope.own_shares.get(place.node.fileid, [])


def _share_types(scope: Scope, place: Place) -> str | None:
    kinds = dict.fromkeys(share.kind for share in _own_shares(scope, place))
    return "".join(f"<oc:share-type>{kind}</oc:share-type>" for kind in kinds) or None


def _sharees(scope: Scope, place: Place) -> str | None:
    shown = []
    for share in _own_shares(scope, place):
        user = scope.state.accounts.users.get(share.share_with or "")
        group = scope.state.accounts.groups.get(share.share_with or "")
        known = user.display_name if share.kind == 0 and user else group.display_name if group else ""
        who = f"<nc:id>{text(share.share_with)}</nc:id>" if share.share_with else "<nc:id/>"
        called = f"<nc:display-name>{text(known)}</nc:display-name>" if known else "<nc:display-name/>"
        shown.append(f"<nc:sharee>{who}{called}<nc:type>{share.kind}</nc:type></nc:sharee>")
    return "".join(shown) or None


def _share_permissions(scope: Scope, place: Place) -> str:
    _user(scope)
    bits = place.mount.permissions if place.mount else permissions.ALL
    return str(bits if place.node.is_folder else bits & ~(permissions.CREATE | permissions.DELETE))


def _share_attributes(_: Scope, place: Place) -> str:
    sets = [json.loads(share.attributes) for share in place.mount.shares if share.attributes] if place.mount else []
    return text(json.dumps([one for some in sets for one in some], separators=(",", ":")))


def _note(scope: Scope, place: Place) -> str:
    _user(scope)
    return text(next((share.note for share in place.mount.shares if share.note), "")) if place.mount else ""


def _owner_name(scope: Scope, place: Place) -> str:
    user = scope.state.accounts.users.get(place.node.owner)
    return text(user.display_name if user else place.node.owner)


def _comments(scope: Scope, _: Place) -> str:
    _user(scope)
    return "0"


def _constant(value: str | None) -> Callable[[Scope, Place], str | None]:
    return lambda scope, place: value


_LIVE: dict[str, Callable[[Scope, Place], str | None]] = {
    xml.name(DAV, "getlastmodified"): lambda _, place: http_date(place.node.mtime),
    xml.name(DAV, "getetag"): lambda scope, place: text(etag(scope, place)),
    xml.name(DAV, "getcontenttype"): _content_type,
    xml.name(DAV, "getcontentlength"): _length,
    xml.name(DAV, "resourcetype"): _resourcetype,
    xml.name(DAV, "quota-used-bytes"): _used,
    xml.name(DAV, "quota-available-bytes"): _available,
    xml.name(DAV, "creationdate"): _constant("1970-01-01T00:00:00+00:00"),
    xml.name(DAV, "displayname"): _display_name,
    xml.name(OWNCLOUD, "id"): lambda scope, place: scope.state.oc_fileid(place.node.fileid),
    xml.name(OWNCLOUD, "fileid"): lambda _, place: str(place.node.fileid),
    xml.name(OWNCLOUD, "permissions"): lambda scope, place: place.letters(public=scope.public),
    xml.name(OWNCLOUD, "size"): lambda _, place: str(size(place.node)),
    xml.name(OWNCLOUD, "favorite"): _favourite,
    xml.name(OWNCLOUD, "tags"): _tags,
    xml.name(OWNCLOUD, "share-types"): _share_types,
    xml.name(OWNCLOUD, "owner-id"): lambda _, place: text(place.node.owner),
    xml.name(OWNCLOUD, "owner-display-name"): _owner_name,
    xml.name(OWNCLOUD, "comments-count"): _comments,
    xml.name(OWNCLOUD, "comments-unread"): _comments,
    xml.name(OWNCLOUD, "comments-href"): lambda _, place: f"/remote.php/dav/comments/files/{place.node.fileid}",
    xml.name(OWNCLOUD, "checksums"): _checksums,
    xml.name(OWNCLOUD, "downloadURL"): _download_url,
    xml.name(OWNCLOUD, "data-fingerprint"): _constant(""),
    xml.name(NEXTCLOUD, "has-preview"): _preview,
    xml.name(NEXTCLOUD, "mount-type"): lambda _, place: "shared" if place.mount else "",
    xml.name(NEXTCLOUD, "is-encrypted"): _encrypted,
    xml.name(NEXTCLOUD, "sharees"): _sharees,
    xml.name(NEXTCLOUD, "share-attributes"): _share_attributes,
    xml.name(NEXTCLOUD, "note"): _note,
    xml.name(NEXTCLOUD, "system-tags"): _constant(None),
    xml.name(NEXTCLOUD, "contained-folder-count"): _count(folders=True),
    xml.name(NEXTCLOUD, "contained-file-count"): _count(folders=False),
    xml.name(NEXTCLOUD, "creation_time"): lambda _, place: str(place.node.creation_time),
    xml.name(NEXTCLOUD, "upload_time"): _upload_time,
    xml.name(SHARING, "share-permissions"): _share_permissions,
}

_FAVOURITE = xml.name(OWNCLOUD, "favorite")
_PRIVATE_TAGS = xml.name(OWNCLOUD, "tags")
_LAST_MODIFIED = {xml.name(DAV, "lastmodified"), xml.name(DAV, "getlastmodified")}
_RESOURCETYPE = xml.name(DAV, "resourcetype")


def patch(scope: Scope, place: Place, asked: Sequence[Change]) -> list[Status]:
    """All or nothing: when one property is refused, the others fail with it."""
    asked = [change for change in asked if change.tag != _RESOURCETYPE]
    refused = [change for change in asked if not _patchable(scope, change)]
    if refused:
        others = [change for change in asked if change not in refused]
        return [
            Status(403, [(change.tag, None) for change in refused]),
            Status(424, [(change.tag, None) for change in others]),
        ]
    for change in asked:
        _apply(scope, place, change)
    kept = [(change.tag, None) for change in asked if change.element is not None]
    gone = [(change.tag, None) for change in asked if change.element is None]
    return [Status(200, kept), Status(204, gone)]


def _patchable(scope: Scope, change: Change) -> bool:
    if scope.public:
        return False
    return change.tag in _LAST_MODIFIED or change.tag in (_FAVOURITE, _PRIVATE_TAGS) or change.tag not in _LIVE


def _apply(scope: Scope, place: Place, change: Change) -> None:
    uid = _user(scope)
    value = (change.element.text or "") if change.element is not None else ""
    if change.tag in _LAST_MODIFIED:
        scope.state.tree.touch(place.node, int(value or 0))
    elif change.tag == _FAVOURITE:
        place.node.favourite_of.discard(uid)
        if value in ("1", "true"):
            place.node.favourite_of.add(uid)
    elif change.tag == _PRIVATE_TAGS:
        tags = [one.text or "" for one in change.element or ()]
        # Seen on the real server: a tag that is a number is dropped without a word.
        place.node.private_tags[uid] = [tag for tag in tags if tag and not tag.isdigit()]
    else:
        stored = scope.state.properties.setdefault((uid, scope.property_path(place)), {})
        if change.element is None:
            stored.pop(change.tag, None)
        else:
            stored[change.tag] = xml.Writer().content(change.element)
