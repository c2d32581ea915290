"""``BazaR&vue=formulaire``: forms made, changed, copied, emptied and deleted; and imported by anybody."""

from __future__ import annotations

import json
from html import escape
from typing import Any
from urllib.parse import quote_plus

from allies_sync_yeswiki.testing import layout, php
from allies_sync_yeswiki.testing.actions import Context, Redirected
from allies_sync_yeswiki.testing.entry_table import entries_of_form
from allies_sync_yeswiki.testing.forms import COLUMNS, Field, parse_template
from allies_sync_yeswiki.testing.state import ReadOnly, WikiState

_NO_TITLE = (
    "Votre formulaire doit contenir un titre. Vous pouvez soit ajouter un champ texte avec comme identifiant "
    '"bf_titre", '
    'soit un champ "titre automatique".<br />'
)
_SENT = ("bn_label_nature", "bn_template", "bn_description", "bn_condition", "bn_sem_context", "bn_sem_type")
_HIGHEST_BELOW = 1000


def forms_view(context: Context, doing: str, above: str) -> str:
    visit, state = context.visit, context.state
    call = visit.call
    imported = call.post.get("imported-form")
    if state.read_only and (doing or imported):
        return layout.hibernating()
    if isinstance(imported, dict):
        for number, text in imported.items():
            import_form(state, number, str(text))
        raise _told(context, "BAZ_FORM_IMPORT_SUCCESSFULL", above)
    number = call.asked("idformulaire")
    if (
        doing in ("new", "modif")
        and call.method == "POST"
        and (call.post.get("valider") or "bn_template" in call.post)
    ):
        return _save(context, doing, above)
    if doing == "new" or (doing == "modif" and visit.is_admin):
        return _form(state.forms.get(number))
    if doing in ("delete", "empty", "clone") and not visit.is_admin:
        raise _told(context, "BAZ_NEED_ADMIN_RIGHTS", above)
    if doing in ("confirm_delete", "confirm_empty"):
        return _confirm(context, doing.removeprefix("confirm_"), number)
    if doing in ("delete", "empty"):
        _destroy(context, doing, number, above)
    if doing == "clone" and number in state.forms:
        copy = {**state.forms[number], "bn_id_nature": ""}
        copy["bn_label_nature"] += " (copie)"
        add_form(state, copy)
        raise _told(context, "BAZ_FORM_CLONED", above)
    rows = "".join(
        f"<tr><td>{escape(form['bn_label_nature'])}</td><td>{key}</td></tr>\n" for key, form in state.forms.items()
    )
    return f'<table id="bazar-forms-table">\n{rows}</table>\n'


def _told(context: Context, message: str, above: str) -> Redirected:
    place = f"{context.visit.call.tag}&vue=formulaire&msg={quote_plus(message)}"
    return Redirected(context.state.url(place), f'<div class="page" ondblclick="doubleClickEdit(event);">\n{above}')


def _save(context: Context, doing: str, above: str) -> str:
    visit, state = context.visit, context.state
    if not visit.is_admin:
        raise _told(context, "BAZ_AUTH_NEEDED", above)
    sent = {name: php.texts(visit.call.post, name) for name in (*_SENT, "bn_id_nature")}
    if not has_title(sent["bn_template"]):
        return f'<div class="alert alert-danger" role="alert">{_NO_TITLE}</div>' + _form(sent)
    if doing == "new":
        add_form(state, sent)
        raise _told(context, "BAZ_NOUVEAU_FORMULAIRE_ENREGISTRE", above)
    number = sent["bn_id_nature"]
    if number in state.forms:
        state.forms[number].update(sent)
    raise _told(context, "BAZ_FORMULAIRE_MODIFIE", above)


def has_title(template: str) -> bool:
    fields = [Field(parts, False) for parts in parse_template(template)]
    return any(field.key == "bf_titre" for field in fields)


def add_form(state: WikiState, sent: dict[str, Any]) -> str:
    """Under the number that was wished for when it is free, else silently under another."""
    if state.read_only:
        raise ReadOnly("tools/bazar/services/FormManager.php:120")
    wished = str(sent.get("bn_id_nature") or "")
    number = wished if wished.isdigit() and wished not in state.forms else free_number(state)
    form = {name: str(sent.get(name) or "") for name in COLUMNS}
    form |= {"bn_id_nature": number, "bn_sem_use_template": "0", "bn_ce_i18n": "fr-FR", "bn_only_one_entry": "N"}
    state.forms[number] = form
    return number


def free_number(state: WikiState) -> str:
    small = [int(number) for number in state.forms if int(number) < _HIGHEST_BELOW]
    return str(max(small, default=0) + 1)


def import_form(state: WikiState, number: str, text: str) -> None:
    """The form of the same label changes; nobody is asked for rights."""
    try:
        sent = json.loads(text)
    except ValueError:
        return
    if not isinstance(sent, dict):
        return
    label = str(sent.get("bn_label_nature", ""))
    same = next((form for form in state.forms.values() if form["bn_label_nature"] == label), None)
    if same is None:
        add_form(state, {**sent, "bn_id_nature": number})
    else:
        same.update({name: str(sent[name] or "") for name in _SENT if name in sent})


def _confirm(context: Context, doing: str, number: str) -> str:
    name = "confirmDeleteToken" if doing == "delete" else "confirmEmptyToken"
    token = context.visit.new_csrf_token(f"{doing}{number}")
    address = escape(context.state.url(f"BazaR&vue=formulaire&action={doing}&idformulaire={number}"))
    return (
        f'<div>\n<form action="{address}"\nmethod="post"\nstyle="display: inline"\n>\n'
        f'<div class="alert alert-warning">{"Supprimer" if doing == "delete" else "Vider"} le formulaire '
        f"{escape(number)} :<br/>"
        "<b>Attention! Toutes les données enregistrées seront perdues.. Etes-vous sûrs de vouloir supprimer "
        "ce type de formulaire et toutes ses fiches associées ?</b><br/></div>\n"
        f'<input type="hidden" name="{name}" value="{token}">\n<button type="submit">OK</button>\n</form>\n</div>\n'
    )


def _destroy(context: Context, doing: str, number: str, above: str) -> None:
    visit, state = context.visit, context.state
    name = "confirmDeleteToken" if doing == "delete" else "confirmEmptyToken"
    wrong = visit.csrf_error(f"{doing}{number}", visit.call.posted(name))
    if wrong:
        raise _told(context, wrong, above)
    for page, _ in list(entries_of_form(state, number)):
        state.delete(page.tag)
    if doing == "delete":
        state.forms.pop(number, None)
        raise _told(context, "BAZ_FORMULAIRE_ET_FICHES_SUPPRIMES", above)
    raise _told(context, "BAZ_FORMULAIRE_VIDE", above)


def _form(form: dict[str, str] | None) -> str:
    form = form or {}
    return (
        '<form\naction=""\nmethod="post"\nname="formulaire"\nid="formulaire"\nclass="form-horizontal"\n>\n'
        f'<input name="bn_label_nature" value="{escape(form.get("bn_label_nature", ""))}" />\n'
        f'<textarea name="bn_template">{escape(form.get("bn_template", ""))}</textarea>\n'
        f'<input name="bn_id_nature" value="{escape(form.get("bn_id_nature", ""))}" />\n</form>\n'
    )
