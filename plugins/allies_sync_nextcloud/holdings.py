"""Everything in an engagement's folder, for archives: listed in one request, read and put back file by file."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Iterator

from allies_sync.platforms.errors import Refused
from allies_sync.platforms.holdings import Holding
from allies_sync.text.messages import _
from allies_sync_nextcloud.places import STATE, Places
from allies_sync_nextcloud.server import Server
from allies_sync_nextcloud.tree import read_tree

MADE = frozenset({201, 204})
TAKEN = 412
THERE = frozenset({201, 405})


def files_in(server: Server, places: Places, slug: str) -> Iterator[Holding]:
    """All files of a space, sorted by path, without the description."""
    tree = read_tree(server, places, slug)
    for path, node in sorted(tree.nodes.items() if tree else ()):
        if not node.folder and path.split("/")[0] != STATE:
            yield Holding(path, node.size, mimetypes.guess_type(path)[0] or "application/octet-stream")


def blocks_of(server: Server, places: Places, slug: str, path: str) -> Iterator[bytes]:
    """A file's bytes; the server sends it whole."""
    answer = server.dav.get(places.inside(slug, path))
    if answer.status_code == 404:
        raise Refused(_("« {thing} » n'est plus là.").format(thing=path))
    if answer.status_code != 200:
        raise server.refusal(answer, path)
    yield answer.content


def make(server: Server, places: Places, slug: str, path: str, blocks: Iterable[bytes]) -> bool:
    """Makes a file and the folders that it needs; the server itself refuses to replace one."""
    place = places.inside(slug, path)
    parts = path.split("/")[:-1]
    for depth in range(1, len(parts) + 1):
        answer = server.dav.make_folder(places.inside(slug, "/".join(parts[:depth])))
        if answer.status_code not in THERE:
            raise server.refusal(answer, path)
    answer = server.dav.put(place, b"".join(blocks), {"If-None-Match": "*"}, repeat=False)
    if answer.status_code == TAKEN:
        return False
    if answer.status_code not in MADE:
        raise server.refusal(answer, path)
    return True
