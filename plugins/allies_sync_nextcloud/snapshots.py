"""What was seen of the server a moment ago, or on another day if the server says that nothing moved since.

The ETag of a folder moves with every change of anything below it. So one listing of the root tells for all
engagements which of them are still as they were when they were last listed, and what was listed then is kept on this
computer's disk: it can be deleted at any time, and costs requests then. Nothing kept here is trusted for a write:
every write has its own precondition.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from allies_sync_nextcloud.dav import Node
from allies_sync_nextcloud.places import BUNDLE, STATE, is_space
from allies_sync_nextcloud.tree import Tree

MOMENT = 2.0
"""For so many seconds what this process itself wrote still counts as what is there."""

WINDOW = 6.0
"""For so many seconds an answer still counts as the present one, for one more question about the same thing: so long
may a slow computer take between looking at two parts of a plan."""

ROUND = 600.0
"""The same for a command that goes through all engagements: since it listed them, or last asked for one of them."""

HINT = 30.0
"""What is older is not even a guess."""

_FORMAT = 1
_LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Kept:
    """A tree, when it was listed, and how often it may still be used for that listing."""

    tree: Tree | None
    since: float
    uses: int


class Snapshots:
    """Of one account's engagements, below one root."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._root: dict[str, Node] | None = None
        self._moment: datetime | None = None
        self._since = 0.0
        self._window = WINDOW
        self._kept: dict[str, _Kept] = {}
        self._contents: dict[str, tuple[str, bytes]] = {}
        #: what this process changed: nothing that was listed before tells of it
        self.touched: set[str] = set()

    # --- the list of all engagements ------------------------------------------------------------------------

    def listed(self, nodes: Mapping[str, Node], moment: datetime | None, *, all_of_them: bool) -> None:
        """Takes a listing of the root. ``all_of_them``: a command is about to go through the engagements."""
        with self._lock:
            self._root = dict(nodes)
            self._moment, self._since = moment, monotonic()
            self._window = ROUND if all_of_them else WINDOW
            for slug, kept in list(self._kept.items()):
                node = nodes.get(slug)
                if kept.tree is None or node is None or kept.tree.root.etag != node.etag:
                    del self._kept[slug]
                else:
                    self._kept[slug] = replace(kept, since=self._since, uses=2)

    @property
    def going_round(self) -> bool:
        """Whether the engagements were listed to be gone through."""
        return self._window == ROUND and self.root is not None

    @property
    def root(self) -> Mapping[str, Node] | None:
        """The listing, as long as it counts."""
        with self._lock:
            return self._root if self._root is not None and monotonic() - self._since < self._window else None

    def _go_on(self) -> None:
        """Going through all of them takes as long as it takes."""
        if self._window == ROUND and monotonic() - self._since < ROUND:
            self._since = monotonic()

    def going_to_ask(self) -> dict[str, Node]:
        """Which file of each engagement's description is known to be there, but not what it says."""
        with self._lock:
            trees = {slug: kept.tree for slug, kept in self._kept.items() if kept.tree is not None}
        nodes = {slug: tree.nodes.get(f"{STATE}/{BUNDLE}") for slug, tree in trees.items()}
        return {slug: it for slug, it in nodes.items() if it is not None and self.content(slug, it) is None}

    # --- one engagement -------------------------------------------------------------------------------------

    def keep(self, slug: str, tree: Tree | None, uses: int = 1) -> None:
        """A tree that was just listed."""
        with self._lock:
            self._kept[slug] = _Kept(tree, monotonic(), uses)
        if tree is not None:
            self._store(slug, tree)

    def tree(self, slug: str) -> tuple[bool, Tree | None]:
        """Whether the tree is known as it is now, and the tree (None: there is none)."""
        with self._lock:
            kept = self._kept.get(slug)
            self._go_on()
            since = kept.since if kept is not None else 0.0
            if self._window == ROUND:
                since = max(since, self._since)
            if kept is not None and kept.uses > 0 and monotonic() - since < self._window:
                self._kept[slug] = replace(kept, uses=kept.uses - 1)
                return True, self._as_now(slug, kept.tree)
        root = self.root
        if root is None:
            # what was not there is hardly there a little later: whoever makes it finds out
            return self._root is not None and slug not in self._root and monotonic() - self._since < HINT, None
        node = root.get(slug)
        if node is None:
            return True, None
        stored = self._load(slug)
        if stored is None or not node.etag or stored.root.etag != node.etag or stored.root.id != node.id:
            return False, None
        fresh = replace(stored, root=replace(node, properties={**stored.root.properties, **node.properties}))
        with self._lock:
            self._kept[slug] = _Kept(fresh, self._since, 1)
        return True, self._as_now(slug, fresh)

    def last(self, slug: str) -> tuple[bool, Tree | None]:
        """What was seen last, if that was not long ago: a guess at what is there now."""
        with self._lock:
            kept = self._kept.get(slug)
            if kept is not None and monotonic() - kept.since < HINT:
                return True, kept.tree
            # what was not there is hardly ever there a little later
            return self._root is not None and slug not in self._root, None

    def _as_now(self, slug: str, tree: Tree | None) -> Tree | None:
        """The tree with the moment at which it was last known to be the present one."""
        root = self._root
        node = root.get(slug) if root else None
        if tree is None or node is None or node.etag != tree.root.etag or not self._moment:
            return tree
        return replace(tree, moment=max(self._moment, tree.moment or self._moment))

    def moved(self) -> list[str]:
        """The engagements of the present listing that are not known as they are now."""
        found = []
        for slug, node in (self.root or {}).items():
            kept = self._kept.get(slug)
            stored = kept.tree if kept is not None and kept.uses > 0 else self._load(slug)
            if stored is None or not node.etag or stored.root.etag != node.etag:
                found.append(slug)
        return found

    def touch(self, slug: str) -> None:
        """Something of the engagement was, or may have been, changed by ourselves."""
        with self._lock:
            if slug not in self.touched:
                self.touched.add(slug)
                self._outdate(slug)
            self._kept.pop(slug, None)
            if self._root is not None and slug in self._root:
                self._root[slug] = replace(self._root[slug], etag="")
            elif self._root is not None and is_space(slug):
                self._root[slug] = Node(slug, True)

    def outdated(self, slug: str) -> bool:
        """Whether what is kept is old for certain, since this computer changed the engagement after it was listed."""
        kept = self._read(slug)
        return kept is not None and "tree" not in kept

    def _outdate(self, slug: str) -> None:
        kept = self._read(slug) if is_space(slug) else {}
        if kept is None or "tree" in kept:
            self._write(slug, {name: value for name, value in (kept or {}).items() if name != "tree"})

    def forget(self) -> None:
        """Nothing is known any more."""
        with self._lock:
            self._root = None
            self._kept.clear()

    # --- contents of the description ------------------------------------------------------------------------

    def content(self, slug: str, node: Node) -> bytes | None:
        """A file as it was when it last was like this: same ETag, size, and checksum as we sent it."""
        etag, content = self._contents.get(slug) or self._stored_content(slug)
        sums = f"SHA256:{hashlib.sha256(content).hexdigest()}"
        same = etag == node.etag and len(content) == node.size and sums in node.checksums.split(" ")
        return content if same else None

    def _stored_content(self, slug: str) -> tuple[str, bytes]:
        kept = (self._read(slug) or {}).get("content")
        if isinstance(kept, dict):
            with suppress(ValueError, TypeError, KeyError):
                return str(kept["etag"]), base64.b64decode(kept["data"], validate=True)
        return "", b""

    def keep_content(self, slug: str, etag: str, content: bytes) -> None:
        with self._lock:
            self._go_on()
        self._contents[slug] = (etag, content)
        data = self._read(slug) or {}
        data["content"] = {"etag": etag, "data": base64.b64encode(content).decode()}
        self._write(slug, data)

    # --- on disk ----------------------------------------------------------------------------------------------

    def _load(self, slug: str) -> Tree | None:
        data = self._read(slug)
        try:
            return _tree_from(data["tree"]) if data and "tree" in data else None
        except (ValueError, TypeError, KeyError, OverflowError):
            return None

    def _store(self, slug: str, tree: Tree) -> None:
        if not tree.root.etag:
            return
        data = self._read(slug) or {}
        told = _tree_to(tree)
        before = data.get("tree")
        if not isinstance(before, dict) or {**before, "moment": 0} != {**told, "moment": 0}:
            data["tree"] = told
            self._write(slug, data)

    def _path(self, slug: str) -> Path | None:
        return self.folder / f"{slug}.json" if self.folder is not None else None

    def _read(self, slug: str) -> dict[str, Any] | None:
        path = self._path(slug)
        if path is None:
            return None
        try:
            if path.stat().st_size > _LARGEST:
                return None
            data = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return data if isinstance(data, dict) and data.get("format") == _FORMAT else None

    def _write(self, slug: str, data: dict[str, Any]) -> None:
        """Only its owner can read it: links are in it."""
        path = self._path(slug)
        text = json.dumps({**data, "format": _FORMAT}, separators=(",", ":")).encode()
        if path is None or len(text) > _LARGEST:
            return
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(text)
                Path(name).replace(path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise


def cache_folder(cache: Path | None, *identity: str) -> Path | None:
    """Where the snapshots of one account on one server are kept."""
    if cache is None:
        return None
    return cache / "nextcloud" / hashlib.sha256("\n".join(identity).encode()).hexdigest()[:32]


def _tree_to(tree: Tree) -> dict[str, Any]:
    return {
        "moment": tree.moment.timestamp() if tree.moment else None,
        "root": _node_to(tree.root),
        "nodes": [_node_to(node) for node in tree.nodes.values()],
    }


def _tree_from(data: Any) -> Tree:
    nodes = [_node_from(item) for item in data["nodes"]]
    moment = data["moment"]
    when = datetime.fromtimestamp(float(moment), UTC) if moment is not None else None
    return Tree(_node_from(data["root"]), {node.path: node for node in nodes}, when)


def _node_to(node: Node) -> list[Any]:
    modified = node.modified.timestamp() if node.modified else None
    return [node.path, node.folder, node.id, node.etag, modified, node.size, node.checksums, dict(node.properties)]


def _node_from(data: Any) -> Node:
    path, folder, number, etag, modified, size, checksums, properties = data
    when = datetime.fromtimestamp(float(modified), UTC) if modified is not None else None
    told = {str(name): str(value) for name, value in properties.items()}
    return Node(str(path), bool(folder), str(number), str(etag), when, int(size), str(checksums), told)
