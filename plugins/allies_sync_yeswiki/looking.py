"""What is in the wiki, fetched in few requests, each at most once in one look."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from allies_sync.platforms.errors import Denied
from allies_sync.text.messages import _
from allies_sync_yeswiki.classify import Verdict, is_json, trouble, verdict
from allies_sync_yeswiki.memory import Kept, Memory
from allies_sync_yeswiki.names import MARK, fold_tag, is_ours
from allies_sync_yeswiki.news import changes_since, is_recent
from allies_sync_yeswiki.revisions import PageRevision
from allies_sync_yeswiki.rights import Row, is_table, rows
from allies_sync_yeswiki.server import Server

METADATA = "http://outils-reseaux.org/_vocabulary/metadata"
SOURCE = "http://outils-reseaux.org/_vocabulary/sourceUrl"
RIGHTS_PAGE = "GererDroits"
ALL_AT_ONCE = 6
"""Up to so many times the pages that are looked for, reading all pages of a wiki is smaller than one by one."""

_FEW = 3
_FEW_FORMS = 20
_PARTS = {"page": ("metadata", "rights"), "form": ("forms", "answer_names"), "list": ("lists",)}
_BESIDE = ("date_maj_fiche", "bf_engagement", "allies_copie")


@dataclass(frozen=True, slots=True)
class WikiForm:
    """A form as the wiki tells of it: its lines, and what it made of them."""

    number: str
    label: str
    description: str
    template: str
    prepared: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class WikiList:
    """A list with its options, in order."""

    tag: str
    title: str
    options: tuple[tuple[str, str], ...]


class Look:
    """One look at the wiki. With a memory, it only looks at what changed since the last one."""

    def __init__(self, server: Server, memory: Memory | None = None) -> None:
        self.server = server
        self.memory = memory
        self.pages_read: dict[str, PageRevision | None] = {}
        self.entries_read: dict[str, Mapping[str, Any] | None] = {}
        self.rights_by_form: dict[str, Mapping[str, Row]] = {}

    @cached_property
    def metadata(self) -> Mapping[str, Mapping[str, Any]]:
        """What pages say of themselves, by folded name: banner, theme, and our marks. One request, or none while no
        page of ours was changed since."""
        if self.kept.metadata is not None and self.changed is not None and self.kept.metadata is not None:
            return self.kept.metadata
        found: dict[str, Mapping[str, Any]] = {}
        for tag, value in self._facts(METADATA):
            values = _object(value)
            if values is not None:
                found.setdefault(tag, values)
        self.kept.metadata = found
        return found

    # --- what is remembered -------------------------------------------------------------------------------------

    @cached_property
    def kept(self) -> Kept:
        return self.memory.load() if self.memory else Kept()

    @cached_property
    def changed(self) -> Mapping[str, str] | None:
        """When things were last changed, of those that may have been since all changes were known; None when that
        cannot be told. One request. What is remembered and no longer sure is forgotten."""
        kept = self.kept
        listed = changes_since(self.server, kept.as_of) if kept.as_of else None
        if listed is None:
            kept.metadata = kept.lists = None
            return None
        changed = {key: time for key, time in listed.items() if not kept.settled or time > kept.as_of}
        kept.as_of = max([kept.as_of, *listed.values()])
        if any((key in (kept.metadata or {}) or is_ours(key)) and not self._is_same(key, changed) for key in changed):
            kept.metadata = None
        if any(key.startswith("list") for key in changed):
            kept.lists = None
        for key in [key for key in changed if key in kept.pages and not self._is_same(key, changed)]:
            # this look may be about another space, and the next one is not told of the change any more
            del kept.pages[key]
        return changed

    def _is_same(self, key: str, changed: Mapping[str, str]) -> bool:
        """Whether a page is as it is remembered."""
        if key not in self.kept.pages:
            return False
        page, settled = self.kept.pages[key]
        return key not in changed or (settled and changed[key] == page.time)

    def unsettle(self) -> None:
        """What pages say of themselves, and lists, were changed by ourselves."""
        self.kept.metadata = self.kept.lists = None
        if self.memory is not None:
            self.memory.save(self.kept)

    def remember(self) -> None:
        """Keeps what was seen for the next look."""
        if self.memory is None or not self.pages_read:
            return
        if self.kept.as_of and "changed" not in self.__dict__:
            # nothing that is remembered was of use: it is of none to the next look either
            self.kept.pages.clear()
            for name in {"metadata", "lists"} - self.__dict__.keys():
                setattr(self.kept, name, None)
        for key, page in self.pages_read.items():
            if page is None:
                self.kept.pages.pop(key, None)
            elif not page.print and page.time:
                self.kept.pages[key] = (page, not is_recent(page.time, self.server.date))
        self.kept.as_of = max([self.kept.as_of, *(page.time for page, _settled in self.kept.pages.values())])
        self.kept.settled = not is_recent(self.kept.as_of, self.server.date)
        self.memory.save(self.kept)

    # --- what there is ------------------------------------------------------------------------------------------

    @cached_property
    def sources(self) -> Mapping[str, frozenset[str]]:
        """Where entries came from, by folded name: our marks among them. One request."""
        found: dict[str, frozenset[str]] = {}
        for tag, value in self._facts(SOURCE):
            found[tag] = found.get(tag, frozenset()) | {value}
        return found

    def _facts(self, about: str) -> Iterator[tuple[str, str]]:
        """What the wiki knows in one respect of everything that it holds."""
        status, data = self.server.api(f"api/triples&property={quote(about, safe='')}")
        if status != 200 or not isinstance(data, list | dict):
            raise Denied(_("Le wiki {host} ne dit rien de ses pages.").format(host=self.server.host))
        for triple in data if isinstance(data, list) else data.values():
            if isinstance(triple, dict):
                yield fold_tag(str(triple.get("resource", ""))), str(triple.get("value", ""))

    @cached_property
    def rights(self) -> Mapping[str, Row]:
        """The rights of all pages that are no entries, and with that which pages there are. One request."""
        # the account has to be known first, which any answer of the API sees to: nobody else is shown the table
        if not self.server.signed_in:
            _ = self.forms
        return rights_table(self.server, "pages")

    @cached_property
    def forms(self) -> Mapping[str, WikiForm]:
        """All forms by number. One request."""
        _status, data = self.server.api("api/forms")
        items = data.values() if isinstance(data, dict) else data or []
        forms = (_form(item) for item in items if isinstance(item, dict))
        return {form.number: form for form in forms if form.number}

    @cached_property
    def lists(self) -> Mapping[str, WikiList]:
        """All lists of ours by name. One request, or none while no list was changed since."""
        known = self.kept.lists if self.kept.lists is not None and self.changed is not None else None
        if known is not None and all(fold_tag(tag) in self.rights for tag in known):
            return {tag: WikiList(tag, title, options) for tag, (title, options) in known.items()}
        response = self.server.page_or_data("BazaR/json&demand=lists")
        if not is_json(response):
            raise trouble(verdict(response), self.server.host)
        try:
            data = response.json()
        except ValueError:
            raise trouble(Verdict.UNKNOWN, self.server.host) from None
        items = data.items() if isinstance(data, dict) else ()
        found = (wiki_list(tag, item) for tag, item in items if isinstance(item, dict))
        ours = {it.tag: it for it in found if mark_in_title(it.title)}
        self.kept.lists = {it.tag: (it.title, it.options) for it in ours.values()}
        return ours

    @cached_property
    def answer_names(self) -> Sequence[Mapping[str, Any]]:
        """The names of all answers to forms of ours, with their forms and engagements. One request."""
        numbers = sorted(it.number for it in self.forms.values() if it.description.strip().startswith(MARK))
        if not numbers:
            return ()
        # many conditions cost the wiki more than what they spare
        query = f"&query=id_typeannonce%3D{','.join(numbers)}" if len(numbers) <= _FEW_FORMS else ""
        fields = ",".join(("id_fiche", "id_typeannonce", *_BESIDE))
        _status, data = self.server.api(f"api/entries/json&fields={fields}{query}")
        return [it for it in data.values() if isinstance(it, dict)] if isinstance(data, dict) else ()

    def entries(self, tags: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """Entries by folded name, those that there are. One request."""
        wanted = {fold_tag(tag): tag for tag in tags}
        missing = [tag for key, tag in wanted.items() if key not in self.entries_read]
        if missing:
            names = ",".join(quote(tag, safe="") for tag in missing)
            status, data = self.server.api(f"api/entries/json/{names}")
            items = data.items() if status == 200 and isinstance(data, dict) else ()
            there = {fold_tag(str(tag)): entry for tag, entry in items if isinstance(entry, dict)}
            self.entries_read |= {fold_tag(tag): there.get(fold_tag(tag)) for tag in missing}
        found = {key: self.entries_read[key] for key in wanted}
        return {key: entry for key, entry in found.items() if entry is not None}

    def rights_of_entries(self, number: str) -> Mapping[str, Row]:
        """The rights of all entries of a form. One request."""
        if number not in self.rights_by_form:
            self.rights_by_form[number] = rights_table(self.server, number)
        return self.rights_by_form[number]

    def forget(self, kinds: Collection[str]) -> None:
        """What was seen of these kinds no longer holds."""
        if kinds:
            self.__dict__.pop("changed", None)
            self.unsettle()
        for kind in kinds:
            for name in {"page": ("metadata", "rights"), "form": ("forms", "answer_names"), "list": ("lists",)}.get(
                kind, ()
            ):
                self.__dict__.pop(name, None)
        if "page" in kinds:
            self.pages_read.clear()
        if "entry" in kinds:
            self.__dict__.pop("sources", None)
            self.entries_read.clear()
            self.rights_by_form.clear()

    def mark(self, tag: str) -> str:
        """The mark that a page bears, or ""."""
        values = self.metadata.get(fold_tag(tag)) or {}
        for name in ("allies_sync", "bgimg"):
            value = values.get(name)
            if isinstance(value, str) and value.startswith(MARK):
                return value
        return ""

    def marked(self, start: str) -> Mapping[str, str]:
        """Pages by mark, of those marks that begin so."""
        marks = ((self.mark(tag), tag) for tag in self.metadata)
        return {mark: tag for mark, tag in marks if mark.startswith(start)}

    # --- pages ------------------------------------------------------------------------------------------------

    def read_pages(self, tags: Iterable[str], *, many: bool = False) -> Mapping[str, PageRevision | None]:
        """Pages by folded name, None for what the wiki says is not there.

        One by one, or all of the wiki at once where that is less.
        """
        wanted = {fold_tag(tag): tag for tag in tags}
        sure = [key for key in wanted if key not in self.pages_read and self.kept.pages.get(key, (None, False))[1]]
        for key in sure:
            if self.changed is not None and self._is_same(key, self.changed):
                self.pages_read[key] = self.kept.pages[key][0]
        missing = {key: tag for key, tag in wanted.items() if key not in self.pages_read}
        if len(missing) > _FEW and (many or len(self.rights) <= ALL_AT_ONCE * len(missing)):
            everything = self._all_pages()
            self.pages_read |= {key: everything.get(key) for key in missing if key in everything}
            missing = {key: tag for key, tag in missing.items() if key not in everything}
        for key, tag in missing.items():
            self.pages_read[key] = read_page(self.server, tag)
        return {key: self.pages_read[key] for key in wanted}

    def _all_pages(self) -> Mapping[str, PageRevision]:
        _status, data = self.server.api("api/pages")
        items = data.values() if isinstance(data, dict) else ()
        pages = (_revision(item) for item in items if isinstance(item, dict))
        return {fold_tag(page.tag): page for page in pages if page.id}

    def exists(self, tag: str) -> bool:
        """Whether there is a page of that name, as far as the table of rights knows."""
        return fold_tag(tag) in self.rights


def rights_table(server: Server, which: str) -> Mapping[str, Row]:
    """The rights of ``pages`` that are no entries, or of the entries of the form with that number."""
    html = server.page(f"{RIGHTS_PAGE}&filter={which}").text
    if not is_table(html):
        raise not_admin(server)
    return rows(html)


def form_bearing(forms: Mapping[str, WikiForm], mark: str, number: str) -> WikiForm | None:
    """The form that bears the mark. A copy that a person made bears it too: the one with that number counts."""
    found = {it.number: it for it in forms.values() if it.description.strip() == mark}
    return found.get(number) or min(found.values(), key=lambda it: int(it.number), default=None)


def read_page(server: Server, tag: str) -> PageRevision | None:
    """A page as it is now; None when the wiki says that there is none."""
    status, data = server.api(f"api/pages/{quote(tag, safe='')}")
    if status == 404:
        return None
    if not isinstance(data, dict) or not data.get("id"):
        raise Denied(_("Le wiki {host} ne montre pas la page « {tag} ».").format(host=server.host, tag=tag))
    return _revision(data)


def not_admin(server: Server) -> Denied:
    return Denied(
        _("Le compte « {user} » n'est pas administrateur du wiki {host}.").format(
            user=server.settings.user, host=server.host
        ),
        _("Ajoutez-le au groupe « admins » : sans cela, ni droits des pages ni questionnaires ne se règlent."),
    )


def _revision(item: Mapping[str, Any]) -> PageRevision:
    return PageRevision(
        str(item.get("tag", "")),
        str(item.get("id", "")),
        str(item.get("body", "")),
        str(item.get("time", "")),
        str(item.get("user", "")),
    )


def _form(item: Mapping[str, Any]) -> WikiForm:
    prepared = item.get("prepared") or []
    fields = prepared.values() if isinstance(prepared, dict) else prepared
    return WikiForm(
        str(item.get("bn_id_nature", "")),
        str(item.get("bn_label_nature", "")),
        str(item.get("bn_description", "")),
        str(item.get("bn_template", "")),
        [field for field in fields if isinstance(field, dict)],
    )


def wiki_list(tag: str, item: Mapping[str, Any]) -> WikiList:
    """A list in whichever of the two shapes."""
    if "nodes" in item:
        nodes = item.get("nodes") or []
        options = tuple((str(it.get("id", "")), str(it.get("label", ""))) for it in nodes if isinstance(it, dict))
        return WikiList(tag, str(item.get("title", "")), options)
    labels = item.get("label") or {}
    pairs = labels.items() if isinstance(labels, dict) else enumerate(labels)
    return WikiList(tag, str(item.get("titre_liste", "")), tuple((str(key), str(label)) for key, label in pairs))


def _object(text: Any) -> Mapping[str, Any] | None:
    try:
        data = json.loads(text)
    except (TypeError, ValueError):
        return None
    return data if isinstance(data, dict) else None


_TITLE_MARK = re.compile(r"\((allies-sync:[^()]+)\)\s*$")


def mark_in_title(title: str) -> str:
    """The mark at the end of a list's title, or ""."""
    found = _TITLE_MARK.search(title)
    return found[1] if found else ""
