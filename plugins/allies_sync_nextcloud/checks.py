"""What ``doctor`` says of a Nextcloud, in the order in which things depend on each other. Only reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from allies_sync.platforms.errors import Denied, PlatformError
from allies_sync.platforms.http import sending
from allies_sync.platforms.interface import Finding, Level
from allies_sync.text.messages import _, format_decimal, ngettext
from allies_sync_nextcloud import wording
from allies_sync_nextcloud.groups import Team, like, other_case
from allies_sync_nextcloud.policy import CAPABILITIES, PASSWORD, Policy, policy_of
from allies_sync_nextcloud.server import Server

TRIED = (25, 26, 27, 28, 29, 30, 31)
"""Versions whose interface is the one that is used here; 27 is the one it was measured on."""

_LITTLE = 50 * 1024 * 1024
_LOCAL = ("localhost", "127.0.0.1", "::1")


def findings(server: Server, team: Team) -> Iterator[Finding]:
    """Stops at the first fault: what follows could not be known, and a wrong password is sent once only."""
    try:
        yield from _reachable(server)
        anonymous = _capabilities(server, anonymous=True)
        user = _credentials(server, anonymous)
        yield _account(server, user)
        yield _quota(user)
        policy = _capabilities(server, anonymous=False)
        yield from sharing(policy)
        yield from _groups(server, team)
        yield _throttling(anonymous)
    except PlatformError as error:
        yield Finding(Level.FAULT, error.message, error.advice)


def _reachable(server: Server) -> Iterator[Finding]:
    with sending(anonymous=True, repeat=False):
        status = server.json(server.http.get("status.php"))
    if status.get("installed") is not True:
        raise wording.nonsense(server.host)
    yield Finding(Level.OK, _("{host} répond.").format(host=server.host))
    yield _tls(server)
    if status.get("maintenance") is True or status.get("needsDbUpgrade") is True:
        raise wording.maintenance(server.host)
    yield Finding(Level.OK, _("Il n'est pas en maintenance."))
    version = str(status.get("versionstring") or "?")[:40]
    known = version.partition(".")[0].isdigit() and int(version.partition(".")[0]) in TRIED
    if known:
        yield Finding(Level.OK, _("Version {version}.").format(version=version))
    else:
        yield Finding(
            Level.NOTE,
            _("Version {version} : cet outil n'a pas été essayé avec elle.").format(version=version),
            _("Ouvrez d'abord un accompagnement d'essai, puis retirez-le avec « allies-sync remove »."),
        )


def _tls(server: Server) -> Finding:
    parts = urlsplit(server.http.base)
    if parts.scheme == "https":
        return Finding(Level.OK, _("La connexion est chiffrée et le certificat est valable."))
    if parts.hostname in _LOCAL:
        return Finding(Level.NOTE, _("La connexion n'est pas chiffrée, mais ne quitte pas cet ordinateur."))
    return Finding(Level.FAULT, _("La connexion n'est pas chiffrée."), _("Utilisez une adresse en https://."))


def _capabilities(server: Server, *, anonymous: bool) -> Policy:
    with sending(anonymous=anonymous):
        answer = server.ocs_answer("GET", CAPABILITIES)
    return policy_of(server.unpack(answer)[1])


def _credentials(server: Server, anonymous: Policy) -> Any:
    """Who the server takes us for, by the credentials alone: a cookie would answer for a wrong password."""
    with sending(cookies=False):
        answer = server.ocs_answer("GET", "cloud/user", repeat=False)
    if answer.status_code == 401:
        advice = _("Lancez « allies-sync login files ». Rien d'autre n'a été tenté.")
        if anonymous.throttled:
            advice += " " + _("Le serveur ralentit déjà cette adresse : n'insistez pas.")
        raise Denied(
            _("{host} refuse le compte « {user} » ou son mot de passe d'application.").format(
                host=server.host, user=server.settings.user
            ),
            advice,
        )
    return server.unpack(answer)[1]


def _account(server: Server, user: Any) -> Finding:
    number = str(user.get("id") or "") if isinstance(user, dict) else ""
    if number != server.settings.user:
        raise Denied(
            _("Le compte s'appelle en réalité « {id} », et non « {user} ».").format(
                id=number[:64], user=server.settings.user
            ),
            _("Corrigez « user » dans [roles.files] : c'est ce nom qui figure dans les adresses des fichiers."),
        )
    return Finding(Level.OK, _("Le compte « {user} » est accepté.").format(user=number))


def _quota(user: Any) -> Finding:
    quota = user.get("quota") if isinstance(user, dict) else None
    free = quota.get("free") if isinstance(quota, dict) else None
    total = quota.get("quota") if isinstance(quota, dict) else None
    if not isinstance(free, int | float) or (isinstance(total, int | float) and total < 0 and free >= _LITTLE):
        return Finding(Level.OK, _("Aucun quota ne limite le compte."))
    size = f"{max(0, free) / 1024 / 1024:.0f}"
    if free < _LITTLE:
        return Finding(
            Level.WARNING,
            _("Il ne reste que {size} Mo au compte.").format(size=size),
            _("Libérez de la place, ou demandez un quota plus grand."),
        )
    return Finding(Level.OK, _("Il reste {size} Mo au compte.").format(size=size))


def sharing(policy: Policy) -> Iterator[Finding]:
    """What the server's rules change in what will be shared."""
    if not policy.sharing:
        yield Finding(
            Level.WARNING,
            _("Le partage est désactivé sur ce serveur : ni lien ni accès de l'équipe."),
            _("L'administration peut l'activer dans les réglages de partage."),
        )
        return
    if not policy.links:
        yield Finding(
            Level.WARNING,
            _("Les liens publics sont désactivés : les participant·e·s sans compte n'auront pas accès aux fichiers."),
            _("L'administration peut les autoriser dans les réglages de partage."),
        )
    else:
        yield Finding(Level.OK, _("Les liens publics sont autorisés."))
        yield from _links(policy)
    if policy.group_days is not None:
        days = policy.group_days
        yield Finding(
            Level.WARNING,
            ngettext(
                "Ce serveur met fin aux partages avec un groupe après {days} jour : l'équipe perdra alors l'accès.",
                "Ce serveur met fin aux partages avec un groupe après {days} jours : l'équipe perdra alors l'accès.",
                days,
            ).format(days=days),
            _("Demandez à l'administration une exception, ou prolongez à la main les partages des espaces."),
        )
    if not policy.groups:
        yield Finding(
            Level.WARNING,
            _("Le partage avec un groupe est désactivé : l'équipe n'aura pas accès."),
            _("L'administration peut l'activer ; sinon, retirez « team_group » de [roles.files]."),
        )


