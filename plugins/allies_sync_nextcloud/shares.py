"""Shares through the OCS interface: what the server says of them, and the few requests that change them.

No password and no hash of one is ever kept: only whether there is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from allies_sync.platforms.errors import Denied, PlatformError, Refused, Unavailable
from allies_sync.platforms.http import origin
from allies_sync.text.messages import _
from allies_sync_nextcloud.server import OcsRefusal, Server

API = "apps/files_sharing/api/v1/shares"
GROUP = 1
LINK = 3

READ = 1
CREATE = 4
ALL_BUT_RESHARE = 15
_WRITING = 2 | 4 | 8
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LABEL = 255


@dataclass(frozen=True, slots=True)
class Share:
    """One share. ``node`` is the number of the file or folder. ``expires`` is the last day on which it answers."""

    id: str
    kind: int
    node: str
    permissions: int
    group: str = ""
    label: str = ""
    token: str = ""
    url: str = ""
    expires: date | None = None
    protected: bool = False

    @property
    def writes(self) -> bool:
        """Whether it lets anybody change or add anything."""
        return bool(self.permissions & _WRITING)

    @property
    def reads(self) -> bool:
        return bool(self.permissions & READ)

    @property
    def drop(self) -> bool:
        """Whether it lets people put files in, and nothing else."""
        return self.permissions & ALL_BUT_RESHARE == CREATE

    @property
    def ours(self) -> bool:
        """Whether it bears a mark of the tool."""
        return self.label.startswith("allies-sync:")


class Shares:
    """The shares of one account."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def all(self) -> list[Share]:
        """All shares of the account's files, those that others made of them included. One request."""
        try:
            data = self.server.ocs("GET", API, reshares="true")
        except OcsRefusal as refusal:
            raise self.explain(refusal, "") from None
        if not isinstance(data, list):
            raise self.server.nonsense()
        return [self._read(item) for item in data]

    def one(self, number: str) -> Share | None:
        """One share as it is now; None when there is none of that number."""
        try:
            data = self.server.ocs("GET", f"{API}/{number}")
        except OcsRefusal as refusal:
            if refusal.status == 404:
                return None
            raise self.explain(refusal, "") from None
        items = data if isinstance(data, list) else [data]
        return self._read(items[0]) if items else None

    def share_with_group(self, path: str, group: str, permissions: int) -> Share:
        """Safe to repeat: the server makes one share for one group, whatever the number of times it is asked."""
        fields: dict[str, str | int] = {
            "path": f"/{path}",
            "shareType": GROUP,
            "shareWith": group,
            "permissions": permissions,
        }
        try:
            share = self._write("POST", API, fields, path, repeat=True)
        except Denied as error:
            raise Denied(
                _("{host} ne permet pas de partager avec le groupe « {group} ».").format(
                    host=self.server.host, group=group
                ),
                _(
                    "Le compte « {user} » doit peut-être en être membre ; l'administration peut aussi l'autoriser."
                ).format(user=self.server.settings.user),
            ) from error
        if share.permissions & 31 != permissions:
            share = self.change(share.id, {"permissions": permissions}, path)
        if share.expires is not None:
            # given unasked; where that is a rule and no mere proposal it stays, and doctor says so
            with suppress(Refused):
                share = self.change(share.id, {"expireDate": ""}, path)
        if share.permissions & 31 != permissions:
            raise Refused(
                _("{host} n'accorde pas au groupe « {group} » les droits demandés sur « {path} ».").format(
                    host=self.server.host, group=group, path=path
                )
            )
        return share

    def make_link(self, path: str, fields: Mapping[str, str | int]) -> Share:
        """A public link. Never repeated: asked twice, the server makes two."""
        return self._write("POST", API, {"path": f"/{path}", "shareType": LINK, **fields}, "", repeat=False)

    def change(self, number: str, fields: Mapping[str, str | int], thing: str = "") -> Share:
        return self._write("PUT", f"{API}/{number}", fields, thing, repeat=True)

    def delete(self, number: str) -> None:
        """Gone afterwards, also when it was before."""
        self.server.wrote("")
        try:
            self.server.ocs("DELETE", f"{API}/{number}")
        except OcsRefusal as refusal:
            if refusal.status != 404:
                raise self.explain(refusal, "") from None

    def _write(self, method: str, path: str, fields: Mapping[str, str | int], thing: str, *, repeat: bool) -> Share:
        self.server.wrote("")
        try:
            data = self.server.ocs(method, path, fields, repeat=repeat)
        except OcsRefusal as refusal:
            raise self.explain(refusal, thing) from None
        return self._read(data)

    def _read(self, data: Any) -> Share:
        try:
            token = str(data.get("token") or "")
            return Share(
                id=str(int(data["id"])),
                kind=int(data["share_type"]),
                node=str(int(data["item_source"])),
                permissions=int(data["permissions"]),
                group=str(data.get("share_with") or ""),
                label=str(data.get("label") or ""),
                token=token if _TOKEN.fullmatch(token) else "",
                url=self._url(str(data.get("url") or ""), token),
                expires=_last_day(data.get("expiration")),
                protected=data.get("password") is not None,
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self.server.nonsense() from None

    def _url(self, told: str, token: str) -> str:
        """The server's own address of a link, unless it leads elsewhere."""
        if origin(told) == self.server.http.origin:
            return told
        return f"{self.server.http.base}/index.php/s/{token}" if token else ""

    def explain(self, refusal: OcsRefusal, thing: str) -> PlatformError:
        """Why a share was refused. The server's own words depend on the account's language: some are known."""
        words = refusal.words.lower()
        about = f"« {thing} » : " if thing else ""
        if ("password" in words and "enforced" in words) or "mot de passe" in words:
            return Refused(
                about + _("ce serveur exige un mot de passe pour chaque lien."),
                _("Donnez-en un dans la variable d'environnement ALLIES_SYNC_LINKS_PASSWORD, puis relancez."),
            )
        if refusal.status == 404 and ("disabled" in words or "not allowed" in words or "désactivé" in words):
            return Denied(
                about + _("ce serveur ne permet pas ce partage."),
                _("L'administration doit l'autoriser ; « allies-sync doctor » montre ce qui est permis."),
            )
        if refusal.status == 404 and ("date" in words or "days" in words):
            return Refused(about + _("ce serveur n'accepte pas cette date de fin pour un lien."))
        if refusal.status == 404 and "group" in words:
            return Refused(
                about + _("le groupe indiqué n'existe pas sur {host}.").format(host=self.server.host),
                _("Vérifiez « team_group » et « participants_group » dans [roles.files], majuscules comprises."),
            )
        if refusal.status == 404:
            return Unavailable(
                about + _("{host} ne trouve pas ce qui devait être partagé.").format(host=self.server.host)
            )
        if refusal.status == 403:
            return Denied(about + _("ce serveur ne permet pas ce partage."))
        return Refused(
            about
            + _("{host} refuse ce partage (réponse {status}).").format(host=self.server.host, status=refusal.status)
        )


def fit_label(mark: str) -> str:
    """A mark as a label: the server cuts or refuses what is longer."""
    if len(mark) <= _LABEL:
        return mark
    import hashlib

    return f"{mark[: _LABEL - 33]}#{hashlib.sha256(mark.encode()).hexdigest()[:32]}"


def _last_day(expiration: object) -> date | None:
    """The server ends a link at the beginning of the day that it names."""
    found = _DATE.match(str(expiration or ""))
    return date.fromisoformat(found[1]) - timedelta(days=1) if found else None


def until(expires: date | None) -> str:
    """How the server is told the last day on which a link answers; "" for no end."""
    return (expires + timedelta(days=1)).isoformat() if expires else ""
