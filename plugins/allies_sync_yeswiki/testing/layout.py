"""Pages as a browser gets them: what surrounds the content, and the boxes that tell what went wrong."""

from __future__ import annotations

from html import escape

from allies_sync.platforms.testing.exchange import Answer
from allies_sync_yeswiki.testing import php
from allies_sync_yeswiki.testing.entry_table import title_of
from allies_sync_yeswiki.testing.state import READ_ONLY, WikiError, WikiState
from allies_sync_yeswiki.testing.visit import Visit

HTML = "text/html; charset=UTF-8"
_BACK = (
    '<div>\n  <a class="btn btn-sm btn-secondary-1" href="javascript:history.back()">\n'
    '    <i class="fas fa-arrow-left"></i>Retour\n  </a>\n</div>'
)
_PAGE = """<!doctype html>
<!--[if gt IE 8]><!--> <html class="no-js" lang="fr"> <!--<![endif]-->
<head>
  <meta charset="UTF-8">
{metas}
  <title>{name} : {title}</title>
  <link rel="stylesheet" href="{base}/themes/margot/styles/light.css?v=2020-01-22-1" >
  <link rel="alternate" type="application/rss+xml" href="{url}DerniersChangementsRSS/xml" />
</head>

<body {onload}>
  <div id="yw-container">
{zones}
    <div id="yw-main" role="main" {doubleclick}>
      <div class="yw-main-content alone">
        {content}
      </div>
    </div>
{footer}
    <footer id="yw-footer"><div class="text-center">(>^_^)> Galope sous <a data-toggle="tooltip" \
title="doryphore 2020-01-22-1" href="https://www.yeswiki.net">YesWiki</a> <(^_^<)</div></footer>
  </div> <!-- /#yw-container -->
  <script>
    var wiki = {{
        ...((typeof wiki !== 'undefined') ? wiki : null),
        ...{settings},
    }};
  </script>
</body>
</html>
"""
_LOGIN = """<body class="login-body">
<div class="yeswiki-page-widget page-widget page">
<div class="alert alert-danger alert-error">{message}</div><!-- end .alert -->
<form class="login-form" action="{action}" method="post">
  <h2>Se connecter</h2>
  <input id="inputWikiName" class="form-control" type="text" name="name" value="" required/>
  <input id="inputPassword" class="form-control" name="password" type="password" required/>
  <input type="hidden" name="action" value="login" />
  <input type="hidden" name="incomingurl" value="{action}" />
  <input type="checkbox" id="remember-modal" name="remember" value="1" />
</form>
</div>
</body>
</html>
"""


def html(body: str, status: int = 200, *headers: tuple[str, str]) -> Answer:
    return Answer(
        status,
        [("Content-Type", HTML), ("Cache-Control", "no-store, no-cache, must-revalidate"), *headers],
        body.encode(),
    )


def redirect(location: str, body: str = "") -> Answer:
    return html(body, 302, ("Location", location))


def page(visit: Visit, content: str, *, title: str = "", description: str = "", zones: str = "") -> Answer:
    """``content`` within the wiki's theme."""
    state, tag = visit.state, visit.call.tag
    title = title or page_title(visit)
    writable = visit.may("write")
    flash, visit.session.flash = visit.session.flash, ""
    toast = f"toastMessage('{flash}', 3000, 'alert alert-secondary-1');"
    edit = escape(state.url(f"{tag}/edit"))
    settings = {
        "locale": "fr",
        "timezone": state.config.timezone,
        "baseUrl": state.url(),
        "pageTag": tag,
        "isDebugEnabled": "false",
        "antiCsrfToken": visit.new_csrf_token("main"),
    }
    text = _PAGE.format(
        metas=_metas(state, tag, title, description),
        name=quoted(state.config.wakka_name),
        title=quoted(title or tag),
        base=state.base,
        url=escape(state.url()),
        onload=f'onload="{toast}" ' if flash else "",
        zones=zones,
        doubleclick=f"ondblclick=\"document.location='{edit}';\" " if writable and visit.call.handler == "" else "",
        content=content,
        footer=_footer(visit, tag, edit) if visit.call.handler in ("", "acls") else "",
        settings=php.json_plain(settings),
    )
    return html(text)


def _metas(state: WikiState, tag: str, title: str, description: str) -> str:
    lines = [f'  <link rel="canonical" href="{escape(state.url(tag))}">']
    lines.append(f'  <meta property="og:title" content="{quoted(title or state.config.wakka_name)}" />')
    if description:
        lines.append(f'  <meta property="og:description" content="{quoted(description)}" />')
    return "\n".join(lines)


def _footer(visit: Visit, tag: str, edit: str) -> str:
    links = []
    if visit.may("write"):
        links.append(
            f'<a title="Éditer la page {escape(tag)}" href="{edit}" class="link-edit">\n'
            '      <i class="fa fa-pencil-alt"></i><span>Éditer la page</span>\n    </a>'
        )
    if visit.may_manage(tag):
        acls = escape(visit.state.url(f"{tag}/acls"))
        links.append(f'<a class="link-acls modalbox" href="{acls}"><span>Permissions</span></a>')
    return f'    <div class="footer">\n      {"".join(links)}\n  </div>\n <!-- /.footer -->'


def page_title(visit: Visit) -> str:
    """An entry's title, whatever is done with it and whoever may read it."""
    page = visit.state.pages.get(visit.call.tag)
    return title_of(visit.state, page) if page is not None else ""


def quoted(text: str) -> str:
    """As PHP does it by default: without the apostrophe."""
    return escape(text, quote=False).replace('"', "&quot;")


def box(content: str) -> str:
    return f'<div class="page">\n{content}\n</div>'


def alert(message: str, kind: str = "danger") -> str:
    return f'<div class="alert alert-{kind}">{message}</div>'


def refusal(message: str) -> str:
    """A box with a way back."""
    return f'<div class="page">\n{alert(message)}\n{_BACK}</div>'


def hibernating() -> str:
    return f"{alert(READ_ONLY + '<br/>', 'info')}\n\n{_BACK}"


def exception(state: WikiState, error: WikiError) -> str:
    return (
        "<div class=\"alert alert-danger\">Une erreur inattendue s'est produite. Veuillez contacter l'administrateur "
        f"du site et lui communiquer l'erreur suivante :<br/>{error.message} in "
        f"<i>{state.folder()}/{error.file}</i> on line <i>{error.line}</i></div>"
    )


def login_wall(visit: Visit, message: str) -> Answer:
    state, call = visit.state, visit.call
    handler = f"/{call.handler}" if call.handler else ""
    title = f"{quoted(state.config.wakka_name)} : {quoted(page_title(visit) or call.tag)}"
    head = '<!doctype html>\n<html class="no-js" lang="fr">\n<head>\n  <meta charset="UTF-8">\n'
    head += f"  <title>{title}</title>\n</head>\n"
    return html(head + _LOGIN.format(message=message, action=escape(state.url(call.tag + handler))))
