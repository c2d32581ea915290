"""Pages for administrators: groups, configuration; and for everybody: accounts, search."""

from __future__ import annotations

import re
from dataclasses import fields as dataclass_fields
from html import escape
from typing import Any

from allies_sync_yeswiki.testing import layout
from allies_sync_yeswiki.testing.actions import Context, Parameters, Redirected, action
from allies_sync_yeswiki.testing.state import Config

_EDITABLE = (
    "wakka_name",
    "use_hashcash",
    "use_captcha",
    "default_read_acl",
    "default_write_acl",
    "default_comment_acl",
    "bazarIgnoreAcls",
    "htmlPurifierActivated",
    "allow_raw_html",
    "timezone",
    "wiki_status",
)


@action("editgroups")
def _groups(context: Context, parameters: Parameters) -> str:
    visit, accounts = context.visit, context.state.accounts
    if not visit.is_admin:
        return layout.alert("Action editgroups : Op&eacute;ration permise aux administrateurs uniquement")
    call = visit.call
    told, members, name = "", "", call.posted("groupname")
    known = next((group for group in accounts.groups if group.lower() == name.lower()), name)
    if call.post.get("action-view") and known in accounts.groups:
        members = f'<textarea name="acl" rows="3">{escape(chr(10).join(accounts.groups[known]))}</textarea>\n'
    elif call.post.get("action-save"):
        wrong = visit.csrf_error("main", call.posted("confirmToken"))
        if wrong:
            told = layout.alert(wrong)
        elif not re.fullmatch(r"[A-Za-z0-9]+", name):
            told = layout.alert("Le nom du groupe ne peut contenir que des lettres et des chiffres")
        else:
            lines = re.split(r"[\r\n,]+", call.posted("acl"))
            accounts.groups[known] = [line.strip() for line in lines if line.strip()]
            told = layout.alert(
                f"Nouvelle ACL enrégistrée avec succès pour le groupe {escape(name[:1].upper() + name[1:])}",
                "success",
            )
    options = "".join(
        f'<option value="{escape(group)}">{escape(group)}</option>\n' for group in sorted(accounts.groups)
    )
    return (
        f'{told}\n<form action="{escape(context.state.url(call.tag))}" method="post">\n<select name="groupname">'
        f"\n{options}"
        f'</select>\n{members}<input type="hidden" name="confirmToken" '
        f'value="{visit.new_csrf_token("main")}">\n'
        '<button name="action-view" value="1">Voir</button>\n</form>'
    )


@action("editconfig")
def _config(context: Context, parameters: Parameters) -> str:
    visit, config = context.visit, context.state.config
    if not visit.is_admin:
        return layout.alert("Action editconfig : Op&eacute;ration permise aux administrateurs uniquement")
    if not config.config_writable:
        return layout.alert("Le fichier de configuration n'est pas accessible en écriture")
    if visit.call.posted("save_config"):
        for name in _EDITABLE:
            sent = visit.call.posted(name)
            setattr(config, name, _typed(name, sent) if sent else getattr(Config(), name))
        raise Redirected(context.state.url(f"{visit.call.tag}&saved_config=1"))
    rows = "".join(
        f'<input type="text" name="{name}" value="{escape(_shown(config, name))}" class="form-control" '
        f'placeholder="Valeur actuelle : {escape(_text(getattr(config, name)))}">\n'
        for name in _EDITABLE
    )
    return (
        f'<form id="edit-config" name="edit-config" action="{escape(context.state.url(visit.call.tag))}" '
        'method="post">\n'
        f'{rows}<input type="hidden" name="save_config" value="1">\n<button type="submit">Valider</button>\n</form>'
    )


def _typed(name: str, value: str) -> Any:
    kind = next(field.type for field in dataclass_fields(Config) if field.name == name)
    return value.strip().lower() in ("true", "1") if kind == "bool" else value


def _shown(config: Config, name: str) -> str:
    """Nothing for what stands not in the file; sent back so, it stays out of it."""
    value = getattr(config, name)
    return "" if value == getattr(Config(), name) else _text(value)


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


@action("usersettings")
def _account(context: Context, parameters: Parameters) -> str:
    visit, state = context.visit, context.state
    call = visit.call
    if call.posted("usersettings_action") == "signup" and state.config.signup:
        name = call.posted("name")
        if state.accounts.by_login(name) or state.accounts.by_login(call.posted("email")):
            return layout.alert("Cet identifiant existe déjà")
        if call.posted("password") != call.posted("confpassword") or len(call.posted("password")) < 5:
            return layout.alert("Mots de passe différents ou trop courts")
        state.add_user(name, call.posted("password"), call.posted("email"))
        visit.log_in(name, remember=False)
        raise Redirected(state.url(call.tag))
    return '<form method="post"><input name="usersettings_action" value="signup" type="hidden"></form>'


@action("newtextsearch", "textsearch")
def _search(context: Context, parameters: Parameters) -> str:
    """Finds words in everything that may be read as a page, in private fields too."""
    visit = context.visit
    words = visit.call.value("phrase")
    if not words:
        return '<form method="get"><input name="phrase"></form>'
    try:
        wanted = re.compile(words, re.IGNORECASE)
    except re.error:
        wanted = re.compile(re.escape(words), re.IGNORECASE)
    found = [
        page for page in context.state.pages.latest() if visit.may("read", page.tag) and wanted.search(page.body)
    ]
    rows = "".join(
        f'<li><a href="{escape(context.state.url(page.tag))}" data-tag="{escape(page.tag)}">'
        f"{escape(page.tag)}</a></li>\n"
        for page in found
    )
    return f"<ol>\n{rows}</ol>\n" if found else layout.alert("Aucun résultat", "info")
