"""What an answer of the wiki means. Most of its failures come with status 200 and a page.

What the page is made of decides, not what it says: wikis speak several languages.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urljoin

import requests

from allies_sync.platforms.errors import Denied, PlatformError, Refused, Unavailable
from allies_sync.platforms.http import origin
from allies_sync.text.messages import _


class Verdict(StrEnum):
    """What became of a request."""

    SAVED = "saved"
    CONFLICT = "conflict"
    DENIED = "denied"
    CAPTCHA = "captcha"
    HASHCASH = "hashcash"
    PASSWORD = "password"  # noqa: S105 - a field of a form
    READ_ONLY = "read-only"
    DATABASE = "database"
    UPGRADE = "upgrade"
    EXCEPTION = "exception"
    INSTALLER = "installer"
    BAD_NAME = "bad-name"
    ELSEWHERE = "elsewhere"
    PAGE = "page"
    UNKNOWN = "unknown"


_HIBERNATION = (
    "lecture seule. Veuillez contacter l",
    "wiki est en lecture seule",
    "is in read-only",
    "WIKI_IN_HIBERNATION",
)
_DATABASE = (
    "pendantes de notre volont",
    "temporally unavailable",
    "temporarily unavailable",
    "temporairement inaccessible",
    "temporalmente inaccesible",
    "temporalment",
    "temporariamente indispon",
    "tijdelijk niet bereikbaar",
)
_EXCEPTION = ("Une erreur inattendue s", "An unexpected error occurred", "PERFORMABLE_ERROR")
_EDITOR = re.compile(r"<form[^>]+id=\"ACEditor\"")
_ALERT_BEFORE_EDITOR = re.compile(
    r"<div class=\"alert alert-danger\">(?:(?!<form).)*?</div>\s*<form[^>]+id=\"ACEditor\"", re.S
)
_INSTALLER = re.compile(r"<form[^>]+action=\"[^\"]*installAction=|name=\"config\[mysql_host\]\"")
_CAPTCHA = ("de vérification", "verification word", "de verificaci", "verificatie", "de verifica")
_BAD_NAMES = ("Le nom de la page est incorrect", "Incorrect page name")


def is_json(response: requests.Response) -> bool:
    return response.headers.get("Content-Type", "").partition(";")[0].strip() == "application/json"


def verdict(response: requests.Response, leads_to: str = "") -> Verdict:
    """What a handler of HTML answered, to a reading or a writing request.

    What was saved leads back to the wiki, to an address that holds ``leads_to``. Whatever leads ELSEWHERE (the door
    of a single sign-on, https, another name of the host) says nothing of what was done: look.
    """
    status, text = response.status_code, response.text
    if status in (301, 302, 303, 307, 308):
        # names stand there as they are, in UTF-8, which headers are not read as
        told = response.headers.get("Location", "").encode("latin-1", "replace").decode("utf-8", "replace")
        target = urljoin(response.url, told)
        back = told and status < 304 and origin(target) == origin(response.url)
        return Verdict.SAVED if back and leads_to.casefold() in unquote(target).casefold() else Verdict.ELSEWHERE
    if status == 401 and response.headers.get("WWW-Authenticate", "").lower().startswith("basic"):
        return Verdict.UPGRADE
    if status in (401, 403):
        return Verdict.DENIED
    if status != 200:
        return Verdict.EXCEPTION if status == 500 else Verdict.UNKNOWN
    if _INSTALLER.search(text):
        return Verdict.INSTALLER
    if len(text) < 3000 and any(words in text for words in _DATABASE):
        return Verdict.DATABASE
    if any(words in text for words in _BAD_NAMES):
        return Verdict.BAD_NAME
    if any(words in text for words in _HIBERNATION):
        return Verdict.READ_ONLY
    if any(words in text for words in _EXCEPTION):
        return Verdict.EXCEPTION
    if 'id="yw-container"' in text or "yw-main" in text or "BAZ_" in text:
        return Verdict.PAGE
    return Verdict.UNKNOWN


def is_editor(response: requests.Response) -> bool:
    """Whether a page can be edited by who asked."""
    return response.status_code == 200 and _EDITOR.search(response.text) is not None


def edited(response: requests.Response, tag: str) -> Verdict:
    """What became of an edit. Anything but a redirect to the page was not saved."""
    what = verdict(response, tag)
    if what not in (Verdict.PAGE, Verdict.UNKNOWN):
        return what
    text = response.text
    if 'name="password_for_editing"' in text and not _EDITOR.search(text):
        return Verdict.PASSWORD
    if _EDITOR.search(text):
        alert = _ALERT_BEFORE_EDITOR.search(text)
        if alert:
            asked = 'name="captcha"' in text or any(words in alert[0] for words in _CAPTCHA)
            return Verdict.CAPTCHA if asked else Verdict.CONFLICT
        return Verdict.CAPTCHA if 'name="captcha"' in text else Verdict.HASHCASH
    return Verdict.DENIED if what is Verdict.PAGE else Verdict.UNKNOWN


def trouble(what: Verdict, host: str) -> PlatformError:
    """A verdict as an error, for the person."""
    again = _("Relancez la même commande plus tard : elle reprendra où elle en était.")
    sentences: dict[Verdict, tuple[type[PlatformError], str, str]] = {
        Verdict.DENIED: (
            Denied,
            _("Le wiki {host} refuse cela au compte de l'outil."),
            _("Vérifiez avec « allies-sync doctor » que ce compte est administrateur du wiki."),
        ),
        Verdict.CAPTCHA: (
            Denied,
            _("Le wiki {host} demande de recopier une image (captcha) avant d'enregistrer."),
            _("Donnez à l'outil un compte administrateur, qui en est dispensé, ou désactivez « use_captcha »."),
        ),
        Verdict.HASHCASH: (
            Unavailable,
            _("Le wiki {host} n'a pas enregistré : sa protection contre les robots (hashcash) a changé entre-temps."),
            again,
        ),
        Verdict.PASSWORD: (
            Denied,
            _("Le wiki {host} demande un mot de passe commun pour modifier ses pages."),
            _("Retirez « password_for_editing » de sa configuration."),
        ),
        Verdict.READ_ONLY: (
            Unavailable,
            _("Le wiki {host} est en lecture seule (hibernation, sauvegarde ou mise à jour)."),
            again,
        ),
        Verdict.DATABASE: (Unavailable, _("Le wiki {host} répond que sa base de données est indisponible."), again),
        Verdict.UPGRADE: (Unavailable, _("Le wiki {host} est en cours de mise à jour."), again),
        Verdict.INSTALLER: (
            Unavailable,
            _("À l'adresse de {host} se trouve la page d'installation d'un YesWiki, pas un wiki."),
            _("Si le wiki existait déjà, son fichier wakka.config.php a disparu : prévenez qui l'héberge."),
        ),
        Verdict.ELSEWHERE: (
            Unavailable,
            _("Le wiki {host} renvoie à une autre adresse, sans faire ce qui lui était demandé."),
            _("Vérifiez « url » dans allies-sync.toml (https, avec ou sans www), puis relancez la même commande."),
        ),
        Verdict.BAD_NAME: (Refused, _("Le wiki {host} n'accepte pas ce nom de page."), ""),
        Verdict.EXCEPTION: (Unavailable, _("Le wiki {host} a rencontré une erreur interne."), again),
    }
    kind, sentence, advice = sentences.get(
        what, (Unavailable, _("Le wiki {host} donne une réponse que l'outil ne comprend pas."), again)
    )
    return kind(sentence.format(host=host), advice)


def api_trouble(response: requests.Response, host: str) -> PlatformError:
    """Why an answer of the API is none."""
    if is_json(response):
        data: Any = None
        try:
            data = response.json()
        except ValueError:
            return trouble(Verdict.UNKNOWN, host)
        said = str(data.get("exceptionMessage") or data.get("error") or "") if isinstance(data, dict) else ""
        if any(words in said for words in _HIBERNATION):
            return trouble(Verdict.READ_ONLY, host)
        return trouble(Verdict.DENIED if response.status_code in (401, 403) else Verdict.EXCEPTION, host)
    what = verdict(response)
    return trouble(Verdict.UNKNOWN if what in (Verdict.PAGE, Verdict.SAVED) else what, host)
