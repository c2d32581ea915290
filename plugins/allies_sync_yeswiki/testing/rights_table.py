"""``{{gererdroits}}``: the rights of all pages in one table, and changed for many at once."""

from __future__ import annotations

from html import escape
from typing import Any

from allies_sync_yeswiki.testing import layout
from allies_sync_yeswiki.testing.actions import Context, Parameters, action
from allies_sync_yeswiki.testing.entry_table import data_of, is_entry
from allies_sync_yeswiki.testing.lists import is_list
from allies_sync_yeswiki.testing.names import fold
from allies_sync_yeswiki.testing.pages import Revision
from allies_sync_yeswiki.testing.state import Privilege, WikiState

_PRIVILEGES: tuple[tuple[str, Privilege], ...] = (("lire", "read"), ("ecrire", "write"), ("comment", "comment"))
_LABELS = {
    "*": ("success", "Tout le monde"),
    "+": ("warning", "Utilisateurs connectés"),
    "%": ("danger", "Propriétaire de la page"),
}
_CLASSES = {"@": "primary", "!": "danger"}
_SPECIAL = (
    *("BazaR", "GererSite", "GererDroits", "GererThemes", "GererMisesAJour", "GererUtilisateurs", "GererConfig"),
    *("GererDroitsActions", "GererDroitsHandlers", "TableauDeBord", "PageTitre", "PageMenuHaut", "PageRapideHaut"),
    *("PageHeader", "PageFooter", "PageCSS", "PageMenu", "PageColonneDroite", "MotDePassePerdu", "ActuYeswiki"),
    *("ParametresUtilisateur", "LookWiki"),
)


@action("gererdroits")
def rights_table(context: Context, parameters: Parameters) -> str:
    visit, state = context.visit, context.state
    if not visit.is_admin:
        return layout.alert("Action gererdroits : Op&eacute;ration permise aux administrateurs uniquement")
    told = _changed(state, visit.call.post)
    chosen = visit.call.asked("filter")
    rows = "".join(_row(state, page) for page in _pages(state, chosen))
    place = f"{visit.call.tag}&filter={chosen}" if chosen else visit.call.tag
    return (
        f'<form\n  method="post"\n  action="{escape(state.url(place))}"\n  class="form-acls form-inline"\n>\n{told}\n'
        "<p>Cochez les pages que vous souhaitez modifier et choisissez une action en bas de page</p>\n"
        f'<table class="table table-striped table-condensed table-acls">\n<tbody>\n{rows}</tbody>\n</table>\n'
        '<input name="newlire_advanced" class="acl-advanced form-control" />\n'
        '<input name="newecrire_advanced" class="acl-advanced form-control" />\n'
        '<input name="newcomment_advanced" class="acl-advanced form-control" />\n'
        '<input name="geredroits_modifier" value="Mettre à jour" type="submit">\n</form>'
    )


def _pages(state: WikiState, chosen: str) -> list[Revision]:
    """Every revision that claims to be the latest."""
    pages = [row for page in state.pages.latest() for row in state.pages.revisions(page.tag) if row.latest]
    if chosen == "pages":
        return [page for page in pages if not is_entry(state, page.tag)]
    if chosen == "specialpages":
        special = {fold(tag) for tag in _SPECIAL}
        return [page for page in pages if fold(page.tag) in special]
    if chosen == "lists":
        return [page for page in pages if is_list(state, page.tag)]
    if chosen.isdigit():
        entries = (page for page in pages if is_entry(state, page.tag))
        return [page for page in entries if str(data_of(page).get("id_typeannonce")) == chosen]
    return pages


def _row(state: WikiState, page: Revision) -> str:
    tag = escape(page.tag)
    cells = "".join(f'<td align="center">\n{_shown(state.acl(page.tag, one))}\n</td>\n' for _, one in _PRIVILEGES)
    link = f'<a href="{escape(state.url(page.tag))}" data-tag="{tag}">{tag}</a>'
    return (
        f'<tr>\n<td>\n<label for="selectpage[{tag}]">\n<input type="checkbox" name="selectpage[{tag}]"\n'
        f'value="{tag}" class="selectpage"\nid="selectpage[{tag}]">\n<span></span>\n</label>\n</td>\n'
        f"<td>\n{link}</td>\n{cells}</tr>\n"
    )


def _shown(acl: str) -> str:
    labels = (_LABELS.get(line, (_CLASSES.get(line[:1], "default"), line)) for line in acl.split("\n"))
    return "<br>".join(f'<span class="label label-{kind}">{escape(text)}</span>' for kind, text in labels)


def _changed(state: WikiState, post: dict[str, Any]) -> str:
    if "geredroits_modifier" not in post:
        return ""
    chosen = post.get("selectpage")
    wanted = {one: str(post.get(f"new{name}_advanced") or post.get(f"new{name}") or "") for name, one in _PRIVILEGES}
    if not isinstance(chosen, dict):
        return layout.alert("Aucune page n'a été sélectionnée")
    if post.get("typemaj") != "default" and not any(wanted.values()):
        return layout.alert("Aucun droit n'a été choisi")
    for tag in chosen.values():
        if isinstance(tag, str):
            _change(state, tag, str(post.get("typemaj", "")), wanted)
    return layout.alert("Droit modifiés avec succès", "success")


def _change(state: WikiState, tag: str, way: str, wanted: dict[Privilege, str]) -> None:
    """No matter whether there is such a page."""
    if way == "default":
        state.forget_acls(tag)
        return
    for privilege, acl in wanted.items():
        if not acl:
            continue
        if privilege == "comment":
            acl = ",".join(one for one in acl.split(",") if one.strip() not in ("", "*")) or "comments-closed"
        former = f"{state.acl(tag, privilege)}\n" if way == "ajouter" and state.has_acl(tag, privilege) else ""
        state.set_acl(tag, privilege, former + acl)
