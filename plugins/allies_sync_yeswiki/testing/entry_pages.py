"""An entry as a page shows it, field by field, and what its head tells also to those who may not read it."""

from __future__ import annotations

import re
from datetime import datetime
from html import escape, unescape
from typing import Any

from allies_sync_yeswiki.testing.actions import Context, Redirected
from allies_sync_yeswiki.testing.entry_table import Data, data_of, is_entry
from allies_sync_yeswiki.testing.forms import Field, fields_of, options_of
from allies_sync_yeswiki.testing.pages import Revision
from allies_sync_yeswiki.testing.queries import as_json, visible
from allies_sync_yeswiki.testing.visit import Visit

_LONGEST_SUMMARY = 300


def entry_html(visit: Visit, page: Revision) -> str | None:
    """None when the page is no entry. It is looked up by its second: of several revisions, the first one shows."""
    if not is_entry(visit.state, page.tag):
        return None
    first = visit.state.pages.at(page.tag, page.time) or page
    return entry_card(visit, page, data_of(first))


def entry_card(visit: Visit, page: Revision, data: Data) -> str:
    """What lists and entry pages have in common."""
    shown = visible(visit, page, data)
    number = str(data.get("id_typeannonce", ""))
    rows = "".join(_row(visit, field, shown) for field in fields_of(visit.state, visit.state.forms.get(number)))
    title = f'<h1 class="BAZ_fiche_titre">{shown.get("bf_titre", "")}</h1>'
    actions = ""
    if visit.may("write", page.tag):
        edit = escape(visit.state.url(f"{page.tag}/edit"))
        actions = f'<div class="BAZ_actions_fiche">\n<a class="btn" href="{edit}"><span>Modifier</span></a>\n</div>\n'
    return (
        f'<div class="BAZ_cadre_fiche id{escape(number)}">\n    {title}\n{rows}'
        f'<div class="clearfix"></div>\n<div class="BAZ_fiche_info">\n{actions}</div>\n</div>'
    )


def _row(visit: Visit, field: Field, shown: Data) -> str:
    if field.kind == "labelhtml":
        return field.parts[3]
    value = shown.get(field.key, "") if field.key else ""
    shows_nothing = visit.state.is_dev and field.kind == "checkbox"
    if (not value and not shows_nothing) or field.key == "bf_titre" or field.kind in ("champs_cache", "mot_de_passe"):
        return ""
    text = _value(visit, field, value)
    if field.kind == "image" or (not text and not shows_nothing):
        return text
    kind = {"texte": field.parts[7] or "text", "champs_mail": "email", "lien_internet": "link"}.get(
        field.kind, field.kind
    )
    return (
        f'<div class="BAZ_rubrique field-{kind}" data-id="{field.key}">\n'
        f'    <span class="BAZ_label">{field.label}</span>\n'
        f'        <span class="BAZ_texte">\n{text}        </span>\n</div>'
    )


def _value(visit: Visit, field: Field, value: Any) -> str:
    if not isinstance(value, str):
        return ""
    kind = field.kind
    if field.is_enum:
        options = options_of(visit.state, field)
        labels = [label for key, label in options.items() if key in value.split(",")]
        if field.is_checkbox:
            items = "".join(f"<li>{label}</li>\n" for label in labels)
            return f"<ul>\n{items}</ul>\n" if labels else ""
        return labels[0] if labels else ""
    if kind == "textelong":
        return _long_text(visit, field, value)
    if kind in ("jour", "listedatedeb", "listedatefin"):
        try:
            moment = datetime.fromisoformat(value)
            return moment.strftime("%d.%m.%Y" if len(value) == len("2026-12-24") else "%d.%m.%Y - %H:%M")
        except ValueError:
            return escape(value)
    if kind == "champs_mail":
        return (
            "Contacter par mail"
            if field.parts[6] == "form"
            else f'<a href="mailto:{escape(value)}">{escape(value)}</a>'
        )
    if kind == "lien_internet":
        return f'<a href="{escape(value)}" target="_blank">{escape(value)}</a>'
    if kind == "image":
        return f'<img loading="lazy" src="{visit.state.base}/files/{escape(value)}" />'
    if kind == "fichier":
        tag = str(value).partition(f"_{field.key}_")[0]
        address = escape(visit.state.url(f"{tag}_{field.key}/download&file={value}"))
        return f'<a href="{address}">{escape(value)}</a>'
    return value


def _long_text(visit: Visit, field: Field, value: str) -> str:
    style = field.parts[7]
    if style == "html":
        return value.replace('""', "''")
    if style == "nohtml":
        return escape(value).replace("\n", "<br />\n")
    return Context(visit).render(unescape(value))


def entry_summary(visit: Visit, page: Revision) -> str:
    """``og:description``: it looks at the rights of fields, not at those of the entry."""
    if not is_entry(visit.state, page.tag):
        return ""
    text = str(visible(visit, page).get("bf_description") or "")
    if not text:
        try:
            card = entry_card(visit, page, data_of(page))
        except Redirected:
            return ""
        text = re.sub(r"<h1.*?</h1>|<div class=\"BAZ_fiche_info\">.*", "", card, flags=re.DOTALL)
    words = " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())
    if len(words.encode()) <= _LONGEST_SUMMARY:
        return words
    return words.encode()[:_LONGEST_SUMMARY].decode("utf-8", "ignore").rpartition(" ")[0] + "…"


def entry_as_json(visit: Visit, page: Revision) -> dict[str, Any] | None:
    """What ``?TAG`` answers to those who accept JSON."""
    if not is_entry(visit.state, page.tag):
        return None
    return as_json(visit, page)
