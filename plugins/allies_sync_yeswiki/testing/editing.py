"""The edit form: who may, the riddle, the captcha, the check against others, and the writing."""

from __future__ import annotations

from html import escape

from allies_sync.platforms.testing.exchange import Answer
from allies_sync_yeswiki.testing import layout
from allies_sync_yeswiki.testing.actions import Context
from allies_sync_yeswiki.testing.entry_editing import edit_entry
from allies_sync_yeswiki.testing.entry_table import is_entry
from allies_sync_yeswiki.testing.handlers import handler
from allies_sync_yeswiki.testing.metadata import merge_metadata, metadata_of
from allies_sync_yeswiki.testing.triples import TAG
from allies_sync_yeswiki.testing.visit import Visit

DENIED = "Vous n'&ecirc;tes pas autoris&eacute; &agrave; éditer cette page. veuillez vous identifier."
CONFLICT = (
    "Cette page a été modifiée par quelqu'un d'autre pendant que vous l'éditiez.\\n"
    "Veuillez copier vos changements et rééditer cette page."
)
_THEME = {"theme": "margot", "squelette": "1col.tpl.html", "style": "light.css", "bgimg": ""}
_ZONES = ("favorite_preset", "PageFooter", "PageHeader", "PageTitre", "PageRapideHaut", "PageMenuHaut", "PageMenu")
CAPTCHA = "La page n'a pas été enregistrée car vous n'avez pas rentré le mot de vérification."


@handler("edit")
def edit(visit: Visit) -> Answer:
    state, call = visit.state, visit.call
    if not (visit.may("write") and visit.may("read")):
        return layout.login_wall(visit, DENIED)
    page = state.pages.get(call.tag)
    if page is not None and is_entry(state, page.tag):
        return edit_entry(visit, page.tag)
    if state.read_only:
        refused = f"<i>Vous n'avez pas accès en écriture à cette page !</i>\n{layout.hibernating()}"
        return layout.page(visit, layout.box(refused))
    if call.method == "POST" and call.posted("submit") == "preview":
        shown = Context(visit).render(call.posted("body"))
        return _form(
            visit, call.posted("body"), "", f'<h1>Aperçu</h1>\n<div class="page_preview">\n{shown}\n</div>\n'
        )
    if call.method != "POST" or call.posted("submit") != "Sauver":
        state.hashcash.form_shown(state.clock.now())
        return _form(visit, page.body if page else "", "")
    error = _refused(visit)
    if error is None and "pagetags" in call.post and call.posted("antispam") == "1":
        _keep_keywords(visit)
    if error is None and page is not None and call.posted("previous") != str(page.id):
        error = CONFLICT
    body = call.posted("body").replace("\r", "")
    if error is not None:
        state.hashcash.form_shown(state.clock.now())
        return _form(visit, body, error)
    body = body.rstrip()
    if page is not None and body in ("", page.body.rstrip()):
        visit.session.flash = "Cette page n\\'a pas été enregistrée car elle n\\'a subi aucune modification."
    else:
        state.save(call.tag, body, visit.user)
        if page is None:
            _dress(visit)
    return layout.redirect(state.url(page.tag if page else call.tag))


def _dress(visit: Visit) -> None:
    """A page that says nothing of itself yet takes the theme that came with the form, and the pages of its zones."""
    call = visit.call
    if not call.posted("newpage") or "theme" not in call.post or metadata_of(visit.state, call.tag):
        return
    chosen = {name: call.posted(name) or default for name, default in _THEME.items()}
    chosen |= {name: call.posted(name) for name in _ZONES if call.posted(name)}
    merge_metadata(visit.state, call.tag, chosen)


def _keep_keywords(visit: Visit) -> None:
    """They replace those of before; and are kept even when the text then meets a conflict."""
    state, tag = visit.state, visit.call.tag
    state.triples.remove(state.triples.find(tag, TAG))
    for word in filter(None, visit.call.posted("pagetags").split(",")):
        state.triples.add(tag, TAG, word)


def _refused(visit: Visit) -> str | None:
    """Why nobody even looks at what was sent; empty when the page does not say why."""
    state, call = visit.state, visit.call
    if state.config.use_hashcash and not state.hashcash.accepts(call.posted("hashcash_value")):
        return ""
    if state.config.use_captcha and not visit.is_admin:
        return CAPTCHA
    return None


def _form(visit: Visit, body: str, error: str, above: str = "") -> Answer:
    state, call = visit.state, visit.call
    page = state.pages.get(call.tag)
    previous = call.posted("previous") or (page.id if page else "")
    message = f"  {layout.alert(error)}\n" if error else ""
    captcha = ""
    if state.config.use_captcha and not visit.is_admin:
        captcha = '<input type="text" name="captcha" />\n<input type="hidden" name="captcha_hash" value="abc" />\n'
    return layout.page(
        visit,
        layout.box(
            f'{message}\n{above}\n<form id="ACEditor" name="ACEditor" enctype="multipart/form-data"\n'
            f'      action="{escape(state.url(call.tag + "/edit"))}" method="POST">\n\n'
            f'  <input type="hidden" name="previous" value="{previous}" />\n'
            '  <button type="submit" name="submit" value="Sauver" class="aceditor-btn-save btn btn-primary">\n'
            "      Sauver\n    </button>\n"
            '  <textarea id="body" name="body" rows="3"\n            class="aceditor-textarea">'
            f"{escape(body)}</textarea>\n"
            f"{captcha}</form>\n{_theme_inputs()}"
        ),
    )


def _theme_inputs() -> str:
    return "".join(
        f'<input id="hidden{name}" type="hidden" name="{name}" value="{value}" />\n' for name, value in _THEME.items()
    )
