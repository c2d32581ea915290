"""Pages in the wiki: looked at, made, changed, deleted; what a person wrote in between is found and kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from allies_sync.model.resources import Access, Page, Rights
from allies_sync.platforms.errors import Denied, Foreign, PlatformError, Refused, Suspicious
from allies_sync.platforms.interface import (
    Absent,
    Address,
    Change,
    Done,
    Failed,
    Known,
    Observation,
    Outcome,
    Overtaken,
    Seen,
    Space,
    Target,
)
from allies_sync.text.messages import _
from allies_sync_yeswiki import banner
from allies_sync_yeswiki.classify import Verdict, is_editor, trouble
from allies_sync_yeswiki.derived import Derived
from allies_sync_yeswiki.looking import Look, read_page
from allies_sync_yeswiki.names import banner_tag, base_name, fold_tag, is_tag, page_tag, page_url
from allies_sync_yeswiki.pages import page_source
from allies_sync_yeswiki.revisions import PageRevision, seen_text
from allies_sync_yeswiki.rights import GROUPS, Levels, Row
from allies_sync_yeswiki.saving import Saver, foreign, remove_page
from allies_sync_yeswiki.server import Server
from allies_sync_yeswiki.widgets import KEYWORD

MANY = 5
"""So many pages at once are read back in one request."""

_REVISIONS = re.compile(r'data-revisions="([^"]*)"')
_ADDRESS = re.compile(r"[0-9a-fA-F.:]+")


class PageWork:
    """The pages of one space, in one look."""

    def __init__(self, server: Server, levels: Levels, space: Space, look: Look) -> None:
        self.server = server
        self.levels = levels
        self.space = space
        self.look = look
        self.base = server.base
        self.saver = Saver(server, levels)
        self.derived = Derived(self.saver, space, look)

    # --- looking ----------------------------------------------------------------------------------------------

    def tag(self, page: Page | None, known: Known | None) -> str:
        """The name of the page that is meant. What is remembered has to be of this space."""
        if known is not None:
            return self.checked(known.remote_id)
        if page is None:
            raise Refused(_("Rien ne dit où cet élément se trouve."))
        return page_tag(self.space, page)

    def checked(self, tag: str) -> str:
        base = fold_tag(base_name(self.space))
        inside = fold_tag(tag) == base or fold_tag(tag).startswith(f"{base}.")
        if not is_tag(tag) or not inside:
            raise Suspicious(
                _("L'état enregistré nomme la page « {tag} », qui n'est pas de cet espace.").format(tag=tag[:100])
            )
        return tag

    def observe(self, targets: Sequence[tuple[Target, str]]) -> Iterator[tuple[str, Observation]]:
        """What there is of each target, whose page is named beside it."""
        self.derived.count([it.resource for it, _tag in targets if isinstance(it.resource, Page)])
        there = [(target, tag) for target, tag in targets if self.look.exists(tag)]
        pages = self.look.read_pages(tag for _target, tag in there)
        for target, tag in targets:
            page = pages.get(fold_tag(tag)) if self.look.exists(tag) else None
            yield target.key, self.seen(tag, page, known=target.known) if page else Absent()

    def seen(
        self,
        tag: str,
        page: PageRevision,
        access: Access | None = None,
        mark: str | None = None,
        known: Known | None = None,
    ) -> Seen:
        """A page as the core wants to know it. ``mark``: that of one which was just made, and lags behind nothing.
        ``known``: what is remembered of one that was looked at."""
        row = self.look.rights.get(fold_tag(tag))
        outdated = self.levels.outdated(row, known)
        if access is None and row is not None:
            access = self.levels.access(row)
        return Seen(
            remote_id=tag,
            address=Address(tag, page_url(self.base, tag)),
            fingerprint=page.fingerprint,
            mark=self.look.mark(tag) if mark is None else mark,
            access=access,
            revision=page.id,
            stale=outdated or (self.stale(tag) if mark is None else False),
            modified=_moment(page.time),
            modified_by=self.author(page.user),
            details=known.details if outdated and known else {GROUPS: self.levels.groups},
        )

    def author(self, user: str) -> str:
        """Who wrote last: nobody's network address, and not the tool itself."""
        if user == self.server.settings.user or _ADDRESS.fullmatch(user):
            return ""
        return user

    def stale(self, tag: str) -> bool:
        """Whether the banner above the page is missing, or what the tool keeps beside it lags behind. A person may
        choose another banner."""
        if banner.wanted(self.space):
            values = self.look.metadata.get(fold_tag(tag)) or {}
            if "PageHeader" not in values:
                return True
        return bool(self.derived.lagging())

    # --- writing ----------------------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Makes and changes pages."""
        if not changes:
            return
        self.derived.count([it.resource for it in changes if isinstance(it.resource, Page)])
        creations = [change for change in changes if change.seen is None]
        updates = [change for change in changes if change.seen is not None]
        readers = min((change.access.read for change in changes), key=lambda level: level.strictness)
        yield from self._create(creations, readers)
        if self.derived.missing():
            self.derived.reserve(readers)
        self.derived.write()
        yield from self._update(updates)

    # --- creating: rights first, so that nothing is ever open that is to be closed

    def _create(self, changes: Sequence[Change], readers: Rights) -> Iterator[Outcome]:
        waiting: dict[str, tuple[Change, str]] = {}
        for change in changes:
            if not isinstance(change.resource, Page):
                yield Failed(change.key, Refused(_("Rien ne dit ce qu'il faut créer.")))
                continue
            tag = page_tag(self.space, change.resource)
            if self.look.exists(tag):
                yield from self._already_there(change, tag)
            else:
                waiting[change.key] = (change, tag)
        if not waiting:
            return
        by_access: dict[Access, list[tuple[Change, str]]] = {}
        for change, tag in waiting.values():
            by_access.setdefault(change.access, []).append((change, tag))
        beside = self.derived.missing()
        for access, group in by_access.items():
            tags = [tag for _change, tag in group]
            if access == self.derived.access(readers):
                tags += beside
                beside = []
            taken = self.saver.reserve(access, tags)
            for change, tag in group:
                if fold_tag(tag) in taken:
                    waiting.pop(change.key)
                    yield Failed(change.key, foreign(tag))
        if not beside:
            self.derived.write()
        written: dict[str, tuple[Change, str, str]] = {}
        for change, tag in waiting.values():
            source = page_source(self.space, _page(change), self.base, tag)
            what = self.save_new(change, tag, source)
            if isinstance(what, PlatformError):
                yield Failed(change.key, what)
            else:
                written[change.key] = (change, tag, source)
        again = Look(self.server)
        pages = again.read_pages((tag for _c, tag, _s in written.values()), many=len(written) >= MANY)
        for change, tag, source in written.values():
            page = pages.get(fold_tag(tag))
            if page is None:
                yield Failed(change.key, trouble(Verdict.UNKNOWN, self.server.host))
                continue
            seen = self.remembered(tag, page, self.space.mark(change.key), change.access)
            ours = seen_text(page.body) == seen_text(source)
            yield Done(change.key, seen) if ours else Overtaken(change.key, seen)

    def _already_there(self, change: Change, tag: str) -> Iterator[Outcome]:
        page = read_page(self.server, tag)
        if page is None:
            yield Failed(change.key, trouble(Verdict.UNKNOWN, self.server.host))
            return
        seen = self.seen(tag, page)
        if seen.mark == self.space.mark(change.key):
            yield Overtaken(change.key, seen)
        else:
            yield Failed(change.key, foreign(tag))

    def save_new(self, change: Change, tag: str, source: str) -> PlatformError | None:
        mark = self.space.mark(change.key)
        header = banner_tag(self.space) if banner.wanted(self.space) else ""
        return self.saver.save(tag, source, "", self.saver.dressing(tag, mark, header), _keywords(change))

    def remembered(self, tag: str, page: PageRevision, mark: str, access: Access) -> Seen:
        """What the next look will say of a page that was just made."""
        if not self.server.theme(tag):
            self.mark_by_hand(tag, mark)
        return self.seen(tag, page, access, mark)

    def mark_by_hand(self, tag: str, mark: str) -> None:
        """The mark and the banner for a page that could not be born with them."""
        fields = [("metadatas[allies_sync]", mark)] if mark else []
        if banner.wanted(self.space):
            fields.append(("metadatas[PageHeader]", banner_tag(self.space)))
        if fields:
            self.saver.say(tag, fields)

    # --- updating ---------------------------------------------------------------------------------------------

    def _update(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        ready: list[tuple[Change, str]] = []
        for change in changes:
            try:
                tag = self.checked(change.seen.remote_id if change.seen else "")
                if change.known is not None:
                    self.checked(change.known.remote_id)
                outcome = self._content(change, tag)
            except PlatformError as error:
                outcome = Failed(change.key, error)
            if outcome is not None:
                yield outcome
            else:
                ready.append((change, tag))
        table = None
        by_access: dict[Access, list[str]] = {}
        for change, tag in ready:
            if change.rights or self.levels.outdated(self.look.rights.get(fold_tag(tag)), change.known):
                by_access.setdefault(change.access, []).append(tag)
        for access, tags in by_access.items():
            table = self.saver.send_rights(access, tags)
            if access.write is None:
                self.prove_closed(tags[0])
        for change, tag in ready:
            yield self._finish(change, tag, table)

    def prove_closed(self, tag: str) -> None:
        """Looks at a frozen page as a participant would."""
        if is_editor(self.server.page_as_anybody(f"{tag}/edit")):
            raise Denied(
                _("Le wiki laisse encore n'importe qui modifier la page « {tag} ».").format(tag=tag),
                _("Vérifiez ses droits sur la page GererDroits du wiki."),
            )

    def _content(self, change: Change, tag: str) -> Outcome | None:
        """Writes the content if it is to be. An outcome when the page is not as it was seen."""
        seen = change.seen
        if seen is None:
            raise Refused(_("Rien ne dit ce qu'il faut modifier."))
        mark = self.look.mark(tag)
        if mark and mark != self.space.mark(change.key):
            raise foreign(tag)
        if not change.content or change.resource is None:
            return None
        page = read_page(self.server, tag)
        if page is None:
            return Overtaken(change.key, None)
        now = self.seen(tag, page)
        if page.id != seen.revision and now.fingerprint != seen.fingerprint:
            return Overtaken(change.key, now)
        source = page_source(self.space, _page(change), self.base, tag)
        if seen_text(page.body) == seen_text(source):
            return None
        error = self.saver.save(tag, source, page.id, {}, _keywords(change))
        if isinstance(error, Foreign):
            after = read_page(self.server, tag)
            return Overtaken(change.key, self.seen(tag, after) if after else None)
        if error is not None:
            raise error
        wanted = seen_text(source)
        buried = self.saver.buried(tag, page.id, lambda it: seen_text(it.body) == wanted)
        if buried is not None:
            return Overtaken(change.key, self.seen(tag, buried))
        return None

    def _finish(self, change: Change, tag: str, table: Mapping[str, Row] | None) -> Outcome:
        """What is there after the write: the content is read back, rights stand in the answer to their change."""
        try:
            row = (table if table is not None else self.look.rights).get(fold_tag(tag))
            if row is None and table is not None:
                return Overtaken(change.key, None)
            values = self.look.metadata.get(fold_tag(tag)) or {}
            if banner.wanted(self.space) and "PageHeader" not in values:
                self.saver.say(tag, [("metadatas[PageHeader]", banner_tag(self.space))])
            access = self.levels.access(row) if row is not None else None
            if not change.content and change.seen is not None and table is not None:
                details = {GROUPS: self.levels.groups}
                return Done(change.key, replace(change.seen, access=access, stale=False, details=details))
            page = read_page(self.server, tag)
            if page is None:
                return Overtaken(change.key, None)
            return Done(change.key, replace(self.seen(tag, page, access), stale=False))
        except PlatformError as error:
            return Failed(change.key, error)

    # --- deleting ---------------------------------------------------------------------------------------------

    def delete(self, change: Change) -> Outcome:
        """Deletes a page that nobody touched since it was seen."""
        tag = self.checked(change.seen.remote_id if change.seen else "")
        page = read_page(self.server, tag)
        if page is None:
            return Done(change.key, None)
        now = self.seen(tag, page)
        if change.seen is None or now.fingerprint != change.seen.fingerprint:
            return Overtaken(change.key, now)
        if now.mark and now.mark != self.space.mark(change.key):
            raise foreign(tag)
        remove_page(self.server, tag)
        return Done(change.key, None)


def _keywords(change: Change) -> Sequence[str]:
    page = _page(change)
    return (*page.keywords, KEYWORD) if page.home else page.keywords


def _page(change: Change) -> Page:
    if not isinstance(change.resource, Page):
        raise Refused(_("Rien ne dit ce qu'il faut écrire."))
    return change.resource


def _moment(text: str) -> datetime | None:
    """The wiki's database keeps no zone; most often it is UTC."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
