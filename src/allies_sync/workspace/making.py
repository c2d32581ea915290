"""One declared thing of one engagement as the resource that a platform understands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from allies_sync.model.engagement import Engagement
from allies_sync.model.people import Privacy
from allies_sync.model.problems import InvalidData
from allies_sync.model.questionnaire import Questionnaire
from allies_sync.model.resources import (
    Access,
    Body,
    Document,
    Entry,
    Field,
    Folder,
    Form,
    List_,
    Option,
    Page,
    Resource,
    Scope,
    Share,
)
from allies_sync.text.escaping import escape_paragraphs
from allies_sync.workspace.flaws import Flaw, flaw
from allies_sync.workspace.notices import default_notice
from allies_sync.workspace.planning import Planned, audience_of, expiry
from allies_sync.workspace.schema import (
    DocumentEntry,
    EntryEntry,
    FolderEntry,
    FormEntry,
    ListEntry,
    PageEntry,
    ShareEntry,
)
from allies_sync.workspace.structure import NOTICE
from allies_sync.workspace.template import Template
from allies_sync.workspace.views import wrap

MEDIA_TYPES = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".md": "text/markdown",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
"""The same on every system, unlike what :mod:`mimetypes` reads from it."""

Render = Callable[[Planned, str, Mapping[str, Any]], Body]


class Maker:
    """Makes resources; ``body`` renders a Markdown source for a thing, knowing some names more."""

    def __init__(self, template: Template, engagement: Engagement, each: Collection[str], body: Render) -> None:
        self.template = template
        self.engagement = engagement
        self.each = each
        self.body = body

    def make(self, thing: Planned) -> Resource:
        """The resource. Raises :class:`InvalidData`."""
        item = thing.item
        common: dict[str, Any] = {
            "id": thing.id,
            "role": item.role,
            "title": thing.title,
            "access": item.access,
            "scope": item.scope,
        }
        match item:
            case FolderEntry():
                return Folder(**common, name=thing.name, parent=self._other(thing, item.parent))
            case DocumentEntry():
                return self._document(thing, item, common)
            case ShareEntry():
                audience = audience_of(item, self.engagement)
                return Share(
                    **{**common, "access": Access(audience, audience if item.drop else None)},
                    target=thing.sibling(item.target, self.each),
                    audience=audience,
                    drop=item.drop,
                    expires=expiry(item, self.engagement),
                )
            case PageEntry():
                words = (thing.texts[f"keywords.{number}"] for number in range(len(item.keywords)))
                return Page(
                    **common,
                    name=thing.name,
                    body=self.body(thing, item.source_path, {}),
                    home=item.home,
                    menu=item.menu,
                    keywords=tuple(word for word in words if word),
                )
            case ListEntry():
                options = tuple(Option(option.key, option.label) for option in item.options)
                return List_(**common, name=thing.name, options=options)
            case FormEntry():
                return self._form(thing, item, common)
            case EntryEntry():
                values = tuple((key, thing.texts[f"values.{key}"]) for key in item.values)
                return Entry(**common, name=thing.name, form=thing.sibling(item.form, self.each), values=values)
        raise TypeError(item.kind)  # pragma: no cover

    def _other(self, thing: Planned, target: str | None) -> str | None:
        return thing.sibling(target, self.each) if target else None

    def _document(self, thing: Planned, item: DocumentEntry, common: dict[str, Any]) -> Document:
        place: dict[str, Any] = {"name": thing.name, "folder": self._other(thing, item.folder)}
        if item.file is None:
            return Document(**common, **place, body=self.body(thing, item.source_path or "", {}))
        layer = self.template.layers[self.template.layer_of(item.file) or 0]
        media_type = MEDIA_TYPES.get(PurePosixPath(item.file).suffix.lower(), "application/octet-stream")
        return Document(**common, **place, data=layer.files[item.file], media_type=media_type)

    def _form(self, thing: Planned, item: FormEntry, common: dict[str, Any]) -> Form:
        questionnaire = self.template.questionnaires[item.full_id]
        return Form(
            **common,
            name=thing.name,
            fields=tuple(self._fields(thing, questionnaire)),
            notice=self._notice(thing, item, questionnaire),
            moment=questionnaire.moment.value,
            session=thing.session.id if thing.session else "",
            answers=questionnaire.answers,
            entry_title=thing.texts.get("entry_title") or thing.title,
        )

    def _fields(self, thing: Planned, questionnaire: Questionnaire) -> list[Field]:
        fields = []
        for number, question in enumerate(questionnaire.questions):
            label = thing.texts[f"questions.{number}.label"]
            if not label:
                item = thing.item
                source = item.source_path if isinstance(item, FormEntry) else ""
                file, line = self.template.where_in(source, f"questions.{number}.label")
                raise InvalidData([flaw(Flaw.UNSET, file, line, f"questions[{number}].label")])
            text = thing.texts.get(f"questions.{number}.help", "")
            fields.append(replace(question.to_field(), label=label, help=text))
        return fields

    def _notice(self, thing: Planned, item: FormEntry, questionnaire: Questionnaire) -> Body:
        # what is the collective's must not change with the engagement that is being looked at
        known = Privacy() if item.scope is Scope.COLLECTIVE else self.engagement.privacy
        privacy = known.completing(questionnaire.notice)
        source = item.notice or (NOTICE if self.template.layer_of(NOTICE) is not None else None)
        introduction = escape_paragraphs(thing.texts.get("introduction", ""))
        if source is None:
            said: Body = (default_notice(questionnaire, privacy) + "\n",)
        else:
            more = {"notice": wrap(privacy, "notice"), "questionnaire": wrap(questionnaire, "questionnaire")}
            said = self.body(thing, source, more)
        return (f"{introduction}\n\n", *said) if introduction else said
