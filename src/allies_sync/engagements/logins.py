"""Giving this machine a secret of its own on a platform, and taking it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from allies_sync.engagements import credentials
from allies_sync.engagements.config import ROLES
from allies_sync.engagements.desk import Desk, open_desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.secrets import (
    Account,
    Kept,
    Where,
    keep_quiet,
    kept_secret,
    keyring_error,
    role_account,
    variable,
)
from allies_sync.platforms.errors import Denied, PlatformError
from allies_sync.platforms.interface import Keyed, Login
from allies_sync.text.messages import _, join_words


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """What came of a login. ``file`` when the secret had to be kept in one; ``former``: what became of the secret
    that this one replaces (None: there was none); ``overruled``: the environment variable that comes before it."""

    role: str
    platform: str
    account: Account
    where: Where
    file: Path | None = None
    former: PlatformError | bool | None = None
    overruled: str = ""


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """What came of a logout. ``where`` is None when nothing was kept; ``revoked``: whether the platform forgot it."""

    role: str
    platform: str
    account: Account | None
    where: Where | None
    revoked: bool = False
    overruled: str = ""


def check_role(role: str) -> str:
    """A role as typed. Raises UserError."""
    if role not in ROLES:
        raise UserError(
            _("Il n'y a pas de rôle « {role} ».").format(role=role[:40]),
            _("Les rôles sont {roles}.").format(roles=join_words(list(ROLES))),
        )
    return role


def asked_for(desk: Desk, role: str) -> str:
    """What a person has to type because the role's platform hands out no secret; empty when it does."""
    platform = desk.bound(check_role(role)).platform
    return platform.key_question() if isinstance(platform, Keyed) else ""


def log_in(desk: Desk, role: str, visit: Callable[[str], None], password: str | None = None) -> LoggedIn:
    """Gets a secret from the role's platform and keeps it on this machine; one that it replaces is revoked.

    ``password``: what a person typed; the secret itself where the platform hands out none (see :func:`asked_for`).
    Raises UserError for a platform that hands out none, PlatformError for the rest: then nothing is kept.
    """
    name, platform = desk.bound(check_role(role)).name, desk.bound(role).platform
    account = role_account(role, desk.config)
    if not isinstance(platform, Login | Keyed) or account is None:
        raise _hands_out_none(desk, role, name)
    before = kept_secret(role, account, needed=False)
    if password:
        keep_quiet(password)
    given = platform.accept(password or "") if isinstance(platform, Keyed) else platform.login(visit, password)
    keep_quiet(given.secret)
    try:
        if given.user != account.user:
            raise Denied(
                _("{place} connaît ce compte sous le nom « {other} », et non « {user} ».").format(
                    place=account.origin, other=given.user[:80], user=account.user
                ),
                _("Corrigez « user » dans [roles.{role}], puis relancez la commande.").format(role=role),
            )
        where, file = _keep(role, account, given.secret, before)
    except PlatformError:
        if given.secret != password and (before is None or given.secret != before.secret):
            with suppress(PlatformError, UserError):
                _revoke(desk, role, given.secret)
        raise
    former: PlatformError | bool | None = None
    if before is not None and before.secret not in (given.secret, password) and isinstance(platform, Login):
        former = _revoked(desk, role, before.secret)
    return LoggedIn(role, name, account, where, file, former, _overruled(desk, role))


def log_out(desk: Desk, role: str, *, forget: bool = False) -> LoggedOut:
    """Makes the platform forget this machine's secret, then this machine too. Run again, it finishes.

    ``forget``: also when the platform cannot be asked. Raises PlatformError when it cannot, and keeps the secret.
    """
    name = desk.bound(check_role(role)).name
    account = role_account(role, desk.config)
    kept = kept_secret(role, account, needed=False) if account else None
    if account is None or kept is None:
        return LoggedOut(role, name, account, None, overruled=_overruled(desk, role))
    revoked = False
    if isinstance(desk.bound(role).platform, Login):
        found = _revoked(desk, role, kept.secret)
        if isinstance(found, PlatformError) and not forget:
            raise _still_here(found, role)
        revoked = found is True
    if kept.where is Where.KEYRING:
        _out_of_keyring(role, account)
    credentials.out_of_files(account.service, account.user)
    return LoggedOut(role, name, account, kept.where, revoked, _overruled(desk, role))


def _keep(role: str, account: Account, secret: str, before: Kept | None) -> tuple[Where, Path | None]:
    """In the keyring; in a file where there is none that works."""
    try:
        credentials.to_keyring(account.service, account.user, secret)
    except credentials.KeyringTrouble as error:
        if before.where is Where.KEYRING if before else error.kind is credentials.Trouble.LOCKED:
            # what the keyring holds would be found first, once it works again
            raise keyring_error(error.kind, role, account.user) from None
        return Where.FILE, credentials.to_file(account.service, account.user, secret)
    with suppress(PlatformError):
        credentials.out_of_files(account.service, account.user)
    return Where.KEYRING, None


def _out_of_keyring(role: str, account: Account) -> None:
    try:
        credentials.out_of_keyring(account.service, account.user)
    except credentials.KeyringTrouble as error:
        raise keyring_error(error.kind, role, account.user) from None


@contextmanager
def _using(desk: Desk, role: str, secret: str) -> Iterator[Login]:
    """The role's platform, opened with this very secret."""
    with open_desk(desk.config, {**desk.environ, variable(role): secret}) as other:
        platform = other.bound(role).platform
        if isinstance(platform, Login):
            yield platform


def _revoke(desk: Desk, role: str, secret: str) -> None:
    with _using(desk, role, secret) as platform:
        platform.logout()


def _revoked(desk: Desk, role: str, secret: str) -> PlatformError | bool:
    try:
        _revoke(desk, role, secret)
    except PlatformError as error:
        return error
    return True


def _still_here(error: PlatformError, role: str) -> PlatformError:
    """The same error, saying what was not done."""
    advice = _("Le secret est toujours sur ce poste. Pour l'oublier quand même : allies-sync logout {role} --forget")
    return PlatformError(error.message, f"{error.advice} {advice.format(role=role)}".strip())


def _overruled(desk: Desk, role: str) -> str:
    return variable(role) if desk.environ.get(variable(role)) else ""


def _hands_out_none(desk: Desk, role: str, name: str) -> UserError:
    return UserError(
        _("La plateforme « {name} » du rôle « {role} » ne délivre pas de secret à ce poste.").format(
            name=name, role=role
        ),
        _("Si elle en demande un, donnez-le dans la variable d'environnement {variable}.").format(
            variable=variable(role)
        ),
    )
