"""What a workspace is made of: declared things and the rights that they should have.

A resource is *symbolic*: it names other resources by their id (``ref:page:programme``, a folder's id, a
share's target) and never by an address. So the same declaration can be compared with what was written last
year on another server, and :func:`source_fingerprint` does not move when an address does.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

REFERENCE = re.compile(r"(?<!\\)\]\(ref:([a-z][a-z0-9-]*:[a-z0-9][a-z0-9._/-]*)\)")
"""A Markdown link to another resource. Escaped values cannot contain one: their ``]`` is escaped."""


class Rights(StrEnum):
    """Who may do something, from the widest to the strictest."""

    PUBLIC = "public"
    PARTICIPANTS = "participants"
    TEAM = "team"

    @property
    def strictness(self) -> int:
        """0 for everybody, higher for fewer people."""
        return _STRICTNESS[self]


_STRICTNESS = {Rights.PUBLIC: 0, Rights.PARTICIPANTS: 1, Rights.TEAM: 2}


class Scope(StrEnum):
    """Whose a resource is. What is the collective's is only ever added to: never frozen, never removed."""

    ENGAGEMENT = "engagement"
    COLLECTIVE = "collective"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read and who may write. ``write=None``: nobody but the tool itself (read-only for people)."""

    read: Rights = Rights.TEAM
    write: Rights | None = Rights.TEAM

    def frozen(self) -> Access:
        """The same readers, no writers."""
        return Access(self.read, None)


@dataclass(frozen=True, slots=True)
class Widget:
    """Something that the platform itself shows inside a page.

    ``name`` is one of :data:`WIDGETS`; ``target`` the id of the resource it is about, if any; ``options`` are
    plain values of the template's author, never code.
    """

    name: str
    target: str | None = None
    options: tuple[tuple[str, str], ...] = ()

    def option(self, name: str, default: str = "") -> str:
        return dict(self.options).get(name, default)


WIDGETS: Mapping[str, str] = {
    "form": "the entry form of a form",
    "answers": "what was answered to a form, as far as the reader may see it",
    "count": "how many have answered a form",
    "tally": "how many have answered a form, and how often each answer to its closed questions was given "
    "(options: threshold, fewer answers to a question are not counted; questions, ids of those that may be counted)",
    "files": "the documents of a folder, or a way to them (option share: the share by which one gets there)",
    "button": "a link that looks like a button (options: label)",
    "include": "another page's content",
    "engagements": "all engagements of the collective",
    "contents": "the pages of this engagement",
}

Body = tuple[str | Widget, ...]
"""A page's or document's content: Markdown text and widgets, in order."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One declared thing. ``id`` is ``kind:name`` and never changes; ``role`` says which platform holds it."""

    kind: ClassVar[str]
    #: attributes that say where a thing is created or who may use it, not what it contains
    placement: ClassVar[frozenset[str]] = frozenset({"id", "role", "access", "scope"})

    id: str
    role: str
    title: str
    access: Access = field(default_factory=Access)
    scope: Scope = Scope.ENGAGEMENT


@dataclass(frozen=True, kw_only=True)
class Folder(Resource):
    """A folder, in its parent folder or at the engagement's root. It stays where it was created."""

    kind: ClassVar[str] = "folder"
    placement: ClassVar[frozenset[str]] = Resource.placement | {"parent", "name", "title"}

    name: str
    parent: str | None = None


@dataclass(frozen=True, kw_only=True)
class Document(Resource):
    """A file with its first content: Markdown (``body``) or bytes as they are (``data``).

    ``digest`` (``sha256:…``): the content is handed over once, and only the run that does so has the ``data``.
    """

    kind: ClassVar[str] = "document"
    placement: ClassVar[frozenset[str]] = Resource.placement | {"folder", "name", "title", "digest"}

    name: str
    folder: str | None = None
    body: Body = ()
    data: bytes | None = None
    media_type: str = "text/markdown"
    digest: str = ""

    @property
    def elsewhere(self) -> bool:
        """Whether its content was handed over by another run: this one could not write it."""
        return bool(self.digest) and self.data is None


@dataclass(frozen=True, kw_only=True)
class Share(Resource):
    """A link by which ``audience`` reaches ``target`` without an account.

    ``drop``: people may only put files in, never see what is there. ``expires``: last day it answers.
    """

    kind: ClassVar[str] = "share"

    target: str
    audience: Rights = Rights.PARTICIPANTS
    drop: bool = False
    expires: date | None = None


