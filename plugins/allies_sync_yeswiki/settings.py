"""What a collective says of its YesWiki in ``allies-sync.toml``, under ``[roles.wiki]``."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from allies_sync.text.messages import _

Group = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,80}$")]


class YesWikiSettings(BaseModel):
    """``url`` is the wiki's address, ``user`` the collective's own account there; the secret is never here.

    ``login``: whether the secret is an API key of that account (``key``) or its password (``password``).
    ``team_group`` and ``participants_group``: groups of the wiki; without the first, the team are the admins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    url: str
    user: Annotated[str, Field(min_length=1, max_length=80)]
    login: Literal["key", "password"] = "key"
    team_group: Group | None = None
    participants_group: Group | None = None

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        url = value.partition("?")[0].rstrip("/").removesuffix("/index.php").removesuffix("/wakka.php").rstrip("/")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
            raise ValueError(_("ce n'est pas l'adresse d'un wiki, comme https://wiki.exemple.org"))
        if parts.username or parts.password:
            raise ValueError(_("aucun mot de passe ne doit y figurer : lancez « allies-sync login wiki »"))
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError(_("elle doit commencer par https:// pour que la clé ne circule pas en clair"))
        return url
