"""What `doctor` says of a wiki, in the order in which things depend on each other. Only reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape

import requests

from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.http import origin
from allies_sync.platforms.interface import Finding, Level
from allies_sync.text.characters import clean_line
from allies_sync.text.messages import _
from allies_sync_yeswiki import hashcash
from allies_sync_yeswiki.classify import Verdict, api_trouble, is_json, verdict
from allies_sync_yeswiki.looking import Look
from allies_sync_yeswiki.server import Server
from allies_sync_yeswiki.settings import YesWikiSettings

_SETTING = re.compile(
    r'<input[^>]*\bname="(?P<name>\w+)"[^>]*\bvalue="(?P<value>[^"]*)"[^>]*?placeholder="(?P<now>[^"]*)"'
)
_BASE_URL = re.compile(r'"baseUrl":"([^"]*)"')
_EMPTY_PAGE = "AlliesSyncVerification"


def findings(server: Server, settings: YesWikiSettings) -> Iterator[Finding]:
    """One sentence for each thing that matters."""
    try:
        response = server.page_as_anybody("api/forms")
        if not is_json(response):
            raise _no_wiki(response, server.host)
        yield _ok(_("Le wiki {host} répond.").format(host=server.host))
        server.sign_in()
        yield _ok(_("Le wiki reconnaît le compte « {user} ».").format(user=settings.user))
        look = Look(server)
        count = len(look.rights)
        yield _ok(_("Ce compte est administrateur : il voit les droits de {count} pages.").format(count=count))
    except PlatformError as error:
        yield Finding(Level.FAULT, error.message, error.advice)
        return
    for part in (_groups, _writing, _dialect, _safety):
        try:
            yield from part(server, look)
        except PlatformError as error:
            yield Finding(Level.WARNING, error.message, error.advice)
    if settings.team_group is None:
        yield Finding(
            Level.NOTE,
            _(
                "Aucun groupe d'équipe n'est indiqué : seuls les administrateurs du wiki liront et écriront les pages"
                " de l'équipe, et un espace gelé ne les arrêtera pas."
            ),
            _("Créez un groupe sur la page GererUtilisateurs, et indiquez « team_group » sous [roles.wiki]."),
        )


def _no_wiki(response: requests.Response, host: str) -> PlatformError:
    """Why the first answer of all is none of a wiki's. What is no trouble of a wiki's own is another site."""
    what = verdict(response)
    if what not in (Verdict.PAGE, Verdict.UNKNOWN, Verdict.SAVED, Verdict.ELSEWHERE, Verdict.DENIED):
        return api_trouble(response, host)
    return PlatformError(
        _("À l'adresse indiquée, {host} ne répond pas comme un YesWiki.").format(host=host),
        _("Vérifiez « url » : c'est l'adresse de la page d'accueil du wiki, sans ce qui suit le « ? »."),
    )


def _groups(server: Server, look: Look) -> Iterator[Finding]:
    """Whether the groups that the configuration names are there: rights given to one that is not shut all out."""
    wanted = {
        name: group
        for name in ("team_group", "participants_group")
        if (group := getattr(server.settings, name)) is not None
    }
    if not wanted:
        return
    _status, there = server.api("api/groups")
    known = {str(it).casefold() for it in there} if isinstance(there, list) else set()
    for name, group in wanted.items():
        if group.casefold() not in known:
            told = _("Le groupe « {group} » n'existe pas sur ce wiki : personne n'y aurait ces droits.")
            advice = _("Créez-le sur la page GererUtilisateurs, ou corrigez « {name} » dans [roles.wiki].")
            yield Finding(Level.FAULT, told.format(group=group), advice.format(name=name))


def _ok(sentence: str) -> Finding:
    return Finding(Level.OK, sentence)


def _writing(server: Server, look: Look) -> Iterator[Finding]:
    """Whether pages could be saved."""
    response = server.page(f"{_EMPTY_PAGE}/edit")
    if verdict(response) is Verdict.READ_ONLY:
        yield Finding(
            Level.FAULT,
            _("Le wiki est en lecture seule (hibernation, sauvegarde ou mise à jour)."),
            _("Attendez la fin de l'opération, ou rendez « wiki_status » à « running » dans GererConfig."),
        )
        return
    found = _BASE_URL.search(response.text)
    itself = unescape(found[1]).replace("\\/", "/").rstrip("?/") if found else server.base
    if origin(itself) != origin(server.base):
        yield Finding(
            Level.FAULT,
            _("Ce wiki dit que son adresse est {address} : il y renvoie après chaque enregistrement.").format(
                address=clean_line(itself)[:200]
            ),
            _("Mettez cette adresse dans « url » de allies-sync.toml, ou corrigez « base_url » du wiki."),
        )
    if 'name="captcha"' in server.page_as_anybody(f"{_EMPTY_PAGE}/edit").text:
        yield Finding(
            Level.WARNING,
            _(
                "Le wiki demande de recopier une image (captcha) : le compte de l'outil en est dispensé, mais pas les"
                " participant·e·s, qui devront le faire pour répondre."
            ),
            _("Désactivez « use_captcha » dans GererConfig."),
        )
    script = server.riddle_script()
    if not script or hashcash.solve(script) is not None:
        yield _ok(_("La protection contre les robots (hashcash) ne gêne pas l'outil."))
    else:
        yield Finding(
            Level.WARNING,
            _("La protection contre les robots (hashcash) de ce wiki est d'une sorte inconnue de l'outil."),
            _("Signalez-le, ou désactivez « use_hashcash » dans GererConfig."),
        )


def _dialect(server: Server, look: Look) -> Iterator[Finding]:
    names = [str(field.get("propertyname", "")) for form in look.forms.values() for field in form.prepared]
    older = any(name.startswith(("listeListe", "radioListe", "checkboxListe")) for name in names)
    what = _("jusqu'à 4.4") if older else _("à partir de 4.5")
    yield _ok(_("Ses formulaires nomment leurs questions comme un YesWiki {what}.").format(what=what))


def _safety(server: Server, look: Look) -> Iterator[Finding]:
    """What makes this wiki unsafe, with lines that mend it without breaking the public questionnaires."""
    known = _configuration(server)
    if not known:
        yield Finding(Level.NOTE, _("La page GererConfig ne montre pas les réglages de sécurité de ce wiki."))
        return
    if known.get("bazarIgnoreAcls", "true").lower() != "false":
        yield Finding(
            Level.WARNING,
            _("N'importe qui peut écraser une page ou une réponse, même gelée, par un questionnaire public."),
            _(
                "Ajoutez dans wakka.config.php : 'bazarIgnoreAcls' => false, et gardez 'default_write_acl' => '*' :"
                " les questionnaires publics continuent alors de fonctionner."
            ),
        )
    elif known.get("default_write_acl", "*") != "*":
        yield Finding(
            Level.FAULT,
            _("Les réponses des participant·e·s seraient perdues en silence : personne ne peut créer de page."),
            _("Mettez 'default_write_acl' => '*' dans wakka.config.php, ou retirez 'bazarIgnoreAcls' => false."),
        )
    if known.get("htmlPurifierActivated", "true").lower() == "false":
        yield Finding(
            Level.WARNING,
            _("Le HTML que des inconnus envoient n'est pas filtré."),
            _("Mettez 'htmlPurifierActivated' => true dans wakka.config.php."),
        )
    yield Finding(
        Level.WARNING,
        _(
            "N'importe qui peut créer ou remplacer un formulaire de ce wiki : aucun réglage n'y remédie sans fermer"
            " aussi les questionnaires publics. L'outil vérifie les siens."
        ),
    )


def _configuration(server: Server) -> Mapping[str, str]:
    """The settings as the wiki shows them to an admin: what is written, else what holds without."""
    text = server.page("GererConfig").text
    found = {}
    for it in _SETTING.finditer(text):
        now = unescape(it["now"]).rpartition(":")[2].strip()
        found[it["name"]] = now or unescape(it["value"])
    return found
