"""Entries that the tool owns: found by their names and by where the wiki says that they come from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from allies_sync.model.resources import Access, Entry
from allies_sync.platforms.errors import Foreign, PlatformError, Refused, Suspicious
from allies_sync.platforms.interface import (
    COLLECTIVE,
    Absent,
    Address,
    Change,
    Content,
    Done,
    Failed,
    Known,
    Observation,
    Outcome,
    Overtaken,
    Seen,
    Space,
    Target,
)
from allies_sync.text.messages import _
from allies_sync_yeswiki import entrylines as lines
from allies_sync_yeswiki.classify import Verdict, trouble
from allies_sync_yeswiki.looking import Look, WikiForm, read_page
from allies_sync_yeswiki.names import MARK, base_name, entry_tag, fold_tag, is_tag, page_url
from allies_sync_yeswiki.revisions import PageRevision
from allies_sync_yeswiki.rights import GROUPS, Levels, Row
from allies_sync_yeswiki.saving import Saver, remove_page
from allies_sync_yeswiki.server import Server
from allies_sync_yeswiki.widgets import ENGAGEMENT, form_in

Data = Mapping[str, Any]


def entry_address(space: Space, base: str, entry: Entry) -> Address:
    tag = entry_tag(space, entry.name)
    return Address(tag, page_url(base, tag))


def entry_text(entry: Entry) -> str:
    return lines.text_of(lines.declared(entry))


class EntryWork:
    """The entries of one space, in one look."""

    def __init__(self, server: Server, levels: Levels, space: Space, look: Look) -> None:
        self.server = server
        self.levels = levels
        self.space = space
        self.look = look
        self.saver = Saver(server, levels)

    @cached_property
    def forms(self) -> Mapping[str, WikiForm]:
        """All forms as they are now: those that all engagements share may have been changed a moment ago."""
        return Look(self.server).forms

    # --- looking ----------------------------------------------------------------------------------------------

    def tag(self, entry: Entry | None, known: Known | None) -> str:
        """The name of the entry that is meant. What is remembered has to be of this space."""
        if known is not None:
            return self.checked(known.remote_id)
        if entry is None:
            raise Refused(_("Rien ne dit où cet élément se trouve."))
        return entry_tag(self.space, entry.name)

    def checked(self, tag: str) -> str:
        if not is_tag(tag) or not fold_tag(tag).startswith(f"{fold_tag(base_name(self.space))}.fiche-"):
            raise Suspicious(
                _("L'état enregistré nomme la fiche « {tag} », qui n'est pas de cet espace.").format(tag=tag[:100])
            )
        return tag

    def observe(self, targets: Sequence[tuple[Target, str]]) -> Iterator[tuple[str, Observation]]:
        there = self.look.entries(tag for _target, tag in targets)
        for target, tag in targets:
            data = there.get(fold_tag(tag))
            if data is not None:
                yield target.key, self.seen(tag, data, target.known)
            elif self.look.exists(tag):
                # an ordinary page, of somebody who called it as we would have
                yield target.key, replace(self.seen(tag, {}), mark="")
            else:
                yield target.key, Absent()

    def row(self, tag: str, data: Data) -> Row | None:
        """The rights of an entry."""
        number = str(data.get("id_typeannonce", ""))
        return self.look.rights_of_entries(number).get(fold_tag(tag)) if number.isdigit() else None

    def seen(self, tag: str, data: Data, known: Known | None = None) -> Seen:
        """An entry as the core wants to know it. ``known``: what is remembered of one that was looked at."""
        row = self.row(tag, data)
        outdated = self.levels.outdated(row, known)
        values = lines.fingerprint(lines.stored(data))
        return Seen(
            remote_id=tag,
            address=Address(tag, page_url(self.server.base, tag)),
            fingerprint=values,
            mark=self.mark(tag),
            access=self.levels.access(row) if row else None,
            revision=values,
            stale=outdated,
            details=known.details if outdated and known else {GROUPS: self.levels.groups},
        )

    def mark(self, tag: str) -> str:
        marks = self.look.sources.get(fold_tag(tag), frozenset())
        return next((it for it in sorted(marks) if it.startswith(MARK)), "")

    def read(self, target: Target) -> Content:
        tag = self.tag(target.resource if isinstance(target.resource, Entry) else None, target.known)
        data = self.look.entries([tag]).get(fold_tag(tag))
        if data is None:
            raise PlatformError(_("La fiche « {tag} » n'existe pas sur le wiki.").format(tag=tag))
        text = lines.text_of(lines.stored(data))
        return Content(text.encode(), "text/plain", text)

    # --- writing ----------------------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        creations = [change for change in changes if change.seen is None]
        if creations:
            yield from self._create(creations)
        for change in changes:
            if change.seen is not None:
                try:
                    yield self._update(change)
                except PlatformError as error:
                    yield Failed(change.key, error)

    def _create(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Rights first, so that nothing is ever open that is to be closed."""
        waiting: dict[str, tuple[Change, str]] = {}
        named = {it.key: entry_tag(self.space, it.resource.name) for it in changes if isinstance(it.resource, Entry)}
        there = Look(self.server).entries(named.values())
        for change in changes:
            tag = named.get(change.key)
            if tag is None:
                yield Failed(change.key, Refused(_("Rien ne dit ce qu'il faut créer.")))
            elif self.look.exists(tag) or (fold_tag(tag) in there and self.mark(tag) != self.space.mark(change.key)):
                yield Failed(change.key, self.foreign(tag))
            elif fold_tag(tag) in there:
                yield Overtaken(change.key, self.seen(tag, there[fold_tag(tag)]))
            else:
                waiting[change.key] = (change, tag)
        by_access: dict[Access, list[str]] = {}
        for change, tag in waiting.values():
            by_access.setdefault(change.access, []).append(tag)
        for access, tags in by_access.items():
            taken = self.saver.reserve(access, tags)
            for key, (_change, tag) in list(waiting.items()):
                if fold_tag(tag) in taken:
                    waiting.pop(key)
                    yield Failed(key, self.foreign(tag))
        for key, (change, tag) in list(waiting.items()):
            try:
                self._send(change, tag, {})
            except PlatformError as error:
                waiting.pop(key)
                yield Failed(key, error)
        yield from self._read_back([(change, tag) for change, tag in waiting.values()])

    def _read_back(self, written: Sequence[tuple[Change, str]]) -> Iterator[Outcome]:
        if not written:
            return
        again = EntryWork(self.server, self.levels, self.space, Look(self.server))
        there = again.look.entries(tag for _change, tag in written)
        for change, tag in written:
            data = there.get(fold_tag(tag))
            if data is None:
                # the wiki says that it has saved what its own rights forbid
                yield Failed(change.key, trouble(Verdict.DENIED, self.server.host))
                continue
            seen = again.seen(tag, data)
            wanted = lines.fingerprint(lines.declared(_entry(change)))
            yield Done(change.key, seen) if seen.fingerprint == wanted else Overtaken(change.key, seen)

    def _send(self, change: Change, tag: str, former: Data) -> None:
        """Writes an entry whole: under a name of its own, sending it twice is harmless."""
        entry = _entry(change)
        owner, form = self.form(entry)
        fields = lines.fields_for(lines.declared(entry), form.prepared)
        if owner != self.space.slug:
            fields.append((ENGAGEMENT, self.space.slug))
        fields += [*lines.files_of(former).items(), ("id_fiche", tag), ("antispam", "1")]
        source = {"Source-Url": self.space.mark(change.key)}
        self.server.api(f"api/entries/{form.number}", method="POST", fields=fields, headers=source)

    def form(self, entry: Entry) -> tuple[str, WikiForm]:
        """Whose form an entry is of, and which: one that bears its mark, whatever a workspace says."""
        address = self.space.addresses.get(entry.form)
        found = form_in(address.path) if address else None
        form = self.forms.get(found[1]) if found else None
        if found is None or form is None:
            raise PlatformError(_("Ce questionnaire n'existe pas sur le wiki."))
        if form.description.strip() not in (f"{MARK}{owner}:{entry.form}" for owner in (self.space.slug, COLLECTIVE)):
            raise Suspicious(_("L'état enregistré ne nomme pas le formulaire qui est sur le wiki."))
        return found[0], form

    def _update(self, change: Change) -> Outcome:
        seen = change.seen
        if seen is None:
            raise Refused(_("Rien ne dit ce qu'il faut modifier."))
        tag = self.checked(seen.remote_id)
        if change.known is not None:
            self.checked(change.known.remote_id)
        if self.mark(tag) not in ("", self.space.mark(change.key)):
            raise self.foreign(tag)
        page = read_page(self.server, tag)
        now = _data(page)
        if page is None or now is None:
            return Overtaken(change.key, None)
        if lines.fingerprint(lines.stored(now)) != seen.fingerprint:
            return Overtaken(change.key, self.seen(tag, now))
        if change.content and change.resource is not None:
            wanted = lines.fingerprint(lines.declared(_entry(change)))
            if wanted != seen.fingerprint:
                self._send(change, tag, now)
                theirs = self.saver.buried(tag, page.id, lambda it: _print(it) == wanted)
                if theirs is not None:
                    return Overtaken(change.key, self.seen(tag, _data(theirs) or {}))
        if change.rights or self.levels.outdated(self.row(tag, now), change.known):
            self.saver.send_rights(change.access, [tag], which=str(now.get("id_typeannonce", "")))
        again = EntryWork(self.server, self.levels, self.space, Look(self.server))
        data = again.look.entries([tag]).get(fold_tag(tag))
        return Done(change.key, again.seen(tag, data)) if data is not None else Overtaken(change.key, None)

    # --- deleting ---------------------------------------------------------------------------------------------

    def delete(self, change: Change) -> Outcome:
        """Deletes an entry that nobody touched since it was seen."""
        tag = self.checked(change.seen.remote_id if change.seen else "")
        page = read_page(self.server, tag)
        if page is None:
            return Done(change.key, None)
        data = _data(page)
        if data is None or self.mark(tag) != self.space.mark(change.key):
            raise self.foreign(tag)
        if change.seen is None or lines.fingerprint(lines.stored(data)) != change.seen.fingerprint:
            return Overtaken(change.key, self.seen(tag, data))
        remove_page(self.server, tag)
        return Done(change.key, None)

    def foreign(self, tag: str) -> Foreign:
        return Foreign(
            _("Une fiche ou une page « {tag} » que l'outil n'a pas créée existe déjà sur le wiki.").format(tag=tag),
            _("Renommez-la ou supprimez-la sur le wiki, puis relancez la commande."),
        )


def _entry(change: Change) -> Entry:
    if not isinstance(change.resource, Entry):
        raise Refused(_("Rien ne dit ce qu'il faut écrire."))
    return change.resource


def _data(page: PageRevision | None) -> Data | None:
    """The values of an entry; None for a page that is none."""
    try:
        data = json.loads(page.body) if page else None
    except ValueError:
        return None
    return data if isinstance(data, dict) and "id_typeannonce" in data else None


def _print(page: PageRevision) -> str:
    return lines.fingerprint(lines.stored(_data(page) or {}))
