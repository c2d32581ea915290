"""Whether the team's group exists: asked before anything is made, as the server says it only of a share with it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Any

from allies_sync.platforms.errors import PlatformError, Refused
from allies_sync.text.messages import _
from allies_sync_nextcloud.server import OcsRefusal, Server

SHAREES = "apps/files_sharing/api/v1/sharees"
_SURE = 4
"""Servers may be set to search for no name shorter than three letters or so, and find nothing then."""
_KEPT = 30 * 24 * 3600.0


def like(server: Server, group: str) -> list[str] | None:
    """The groups that the account could share with and whose name is, or is like, this one; None when that cannot
    be told. One request. A group of exactly that name is always among them. Raises PlatformError."""
    try:
        data = server.ocs("GET", SHAREES, search=group, itemType="folder", shareType="1", perPage="5")
        return [str(it["value"]["shareWith"]) for part in (data["exact"], data) for it in part["groups"]]
    except (OcsRefusal, KeyError, TypeError):
        return None


def other_case(found: list[str], group: str) -> str:
    """The same name with other capitals: the server tells them apart."""
    return next((it for it in found if it.casefold() == group.casefold() and it != group), "")


class Team:
    """The team's group on one server. What was found is remembered for a month; that it does not exist is asked again
    before it stops anything."""

    def __init__(self, server: Server, folder: Path | None) -> None:
        self.server = server
        self._file = folder / "team.json" if folder is not None else None
        self._there: bool | None = None
        self._first = False

    def check(self, *, first: bool) -> None:
        """Raises Refused when there is no such group. At most one request while there is one; what the server does
        not tell refuses nothing. ``first``: nothing at all was made on this account yet: every request counts then,
        and it is only asked when :meth:`look`, at login or from doctor, found no group."""
        self._first = self._first or first
        known = self._known()
        if self.server.settings.team_group is None or known or (self._first and known is None):
            return
        found = self.look()
        if found is not None and self._there is False:
            group = self.server.settings.team_group
            raise self._missing(group, other_case(found, group))

    def seen(self) -> None:
        """Something was shared with it just now."""
        if self.server.settings.team_group is not None and not self._there:
            self._keep(self.server.settings.team_group, True)

    def look(self) -> list[str] | None:
        """Asks for names like the group's, its own among them if it is there, and remembers; None when that cannot be
        told. One request, two when it is not found."""
        group = self.server.settings.team_group
        self._there = None
        found: list[str] | None = None
        if group is not None:
            with suppress(PlatformError):  # whatever is asked next says what is wrong
                found = like(self.server, group)
        if group is None or found is None or (len(group) < _SURE and not found):
            return None
        if group not in found and self._member(group):
            found.append(group)
        self._keep(group, group in found)
        return found

    def _member(self, group: str) -> bool:
        """Whether the account itself is in the group: some are shown to nobody."""
        try:
            data = self.server.ocs("GET", "cloud/user")
            return group in data["groups"]
        except (OcsRefusal, PlatformError, KeyError, TypeError):
            return False

    def _missing(self, group: str, near: str) -> Refused:
        advice = _(
            "Rien n'a été créé. Corrigez « team_group » dans [roles.files], ou demandez à l'administration de créer "
            "ce groupe. S'il existe, faites-en membre le compte « {user} »."
        ).format(user=self.server.settings.user)
        if near:
            advice = _("Rien n'a été créé. Écrivez « {near} », majuscules comprises, dans [roles.files].").format(
                near=near[:64]
            )
        return Refused(
            _("Aucun groupe ne s'appelle « {group} » sur {host} : l'équipe n'aurait pas accès à l'espace.").format(
                group=group, host=self.server.host
            ),
            advice,
        )

    def _known(self) -> bool | None:
        if self._there is None and self._file is not None:
            with suppress(OSError, ValueError, TypeError, KeyError):
                data: Any = json.loads(self._file.read_text(encoding="utf-8"))
                recent = 0 <= time() - float(data["at"]) < _KEPT
                if recent and data["group"] == self.server.settings.team_group:
                    self._there = bool(data["there"])
        return self._there

    def _keep(self, group: str, there: bool) -> None:
        self._there = there
        if self._file is not None:
            with suppress(OSError):
                self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file.write_text(json.dumps({"at": time(), "group": group, "there": there}), encoding="utf-8")
