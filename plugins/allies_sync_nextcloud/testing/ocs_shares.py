"""The sharing API: listing, creating, changing and removing shares, with all its oddities."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from allies_sync_nextcloud.testing import dav_errors, names, permissions
from allies_sync_nextcloud.testing.ocs import Call, OcsError, Route, route
from allies_sync_nextcloud.testing.scope import Place
from allies_sync_nextcloud.testing.share_rules import (
    check_rights,
    check_update,
    expiry_of_link,
    expiry_within,
    parse_date,
    refuse_duplicates_of_policy,
)
from allies_sync_nextcloud.testing.shares import GROUP, KINDS, LINK, MAIL, USER, Share
from allies_sync_nextcloud.testing.tree import mimetype

_UNKNOWN = "Wrong share ID, share does not exist"
_NO_PATH = "Wrong path, file/folder does not exist"
_CHANGEABLE = (
    "permissions",
    "password",
    "sendPasswordByTalk",
    "publicUpload",
    "expireDate",
    "note",
    "label",
    "hideDownload",
    "attributes",
)


def _place(call: Call, path: str) -> Place:
    try:
        return call.scope.locate(names.split_path(path))
    except dav_errors.DavError:
        raise OcsError(404, _NO_PATH) from None


def _number(text: str | None) -> int | None:
    """As PHP reads a number: what is none counts as 0."""
    if text is None:
        return None
    digits = text.strip().lstrip("+-")
    value = int("".join(one for one in digits if one.isdigit())) if digits[:1].isdigit() else 0
    return -value if text.strip().startswith("-") else value


def _find(call: Call, *, through_group: bool = True) -> Share:
    number = _number(call.arguments[0])
    share = call.state.shares.get(number) if number is not None else None
    if share is None or not _may_see(call, share, through_group):
        raise OcsError(404, _UNKNOWN)
    return share


def _may_see(call: Call, share: Share, through_group: bool) -> bool:
    uid = call.me.uid
    if not share.permissions:
        return False
    if uid in (share.owner, share.sharer) or (share.kind == USER and share.share_with == uid):
        return True
    if any(place.may(permissions.SHARE) for place in call.scope.places_of(share.node)):
        return True
    member = share.kind == GROUP and call.state.accounts.in_group(uid, share.share_with or "")
    return through_group and member


def _may_change(call: Call, share: Share) -> bool:
    return bool(share.permissions) and call.me.uid in (share.owner, share.sharer)


def show(call: Call, share: Share, *, new: bool = False, place: Place | None = None) -> dict[str, Any]:
    """One share, as the API writes it for this user."""
    accounts = call.state.accounts
    uid = call.me.uid
    if place is None:
        places = call.scope.places_of(share.node)
        if not places:
            raise OcsError(404, _UNKNOWN)
        place = places[0]
    parent = share.node.parent.fileid if share.node.parent else 0
    storage = f"home::{place.node.owner}"
    if place.mount is not None:
        storage = "shared::/" + "/".join(place.mount.path)
        parent = call.state.tree.homes[uid].fileid if place.is_mount else parent
    recipient = share.kind == USER and share.share_with == uid
    shown: dict[str, Any] = {
        "id": str(share.number),
        "share_type": share.kind,
        "uid_owner": share.sharer,
        "displayname_owner": _display_name(call, share.sharer),
        "permissions": share.permissions,
        "can_edit": _may_change(call, share),
        "can_delete": _may_change(call, share) or recipient,
        "stime": share.created,
        "parent": None,
        "expiration": f"{share.expires.isoformat()} 00:00:00" if share.expires else None,
        "token": share.token,
        "uid_file_owner": share.owner,
        "note": share.note,
        "label": share.label if share.is_link else None,
        "displayname_file_owner": _display_name(call, share.owner),
        "path": "/" + "/".join(names.nfc(one) for one in place.segments),
        "item_type": "folder" if share.node.is_folder else "file",
        "mimetype": "httpd/unix-directory" if share.node.is_folder else mimetype(share.node.name),
        "has_preview": False,
        "storage_id": storage,
        "storage": call.state.tree.homes[share.owner].fileid,
        "item_source": share.node.fileid,
        "file_source": share.node.fileid,
        "file_parent": parent,
        "file_target": share.target if share.is_link or uid == share.owner else share.target_of(uid),
    }
    if share.kind == USER:
        shown |= {
            "share_with": share.share_with,
            "share_with_displayname": _display_name(call, share.share_with or ""),
            "share_with_displayname_unique": _unique_name(call, share.share_with or ""),
            "status": [],
        }
    elif share.kind == GROUP:
        group = accounts.groups.get(share.share_with or "")
        shown |= {
            "share_with": share.share_with,
            "share_with_displayname": group.display_name if group else share.share_with,
        }
    elif share.kind == LINK:
        shown |= {
            "share_with": share.password_hash,
            "share_with_displayname": f"({call.translated('Shared link')})",
            "password": share.password_hash,
            "send_password_by_talk": False,
            "url": f"{call.request.base}/index.php/s/{share.token}",
        }
    else:
        shown |= {
            "share_with": share.share_with,
            "password": share.password_hash,
            "password_expiration_time": None,
            "send_password_by_talk": False,
            "share_with_displayname": share.share_with,
        }
    return shown | {
        "mail_send": 1 if new and share.kind != MAIL else 0,
        "hide_download": 1 if share.hide_download else 0,
        "attributes": share.attributes,
    }


def _display_name(call: Call, uid: str) -> str:
    user = call.state.accounts.users.get(uid)
    return user.display_name if user else uid


def _unique_name(call: Call, uid: str) -> str:
    user = call.state.accounts.users.get(uid)
    return user.email if user and user.email else uid


def _listed(call: Call, shares: Iterable[Share], place: Place | None = None) -> list[dict[str, Any]]:
    """By kind, then by number; what this user cannot find any more is left out."""
    shown = []
    for share in sorted(shares, key=lambda one: (KINDS.index(one.kind), one.number)):
        if share.kind == USER and share.share_with == call.me.uid:
            continue
        try:
            shown.append(show(call, share, place=place))
        except OcsError:
            continue
    return shown


def list_shares(call: Call) -> list[dict[str, Any]]:
    path = call.field("path") or ""
    place = _place(call, path) if path else None
    if call.flag("shared_with_me"):
        received = call.state.shares.received(call.me.uid)
        return [show(call, share) for share in received if place is None or share.node is place.node]
    if call.flag("subfiles"):
        return _subfiles(call, place)
    reshares = call.flag("reshares")
    mine = _by(call, reshares)
    return _listed(call, [one for one in mine if place is None or one.node is place.node], place)


def _by(call: Call, reshares: bool) -> list[Share]:
    """What this user shared; with re-shares also what others made of his files, or of files he may re-share."""
    uid = call.me.uid
    if not reshares:
        return [one for one in call.state.shares if one.sharer == uid]
    return [one for one in call.state.shares if uid in (one.sharer, one.owner)]


def _subfiles(call: Call, place: Place | None) -> list[dict[str, Any]]:
    """Of the direct children only, child after child; re-shares are always among them."""
    if place is None or place.folder is None:
        raise OcsError(400, "Not a directory")
    shares: dict[int, list[Share]] = {}
    for share in _by(call, reshares=True):
        shares.setdefault(share.node.fileid, []).append(share)
    found = []
    for child in call.scope.children(place):
        found += _listed(call, shares.get(child.node.fileid, []))
    return found


def inherited(call: Call) -> list[dict[str, Any]]:
    place = _place(call, call.field("path") or "")
    found = []
    for folder in place.node.ancestors():
        shares = [one for one in call.state.shares if one.node is folder and one.owner == place.node.owner]
        via = {"via_fileid": folder.fileid, "via_path": folder.path()}
        found += [shown | via for shown in _listed(call, shares)]
    return found


def get_share(call: Call) -> list[dict[str, Any]]:
    """A list of one."""
    return [show(call, _find(call))]


def create_share(call: Call) -> dict[str, Any]:
    policies = call.state.policies
    kind = _number(call.field("shareType"))
    path = call.field("path")
    if path is None:
        raise OcsError(404, "Please specify a file or folder path")
    place = _place(call, path)
    asked = _number(call.field("permissions"))
    bits = asked if asked is not None else permissions.READ if kind in (LINK, MAIL) else policies.default_permissions
    if not 0 <= bits <= permissions.ALL:
        raise OcsError(404, "Invalid permissions")
    # Read is always added, which is what makes a file drop readable until its permissions are changed.
    bits |= permissions.READ
    if place.file is not None:
        bits &= ~(permissions.DELETE | permissions.CREATE)
    share_with = call.field("shareWith")
    if kind in (LINK, MAIL):
        bits = _bits_of_link(call, place, bits)
    elif kind == USER:
        if share_with is None or share_with not in call.state.accounts.users:
            raise OcsError(404, "Please specify a valid user")
    elif kind == GROUP:
        if not policies.groups:
            raise OcsError(404, "Group sharing is disabled by the administrator")
        if share_with is None or share_with not in call.state.accounts.groups:
            raise OcsError(404, "Please specify a valid group")
    else:
        raise OcsError(400, "Unknown share type")
    expires = None
    if call.field("expireDate"):
        expires = parse_date(call.field("expireDate") or "")
        if expires is None:
            raise OcsError(404, "Invalid date, date format must be YYYY-MM-DD")
    check_rights(call, place, kind, bits, share_with)
    if share_with is not None and kind in (USER, GROUP):
        refuse_duplicates_of_policy(call, kind, share_with)
        existing = call.state.shares.existing(place.node, kind, share_with)
        if existing is not None:
            # The same one again, and what was asked for is not applied.
            return show(call, existing)
        expires = expiry_within(call, expires, new=True)
    else:
        if place.folder is not None and not policies.public_upload and bits & permissions.WRITE:
            raise OcsError(403, "Public upload is not allowed")
        expires = expiry_of_link(call, expires, new=True)
        if policies.link_password_enforced and not call.field("password"):
            raise OcsError(403, "Passwords are enforced for link and mail shares")
    return _created(call, place, kind, bits, share_with if kind != LINK else None, expires)


def _bits_of_link(call: Call, place: Place, bits: int) -> int:
    policies = call.state.policies
    if not policies.sharing:
        return bits
    if not policies.links:
        raise OcsError(404, "Public link sharing is disabled by the administrator")
    if call.flag("publicUpload"):
        if not policies.public_upload:
            raise OcsError(403, "Public upload disabled by the administrator")
        if place.file is not None:
            raise OcsError(404, "Public upload is only possible for publicly shared folders")
        bits = permissions.READ | permissions.WRITE
    return bits | permissions.SHARE if policies.outgoing_federation else bits


def _created(call: Call, place: Place, kind: int, bits: int, share_with: str | None, expires: Any) -> dict[str, Any]:
    share = call.state.shares.add(kind, place.node, call.me.uid, bits, share_with)
    share.expires = expires
    share.note = call.field("note") or ""
    share.attributes = _attributes(call.field("attributes"))
    if share.is_link:
        share.label = call.field("label") or ""
        share.set_password(call.field("password"))
        share.parent = place.mount.shares[0].number if place.mount else None
    shown = show(call, share, new=True)
    if kind == MAIL:
        share.target = ""
    return shown


def _attributes(sent: str | None) -> str | None:
    if not sent:
        return None
    try:
        return json.dumps(json.loads(sent), separators=(",", ":"))
    except ValueError:
        raise OcsError(400, "Invalid share attributes provided") from None


def update_share(call: Call) -> dict[str, Any]:
    share = _find(call, through_group=False)
    if not _may_change(call, share):
        raise OcsError(403, "You are not allowed to edit incoming shares")
    if all(call.field(name) is None for name in _CHANGEABLE):
        raise OcsError(400, "Wrong or no update parameter given")
    wanted = check_update(call, share, _number(call.field("permissions")))
    if call.field("note") is not None:
        share.note = call.field("note") or ""
    if call.field("attributes") is not None:
        share.attributes = _attributes(call.field("attributes"))
    share.permissions = wanted.permissions
    share.expires = wanted.expires
    if share.is_link:
        if call.field("hideDownload") in ("true", "false"):
            share.hide_download = call.flag("hideDownload")
        if call.field("label") is not None:
            share.label = call.field("label") or ""
        if call.field("password") is not None:
            share.set_password(call.field("password"))
    return show(call, share)


def delete_share(call: Call) -> list[Any]:
    share = _find(call)
    uid = call.me.uid
    if uid in (share.owner, share.sharer) or (share.kind == USER and share.share_with == uid):
        call.state.shares.remove(share)
    elif share.kind == GROUP and call.state.accounts.in_group(uid, share.share_with or ""):
        share.declined.add(uid)
    else:
        raise OcsError(403, "Could not delete share")
    return []


def sharees(call: Call) -> dict[str, Any]:
    """Users and groups whose name contains what was typed."""
    typed = (call.field("search") or "").lower()
    kinds = call.fields.get("shareType") or [str(USER), str(GROUP)]
    users, groups = [], []
    for user in call.state.accounts.users.values():
        if str(USER) in kinds and typed in (user.uid + " " + user.display_name).lower() and user.uid != call.me.uid:
            users.append({"label": user.display_name, "value": {"shareType": USER, "shareWith": user.uid}})
    for group in call.state.accounts.groups.values():
        if str(GROUP) in kinds and typed in (group.gid + " " + group.display_name).lower():
            groups.append({"label": group.display_name, "value": {"shareType": GROUP, "shareWith": group.gid}})
    empty: dict[str, list[Any]] = {"remotes": [], "remote_groups": [], "emails": [], "circles": [], "rooms": []}
    exact_users = [one for one in users if one["value"]["shareWith"] == typed]  # type: ignore[index]
    exact_groups = [one for one in groups if one["value"]["shareWith"] == typed]  # type: ignore[index]
    return {
        "exact": {"users": exact_users, "groups": exact_groups, **empty},
        "users": [one for one in users if one not in exact_users],
        "groups": [one for one in groups if one not in exact_groups],
        **empty,
        "lookup": [],
        "lookupEnabled": True,
    }


_API = "apps/files_sharing/api/v1"
ROUTES: list[Route] = [
    route("GET", f"{_API}/shares", list_shares),
    route("POST", f"{_API}/shares", create_share),
    route("GET", f"{_API}/shares/inherited", inherited),
    route("GET", f"{_API}/shares/{{}}", get_share),
    route("PUT", f"{_API}/shares/{{}}", update_share),
    route("DELETE", f"{_API}/shares/{{}}", delete_share),
    route("GET", f"{_API}/sharees", sharees),
]
