"""Reads the mémoires of a YesWiki, whatever its age: its API, else the JSON of older ones, else its pages.

A page that was given says which entries are meant: itself when it is one, those that it lists, all of a form when
the list goes on over several pages, all mémoires of the wiki when it lists none.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from allies_sync.platforms.errors import PlatformError, Suspicious
from allies_sync.platforms.jsonstream import json_items
from allies_sync.platforms.memoires import Answer, Record, Remark, Source
from allies_sync.text.messages import _
from allies_sync_yeswiki.memoires_json import Schema, guesses, is_entry, record_of, schema_of
from allies_sync_yeswiki.memoires_more import left_out
from allies_sync_yeswiki.memoires_nothing import Tried, why_nothing
from allies_sync_yeswiki.memoires_pages import Survey, entry_of_html, records, survey
from allies_sync_yeswiki.memoires_text import page_address

_JSON_MARKS = (b'"bf_titre"', b'"id_fiche"', b'"bn_label_nature"', b'"html":"<div class=\\"BAZ', b'"fieldMapping"')
_PAGE_MARKS = (b"yeswiki", b"tools/bazar", b"BAZ_", b"bazar-", b"wakka.php", b"WikiNi")
_MOST_PAGES = 1_000
_MOST_FORMS = 2_000

Found = Iterator[Record | Remark]


class WikiImporter:
    """See :class:`allies_sync.platforms.memoires.MemoireImporter`."""

    name = "yeswiki"

    def recognises(self, source: Source) -> bool:
        if source.start is None:
            return False
        head = source.start.head
        if _is_json(source.start):
            return any(mark in head for mark in _JSON_MARKS)
        return any(mark in head for mark in _PAGE_MARKS)

    def read(self, source: Source) -> Found:
        start = source.start
        if start is None:
            return
        if not _is_json(start):
            yield from _read_page(source, start)
        else:
            schemas = Wiki(source, _base_of_route(start.url)).schemas() if source.online else None
            if not (yield from _counted(read_json(start, schemas or {}, _base_of_route(start.url)))):
                yield Remark(_("{url} ne contient aucune fiche.").format(url=start.url[:200]))


def _read_page(source: Source, start: Answer) -> Found:
    page = survey(start)
    wiki = Wiki(source, page.base)
    found = yield from _counted(wiki.all_of(start, page) if source.online else records(start, page))
    if not found:
        yield from why_nothing(start, page, wiki.tried if source.online else None)
    elif not source.online:
        yield from left_out(page)


def _counted(found: Found) -> Generator[Record | Remark, None, int]:
    """The same; returns how many records there were."""
    count = 0
    for item in found:
        count += isinstance(item, Record)
        yield item
    return count


def _is_json(answer: Answer) -> bool:
    return answer.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def _wanted(start: Answer, page: Survey) -> frozenset[str] | None:
    """The tags that a page is about; None for all of a form."""
    if page.more:
        return None
    if page.entries:
        return frozenset(page.entries)
    single = [found.tag for found in records(start, page) if isinstance(found, Record) and not found.partial]
    return frozenset(single) if len(single) == 1 and single[0] else None


def _base_of_route(url: str) -> str:
    """How page addresses begin, made from that of a JSON route."""
    if not url.startswith("http"):
        return ""
    found = re.match(r"(.*?\?(?:wiki=)?)(?:api/|[^/&]*/json)", url)
    return found[1] if found else url.partition("?")[0] + "?"


def read_json(answer: Answer, schemas: Mapping[str, Schema], base: str) -> Found:
    """The entries in a JSON answer or file."""
    guessed = False
    whole: dict[str, object] = {}
    for key, item in json_items(answer.chunks()):
        if isinstance(item, Mapping) and is_entry(item):
            schema = schemas.get(str(item.get("id_typeannonce") or ""))
            found = record_of(item, schema, base, key)
            guessed = guessed or (schema is None and "html_output" not in item and guesses(found, item))
            yield found
        elif key is not None and not isinstance(item, Mapping):
            whole[key] = item
    if is_entry(whole):
        schema = schemas.get(str(whole.get("id_typeannonce") or ""))
        found = record_of(whole, schema, base)
        guessed = schema is None and guesses(found, whole)
        yield found
    elif isinstance(whole.get("html"), str):
        shown = entry_of_html(str(whole["html"]), Survey(base=base))
        if shown is not None:
            yield shown
    elif "entries" in whole:
        yield Remark(_("Cette réponse ne contient que de quoi afficher une liste : rien n'y a été lu."))
    if guessed:
        yield Remark(
            _(
                "Ce fichier ne contient pas les libellés des listes : les numéros ont été lus dans l'ordre des "
                "listes du commun. Vérifiez ces valeurs, ou donnez l'adresse du wiki."
            )
        )


@dataclass(slots=True)
class Wiki:
    """A wiki that can be asked for more."""

    source: Source
    base: str
    old: bool = False
    tried: Tried = field(default_factory=Tried)

    def all_of(self, start: Answer, page: Survey) -> Found:
        """What a page is about: out of the wiki's data, else out of its pages."""
        wanted = _wanted(start, page)
        try:
            schemas = self.schemas()
            if schemas:
                found = yield from self.by_json(schemas, page, wanted)
                if found:
                    return
        except Suspicious:
            raise
        except PlatformError as error:
            text = _("Le wiki ne donne pas ses données directement ({reason}) : ses pages ont été lues.")
            yield Remark(text.format(reason=error.message.rstrip(".")))
        yield from self.by_pages(start, page)

    def schemas(self) -> dict[str, Schema]:
        """The forms by number, asked for once: in the newer words, then in the older ones."""
        if not self.base:
            return {}
        routes = [(f"{self.base}BazaR/json&demand=forms", True)]
        if not self.base.endswith("wiki="):
            routes.insert(0, (f"{self.base}api/forms", False))
        for route, old in routes:
            answer = self.source.get(route)
            if answer.status != 200 or not _is_json(answer):
                self.tried.refused.append(answer.status)
                continue
            found: dict[str, Schema] = {}
            for _key, item in json_items(answer.chunks()):
                schema = schema_of(item)
                if schema is not None and len(found) < _MOST_FORMS:
                    found[schema.number] = schema
            if found:
                self.old = old
                self.tried.forms = len(found)
                return found
        return {}

    # --- by JSON ----------------------------------------------------------------------------------------------

    def by_json(
        self, schemas: Mapping[str, Schema], page: Survey, wanted: frozenset[str] | None
    ) -> Generator[Record | Remark, None, bool]:
        """All that is wanted out of the wiki's data; returns whether there was any."""
        chosen = [schemas[number] for number in page.forms if number in schemas]
        if len(chosen) != 1:
            chosen = [schema for schema in (chosen or schemas.values()) if schema.of_memoires]
        self.tried.chosen = chosen
        found = False
        for schema in chosen:
            visible = wanted
            if visible is None and self.old:
                visible = self._visible(schema)
            for record in self._entries(schema, visible):
                found = True
                yield record
        return found

    def _entries(self, schema: Schema, wanted: frozenset[str] | None) -> Iterator[Record]:
        single = next(iter(wanted)) if wanted is not None and len(wanted) == 1 else ""
        if self.old:
            route = f"{self.base}BazaR/json&demand=entries&form={schema.number}"
        elif single:
            route = f"{self.base}api/entries/json/{page_address('=', single)[1:]}"
        else:
            route = f"{self.base}api/forms/{schema.number}/entries"
        answer = self.source.get(route)
        if answer.status != 200 or not (_is_json(answer) or self.old):
            return
        for key, item in json_items(answer.chunks()):
            if not (isinstance(item, Mapping) and is_entry(item)):
                continue
            record = record_of(item, schema, self.base, key)
            if record.form and record.form != schema.number:
                continue
            if wanted is None or record.tag in wanted:
                yield record

    def _visible(self, schema: Schema) -> frozenset[str] | None:
        """What anybody may read: the JSON of older wikis gives away protected entries as well."""
        listed = survey(self.source.get(f"{self.base}BazaR&vue=consulter&id={schema.number}"))
        return frozenset(listed.entries) if listed.entries else None

    # --- by pages ---------------------------------------------------------------------------------------------

    def by_pages(self, start: Answer, page: Survey) -> Found:
        """What the pages show: this one, those that it goes on to, and the entries of lists that show only titles."""
        seen: set[str] = set()
        waiting, asked = list(page.more), {start.url, *page.more}
        answer, here = start, page
        if (page.nameless or page.feed) and self.base:
            # slides and the like show neither links nor names, feeds only the newest: the same entries stand where
            # wikis show all of them
            everything = self.source.get(f"{self.base}BazaR&vue=consulter")
            if (found := survey(everything)).entries:
                answer, here, waiting = everything, found, []
            else:
                yield from left_out(page)
        for _number in range(_MOST_PAGES):
            before = len(seen)
            yield from self._new(records(answer, here), seen)
            if answer is not start and len(seen) == before:
                break  # a number that is too high shows the last page again
            if not waiting and not seen and answer is start and self.base:
                self.tried.everywhere = True
                waiting.append(f"{self.base}BazaR&vue=consulter")  # where wikis show all entries of all forms
            if not waiting:
                return
            answer = self.source.get(waiting.pop(0))
            here = survey(answer)
            here.base = here.base or page.base
            new = [link for link in here.more if link not in asked]
            asked.update(new)
            waiting += new
        else:
            yield Remark(_("Cette liste a plus de {count} pages : les suivantes n'ont pas été lues.").format(
                count=_MOST_PAGES))  # fmt: skip

    def _new(self, found: Iterable[Record | Remark], seen: set[str]) -> Found:
        for item in found:
            if isinstance(item, Record):
                key = item.tag or item.title
                if key in seen:
                    continue
                seen.add(key)
                yield self._whole(item) if item.partial and item.tag else item
            else:
                yield item

    def _whole(self, record: Record) -> Record:
        """The entry's own page, when a list shows only its title."""
        answer = self.source.get(page_address(self.base, record.tag))
        page = survey(answer)
        page.tag = record.tag
        for found in records(answer, page):
            if isinstance(found, Record) and not found.partial:
                return Record(
                    record.tag,
                    found.title,
                    found.values,
                    found.form or record.form,
                    found.url or record.url,
                    record.created or found.created,
                    record.updated or found.updated,
                    found.pictures,
                )
        return record
