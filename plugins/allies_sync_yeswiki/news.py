"""What changed in a wiki since a moment, in one request: the wiki shows a list of it as the preview of a page that
nobody saves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from urllib.parse import unquote

from allies_sync_yeswiki.classify import is_editor
from allies_sync_yeswiki.names import fold_tag
from allies_sync_yeswiki.server import Server

_FORMAT = "%Y-%m-%d %H:%M:%S"
_UNSETTLED = 4
"""So many seconds after a write, another one with the same time may still come."""

_ZONES = 900
"""All time zones are so many seconds apart, or a multiple of it."""

_PAGE = "AlliesSyncVerification"
_BEGIN, _END = "alliesdebut", "alliesfin"
_LISTED = re.compile(
    r'<a href="[^"]*[?/]([^"?/&]+)/revisions">.*?&nbsp;(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)</small>', re.S
)
_NOTHING = re.compile(r"<[^>]*>|\s|&nbsp;")


def changes_since(server: Server, moment: str) -> Mapping[str, str] | None:
    """When each page was last changed, by folded name, of those changed since a moment of the wiki's database (a few
    seconds are given to those that were being written then). None when the wiki does not tell."""
    try:
        since = (datetime.strptime(moment, _FORMAT) - timedelta(seconds=_UNSETTLED)).strftime(_FORMAT)
    except ValueError:
        return None
    body = f'{_BEGIN}\n{{{{recentchanges max="last" period="{since}"}}}}\n{_END}'
    response = server.post(f"{_PAGE}/edit", [("body", body), ("submit", "preview"), ("previous", "")])
    if not is_editor(response):
        return None
    # the text stands there twice: as it looks, and in the editor
    _before, begin, rest = response.text.partition(_BEGIN)
    shown, end, _after = rest.partition(_END)
    if not begin or not end or "{{" in shown or "alert" in shown:
        return None
    found: dict[str, str] = {}
    for tag, time in _LISTED.findall(shown):
        key = fold_tag(unquote(unescape(tag)))
        found[key] = max(time, found.get(key, ""))
    return found if found or not _NOTHING.sub("", shown) else None


def is_recent(moment: str, date: str) -> bool:
    """Whether a moment in some zone is just now, by the server's clock (as HTTP writes it), which is in another."""
    try:
        now = parsedate_to_datetime(date).replace(tzinfo=None)
        age = (now - datetime.strptime(moment, _FORMAT)).total_seconds()
    except (ValueError, TypeError):
        return True
    return (age + _UNSETTLED) % _ZONES < 2 * _UNSETTLED
