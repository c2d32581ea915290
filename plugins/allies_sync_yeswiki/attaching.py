"""A file beside a page: open to everybody, and without an end.

``POST ?TAG/ajaxupload`` answers under which name the file is kept; other files than pictures are reached through the
page's ``download``, whatever its rights (measured on 4.4.4 and 4.5, as is what a name may hold).
"""

from __future__ import annotations

from json import JSONDecodeError, loads
from pathlib import PurePosixPath
from urllib.parse import quote

from allies_sync.platforms.errors import Refused
from allies_sync.text.characters import clean_line
from allies_sync.text.messages import _
from allies_sync_yeswiki.classify import trouble, verdict
from allies_sync_yeswiki.server import Server

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".bmp"})


def attach(server: Server, tag: str, name: str, data: bytes, media_type: str) -> str:
    """Sends the file and returns its address. Raises Refused for a kind of file that the wiki does not take."""
    response = server.upload(f"{quote(tag, safe='')}/ajaxupload", "qqfile", name, data, media_type)
    try:
        told = loads(response.text)
    except JSONDecodeError:
        raise trouble(verdict(response), server.host) from None
    kept = PurePosixPath(str(told.get("filename", ""))).name if isinstance(told, dict) else ""
    if not kept or not isinstance(told, dict) or not told.get("success"):
        why = clean_line(str(told.get("error", "")) if isinstance(told, dict) else "")[:200]
        raise Refused(_("Le wiki n'a pas pris « {name} » : {why}").format(name=name, why=why or "?"))
    if PurePosixPath(name).suffix.lower() in _PICTURES:
        return f"{server.base}/files/{quote(kept)}"
    return f"{server.base}/?{quote(tag, safe='')}/download&file={quote(kept)}"
