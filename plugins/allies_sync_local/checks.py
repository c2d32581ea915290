"""What `doctor` asks of a disk: is the folder there, may one write, is there room, do locks work?"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from allies_sync.platforms.interface import Finding, Level
from allies_sync.text.messages import _
from allies_sync_local import lease

_LITTLE = 100 * 1024 * 1024


def findings(base: Path) -> Iterator[Finding]:
    """Findings about the folder of all engagements. What the lock's test writes, it removes."""
    folder = base
    if not os.path.lexists(base):
        folder = next(parent for parent in base.parents if parent.exists())
        if not os.access(folder, os.W_OK | os.X_OK):
            yield Finding(
                Level.FAULT,
                _("Le dossier « {path} » n'existe pas, et il ne peut pas être créé dans « {parent} ».").format(
                    path=base, parent=folder
                ),
                _("Branchez le disque s'il manque, ou choisissez un autre « path » dans la configuration."),
            )
            return
        yield Finding(
            Level.NOTE,
            _("Le dossier « {path} » n'existe pas encore : il sera créé à la première ouverture.").format(path=base),
        )
    elif not base.is_dir():
        yield Finding(
            Level.FAULT,
            _("« {path} » n'est pas un dossier.").format(path=base),
            _("Choisissez un autre « path » dans la configuration."),
        )
        return
    elif not os.access(base, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            Level.FAULT,
            _("Le dossier « {path} » ne peut pas être lu et modifié par ce compte.").format(path=base),
            _("Demandez le droit d'y écrire à la personne qui gère cet ordinateur."),
        )
        return
    else:
        yield Finding(Level.OK, _("Le dossier « {path} » est accessible en écriture.").format(path=base))
    yield from _room(folder)
    yield from _locks(folder)


def _room(folder: Path) -> Iterator[Finding]:
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        yield Finding(Level.WARNING, _("L'espace libre sur ce disque ne peut pas être connu."))
        return
    megabytes = free // (1024 * 1024)
    if free < _LITTLE:
        yield Finding(
            Level.WARNING,
            _("Il ne reste que {count} Mo libres sur ce disque.").format(count=megabytes),
            _("Libérez de la place avant d'ouvrir un nouvel espace."),
        )
    else:
        yield Finding(Level.OK, _("Il reste {count} Mo libres sur ce disque.").format(count=megabytes))


def _locks(folder: Path) -> Iterator[Finding]:
    if lease.works(folder / f".allies-sync-{secrets.token_hex(8)}.tmp"):
        yield Finding(Level.OK, _("Les verrous fonctionnent : deux postes ne peuvent pas écrire en même temps."))
        return
    yield Finding(
        Level.WARNING,
        _("Les verrous ne fonctionnent pas dans « {path} ».").format(path=folder),
        _("Ne lancez qu'une commande à la fois, ou placez les espaces sur un autre disque."),
    )
