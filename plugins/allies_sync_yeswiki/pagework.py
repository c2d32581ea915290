"""Pages in the wiki: looked at, made, changed, deleted; what a person wrote in between is found and kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from json import JSONDecodeError, loads
from typing import Any
from urllib.parse import quote

from allies_sync.model.resources import Access, Page, Rights
from allies_sync.platforms.errors import Foreign, PlatformError, Refused, Suspicious, Unavailable
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
from allies_sync_yeswiki.classify import Verdict, trouble, verdict
from allies_sync_yeswiki.looking import Look, PageRevision, not_admin, read_page
from allies_sync_yeswiki.names import banner_tag, base_name, fold_tag, is_tag, page_tag, page_url
from allies_sync_yeswiki.pages import page_fingerprint, page_source, seen_text
from allies_sync_yeswiki.rights import Levels, is_table, rows
from allies_sync_yeswiki.server import Fields, Server

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
        there = [(target, tag) for target, tag in targets if self.look.exists(tag)]
        pages = self.look.read_pages(tag for _target, tag in there)
        for target, tag in targets:
            page = pages.get(fold_tag(tag)) if self.look.exists(tag) else None
            yield target.key, self.seen(tag, page) if page else Absent()

    def seen(self, tag: str, page: PageRevision, access: Access | None = None) -> Seen:
        """A page as the core wants to know it."""
        row = self.look.rights.get(fold_tag(tag))
        if access is None and row is not None:
            access = self.levels.access(row)
        return Seen(
            remote_id=tag,
            address=Address(tag, page_url(self.base, tag)),
            fingerprint=page_fingerprint(page.body),
            mark=self.look.mark(tag),
            access=access,
            revision=page.id,
            stale=self.stale(tag),
            modified=_moment(page.time),
            modified_by=self.author(page.user),
        )

    def author(self, user: str) -> str:
        """Who wrote last: nobody's network address, and not the tool itself."""
        if user == self.server.settings.user or _ADDRESS.fullmatch(user):
            return ""
        return user

    def stale(self, tag: str) -> bool:
        """Whether the banner above the page is missing or lags behind. A person may choose another."""
        if not banner.wanted(self.space):
            return False
        values = self.look.metadata.get(fold_tag(tag)) or {}
        return "PageHeader" not in values or self.banner_lags()

    def banner_lags(self) -> bool:
        text = banner.source(self.space, self.base)
        return banner.lags(self.space, text, self.look.mark(banner_tag(self.space)))

    # --- writing ----------------------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Makes and changes pages."""
        if not changes:
            return
        missing = False
        if banner.wanted(self.space) and self.banner_lags():
            missing = not self.look.exists(banner_tag(self.space))
            if not missing:
                self.renew_banner()
        creations = [change for change in changes if change.seen is None]
        updates = [change for change in changes if change.seen is not None]
        if missing and not creations:
            self.reserve(Access(_widest(changes), Rights.TEAM), [banner_tag(self.space)])
            self.make_banner()
        yield from self._create(creations, with_banner=missing)
        yield from self._update(updates)

    # --- creating: rights first, so that nothing is ever open that is to be closed

    def _create(self, changes: Sequence[Change], *, with_banner: bool = False) -> Iterator[Outcome]:
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
        if with_banner:
            by_access.setdefault(Access(_widest(changes), Rights.TEAM), [])
        for access, group in by_access.items():
            tags = [tag for _change, tag in group]
            if with_banner and access == Access(_widest(changes), Rights.TEAM):
                tags.append(banner_tag(self.space))
            taken = self.reserve(access, tags)
            for change, tag in group:
                if fold_tag(tag) in taken:
                    waiting.pop(change.key)
                    yield Failed(change.key, self.foreign(tag))
        if with_banner:
            self.make_banner()
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
            yield Failed(change.key, self.foreign(tag))

    def foreign(self, tag: str) -> Foreign:
        return Foreign(
            _("Une page « {tag} » que l'outil n'a pas créée existe déjà sur le wiki.").format(tag=tag),
            _("Renommez-la ou supprimez-la sur le wiki, puis relancez la commande."),
        )

    def reserve(self, access: Access, tags: Sequence[str]) -> frozenset[str]:
        """Gives rights to pages that are to be made; the wiki keeps them when they are. Returns those that are there
        already, which got their former rights back."""
        table = self.send_rights(access, tags)
        taken = frozenset(key for key in map(fold_tag, tags) if key in table)
        if taken:
            back = [("geredroits_modifier", "1"), ("typemaj", "default")]
            names = [("selectpage[]", tag) for tag in tags if fold_tag(tag) in taken]
            self.server.post("GererDroits&filter=specialpages", [*back, *names])
        return taken

    def send_rights(self, access: Access, tags: Sequence[str], *, read: bool = True) -> Mapping[str, Any]:
        """Gives rights to pages, in one request, and returns the rights of all that there are."""
        response = self.server.post("GererDroits&filter=pages", self.levels.fields(access, tags, read=read))
        if not is_table(response.text):
            what = verdict(response)
            raise not_admin(self.server) if what is Verdict.PAGE else trouble(what, self.server.host)
        return rows(response.text)

    def save_new(self, change: Change, tag: str, source: str) -> PlatformError | None:
        mark = self.space.mark(change.key)
        header = banner_tag(self.space) if banner.wanted(self.space) else ""
        return self.save(tag, source, "", self.dressing(tag, mark, header), _page(change).keywords)

    def dressing(self, tag: str, mark: str, header: str) -> dict[str, str]:
        """What a new page says of itself: our mark, the banner, and the theme that the wiki would give it anyway.

        The mark stands where a background's name would: the wiki shows none that is no picture.
        """
        theme = self.server.theme(tag)
        if not theme:
            return {}
        return {**theme, "bgimg": mark, "newpage": "1", **({"PageHeader": header} if header else {})}

    def save(
        self, tag: str, source: str, previous: str, dressing: Mapping[str, str], keywords: Sequence[str] = ()
    ) -> PlatformError | None:
        """Saves, and reads when it cannot be told whether that was done. Returns what stood against it."""
        more: Fields = list(dressing.items())
        words = ",".join(word.replace(",", " ") for word in keywords)
        if words:
            more = [*more, ("pagetags", words), ("antispam", "1")]
        try:
            what = self.server.edit(tag, source, previous, more)
        except Unavailable as error:
            return self.doubtful(tag, source, error)
        if what is Verdict.SAVED:
            return None
        if what in (Verdict.EXCEPTION, Verdict.UNKNOWN, Verdict.CONFLICT):
            why = self.foreign(tag) if what is Verdict.CONFLICT else trouble(what, self.server.host)
            return self.doubtful(tag, source, why)
        return trouble(what, self.server.host)

    def doubtful(self, tag: str, source: str, error: PlatformError) -> PlatformError | None:
        try:
            page = read_page(self.server, tag)
        except PlatformError:
            return error
        return None if page is not None and seen_text(page.body) == seen_text(source) else error

    def remembered(self, tag: str, page: PageRevision, mark: str, access: Access) -> Seen:
        """What the next look will say of a page that was just made."""
        if not self.server.theme(tag):
            self.mark_by_hand(tag, mark)
        seen = self.seen(tag, page, access)
        return replace(seen, mark=mark, stale=False)

    def mark_by_hand(self, tag: str, mark: str) -> None:
        """The mark and the banner for a page that could not be born with them."""
        fields = [("metadatas[allies_sync]", mark)] if mark else []
        if banner.wanted(self.space):
            fields.append(("metadatas[PageHeader]", banner_tag(self.space)))
        if fields:
            self.say(tag, fields)

    def say(self, tag: str, fields: Fields) -> None:
        response = self.server.post(f"{quote(tag, safe='')}/savemetadatas", fields)
        try:
            result = loads(response.text)
        except JSONDecodeError:
            raise trouble(verdict(response), self.server.host) from None
        if not isinstance(result, dict) or result.get("result") != 0:
            raise trouble(Verdict.DENIED, self.server.host)

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
            if change.rights:
                by_access.setdefault(change.access, []).append(tag)
        for access, tags in by_access.items():
            table = self.send_rights(access, tags)
        for change, tag in ready:
            yield self._finish(change, tag, table)

    def _content(self, change: Change, tag: str) -> Outcome | None:
        """Writes the content if it is to be. An outcome when the page is not as it was seen."""
        seen = change.seen
        if seen is None:
            raise Refused(_("Rien ne dit ce qu'il faut modifier."))
        page = read_page(self.server, tag)
        if page is None:
            return Overtaken(change.key, None)
        now = self.seen(tag, page)
        if now.mark and now.mark != self.space.mark(change.key):
            raise self.foreign(tag)
        if not change.content or change.resource is None:
            return None
        if page.id != seen.revision and now.fingerprint != seen.fingerprint:
            return Overtaken(change.key, now)
        source = page_source(self.space, _page(change), self.base, tag)
        if seen_text(page.body) == seen_text(source):
            return None
        error = self.save(tag, source, page.id, {}, _page(change).keywords)
        if isinstance(error, Foreign):
            after = read_page(self.server, tag)
            return Overtaken(change.key, self.seen(tag, after) if after else None)
        if error is not None:
            raise error
        buried = self.buried(tag, page.id, source)
        if buried is not None:
            return Overtaken(change.key, self.seen(tag, buried))
        return None

    def _finish(self, change: Change, tag: str, table: Mapping[str, Any] | None) -> Outcome:
        try:
            values = self.look.metadata.get(fold_tag(tag)) or {}
            if banner.wanted(self.space) and "PageHeader" not in values:
                self.say(tag, [("metadatas[PageHeader]", banner_tag(self.space))])
            page = read_page(self.server, tag)
            if page is None:
                return Overtaken(change.key, None)
            row = (table or self.look.rights).get(fold_tag(tag))
            access = self.levels.access(row) if row is not None else None
            return Done(change.key, replace(self.seen(tag, page, access), stale=False))
        except PlatformError as error:
            return Failed(change.key, error)

    def buried(self, tag: str, base: str, source: str) -> PageRevision | None:
        """Puts back what a person saved in the same moment, and we buried. None when there was nothing."""
        history = self.revisions(tag)
        between = [it for it in history if int(it) > int(base)] if base.isdigit() else []
        if len(between) <= 1:
            return None
        page = read_page(self.server, tag)
        if page is None or seen_text(page.body) != seen_text(source):
            return page
        theirs = sorted((int(it) for it in between), reverse=True)[1]
        self.server.page(f"{quote(tag, safe='')}/revisions&restoreRevisionId={theirs}")
        return read_page(self.server, tag)

    def revisions(self, tag: str) -> list[str]:
        found = _REVISIONS.search(self.server.page(f"{quote(tag, safe='')}/revisions").text)
        try:
            items = loads(unescape(found[1])) if found else []
        except JSONDecodeError:
            items = []
        return [str(item.get("id")) for item in items if isinstance(item, dict) and str(item.get("id")).isdigit()]

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
            raise self.foreign(tag)
        remove_page(self.server, tag)
        return Done(change.key, None)

    # --- the banner -------------------------------------------------------------------------------------------

    def renew_banner(self) -> None:
        """Writes the banner that is there if it lags behind and nobody has written something else into it."""
        tag, text = banner_tag(self.space), banner.source(self.space, self.base)
        found = self.look.mark(tag)
        if not self.look.exists(tag) or not found.startswith(self.space.mark(banner.KEY) + ":"):
            return
        page = read_page(self.server, tag)
        if page is not None and banner.stamp(seen_text(page.body)) == found.rpartition(":")[2]:
            self.save_or_raise(tag, text, page.id, {})
        # a person's banner stays; what it should have been is remembered, so that it is not asked for again
        self.say(tag, [("metadatas[bgimg]", banner.mark(self.space, text))])

    def make_banner(self) -> None:
        """Writes the banner for the first time; its rights are there."""
        tag, text = banner_tag(self.space), banner.source(self.space, self.base)
        mark = banner.mark(self.space, text)
        self.save_or_raise(tag, text, "", self.dressing(tag, mark, ""))
        if not self.server.theme(tag):
            self.say(tag, [("metadatas[allies_sync]", mark)])

    def save_or_raise(self, tag: str, text: str, previous: str, dressing: Mapping[str, str]) -> None:
        error = self.save(tag, text, previous, dressing)
        if error is not None:
            raise error


def remove_page(server: Server, tag: str) -> None:
    """Deletes a page or an entry for good."""
    status, data = server.api(f"api/pages/{quote(tag, safe='')}", method="DELETE")
    if status == 404:
        return
    if not isinstance(data, dict) or not data.get("deleted"):
        raise trouble(Verdict.DENIED, server.host)


def _widest(changes: Sequence[Change]) -> Rights:
    """Who may read the banner: whoever may read any of the pages below it."""
    return min((change.access.read for change in changes), key=lambda level: level.strictness)


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
