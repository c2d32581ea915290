"""What the server lets an account share: its capabilities, read as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allies_sync_nextcloud.server import OcsRefusal, Server

CAPABILITIES = "cloud/capabilities"


@dataclass(frozen=True, slots=True)
class Policy:
    """``latest_days``: how many days a link may live at most; ``default_days``: how many it gets unasked."""

    version: str = ""
    sharing: bool = True
    links: bool = True
    upload: bool = True
    password: bool = False
    latest_days: int | None = None
    default_days: int | None = None
    groups: bool = True
    throttled: float = 0.0


def read_policy(server: Server) -> Policy:
    """One request. Raises PlatformError."""
    try:
        data = server.ocs("GET", CAPABILITIES)
    except OcsRefusal:
        raise server.nonsense() from None
    return policy_of(data)


def policy_of(data: Any) -> Policy:
    """What the answer says; what it does not say counts as allowed."""
    capabilities = _at(data, "capabilities")
    sharing = _at(capabilities, "files_sharing")
    public = _at(sharing, "public")
    expiry = _at(public, "expire_date")
    days = expiry.get("days")
    number = int(str(days)) if str(days or "").isdigit() and str(days) != "0" else None
    delay = _at(capabilities, "bruteforce").get("delay")
    return Policy(
        version=str(_at(data, "version").get("string") or ""),
        sharing=sharing.get("api_enabled") is not False,
        links=public.get("enabled") is not False if public else not sharing,
        upload=public.get("upload") is not False,
        password=_at(public, "password").get("enforced") is True,
        latest_days=number if expiry.get("enforced") is True else None,
        default_days=number if expiry.get("enabled") is True else None,
        groups=sharing.get("group_sharing") is not False,
        throttled=float(delay) / 1000 if isinstance(delay, int | float) else 0.0,
    )


def _at(data: Any, key: str) -> Mapping[str, Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}
