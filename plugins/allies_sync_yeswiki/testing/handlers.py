"""What can be done with a page: ``?TAG`` shows it, ``?TAG/raw``, ``?TAG/edit`` and so on."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from allies_sync.platforms.testing.exchange import Answer
from allies_sync_yeswiki.testing import layout, names, php
from allies_sync_yeswiki.testing.actions import Context, zones
from allies_sync_yeswiki.testing.entry_pages import entry_as_json, entry_html, entry_summary
from allies_sync_yeswiki.testing.entry_table import is_entry, title_of
from allies_sync_yeswiki.testing.metadata import merge_metadata
from allies_sync_yeswiki.testing.pages import Revision
from allies_sync_yeswiki.testing.state import Privilege
from allies_sync_yeswiki.testing.visit import Visit

Handler = Callable[[Visit], Answer]
HANDLERS: dict[str, Handler] = {}
_AREAS: tuple[tuple[Privilege, str], ...] = (("read", "de lecture"), ("write", "d'écriture"))
MISSING = 'Cette page n\'existe pas encore, voulez-vous la <a href="{}">créer</a> ?'
NOT_READABLE = "Vous n'êtes pas autorisé à lire cette page"
_NOT_READABLE_WALL = "Vous n'&ecirc;tes pas autoris&eacute; &agrave; lire cette page, veuillez vous identifier."


def handler(name: str) -> Callable[[Handler], Handler]:
    def register(function: Handler) -> Handler:
        HANDLERS[name] = function
        return function

    return register


def plain(text: str, kind: str = "text/plain; charset=UTF-8") -> Answer:
    return Answer(
        200,
        [("Content-Type", kind), ("Cache-Control", "no-store, no-cache, must-revalidate")],
        text.encode("utf-8", "replace"),
    )


def answer_page(visit: Visit) -> Answer:
    """Any address of a page."""
    tag, name = visit.call.tag, visit.call.handler
    if not names.is_legal(tag):
        return layout.html("<p>Le nom de la page est incorrect.</p>")
    done = _log_in_or_out(visit)
    if done is not None:
        return done
    found = HANDLERS.get(name)
    if found is None:
        return layout.html(layout.alert(f"Handler {escape(name)} : N'existe pas") + "\n")
    return found(visit)


def _log_in_or_out(visit: Visit) -> Answer | None:
    call, state = visit.call, visit.state
    if call.value("action") == "logout":
        visit.log_out()
        return layout.redirect(state.url(call.tag))
    if call.posted("action") != "login":
        return None
    user = state.accounts.by_login(call.posted("name"))
    if user is None:
        visit.session.flash = "Identification impossible : Identifiant non reconnu."
    elif user.password != call.posted("password"):
        visit.session.flash = "Identification impossible : mauvais mot de passe."
    else:
        visit.log_in(user.name, remember=call.posted("remember") == "1")
    here = state.url(call.tag)
    return layout.redirect(here if state.pages.get(call.tag) is None else call.posted("incomingurl") or here)


def current(visit: Visit) -> Revision | None:
    """The revision that was asked for: the latest, or that of ``&time=``."""
    time = visit.call.asked("time")
    if time:
        return visit.state.pages.at(visit.call.tag, time)
    return visit.state.pages.get(visit.call.tag)


def body_html(visit: Visit, page: Revision, *, redirects: bool = True) -> str:
    visit.redirects = redirects
    rendered = entry_html(visit, page)
    return Context(visit).render(page.body) if rendered is None else rendered


@handler("epub")
def epub(visit: Visit) -> Answer:
    lacking = (
        "Cette page ne poss&egrave;de pas les m&eacute;tadonn&eacute;es n&eacute;cessaires pour cr&eacute;er l'ebook."
    )
    return layout.page(visit, layout.alert(lacking))


@handler("render")
def render(visit: Visit) -> Answer:
    """Only what surrounds the content."""
    return layout.page(visit, "")


@handler("")
@handler("show")
@handler("iframe")
def show(visit: Visit) -> Answer:
    tag, page = visit.call.tag, current(visit)
    if page is None:
        link = escape(visit.state.url(f"{tag}/edit"))
        return layout.page(visit, layout.box(MISSING.format(link) + '<hr class="hr_clear" />'))
    if not visit.may("read"):
        wall = layout.login_wall(visit, _NOT_READABLE_WALL)
        leaked = entry_summary(visit, page)
        if leaked:
            meta = f'<meta property="og:description" content="{layout.quoted(leaked)}" />\n<title>'
            wall.body = wall.body.replace(b"<title>", meta.encode(), 1)
        return wall
    if "application/json" in visit.call.request.headers.get("Accept", ""):
        data = entry_as_json(visit, page)
        if data is not None:
            return plain(php.json_plain(data), "application/json; charset=UTF-8")
    above = zones(visit)
    content = body_html(visit, page)
    return layout.page(
        visit,
        f'<div class="page" >\n{content}<hr class="hr_clear" />\n</div>',
        title=title_of(visit.state, page),
        description=entry_summary(visit, page),
        zones=above,
    )


@handler("raw")
def raw(visit: Visit) -> Answer:
    page = current(visit)
    if page is None or not visit.may("read"):
        return layout.html("")
    return plain(page.body)


@handler("html")
def html(visit: Visit) -> Answer:
    page = current(visit)
    if page is None:
        link = escape(visit.state.url(f"{visit.call.tag}/edit"))
        return layout.html(layout.box(MISSING.format(link)))
    if not visit.may("read"):
        return layout.html("")
    return layout.html(f'<div class="page">\n{body_html(visit, page, redirects=False)}\n</div>\n')


@handler("acls")
def acls(visit: Visit) -> Answer:
    state, call = visit.state, visit.call
    if not visit.may_manage(call.tag):
        return layout.page(visit, layout.box(layout.alert("Vous ne pouvez pas gérer les permissions de cette page")))
    if call.method == "POST":
        for privilege in ("read", "write", "comment"):
            state.set_acl(call.tag, privilege, call.posted(f"{privilege}_acl"))
        owner = call.posted("newowner")
        visit.session.flash = "Droits d\\'accès mis à jour !"
        if owner:
            state.pages.set_owner(call.tag, owner)
            visit.session.flash = (
                f"Droits d\\'accès mis à jour et changement du propriétaire. Nouveau propriétaire : {owner} !"
            )
        return layout.redirect(state.url(call.tag), '<div class="page">\n')
    users = "".join(
        f'<option value="{escape(name)}">{escape(name)}</option>\n' for name in sorted(state.accounts.users)
    )
    page = state.pages.get(call.tag)
    tag = page.tag if page else call.tag
    named = escape(tag)
    link = f'<a href="{escape(state.url(tag))}" data-tag="{named}" data-method="" data-tracked="true">{named}</a>'
    areas = "".join(
        f'<label class="control-label col-sm-3">Droits {what} (* pour tous, + pers identifiées, @admins grp '
        "admin) : </label>\n"
        f'<textarea class="form-control" name="{privilege}_acl" rows="3" cols="20"\n            >'
        f"{escape(state.acl(tag, privilege))}</textarea>\n"
        for privilege, what in _AREAS
    )
    return layout.page(
        visit,
        layout.box(
            f"<h3>Liste des droits d'accès de la page {link}</h3><!-- Access Control Lists for-->\n\n"
            f'<form action="{escape(state.url(tag + "/acls"))}" method="post" class="form-horizontal">\n{areas}'
            f'<input type="hidden" name="comment_acl" value="{escape(state.acl(tag, "comment"))}">\n'
            '<select class="form-control" name="newowner"\n            >\n      <option value="">Ne rien '
            "modifier</option>"
            f'<!-- Don\'t change-->\n      <option value="">&nbsp;</option>\n{users}    </select>\n'
            '<input type="submit" value="Enregistrer" class="btn btn-primary" accesskey="s" />\n</form>'
        ),
    )


@handler("revisions")
def revisions(visit: Visit) -> Answer:
    state, call = visit.state, visit.call
    page = state.pages.get(call.tag)
    if not visit.may("read"):
        return layout.page(visit, layout.refusal(NOT_READABLE))
    rows = state.pages.revisions(call.tag)
    restored = call.asked("restoreRevisionId")
    if restored and visit.may("write"):
        former = next((row for row in rows if str(row.id) == restored), None)
        if former is not None:
            state.save(former.tag, former.body, visit.user)
        return layout.redirect(state.url(call.tag))
    shown = sorted(rows, key=lambda row: row.time, reverse=True)[: state.config.revisionscount]
    data = php.json_plain([{"id": str(row.id), "time": row.time, "user": row.user} for row in shown])
    entry = "1" if page is not None and is_entry(state, page.tag) else ""
    return layout.page(
        visit,
        layout.box(
            f'\n\n<div class="revisions-container" \n     data-revisions="{escape(data)}" \n'
            f'     data-revisions-count="{len(rows)}"\n     data-is-entry="{entry}">\n</div>'
        ),
    )


@handler("deletepage")
def delete_page(visit: Visit) -> Answer:
    state, call = visit.state, visit.call
    if not visit.may_manage(call.tag):
        return layout.page(visit, layout.refusal("Vous n'êtes pas le propriétaire de cette page."))
    if call.method == "POST" and call.asked("confirme") == "oui":
        wrong = visit.csrf_error("deletepage", call.posted("csrf-token"))
        if wrong:
            return layout.page(visit, layout.refusal(f"Page non supprimée. {wrong}"))
        state.delete(call.tag)
        return layout.redirect(state.url(state.config.root_page))
    address = escape(state.url(f"{call.tag}/deletepage&confirme=oui"))
    token = visit.new_csrf_token("deletepage")
    return layout.page(
        visit,
        layout.box(
            f'<form action="{address}" method="post" style="display: inline">\nVoulez-vous vraiment supprimer '
            f"définitivement la page {escape(call.tag)}&nbsp;?\n"
            f'<input type="hidden" name="csrf-token" value="{token}"><input type="submit" class="btn btn-danger" '
            'value="Supprimer" />\n</form>'
        ),
    )


@handler("savemetadatas")
def save_metadata(visit: Visit) -> Answer:
    state, call = visit.state, visit.call
    kind = "application/json; charset=UTF-8"
    if not (visit.may("write") and visit.may("read")):
        return plain(php.json_plain({"result": "ERREUR : pas les droits d'acc&eacute;s."}), kind)
    if "metadatas" not in call.post:
        return plain(php.json_plain({"result": "ERREUR : rien &agrave; ajouter dans les meta-donn&eacute;es."}), kind)
    sent = call.post.get("metadatas")
    merge_metadata(state, call.tag, sent if isinstance(sent, dict) else {})
    return plain('{"result":0}', kind)
