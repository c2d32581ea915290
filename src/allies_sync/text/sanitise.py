"""What people typed, made harmless for where it is shown: plain text, HTML pages, the cells of a spreadsheet."""

from __future__ import annotations

import re

from allies_sync.text.characters import clean_lines, cut, encodable
from allies_sync.text.tags import Close, Open, Text, read_tags, start_tag, text_source
from allies_sync.text.urls import SAFE_SCHEMES, Link, image_url, is_local_image, is_safe_link, link_url

_EVERYWHERE = frozenset({"lang", "dir", "title"})
_CELL = frozenset({"colspan", "rowspan", "scope", "class"})
_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
_PLAIN = (
    "abbr b blockquote br caption cite code col colgroup dd del dfn dl dt em figcaption figure hr i ins kbd mark "
    "p pre q s samp small span strong sub summary sup table tbody tfoot thead tr u ul var wbr"
)
# Every element that a page may hold, with its own attributes. No other attribute: none that styles, runs or loads.
_ATTRIBUTES: dict[str, frozenset[str]] = {
    **dict.fromkeys(_PLAIN.split(), frozenset()),
    "a": frozenset({"href"}),
    "details": frozenset({"open"}),
    "div": frozenset({"class"}),
    "img": frozenset({"src", "alt", "width", "height"}),
    "li": frozenset({"class"}),
    "ol": frozenset({"start"}),
    "td": _CELL,
    "th": _CELL,
    "time": frozenset({"datetime"}),
    **dict.fromkeys(_HEADINGS, frozenset({"id"})),
}
# The classes that our own rendering uses; and ids that cannot be taken for anything but an anchor.
_VALUES = {
    "class": re.compile(r"table|task|align-(?:left|right|center)"),
    "id": re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*"),
    "colspan": re.compile(r"[0-9]{1,3}"),
    "rowspan": re.compile(r"[0-9]{1,3}"),
    "width": re.compile(r"[0-9]{1,4}"),
    "height": re.compile(r"[0-9]{1,4}"),
    "start": re.compile(r"[0-9]{1,9}"),
    "dir": re.compile(r"ltr|rtl|auto"),
}
_HOLDS_PARAGRAPHS = frozenset({"blockquote", "div", "li", "dd", "td", "th", "details", "figure"})
_VOID = frozenset({"br", "col", "hr", "img", "wbr"})
# HTML lets people leave these end tags out: each closes the ones of its set, up to an element that holds it.
_CLOSES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), frozenset({"ul", "ol"})),
    **dict.fromkeys(("dt", "dd"), (frozenset({"dt", "dd"}), frozenset({"dl"}))),
    **dict.fromkeys(("td", "th"), (frozenset({"td", "th"}), frozenset({"tr", "table"}))),
    "tr": (frozenset({"tr"}), frozenset({"table"})),
    **dict.fromkeys(_HEADINGS, (_HEADINGS, _HOLDS_PARAGRAPHS)),
    **dict.fromkeys(("thead", "tbody", "tfoot"), (frozenset({"thead", "tbody", "tfoot"}), frozenset({"table"}))),
}
_CLOSE_PARAGRAPHS = "blockquote details div dl figure h1 h2 h3 h4 h5 h6 hr ol p pre table ul " + (
    "li dt dd td th tr caption summary"
)
_BLOCKS = frozenset(_CLOSE_PARAGRAPHS.split())
_CELLS = frozenset({"td", "th", "caption"})
_ROWS = frozenset({"table", "thead", "tbody", "tfoot", "tr", "colgroup"})
_TABLE = _CELLS | _ROWS
# Deeper, tags are left out and their text stays: parsers take quadratic time on deep trees, and nobody reads them.
_MAX_DEPTH = 100

_FORMULA = re.compile(r"[\t\r\n]|[\s\u200b]*[=+\-@＝＋－＠]")


def clean_text(value: str, max_length: int | None = None) -> str:
    """Return `value` in NFC with LF line ends, without control characters, direction overrides or lone surrogates.

    Longer than `max_length`, it is cut and ends with "…", so that a reader knows.
    """
    text = clean_lines(value)
    if max_length is None or len(text) <= max_length:
        return text
    return cut(text, max_length - 1) + "…" if max_length > 0 else ""


