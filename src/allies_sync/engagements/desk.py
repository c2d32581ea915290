"""A collective's desk: its configuration, its platforms opened when they are first needed, its templates."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

import platformdirs

from allies_sync.engagements.config import Config, open_settings
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.secrets import role_secret
from allies_sync.platforms.interface import Opening, StateStore
from allies_sync.platforms.manager import Plugins, load_plugins
from allies_sync.reconcile.looking import Bound
from allies_sync.text.messages import _, join_words
from allies_sync.workspace.templates import Templates

ROLES = ("files", "wiki")


class Desk:
    """One configuration at work. Close it when done (or use :func:`open_desk`)."""

    def __init__(self, config: Config, environ: Mapping[str, str]) -> None:
        self.config = config
        self.environ = environ
        self._bindings: dict[str, Bound] = {}

    @cached_property
    def plugins(self) -> Plugins:
        return load_plugins(self.environ)

    @cached_property
    def templates(self) -> Templates:
        """All templates that can be used: the collective's own first, then plugins', then those that come along."""
        return Templates(self.config.template_folders, self.plugins.template_folders())

    @property
    def bindings(self) -> Mapping[str, Bound]:
        """Both roles with their platforms."""
        for role in ROLES:
            self.bound(role)
        return self._bindings

    def bound(self, role: str) -> Bound:
        """The platform of one role, opened on first use. Raises UserError when there is none of that name."""
        if role not in self._bindings:
            self._bindings[role] = self._open(role)
        return self._bindings[role]

    def _open(self, role: str) -> Bound:
        name = self.config.roles[role].platform
        types = self.plugins.platform_types()
        if name not in types:
            known = join_words(sorted(types))
            broken = [f"{problem.plugin} : {problem.sentence}" for problem in self.plugins.problems]
            raise UserError(
                _("Aucun greffon n'apporte la plateforme « {name} », choisie pour le rôle « {role} ».").format(
                    name=name, role=role
                ),
                _("Plateformes disponibles : {known}. Corrigez [roles.{role}] dans {file}.").format(
                    known=known or "-", role=role, file=self.config.file or "allies-sync.toml"
                ),
                broken,
            )
        kind = types[name]
        if role not in kind.roles:
            raise UserError(
                _("La plateforme « {name} » ne peut pas tenir le rôle « {role} ».").format(name=name, role=role),
                _("Elle sait tenir : {roles}.").format(roles=join_words(sorted(kind.roles))),
            )
        settings = open_settings(self.config, role, kind.settings)
        opening = Opening(
            role=role,
            settings=settings,
            secret=lambda: role_secret(role, self.config, self.environ),
            collective=self.config.collective.name,
            language=self.config.collective.language,
            cache=cache_folder(self.environ),
        )
        return Bound(name, kind.open(opening))

    @property
    def store(self) -> StateStore:
        """Where engagements describe themselves: the platform of the role ``files``."""
        platform = self.bound("files").platform
        if not isinstance(platform, StateStore):
            raise UserError(
                _("La plateforme « {name} » ne sait pas conserver l'état des espaces.").format(
                    name=self.bound("files").name
                ),
                _("Choisissez-en une autre pour le rôle « files »."),
            )
        return platform

    def close(self) -> None:
        """Ends all connections."""
        for bound in self._bindings.values():
            with suppress(Exception):
                bound.platform.close()
        self._bindings.clear()


@contextmanager
def open_desk(config: Config, environ: Mapping[str, str] | None = None) -> Iterator[Desk]:
    """A desk for the time of one command."""
    desk = Desk(config, os.environ if environ is None else environ)
    try:
        yield desk
    finally:
        desk.close()


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where a platform may keep what it can always fetch again. Deleting it costs requests, nothing else."""
    chosen = environ.get("ALLIES_SYNC_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("allies-sync", appauthor=False)
