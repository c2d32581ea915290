"""What the server refuses about a share, in the order in which it refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from allies_sync_nextcloud.testing import permissions
from allies_sync_nextcloud.testing.ocs import Call, OcsError
from allies_sync_nextcloud.testing.scope import Place, Scope
from allies_sync_nextcloud.testing.shares import GROUP, USER, Share

_LONGEST_LABEL = 255


def parse_date(sent: str) -> date | None:
    """``YYYY-MM-DD``, with or without a time; the time is dropped."""
    found = re.match(r"(\d{4})-(\d{2})-(\d{2})(?:$|[T ])", sent.strip().strip('"'))
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def check_rights(call: Call, place: Place, kind: int, bits: int, share_with: str | None) -> None:
    """May this user share this at all, with these permissions?"""
    if not call.state.policies.sharing:
        raise OcsError(404, "Share API is disabled")
    if kind == USER and share_with == call.me.uid:
        raise OcsError(403, "Cannot share with yourself")
    if not place.segments:
        raise OcsError(403, "You cannot share your root folder")
    _check_bits(call, place, bits)
    if kind == USER and share_with == place.node.owner:
        raise OcsError(403, "Cannot share with the share owner")


def _check_bits(call: Call, place: Place, bits: int) -> None:
    if not place.may(permissions.SHARE):
        raise OcsError(404, "You are not allowed to share %s", place.segments[-1])
    allowed = place.bits | (0 if place.mount else permissions.UPDATE | permissions.DELETE)
    if bits & ~allowed:
        raise OcsError(404, "Cannot increase permissions of %s", "/" + "/".join(place.segments))


def refuse_duplicates_of_policy(call: Call, kind: int, share_with: str) -> None:
    """Sharing only within one's groups, when the administrator wants it so."""
    if not call.state.policies.group_members_only:
        return
    mine = set(call.state.accounts.groups_of(call.me.uid))
    if kind == USER and not mine & set(call.state.accounts.groups_of(share_with)):
        raise OcsError(403, "Sharing is only allowed with group members")
    if kind == GROUP and share_with not in mine:
        raise OcsError(403, "Sharing is only allowed within your own groups")


def expiry_of_link(call: Call, expires: date | None, *, new: bool) -> date | None:
    policies = call.state.policies
    return _expiry(call, expires, policies.link_expiry_days, policies.link_expiry_enforced, new)


def expiry_within(call: Call, expires: date | None, *, new: bool) -> date | None:
    """For shares with users and groups."""
    policies = call.state.policies
    return _expiry(call, expires, policies.internal_expiry_days, policies.internal_expiry_enforced, new)


def _expiry(call: Call, expires: date | None, days: int | None, enforced: bool, new: bool) -> date | None:
    today = call.state.clock.today()
    if expires is not None and expires <= today:
        raise OcsError(404, "Expiration date is in the past")
    if new and expires is None and days is not None:
        expires = today + timedelta(days=days)
    if enforced and days is not None:
        if expires is None:
            raise OcsError(403 if new else 400, "Expiration date is enforced")
        if expires > today + timedelta(days=days):
            noun = "day" if days == 1 else "days"
            raise OcsError(404, f"Cannot set expiration date more than {days} {noun} in the future")
    return expires


@dataclass(frozen=True)
class Wanted:
    permissions: int
    expires: date | None


def check_update(call: Call, share: Share, asked: int | None) -> Wanted:
    """What the share shall become; nothing is changed when anything is refused."""
    bits = _link_bits(call, share, asked) if share.is_link else share.permissions if asked is None else asked
    label = call.field("label")
    if share.is_link and label is not None and len(label.encode()) > _LONGEST_LABEL:
        raise OcsError(400, f"Maximum label length is {_LONGEST_LABEL}")
    expires = share.expires
    sent = call.field("expireDate")
    if sent is not None:
        expires = parse_date(sent) if sent else None
        if sent and expires is None:
            raise OcsError(400, "Invalid date. Format must be YYYY-MM-DD")
    _check_updated_bits(call, share, bits)
    if not share.is_link and not bits & permissions.READ:
        raise OcsError(400, "Shares need at least read permissions")
    bare = share.is_link and call.field("password") == "" and share.password is not None
    if bare and call.state.policies.link_password_enforced:
        raise OcsError(400, "Passwords are enforced for link and mail shares")
    if expires != share.expires:
        check = expiry_of_link if share.is_link else expiry_within
        expires = check(call, expires, new=False)
    return Wanted(bits, expires)


def _link_bits(call: Call, share: Share, asked: int | None) -> int:
    if share.sharer != call.me.uid:
        raise OcsError(403, "You are not allowed to edit link shares that you don't own")
    policies = call.state.policies
    upload = call.field("publicUpload")
    bits = {"true": permissions.READ | permissions.WRITE, "false": permissions.READ}.get(upload or "")
    if asked is not None:
        bits = asked & ~permissions.SHARE
    if bits is None:
        return share.permissions
    if not bits & (permissions.READ | permissions.CREATE):
        raise OcsError(400, "Share must at least have READ or CREATE permissions")
    if not bits & permissions.READ and bits & (permissions.UPDATE | permissions.DELETE):
        raise OcsError(400, "Share must have READ permission if UPDATE or DELETE permission is set")
    full = permissions.READ | permissions.WRITE
    if bits in (full, full & ~permissions.DELETE):
        if not policies.public_upload:
            raise OcsError(403, "Public upload disabled by the administrator")
        if not share.node.is_folder:
            raise OcsError(400, "Public upload is only possible for publicly shared folders")
    if bits & permissions.READ and policies.outgoing_federation:
        bits |= permissions.SHARE
    return bits


def _check_updated_bits(call: Call, share: Share, bits: int) -> None:
    """Seen by the one who made the share: a re-share may not go beyond what its maker has himself."""
    if not call.state.policies.sharing:
        raise OcsError(404, "Share API is disabled")
    owner = call.state.accounts.users.get(share.sharer)
    scope = Scope(call.state, owner, "") if owner else None
    places = scope.places_of(share.node) if scope else []
    allowed = 0
    for place in places:
        allowed |= place.bits | (0 if place.mount else permissions.UPDATE | permissions.DELETE)
    if bits & ~allowed:
        # Of a re-share the server cannot tell the path, and says nothing.
        path = share.node.path() if share.sharer == share.owner else ""
        raise OcsError(404, "Cannot increase permissions of %s", path)
    if share.is_link and share.node.is_folder and not call.state.policies.public_upload and bits & permissions.WRITE:
        raise OcsError(400, "Public upload is not allowed")
