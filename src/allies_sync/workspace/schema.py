"""What a ``template.toml`` may say. Everything here is the template's author's: titles may hold Jinja.

A thing's full id is ``kind:id``; where only one kind can be meant, the short id is enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, StrictInt

from allies_sync.model.base import Count, Data, Issue, Label, Line, Name, Several, Statement, Title, Yes, shaped
from allies_sync.model.documents import PieceRole
from allies_sync.model.lifecycle import State
from allies_sync.model.problems import Code
from allies_sync.model.questionnaire import Option
from allies_sync.model.resources import Access, Rights, Scope
from allies_sync.text.messages import _

FILES, WIKI = "files", "wiki"
EXPIRES_AFTER = 90
"""Days after the engagement's last day on which its links stop answering, unless the template says otherwise."""

_SHORT = "[a-z][a-z0-9]*(-[a-z0-9]+)*"


def _reference(*kinds: str) -> Any:
    """An id of one of these kinds, with or without its prefix when there is only one."""
    check = shaped(rf"({'|'.join(kinds)}):{_SHORT}", Code.BAD_ID, 60)

    def read(value: Any) -> Any:
        if isinstance(value, str) and ":" not in value and len(kinds) == 1:
            value = f"{kinds[0]}:{value}"
        return check(value)

    return BeforeValidator(read)


FolderId = Annotated[str, Field(strict=True), _reference("folder")]
FormId = Annotated[str, Field(strict=True), _reference("form")]
ShareableId = Annotated[str, Field(strict=True), _reference("folder", "document")]
AnyId = Annotated[
    str, Field(strict=True), _reference("folder", "document", "share", "list", "form", "page", "entry")
]
_FILE_NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]*"
Source = Annotated[
    str, Field(strict=True), BeforeValidator(shaped(f"{_FILE_NAME}(/{_FILE_NAME})*", Code.BAD_ID, 120))
]
"""A file of the template: relative to its folder, with ``/``, no accents or spaces."""
FieldPath = Annotated[str, Field(strict=True), BeforeValidator(shaped(r"[a-z_]+(\.[a-z_]+)*", Code.BAD_ID, 80))]
"""A field of the engagement: ``territory.name``, or ``session.place``."""


def _inconsistent(key: str, found: str, message: str) -> Issue:
    return Issue((key,), Code.INCONSISTENT, found, details={"message": message})


class Writers(StrEnum):
    """Who may write."""

    PUBLIC = "public"
    PARTICIPANTS = "participants"
    TEAM = "team"
    NOBODY = "nobody"

    @property
    def rights(self) -> Rights | None:
        """The same, as a resource says it."""
        return None if self is Writers.NOBODY else Rights(self.value)


class When(Data):
    """Whether an engagement has a thing at all: in one of these states, and with this field set."""

    states: Several[State] = ()
    field: FieldPath | None = None


class Declared(Data):
    """What all declared things have. ``title`` may hold Jinja."""

    kind: ClassVar[str]
    role: ClassVar[str]
    default_access: ClassVar[Access]

    id: Name
    title: Label
    read: Rights | None = None
    write: Writers | None = None
    scope: Scope = Scope.ENGAGEMENT
    when: When = When()
    each: Literal["session"] | None = None

    @property
    def full_id(self) -> str:
        """``kind:id``."""
        return f"{self.kind}:{self.id}"

    @property
    def access(self) -> Access:
        """The rights that it declares, or those that its kind has."""
        read = self.read or self.default_access.read
        write = self.write.rights if self.write else self.default_access.write
        if write and write.strictness < read.strictness and self.write is None:
            write = read
        return Access(read, write)

    @property
    def texts(self) -> Mapping[str, str]:
        """All that may hold Jinja and becomes plain text, by key."""
        return {"title": self.title}

    @property
    def targets(self) -> Mapping[str, str]:
        """Ids of other things that it names, by key."""
        return {}

    def issues(self) -> Iterator[Issue]:
        write = self.write.rights if self.write else None
        read = self.read or self.default_access.read
        if write and write.strictness < read.strictness:
            yield Issue(("write",), Code.NOT_ALLOWED, write.value, (read.value, "nobody"), other=("read",))
        if self.scope is Scope.COLLECTIVE and self.each:
            yield _inconsistent("each", self.each, _("ce qui est au collectif ne dépend d'aucune rencontre."))


