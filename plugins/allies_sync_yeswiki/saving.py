"""Saving pages: what stands against it is told, what a person saved in the same moment is put back on top."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import unescape
from json import JSONDecodeError, loads
from urllib.parse import quote

from allies_sync.model.resources import Access
from allies_sync.platforms.errors import Foreign, PlatformError, Unavailable
from allies_sync.text.messages import _
from allies_sync_yeswiki.classify import Verdict, trouble, verdict
from allies_sync_yeswiki.looking import RIGHTS_PAGE, not_admin, read_page
from allies_sync_yeswiki.names import fold_tag
from allies_sync_yeswiki.revisions import PageRevision, seen_text
from allies_sync_yeswiki.rights import Levels, Row, is_table, rows
from allies_sync_yeswiki.server import Fields, Server

_REVISIONS = re.compile(r'data-revisions="([^"]*)"')


def foreign(tag: str) -> Foreign:
    """A page of that name is a person's."""
    return Foreign(
        _("Une page « {tag} » que l'outil n'a pas créée existe déjà sur le wiki.").format(tag=tag),
        _("Renommez-la ou supprimez-la sur le wiki, puis relancez la commande."),
    )


class Saver:
    """Writes pages of one wiki."""

    def __init__(self, server: Server, levels: Levels) -> None:
        self.server = server
        self.levels = levels

    # --- rights -----------------------------------------------------------------------------------------------

    def reserve(self, access: Access, tags: Sequence[str]) -> frozenset[str]:
        """Gives rights to pages that are to be made; the wiki keeps them when they are. Returns those that are there
        already, which got their former rights back."""
        table = self.send_rights(access, tags)
        taken = frozenset(key for key in map(fold_tag, tags) if key in table)
        if taken:
            back = [("geredroits_modifier", "1"), ("typemaj", "default")]
            names = [("selectpage[]", tag) for tag in tags if fold_tag(tag) in taken]
            response = self.server.post(f"{RIGHTS_PAGE}&filter=specialpages", [*back, *names])
            if not is_table(response.text):
                raise trouble(verdict(response), self.server.host)
        return taken

    def send_rights(
        self, access: Access, tags: Sequence[str], *, read: bool = True, which: str = "pages"
    ) -> Mapping[str, Row]:
        """Gives rights to pages or entries, in one request, and returns those of all that there are of that sort:
        ``pages``, or the number of a form."""
        response = self.server.post(f"{RIGHTS_PAGE}&filter={which}", self.levels.fields(access, tags, read=read))
        if not is_table(response.text):
            what = verdict(response)
            raise not_admin(self.server) if what is Verdict.PAGE else trouble(what, self.server.host)
        return rows(response.text)

    # --- content ----------------------------------------------------------------------------------------------

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
        if what in (Verdict.EXCEPTION, Verdict.UNKNOWN, Verdict.CONFLICT, Verdict.ELSEWHERE):
            why = foreign(tag) if what is Verdict.CONFLICT else trouble(what, self.server.host)
            return self.doubtful(tag, source, why)
        return trouble(what, self.server.host)

    def doubtful(self, tag: str, source: str, error: PlatformError) -> PlatformError | None:
        try:
            page = read_page(self.server, tag)
        except PlatformError:
            return error
        return None if page is not None and seen_text(page.body) == seen_text(source) else error

    def save_or_raise(self, tag: str, text: str, previous: str, dressing: Mapping[str, str]) -> None:
        error = self.save(tag, text, previous, dressing)
        if error is not None:
            raise error

    def say(self, tag: str, fields: Fields) -> None:
        response = self.server.post(f"{quote(tag, safe='')}/savemetadatas", fields)
        try:
            result = loads(response.text)
        except JSONDecodeError:
            raise trouble(verdict(response), self.server.host) from None
        if not isinstance(result, dict) or result.get("result") != 0:
            raise trouble(Verdict.DENIED, self.server.host)

    def buried(self, tag: str, base: str, ours: Callable[[PageRevision], bool]) -> PageRevision | None:
        """Puts back what a person saved in the same moment, and we buried. None when there was nothing.

        ``base``: the revision that we wrote upon; ``ours`` says whether a revision is what we wrote.
        """
        history = self.revisions(tag)
        between = [it for it in history if int(it) > int(base)] if base.isdigit() else []
        if len(between) <= 1:
            return None
        page = read_page(self.server, tag)
        if page is None or not ours(page):
            return page
        theirs = sorted((int(it) for it in between), reverse=True)[1]
        self.server.restore(tag, str(theirs))
        return read_page(self.server, tag)

    def revisions(self, tag: str) -> list[str]:
        found = _REVISIONS.search(self.server.page(f"{quote(tag, safe='')}/revisions").text)
        try:
            items = loads(unescape(found[1])) if found else []
        except JSONDecodeError:
            items = []
        return [str(item.get("id")) for item in items if isinstance(item, dict) and str(item.get("id")).isdigit()]


def remove_page(server: Server, tag: str) -> None:
    """Deletes a page or an entry for good."""
    status, data = server.api(f"api/pages/{quote(tag, safe='')}", method="DELETE")
    if status == 404:
        return
    if not isinstance(data, dict) or not data.get("deleted"):
        raise trouble(Verdict.DENIED, server.host)
