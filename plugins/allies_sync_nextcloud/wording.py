"""What a refusal of the server means, as a sentence for the person. Never in its own words: they may hold secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allies_sync.platforms.errors import Denied, Full, PlatformError, Refused, Unavailable
from allies_sync.platforms.http_time import retry_after
from allies_sync.text.messages import _
from allies_sync_nextcloud.dav import complaint

if TYPE_CHECKING:
    import requests


def later() -> str:
    return _("Relancez la même commande plus tard : elle reprendra là où elle s'est arrêtée.")


def explain(host: str, answer: requests.Response, thing: str = "") -> PlatformError:
    """The error for an answer that is none of those expected. ``thing`` is what the request was about."""
    status = answer.status_code
    about = _("« {thing} » : ").format(thing=thing) if thing else ""
    if status == 401:
        return Denied(
            _("{host} refuse le compte ou son mot de passe d'application.").format(host=host),
            _(
                "Tout a été arrêté, car Nextcloud bloque les adresses qui insistent. "
                "Lancez « allies-sync login files »."
            ),
        )
    if status == 429:
        return throttled(host)
    if status == 503:
        return maintenance(host, answer)
    if status == 507:
        return Full(
            _("{about}le compte n'a plus assez de place sur {host}.").format(about=about, host=host),
            _("Libérez de la place, ou demandez à l'administration un quota plus grand, puis relancez la commande."),
        )
    if status == 423 or is_lock(answer):
        return Unavailable(
            _("{about}quelqu'un y écrit en ce moment, {host} l'a verrouillé.").format(about=about, host=host), later()
        )
    if status == 413:
        return Full(_("{about}c'est trop gros pour {host}.").format(about=about, host=host))
    if status == 403 and complaint(answer).words.startswith("Could not create directory"):
        return Full(
            _("{about}{host} ne peut pas créer ce dossier : le compte n'a sans doute plus de place.").format(
                about=about, host=host
            ),
            _("Libérez de la place, ou demandez à l'administration un quota plus grand, puis relancez la commande."),
        )
    if status == 403:
        return Denied(
            _("{about}{host} ne permet pas au compte d'y écrire.").format(about=about, host=host),
            _("Vérifiez le quota du compte et les règles d'accès du serveur avec « allies-sync doctor »."),
        )
    if status == 400 and complaint(answer).kind == "InvalidPath":
        return Refused(_("{about}{host} n'accepte pas ce nom.").format(about=about, host=host))
    if 300 <= status < 400:
        return redirected(host, answer)
    if status >= 500:
        return Unavailable(
            _("{about}{host} a rencontré une erreur (réponse {status}).").format(
                about=about, host=host, status=status
            ),
            later(),
        )
    return Refused(
        _("{about}{host} refuse la demande (réponse {status}).").format(about=about, host=host, status=status)
    )


def throttled(host: str) -> PlatformError:
    return Unavailable(
        _("{host} bloque pour l'instant les connexions depuis cette adresse : trop de mots de passe faux.").format(
            host=host
        ),
        _(
            "Tous les postes de ce réseau sont concernés. Cherchez celui dont le mot de passe est périmé, attendez "
            "une demi-heure, ou demandez à l'administration « occ security:bruteforce:reset » pour cette adresse."
        ),
    )


def maintenance(host: str, answer: requests.Response | None = None) -> PlatformError:
    wait = retry_after(answer) if answer is not None else None
    when = ""
    if wait:
        when = _(" Le serveur propose d'attendre {minutes} min.").format(minutes=max(1, round(wait / 60)))
    return Unavailable(_("{host} est en maintenance, ou surchargé.").format(host=host), f"{later()}{when}")


def redirected(host: str, answer: requests.Response) -> PlatformError:
    """A redirect where data was due: most often the address of the configuration is not quite right."""
    return Unavailable(
        _("{host} renvoie vers une autre adresse au lieu de répondre : elle n'a pas été suivie.").format(host=host),
        _("Corrigez « url » dans [roles.files] : https plutôt que http, ou l'adresse complète du Nextcloud."),
    )


def nonsense(host: str) -> PlatformError:
    """HTML where data was due, broken XML or JSON."""
    return Unavailable(
        _("{host} répond autre chose qu'un Nextcloud.").format(host=host),
        _("Vérifiez « url » dans [roles.files], ou si un portail d'accès au réseau demande de s'identifier."),
    )


def passing(answer: requests.Response) -> bool:
    """Whether the same request may be answered otherwise in a moment. Maintenance takes longer than that."""
    if answer.status_code == 503:
        maintained = answer.headers.get("X-Nextcloud-Maintenance-Mode") or b"MaintenanceMode" in answer.content[:2000]
        return not maintained
    return answer.status_code == 423 or is_lock(answer)


def is_lock(answer: requests.Response) -> bool:
    """The 500 that is a lock: a folder that is moved while somebody writes into it."""
    return answer.status_code == 500 and b"LockedException" in answer.content[:2000]
