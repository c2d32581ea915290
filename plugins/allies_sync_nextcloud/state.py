"""Where engagements describe themselves: ``<root>/<slug>/_allies-sync/``, in the account's own files.

All that is stored is in one file, ``espace.json``, read with one request, and replaced as a whole or not at all.
``engagement.toml`` stands beside it for people to read; what a person changes there is kept aside, never lost.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from allies_sync.platforms.errors import Denied, PlatformError, Refused, Superseded, Suspicious
from allies_sync.platforms.http import http_date
from allies_sync.platforms.interface import Address, Lease, Stored
from allies_sync.text.messages import _
from allies_sync.text.names import is_slug
from allies_sync_nextcloud import lease as leases
from allies_sync_nextcloud.dav import complaint, etag_of
from allies_sync_nextcloud.documents import SETTLED, Looked, checksum
from allies_sync_nextcloud.places import STATE, Places
from allies_sync_nextcloud.register import BUNDLE, Register, engagement_mark, foreign, is_engagement
from allies_sync_nextcloud.rights import open_to_team
from allies_sync_nextcloud.server import Server
from allies_sync_nextcloud.tree import look

if TYPE_CHECKING:
    import requests

READABLE = "engagement.toml"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class _Bundle:
    """``espace.json`` as it was read or written. ``copy``: ETag and digest of the readable copy as we left it."""

    files: Mapping[str, bytes]
    copy: tuple[str, str] = ("", "")
    etag: str = ""
    #: whether every change since shows in the ETag
    trusted: bool = False

    @property
    def revision(self) -> str:
        sums = {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}
        return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()

    @property
    def stored(self) -> Stored:
        return Stored(dict(self.files), self.revision if self.files else "", abandoned=not self.files)


_NOTHING = _Bundle({})


@dataclass
class State:
    """The :class:`~allies_sync.platforms.interface.StateStore` on one account."""

    server: Server
    places: Places
    register: Register = field(init=False)
    _bundles: dict[str, _Bundle] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.register = Register(self.server, self.places)

    # --- reading ----------------------------------------------------------------------------------------------

    def engagements(self) -> Mapping[str, str]:
        found = look(self.server, self.places.settings.root, "1")
        if found is None:
            return {}
        slugs = [node for node in found[0][1:] if is_slug(node.name)]
        return {node.name: node.etag for node in slugs if node.folder and node.mark == engagement_mark(node.name)}

    def load(self, slug: str) -> Stored | None:
        bundle = self._read(slug)
        return bundle.stored if bundle else None

    def _read(self, slug: str) -> _Bundle | None:
        """What is stored; nothing in a place that was taken and never filled, None when there is no such place."""
        path = f"{self.places.state(slug)}/{BUNDLE}"
        answer = self.server.dav.get(path)
        if answer.status_code == 404:
            if complaint(answer).kind != "NotFound":
                raise self.server.nonsense()
            bundle = _NOTHING if self._is_taken(slug) else None
        elif answer.status_code == 200:
            bundle = self._parsed(slug, answer)
        else:
            raise self.server.refusal(answer, path)
        self._bundles[slug] = bundle or _NOTHING
        return bundle

    def _is_taken(self, slug: str) -> bool:
        """Nothing is stored: is it a place of ours all the same? Raises Foreign when it is somebody else's."""
        if slug in self.register.mine:
            return True
        where = self.places.engagement(slug)
        found = look(self.server, where, "1")
        if found is not None and not is_engagement(found[0], slug):
            raise foreign(where)
        return found is not None

    def _parsed(self, slug: str, answer: requests.Response) -> _Bundle:
        try:
            data = json.loads(answer.content)
            number = data["format"]
            files = {str(name): _unpacked(value) for name, value in data["files"].items()}
            copy = data.get("copy") or {}
            known = (str(copy.get("etag", "")), str(copy.get("sha256", "")))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Suspicious(
                _("Le fichier {file} de « {slug} » est illisible.").format(file=f"{STATE}/{BUNDLE}", slug=slug),
                _("Rien n'a été modifié. Restaurez une version précédente de ce fichier dans Nextcloud."),
            ) from error
        if number != FORMAT:
            raise Refused(
                _("L'espace « {slug} » a été écrit par une version plus récente d'allies-sync.").format(slug=slug),
                _("Rien n'a été modifié. Mettez allies-sync à jour sur ce poste, puis relancez la commande."),
            )
        modified = http_date(answer.headers.get("Last-Modified", ""))
        looked = Looked("", modified, http_date(answer.headers.get("Date", "")))
        return _Bundle(files, known, etag_of(answer), looked.settled or slug in self.register.mine)

    # --- writing ----------------------------------------------------------------------------------------------

    def acquire(self, slug: str, lease: Lease) -> Lease:
        def prepared(saved: bool) -> None:
            if not saved:
                open_to_team(self.server, self.places, slug)

        return self.register.acquire(slug, lease, prepared if lease.expires is None else lambda saved: None)

    def release(self, slug: str, lease: Lease) -> None:
        self.register.release(slug, lease)

    def save(self, slug: str, lease: Lease, files: Mapping[str, bytes], revision: str | None) -> Stored:
        for name in files:
            if not name or name != name.strip() or "/" in name or "\\" in name or "\0" in name:
                raise Refused(
                    _("« {name} » ne peut pas être gardé avec la description d'un espace.").format(name=name)
                )
        self.register.require(slug, lease)
        before = self._based_on(slug, revision)
        after = replace(before, files={**before.files, **files})
        after = self._write_copy(slug, after)
        bundle = self._write(slug, before, after)
        self._bundles[slug] = bundle
        return bundle.stored

    def _based_on(self, slug: str, revision: str | None) -> _Bundle:
        """What is stored, if it still has that revision. Raises Superseded otherwise."""
        known = self._bundles.get(slug)
        if known is not None and known is not _NOTHING and not known.trusted:
            self.server.http.sleep(SETTLED)
        if known is None or not known.trusted or self._revision(known) != revision:
            known = self._read(slug)
        if known is None or self._revision(known) != revision:
            raise _changed(slug)
        return known

    @staticmethod
    def _revision(bundle: _Bundle) -> str | None:
        return bundle.revision if bundle.files else None

    def _write(self, slug: str, before: _Bundle, after: _Bundle) -> _Bundle:
        path = f"{self.places.state(slug)}/{BUNDLE}"
        data = _packed(after)
        condition = {"If-Match": before.etag} if before.etag else {"If-None-Match": "*"}
        headers = {"OC-Checksum": checksum(data), "X-Hash": "sha1", "Content-Type": "application/json", **condition}
        answer = self.server.dav.put(path, data, headers)
        if answer.status_code in (201, 204):
            told = answer.headers.get("X-Hash-SHA1", "").lower()
            if told and told != hashlib.sha1(data, usedforsecurity=False).hexdigest():
                raise self.server.nonsense()
            return replace(after, etag=etag_of(answer), trusted=True)
        if answer.status_code in (404, 412):
            # changed, gone, or an answer of ours that was lost
            now = self._read(slug)
            if now is not None and now.files == after.files:
                return now
            raise _changed(slug)
        raise self.server.refusal(answer, path)

    def _write_copy(self, slug: str, after: _Bundle) -> _Bundle:
        """Brings the readable copy up to date. It is nobody's memory: what goes wrong is made good the next time."""
        data = after.files.get(READABLE)
        if data is None or after.copy[1] == hashlib.sha256(data).hexdigest():
            return after
        try:
            return replace(after, copy=self._copied(slug, data, after.copy))
        except Denied:
            raise
        except PlatformError:
            return after

    def _copied(self, slug: str, data: bytes, copy: tuple[str, str]) -> tuple[str, str]:
        path = f"{self.places.state(slug)}/{READABLE}"
        digest = hashlib.sha256(data).hexdigest()
        condition = {"If-Match": copy[0]} if copy[0] else {"If-None-Match": "*"}
        for _attempt in range(3):
            answer = self.server.dav.put(path, data, {"OC-Checksum": checksum(data), **condition})
            if answer.status_code in (201, 204):
                return etag_of(answer), digest
            if answer.status_code not in (404, 412):
                raise self.server.refusal(answer, path)
            there = self.server.dav.get(path)
            found = hashlib.sha256(there.content).hexdigest()
            etag = etag_of(there)
            if there.status_code == 200 and found == digest:
                return etag, digest
            if there.status_code == 200 and found != copy[1]:
                # a person's words: kept under another name
                aside = f"{self.places.state(slug)}/engagement ({found[:8]}).toml"
                self.server.dav.move(path, aside)
            condition = (
                {"If-Match": etag} if there.status_code == 200 and found == copy[1] else {"If-None-Match": "*"}
            )
        return copy

    # --- the end ----------------------------------------------------------------------------------------------

    def erase(self, slug: str, lease: Lease) -> bool:
        self.register.require(slug, lease)
        where = self.places.engagement(slug)
        found = look(self.server, where, "infinity")
        if found is None:
            raise leases.superseded(slug)
        rest = [node.path.removeprefix(f"{where}/") for node in found[0][1:]]
        own = [path for path in rest if self._is_own(path)]
        if len(own) == len(rest):
            self._delete(where)
        else:
            # what people put there stays, and is an engagement no more: first of all it stops being listed as one
            answer = self.server.dav.set_properties(where, {"mark": None})
            if answer.status_code != 207:
                raise self.server.refusal(answer, where)
            strangers = [path for path in rest if path.startswith(f"{STATE}/") and path not in own]
            for path in [f"{STATE}/{BUNDLE}", f"{STATE}/{READABLE}"] if strangers else [STATE]:
                self._delete(f"{where}/{path}")
        self._bundles.pop(slug, None)
        if len(own) == len(rest) or not strangers:
            self.register.mine.pop(slug, None)
        return len(own) == len(rest)

    def _is_own(self, path: str) -> bool:
        folder, _slash, name = path.partition("/")
        if folder != STATE:
            return False
        return name in ("", BUNDLE, READABLE) or leases.of_name(name) is not None

    def _delete(self, path: str) -> None:
        answer = self.server.dav.delete(path)
        if answer.status_code not in (204, 404):
            raise self.server.refusal(answer, path)

    # --- places -----------------------------------------------------------------------------------------------

    def locate(self, slug: str) -> Address:
        return self.places.locate(slug)

    def resolve(self, place: str) -> str | None:
        return self.places.resolve(place)


def _changed(slug: str) -> Superseded:
    return Superseded(
        _("La description de « {slug} » a changé depuis qu'elle a été lue.").format(slug=slug),
        _("Relancez la commande : elle repartira de l'état présent."),
    )


def _packed(bundle: _Bundle) -> bytes:
    files: dict[str, Any] = {}
    for name, data in bundle.files.items():
        try:
            files[name] = data.decode()
        except UnicodeDecodeError:
            files[name] = {"base64": base64.b64encode(data).decode()}
    content = {
        "format": FORMAT,
        "copy": {"etag": bundle.copy[0], "sha256": bundle.copy[1]},
        "files": files,
    }
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _unpacked(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    with suppress(KeyError, TypeError):
        return base64.b64decode(value["base64"], validate=True)
    raise ValueError("neither text nor base64")
