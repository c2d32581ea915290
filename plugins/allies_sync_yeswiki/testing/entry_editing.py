"""Forms to fill in, in a browser: a new entry, and changing one."""

from __future__ import annotations

from html import escape
from typing import Any

from allies_sync.platforms.testing.exchange import Answer
from allies_sync_yeswiki.testing import layout
from allies_sync_yeswiki.testing.attachments import store_uploads
from allies_sync_yeswiki.testing.entries import update
from allies_sync_yeswiki.testing.entry_table import Data, data_of
from allies_sync_yeswiki.testing.forms import Field, fields_of, options_of
from allies_sync_yeswiki.testing.state import WikiError
from allies_sync_yeswiki.testing.visit import Visit


def edit_entry(visit: Visit, tag: str) -> Answer:
    """``?TAG/edit`` of an entry, whose right to write was looked at."""
    state, call = visit.state, visit.call
    if state.read_only:
        return layout.page(visit, layout.box(layout.hibernating()))
    page = state.pages.get(tag)
    data = data_of(page) if page else {}
    if call.method != "POST" or "bf_titre" not in call.post:
        return layout.page(visit, layout.box(entry_form(visit, str(data.get("id_typeannonce", "")), data)))
    sent: Data = {**call.post, **store_uploads(state, call, tag, str(data.get("id_typeannonce", "")))}
    try:
        update(state, tag, sent, visit.user)
    except WikiError as error:
        return layout.page(visit, f'<div class="page">{layout.exception(state, error)}\n</div>')
    there = state.url(f"{tag}&vue=consulter&action=voir_fiche&id_fiche={tag}&message=modif_ok")
    return layout.redirect(call.posted("incomingurl") or there)


def entry_form(visit: Visit, number: str, data: Data) -> str:
    """The form itself; values come from the entry, or from the address."""
    state = visit.state
    form = state.forms.get(number)
    if form is None:
        return layout.alert("Le formulaire n'existe pas")
    values = {**{name: value for name, value in visit.call.get.items() if isinstance(value, str)}, **data}
    rows = "".join(_row(visit, field, values) for field in fields_of(state, form))
    known = f'<input type="hidden" name="id_fiche" value="{escape(str(data["id_fiche"]))}" />\n' if data else ""
    condition = ""
    if form.get("bn_condition"):
        condition = f'<div>{form["bn_condition"]}<input type="checkbox" name="accept_condition" value="1" /></div>\n'
    captcha = '<input type="text" name="captcha" />\n' if state.config.use_captcha and not visit.is_admin else ""
    return (
        f'<h3 class="titre_type_fiche">Saisir une fiche : &nbsp;{escape(form["bn_label_nature"])}</h3>\n'
        '<form action="" method="post" name="formulaire" id="formulaire" enctype="multipart/form-data" '
        f'class="form-horizontal" novalidate>\n{rows}{condition}{known}'
        '<input type="hidden" name="antispam" value="0" />\n'
        f'<input type="hidden" name="id_typeannonce" value="{escape(number)}" />\n{captcha}'
        '<button type="submit" class="btn btn-primary">Valider</button>\n</form>\n'
    )


def _row(visit: Visit, field: Field, values: dict[str, Any]) -> str:
    kind = field.kind
    if kind == "labelhtml":
        return field.parts[1] + "\n"
    if kind == "titre":
        return f'<input type="hidden" name="bf_titre" value="{escape(field.parts[1])}">\n'
    name = field.key
    if not name or (field.write_acl and not visit.state.accounts.allows(field.write_acl, visit.user, "")):
        return ""
    value = values.get(name, field.parts[5])
    value = value if isinstance(value, str) else ""
    if kind == "champs_cache":
        return f'<input type="hidden" id="{name}" name="{name}" value="{escape(value)}">\n'
    required = '<span class="symbole_obligatoire"></span>' if field.parts[8] == "1" else ""
    return (
        f'<div class="control-group form-group input-{kind} ">\n<label class="control-label col-sm-3">{required}'
        f'{field.label}</label>\n<div class="controls col-sm-9">\n{_input(visit, field, name, value)}</div>\n</div>\n'
    )


def _input(visit: Visit, field: Field, name: str, value: str) -> str:
    mandatory = " required" if field.parts[8] == "1" else ""
    if field.is_enum:
        return _choices(visit, field, name, value, mandatory)
    if field.kind == "textelong":
        longest = f' maxlength="{field.parts[6]}"' if field.parts[6] else ""
        css = field.parts[7] or "wiki"
        return (
            f'<textarea id="{name}" name="{name}" class="form-control {css}" '
            f'rows="{field.parts[4]}"{longest}{mandatory}>'
            f"{escape(value)}</textarea>\n"
        )
    if field.kind in ("image", "fichier"):
        kept = f'<input type="hidden" name="{name}" value="{escape(value)}" />'
        return f'<input type="file" name="{name}" id="{name}" />\n{kept}\n'
    more = ""
    if field.kind in ("jour", "listedatedeb", "listedatefin"):
        more = "".join(f'<select name="{name}_{part}"></select>\n' for part in ("allday", "hour", "minutes"))
    kind = {"texte": field.parts[7] or "text", "jour": "date", "champs_mail": "email", "lien_internet": "url"}
    longest = f' maxlength="{field.parts[4]}"' if field.parts[4] else ""
    return (
        f'<input type="{kind.get(field.kind, "text")}" value="{escape(value)}" id="{name}" name="{name}" '
        f'class="form-control input-xxlarge"{longest}{mandatory} />\n{more}'
    )


def _choices(visit: Visit, field: Field, name: str, value: str, mandatory: str) -> str:
    options, chosen = options_of(visit.state, field), value.split(",")
    if field.kind in ("liste", "listefiche"):
        rows = "".join(
            f'<option value="{escape(key)}"{" selected" if key in chosen else ""}>{label}</option>\n'
            for key, label in options.items()
        )
        return (
            f'<select id="{name}" name="{name}"{mandatory}>\n<option value="">Choisir...</option>\n{rows}</select>\n'
        )
    if field.kind in ("radio", "radiofiche"):
        return "".join(
            f'<div class="radio"><label><input class="element_radio" type="radio" id="{name}_{escape(key)}" '
            f'value="{escape(key)}" name="{name}"{" checked" if key in chosen else ""} /><span>{label}</span>'
            "</label></div>\n"
            for key, label in options.items()
        )
    boxes = "".join(
        '<div class="checkbox"><label><input class="element_checkbox" type="checkbox" '
        f'id="{name}[{escape(key)}]" value="1" '
        f'name="{name}[{escape(key)}]"{" checked" if key in chosen else ""} /><span>{label}</span></label></div>\n'
        for key, label in options.items()
    )
    return f'{boxes}<input type="hidden" value="" name="{name}_fromForm">\n'
