"""Lists of the wiki: found by the mark in their titles, made many at once, added to and never taken from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape, unescape

from allies_sync.model.resources import List_, Option
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import (
    Absent,
    Address,
    Change,
    Done,
    Failed,
    Observation,
    Outcome,
    Overtaken,
    Seen,
    Space,
    Target,
)
from allies_sync_yeswiki.classify import Verdict, trouble, verdict
from allies_sync_yeswiki.looking import Look, WikiList, mark_in_title
from allies_sync_yeswiki.names import page_url
from allies_sync_yeswiki.server import Server

Options = Sequence[tuple[str, str]]


class ListWork:
    """The lists of one space, in one look."""

    def __init__(self, server: Server, space: Space, look: Look) -> None:
        self.server = server
        self.space = space
        self.look = look

    # --- looking ----------------------------------------------------------------------------------------------

    def find(self, mark: str, look: Look | None = None) -> WikiList | None:
        """The list that bears the mark; of several, the one that was first."""
        found = [it for it in (look or self.look).lists.values() if mark_in_title(it.title) == mark]
        return min(found, key=lambda it: (len(it.tag), it.tag), default=None)

    def observe(self, targets: Sequence[Target]) -> Iterator[tuple[str, Observation]]:
        for target in targets:
            found = self.find(self.space.mark(target.key))
            yield target.key, self.seen(found) if found else Absent()

    def seen(self, found: WikiList) -> Seen:
        return Seen(
            remote_id=found.tag,
            address=Address(found.tag, page_url(self.server.base, found.tag)),
            fingerprint=list_fingerprint(found.options),
            mark=mark_in_title(found.title),
            access=None,
            revision=list_fingerprint(found.options),
        )

    # --- writing ----------------------------------------------------------------------------------------------

    def make(self, wanted: Mapping[str, tuple[str, Options]]) -> Mapping[str, WikiList]:
        """Lists by mark, made where there are none yet: two requests for all of them. ``wanted``: title, options."""
        look = self.look
        missing = {mark: it for mark, it in wanted.items() if self.find(mark, look) is None}
        if missing:
            fields = [("imported-list[]", _imported(title, options)) for title, options in missing.values()]
            response = self.server.post("BazaR&vue=listes", fields)
            what = verdict(response)
            if what not in (Verdict.PAGE, Verdict.SAVED):
                raise trouble(what, self.server.host)
            look = Look(self.server)
        made = {mark: self.find(mark, look) for mark in wanted}
        if not all(made.values()):
            raise trouble(Verdict.DENIED, self.server.host)
        return {mark: it for mark, it in made.items() if it is not None}

    def complete(self, found: WikiList, options: Options) -> WikiList:
        """Adds and renames options; those that only the wiki has stay."""
        keys = {key for key, _label in options}
        merged = [*options, *((key, unescape(label)) for key, label in found.options if key not in keys)]
        if list_fingerprint(merged) == list_fingerprint(found.options):
            return found
        route = f"BazaR&vue=listes&action=modif_liste&idliste={found.tag}"
        response = self.server.post(route, _fields(found.title, merged))
        what = verdict(response, "vue=listes")
        if what is not Verdict.SAVED:
            raise trouble(Verdict.DENIED if what is Verdict.PAGE else what, self.server.host)
        return WikiList(found.tag, found.title, tuple((key, clean(label)) for key, label in merged))

    def apply(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Makes and completes the lists that are declared."""
        creations = {
            self.space.mark(it.key): it for it in changes if it.seen is None and isinstance(it.resource, List_)
        }
        if creations:
            wanted = {
                mark: title_and_options(self.space, it.resource)
                for mark, it in creations.items()
                if isinstance(it.resource, List_)
            }
            made = self.make(wanted)
            for mark, change in creations.items():
                yield self.settle(change, made[mark], created=True)
        for change in changes:
            if self.space.mark(change.key) not in creations:
                yield self._guarded(change, self._update)

    def settle(self, change: Change, found: WikiList, *, created: bool = False) -> Outcome:
        if isinstance(change.resource, List_) and created:
            expected = list_fingerprint(pairs(change.resource.options))
            if list_fingerprint(found.options) != expected:
                return Overtaken(change.key, self.seen(found))
        return Done(change.key, self.seen(found))

    def _guarded(self, change: Change, act: Callable[[Change], Outcome]) -> Outcome:
        try:
            return act(change)
        except PlatformError as error:
            return Failed(change.key, error)

    def _update(self, change: Change) -> Outcome:
        now = self._now(change)
        if now is None:
            return Overtaken(change.key, None)
        if not change.content or not isinstance(change.resource, List_):
            return Done(change.key, self.seen(now))
        if change.seen is None or list_fingerprint(now.options) != change.seen.fingerprint:
            return Overtaken(change.key, self.seen(now))
        self.complete(now, pairs(change.resource.options))
        after = self.find(self.space.mark(change.key), Look(self.server))
        return Done(change.key, self.seen(after)) if after else Overtaken(change.key, None)

    def _now(self, change: Change) -> WikiList | None:
        found = self.find(self.space.mark(change.key), Look(self.server))
        if found is not None and change.seen is not None and found.tag != change.seen.remote_id:
            return None
        return found

    def delete(self, change: Change) -> Outcome:
        now = self._now(change)
        if now is None:
            return Done(change.key, None)
        if change.seen is None or list_fingerprint(now.options) != change.seen.fingerprint:
            return Overtaken(change.key, self.seen(now))
        self.remove(now)
        return Done(change.key, None)

    def remove(self, found: WikiList) -> None:
        """Deletes a list for good."""
        response = self.server.page_or_data(f"BazaR&vue=listes&action=supprimer_liste&idliste={found.tag}")
        what = verdict(response, "vue=listes")
        if what is not Verdict.SAVED:
            raise trouble(Verdict.DENIED if what is Verdict.PAGE else what, self.server.host)


