"""Groups and users for administrators (and the little that a group's administrator may do)."""

from __future__ import annotations

import re
from typing import Any

from allies_sync_nextcloud.testing.accounts import ADMIN, User
from allies_sync_nextcloud.testing.ocs import Call, OcsError, Route, route
from allies_sync_nextcloud.testing.ocs_core import user_record

_UNITS = {"": 1, "b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3, "tb": 1024**4}
_BAD_NAME = 'Only the following characters are allowed in a username: "a-z", "A-Z", "0-9", spaces and "_.@-\'"'


def _admin(call: Call) -> None:
    if not call.state.accounts.is_admin(call.me.uid):
        raise OcsError(403, "Logged in user must be an admin")


def _some_admin(call: Call) -> None:
    if not call.state.accounts.is_admin(call.me.uid) and not call.me.subadmin_of:
        raise OcsError(403, "Logged in user must be at least a sub admin")


def _manages(call: Call, user: User) -> bool:
    groups = call.state.accounts.groups_of(user.uid)
    return call.state.accounts.is_admin(call.me.uid) or bool(call.me.subadmin_of & set(groups))


def _page(call: Call, values: list[str]) -> list[str]:
    found = [one for one in sorted(values) if (call.field("search") or "").lower() in one.lower()]
    limit, offset = call.field("limit") or "", call.field("offset") or "0"
    start = int(offset) if offset.isdigit() else 0
    return found[start : start + int(limit)] if limit.isdigit() else found[start:]


def list_groups(call: Call) -> dict[str, Any]:
    _some_admin(call)
    return {"groups": _page(call, list(call.state.accounts.groups))}


def group_details(call: Call) -> dict[str, Any]:
    _some_admin(call)
    groups = call.state.accounts.groups
    shown = [
        {
            "id": gid,
            "displayname": groups[gid].display_name,
            "usercount": len(groups[gid].members),
            "disabled": 0,
            "canAdd": True,
            "canRemove": True,
        }
        for gid in _page(call, list(groups))
    ]
    return {"groups": shown}


def create_group(call: Call) -> list[Any]:
    _admin(call)
    gid = call.field("groupid") or ""
    if not gid:
        raise OcsError(101, "Invalid group name")
    if gid in call.state.accounts.groups:
        raise OcsError(102, "group exists")
    call.state.accounts.add_group(gid, call.field("displayname"))
    return []


def group_members(call: Call) -> dict[str, Any]:
    _some_admin(call)
    group = call.state.accounts.groups.get(_argument(call, 0))
    if group is None:
        raise OcsError(404, "The requested group could not be found")
    return {"users": sorted(group.members)}


def member_details(call: Call) -> dict[str, Any]:
    members = group_members(call)["users"]
    users = call.state.accounts.users
    return {"users": {uid: user_record(call.state, users[uid], for_admin=True) for uid in members}}


def delete_group(call: Call) -> list[Any]:
    _admin(call)
    gid = _argument(call, 0)
    if gid not in call.state.accounts.groups:
        raise OcsError(101)
    if gid == ADMIN:
        raise OcsError(102)
    del call.state.accounts.groups[gid]
    for share in [one for one in call.state.shares if one.kind == 1 and one.share_with == gid]:
        call.state.shares.remove(share)
    return []


def list_users(call: Call) -> dict[str, Any]:
    _some_admin(call)
    return {"users": _page(call, list(call.state.accounts.users))}


def users_details(call: Call) -> dict[str, Any]:
    _some_admin(call)
    users = call.state.accounts.users
    chosen = _page(call, list(users))
    return {"users": {uid: user_record(call.state, users[uid], for_admin=True) for uid in chosen}}


def create_user(call: Call) -> dict[str, str]:
    _some_admin(call)
    accounts = call.state.accounts
    uid = call.field("userid") or ""
    groups = call.fields.get("groups") or []
    groups = [groups] if isinstance(groups, str) else groups
    if uid in accounts.users:
        raise OcsError(102, "User already exists")
    for gid in groups:
        if gid not in accounts.groups:
            raise OcsError(104, f"group {gid} does not exist")
    if not accounts.is_admin(call.me.uid) and not (groups and set(groups) <= call.me.subadmin_of):
        raise OcsError(106, "no group specified (required for subadmins)")
    password, email = call.field("password"), call.field("email")
    if not password and not email:
        raise OcsError(108, "To send a password link to the user an email address is required.")
    if not re.fullmatch(r"[a-zA-Z0-9 _.@'-]+", uid):
        raise OcsError(101, _BAD_NAME)
    user = call.state.add_user(uid, password, call.field("displayName"), tuple(groups))
    user.email = email
    user.language = call.field("language")
    user.quota = _bytes(call.field("quota"))
    return {"id": uid}


def get_user(call: Call) -> dict[str, Any]:
    user = call.state.accounts.users.get(_argument(call, 0))
    admin = call.state.accounts.is_admin(call.me.uid)
    if user is None:
        raise OcsError(404, "User does not exist") if admin else OcsError(998)
    if user is call.me:
        return user_record(call.state, user, own=True)
    if not _manages(call, user):
        raise OcsError(998)
    return user_record(call.state, user, for_admin=admin)


def _managed(call: Call, missing: int = 998) -> User:
    user = call.state.accounts.users.get(_argument(call, 0))
    if user is None or not _manages(call, user):
        raise OcsError(missing)
    return user


def edit_user(call: Call) -> list[Any]:
    user = _managed(call)
    key, value = call.field("key") or "", call.field("value") or ""
    if key == "quota":
        user.quota = _bytes(value)
    elif key == "email":
        if value and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
            raise OcsError(102)
        user.email = value or None
    elif key in ("displayname", "display"):
        user.display_name = value
    elif key == "password":
        user.password = value
    elif key == "language":
        user.language = value
    else:
        raise OcsError(103)
    return []


def enable_user(call: Call) -> list[Any]:
    _managed(call).enabled = True
    return []


def disable_user(call: Call) -> list[Any]:
    _managed(call).enabled = False
    return []


def delete_user(call: Call) -> list[Any]:
    call.state.accounts.remove_user(_managed(call).uid)
    return []


def groups_of_user(call: Call) -> dict[str, Any]:
    user = call.state.accounts.users.get(_argument(call, 0))
    if user is None or not (user is call.me or _manages(call, user)):
        raise OcsError(998)
    return {"groups": call.state.accounts.groups_of(user.uid)}


def _membership(call: Call) -> tuple[User, str]:
    _some_admin(call)
    gid = call.field("groupid") or ""
    user = call.state.accounts.users.get(_argument(call, 0))
    if gid not in call.state.accounts.groups:
        raise OcsError(102)
    if user is None:
        raise OcsError(103)
    if not call.state.accounts.is_admin(call.me.uid) and gid not in call.me.subadmin_of:
        raise OcsError(104)
    return user, gid


def add_to_group(call: Call) -> list[Any]:
    """Again and again, if need be."""
    user, gid = _membership(call)
    call.state.accounts.add_member(gid, user.uid)
    return []


def remove_from_group(call: Call) -> list[Any]:
    user, gid = _membership(call)
    members = call.state.accounts.groups[gid].members
    if user.uid in members:
        members.remove(user.uid)
    return []


def make_subadmin(call: Call) -> list[Any]:
    _admin(call)
    user, gid = _membership(call)
    user.subadmin_of.add(gid)
    return []


def unmake_subadmin(call: Call) -> list[Any]:
    _admin(call)
    user, gid = _membership(call)
    user.subadmin_of.discard(gid)
    return []


def _argument(call: Call, position: int) -> str:
    return call.arguments[position]


def _bytes(text: str | None) -> int | None:
    found = re.fullmatch(r"\s*([\d.]+)\s*([kmgt]?b?)\s*", (text or "").lower())
    return int(float(found[1]) * _UNITS[found[2] if found[2] != "" else "b"]) if found else None


ROUTES: list[Route] = [
    route("GET", "cloud/groups", list_groups),
    route("POST", "cloud/groups", create_group),
    route("GET", "cloud/groups/details", group_details),
    route("GET", "cloud/groups/{}", group_members),
    route("GET", "cloud/groups/{}/users", group_members),
    route("GET", "cloud/groups/{}/users/details", member_details),
    route("DELETE", "cloud/groups/{}", delete_group),
    route("GET", "cloud/users", list_users),
    route("POST", "cloud/users", create_user),
    route("GET", "cloud/users/details", users_details),
    route("GET", "cloud/users/{}", get_user),
    route("PUT", "cloud/users/{}", edit_user),
    route("DELETE", "cloud/users/{}", delete_user),
    route("PUT", "cloud/users/{}/enable", enable_user),
    route("PUT", "cloud/users/{}/disable", disable_user),
    route("GET", "cloud/users/{}/groups", groups_of_user),
    route("POST", "cloud/users/{}/groups", add_to_group),
    route("DELETE", "cloud/users/{}/groups", remove_from_group),
    route("POST", "cloud/users/{}/subadmins", make_subadmin),
    route("DELETE", "cloud/users/{}/subadmins", unmake_subadmin),
]