@dataclass(frozen=True, kw_only=True)
class Page(Resource):
    """A page of the engagement. ``name`` is short (``programme``); the platform makes a full name of it."""

    kind: ClassVar[str] = "page"
    placement: ClassVar[frozenset[str]] = Resource.placement | {"name"}

    name: str
    body: Body = ()
    home: bool = False
    menu: bool = True
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. ``key`` is stored and never changes; ``label`` is shown."""

    key: str
    label: str


@dataclass(frozen=True, kw_only=True)
class List_(Resource):
    """A vocabulary that several forms share. Options are only ever added."""

    kind: ClassVar[str] = "list"
    placement: ClassVar[frozenset[str]] = Resource.placement | {"name"}

    name: str
    options: tuple[Option, ...] = ()


class FieldKind(StrEnum):
    """What a question takes as an answer."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    SCALE = "scale"
    NUMBER = "number"
    DATE = "date"
    EMAIL = "email"
    LINK = "link"
    FILE = "file"
    IMAGE = "image"
    HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One question of a form. ``personal`` answers never reach anything public."""

    id: str
    kind: FieldKind
    label: str
    help: str = ""
    required: bool = False
    personal: bool = False
    options: tuple[Option, ...] = ()
    options_from: str | None = None
    max_length: int | None = None
    default: str = ""


@dataclass(frozen=True, kw_only=True)
class Form(Resource):
    """A questionnaire, or the form of a resource space.

    ``notice`` tells who reads the answers, why, for how long and whom to ask. ``answers`` says who may read
    what was answered; ``moment`` is ``amont``, ``a-chaud``, ``a-froid`` or empty; ``session`` the session it
    is about, if any. ``entry_title`` is what one answer is called: never a person's words.
    """

    kind: ClassVar[str] = "form"
    placement: ClassVar[frozenset[str]] = Resource.placement | {"name"}

    name: str
    fields: tuple[Field, ...] = ()
    notice: Body = ()
    moment: str = ""
    session: str = ""
    answers: Rights = Rights.TEAM
    entry_title: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry(Resource):
    """An entry of a form that the tool itself owns (a mémoire, a first resource), not a participant's answer.

    ``values`` by field id: text as typed; for closed questions the option's key, for several the keys joined by
    ``,`` (a key has none).
    """

    kind: ClassVar[str] = "entry"
    placement: ClassVar[frozenset[str]] = Resource.placement | {"name"}

    name: str
    form: str
    values: tuple[tuple[str, str], ...] = ()


KINDS: Mapping[str, type[Resource]] = {
    kind.kind: kind for kind in (Folder, Document, Share, Page, List_, Form, Entry)
}


def container(resource: Resource) -> str | None:
    """The id of the folder that must exist before this resource can."""
    if isinstance(resource, Folder):
        return resource.parent
    if isinstance(resource, Document):
        return resource.folder
    return None


def references(resource: Resource) -> frozenset[str]:
    """Ids of all other resources that this one points to: links, widgets, lists, form, target, container."""
    return frozenset(_references(resource)) - {resource.id}


def _references(resource: Resource) -> Iterator[str]:
    holder = container(resource)
    if holder:
        yield holder
    if isinstance(resource, Document | Page):
        yield from body_references(resource.body)
    if isinstance(resource, Form):
        yield from body_references(resource.notice)
        yield from (item.options_from for item in resource.fields if item.options_from)
    if isinstance(resource, Share):
        yield resource.target
    if isinstance(resource, Entry):
        yield resource.form


def body_references(body: Body) -> Iterator[str]:
    """Ids that a body links to or shows."""
    for part in body:
        if isinstance(part, Widget):
            if part.target:
                yield part.target
            if part.name == "files" and part.option("share"):
                yield part.option("share")
        else:
            yield from REFERENCE.findall(part)


def source_fingerprint(resource: Resource) -> str:
    """SHA-256 (hex) of what the resource *is*, without addresses, rights or place.

    Two declarations with the same fingerprint need no writing; the hash is stable across Python versions.
    """
    if isinstance(resource, Document) and resource.digest:
        content: dict[str, Any] = {"digest": resource.digest}
    else:
        content = {
            item.name: _plain(getattr(resource, item.name))
            for item in fields(resource)
            if item.name not in resource.placement
        }
    text = json.dumps([resource.kind, content], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value
