"""Several new documents in one request, where nobody but ourselves can have put anything.

``POST /remote.php/dav/bulk`` checks each file's MD5 on arrival, but knows no precondition: it replaces what is there.
So it serves only for the first documents of a folder that this process has just made, under its lease, and that is
shared with nobody yet. Whatever it does not answer plainly is done again one by one, each with its precondition.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Change, Done, Outcome, Space
from allies_sync_nextcloud.dav import Node, number_of
from allies_sync_nextcloud.documents import Looked, digest, source_of
from allies_sync_nextcloud.places import READABLE
from allies_sync_nextcloud.storing import wanted_document

if TYPE_CHECKING:
    from datetime import datetime

    from allies_sync_nextcloud.looking import Looker
    from allies_sync_nextcloud.present import Made

LARGEST = 1024 * 1024
MOST = 8 * 1024 * 1024
_OLDER = 5
"""Files get a time a few seconds ago: so every later change is one of another second, and shows in the ETag."""


def upload(looker: Looker, space: Space, changes: Sequence[Change], made: Made) -> dict[str, Outcome]:
    """What could be made at once, with the readable copy of the description. One request, or none. By key."""
    found: dict[str, tuple[Change, str, bytes]] = {}
    total = 0
    for change in changes:
        document = wanted_document(change)
        data = source_of(space, document)
        if len(data) <= LARGEST and total + len(data) <= MOST:
            total += len(data)
            path = looker.places.predict(space, document).path
            found[looker.places.inside(space.slug, path)] = change, path, data
    files = {where: data for where, (_change, _path, data) in found.items()}
    copy = f"{looker.places.state(space.slug)}/{READABLE}"
    if made.waiting is not None:
        files[copy] = made.waiting
    now = looker.server.http.clock.now()
    if len(files) < 2 or now is None:
        return {}
    told = _send(looker, files, int(now.timestamp()) - _OLDER)
    if made.waiting is not None and copy in told:
        made.copied = told[copy][0], digest(made.waiting)
    outcomes: dict[str, Outcome] = {}
    for where, (change, path, data) in found.items():
        if where in told:
            etag, number, moment = told[where]
            node = Node(path, False, number, etag, moment, len(data))
            looked = Looked(etag, moment, looker.server.http.clock.now())
            outcomes[change.key] = Done(change.key, looker.file(space.slug, node, digest(data), looked))
    return outcomes


def _send(looker: Looker, files: Mapping[str, bytes], time: int) -> dict[str, tuple[str, str, datetime]]:
    """ETag, number and time of each file that the server says it has."""
    from datetime import UTC, datetime

    boundary = f"allies-sync-{os.urandom(16).hex()}"
    parts = []
    for path, data in files.items():
        sum_ = hashlib.md5(data, usedforsecurity=False).hexdigest()
        head = (
            f"--{boundary}\r\nX-File-Path: /{path}\r\nX-File-MD5: {sum_}\r\nX-File-Mtime: {time}\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        )
        parts.append(head.encode() + data + b"\r\n")
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    try:
        answer = looker.server.dav.bulk(list(files), body, boundary)
        told: Mapping[str, Any] = looker.server.json(answer)
    except PlatformError:
        return {}
    found = {}
    for path in files:
        item = told.get(f"/{path}")
        if isinstance(item, dict) and item.get("error") is False and item.get("etag") and item.get("fileid"):
            etag = str(item["etag"]).strip('"')
            found[path] = f'"{etag}"', number_of(str(item["fileid"])), datetime.fromtimestamp(time, UTC)
    return found
