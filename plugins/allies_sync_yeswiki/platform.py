"""The platform: which part does what, and what was looked at for one engagement serves the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from html import unescape

from allies_sync.model.resources import WIDGETS, Entry, Form, List_, Page, Resource
from allies_sync.platforms.errors import PlatformError, Refused
from allies_sync.platforms.interface import (
    Act,
    Address,
    Answer,
    Change,
    Content,
    Credentials,
    Failed,
    Features,
    Finding,
    Gathered,
    Known,
    Observation,
    Opening,
    Outcome,
    Purged,
    Seen,
    Space,
    Target,
    Unknown,
)
from allies_sync.text.messages import _
from allies_sync_yeswiki import answers as reading
from allies_sync_yeswiki import attaching, showing
from allies_sync_yeswiki import formlines as lines
from allies_sync_yeswiki.answerdesk import AnswerWork, seal
from allies_sync_yeswiki.checks import findings
from allies_sync_yeswiki.entrylines import declared
from allies_sync_yeswiki.entrylines import fingerprint as entry_fingerprint
from allies_sync_yeswiki.entrywork import EntryWork, entry_address, entry_text
from allies_sync_yeswiki.formwork import FormWork, form_address, form_fingerprint
from allies_sync_yeswiki.listwork import ListWork, list_fingerprint, pairs
from allies_sync_yeswiki.looking import Look, read_page
from allies_sync_yeswiki.memory import Memory
from allies_sync_yeswiki.names import form_number, page_tag, page_url
from allies_sync_yeswiki.pages import page_source
from allies_sync_yeswiki.pagework import PageWork
from allies_sync_yeswiki.probing import Probe, made
from allies_sync_yeswiki.recovering import Recovering
from allies_sync_yeswiki.revisions import page_fingerprint
from allies_sync_yeswiki.rights import Levels
from allies_sync_yeswiki.server import Server

_FRESH = 20.0
"""For so many seconds what was looked at for one space serves the others too."""


class YesWiki:
    """A YesWiki, for the role ``wiki``."""

    def __init__(self, opening: Opening) -> None:
        self.settings = opening.settings
        self.server = Server(opening.settings, opening.secret)
        self.levels = Levels(opening.settings)
        self._memory = Memory(opening.cache, self.server.base, self.settings.user)
        self._look: Look | None = None
        self._looked = 0.0
        self._served: set[str] = set()
        self._written: dict[str, set[str]] = {}

    @property
    def features(self) -> Features:
        return Features(
            kinds=frozenset({"page", "form", "list", "entry"}),
            read=self.levels.known,
            write=self.levels.known,
            marks=frozenset({"page", "form", "list", "entry"}),
            widgets=frozenset(WIDGETS),
            unguarded=frozenset({"form", "list"}),
        )

    # --- without asking -----------------------------------------------------------------------------------------

    def predict(self, space: Space, resource: Resource) -> Address | None:
        if isinstance(resource, Page):
            tag = page_tag(space, resource)
            return Address(tag, page_url(self.server.base, tag))
        if isinstance(resource, Form):
            return form_address(space, self.server.base, form_number(space, resource))
        if isinstance(resource, Entry):
            return entry_address(space, self.server.base, resource)
        return None

    def render(self, space: Space, resource: Resource) -> Content:
        if isinstance(resource, Page):
            return _text(page_source(space, resource, self.server.base, page_tag(space, resource)))
        if isinstance(resource, Form):
            return _text(lines.template(FormWork.rows_of(space, resource, self.levels)))
        if isinstance(resource, List_):
            return _text(_listed(pairs(resource.options)))
        if isinstance(resource, Entry):
            return _text(entry_text(resource))
        raise Refused(_("Rien ne dit ce qu'il faut écrire."))

    def fingerprint(self, space: Space, resource: Resource) -> str | None:
        if isinstance(resource, Page):
            return page_fingerprint(page_source(space, resource, self.server.base, page_tag(space, resource)))
        if isinstance(resource, Form):
            return form_fingerprint(space, resource, self.levels)
        if isinstance(resource, List_):
            return list_fingerprint(pairs(resource.options))
        if isinstance(resource, Entry):
            return entry_fingerprint(declared(resource))
        return None

    # --- looking ------------------------------------------------------------------------------------------------

    def look(self, slug: str) -> Look:
        """A look at the wiki: a new one for a space that this one has served already."""
        if self._look is None or slug in self._served or time.monotonic() - self._looked > _FRESH:
            self._look, self._looked = Look(self.server, self._memory), time.monotonic()
            self._served, self._written = set(), {}
        self._served.add(slug)
        return self._look

    def last_look(self, slug: str) -> Look:
        """What was looked at last, for writing on top of it, without what was written since."""
        if self._look is None or slug not in self._served or time.monotonic() - self._looked > _FRESH:
            return self.look(slug)
        # what was written into another space may have been a part of this one's look, but none of its things
        self._look.forget(self._written.pop(slug, ()))
        return self._look

    def observe(self, space: Space, targets: Sequence[Target]) -> Mapping[str, Observation]:
        if not targets:
            return {}
        look = self.look(space.slug)
        found: dict[str, Observation] = {}
        work = PageWork(self.server, self.levels, space, look)
        pages: list[tuple[Target, str]] = []
        for target in targets:
            if target.kind == "page":
                try:
                    pages.append((target, work.tag(_page(target), target.known)))
                except PlatformError as error:
                    found[target.key] = Unknown.of(error)
        if pages:
            found.update(work.observe(pages))
        forms = [target for target in targets if target.kind == "form"]
        if forms:
            found.update(FormWork(self.server, self.levels, space, look).observe(forms))
        lists = [target for target in targets if target.kind == "list"]
        if lists:
            found.update(ListWork(self.server, space, look).observe(lists))
        entries = EntryWork(self.server, self.levels, space, look)
        named: list[tuple[Target, str]] = []
        for target in targets:
            if target.kind == "entry":
                try:
                    named.append((target, entries.tag(_entry(target), target.known)))
                except PlatformError as error:
                    found[target.key] = Unknown.of(error)
        if named:
            found.update(entries.observe(named))
        look.remember()
        return found

    def read(self, space: Space, target: Target) -> Content:
        look = self.last_look(space.slug)
        if target.kind == "form":
            return _text(FormWork(self.server, self.levels, space, look).read(target).template)
        if target.kind == "list":
            there = ListWork(self.server, space, look).find(space.mark(target.key))
            if there is None:
                raise PlatformError(_("Cette liste n'existe pas sur le wiki."))
            return _text(_listed([(key, unescape(label)) for key, label in there.options]))
        if target.kind == "entry":
            return EntryWork(self.server, self.levels, space, look).read(target)
        tag = PageWork(self.server, self.levels, space, look).tag(_page(target), target.known)
        found = read_page(self.server, tag)
        if found is None:
            raise PlatformError(_("La page « {tag} » n'existe pas sur le wiki.").format(tag=tag))
        return _text(found.body)

    # --- writing ------------------------------------------------------------------------------------------------

    def apply(self, space: Space, changes: Sequence[Change]) -> Iterator[Outcome]:
        look = self.last_look(space.slug)
        pages = PageWork(self.server, self.levels, space, look)
        forms = FormWork(self.server, self.levels, space, look)
        lists = ListWork(self.server, space, look)
        entries = EntryWork(self.server, self.levels, space, look)
        writes = {kind: _of(changes, kind, deletions=False) for kind in ("list", "form", "page", "entry")}
        try:
            yield from _each(writes["list"], lists.apply)
            yield from _each(writes["form"], forms.apply)
            yield from _each(writes["page"], pages.apply)
            yield from _each(writes["entry"], entries.apply)
            deletions = {"entry": entries.delete, "page": pages.delete, "form": forms.delete, "list": lists.delete}
            for kind, delete in deletions.items():
                for change in _of(changes, kind, deletions=True):
                    try:
                        yield delete(change)
                    except PlatformError as error:
                        yield Failed(change.key, error)
            if not changes or any(change.act is Act.DELETE for change in changes):
                # what belongs to nothing any more, also after a removal that died before it came here
                pages.derived.remove()
                forms.remove_lists_without_form()
        finally:
            look.unsettle()
            self._written.setdefault(space.slug, set()).update(change.kind for change in changes)
            if any(change.kind == "form" for change in changes):
                self._written[space.slug].add("list")

    # --- the rest -----------------------------------------------------------------------------------------------

    def answers(self, space: Space, form: Form, known: Known | None) -> Sequence[Answer]:
        asked = reading.needed(space, self.last_look(space.slug), form, known)
        return reading.answers_in(reading.fetch(self.server, [asked.there.number]), asked)

    def entries(self, space: Space, form: Form, known: Known | None) -> Sequence[Answer]:
        asked = reading.needed(space, self.last_look(space.slug), form, known)
        return reading.entries_in(reading.fetch(self.server, [asked.there.number]), asked)

    def gather(self, space: Space, forms: Sequence[Target], since: str = "") -> Gathered:
        return reading.gather(self.server, space, self.last_look(space.slug), forms, since)

    def add(self, space: Space, form: Form, known: Known | None, answers: Sequence[Answer]) -> Sequence[str]:
        return AnswerWork(self.server, space, form, known).add(answers)

    def withdraw(self, space: Space, form: Form, known: Known | None, ids: Sequence[str]) -> Sequence[str]:
        return AnswerWork(self.server, space, form, known).withdraw(ids)

    def purge(self, space: Space, form: Form, known: Known | None, fields: Collection[str]) -> Purged:
        work = AnswerWork(self.server, space, form, known)
        purged = work.purge(fields)
        if purged.answers and work.is_closed():
            seal(self.server, self.levels, work.number)
        return purged

    def shown(self, space: Space, target: Target) -> Content:
        work = PageWork(self.server, self.levels, space, self.last_look(space.slug))
        return showing.shown(self.server, work.tag(_page(target), target.known))

    def put_back(self, space: Space, target: Target, seen: Seen, content: Content) -> Seen:
        work = PageWork(self.server, self.levels, space, self.last_look(space.slug))
        return showing.put_back(work, work.tag(_page(target), target.known), seen, content)

    def overwritten(self, space: Space, form: Form, known: Known | None) -> int:
        return Recovering(AnswerWork(self.server, space, form, known), self.levels).count()

    def recover(self, space: Space, form: Form, known: Known | None) -> Sequence[str]:
        return Recovering(AnswerWork(self.server, space, form, known), self.levels).recover()

    def probes(self) -> Sequence[str]:
        return made()

    def probe(self) -> Iterator[Finding]:
        return Probe(self.server, self.levels).run()

    def attach(self, space: Space, page: Target, name: str, data: bytes, media_type: str) -> str:
        work = PageWork(self.server, self.levels, space, self.last_look(space.slug))
        return attaching.attach(self.server, work.tag(_page(page), page.known), name, data, media_type)

    def key_question(self) -> str:
        if self.settings.login == "password":
            return _("Mot de passe du compte « {user} » du wiki {host} :").format(
                user=self.settings.user, host=self.server.host
            )
        question = _("Clé d'API du compte « {user} » de {host} (« api_allowed_keys » dans wakka.config.php) :")
        return question.format(user=self.settings.user, host=self.server.host)

    def accept(self, secret: str) -> Credentials:
        server = Server(self.settings, lambda: secret)
        try:
            server.sign_in()
            return Credentials(server.known_as, secret)
        finally:
            server.close()

    def check(self) -> Iterator[Finding]:
        return findings(self.server, self.settings)

    def close(self) -> None:
        self.server.close()


def _page(target: Target) -> Page | None:
    return target.resource if isinstance(target.resource, Page) else None


def _entry(target: Target) -> Entry | None:
    return target.resource if isinstance(target.resource, Entry) else None


def _text(text: str) -> Content:
    return Content(text.encode("utf-8", "replace"), "text/plain", text)


def _listed(options: Sequence[tuple[str, str]]) -> str:
    return "".join(f"{key} = {label}\n" for key, label in options)


def _of(changes: Sequence[Change], kind: str, *, deletions: bool) -> list[Change]:
    return [it for it in changes if it.kind == kind and (it.act is Act.DELETE) is deletions]


def _each(changes: Sequence[Change], act: Callable[[Sequence[Change]], Iterator[Outcome]]) -> Iterator[Outcome]:
    """What becomes of changes of one kind; what stops one kind stops no other."""
    waiting = {change.key for change in changes}
    if not waiting:
        return
    try:
        for outcome in act(changes):
            waiting.discard(outcome.key)
            yield outcome
    except PlatformError as error:
        for key in waiting:
            yield Failed(key, error)
