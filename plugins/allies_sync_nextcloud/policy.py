"""What the server lets an account share: its capabilities, read as data."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import time
from typing import Any

from allies_sync.model.resources import Share as Link
from allies_sync.text.messages import _, format_date
from allies_sync_nextcloud.server import OcsRefusal, Server

CAPABILITIES = "cloud/capabilities"
PASSWORD = "ALLIES_SYNC_LINKS_PASSWORD"  # noqa: S105 - the name of a variable
DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Policy:
    """``latest_days``: how many days a link may live at most; ``default_days``: how many it gets unasked;
    ``group_days``: how many a share with a group may live at most."""

    version: str = ""
    sharing: bool = True
    links: bool = True
    upload: bool = True
    password: bool = False
    latest_days: int | None = None
    default_days: int | None = None
    group_days: int | None = None
    groups: bool = True
    throttled: float = 0.0
    bulk: bool = False


class Policies:
    """The server's rules as they are, or as they were within the last day: they change rarely, and what is refused
    after all is explained then."""

    def __init__(self, server: Server, folder: Path | None) -> None:
        self.server = server
        self._file = folder / "rules.json" if folder is not None else None
        self.known: Policy | None = None

    def recent(self) -> Policy:
        """At most a day old. One request at most. Raises PlatformError."""
        return self.at_hand() or self.fresh()

    def at_hand(self) -> Policy | None:
        """As far as they are known without a request."""
        if self.known is None:
            self.known = self._stored()
        return self.known

    def fresh(self) -> Policy:
        """One request. Raises PlatformError."""
        try:
            data = self.server.ocs("GET", CAPABILITIES)
        except OcsRefusal:
            raise self.server.nonsense() from None
        self.known = policy_of(data)
        if self._file is not None:
            with suppress(OSError):
                self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file.write_text(json.dumps({"at": time(), **asdict(self.known)}))
        return self.known

    def _stored(self) -> Policy | None:
        if self._file is None:
            return None
        try:
            data = json.loads(self._file.read_text())
            at = float(data.pop("at"))
            return Policy(**data) if 0 <= time() - at < DAY else None
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def caveats(self, links: Sequence[Link]) -> dict[str, str]:
        """What the rules will refuse or change of links that are to be made, by id."""
        policy = self.recent()
        now = self.server.http.clock.now() or datetime.now(UTC)
        said = {link.id: _caveat(policy, link, now.date()) for link in links}
        return {key: sentence for key, sentence in said.items() if sentence}


def _caveat(policy: Policy, link: Link, today: date) -> str:
    if not policy.sharing or not policy.links:
        return _("ce serveur ne permet pas les liens : il ne pourra pas être créé")
    if link.drop and not policy.upload:
        return _("ce serveur ne permet pas les liens de dépôt : il ne pourra pas être créé")
    if policy.password and not os.environ.get(PASSWORD):
        return _("ce serveur exige un mot de passe : donnez-en un dans {name}").format(name=PASSWORD)
    latest = latest_day(policy, link.expires, today)
    if latest and link.expires is not None:
        return _("ce serveur y mettra fin plus tôt, le {day}").format(day=format_date(latest))
    if link.expires is None and policy.default_days is not None:
        day = today + timedelta(days=policy.default_days - 1)
        return _("ce serveur y mettra fin le {day}").format(day=format_date(day))
    return ""


def latest_day(policy: Policy, expires: date | None, today: date) -> date | None:
    """The last day that the server allows, when it allows none as late as the one asked for (None: no end at all)."""
    if policy.latest_days is None:
        return None
    latest = today + timedelta(days=policy.latest_days - 1)
    return latest if expires is None or latest < expires else None


def policy_of(data: Any) -> Policy:
    """What the answer says; what it does not say counts as allowed."""
    capabilities = _at(data, "capabilities")
    sharing = _at(capabilities, "files_sharing")
    public = _at(sharing, "public")
    expiry = _at(public, "expire_date")
    inside = _at(public, "expire_date_internal")
    number = _days(expiry)
    delay = _at(capabilities, "bruteforce").get("delay")
    return Policy(
        version=str(_at(data, "version").get("string") or ""),
        sharing=sharing.get("api_enabled") is not False,
        links=public.get("enabled") is not False if public else not sharing,
        upload=public.get("upload") is not False,
        password=_at(public, "password").get("enforced") is True,
        latest_days=number if expiry.get("enforced") is True else None,
        default_days=number if expiry.get("enabled") is True else None,
        group_days=_days(inside) if inside.get("enforced") is True else None,
        groups=sharing.get("group_sharing") is not False,
        bulk=bool(_at(capabilities, "dav").get("bulkupload")),
        throttled=float(delay) / 1000 if isinstance(delay, int | float) else 0.0,
    )


def _days(rule: Mapping[str, Any]) -> int | None:
    text = str(rule.get("days") or "")
    return int(text) if text.isdigit() and 0 < int(text) < 100_000 else None


def _at(data: Any, key: str) -> Mapping[str, Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}
