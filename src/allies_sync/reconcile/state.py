"""What the tool remembers of an engagement, as kept in the workspace itself (``state.json``).

It is data from outside: anybody of the team can change the file. Everything is validated when read, and what a
platform gets of it (:class:`~allies_sync.platforms.interface.Known`) it checks once more against its own place.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from allies_sync.model.resources import Access, Rights
from allies_sync.platforms.errors import PlatformError, Suspicious
from allies_sync.platforms.interface import Address, Known
from allies_sync.text.messages import _

SCHEMA = 1
"""Raised when an older tool could misread what a newer one wrote."""

STATE_FILE = "state.json"
ENGAGEMENT_FILE = "engagement.toml"

Hash = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=4000)]
Key = Annotated[str, Field(max_length=200, pattern=r"^[a-z]+:[a-z0-9][a-z0-9._/-]*$")]


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Plain):
    """An address, as remembered."""

    path: Text
    url: Text | None = None


class Level(_Plain):
    """Rights, as remembered."""

    read: Rights
    write: Rights | None

    @classmethod
    def of(cls, access: Access | None) -> Level | None:
        return cls(read=access.read, write=access.write) if access else None

    def access(self) -> Access:
        return Access(self.read, self.write)


class Remembered(_Plain):
    """One resource as the tool left it.

    ``source``: fingerprint of the declaration that was written; ``fingerprint``: of what was read back ("" when the
    tool never saw its own version: whatever is there now is a person's). ``access`` is what was asked for,
    ``access_seen`` what was read back, ``former`` what people had set before a freeze. ``links``: remote ids of
    the unpredictable things it points to, as they were when it was written.
    """

    kind: str
    role: str
    platform: str
    title: Text = ""
    source: Hash
    fingerprint: Hash
    remote_id: Text
    address: Place
    access: Level | None = None
    access_seen: Level | None = None
    former: Level | None = None
    links: dict[Key, Text] = {}
    template: str = ""
    version: int = 0
    details: dict[str, str | int | bool | None] = {}

    def known(self) -> Known:
        """What the platform is told."""
        return Known(
            remote_id=self.remote_id,
            address=Address(self.address.path, self.address.url),
            fingerprint=self.fingerprint,
            access=self.access_seen.access() if self.access_seen else None,
            details=self.details,
        )


class Intent(_Plain):
    """A write that was about to be made: what a crash may have left behind is recognised by it."""

    act: Literal["create", "update", "delete"]
    source: Hash
    expected: Hash | None = None
    access: Level | None = None
    links: dict[Key, Text] = {}
    content: bool = True
    #: announced before what it points to was there: how it will read could not be said yet
    early: bool = False


class TemplateStamp(_Plain):
    """Which template the workspace was last brought to."""

    name: str
    version: int
    hash: Hash


class State(_Plain):
    """All that is remembered of one space."""

    schema_: Annotated[int, Field(alias="schema")] = SCHEMA
    slug: str
    template: TemplateStamp | None = None
    resources: dict[Key, Remembered] = {}
    pending: dict[Key, Intent] = {}

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def dump(self) -> bytes:
        """The same bytes for the same state, easy to read and to compare."""
        data = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        data = {"schema": self.schema_, **data}
        return (json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


class NewerState(PlatformError):
    """The workspace was written by a newer tool: this one must not touch it."""


def load_state(data: bytes | None, slug: str) -> State | None:
    """Reads ``state.json``; None when there is none.

    Raises :class:`NewerState` for a later schema and
    :class:`~allies_sync.platforms.errors.Suspicious` when it is not what this tool writes.
    """
    if data is None:
        return None
    advice = _("Rien n'a été modifié. Restaurez ce fichier depuis une version précédente ou une sauvegarde.")
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Suspicious(_("Le fichier d'état de « {slug} » est illisible.").format(slug=slug), advice) from error
    schema = raw.get("schema") if isinstance(raw, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise NewerState(
            _("L'espace « {slug} » a été écrit par une version plus récente d'allies-sync.").format(slug=slug),
            _("Rien n'a été modifié. Mettez allies-sync à jour sur ce poste, puis relancez la commande."),
        )
    try:
        state = State.model_validate(raw)
    except ValidationError as error:
        raise Suspicious(
            _("Le fichier d'état de « {slug} » n'a pas la forme attendue.").format(slug=slug), advice
        ) from error
    if state.slug != slug:
        raise Suspicious(
            _("Le fichier d'état de « {slug} » est celui d'un autre espace (« {other} »).").format(
                slug=slug, other=state.slug[:80]
            ),
            advice,
        )
    return state
