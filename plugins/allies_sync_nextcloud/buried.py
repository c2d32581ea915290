"""A person's version that our own write buried, because the server's precondition and its writing are two steps.

The server keeps what was overwritten. Looked at after each replacement: a version younger than the one that ours was
based on is a person's, and is put back on top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allies_sync.platforms.interface import Seen, Space
from allies_sync_nextcloud.dav import Garbled
from allies_sync_nextcloud.documents import SETTLED, Looked

if TYPE_CHECKING:
    from allies_sync_nextcloud.looking import Looker


def restore_buried(looker: Looker, space: Space, written: Seen, base: Looked, size: int) -> bool:
    """Puts a buried version back on top. Returns whether there was one. Without versions there is nothing to see."""
    if base.modified is None:
        return False
    try:
        answer, versions = looker.server.dav.versions(written.remote_id)
    except Garbled:
        return False
    if answer.status_code != 207:
        return False
    since = int(base.modified.timestamp())
    later = sorted((int(it.name), it.size) for it in versions if it.name.isdigit() and int(it.name) > since)
    # the youngest is what we wrote ourselves: this server lists the present version too
    if later and later[-1][1] == size and _is_present(later[-1][0], looker, space, written):
        later.pop()
    if not later:
        return False
    old = looker.server.dav.get_version(written.remote_id, str(later[-1][0]))
    if old.status_code != 200:
        return False
    looker.server.http.sleep(SETTLED)
    where = looker.places.inside(space.slug, written.address.path)
    looker.server.dav.put(where, old.content, {"If-Match": written.revision})
    return True


def _is_present(second: int, looker: Looker, space: Space, written: Seen) -> bool:
    """Whether a version of that second is the file as we left it. The time that an answer bears is that of its
    request with some servers, so a slow write may be younger than its answer says."""
    looked = looker.looked.get((space.slug, written.address.path))
    if looked is None or looked.moment is None:
        return False
    return abs(int(looked.moment.timestamp()) - second) <= 40
