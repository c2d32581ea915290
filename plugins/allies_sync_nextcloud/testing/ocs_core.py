"""Capabilities, the user's own record, app passwords, and the login flow."""

from __future__ import annotations

import hashlib
from typing import Any

from allies_sync_nextcloud.testing.accounts import User, random_text
from allies_sync_nextcloud.testing.auth import Visit
from allies_sync_nextcloud.testing.exchange import Answer, html_answer, json_answer, php_json
from allies_sync_nextcloud.testing.ocs import Call, OcsError, Route, route
from allies_sync_nextcloud.testing.state import Flow, ServerState

_DISK = 80 * 1024**3
_FLOW_LASTS = 20 * 60
_SCOPED: dict[str, str | list[str]] = {
    "avatar": "v2-federated",
    "email": "v2-federated",
    "additional_mail": [],
    "displayname": "v2-federated",
    "phone": "v2-local",
    "address": "v2-local",
    "website": "v2-local",
    "twitter": "v2-local",
    "fediverse": "v2-local",
    "organisation": "v2-local",
    "role": "v2-local",
    "headline": "v2-local",
    "biography": "v2-local",
    "profile_enabled": "v2-local",
}


def status_php(state: ServerState) -> Answer:
    return json_answer(
        200,
        {
            "installed": True,
            "maintenance": state.maintenance,
            "needsDbUpgrade": state.needs_upgrade,
            "version": state.version.number,
            "versionstring": state.version.text,
            "edition": "",
            "productname": "Nextcloud",
            "extendedSupport": False,
        },
        ("Access-Control-Allow-Origin", "*"),
    )


def capabilities(call: Call) -> dict[str, Any]:
    state = call.state
    version = state.version
    shown: dict[str, Any] = {
        "bruteforce": {"delay": int(state.throttle.delay() * 1000), "allow-listed": not state.throttle.enabled},
        "theming": {"name": "Nextcloud", "url": "https://nextcloud.com", "color": "#0082c9"},
    }
    if call.user is not None:
        shown = {
            "core": {"pollinterval": 60, "webdav-root": "remote.php/webdav", "reference-api": True},
            **shown,
            "files": {
                "bigfilechunking": True,
                "blacklisted_files": [".htaccess"],
                "comments": True,
                "undelete": True,
                "versioning": True,
                "version_labeling": True,
                "version_deletion": True,
            },
            "dav": {"chunking": "1.0", "bulkupload": "1.0"},
            "files_sharing": _sharing(state),
        }
    numbers = {"major": version.major, "minor": version.minor, "micro": version.micro, "string": version.text}
    data = {"version": {**numbers, "edition": "", "extendedSupport": False}, "capabilities": shown}
    call.headers.append(("ETag", f'"{hashlib.md5(php_json(data).encode()).hexdigest()}"'))  # noqa: S324
    return data


def _sharing(state: ServerState) -> dict[str, Any]:
    policies = state.policies
    if not policies.sharing:
        return {"api_enabled": False, "public": {"enabled": False}, "user": {"send_mail": False}, "resharing": False}
    public: dict[str, Any] = {"enabled": policies.links}
    if policies.links:
        public["password"] = {"enforced": policies.link_password_enforced, "askForOptionalPassword": False}
        public["expire_date"] = _expiry(policies.link_expiry_days, policies.link_expiry_enforced)
        public["multiple_links"] = True
        public["expire_date_internal"] = _expiry(policies.internal_expiry_days, policies.internal_expiry_enforced)
        public["expire_date_remote"] = {"enabled": False}
        public["send_mail"] = False
        public["upload"] = policies.public_upload
        public["upload_files_drop"] = policies.public_upload
    return {
        "api_enabled": True,
        "public": public,
        "resharing": True,
        "user": {"send_mail": False, "expire_date": {"enabled": True}},
        "group_sharing": policies.groups,
        "group": {"enabled": policies.groups, "expire_date": {"enabled": True}},
        "default_permissions": policies.default_permissions,
        "federation": {
            "outgoing": policies.outgoing_federation,
            "incoming": True,
            "expire_date": {"enabled": True},
            "expire_date_supported": {"enabled": True},
        },
        "sharee": {"query_lookup_default": False, "always_show_unique": True},
    }


