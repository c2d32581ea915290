"""Copies kept on this machine of what a command is about to take away: a draft, data, words that are replaced."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from allies_sync.platforms.errors import Refused
from allies_sync.text.messages import _
from allies_sync.text.names import safe_filename


def own_folder() -> Path:
    """This person's own folder of the tool. ``ALLIES_SYNC_DATA`` replaces it (for tests)."""
    chosen = os.environ.get("ALLIES_SYNC_DATA")
    return Path(chosen) if chosen else platformdirs.user_data_path("allies-sync", appauthor=False)


def set_aside(path: Path) -> None:
    """Gives the name free without losing what is there: ``x.toml`` becomes ``x-1.toml``, ``x-2.toml``…"""
    if not path.exists():
        return
    number = 1
    while path.with_name(f"{path.stem}-{number}{path.suffix}").exists():
        number += 1
    path.rename(path.with_name(f"{path.stem}-{number}{path.suffix}"))


def keep_copy(slug: str, name: str, data: bytes) -> Path:
    """Keeps ``data`` in this person's own folder and returns where. Raises Refused when it cannot: then nothing
    may be taken away."""
    folder = own_folder() / "copies" / slug
    path = folder / safe_filename(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() == data:
            return path
        set_aside(path)
        path.write_bytes(data)
    except OSError as error:
        raise Refused(
            _("Aucune copie de « {name} » n'a pu être gardée dans {folder}.").format(name=name, folder=folder),
            _("Rien n'a été modifié. Faites de la place, ou vérifiez vos droits sur ce dossier."),
        ) from error
    return path
