"""Pages that the tool keeps beside those that are declared: the banner, and how many have answered.

What they were last written with is remembered in their own metadata, with the mark: nothing needs to be read to know
whether they lag behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from allies_sync.model.resources import Access, Page, Rights, Widget
from allies_sync.platforms.interface import Space
from allies_sync.text.messages import _, ngettext, using_language
from allies_sync_yeswiki import banner, tallies
from allies_sync_yeswiki.answers import count_answers, fetch
from allies_sync_yeswiki.looking import Look, read_page
from allies_sync_yeswiki.names import banner_tag, base_name, fold_tag
from allies_sync_yeswiki.revisions import seen_text
from allies_sync_yeswiki.saving import Saver, remove_page
from allies_sync_yeswiki.widgets import counts_tag, form_in, tallies_tag


@dataclass(frozen=True, slots=True)
class Wanted:
    """A derived page: the key of its mark, and its text. ``made_of`` stands for what the text is made of, where that
    costs a request."""

    key: str
    text: Callable[[], str]
    made_of: str = ""

    def lags(self, space: Space, found: str) -> bool:
        """Whether the page that bears the mark ``found`` ("" for none) is to be written."""
        if self.made_of:
            return not found.startswith(f"{space.mark(self.key)}:{self.made_of}-")
        return found != banner.mark(space, self.key, self.text())


class Derived:
    """The derived pages of one space: by name, the key of their mark and what they should hold."""

    def __init__(self, saver: Saver, space: Space, look: Look) -> None:
        self.saver = saver
        self.space = space
        self.look = look
        self.base = saver.server.base
        self.wanted: dict[str, Wanted] = {}
        if banner.wanted(space):
            self.wanted[banner_tag(space)] = Wanted(banner.KEY, lambda: banner.source(space, self.base))

    def count(self, pages: Sequence[Page]) -> None:
        """Adds the numbers of answers that pages show."""
        for page in pages:
            for part in page.body:
                address = self.space.addresses.get(part.target or "") if isinstance(part, Widget) else None
                found = form_in(address.path) if address else None
                if not isinstance(part, Widget) or found is None:
                    continue
                owner, number = found
                slug = self.space.slug if owner != self.space.slug else ""
                if part.name == "count":
                    self._count(number, slug)
                elif part.name == "tally":
                    self._tally(number, slug, part)

    def _tally(self, number: str, slug: str, widget: Widget) -> None:
        tag = f"{tallies_tag(self.space)}-{number}"
        form = self.look.forms.get(number)
        if tag in self.wanted:
            return
        if form is None or not count_answers(self.look.answer_names, number, slug):
            self.wanted[tag] = Wanted(f"tally:{number}", lambda: tallies.empty(self.space))
            return

        def text() -> str:
            entries = fetch(self.saver.server, [number]).values()
            return tallies.source(self.space, form, entries, slug, widget)

        made_of = tallies.made_of(self.look.answer_names, form, slug, widget, self.saver.server.date)
        self.wanted[tag] = Wanted(f"tally:{number}", text, made_of)

    def _count(self, number: str, slug: str) -> None:
        tag = f"{counts_tag(self.space)}-{number}"
        if tag in self.wanted:
            return
        # a form that is not there yet has no answers
        count = count_answers(self.look.answer_names, number, slug) if number in self.look.forms else 0
        with using_language(self.space.language):
            if count:
                text = ngettext("**{count}** réponse reçue.", "**{count}** réponses reçues.", count)
            else:
                text = _("Le nombre de réponses paraîtra ici.")
        told = text.format(count=count)
        self.wanted[tag] = Wanted(f"count:{number}", lambda: told)

    def lagging(self) -> Mapping[str, Wanted]:
        """Those that are to be written."""
        return {
            tag: it
            for tag, it in self.wanted.items()
            if not self.look.exists(tag) or it.lags(self.space, self.look.mark(tag))
        }

    def missing(self) -> list[str]:
        """Those that there are none of yet."""
        return [tag for tag in self.lagging() if not self.look.exists(tag)]

    def reserve(self, readers: Rights) -> None:
        """Gives rights to those that are to be made."""
        tags = self.missing()
        if tags:
            self.saver.reserve(self.access(readers), tags)

    @staticmethod
    def access(readers: Rights) -> Access:
        return Access(readers, Rights.TEAM)

    def write(self) -> None:
        """Writes what lags behind. Their rights are there."""
        for tag, it in self.lagging().items():
            text = it.text()
            mark = banner.mark(self.space, it.key, text, it.made_of)
            if self.look.exists(tag):
                self._renew(tag, it.key, text, mark)
            else:
                self._make(tag, text, mark)
            self.wanted.pop(tag)

    def _make(self, tag: str, text: str, mark: str) -> None:
        self.saver.save_or_raise(tag, text, "", self.saver.dressing(tag, mark, ""))
        if not self.saver.server.theme(tag):
            self.saver.say(tag, [("metadatas[allies_sync]", mark)])

    def _renew(self, tag: str, key: str, text: str, mark: str) -> None:
        """Writes what is there again, if nobody has written something else into it."""
        found = self.look.mark(tag)
        if not found.startswith(self.space.mark(key) + ":"):
            return
        page = read_page(self.saver.server, tag)
        untouched = page is not None and banner.stamp(seen_text(page.body)) == banner.written(found)
        if page is not None and untouched and seen_text(page.body) != seen_text(text):
            self.saver.save_or_raise(tag, text, page.id, {})
        # a person's own words stay; what should stand there is remembered, so that it is not asked for again
        self.saver.say(tag, [("metadatas[bgimg]", mark)])

    def remove(self) -> None:
        """Deletes what is left beside the pages of a space that has none any more, unless a person wrote into it."""
        look = Look(self.saver.server)
        marks = look.marked(self.space.mark(""))
        start = self.space.mark("page:")
        if any(mark.startswith(start) and look.exists(tag) for mark, tag in marks.items()):
            return
        for mark, tag in marks.items():
            row = look.rights.get(fold_tag(tag))
            if (
                mark.startswith(start)
                or row is None
                or not fold_tag(tag).startswith(f"{fold_tag(base_name(self.space))}_")
            ):
                continue
            page = read_page(self.saver.server, row.tag)
            if page is not None and banner.stamp(seen_text(page.body)) == banner.written(mark):
                remove_page(self.saver.server, row.tag)
