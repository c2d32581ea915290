"""Documents that are handed over once: what people add, and what the tool makes of an engagement.

The workspace holds the document itself; here is what is known of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, StrictInt

from allies_sync.model.base import Data, Day, Issue, Label, Line, Name, Url, shaped
from allies_sync.model.problems import Code
from allies_sync.model.resources import Rights

Digest = Annotated[str, Field(strict=True), BeforeValidator(shaped("sha256:[0-9a-f]{64}", Code.BAD_ID, 71))]
"""``sha256:`` and 64 hexadecimal digits."""


class PieceRole(StrEnum):
    """What a document is to its engagement; the first three are what a mémoire should link."""

    DEMAND = "cahier-des-charges"
    PROPOSITION = "proposition"
    BILAN = "bilan"
    REFORMULATION = "reformulation"
    RESOURCE = "ressource"
    DRAFT = "brouillon"
    CHART = "graphique"


_FOR_PARTICIPANTS = frozenset({PieceRole.BILAN, PieceRole.RESOURCE})
_AT_WORK = frozenset({PieceRole.DRAFT, PieceRole.CHART})
"""What only the team needs: nobody gets a link to it."""


PUBLISHED_BILAN = "bilan"
"""The id of the bilan that the tool publishes, among others that people may have added."""


class Consent(Data):
    """The client agreed that a document be published. ``document``: a role (``proposition``), the id of one of the
    engagement's documents, or that of a document of the template; ``by``: in what function, not the person's name.
    """

    document: Name
    date: Day
    by: Line = ""


class Piece(Data):
    """One document. It is a file of the workspace (``name``, ``digest``, ``size`` in bytes) or an address elsewhere
    (``url``). ``consent``: the day on which the client agreed to its publication, ``consent_by`` in what function.
    """

    id: Name
    role: PieceRole
    title: Label
    name: Line = ""
    url: Url | None = None
    digest: Digest | None = None
    size: Annotated[StrictInt, Field(ge=0)] = 0
    media_type: Line = "application/octet-stream"
    added: Day | None = None
    consent: Day | None = None
    consent_by: Line = ""

    @property
    def audience(self) -> Rights:
        """Who may read it: everybody once the client agreed, or when the words are the collective's own."""
        if self.role in _AT_WORK:
            return Rights.TEAM
        if self.consent or self.role is PieceRole.REFORMULATION:
            return Rights.PUBLIC
        return Rights.PARTICIPANTS if self.role in _FOR_PARTICIPANTS else Rights.TEAM

    @property
    def shown(self) -> bool:
        """Whether pages link to it: not to what is for the team alone."""
        return self.audience is not Rights.TEAM

    @property
    def resource_id(self) -> str:
        """The document as a thing of the workspace."""
        return f"document:piece-{self.id}"

    @property
    def share_id(self) -> str:
        """The link to it."""
        return f"share:piece-{self.id}"

    def issues(self) -> Iterator[Issue]:
        if self.url is None and (not self.name or self.digest is None):
            yield Issue(("name",), Code.MISSING, "", other=("url",))