class FolderEntry(Declared):
    """A folder; ``name`` is the title unless it is given. ``holds``: roles of the documents that are added to it."""

    kind = "folder"
    role = FILES
    default_access = Access(Rights.TEAM, Rights.TEAM)

    name: Label | None = None
    parent: FolderId | None = None
    holds: Several[PieceRole] = ()

    @property
    def texts(self) -> Mapping[str, str]:
        return {"title": self.title} | ({"name": self.name} if self.name else {})

    @property
    def targets(self) -> Mapping[str, str]:
        return {"parent": self.parent} if self.parent else {}


class DocumentEntry(Declared):
    """A document: Markdown from ``source`` (``documents/<id>.md`` unless given), or the bytes of ``file``."""

    kind = "document"
    role = FILES
    default_access = Access(Rights.TEAM, Rights.TEAM)

    name: Label | None = None
    folder: FolderId | None = None
    source: Source | None = None
    file: Source | None = None

    @property
    def extension(self) -> str:
        """That of what it is made from."""
        return PurePosixPath(self.file).suffix if self.file else ".md"

    def file_name(self, name: str) -> str:
        """A name with its extension, unless it has it."""
        return name if name.lower().endswith(self.extension.lower()) else name + self.extension

    @property
    def source_path(self) -> str | None:
        """The Markdown source, unless it is a file taken as it is."""
        return None if self.file else self.source or f"documents/{self.id}.md"

    @property
    def texts(self) -> Mapping[str, str]:
        return {"title": self.title} | ({"name": self.name} if self.name else {})

    @property
    def targets(self) -> Mapping[str, str]:
        return {"folder": self.folder} if self.folder else {}

    def issues(self) -> Iterator[Issue]:
        yield from super().issues()
        if self.source and self.file:
            yield _inconsistent("file", self.file, _("« source » est déjà donné ; gardez l'un des deux."))


class ShareEntry(Declared):
    """A link to a folder or document. ``expires_after``: days after the last day; 0 for a link without an end."""

    kind = "share"
    role = FILES
    default_access = Access(Rights.TEAM, None)

    target: ShareableId
    audience: Rights = Rights.PARTICIPANTS
    drop: Yes = False
    expires_after: Annotated[StrictInt, Field(ge=0, le=3650)] = EXPIRES_AFTER

    @property
    def access(self) -> Access:
        return Access(self.audience, self.audience if self.drop else None)

    @property
    def targets(self) -> Mapping[str, str]:
        return {"target": self.target}

    def issues(self) -> Iterator[Issue]:
        for key in ("read", "write"):
            if getattr(self, key) is not None:
                yield _inconsistent(key, getattr(self, key).value, _("un lien a « audience » à la place."))
        if self.scope is Scope.COLLECTIVE and self.each:
            yield _inconsistent("each", self.each, _("ce qui est au collectif ne dépend d'aucune rencontre."))


class PageEntry(Declared):
    """A page: Markdown from ``source`` (``pages/<id>.md`` unless given)."""

    kind = "page"
    role = WIKI
    default_access = Access(Rights.PARTICIPANTS, Rights.TEAM)

    name: Name | None = None
    source: Source | None = None
    home: Yes = False
    menu: Yes = True
    keywords: Several[Label] = ()

    @property
    def source_path(self) -> str:
        return self.source or f"pages/{self.id}.md"

    @property
    def texts(self) -> Mapping[str, str]:
        return {"title": self.title} | {f"keywords.{n}": word for n, word in enumerate(self.keywords)}