def neutralise_formula(cell: str) -> str:
    """Return `cell` so that no spreadsheet takes it for a formula: with an apostrophe before it where one could."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def clean_html(html: str, *, link: Link | None = None) -> str:
    """Return a balanced fragment that can only be read: no script, style, form, event, or image from elsewhere.

    `link` gives the URL of each target (`ref:page:programme`), or None: its text then stands alone. Without `link`,
    http(s), mailto, tel and relative addresses stay. An image from elsewhere becomes a link.
    Takes time in proportion to the length of `html`, whatever it holds.
    """
    import nh3  # here, since most commands clean text only

    return nh3.clean(
        _Balancer(link).run(encodable(html).replace("\0", "\ufffd")),
        tags=set(_ATTRIBUTES),
        clean_content_tags={"script", "style"},
        attributes={"*": set(_EVERYWHERE)} | {name: set(own) for name, own in _ATTRIBUTES.items() if own},
        attribute_filter=_checked_again,
        link_rel="noopener noreferrer",
        url_schemes={*SAFE_SCHEMES, "data"},
    )


def _checked_again(tag: str, attribute: str, value: str) -> str | None:
    """The second wall for addresses, on what nh3 itself has read."""
    if attribute == "src" and not is_local_image(value):
        return None
    if attribute == "href" and not is_safe_link(value):
        return None
    return value


class _Balancer:
    """Rewrites HTML with known tags only, each closed in its turn, at a bounded depth, its addresses resolved."""

    def __init__(self, link: Link | None) -> None:
        self._link = link
        self._out: list[str] = []
        self._open: list[str] = []

    def run(self, html: str) -> str:
        for piece in read_tags(html):
            if isinstance(piece, Text):
                self._out.append(text_source(piece.source))
            elif isinstance(piece, Close):
                self._close(piece.name)
            else:
                self._start(piece)
        self._close_to(0)
        return "".join(self._out)

    def _start(self, tag: Open) -> None:
        name = tag.name
        if name not in _ATTRIBUTES:
            return
        allowed = _ATTRIBUTES[name] | _EVERYWHERE
        attributes = {key: value for key, value in tag.attributes.items() if key in allowed and _is_fit(key, value)}
        if name == "img":
            self._image(attributes)
            return
        if name == "a":
            url = link_url(attributes.get("href", ""), self._link)
            if url is None:
                return
            attributes["href"] = url
            self._close("a")  # links do not nest
        self._close_implied(name)
        if not self._is_in_place(name):
            return
        if name in _VOID:
            self._out.append(start_tag(name, attributes))
        elif len(self._open) < _MAX_DEPTH:
            self._out.append(start_tag(name, attributes))
            self._open.append(name)

    def _is_in_place(self, name: str) -> bool:
        """Tell whether `name` may stand here: browsers move what stands between the cells of a table."""
        between_cells = bool(self._open) and self._open[-1] in _ROWS
        if name in _TABLE or name == "col":
            return between_cells or name == "table"
        return not between_cells

    def _image(self, attributes: dict[str, str]) -> None:
        alternative = attributes.get("alt", "")
        url = image_url(attributes.get("src", ""), self._link)
        if url and is_local_image(url):
            self._out.append(start_tag("img", {**attributes, "src": url, "alt": alternative}))
            return
        text = text_source((alternative or url or "").replace("&", "&amp;"))
        if url and "a" not in self._open:
            text = f"{start_tag('a', {'href': url})}{text}</a>"
        self._out.append(text)

    def _close_implied(self, name: str) -> None:
        if name in _BLOCKS:
            self._close_nearest(frozenset({"p"}), _HOLDS_PARAGRAPHS)
        if name in _CLOSES:
            self._close_nearest(*_CLOSES[name])

    def _close_nearest(self, names: frozenset[str], holders: frozenset[str]) -> None:
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth] in names:
                self._close_to(depth)
                return
            if self._open[depth] in holders:
                return

    def _close(self, name: str) -> None:
        # As in a browser, what stands in a cell closes nothing outside it.
        self._close_nearest(frozenset({name}), frozenset() if name in _TABLE else _CELLS)

    def _close_to(self, depth: int) -> None:
        while len(self._open) > depth:
            self._out.append(f"</{self._open.pop()}>")


def _is_fit(attribute: str, value: str) -> bool:
    pattern = _VALUES.get(attribute)
    return pattern is None or pattern.fullmatch(value) is not None
