"""Doing what the core decided: folders and documents a few at once, then rights, then links."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from allies_sync.model.resources import Access, Document, Folder, Rights
from allies_sync.platforms.errors import PlatformError, Refused
from allies_sync.platforms.interface import (
    COLLECTIVE,
    Act,
    Change,
    Done,
    Failed,
    Known,
    Outcome,
    Overtaken,
    Seen,
    Space,
    Target,
    Unknown,
)
from allies_sync.text.messages import _
from allies_sync_nextcloud.bulk import upload
from allies_sync_nextcloud.documents import SETTLED
from allies_sync_nextcloud.links import Links
from allies_sync_nextcloud.looking import Looker
from allies_sync_nextcloud.policy import Policies
from allies_sync_nextcloud.rights import Freezer, Rightsholders, open_to_team, show_participants
from allies_sync_nextcloud.shares import READ, Shares
from allies_sync_nextcloud.storing import Storer

Work = Callable[[Change], Outcome]


class Writer:
    """Applies changes to one account's engagements."""

    def __init__(self, looker: Looker, policies: Policies, holds: Callable[[str], bool]) -> None:
        """``holds``: whether an engagement's lease is this process's for a good while yet."""
        self.looker = looker
        self.holds = holds
        self.server = looker.server
        self.places = looker.places
        self.storer = Storer(looker)
        self.shares = Shares(self.server)
        self.links = Links(self.server, self.places, policies)
        self._declared: dict[str, dict[str, Access]] = {}

    def declare(self, slug: str, key: str, access: Access | None) -> None:
        """The rights that a resource should have; None when it left the template. What is frozen as a whole is told
        by it from a single thing that nobody should change."""
        declared = self._declared.setdefault(slug, {})
        if access is None:
            declared.pop(key, None)
        else:
            declared[key] = access

    # --- a batch ----------------------------------------------------------------------------------------------

    def apply(self, space: Space, changes: Sequence[Change]) -> Iterator[Outcome]:
        for change in changes:
            if change.act is Act.DELETE:
                self.declare(space.slug, change.key, None)
            elif change.rights:
                self.declare(space.slug, change.key, change.access)
        self._wait_until_settled(space, changes)
        refused = self._refused(space, changes)
        for key, error in refused.items():
            yield Failed(key, error)
        changes = [it for it in changes if it.key not in refused]
        stored_here = [it for it in changes if it.act is Act.CREATE and it.kind in ("folder", "document")]
        if space.slug == COLLECTIVE and stored_here:
            # no engagement's: the team sees it as soon as there is something to see
            open_to_team(self.server, self.places, space.slug)
        for change in changes:
            if change.act is Act.DELETE:
                yield self._tried(lambda it: self._delete(space, it), change)
        rest = [it for it in changes if it.act is not Act.DELETE]
        stored: dict[str, Outcome] = {}
        for level in _levels(space, rest):
            stored |= self._each(lambda it: self.storer.make_folder(space, it), level)
        documents = [it for it in rest if it.kind == "document" and (it.content or it.act is Act.CREATE)]
        stored |= self._documents(space, documents)
        refusal = None
        if self.looker.frozen.get(space.slug) is not True and any(it.access.write is not None for it in stored_here):
            try:
                self.looker.present.let_in(space.slug)
            except PlatformError as error:
                refusal = error
        waiting: list[Change] = []
        for change in rest:
            # an update of rights is only done once the shares are as they should be
            if change.key in stored and not (change.rights and change.act is Act.UPDATE):
                stored[change.key] = self._shown(space, change, stored[change.key])
                if not self._freezes(space.slug, change):
                    yield stored[change.key]
                    continue
            waiting.append(change)
        yield from self._rights_and_links(space, waiting, stored)
        if refusal is not None:
            raise refusal

    def _documents(self, space: Space, changes: Sequence[Change]) -> dict[str, Outcome]:
        """Those of a place that is being made at once, where nothing else can be; all others one by one."""
        made = self.looker.present.made.get(space.slug)
        stored: dict[str, Outcome] = {}
        again = False
        if made is not None and made.bulk and space.slug != COLLECTIVE:
            new = [it for it in changes if it.act is Act.CREATE and it.seen is None]
            if new and self._takes_several(len(new)) and self.holds(space.slug):
                stored, again = upload(self.looker, space, new, made), True
        if made is not None:
            made.bulk = False
        rest = [it for it in changes if it.key not in stored]
        return stored | self._each(lambda it: self.storer.write(space, it, again=again), rest)

    def _takes_several(self, number: int) -> bool:
        """Whether the server takes several files in one request; asked only where that is worth it."""
        try:
            rules = self.links.policies.recent() if number > 2 else self.links.policies.at_hand()
        except PlatformError:
            return False
        return rules is not None and rules.bulk

    def _rights_and_links(self, space: Space, changes: list[Change], stored: dict[str, Outcome]) -> Iterator[Outcome]:
        held: Rightsholders | None = None
        if any(it.act is Act.UPDATE and not self._link_alone(it) for it in changes) or any(
            self._freezes(space.slug, it) for it in changes
        ):
            try:
                held = self._settle_rights(space, changes)
            except PlatformError as error:
                yield from (_unless_worse(it.key, stored.get(it.key), error) for it in changes)
                return
            if held is None:
                yield from (Overtaken(it.key, None) for it in changes)
                return
        links = [it for it in changes if it.kind == "share"]
        if held is None and any(it.act is Act.CREATE for it in links):
            listed = self._tried_list(space.slug)
            if isinstance(listed, PlatformError):
                yield from (Failed(it.key, listed) for it in links)
                links = []
            else:
                held = listed
        for change in changes:
            if change.kind != "share":
                yield self._told(space, change, stored.get(change.key), held)
        for change in links:
            yield self._tried(lambda it: self._link(space, it, held), change)

    def _link_alone(self, change: Change) -> bool:
        return change.kind == "share" and change.content and not change.rights

    # --- rights -----------------------------------------------------------------------------------------------

    def _freezes(self, slug: str, change: Change) -> bool:
        """Whether a creation belongs to a workspace that is frozen as a whole, or to one that no longer is."""
        if not change.rights:
            return False
        if change.access.write is None:
            return self._all_frozen(slug) and self.looker.frozen.get(slug) is not True
        return self.looker.frozen.get(slug) is True

    def _all_frozen(self, slug: str) -> bool:
        declared = self._declared.get(slug, {})
        return bool(declared) and all(access.write is None for access in declared.values())

    def _settle_rights(self, space: Space, changes: Sequence[Change]) -> Rightsholders | None:
        """Brings the shares to what is asked for; gives them as they are then, None when everything is gone."""
        held = self.looker.hold(space.slug)
        asked = [it for it in changes if it.rights]
        if held is None or not asked:
            return held
        freezer = Freezer(self.server, self.places, space.slug)
        touched = False
        if any(it.access.write is None for it in asked) and self._all_frozen(space.slug):
            freezer.freeze(held)
            touched = True
        elif held.frozen and any(it.access.write is not None for it in asked):
            freezer.thaw(held)
            touched = True
        if any(it.access.write is not None for it in asked) and not held.team_in:
            # a run died before it let anybody in
            open_to_team(self.server, self.places, space.slug)
            touched = True
        wanted = {it.seen.address.path: it.access for it in asked if it.kind == "folder" and it.seen is not None}
        touched = self._settle_participants(space.slug, held, wanted) or touched
        return self.looker.hold(space.slug) if touched else held

    def _settle_participants(self, slug: str, held: Rightsholders, wanted: Mapping[str, Access]) -> bool:
        """Outer folders first: what is visible with them needs no share of its own. Whether anything was changed."""
        shown: list[str] = []
        touched = False
        for path in sorted(wanted):
            if any(path.startswith(f"{outer}/") for outer in shown):
                continue
            where = self.places.inside(slug, path)
            if show_participants(self.shares, held, path, where, wanted[path]):
                touched = True
                if wanted[path].read is not Rights.TEAM:
                    shown.append(path)
        return touched

    def _shown(self, space: Space, change: Change, outcome: Outcome) -> Outcome:
        """A folder that was just made, and filled, becomes visible to participants when it is for them."""
        group = self.server.settings.participants_group
        folder = change.resource
        if not isinstance(folder, Folder) or not isinstance(outcome, Done) or outcome.seen is None:
            return outcome
        if not group or not change.rights or change.access.read is Rights.TEAM:
            return outcome
        holder = self._declared[space.slug].get(folder.parent or "")
        if holder is None or holder.read is Rights.TEAM:
            where = self.places.inside(space.slug, outcome.seen.address.path)
            try:
                self.shares.share_with_group(where, group, READ)
            except PlatformError as error:
                return Failed(change.key, error)
        return outcome

    def _told(self, space: Space, change: Change, stored: Outcome | None, held: Rightsholders | None) -> Outcome:
        """The outcome of a folder or document, with the rights as they are in the end."""
        if isinstance(stored, Failed | Overtaken):
            return stored
        if held is None or (stored is not None and change.kind == "document"):
            return stored or Overtaken(change.key, None)
        base = stored.seen if stored is not None else change.seen
        known = change.known
        if base is not None and (known is None or known.remote_id != base.remote_id):
            known = Known(base.remote_id, base.address, base.fingerprint, base.access, base.details)
        target = Target(change.key, change.kind, change.resource, known)
        now = self.looker.answers(space, held, [target])[change.key]
        if isinstance(now, Unknown):
            return Failed(change.key, PlatformError(now.reason))
        return Done(change.key, now) if isinstance(now, Seen) else Overtaken(change.key, None)

    # --- links ------------------------------------------------------------------------------------------------

    def _link(self, space: Space, change: Change, held: Rightsholders | None) -> Outcome:
        if change.act is Act.CREATE and held is not None:
            return self.links.create(space, change, held)
        if change.content:
            return self.links.update(space, change)
        seen = self.links.now(space, change, held)
        return Done(change.key, seen) if seen else Overtaken(change.key, None)

    def _tried_list(self, slug: str) -> Rightsholders | PlatformError:
        try:
            return self.looker.only_shares(slug)
        except PlatformError as error:
            return error

    def _refused(self, space: Space, changes: Sequence[Change]) -> dict[str, PlatformError]:
        """Creations whose name differs from another's by capitals alone: people's computers would mix the two up."""
        taken = {path.casefold(): path for path in self.looker.paths.get(space.slug, ())}
        refused: dict[str, PlatformError] = {}
        for change in changes:
            resource = change.resource
            if change.act is not Act.CREATE or not isinstance(resource, Folder | Document):
                continue
            path = self.places.predict(space, resource).path
            other = taken.setdefault(path.casefold(), path)
            if other != path:
                refused[change.key] = Refused(
                    _("« {name} » ne diffère que par les majuscules de « {other} », qui est déjà là.").format(
                        name=path, other=other
                    ),
                    _("Beaucoup d'ordinateurs ne distinguent pas les deux : donnez un autre nom."),
                )
        return refused

    # --- helpers ----------------------------------------------------------------------------------------------

    def _delete(self, space: Space, change: Change) -> Outcome:
        if change.kind == "share":
            return self.links.delete(space, change)
        if change.kind == "folder":
            return self.storer.delete_folder(space, change)
        return self.storer.delete_file(space, change)

    def _each(self, work: Work, changes: Sequence[Change]) -> dict[str, Outcome]:
        found: dict[str, Outcome] = {}
        for change, result in self.server.each(work, changes):
            found[change.key] = Failed(change.key, result) if isinstance(result, PlatformError) else result
        return found

    def _tried(self, work: Work, change: Change) -> Outcome:
        return self._each(work, [change])[change.key]

    def _wait_until_settled(self, space: Space, changes: Sequence[Change]) -> None:
        """Until two changes of one file cannot look like one: see :mod:`documents`."""
        now = self.server.http.clock.now()
        latest = 0.0
        for change in changes:
            if change.kind != "document" or change.seen is None or not (change.content or change.act is Act.DELETE):
                continue
            looked = self.looker.looked.get((space.slug, change.seen.address.path))
            if looked and looked.modified and now and change.seen.revision == looked.etag:
                latest = max(latest, SETTLED - (now - looked.modified).total_seconds())
        if latest > 0:
            self.server.http.sleep(min(latest, SETTLED) + 0.01)


def _levels(space: Space, changes: Sequence[Change]) -> list[list[Change]]:
    """Folders to be made, those that hold others first; what stands in one level can be made at once."""
    folders = {it.key: it for it in changes if it.kind == "folder" and it.act is Act.CREATE}
    depth: dict[str, int] = {}

    def depth_of(key: str) -> int:
        if key not in depth:
            depth[key] = 0  # a circle is cut where it is met again
            folder = folders[key].resource
            parent = folder.parent if isinstance(folder, Folder) else None
            depth[key] = depth_of(parent) + 1 if parent in folders else 0
        return depth[key]

    levels: dict[int, list[Change]] = {}
    for key, change in folders.items():
        levels.setdefault(depth_of(key), []).append(change)
    return [levels[number] for number in sorted(levels)]


def _unless_worse(key: str, stored: Outcome | None, error: PlatformError) -> Outcome:
    return stored if isinstance(stored, Failed | Overtaken) else Failed(key, error)
