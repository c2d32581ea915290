"""What a collective says of its Nextcloud in ``allies-sync.toml``, under ``[roles.files]``."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from allies_sync.text.messages import _
from allies_sync.text.names import check_relative_path

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^/\\\x00-\x1f]+$")]


_INNER = re.compile(r"/(?:index\.php|remote\.php|apps/\w+|login)(?:[/?#].*)?$")
"""What people copy along with the address from their browser."""


class NextcloudSettings(BaseModel):
    """``url`` and ``user`` name the collective's own account; the secret is never here."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    url: str
    user: Name
    #: the folder of that account which holds all engagements
    root: str = "Engagements"
    #: the group whose members work with the whole of every engagement
    team_group: Name | None = None
    #: the group whose members see the folders that are for participants
    participants_group: Name | None = None

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        url = _INNER.sub("", value).rstrip("/")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(_("ce n'est pas l'adresse d'un site, comme https://partage.exemple.org"))
        if parts.username or parts.password:
            raise ValueError(_("aucun mot de passe ne doit y figurer : lancez « allies-sync login files »"))
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.scheme == "http" and not local:
            raise ValueError(_("elle doit commencer par https:// pour que le mot de passe ne circule pas en clair"))
        return url

    @field_validator("root")
    @classmethod
    def _is_folder(cls, value: str) -> str:
        root = unicodedata.normalize("NFC", value).strip("/")
        return check_relative_path(root)
