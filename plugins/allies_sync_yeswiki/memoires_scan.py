"""A wiki page read in one pass, however long it is: entries are cut out one after the other, the rest is let go.

This only finds where things begin and end; each piece is then parsed for itself. A page of 10,000 entries has 70 MB.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape

from allies_sync.platforms.errors import Refused
from allies_sync.text.messages import _

LARGEST = 4 * 1024 * 1024
"""Characters that one piece may have."""
LARGEST_TABLE = 64 * 1024 * 1024
DEEPEST = 3_000
DEEPEST_PIECE = 400

_PENDING = 256 * 1024
_NEXT = re.compile(r"<(?:/?[a-zA-Z]|[!?]|/?\Z)")
_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)")
_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/>]*+)((?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|(?!["'])))*+)>""")
_LENIENT = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)([^>]*+)>")
_ATTRIBUTE = re.compile(r"""([^\s=/"'<>]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_RAW = frozenset({"script", "style", "textarea", "title", "noscript", "svg"})
_VOID = frozenset(
    (
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
        "param",
        "keygen",
        "command",
        "frame",
    )
)
_OPTIONAL = frozenset(
    (
        "p",
        "li",
        "dt",
        "dd",
        "option",
        "optgroup",
        "tr",
        "td",
        "th",
        "thead",
        "tbody",
        "tfoot",
        "colgroup",
        "body",
        "html",
        "head",
    )
)
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w-]{1,40})""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """Something cut out of a page. ``kind``: entry, card, facet, row, item (of a feed), csv, link, canonical, edit,
    form. ``html`` is its source; ``attributes`` those of its first tag, names in small letters."""

    kind: str
    html: str
    attributes: dict[str, str]


def encoding_of(charset: str, head: bytes) -> str:
    """In which encoding a page is, most likely."""
    found = _META_CHARSET.search(head[:8192])
    for name in (charset, found[1].decode("ascii") if found else ""):
        try:
            known = codecs.lookup(name).name if name else ""
        except LookupError:
            continue
        if known in ("iso8859-1", "ascii"):
            return "cp1252"  # what browsers take it for
        if known:
            return known
    return "utf-8"


def pieces(chunks: Iterable[bytes], encoding: str = "utf-8") -> Iterator[Piece]:
    """Cuts a page into pieces. Raises Refused for a page that nests without end, or has an endless piece."""
    return _Scanner(chunks, encoding).run()


def attributes_of(text: str) -> dict[str, str]:
    """The attributes of a tag; the first of two with one name counts."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        value = next((part for part in match.group(2, 3, 4) if part is not None), "")
        found.setdefault(match[1].lower(), unescape(value))
    return found


class _Scanner:
    def __init__(self, chunks: Iterable[bytes], encoding: str) -> None:
        self.chunks = iter(chunks)
        self.decode = codecs.getincrementaldecoder(encoding)("replace").decode
        self.text = ""
        self.at = 0
        self.ended = False
        self.level = 0
        # the piece that is being cut out
        self.kind = ""
        self.name = ""
        self.attributes: dict[str, str] = {}
        self.same = 0
        self.outer = 0
        self.inner = 0
        self.start = 0
        self.parts: list[str] = []
        self.size = 0

    def run(self) -> Iterator[Piece]:
        while True:
            found = _NEXT.search(self.text, self.at)
            if found is None:
                self.at = len(self.text)
                if not self._more():
                    break
                continue
            self.at = at = found.start()
            if self.text.startswith("<!--", at):
                self._skip("-->")
            elif self.text.startswith("<![CDATA[", at):
                self.at = at + 9
            elif self.text.startswith(("<!", "<?"), at):
                if len(self.text) - at < 9 and self._more():
                    continue
                self._skip(">")
            elif _NAME.match(self.text, at):
                yield from self._tag()
            elif len(self.text) - at < 3 and self._more():
                continue
            else:
                self.at = at + 1
        if self.kind:
            yield self._cut(len(self.text))

    # --- moving on --------------------------------------------------------------------------------------------

    def _more(self) -> bool:
        """Reads on. What lies behind is kept only if it belongs to a piece."""
        if self.ended:
            return False
        if self.kind and self.at > self.start:
            self.parts.append(self.text[self.start : self.at])
            self.size += self.at - self.start
            self.start = self.at
        chunk = next(self.chunks, None)
        self.ended = chunk is None
        self.text = self.text[self.at :] + self.decode(chunk or b"", self.ended)
        self.start -= self.at
        self.at = 0
        if self.size > (LARGEST_TABLE if self.kind == "csv" else LARGEST):
            raise Refused(_("Cette page contient une fiche si longue qu'elle ne peut pas être lue."))
        return True

    def _skip(self, end: str) -> None:
        """Moves behind ``end``, however far away it is."""
        self.at += 1
        while True:
            found = self.text.find(end, self.at)
            if found >= 0:
                self.at = found + len(end)
                return
            self.at = max(self.at, len(self.text) - len(end))
            if not self._more():
                self.at = len(self.text)
                return

    def _match(self) -> re.Match[str] | None:
        """The tag that begins here; None when the page ends before it does."""
        while True:
            found = _TAG.match(self.text, self.at)
            if found:
                return found
            if self.ended or len(self.text) - self.at > _PENDING:
                return _LENIENT.match(self.text, self.at)
            self._more()

    # --- tags -------------------------------------------------------------------------------------------------

    def _tag(self) -> Iterator[Piece]:
        found = self._match()
        if found is None:
            self.at = len(self.text)  # nothing ends a tag from here on: there is none
            return
        closing, name, rest = found[1] == "/", found[2].lower(), found[3]
        alone = rest.endswith("/") or name in _VOID
        if closing:
            self._deeper(name, -1)
            self.at = found.end()
            if self.kind and name == self.name:
                self.same -= 1
                if self.same == 0:
                    yield self._cut(found.end())
            return
        if self.kind:
            if name == self.name and not alone:
                self.same += 1
        else:
            yield from self._begin(name, rest, found[0], alone)
        if not alone:
            self._deeper(name, 1)
        self.at = found.end()
        if name in _RAW and not alone:
            self._raw(name)

    def _deeper(self, name: str, by: int) -> None:
        if name in _RAW:
            return
        if self.kind:
            self.inner = max(self.inner + by, 0)
        if name not in _OPTIONAL:
            self.level = max(self.level + by, 0)
        if self.level > DEEPEST or self.inner > DEEPEST_PIECE:
            raise Refused(
                _("Cette page imbrique des éléments sans fin : elle n'a pas été lue."),
                _("Ce n'est sans doute pas une page de wiki ; vérifiez l'adresse."),
            )

    def _raw(self, name: str) -> None:
        """Skips what is no markup."""
        end = re.compile(rf"</{re.escape(name)}\b", re.IGNORECASE)
        while True:
            found = end.search(self.text, self.at)
            if found:
                self.at = found.start()
                return
            self.at = max(self.at, len(self.text) - len(name) - 2)
            if not self._more():
                self.at = len(self.text)
                return

    def _begin(self, name: str, rest: str, source: str, alone: bool) -> Iterator[Piece]:
        """Decides whether a piece begins with this tag."""
        kind, attributes = _kind(name, rest)
        if not kind:
            return
        if kind in ("link", "canonical", "edit", "form") or alone:
            yield Piece(kind, source, attributes)
            return
        self.kind, self.name, self.attributes = kind, name, attributes
        self.same, self.start, self.parts, self.size = 1, self.at, [], 0
        self.outer, self.inner = self.level, 0

    def _cut(self, end: int) -> Piece:
        html = "".join([*self.parts, self.text[self.start : end]])
        piece = Piece(self.kind, html, self.attributes)
        self.kind, self.parts, self.level, self.at = "", [], self.outer, end
        return piece


def _kind(name: str, rest: str) -> tuple[str, dict[str, str]]:
    """What a tag begins, judged without parsing most of them."""
    if name == "item":
        return "item", {}
    if name == "tr":
        return "row", attributes_of(rest)
    if name == "link" and "canonical" in rest:
        return "canonical", attributes_of(rest)
    if name == "pre" and "precsv" in rest:
        return "csv", attributes_of(rest)
    if any(wanted in rest for wanted, _kind_ in _CLASSES):
        attributes = attributes_of(rest)
        classes = attributes.get("class", "").split()
        for wanted, kind in _CLASSES:
            if wanted in classes:
                return kind, attributes
    if name == "a" and ("pageID=" in rest or "link-edit" in rest or "/edit" in rest):
        return ("link" if "pageID=" in rest else "edit"), attributes_of(rest)
    if "data-params" in rest:
        return "form", attributes_of(rest)
    return "", {}


_CLASSES = (
    ("bazar-entry", "entry"),
    ("BAZ_cadre_fiche", "entry"),
    ("filter-box", "facet"),
    ("ss-row", "card"),  # a time line
    ("hero", "card"),  # a carousel
    ("cell-couleur", "card"),  # a chequered board
    ("cell-blanc", "card"),
)
