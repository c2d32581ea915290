"""Pages that the tool keeps beside those that are declared: the banner, and how many have answered.

What they were last written with is remembered in their own metadata, with the mark: nothing needs to be read to know
whether they lag behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from allies_sync.model.resources import Access, Page, Rights, Widget
from allies_sync.platforms.interface import Space
from allies_sync.text.messages import _, ngettext, using_language
from allies_sync_yeswiki import banner
from allies_sync_yeswiki.answers import count_answers
from allies_sync_yeswiki.looking import Look, read_page
from allies_sync_yeswiki.names import banner_tag, base_name, fold_tag
from allies_sync_yeswiki.revisions import seen_text
from allies_sync_yeswiki.saving import Saver, remove_page
from allies_sync_yeswiki.widgets import counts_tag, form_in


class Derived:
    """The derived pages of one space: by name, the key of their mark and what they should hold."""

    def __init__(self, saver: Saver, space: Space, look: Look) -> None:
        self.saver = saver
        self.space = space
        self.look = look
        self.base = saver.server.base
        self.wanted: dict[str, tuple[str, str]] = {}
        if banner.wanted(space):
            self.wanted[banner_tag(space)] = (banner.KEY, banner.source(space, self.base))

    def count(self, pages: Sequence[Page]) -> None:
        """Adds the numbers of answers that pages show."""
        for page in pages:
            for part in page.body:
                if isinstance(part, Widget) and part.name == "count" and part.target:
                    self._count(part.target)

    def _count(self, target: str) -> None:
        address = self.space.addresses.get(target)
        found = form_in(address.path) if address else None
        if found is None:
            return
        owner, number = found
        tag = f"{counts_tag(self.space)}-{number}"
        if tag in self.wanted:
            return
        slug = self.space.slug if owner != self.space.slug else ""
        # a form that is not there yet has no answers
        count = count_answers(self.look.answer_names, number, slug) if number in self.look.forms else 0
        with using_language(self.space.language):
            if count:
                text = ngettext("**{count}** réponse reçue.", "**{count}** réponses reçues.", count)
            else:
                text = _("Aucune réponse pour le moment.")
        self.wanted[tag] = (f"count:{number}", text.format(count=count))

    def lagging(self) -> Mapping[str, tuple[str, str]]:
        """Those that are to be written."""
        return {
            tag: (key, text)
            for tag, (key, text) in self.wanted.items()
            if not self.look.exists(tag) or banner.lags(self.space, key, text, self.look.mark(tag))
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
        for tag, (key, text) in self.lagging().items():
            if self.look.exists(tag):
                self._renew(tag, key, text)
            else:
                self._make(tag, key, text)
            self.wanted.pop(tag)

    def _make(self, tag: str, key: str, text: str) -> None:
        mark = banner.mark(self.space, key, text)
        self.saver.save_or_raise(tag, text, "", self.saver.dressing(tag, mark, ""))
        if not self.saver.server.theme(tag):
            self.saver.say(tag, [("metadatas[allies_sync]", mark)])

    def _renew(self, tag: str, key: str, text: str) -> None:
        """Writes what is there again, if nobody has written something else into it."""
        found = self.look.mark(tag)
        if not found.startswith(self.space.mark(key) + ":"):
            return
        page = read_page(self.saver.server, tag)
        if page is not None and banner.stamp(seen_text(page.body)) == found.rpartition(":")[2]:
            self.saver.save_or_raise(tag, text, page.id, {})
        # a person's own words stay; what should stand there is remembered, so that it is not asked for again
        self.saver.say(tag, [("metadatas[bgimg]", banner.mark(self.space, key, text))])

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
            if page is not None and banner.stamp(seen_text(page.body)) == mark.rpartition(":")[2]:
                remove_page(self.saver.server, row.tag)
