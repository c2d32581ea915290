"""``{{bazar}}``: the page of entries, forms and lists, and the same wherever else the action stands."""

from __future__ import annotations

from html import escape

from allies_sync.platforms.testing.exchange import Answer
from allies_sync_yeswiki.testing import layout, lists
from allies_sync_yeswiki.testing.actions import Context, Parameters, Redirected, action
from allies_sync_yeswiki.testing.attachments import store_uploads
from allies_sync_yeswiki.testing.bazar_forms import forms_view
from allies_sync_yeswiki.testing.entries import create
from allies_sync_yeswiki.testing.entry_editing import entry_form
from allies_sync_yeswiki.testing.entry_pages import entry_card
from allies_sync_yeswiki.testing.entry_table import data_of, is_entry
from allies_sync_yeswiki.testing.handlers import handler
from allies_sync_yeswiki.testing.names import is_legal
from allies_sync_yeswiki.testing.php import json_plain
from allies_sync_yeswiki.testing.queries import html_data, search, visible
from allies_sync_yeswiki.testing.state import ReadOnly, WikiError
from allies_sync_yeswiki.testing.triples import TYPE
from allies_sync_yeswiki.testing.visit import Visit

_VIEWS = ("formulaire", "consulter", "saisir", "listes", "importer", "exporter")
_TITLES = ("Formulaires", "Rechercher", "Saisir", "Listes", "Importer", "Exporter")
_CAPTCHA = "La page n'a pas été enregistrée car vous n'avez pas rentré le mot de vérification."


@action("bazar")
def bazar(context: Context, parameters: Parameters) -> str:
    visit = context.visit
    call = visit.call
    view = call.asked("vue") or parameters.get("vue") or "consulter"
    doing = call.asked("action") or parameters.get("action", "")
    number = call.asked("id") or call.posted("id_typeannonce") or parameters.get("id", "")
    above = "" if parameters.get("voirmenu") == "0" else menu(context, view)
    try:
        if view == "saisir":
            return above + _entry(context, parameters, doing, number, above)
        if view == "formulaire":
            return above + forms_view(context, doing, above)
        if view == "listes":
            return above + _lists(context, doing, above)
        if view in ("importer", "exporter"):
            return above + _admins_only(visit, view)
        if doing == "voir_fiche":
            return above + _one(visit, call.asked("id_fiche"))
        return above + entries_list(visit, number, call.asked("query"), call.asked("q"))
    except WikiError as error:
        return above + layout.exception(visit.state, error)


def menu(context: Context, view: str) -> str:
    items = ""
    for name, title in zip(_VIEWS, _TITLES, strict=True):
        active = 'class="active"' if name == view else ""
        address = escape(context.state.url(f"BazaR&vue={name}"))
        items += f'<li {active}>\n        <a href="{address}">\n          {title}\n        </a>\n      </li>\n'
    element = "nav" if context.state.is_dev else "div"
    return f'<{element} class="BAZ_menu">\n  <ul class="nav nav-tabs">\n{items}</ul>\n</{element}>\n'


def _go(context: Context, place: str, above: str) -> Redirected:
    return Redirected(context.state.url(place), f'<div class="page" ondblclick="doubleClickEdit(event);">\n{above}')


def _entry(context: Context, parameters: Parameters, doing: str, number: str, above: str) -> str:
    visit, state = context.visit, context.state
    tag = visit.call.asked("id_fiche")
    if doing == "supprimer":
        if not visit.may_manage(tag):
            return layout.alert("Vous n'avez pas les droits pour supprimer cette fiche")
        state.delete(tag)
        visit.session.flash = f"La fiche a bien &eacute;t&eacute; supprim&eacute;e. ({escape(tag)})"
        raise _go(context, f"{visit.call.tag}&vue=consulter", above)
    if doing == "modif_fiche" and tag:
        return _change(visit, tag)
    if not number:
        return _choose_form(context)
    if state.read_only:
        return layout.hibernating()
    if visit.call.method != "POST" or "bf_titre" not in visit.call.post:
        return entry_form(visit, number, {})
    if state.config.use_captcha and not visit.is_admin:
        return _CAPTCHA + entry_form(visit, number, {})
    tag = visit.call.posted("id_fiche")
    sent = {**visit.call.post, **store_uploads(state, visit.call, tag, number)}
    tag = create(state, number, sent, visit.user)
    raise Redirected(_thanks(context, parameters, tag), f'<div class="page">\n{above}')


def _thanks(context: Context, parameters: Parameters, tag: str) -> str:
    call = context.visit.call
    wanted = parameters.get("redirecturl") or call.value("redirecturl") or call.value("incomingurl")
    if not wanted:
        return context.state.url(f"{call.tag}&vue=consulter&action=voir_fiche&id_fiche={tag}&message=ajout_ok")
    return context.state.url(wanted) if is_legal(wanted) else wanted


