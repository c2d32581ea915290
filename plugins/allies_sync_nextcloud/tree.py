"""What stands in an engagement's folder: one request, however many things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from allies_sync.platforms.errors import Denied
from allies_sync.platforms.http_time import http_date
from allies_sync.platforms.interface import COLLECTIVE
from allies_sync.text.messages import _
from allies_sync_nextcloud.dav import Garbled, Node, complaint
from allies_sync_nextcloud.places import STATE, Places, is_space
from allies_sync_nextcloud.server import Server


@dataclass(frozen=True, slots=True)
class Tree:
    """An engagement's folder as it was at ``moment`` of the server's clock. Paths count from that folder."""

    root: Node
    nodes: Mapping[str, Node]
    moment: datetime | None

    def by_id(self, number: str) -> Node | None:
        return next((node for node in self.nodes.values() if node.id == number), None) if number else None

    def chain(self, path: str) -> Iterator[Node]:
        """The node at a path and all folders around it, up to the engagement's own."""
        while path:
            if path in self.nodes:
                yield self.nodes[path]
            path = path.rpartition("/")[0]
        yield self.root

    @property
    def all(self) -> list[Node]:
        """Everything, the engagement's own folder and the state's included."""
        return [self.root, *self.nodes.values()]

    @property
    def empty(self) -> bool:
        """Whether there is nothing but the state."""
        return all(path.split("/")[0] == STATE for path in self.nodes)


def read_tree(server: Server, places: Places, slug: str) -> Tree | None:
    """The engagement's folder with all that is in it; None when the server plainly says that there is none."""
    top = places.engagement(slug)
    found = look(server, top, "infinity")
    if found is None:
        return None
    nodes, moment = found
    return _tree(server, places, slug, [*nodes, *_unscanned(server, nodes)], moment)


def read_trees(server: Server, places: Places) -> Mapping[str, Tree]:
    """All engagements at once, by slug. One request. Without those of which the server does not know all."""
    top = places.settings.root
    found = look(server, top, "infinity")
    nodes, moment = found or ([], None)
    parts: dict[str, list[Node]] = {}
    for node in nodes[1:]:
        parts.setdefault(node.path.removeprefix(f"{top}/").split("/")[0], []).append(node)
    return {
        slug: _tree(server, places, slug, inside, moment)
        for slug, inside in parts.items()
        if inside[0].folder and is_space(slug) and not any(node.unscanned for node in inside)
    }


def _tree(server: Server, places: Places, slug: str, nodes: list[Node], moment: datetime | None) -> Tree:
    top = places.engagement(slug)
    inside = {node.path.removeprefix(top).strip("/"): node for node in nodes}
    root = inside.pop("", None)
    if root is None:
        raise server.nonsense()
    inside = {places.in_tree(slug, path): node for path, node in inside.items()}
    if slug == COLLECTIVE:
        inside[STATE] = root
    return Tree(root, {path: replace(node, path=path) for path, node in inside.items()}, moment)


def look(server: Server, path: str, depth: str) -> tuple[list[Node], datetime | None] | None:
    """A node and what is below it, with the server's time; None when there is plainly none. Raises PlatformError."""
    try:
        answer, nodes = server.dav.look(path, depth)
    except Garbled:
        raise server.nonsense() from None
    if answer.status_code == 404:
        said = complaint(answer)
        if said.kind != "NotFound":
            raise server.nonsense()
        if said.words.startswith("Principal"):
            raise _unknown_user(server)
        return None
    if answer.status_code != 207:
        raise server.refusal(answer, path)
    if not nodes or not nodes[0].id:
        # a listing without numbers is another account's home
        raise _unknown_user(server)
    return nodes, http_date(answer.headers.get("Date", ""))


def _unknown_user(server: Server) -> Denied:
    return Denied(
        _("{host} ne connaît pas de fichiers du compte « {user} ».").format(
            host=server.host, user=server.settings.user
        ),
        _("Corrigez « user » dans [roles.files] : l'identifiant exact du compte, tel que le montre « doctor »."),
    )


def _unscanned(server: Server, nodes: list[Node]) -> Iterator[Node]:
    """What is in folders that the server has not looked into yet: a listing of everything leaves it out."""
    known = {node.path for node in nodes}
    parents = {path.rpartition("/")[0] for path in known}
    waiting = [node.path for node in nodes if node.unscanned and node.path not in parents]
    while waiting:
        found = look(server, waiting.pop(), "1")
        for node in found[0] if found else []:
            if node.path not in known:
                known.add(node.path)
                yield node
                if node.unscanned:
                    waiting.append(node.path)
