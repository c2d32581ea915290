"""The one file in which an engagement's description is kept: several files in one, so that they change together."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from allies_sync.platforms.errors import Refused, Suspicious
from allies_sync.platforms.interface import Stored
from allies_sync.text.messages import _
from allies_sync_nextcloud.places import STATE

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is stored. ``copy``: ETag and digest of the readable copy as we left it. ``trusted``: read or written
    under our own lease, or so that every change since shows in the ETag. ``shared``: whether the team gets in.
    ``ended``: the run that wrote it last of all it wrote, when its lease is that of the place's making."""

    files: Mapping[str, bytes]
    copy: tuple[str, str] = ("", "")
    etag: str = ""
    trusted: bool = False
    shared: bool = False
    ended: str = ""

    @property
    def revision(self) -> str:
        sums = {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}
        return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()

    @property
    def stored(self) -> Stored:
        return Stored(dict(self.files), self.revision if self.files else "", abandoned=not self.files)


def unpack(slug: str, content: bytes) -> Bundle:
    """Reads the file. Raises Suspicious for what this tool never writes, Refused for what a newer one wrote."""
    try:
        data = json.loads(content)
        number = data["format"]
        files = {str(name): _bytes(value) for name, value in data["files"].items()} if number == FORMAT else {}
        copy = data.get("copy") or {}
        known = (str(copy.get("etag", "")), str(copy.get("sha256", "")))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Suspicious(
            _("Le fichier d'état de « {slug} », dans « {folder} », est illisible.").format(slug=slug, folder=STATE),
            _("Rien n'a été modifié. Restaurez une version précédente de ce fichier dans Nextcloud."),
        ) from error
    if number != FORMAT:
        raise Refused(
            _("L'espace « {slug} » a été écrit par une version plus récente d'allies-sync.").format(slug=slug),
            _("Rien n'a été modifié. Mettez allies-sync à jour sur ce poste, puis relancez la commande."),
        )
    return Bundle(files, known, shared=data.get("shared") is not False, ended=str(data.get("ended") or ""))


def pack(bundle: Bundle) -> bytes:
    """The file's content: text as text, so that a person can read it."""
    files: dict[str, Any] = {}
    for name, data in bundle.files.items():
        try:
            files[name] = data.decode()
        except UnicodeDecodeError:
            files[name] = {"base64": base64.b64encode(data).decode()}
    content = {
        "format": FORMAT,
        "copy": {"etag": bundle.copy[0], "sha256": bundle.copy[1]},
        "files": files,
        "shared": bundle.shared,
        **({"ended": bundle.ended} if bundle.ended else {}),
    }
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    with suppress(KeyError, TypeError):
        return base64.b64decode(value["base64"], validate=True)
    raise ValueError("neither text nor base64")