def _expiry(days: int | None, enforced: bool) -> dict[str, Any]:
    return {"enabled": False} if days is None else {"enabled": True, "days": str(days), "enforced": enforced}


def user_record(state: ServerState, user: User, *, own: bool = False, for_admin: bool = False) -> dict[str, Any]:
    """What the API tells about a user: scopes to himself, where his files lie to an administrator."""
    used = state.used(user.uid)
    free = state.free(user.uid)
    total = _DISK if user.quota is None else user.quota
    record: dict[str, Any] = {"enabled": user.enabled} if not own else {}
    if for_admin:
        record["storageLocation"] = f"/srv/simulated/{user.uid}"
    values: dict[str, Any] = {
        "email": user.email,
        "additional_mail": [],
        "displayname": user.display_name,
        "profile_enabled": "1",
    }
    record |= {
        "id": user.uid,
        "lastLogin": user.last_login,
        "backend": "Database",
        "subadmin": sorted(user.subadmin_of),
        "quota": {
            "free": _DISK - used if free is None else free,
            "used": used,
            "total": total,
            "relative": round(100 * used / total, 2) if total else 0,
            "quota": -3 if user.quota is None else user.quota,
        },
        "manager": "",
    }
    for name, scope in _SCOPED.items():
        if name != "avatar":
            record[name] = values.get(name, "")
        if name == "displayname":
            record["display-name"] = user.display_name
        if own:
            record[f"{name}Scope"] = scope
    return record | {
        "groups": state.accounts.groups_of(user.uid),
        "language": user.language or "en",
        "locale": "",
        "notify_email": None,
        "backendCapabilities": {"setDisplayName": True, "setPassword": True},
    }


def _who_am_i(call: Call) -> dict[str, Any]:
    return user_record(call.state, call.me, own=True)


def _get_app_password(call: Call) -> dict[str, str]:
    if call.app_password is not None:
        raise OcsError(403, "You cannot request an new apppassword with an apppassword")
    name = call.request.headers.get("User-Agent", "")
    return {"apppassword": call.state.accounts.new_app_password(call.me.uid, name)}


def _revoke_app_password(call: Call) -> list[Any]:
    if call.app_password is None:
        raise OcsError(403, "no app password in use")
    call.state.accounts.revoke(call.app_password.token)
    return []


ROUTES: list[Route] = [
    route("GET", "cloud/capabilities", capabilities, public=True),
    route("GET", "cloud/user", _who_am_i),
    route("GET", "core/getapppassword", _get_app_password),
    route("DELETE", "core/apppassword", _revoke_app_password),
]


def login_flow(state: ServerState, visit: Visit, rest: list[str]) -> Answer | None:
    """``rest`` follows ``/index.php/login/v2``. A test grants the access that a person would grant in a browser."""
    request = visit.request
    base = state.flow_base or request.base
    if not rest and request.method == "POST":
        flow = Flow(random_text(128), random_text(128), state.clock.now(), request.base)
        state.flows.append(flow)
        address = f"{base}/index.php/login/v2"
        poll = {"token": flow.poll_token, "endpoint": f"{address}/poll"}
        return json_answer(200, {"poll": poll, "login": f"{address}/flow/{flow.page_token}"})
    if rest == ["poll"] and request.method == "POST":
        return _poll(state, str(request.fields().get("token", "")))
    if rest[:1] == ["flow"] and request.method == "GET":
        if len(rest) == 1:
            return html_answer(200, "<body>Connect to your account</body>")
        return html_answer(303, "", ("Location", f"{base}/index.php/login/v2/flow?user="))
    return None


def _poll(state: ServerState, token: str) -> Answer:
    """Once the access was granted, it is handed out exactly once."""
    since = state.clock.now() - _FLOW_LASTS
    state.flows = [flow for flow in state.flows if flow.started >= since]
    for flow in state.flows:
        if flow.poll_token == token and flow.granted is not None:
            state.flows.remove(flow)
            return json_answer(200, flow.granted)
    return json_answer(404, [])