def _links(policy: Policy) -> Iterator[Finding]:
    if policy.password:
        yield Finding(
            Level.WARNING,
            _("Ce serveur exige un mot de passe pour chaque lien."),
            _("Donnez-en un dans la variable d'environnement {name} avant d'ouvrir un espace.").format(name=PASSWORD),
        )
    if policy.latest_days is not None:
        days = policy.latest_days
        yield Finding(
            Level.NOTE,
            ngettext(
                "Ce serveur met fin à tout lien au bout de {days} jour au plus : ceux qui devraient durer plus "
                "finiront à ce moment-là.",
                "Ce serveur met fin à tout lien au bout de {days} jours au plus : ceux qui devraient durer plus "
                "finiront à ce moment-là.",
                days,
            ).format(days=days),
        )
    if not policy.upload:
        yield Finding(Level.NOTE, _("Les liens de dépôt ne sont pas permis : ceux du modèle ne pourront être créés."))


def _groups(server: Server, team: Team) -> Iterator[Finding]:
    if server.settings.team_group is not None:
        yield _group(server.settings.team_group, team.look())
    if server.settings.participants_group is not None:
        yield _group(server.settings.participants_group, like(server, server.settings.participants_group))
    if server.settings.team_group is None:
        yield Finding(
            Level.NOTE,
            _("Aucun groupe d'équipe n'est indiqué : seul le compte « {user} » verra les espaces.").format(
                user=server.settings.user
            ),
            _("Indiquez-le avec « team_group » dans [roles.files] : chacun·e y aura accès avec son propre compte."),
        )


def _group(group: str, found: list[str] | None) -> Finding:
    """Whether a group exists under exactly that name, as far as the account may ask."""
    if found is None:
        return Finding(Level.NOTE, _("Le groupe « {group} » n'a pas pu être vérifié.").format(group=group))
    if group in found:
        return Finding(Level.OK, _("Le groupe « {group} » existe.").format(group=group))
    near = other_case(found, group)
    return Finding(
        Level.WARNING,
        _("Aucun groupe ne s'appelle « {group} » sur ce serveur.").format(group=group),
        _("Écrivez « {near} », majuscules comprises, dans [roles.files].").format(near=near[:64])
        if near
        else _("Demandez à l'administration de le créer, ou corrigez [roles.files]."),
    )


def _throttling(policy: Policy) -> Finding:
    if policy.throttled:
        return Finding(
            Level.WARNING,
            _(
                "Le serveur ralentit les connexions depuis cette adresse de {seconds} s : des mots de passe faux."
            ).format(seconds=format_decimal(policy.throttled)),
            _("Cherchez sur ce réseau le poste dont le mot de passe est périmé."),
        )
    return Finding(Level.OK, _("Le serveur ne ralentit pas cette adresse."))