class ListEntry(Declared):
    """A vocabulary that several forms share."""

    kind = "list"
    role = WIKI
    default_access = Access(Rights.PARTICIPANTS, None)

    name: Name | None = None
    options: Several[Option] = ()

    def issues(self) -> Iterator[Issue]:
        yield from super().issues()
        first: dict[str | None, int] = {}
        for index, option in enumerate(self.options):
            if option.key in first:
                other = ("options", first[option.key], "key")
                yield Issue(("options", index, "key"), Code.DUPLICATE, option.key, other=other)
            first.setdefault(option.key, index)


class FormEntry(Declared):
    """A form, whose questions are in ``source`` (``questionnaires/<id>.toml`` unless given).

    Its title is the questionnaire's unless given. ``write``: who may answer. ``notice``: a Markdown source for
    what is said before it; ``entry_title``: what one answer is called.
    """

    kind = "form"
    role = WIKI
    default_access = Access(Rights.PARTICIPANTS, Rights.PARTICIPANTS)

    title: Label = Field(default="")
    name: Name | None = None
    source: Source | None = None
    notice: Source | None = None
    entry_title: Line = ""

    @property
    def source_path(self) -> str:
        return self.source or f"questionnaires/{self.id}.toml"

    @property
    def texts(self) -> Mapping[str, str]:
        return {
            key: text for key, text in (("title", self.title), ("entry_title", self.entry_title)) if text
        }


class EntryEntry(Declared):
    """An entry of a form that the tool owns. Its values may hold Jinja."""

    kind = "entry"
    role = WIKI
    default_access = Access(Rights.PARTICIPANTS, Rights.TEAM)

    name: Name | None = None
    form: FormId
    values: dict[str, Annotated[str, Field(strict=True, max_length=20_000)]] = Field(default_factory=dict)

    @property
    def texts(self) -> Mapping[str, str]:
        return {"title": self.title} | {f"values.{key}": value for key, value in self.values.items()}

    @property
    def targets(self) -> Mapping[str, str]:
        return {"form": self.form}


class TemplateFile(Data):
    """The whole of ``template.toml``. ``remove``: things of the base that this template does without."""

    name: Name
    version: Annotated[Count, Field(ge=1)]
    title: Title
    description: Statement
    licence: Line = ""
    language: Literal["fr", "en"] = "fr"
    extends: Name | None = None
    remove: Several[AnyId] = ()

    folders: Several[FolderEntry] = Field(default=(), alias="folder")
    documents: Several[DocumentEntry] = Field(default=(), alias="document")
    shares: Several[ShareEntry] = Field(default=(), alias="share")
    lists: Several[ListEntry] = Field(default=(), alias="list")
    forms: Several[FormEntry] = Field(default=(), alias="form")
    pages: Several[PageEntry] = Field(default=(), alias="page")
    entries: Several[EntryEntry] = Field(default=(), alias="entry")

    def declared(self) -> Iterator[tuple[tuple[str, int], Declared]]:
        """All declared things in the order in which they are made, each with its place in the file."""
        groups: tuple[tuple[str, tuple[Declared, ...]], ...] = (
            ("folder", self.folders),
            ("document", self.documents),
            ("share", self.shares),
            ("list", self.lists),
            ("form", self.forms),
            ("page", self.pages),
            ("entry", self.entries),
        )
        for kind, group in groups:
            for index, item in enumerate(group):
                yield (kind, index), item

    def issues(self) -> Iterator[Issue]:
        first: dict[str, tuple[str, int]] = {}
        for place, item in self.declared():
            if item is None or not item.id:
                continue
            if item.full_id in first:
                yield Issue((*place, "id"), Code.DUPLICATE, item.id, other=(*first[item.full_id], "id"))
            first.setdefault(item.full_id, place)
        if self.remove and not self.extends:
            yield _inconsistent("remove", ", ".join(self.remove), _("ce modèle n'en complète aucun autre."))
