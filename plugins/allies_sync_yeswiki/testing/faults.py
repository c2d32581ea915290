"""The ways in which a YesWiki says that something is wrong, mostly with status 200."""

from __future__ import annotations

from dataclasses import dataclass

from allies_sync.platforms.testing.exchange import Answer, Request
from allies_sync.platforms.testing.faults import Fault
from allies_sync_yeswiki.testing import php

_HTML = "text/html; charset=UTF-8"
_DATABASE = (
    "Pour des raisons indépendantes de notre volonté, le contenu de ce YesWiki est temporairement inaccessible.<br>"
    "Probablement l'accès à la base de données a échoué. <br><br>"
    "Veuillez réessayer ultérieurement, merci de votre compréhension."
)
_INSTALLER = """<!doctype html>
<html lang="fr">

<head>
    <meta charset="UTF-8">
    <title>Installation de YesWiki</title>
</head>

<body>
    <h1>Installation de YesWiki                <small>Doryphore 2020-01-22-1</small></h1>
    <form class="form-horizontal form-yeswiki-install" action="/?PagePrincipale&installAction=install" method="post">
    <input type="password" name="admin_password"></form>
</body>
</html>
"""
_CACHE = (
    '<div style="border:1px red solid;background-color: #FFCCCC;margin:3px;padding:5px;border-radius:5px;">'
    "ERROR ! : Folder "
    "`cache/` is not writable ! Can you give it write acces by ftp for example (code 770) ?</div>"
)


def _is_static(request: Request) -> bool:
    return request.raw_path.startswith(("/files/", "/tools/"))


@dataclass(frozen=True)
class _Told(Fault):
    """One fixed answer to pages and API alike."""

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        return None if _is_static(request) else self.told()

    def told(self) -> Answer:
        raise NotImplementedError


@dataclass(frozen=True)
class DatabaseDown(_Told):
    def told(self) -> Answer:
        return Answer(200, [("Content-Type", _HTML)], _DATABASE.encode())


@dataclass(frozen=True)
class Installer(_Told):
    """Its configuration is gone, and it offers to be installed."""

    def told(self) -> Answer:
        return Answer(200, [("Content-Type", _HTML)], _INSTALLER.encode())


@dataclass(frozen=True)
class BeingUpgraded(_Told):
    """The file ``locked``."""

    name: str = "Wiki d'essai"

    def told(self) -> Answer:
        asks = ("WWW-Authenticate", f'Basic realm="{self.name} Install/Upgrade Interface"')
        body = "Ce site est en cours de mise à jour. Veuillez essayer plus tard."
        return Answer(401, [("Content-Type", _HTML), asks, ("Connection", "close")], body.encode())


@dataclass(frozen=True)
class CacheNotWritable(_Told):
    def told(self) -> Answer:
        return Answer(200, [("Content-Type", _HTML)], _CACHE.encode())


@dataclass(frozen=True)
class FatalError(_Told):
    """PHP dies without a word."""

    def told(self) -> Answer:
        return Answer(500, [("Content-Type", _HTML), ("Connection", "close")])


@dataclass(frozen=True)
class UnexpectedError(Fault):
    """An exception: a page with status 200, or 500 in the API. With ``effect``: after all was saved."""

    message: str = "Duplicate entry 'X-2026' for key 'tag'"

    def answer(self, request: Request, genuine: Answer | None) -> Answer | None:
        if _is_static(request):
            return None
        where = "/srv/yeswiki/includes/services/DbService.php"
        if request.query.startswith("api/"):
            text = f"mysqli_sql_exception: {self.message} in {where}:90\nStack trace:\n#0 {{main}}"
            kind = [("Content-Type", "application/json"), ("Connection", "close")]
            return Answer(500, kind, php.json_api({"exceptionMessage": text}).encode())
        page = (
            '<!doctype html>\n<html lang="fr"><body><div class="yw-main-content"><div class="page"><div class="alert '
            "alert-danger\">Une erreur inattendue s'est produite. Veuillez contacter l'administrateur du site et lui "
            f"communiquer l'erreur suivante :<br/>{self.message} in <i>{where}</i> on line <i>90</i></div></div>"
            "</div>"
            "</body></html>\n"
        )
        return Answer(200, [("Content-Type", _HTML)], page.encode())
