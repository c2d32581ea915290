"""Records out of a wiki's web pages: lists in the templates that people use, single entries, feeds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING

from allies_sync.platforms.memoires import Answer, Record, Remark, Value
from allies_sync.text.messages import _
from allies_sync_yeswiki.memoires_scan import Piece, encoding_of, pieces
from allies_sync_yeswiki.memoires_tables import csv_records
from allies_sync_yeswiki.memoires_text import (
    absolute,
    base_of,
    by_class,
    moment,
    own_tag,
    page_address,
    rebased,
    tag_in,
    text_of,
    tidy,
    words_of,
)

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_FORM = re.compile(r"id(\d+)")
_NUMBERED = re.compile(r"\s*\(\s*\d+\s*\)\s*$")
_TITLE_MARKS = ("BAZ_fiche_titre", "panel-title", "entry-title", "conteneur-titre")
_TITLES = ("h1", "h2 span", "h2", "h3 a", "h5", "h4")
_MARKS = frozenset(
    (
        *_TITLE_MARKS,
        *("BAZ_cadre_fiche", "BAZ_fiche_info", "BAZ_rubrique", "BAZ_label", "BAZ_texte"),
        *("mc-description", "texte-gauche", "date_creation", "date_mise_a_jour"),
    )
)
_TECHNICAL = ("data-id_", "data-date_", "data-statut", "data-createur", "data-owner", "data-toggle", "data-target")
_MOST_LINKS = 2_000


@dataclass(slots=True)
class Facet:
    """What a list offers to filter by: a question, and its options by key."""

    title: str
    options: dict[str, str]


@dataclass(slots=True)
class Survey:
    """What a page says about itself."""

    base: str = ""
    tag: str = ""
    forms: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    partial: int = 0
    nameless: int = 0
    rows: int = 0
    more: list[str] = field(default_factory=list)
    facets: dict[str, Facet] = field(default_factory=dict)
    #: by property, in small letters, the labels of keys, as far as entries have told
    learned: dict[str, dict[str, str]] = field(default_factory=dict)
    listed: bool = False
    feed: str = ""  #: the address of a feed's first entry


def cut(answer: Answer) -> Iterator[Piece]:
    """The pieces of a page."""
    return pieces(answer.chunks(), encoding_of(answer.charset, answer.head))


def survey(answer: Answer) -> Survey:
    """Looks through a page once: what is listed, where it goes on, how addresses are made here."""
    found = Survey(listed=b"bazar-list" in answer.head)
    seen: set[str] = set()
    for piece in cut(answer):
        if piece.kind == "canonical":
            found.tag = found.tag or tag_in(piece.attributes.get("href", ""))
            found.base = found.base or base_of(rebased(piece.attributes.get("href", ""), answer.url))
        elif piece.kind == "edit":
            if "link-edit" in piece.attributes.get("class", ""):
                found.tag = found.tag or tag_in(piece.attributes.get("href", ""))
            if not found.base and tag_in(piece.attributes.get("href", "")):
                found.base = base_of(rebased(piece.attributes["href"], answer.url))
        elif piece.kind == "link":
            link = rebased(absolute(found.base or answer.url, piece.attributes.get("href", "")), answer.url)
            if link and link not in found.more and len(found.more) < _MOST_LINKS:
                found.more.append(link)
        elif piece.kind == "facet":
            _facet(piece, found.facets)
        elif piece.kind == "form":
            found.forms += _dynamic(piece)
        elif piece.kind in ("entry", "card"):
            _note(piece, found, seen)
        elif piece.kind == "item":
            found.feed = found.feed or _between(piece.html, "link")
        elif piece.kind == "row":
            found.rows += 1
    found.forms = list(dict.fromkeys(found.forms))
    if answer.url.startswith("http"):
        found.base = found.base or base_of(answer.url)
        found.tag = found.tag or tag_in(answer.url)
    return found


def _note(piece: Piece, found: Survey, seen: set[str]) -> None:
    """Remembers an entry that a page lists."""
    cadre = "BAZ_cadre_fiche" in piece.html
    tag = piece.attributes.get("data-id_fiche", "")
    if piece.kind == "entry" and not tag and not cadre:
        return
    form = piece.attributes.get("data-id_typeannonce", "") or _form_in(piece.html)
    if form.isdigit():
        found.forms.append(form)
    if len(found.forms) > 100:
        found.forms = list(dict.fromkeys(found.forms))
    if tag and tag not in seen:
        seen.add(tag)
        found.entries.append(tag)
    if not cadre:
        found.partial += 1
        found.nameless += not tag and "href" not in piece.html


def _form_in(html: str) -> str:
    found = re.search(r'class="BAZ_cadre_fiche\s+id(\d+)', html[:20_000])
    return found[1] if found else ""


def _dynamic(piece: Piece) -> list[str]:
    """The forms of a list that the browser fills in by itself."""
    found = re.search(r'"idtypeannonce":\s*\[([^\]]*)\]', piece.attributes.get("data-params", ""))
    return re.findall(r"\d+", found[1]) if found else []


def _facet(piece: Piece, facets: dict[str, Facet]) -> None:
    node = _soup(piece.html)
    name = piece.attributes.get("data-id", "")
    heading = node.select_one(".panel-heading")
    options = {}
    for box in node.select("input.filter-checkbox"):
        label = box.find_parent("label")
        if label is not None:
            options[str(box.get("value", ""))] = _NUMBERED.sub("", " ".join(label.get_text(" ").split()))
    title = text_of(heading) if heading is not None else ""
    facets[name.lower()] = Facet(title, options)


# --- records ----------------------------------------------------------------------------------------------


def records(answer: Answer, page: Survey) -> Iterator[Record | Remark]:
    """All records of a page."""
    table: list[str] = []
    tables = shown = 0
    for piece in cut(answer):
        if piece.kind in ("entry", "card", "item"):
            found = _item(piece, page) if piece.kind == "item" else _entry(piece, page)
            if found is not None:
                shown += 1
                yield found
        elif piece.kind == "csv":
            yield from csv_records(piece)
        elif piece.kind == "row":
            node = _soup(piece.html)
            heads = [text_of(head) for head in node.select("th")]
            if heads:
                table, tables = (heads if len(heads) >= 3 else []), tables + 1
            elif table:
                row = _row(node, table, piece, page, f"table-{tables}")
                if row is not None:
                    yield row
    if page.listed and not shown and not page.rows:
        yield Remark(
            _(
                "{url} : cette liste est vide, ou son modèle ne montre pas les fiches ; donnez l'adresse du wiki, ou "
                "d'une liste en accordéon."
            ).format(url=answer.url[:200])
        )


def _soup(html: str) -> BeautifulSoup:
    from bs4 import BeautifulSoup

    return BeautifulSoup(tidy(html), "html.parser")


def _entry(piece: Piece, page: Survey) -> Record | None:
    node = _soup(piece.html)
    marked = by_class(node, _MARKS)
    cadre = next(iter(marked.get("BAZ_cadre_fiche", ())), None)
    attributes = piece.attributes
    info = next(iter(marked.get("BAZ_fiche_info", ())), None) if cadre is not None else None
    links = [str(link.get("href", "")) for link in (info or node).find_all("a", href=True)]
    inside = "data-id_fiche" in attributes
    if cadre is None and not inside and piece.kind == "entry":
        return None  # a model for the browser to fill in
    own = [tag for link in links if (tag := tag_in(link)) and tag.lower() != "bazar"]
    tag = attributes.get("data-id_fiche", "")
    if not tag and (info is not None or piece.kind == "card"):
        tag = next(iter(own), "")
    if not tag and piece.kind == "entry" and page.tag.lower() != "bazar":
        tag = page.tag
    heads = [head for name in _TITLE_MARKS for head in marked.get(name, ())[:1]]
    title = next((words for head in heads if (words := text_of(head))), "")
    if not title:
        title = next((words for it in _TITLES if (head := node.select_one(it)) and (words := text_of(head))), "")
    title = title or (_linked_title(node, tag) if inside else "")
    slide = piece.kind == "card" and page.listed and "ss-row" not in attributes.get("class", "")
    if not title or not (tag or cadre is not None or slide):
        return None
    kept = _named(attributes)
    values = list(_rubrics(cadre, marked, kept, page)) if cadre is not None else list(_kept(kept, page.facets))
    if cadre is None and (shown := marked.get("mc-description") or marked.get("texte-gauche") or _subtitle(node)):
        values.append(Value("Description", text_of(shown[0])))
    url = next((link for link in (absolute(page.base, it) for it in links) if tag and tag_in(link) == tag), "")
    return Record(
        tag=own_tag(tag),
        title=" ".join(title.split()),
        values=tuple(values),
        form=attributes.get("data-id_typeannonce", "") or _form_of(cadre),
        url=_plain(url) or page_address(page.base, tag),
        created=moment(attributes.get("data-date_creation_fiche", "")) or _dated(marked.get("date_creation")),
        updated=moment(attributes.get("data-date_maj_fiche", "")) or _dated(marked.get("date_mise_a_jour")),
        pictures=tuple(_pictures(cadre, page.base)) if cadre is not None else (),
        partial=cadre is None,
    )


def _subtitle(node: Tag) -> list[Tag]:
    """What stands below the title on a slide."""
    return [below for below in node.select("hgroup h3") if below.get_text(strip=True)][:1]


def _linked_title(node: Tag, tag: str) -> str:
    """The title in lists that show nothing else: the words of the link to the entry."""
    for link in node.select("a[href]"):
        if tag_in(str(link["href"])) == tag and "/revisions" not in str(link["href"]) and (words := text_of(link)):
            return words
    titled = node.select_one("a[title]")
    return str(titled["title"]) if titled is not None else text_of(node)


def entry_of_html(html: str, page: Survey, keys: Mapping[str, str] | None = None) -> Record | None:
    """A record out of the HTML of one entry. ``keys``: what it says of closed questions, by property."""
    attributes = {f"data-{name.lower()}": value for name, value in (keys or {}).items()}
    return _entry(Piece("entry", html, attributes), page)


def _plain(url: str) -> str:
    """The address of an entry without the action that a link carries."""
    return re.sub(r"/(edit|revisions|iframe|html)(?=[&#]|$).*$", "", url)


def _named(attributes: Mapping[str, str]) -> dict[str, list[str]]:
    """By property, in small letters, the keys that a list gives of an entry."""
    return {
        name.removeprefix("data-"): [key for key in value.split(",") if key]
        for name, value in attributes.items()
        if name.startswith("data-") and not name.startswith(_TECHNICAL)
    }


def _kept(kept: Mapping[str, list[str]], facets: Mapping[str, Facet]) -> Iterator[Value]:
    """What a list that shows only titles says of an entry: keys, for which its filters have the labels."""
    for name, keys in kept.items():
        facet = facets.get(name)
        if facet is not None and keys and all(key in facet.options for key in keys):
            yield Value(words_of(name), labels=tuple(facet.options[key] for key in keys))


def _rubrics(
    cadre: Tag, marked: Mapping[str, list[Tag]], kept: Mapping[str, list[str]], page: Survey
) -> Iterator[Value]:
    """What an entry says, label by label."""
    labels = {id(rubric): label for label in marked.get("BAZ_label", ()) if (rubric := _above(label, "BAZ_rubrique"))}
    nested = len(marked.get("BAZ_cadre_fiche", ())) > 1
    for said in marked.get("BAZ_texte", ()):
        rubric = _above(said, "BAZ_rubrique")
        if rubric is None or (nested and _above(rubric, "BAZ_cadre_fiche") is not cadre):
            continue
        label = labels.get(id(rubric))
        name = str(rubric.get("data-id", ""))
        words = text_of(label).rstrip("\xa0 :") if label is not None else words_of(name)
        keys = kept.get(name.lower(), [])
        value, listed = _said(words or words_of(name), name, rubric, said, keys)
        yield _in_order(value, name.lower(), keys, page) if keys and listed else value


def _above(node: Tag, name: str) -> Tag | None:
    """The nearest element around this one that has a class."""
    return next((it for it in node.parents if name in (it.attrs.get("class") or ())), None)


def _in_order(value: Value, name: str, keys: list[str], page: Survey) -> Value:
    """Newer wikis show labels in the order of their list; a person chose them in another."""
    learned = page.learned.setdefault(name, {})
    if len(keys) == 1 and len(value.labels) == 1 and len(learned) < 1_000:
        learned[keys[0]] = value.labels[0]
    if len(keys) < 2 or len(keys) != len(value.labels):
        return value
    facet = page.facets.get(name)
    known = (facet.options if facet else {}) | learned
    if sorted(known.get(key, "") for key in keys) == sorted(value.labels):
        return Value(value.label, labels=tuple(known[key] for key in keys))
    if all(key.isdigit() for key in keys):
        shown = dict(zip(sorted(keys, key=int), value.labels, strict=True))
        return Value(value.label, labels=tuple(shown[key] for key in keys))
    return value


def _said(label: str, name: str, rubric: Tag, said: Tag, keys: list[str]) -> tuple[Value, bool]:
    """What stands under one label, and whether it is a list of options."""
    classes = " ".join(rubric.get("class") or ())
    if "field-checkbox" in classes or name.startswith("checkbox"):
        items = said.find_all("li")
        if items:
            return Value(label, labels=tuple(text_of(item).removeprefix("- ") for item in items)), True
    text = text_of(said)
    if name.startswith(("liste", "radio")) or "field-liste" in classes or "field-radio" in classes or len(keys) == 1:
        return Value(label, labels=(text,) if text else ()), False
    parted = [part.strip() for part in text.split(", ")]
    if len(keys) > 1 and len(parted) == len(keys):
        return Value(label, labels=tuple(parted)), False
    link = said.find("a", href=True) if "\n" not in text else None
    if link is not None and " ".join(link.get_text().split()) == text:
        href = str(link.get("href", ""))
        if "BAZ_lien" in (link.get("class") or ()) or "field-link" in classes or text.startswith(href[:40]):
            return Value(label, href if href.startswith(("http://", "https://")) else text), False
    return Value(label, text), False


def _form_of(cadre: Tag | None) -> str:
    classes = cadre.get("class") or () if cadre is not None else ()
    return next((found[1] for name in classes if (found := _FORM.fullmatch(name))), "")


def _dated(nodes: list[Tag] | None) -> str:
    return moment(nodes[0].get_text()) if nodes else ""


def _pictures(cadre: Tag, base: str) -> Iterator[str]:
    for image in cadre.find_all("img"):
        link = image.parent
        if link is not None and link.name == "a" and link.get("data-id"):
            url = absolute(base, str(link.get("href", "")))
            if url:
                yield url


def _row(node: Tag, table: list[str], piece: Piece, page: Survey, form: str) -> Record | None:
    cells = node.select("td")
    if len(cells) < 3:
        return None
    values, title = [], ""
    tag = piece.attributes.get("data-id_fiche", "")
    for label, cell in zip(table, cells, strict=False):
        text = text_of(cell)
        if not title and label.lower().startswith(("titre", "nom")):
            title = " ".join(text.split())
            link = cell.select_one("a[href]")
            tag = tag or (tag_in(str(link.get("href", ""))) if link is not None else "")
        elif label:
            values.append(Value(label.rstrip("* "), text))
    if not title:
        return None
    form = piece.attributes.get("data-id_typeannonce", form)
    return Record(tag, title, tuple(values), form, page_address(page.base, tag) if tag else "")


def _item(piece: Piece, page: Survey) -> Record | None:
    """An entry in a feed."""
    link, held = _between(piece.html, "link"), _between(piece.html, "description")
    if "BAZ_cadre_fiche" not in held:
        return None
    tag = re.sub(r".*id_fiche=", "", link) if "id_fiche=" in link else tag_in(link)
    found = _entry(Piece("entry", held, {}), Survey(base=page.base or base_of(link), tag=tag))
    if found is None:
        return None
    from email.utils import parsedate_to_datetime

    try:
        created = parsedate_to_datetime(_between(piece.html, "pubDate")).replace(tzinfo=None).isoformat()
    except ValueError:
        created = ""
    return Record(tag, found.title, found.values, found.form, link, created, pictures=found.pictures)


def _between(html: str, name: str) -> str:
    found = re.search(rf"<{name}[^>]*>\s*(?:<!\[CDATA\[(.*?)\]\]>|(.*?))\s*</{name}>", html, re.DOTALL)
    if not found:
        return ""
    return found[1] if found[1] is not None else unescape(found[2])
