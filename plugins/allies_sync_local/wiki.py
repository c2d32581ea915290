"""The role `wiki`: pages kept as Markdown and made into a static site, forms as printable questionnaires."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from allies_sync.model.resources import WIDGETS, Form, Page, Resource
from allies_sync.platforms.errors import PlatformError, Refused, Superseded, Suspicious
from allies_sync.platforms.interface import (
    COLLECTIVE,
    Absent,
    Act,
    Address,
    Answer,
    Change,
    Content,
    Done,
    Failed,
    Features,
    Finding,
    Gathered,
    Known,
    Observation,
    Opening,
    Outcome,
    Overtaken,
    Purged,
    Seen,
    Space,
    Target,
    Unknown,
)
from allies_sync.text.characters import encodable
from allies_sync.text.messages import _, using_language
from allies_sync_local import checks, disk
from allies_sync_local.answers import Box, gather
from allies_sync_local.entries import entries_of
from allies_sync_local.files import based_on, missing_disk
from allies_sync_local.forms import json_fingerprint, json_source, page_fingerprint
from allies_sync_local.layout import ANSWERS, Files, files_known, files_of
from allies_sync_local.pair import Pair
from allies_sync_local.refresh import collective_lags, refresh
from allies_sync_local.site import Site, names_in
from allies_sync_local.sources import decoded, page_source
from allies_sync_local.state import is_there, space_root
from allies_sync_local.tidying import tidy, untidy

MAIN, END_OF_MAIN = '<main id="contenu" class="wrap">', "</main>"
"""Between these, a web page holds what the page says."""

_FEATURES = Features(
    kinds=frozenset({"page", "form", "list", "entry"}),
    marks=frozenset({"form", "list", "entry"}),
    widgets=frozenset(WIDGETS),
)


class LocalWiki:
    """A folder of this computer, for the role ``wiki``."""

    def __init__(self, opening: Opening) -> None:
        self.base: Path = opening.settings.path
        self._listing_lags: bool | None = None

    @property
    def features(self) -> Features:
        return _FEATURES

    def predict(self, space: Space, resource: Resource) -> Address | None:
        return _address(self.base / space.slug, files_of(resource))

    def fingerprint(self, space: Space, resource: Resource) -> str | None:
        data = self._source(space, resource)
        return page_fingerprint(data) if isinstance(resource, Page) else json_fingerprint(data)

    def render(self, space: Space, resource: Resource) -> Content:
        return _as_content(resource.kind, self._source(space, resource))

    def _source(self, space: Space, resource: Resource) -> bytes:
        here = (self.base / space.slug).joinpath(*files_of(resource).address.split("/")).as_uri()
        with using_language(space.language):
            if isinstance(resource, Page):
                text = page_source(space, resource, here)
            else:
                text = json_source(space, resource, here)
        return encodable(text).encode()

    # --- looking ------------------------------------------------------------------------------------------

    def observe(self, space: Space, targets: Sequence[Target]) -> Mapping[str, Observation]:
        root = space_root(self.base, space.slug)
        missing = missing_disk(self.base, targets)
        if missing is not None:
            return {target.key: missing for target in targets}
        site = Site(self.base, space)
        found: dict[str, Observation] = {it.key: self._look_safely(site, it) for it in targets}
        with disk.telling(root):
            lags = untidy(root)
        if lags or self._listing(space):
            # tidying is a part of renewing: nothing else would make the core call us
            return {key: replace(seen, stale=True) if isinstance(seen, Seen) else seen for key, seen in found.items()}
        return found

    def _listing(self, space: Space) -> bool:
        """Whether the collective's list of engagements lags behind. It is looked at once, not for each engagement."""
        if space.collective or space.slug == COLLECTIVE:
            return False
        if self._listing_lags is None:
            self._listing_lags = False
            with suppress(OSError, PlatformError):
                self._listing_lags = collective_lags(self.base, space)
        return self._listing_lags

    def _look_safely(self, site: Site, target: Target) -> Observation:
        files = _files(site.space, target.kind, target.resource, target.known)
        try:
            return Pair(self.base, site.space, files, site).look(target.known)
        except OSError as error:
            return Unknown(disk.told(error, site.root / files.source).message)
        except Suspicious as error:
            # a link that a person made: only what is behind it stays unknown
            return Unknown.of(error)

    def read(self, space: Space, target: Target) -> Content:
        root = space_root(self.base, space.slug)
        is_there(self.base)
        files = _files(space, target.kind, target.resource, target.known)
        path = disk.checked(root, files.source)
        disk.check_inside(root, path.parent)
        with disk.telling(path):
            return _as_content(target.kind, disk.read_file(path))

    # --- writing ------------------------------------------------------------------------------------------

    def apply(self, space: Space, changes: Sequence[Change]) -> Iterator[Outcome]:
        root = space_root(self.base, space.slug)
        is_there(self.base)
        self._listing_lags = None
        with disk.telling(root):
            disk.check_inside(root, root)
            tidy(root)
        for change in changes:
            try:
                yield self._change(space, root, change)
            except PlatformError as error:
                yield Failed(change.key, error)
            except OSError as error:
                path = Path(error.filename) if isinstance(error.filename, str) else root
                yield Failed(change.key, disk.told(error, path))
        with disk.telling(root):
            if changes:
                tidy(root)
            refresh(self.base, space)

    def _change(self, space: Space, root: Path, change: Change) -> Outcome:
        known = None if change.act is Act.CREATE else based_on(change)
        files = _files(space, change.kind, change.resource, known)
        pair = Pair(self.base, space, files)
        if change.act is Act.CREATE:
            if change.resource is None:
                raise Refused(_("Rien ne dit ce qu'il faut créer."))
            done = pair.create(self._source(space, change.resource), change.access.write is None, change.known)
            return self._outcome(pair, change, done)
        if change.act is Act.DELETE:
            return self._delete(pair, change)
        now = pair.look(change.known)
        if isinstance(now, Absent) or change.seen is None:
            return Overtaken(change.key, now if isinstance(now, Seen) else None)
        if change.content and change.resource is not None:
            if now.fingerprint != change.seen.fingerprint:
                return Overtaken(change.key, now)
            if not pair.update(self._source(space, change.resource), change.seen.fingerprint, change.known):
                return self._outcome(pair, change, False)
        pair.renew()
        if change.rights:
            pair.set_read_only(change.access.write is None)
        return self._outcome(pair, change, True)

    def _delete(self, pair: Pair, change: Change) -> Outcome:
        now = pair.look(change.known)
        if isinstance(now, Absent):
            return Done(change.key, None)
        if change.seen is None or now.fingerprint != change.seen.fingerprint:
            return Overtaken(change.key, now)
        if change.kind == "form":
            self._refuse_answered(pair)
        pair.delete()
        return Done(change.key, None)

    def _refuse_answered(self, pair: Pair) -> None:
        count = len(names_in(pair.root / ANSWERS / pair.files.stem))
        if count:
            raise Refused(
                _("Le questionnaire « {path} » a reçu {count} réponse(s) : il est gardé avec elles.").format(
                    path=pair.root / pair.files.source, count=count
                ),
                _("Mettez ces réponses de côté si elles ne servent plus, puis relancez la commande."),
            )

    def _outcome(self, pair: Pair, change: Change, done: bool) -> Outcome:
        seen: Observation = Absent()
        with suppress(OSError):
            seen = pair.look(change.known)
        if done and isinstance(seen, Seen):
            return Done(change.key, seen)
        return Overtaken(change.key, seen if isinstance(seen, Seen) else None)

    # --- for archives -------------------------------------------------------------------------------------

    def shown(self, space: Space, target: Target) -> Content:
        root = space_root(self.base, space.slug)
        files = _files(space, target.kind, target.resource, target.known)
        path = disk.checked(root, files.rendered or files.source)
        disk.check_inside(root, path.parent)
        with disk.telling(path):
            text = decoded(disk.read_file(path))
        inside = text.partition(MAIN)[2].partition(END_OF_MAIN)[0] or text
        return Content(inside.encode(), "text/html", inside)

    def put_back(self, space: Space, target: Target, seen: Seen, content: Content) -> Seen:
        files = _files(space, target.kind, target.resource, target.known)
        pair = Pair(self.base, space, files)
        with disk.telling(pair.source):
            done = pair.update(content.data, seen.fingerprint, target.known)
            pair.renew()
            now = pair.look(target.known)
        if not done or not isinstance(now, Seen):
            raise Superseded(
                _("La page « {path} » a été changée entre-temps.").format(path=pair.source),
                _("Relancez la commande."),
            )
        return now

    # --- the rest -----------------------------------------------------------------------------------------

    def answers(self, space: Space, form: Form, known: Known | None) -> Sequence[Answer]:
        return self._box(space, form, known).read()

    def entries(self, space: Space, form: Form, known: Known | None) -> Sequence[Answer]:
        owned = entries_of(space_root(self.base, space.slug), form)
        return [*self._box(space, form, known).read(), *owned]

    def gather(self, space: Space, forms: Sequence[Target], since: str = "") -> Gathered:
        return gather({it.key: self._box(space, it.resource, it.known) for it in forms}, since)

    def add(self, space: Space, form: Form, known: Known | None, answers: Sequence[Answer]) -> Sequence[str]:
        return self._box(space, form, known).add(answers)

    def withdraw(self, space: Space, form: Form, known: Known | None, ids: Sequence[str]) -> Sequence[str]:
        return self._box(space, form, known).withdraw(ids)

    def purge(self, space: Space, form: Form, known: Known | None, fields: Collection[str]) -> Purged:
        return self._box(space, form, known).purge(fields)

    def _box(self, space: Space, form: Resource | None, known: Known | None) -> Box:
        root = space_root(self.base, space.slug)
        is_there(self.base)
        return Box(root, _files(space, "form", form, known))

    def check(self) -> Iterator[Finding]:
        return checks.findings(self.base)

    def close(self) -> None:
        """Nothing is kept open."""


def _files(space: Space, kind: str, resource: Resource | None, known: Known | None) -> Files:
    if known is not None:
        return files_known(space.slug, kind, known)
    if resource is None:
        raise Refused(_("Rien ne dit où cet élément se trouve."))
    return files_of(resource)


def _address(root: Path, files: Files) -> Address:
    return Address(files.address, root.joinpath(*files.address.split("/")).as_uri())


def _as_content(kind: str, data: bytes) -> Content:
    return Content(data, "text/markdown" if kind == "page" else "application/json", decoded(data))
