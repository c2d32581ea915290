"""Asking a person for their agreement, and saying where the secret went. The secret itself is never shown."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from allies_sync.cli import settings
from allies_sync.cli.complaints import DONE
from allies_sync.cli.screen import for_people, note, result, say, show, styled
from allies_sync.cli.work import desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.logins import LoggedIn, asked_for, check_role, log_in, log_out
from allies_sync.engagements.secrets import Account, Where, origin, role_account
from allies_sync.platforms.errors import PlatformError, Suspicious
from allies_sync.text.characters import clean_line
from allies_sync.text.messages import _


def enter(role: str, *, password: bool, browser: bool) -> int:
    """Gets a secret for this machine and keeps it."""
    check_role(role)
    with desk() as opened:
        account = role_account(role, opened.config)
        # a configuration that is wrong is told before anybody is asked for anything
        question = asked_for(opened, role)
        if account and password and not question:
            question = _("Mot de passe du compte « {user} » sur {place} :").format(
                user=clean_line(account.user), place=account.origin
            )
        typed = _typed(question) if question else None
        found = log_in(opened, role, lambda address: _visit(address, account, browser=browser), typed)
    file = str(found.file) if found.file else None
    result(
        {
            "role": role,
            "platform": found.platform,
            "server": found.account.origin,
            "user": found.account.user,
            "stored": found.where.value,
            "file": file,
        }
    )
    done = _("Ce poste peut maintenant agir sur {place} avec le compte « {user} ».")
    show([styled(done.format(place=found.account.origin, user=clean_line(found.account.user)), "green")])
    _say_where(found)
    return DONE


def _say_where(found: LoggedIn) -> None:
    if found.where is Where.KEYRING:
        say(_("Le secret est rangé dans le trousseau de ce poste."))
    else:
        told = _(
            "Ce poste n'a pas de trousseau utilisable : le secret est rangé dans un fichier que votre compte est "
            "seul à pouvoir lire, {file}"
        )
        note(told.format(file=found.file))
    if found.former is True:
        say(_("Le secret précédent de ce poste ne sert plus : il a été révoqué."))
    elif isinstance(found.former, PlatformError):
        told = _(
            "Le secret précédent de ce poste n'a pas pu être révoqué : {why} Retirez-le dans les réglages du compte."
        )
        note(told.format(why=found.former.message))
    _say_overruled(found.overruled)


def leave(role: str, *, forget: bool) -> int:
    """Takes the secret back."""
    with desk() as opened:
        found = log_out(opened, check_role(role), forget=forget)
    result(
        {
            "role": role,
            "platform": found.platform,
            "server": found.account.origin if found.account else None,
            "user": found.account.user if found.account else None,
            "removed": found.where.value if found.where else None,
            "revoked": found.revoked,
        }
    )
    if found.where is None or found.account is None:
        say(_("Ce poste ne garde aucun secret pour le rôle « {role} ».").format(role=role))
    elif found.revoked:
        done = _("Le secret de ce poste est révoqué sur {place}, et oublié ici.")
        show([styled(done.format(place=found.account.origin), "green")])
    else:
        say(_("Le secret est oublié sur ce poste."))
        told = _("Il n'est pas révoqué : retirez-le dans les réglages du compte « {user} » sur {place}.")
        note(told.format(user=found.account.user, place=found.account.origin))
    _say_overruled(found.overruled)
    return DONE


def _say_overruled(name: str) -> None:
    if name:
        note(_("La variable d'environnement {variable} est définie : c'est elle qui compte.").format(variable=name))


def _typed(question: str) -> str:
    """A password or a key: typed unseen on a terminal, or a line of standard input."""
    if sys.stdin.isatty():
        import getpass

        try:
            typed = getpass.getpass(f"{question} ")
        except EOFError:
            typed = ""
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
    if not typed:
        raise UserError(_("Rien n'a été donné."), _("Rien n'a été modifié. Relancez la commande."))
    return typed


def _visit(address: str, account: Account | None, *, browser: bool) -> None:
    """Shows the address, and opens it where there is something to open it with."""
    address = address.strip()
    if origin(address) is None or clean_line(address) != address or " " in address:
        raise Suspicious(_("La plateforme propose une adresse de connexion qui n'en est pas une."))
    tell = say if for_people() else note
    user = clean_line(account.user) if account else ""
    tell(_("Connectez-vous avec le compte « {user} » à cette adresse, et donnez votre accord :").format(user=user))
    tell(f"  {address}")
    tell(_("L'accord est attendu ici ; Ctrl-C pour abandonner."))
    sys.stdout.flush()
    if browser and not settings.current.json and _has_screen():
        import webbrowser

        with suppress(webbrowser.Error, OSError):
            webbrowser.open(address)


def _has_screen() -> bool:
    """Whether a browser would have a window: one that works in this terminal would take it over."""
    if os.name == "nt" or sys.platform == "darwin":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
