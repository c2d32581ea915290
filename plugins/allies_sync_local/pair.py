"""One thing of a wiki on the disk: its source, which people edit, and the web page made of it (if it has one).

While a thing is made or deleted, a marker in its folder says so, with the fingerprint of the source: so a killed run
is told from a person who deleted one of the two files.
"""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from allies_sync.model.resources import Access
from allies_sync.platforms.errors import Refused
from allies_sync.platforms.interface import Absent, Address, Known, Seen, Space
from allies_sync.text.messages import _
from allies_sync_local import disk
from allies_sync_local.files import access_of
from allies_sync_local.forms import json_fingerprint, mark_in, page_fingerprint
from allies_sync_local.integrity import Seal, seal_of
from allies_sync_local.layout import Files
from allies_sync_local.render import web_page
from allies_sync_local.site import Model, Site, inputs_of


@dataclass(frozen=True, slots=True)
class Half:
    """One of the two files as found. ``data`` is None when nothing is there, or no plain file (``odd``)."""

    data: bytes | None = None
    odd: bool = False
    access: Access | None = None
    modified: datetime | None = None

    @property
    def missing(self) -> bool:
        return self.data is None and not self.odd


class Pair:
    """The files of one thing."""

    def __init__(self, base: Path, space: Space, files: Files, site: Site | None = None) -> None:
        self.base = base
        self.site = site
        self.space = space
        self.files = files
        self.root = base / space.slug
        self.source = disk.checked(self.root, files.source)
        self.page = disk.checked(self.root, files.rendered) if files.rendered else None
        self.marker = disk.marker_of(self.source)
        disk.check_inside(self.root, self.source.parent)
        if self.page is not None:
            disk.check_inside(self.root, self.page.parent)

    # --- looking ------------------------------------------------------------------------------------------

    def look(self, known: Known | None) -> Seen | Absent:
        """What is there. Raises OSError."""
        source, page, begun = _half(self.source), self._half_page(), self._begun()
        if source.missing:
            if page.missing or _intact(page):
                return Absent()  # without its source, a page says nothing that a person wrote
            return self._seen(source, f"page-only-{_sum(page)}")
        if source.data is None:
            return self._seen(source, "not-a-file")
        fingerprint = self.fingerprint(source.data)
        if self.page is None:
            return self._seen(source, fingerprint)
        if page.missing:
            if begun is None and known is not None:
                return Absent()  # a person deleted the page
            return self._seen(source, fingerprint, stale=begun is not None, unfinished=begun == fingerprint)
        if not _intact(page):
            return self._seen(source, f"by-hand-{_sum(source, page)}")
        stale = begun is not None or self._lags(source.data, page)
        return self._seen(source, fingerprint, stale=stale)

    def _half_page(self) -> Half:
        return _half(self.page) if self.page is not None else Half()

    def _begun(self) -> str | None:
        """The fingerprint of the source that a run was making or deleting when it was killed."""
        if disk.find(self.marker) is None:
            return None
        return disk.read_file(self.marker, 1000).decode("utf-8", "replace").partition(" ")[0]

    def fingerprint(self, source: bytes) -> str:
        return page_fingerprint(source) if self.files.kind == "page" else json_fingerprint(source)

    def _seen(self, source: Half, fingerprint: str, *, stale: bool = False, unfinished: bool = False) -> Seen:
        address = self.files.address
        return Seen(
            remote_id=f"{self.space.slug}/{self.files.source}",
            address=Address(address, self.root.joinpath(*address.split("/")).as_uri()),
            fingerprint=fingerprint,
            mark=None if self.files.kind == "page" else mark_in(source.data or b""),
            access=source.access,
            unfinished=unfinished,
            stale=stale,
            modified=source.modified,
        )

    # --- what the web page should be ----------------------------------------------------------------------

    def _model(self, source: bytes) -> Model:
        site = self.site or Site(self.base, self.space)
        return site.page(self.files, source) if self.files.kind == "page" else site.form(self.files, source)

    def lags(self) -> bool:
        """Whether the web page, untouched by people, was made of other things than it would be now."""
        source, page = _half(self.source), self._half_page()
        return source.data is not None and _intact(page) and self._lags(source.data, page)

    def _lags(self, source: bytes, page: Half) -> bool:
        seal = _seal(page)
        return seal is not None and seal.lags(inputs_of(self._model(source)))

    # --- writing ------------------------------------------------------------------------------------------

    def create(self, data: bytes, frozen: bool, known: Known | None) -> bool:
        """Makes both files, or what is missing of them; False when something of a person's is there."""
        source, page = _half(self.source), self._half_page()
        if not page.missing and not (source.missing and _intact(page)):
            return False
        if not source.missing and not self._may_complete(source, page, data, known):
            return False
        for folder in (self.source.parent, self.page.parent if self.page else self.root):
            folder.mkdir(parents=True, exist_ok=True)
        if self.page is not None:
            disk.overwrite(self.marker, f"{self.fingerprint(data)} {self.source.name}\n".encode())
        try:
            if source.data is None:
                disk.create_file(self.source, data, frozen)
            elif source.data != data and not disk.replace_file(self.source, data, lambda now: now == source.data):
                raise FileExistsError
            if self.page is not None and page.missing:
                disk.create_file(self.page, web_page(self._model(data)), frozen)
        except FileExistsError:
            disk.remove_file(self.marker)
            return False
        self.renew()
        return True

    def _may_complete(self, source: Half, page: Half, data: bytes, known: Known | None) -> bool:
        """Whether what is left of a thing is as the tool left it, only its web page being gone."""
        if self.page is None or not page.missing or source.data is None:
            return False
        left = self.fingerprint(source.data)
        return left == self.fingerprint(data) or (known is not None and left == known.fingerprint)

    def update(self, data: bytes, expected: str, known: Known | None) -> bool:
        """Replaces the source, and a web page that a person changed; False when it is not ``expected`` any more."""
        now = self.look(known)
        if isinstance(now, Absent) or now.fingerprint != expected:
            return False
        source, page = _half(self.source), self._half_page()
        if source.odd or page.odd:
            raise Refused(
                _("« {path} » n'est pas un fichier ordinaire.").format(path=self.source if source.odd else self.page),
                _("Déplacez ce qui s'y trouve, puis relancez la commande."),
            )
        if source.data is None:
            disk.create_file(self.source, data)
        elif source.data != data and not disk.replace_file(self.source, data, lambda present: present == source.data):
            return False
        if self.page is not None and not page.missing and not _intact(page):
            return disk.replace_file(self.page, web_page(self._model(data)), lambda present: present == page.data)
        return True

    def renew(self) -> None:
        """Makes the web page anew if it lags behind; never one that a person changed, or deleted."""
        source, page, begun = _half(self.source), self._half_page(), self._begun()
        if self.page is not None and source.data is not None:
            if page.missing and begun is not None:
                disk.create_file(self.page, web_page(self._model(source.data)), _frozen(source))
            elif _intact(page) and self._lags(source.data, page):
                disk.replace_file(self.page, web_page(self._model(source.data)), lambda present: present == page.data)
        if begun is not None:
            disk.remove_file(self.marker)

    def set_read_only(self, read_only: bool) -> None:
        """The source comes last: it is what tells the rights."""
        for path in (self.page, self.source):
            if path is not None:
                found = disk.find(path)
                if found is not None and stat.S_ISREG(found.st_mode):
                    disk.set_read_only(path, read_only, self.root)

    def delete(self) -> None:
        """Removes both files."""
        source = _half(self.source)
        with disk.lifted(self.source.parent):
            if self.page is not None and source.data is not None:
                disk.overwrite(self.marker, f"{self.fingerprint(source.data)} {self.source.name}\n".encode())
                with disk.lifted(self.page.parent):
                    disk.remove_file(self.page)
            disk.remove_file(self.source)
            disk.remove_file(self.marker)


def _half(path: Path) -> Half:
    found = disk.find(path)
    if found is None:
        return Half()
    if not stat.S_ISREG(found.st_mode):
        return Half(odd=True)
    return Half(disk.read_file(path), False, access_of(found), datetime.fromtimestamp(found.st_mtime, UTC))


def _seal(half: Half) -> Seal | None:
    return seal_of(half.data) if half.data is not None else None


def _intact(half: Half) -> bool:
    seal = _seal(half)
    return seal is not None and seal.intact


def _frozen(half: Half) -> bool:
    return half.access is not None and half.access.write is None


def _sum(*halves: Half) -> str:
    found = hashlib.sha256()
    for half in halves:
        found.update(hashlib.sha256(half.data or b"?").digest())
    return found.hexdigest()