def title_and_options(space: Space, resource: List_) -> tuple[str, Options]:
    """What a declared list is made with. Its mark ends the title, where people see whose it is."""
    title = " ".join(resource.title.split())[:120].replace("(", "[").replace(")", "]")
    return f"{title} ({space.mark(resource.id)})", pairs(resource.options)


def pairs(options: Sequence[Option]) -> Options:
    return [(option.key, _tame(option.label)) for option in options]


def _tame(label: str) -> str:
    """A label without what the wiki would read in it: it undoes numbers in labels, so that nothing else helps."""
    words = label.replace("[|", "[ |").replace("|]", "| ]").replace("{{", "{ {").replace("}}", "} }")
    return " ".join(words.split())


def list_fingerprint(options: Options) -> str:
    """What people read of a list."""
    plain = [[str(key), " ".join(unescape(unescape(str(label))).split())] for key, label in options]
    return sha256(json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


def clean(label: str) -> str:
    """A label as the wiki shows it: as HTML."""
    return escape(" ".join(label.split()), quote=False)


def _imported(title: str, options: Options) -> str:
    """A list in both shapes at once: each kind of wiki takes its own."""
    labels = {key: clean(label) for key, label in options}
    nodes = [{"id": key, "label": label, "children": []} for key, label in labels.items()]
    return json.dumps({"titre_liste": title, "label": labels, "title": title, "nodes": nodes})


def _fields(title: str, options: Options) -> list[tuple[str, str]]:
    nodes = [{"id": key, "label": clean(label), "children": []} for key, label in options]
    fields = [
        ("titre_liste", title),
        ("title", title),
        ("valider", "1"),
        ("submit", ""),
        ("nodes", json.dumps(nodes)),
    ]
    for number, (key, label) in enumerate(options, 1):
        fields += [(f"id[{number}]", key), (f"label[{number}]", clean(label))]
    return fields