def _change(visit: Visit, tag: str) -> str:
    """Shown to anybody; only sending it is refused."""
    page = visit.state.pages.get(tag)
    if page is None or not is_entry(visit.state, tag):
        return layout.alert("Cette fiche n'existe pas")
    return entry_form(visit, str(data_of(page).get("id_typeannonce", "")), visible(visit, page))


def _choose_form(context: Context) -> str:
    return "".join(
        f'<a href="{escape(context.state.url(f"BazaR&vue=saisir&action=saisir_fiche&id={number}"))}">'
        f"{escape(form['bn_label_nature'])}</a>\n"
        for number, form in context.state.forms.items()
    )


def _one(visit: Visit, tag: str) -> str:
    """One entry, with its public fields even for those who may not read it."""
    page = visit.state.pages.get(tag)
    if page is None or not is_entry(visit.state, tag):
        return layout.alert("Cette fiche n'existe pas")
    thanks = ""
    if visit.call.asked("message") == "ajout_ok":
        thanks = '<div class="alert alert-success">\n  La fiche a bien été enregistrée.\n</div>\n'
    return thanks + entry_card(visit, page, data_of(page))


def entries_list(visit: Visit, number: str, query: str = "", words: str = "") -> str:
    """Accordion; what a client may look for in any list of entries."""
    found = sorted(search(visit, number or None, query=query), key=lambda one: str(one[1].get("bf_titre", "")))
    if words:
        found = [
            (page, data) for page, data in found if words.lower() in json_plain(data).lower() or words in str(data)
        ]
    plural = "s" if len(found) > 1 else ""
    rows = []
    for page, data in found:
        shown = visible(visit, page, data)
        attributes = html_data(visit.state, {**shown, "owner": page.owner})
        rows.append(
            f'<div class="panel panel-default bazar-entry" {attributes}>\n<h4 class="panel-title">\n'
            f'{shown.get("bf_titre", "")}\n</h4>\n<div class="panel-body">'
            f"\n{entry_card(visit, page, data)}\n</div>\n</div>\n"
        )
    count = f'<div class="alert alert-info">Il y a {len(found)} fiche{plural}.</div>\n'
    return f'<div class="bazar-list">\n{count}{"".join(rows)}</div>\n'


@handler("bazariframe")
def _frame(visit: Visit) -> Answer:
    return layout.page(visit, layout.box(entries_list(visit, visit.call.asked("id"))))


@action("bazarliste")
def _list(context: Context, parameters: Parameters) -> str:
    asked = context.visit.call.asked("query")
    query = "|".join(one for one in (parameters.get("query", ""), asked) if one)
    number = parameters.get("id") or parameters.get("idtypeannonce", "")
    return entries_list(context.visit, number, query)


def _admins_only(visit: Visit, view: str) -> str:
    if not visit.is_admin:
        name = "bazarimport" if view == "importer" else "bazarexport"
        return layout.alert(f"Action {name} : Op&eacute;ration permise aux administrateurs uniquement")
    address = escape(visit.state.url(f"BazaR&vue={view}"))
    return f'<form method="post" class="form-horizontal" action="{address}"></form>\n'


def _lists(context: Context, doing: str, above: str) -> str:
    visit, state = context.visit, context.state
    tag = visit.call.asked("idliste")
    if doing and state.read_only:
        return layout.hibernating()
    imported = visit.call.post.get("imported-list")
    if isinstance(imported, dict) and not doing:
        if state.read_only:
            raise ReadOnly("tools/bazar/services/ListManager.php:90")
        for content in filter(None, (lists.imported_list(state, str(one)) for one in imported.values())):
            lists.create_list(state, *content, visit.user)
    if doing == "supprimer_liste":
        if lists.is_list(state, tag) and visit.may_manage(tag):
            state.delete(tag)
            state.triples.remove(state.triples.find(tag, TYPE))
        raise _go(context, "BazaR&vue=listes", above)
    if doing in ("saisir_liste", "modif_liste") and visit.call.method == "POST":
        sent = lists.sent_list(state, visit.call.post)
        if sent is not None and doing == "modif_liste":
            lists.update_list(state, tag, *sent, visit.user)
            raise _go(context, "BazaR&vue=listes", above)
        if sent is not None:
            tag = lists.create_list(state, *sent, visit.user)
            if visit.call.asked("onsubmit") != "postmessage":
                raise _go(context, "BazaR&vue=listes", above)
            message = json_plain({"msg": "list_created", "id": tag, "title": sent[0]})
            return f"<script>\nwindow.top.postMessage({message}, '*')\n</script>"
    rows = (page.tag for page in state.pages.latest() if lists.is_list(state, page.tag))
    return "<ul>\n" + "".join(f"<li>{escape(tag)}</li>\n" for tag in rows) + "</ul>\n"
