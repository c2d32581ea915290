"""Pages as everybody sees them, and pages put back as they were: for archives."""

from __future__ import annotations

from urllib.parse import quote

from allies_sync.platforms.errors import PlatformError, Refused, Superseded
from allies_sync.platforms.interface import Content, Seen
from allies_sync.text.messages import _
from allies_sync_yeswiki.classify import Verdict, trouble, verdict
from allies_sync_yeswiki.looking import read_page
from allies_sync_yeswiki.pagework import PageWork
from allies_sync_yeswiki.revisions import seen_text
from allies_sync_yeswiki.server import Server

_REFUSALS = ("Vous n'êtes pas autorisé", "You are not allowed", "Cette page n'existe pas encore")


def shown(server: Server, tag: str) -> Content:
    """The page as somebody without an account sees it: an administrator would also see what participants answered.

    Raises Refused for a page that not everybody may read.
    """
    response = server.page_as_anybody(f"{quote(tag, safe='')}/html")
    what = verdict(response)
    if what not in (Verdict.PAGE, Verdict.READ_ONLY, Verdict.UNKNOWN) or response.status_code != 200:
        raise trouble(what, server.host)
    if not response.text.strip() or any(words in response.text[:2000] for words in _REFUSALS):
        raise Refused(_("La page « {tag} » n'est pas lisible par tout le monde.").format(tag=tag))
    return Content(response.text.encode("utf-8", "replace"), "text/html", response.text)


def put_back(work: PageWork, tag: str, seen: Seen, content: Content) -> Seen:
    """Writes a page's source as it was read, over the revision that was seen."""
    source = content.text if content.text is not None else content.data.decode("utf-8", "replace")
    page = read_page(work.server, tag)
    if page is None or page.fingerprint != seen.fingerprint:
        raise Superseded(
            _("La page « {tag} » a été changée entre-temps.").format(tag=tag), _("Relancez la commande.")
        )
    if seen_text(page.body) != seen_text(source):
        error: PlatformError | None = work.saver.save(tag, source, page.id, {})
        if error is not None:
            raise error
        page = read_page(work.server, tag) or page
    return work.seen(tag, page)
