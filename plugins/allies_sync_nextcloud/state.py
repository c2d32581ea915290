"""Where engagements describe themselves: ``<root>/<slug>/_allies-sync/``, in the account's own files.

All that is stored is in one file, ``espace.json``, read with one request, and replaced as a whole or not at all.
``engagement.toml`` stands beside it for people to read and to change: what a person writes there counts as if it had
been written into the description; what one writes while a run saves is kept aside, never lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import monotonic

from allies_sync.platforms.errors import Denied, PlatformError, Refused, Superseded
from allies_sync.platforms.interface import COLLECTIVE, Address, Lease, Stored
from allies_sync.text.messages import _
from allies_sync_nextcloud import lease as leases
from allies_sync_nextcloud.bundle import Bundle, pack, unpack
from allies_sync_nextcloud.dav import Node, etag_of
from allies_sync_nextcloud.documents import SETTLED, Looked, checksum
from allies_sync_nextcloud.places import BUNDLE, READABLE, STATE, Places
from allies_sync_nextcloud.present import Made, Present
from allies_sync_nextcloud.register import Register, engagement_mark, foreign, is_young
from allies_sync_nextcloud.server import Server
from allies_sync_nextcloud.snapshots import MOMENT
from allies_sync_nextcloud.tree import Tree, look

_NOTHING = Bundle({})


@dataclass
class State:
    """The :class:`~allies_sync.platforms.interface.StateStore` on one account."""

    present: Present
    server: Server = field(init=False)
    places: Places = field(init=False)
    register: Register = field(init=False)
    _bundles: dict[str, Bundle] = field(default_factory=dict)
    #: what was written last, and when
    _recent: dict[str, tuple[float, Bundle]] = field(default_factory=dict)
    #: whether the descriptions of all engagements may be fetched at once
    _several: bool = False

    def __post_init__(self) -> None:
        self.server = self.present.server
        self.places = self.present.places
        self.register = Register(
            self.server, self.places, self._ended, lambda bare: self.present.team.check(first=bare)
        )

    # --- reading ----------------------------------------------------------------------------------------------

    def engagements(self) -> Mapping[str, str]:
        found = self.present.root(all_of_them=True)
        self._several = True
        return {
            slug: it.etag for slug, it in found.items() if slug != COLLECTIVE and it.mark == engagement_mark(slug)
        }

    def load(self, slug: str) -> Stored | None:
        written, bundle = self._recent.get(slug, (0.0, _NOTHING))
        if slug not in self.register.mine and monotonic() - written < MOMENT:
            # good enough to be looked at; what is written is based on what is read under the lease
            return bundle.stored
        found = self._read(slug)
        return found.stored if found else None

    def _ended(self, slug: str) -> str:
        """The run that said with its last writing that it was the last. One request."""
        answer = self.server.dav.get(f"{self.places.state(slug)}/{BUNDLE}")
        return unpack(slug, answer.content).ended if answer.status_code == 200 else ""

    def _read(self, slug: str) -> Bundle | None:
        """What is stored; nothing in a place that was taken and never filled, None when there is no such place."""
        self.places.engagement(slug)
        mine = self.register.mine.get(slug)
        holding = mine is not None and mine.alive
        tree = self.present.tree(slug, again=1, listing=True)
        if tree is not None and tree.empty and not tree.root.mark and is_young(tree.root, tree.moment):
            # another machine may be making it at this very moment
            self.server.http.sleep(0.5)
            tree = self.present.fresh(slug, again=1)
        bundle = self._of_tree(slug, tree, holding) if tree is not None else None
        self._bundles[slug] = bundle or _NOTHING
        self.present.team_in[slug] = self._bundles[slug].shared
        return bundle

    def _of_tree(self, slug: str, tree: Tree, holding: bool) -> Bundle:
        """Raises Foreign for a folder that is somebody else's."""
        node = tree.nodes.get(f"{STATE}/{BUNDLE}")
        if node is None:
            state = tree.nodes.get(STATE)
            if tree.root.mark != engagement_mark(slug) and not (state is not None and state.folder):
                raise foreign(self.places.engagement(slug))
            return replace(_NOTHING, trusted=holding)
        content, etag = self._content(slug, node)
        if content is None:
            return replace(_NOTHING, trusted=holding)
        settled = Looked(etag, node.modified, tree.moment).settled
        bundle = replace(unpack(slug, content), etag=etag, trusted=holding or settled)
        return self._with_copy(slug, bundle, tree.nodes.get(f"{STATE}/{READABLE}"))

    def _with_copy(self, slug: str, bundle: Bundle, copy: Node | None) -> Bundle:
        """With what a person wrote into the readable copy since we left it: it counts. One request, if there is."""
        ours = bundle.files.get(READABLE)
        if ours is None or copy is None or copy.folder or copy.etag == bundle.copy[0]:
            return bundle
        answer = self.server.dav.get(f"{self.places.state(slug)}/{READABLE}")
        if answer.status_code != 200 or answer.content == ours:
            return bundle
        digest = hashlib.sha256(answer.content).hexdigest()
        if digest == bundle.copy[1]:
            return bundle  # as we left it, whatever its ETag became
        files = {**bundle.files, READABLE: answer.content}
        return replace(bundle, files=files, copy=(etag_of(answer) or copy.etag, digest))

    def _content(self, slug: str, node: Node) -> tuple[bytes | None, str]:
        content = self.present.snapshots.content(slug, node)
        if content is None and self._several and self.present.snapshots.going_round:
            self._several = False
            self._fetch()
            content = self.present.snapshots.content(slug, node)
        if content is not None:
            return content, node.etag
        path = f"{self.places.state(slug)}/{BUNDLE}"
        answer = self.server.dav.get(path)
        if answer.status_code == 404:
            return None, ""
        if answer.status_code != 200:
            raise self.server.refusal(answer, path)
        etag = etag_of(answer) or node.etag
        self.present.snapshots.keep_content(slug, etag, answer.content)
        return answer.content, etag

    def _fetch(self) -> None:
        """Descriptions of all engagements that a command is about to go through, a few at once. What goes wrong with
        one is told when it is that one's turn."""
        snapshots = self.present.snapshots
        wanted = list(snapshots.going_to_ask().items())

        def get(item: tuple[str, Node]) -> tuple[str, bytes] | None:
            slug, node = item
            answer = self.server.dav.get(f"{self.places.state(slug)}/{BUNDLE}")
            return (etag_of(answer) or node.etag, answer.content) if answer.status_code == 200 else None

        for (slug, _node), told in self.server.each(get, wanted):
            if isinstance(told, tuple):
                snapshots.keep_content(slug, *told)

    # --- writing ----------------------------------------------------------------------------------------------

    def acquire(self, slug: str, lease: Lease) -> Lease:
        again = lease.expires is not None
        seen, tree = self.present.snapshots.last(slug)
        guess = (tree,) if seen and not again else None
        taken = self.register.acquire(slug, lease, guess, bare=self.present.bare)
        if not again:
            self.present.taken(slug)
            self._bundles.pop(slug, None)
            self._recent.pop(slug, None)
            if taken.made:
                # nobody else was ever here
                top, state = self.places.engagement(slug), Node(STATE, True)
                node = Node(top, True, properties={"mark": engagement_mark(slug)})
                self.present.made[slug] = Made(Tree(node, {STATE: state}, self.server.http.clock.now()))
        return taken.lease

    def release(self, slug: str, lease: Lease) -> None:
        self._bundles.pop(slug, None)
        if self.present.made.pop(slug, None) is not None:
            with suppress(PlatformError):
                self.present.let_in(slug)
        self.register.release(slug, lease)

    def save(self, slug: str, lease: Lease, files: Mapping[str, bytes], revision: str | None) -> Stored:
        return self._save(slug, lease, files, revision)

    def finish(self, slug: str, lease: Lease, files: Mapping[str, bytes], revision: str | None) -> Stored:
        """The lease of the place's making ends with the description that says so. Others are given back as ever."""
        mine = self.register.mine.get(slug)
        first = mine is not None and mine.first and mine.held.run == lease.run
        stored = self._save(slug, lease, files, revision, ended=lease.run if first else "")
        if first:
            self.register.end_first(slug, lease)
        return stored

    def _save(
        self, slug: str, lease: Lease, files: Mapping[str, bytes], revision: str | None, *, ended: str = ""
    ) -> Stored:
        for name in files:
            if not name or name != name.strip() or "/" in name or "\\" in name or "\0" in name:
                raise Refused(
                    _("« {name} » ne peut pas être gardé avec la description d'un espace.").format(name=name)
                )
        self.register.require(slug, lease)
        before = self._based_on(slug, revision)
        after = replace(before, files={**before.files, **files}, ended=ended)
        made = self.present.made.get(slug)
        if made is not None and not before.files and not ended:
            # closed as long as it is empty: the first documents come first, and the readable copy with them
            made.waiting = after.files.get(READABLE)
        else:
            after = self._write_copy(slug, self._opened(slug, after, made))
        bundle = self._write(slug, before, after)
        self._bundles[slug] = bundle
        self._recent[slug] = (monotonic(), bundle)
        return bundle.stored

    def _opened(self, slug: str, after: Bundle, made: Made | None) -> Bundle:
        """With the team let in, if it was not yet: a space is made closed, then filled."""
        if made is not None:
            after = replace(after, copy=made.copied or after.copy)
            del self.present.made[slug]
        self.present.let_in(slug)
        return replace(after, shared=True)

    def _based_on(self, slug: str, revision: str | None) -> Bundle:
        """What is stored, if it still has that revision. Raises Superseded otherwise."""
        known = self._bundles.get(slug)
        if known is not None and known.files and not known.trusted:
            self.server.http.sleep(SETTLED)
        if known is None or not known.trusted or self._revision(known) != revision:
            self._bundles.pop(slug, None)
            self.present.snapshots.touch(slug)
            known = self._read(slug)
        if known is None or self._revision(known) != revision:
            raise _changed(slug)
        return known

    @staticmethod
    def _revision(bundle: Bundle) -> str | None:
        return bundle.revision if bundle.files else None

    def _write(self, slug: str, before: Bundle, after: Bundle) -> Bundle:
        path = f"{self.places.state(slug)}/{BUNDLE}"
        data = pack(after)
        condition = {"If-Match": before.etag} if before.etag else {"If-None-Match": "*"}
        headers = {"OC-Checksum": checksum(data), "X-Hash": "sha1", "Content-Type": "application/json", **condition}
        answer = self.server.dav.put(path, data, headers)
        if answer.status_code in (201, 204):
            told = answer.headers.get("X-Hash-SHA1", "").lower()
            if told and told != hashlib.sha1(data, usedforsecurity=False).hexdigest():
                raise self.server.nonsense()
            self.present.snapshots.keep_content(slug, etag_of(answer), data)
            return replace(after, etag=etag_of(answer), trusted=True)
        if answer.status_code in (404, 412):
            # changed, gone, or an answer of ours that was lost
            self._bundles.pop(slug, None)
            now = self._read(slug)
            if now is not None and now.files == after.files:
                return now
            raise _changed(slug)
        raise self.server.refusal(answer, path)

    def _write_copy(self, slug: str, after: Bundle) -> Bundle:
        """Brings the readable copy up to date. It is nobody's memory: what goes wrong is made good the next time."""
        data = after.files.get(READABLE)
        if data is None or after.copy[1] == hashlib.sha256(data).hexdigest():
            return after
        try:
            return replace(after, copy=self._copied(slug, data, after.copy))
        except Denied:
            raise
        except PlatformError:
            return after

    def _copied(self, slug: str, data: bytes, copy: tuple[str, str]) -> tuple[str, str]:
        path = f"{self.places.state(slug)}/{READABLE}"
        digest = hashlib.sha256(data).hexdigest()
        condition = {"If-Match": copy[0]} if copy[0] else {"If-None-Match": "*"}
        for _attempt in range(3):
            answer = self.server.dav.put(path, data, {"OC-Checksum": checksum(data), **condition})
            if answer.status_code in (201, 204):
                return etag_of(answer), digest
            if answer.status_code not in (404, 412):
                raise self.server.refusal(answer, path)
            there = self.server.dav.get(path)
            found = hashlib.sha256(there.content).hexdigest()
            etag = etag_of(there)
            if there.status_code == 200 and found == digest:
                return etag, digest
            if there.status_code == 200 and found != copy[1]:
                # a person's words: kept under another name
                aside = f"{self.places.state(slug)}/engagement ({found[:8]}).toml"
                self.server.dav.move(path, aside)
            condition = (
                {"If-Match": etag} if there.status_code == 200 and found == copy[1] else {"If-None-Match": "*"}
            )
        return copy

    # --- the end ----------------------------------------------------------------------------------------------

    def erase(self, slug: str, lease: Lease) -> bool:
        self.register.require(slug, lease)
        where = self.places.engagement(slug)
        found = look(self.server, where, "infinity")
        if found is None:
            raise leases.superseded(slug)
        rest = [node.path.removeprefix(f"{where}/") for node in found[0][1:]]
        own = [path for path in rest if self._is_own(path)]
        if len(own) == len(rest):
            self._delete(where)
        else:
            # what people put there stays, and is an engagement no more: first of all it stops being listed as one
            answer = self.server.dav.set_properties(where, {"mark": None})
            if answer.status_code != 207:
                raise self.server.refusal(answer, where)
            strangers = [path for path in rest if path.startswith(f"{STATE}/") and path not in own]
            for path in [f"{STATE}/{BUNDLE}", f"{STATE}/{READABLE}"] if strangers else [STATE]:
                self._delete(f"{where}/{path}")
        self._bundles.pop(slug, None)
        if len(own) == len(rest) or not strangers:
            self.register.mine.pop(slug, None)
        return len(own) == len(rest)

    def _is_own(self, path: str) -> bool:
        folder, _slash, name = path.partition("/")
        if folder != STATE:
            return False
        return name in ("", BUNDLE, READABLE) or leases.of_name(name) is not None

    def _delete(self, path: str) -> None:
        answer = self.server.dav.delete(path)
        if answer.status_code not in (204, 404):
            raise self.server.refusal(answer, path)

    # --- places -----------------------------------------------------------------------------------------------

    def locate(self, slug: str) -> Address:
        return self.places.locate(slug)

    def resolve(self, place: str) -> str | None:
        return self.places.resolve(place)


def _changed(slug: str) -> Superseded:
    return Superseded(
        _("La description de « {slug} » a changé depuis qu'elle a été lue.").format(slug=slug),
        _("Relancez la commande : elle repartira de l'état présent."),
    )
