"""What a package says of itself (``data/allies-sync.json``): enough to rebuild the workspace from it alone.

It is data from outside. Everything is validated when it is read, and each file that it names is looked for in the
bag, with the digest that it gives.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from allies_sync.memoires.paths import BadPackage, member_path
from allies_sync.model.base import Slug
from allies_sync.model.resources import KINDS, Rights
from allies_sync.text.messages import _

FORMAT: Literal[1] = 1
"""Raised when an older tool could misread what a newer one wrote."""
MANIFEST = "allies-sync.json"
LARGEST = 64 << 20

Text = Annotated[str, StringConstraints(max_length=4_000)]
Hash = Annotated[str, StringConstraints(max_length=200)]
Key = Annotated[str, StringConstraints(max_length=200, pattern=r"^[a-z]+:[a-z0-9][a-z0-9._/-]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class InBag(_Plain):
    """A file of the package: its path under ``data/``, its SHA-256 and its size in bytes."""

    path: Text
    sha256: Sha256
    size: Annotated[int, Field(ge=0)]
    media_type: Text = "application/octet-stream"


class Level(_Plain):
    """Who could read and write a thing."""

    read: Rights
    write: Rights | None


class KeptResource(_Plain):
    """One declared thing of the workspace, as it was when the package was made.

    ``source``: fingerprint of its declaration as it was last written; ``written``: of what was read back then;
    ``found``: of what was there now (unlike ``written`` when a person changed it). ``gone``: a person had deleted it.
    ``content`` is what the platform holds, in its own syntax; ``page`` the same as people saw it (HTML); ``markdown``
    the template's words, with symbolic links.
    """

    id: Key
    kind: Text
    role: Text
    platform: Text
    title: Text = ""
    scope: Literal["engagement", "collective"] = "engagement"
    source: Hash = ""
    written: Hash = ""
    found: Hash = ""
    gone: bool = False
    access: Level | None = None
    former: Level | None = None
    name: Text = ""
    url: Text = ""
    content: InBag | None = None
    page: InBag | None = None
    markdown: InBag | None = None

    @property
    def edited(self) -> bool:
        """Whether a person changed it since the tool wrote it."""
        return not self.gone and bool(self.found) and self.found != self.written


class KeptFile(_Plain):
    """A file that somebody put into the workspace, at ``path`` in it."""

    path: Text
    content: InBag


class KeptAnswers(_Plain):
    """What was answered to one form, without personal fields."""

    form: Key
    title: Text = ""
    moment: Text = ""
    session: Text = ""
    answers: Annotated[int, Field(ge=0)]
    csv: InBag
    json_: Annotated[InBag, Field(alias="json")]

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Stamp(_Plain):
    """The template that the workspace follows, and its files in the package."""

    name: Text
    version: int
    hash: Hash
    files: tuple[InBag, ...] = ()


class Manifest(_Plain):
    """The whole of it. ``platforms``: by role, the kind of platform; ``extras``: what was kept beside the data."""

    format: Literal[1] = FORMAT
    slug: Slug
    title: Text
    archived: date
    software: Text
    platforms: dict[str, Text]
    template: Stamp
    engagement: InBag
    memoire: InBag
    crate: InBag | None = None
    resources: tuple[KeptResource, ...] = ()
    files: tuple[KeptFile, ...] = ()
    answers: tuple[KeptAnswers, ...] = ()
    extras: tuple[KeptFile, ...] = ()
    gaps: tuple[Text, ...] = ()

    def dump(self) -> bytes:
        """The same bytes for the same contents."""
        data = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        data = {"format": self.format, **data}
        return (json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()

    def in_bag(self) -> list[InBag]:
        """Every file that the manifest names."""
        found = [self.engagement, self.memoire, *self.template.files]
        found += [self.crate] if self.crate else []
        for resource in self.resources:
            found += [it for it in (resource.content, resource.page, resource.markdown) if it]
        found += [it.content for it in (*self.files, *self.extras)]
        found += [it for answers in self.answers for it in (answers.csv, answers.json_)]
        return found


def load_manifest(path: Path) -> Manifest:
    """Reads a manifest. Raises BadPackage for a later format and for anything else than this tool writes."""
    lie = BadPackage(
        _("Le paquet ne dit pas ce qu'il contient, ou pas comme allies-sync l'écrit."),
        _("Rien n'en a été utilisé. Reprenez-le de sa source, ou d'une sauvegarde."),
    )
    try:
        if path.stat().st_size > LARGEST:
            raise lie
        raw = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise lie from error
    if isinstance(raw, dict) and isinstance(raw.get("format"), int) and raw["format"] > FORMAT:
        raise BadPackage(
            _("Ce paquet a été écrit par une version plus récente d'allies-sync."),
            _("Mettez allies-sync à jour sur ce poste, puis relancez la commande."),
        )
    try:
        manifest = Manifest.model_validate(raw)
    except ValidationError as error:
        raise lie from error
    if any(resource.kind not in KINDS for resource in manifest.resources):
        raise lie
    for file in manifest.in_bag():
        member_path(file.path)
    return manifest
