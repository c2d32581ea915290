"""Gathering everything that a workspace holds into an archive package."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from allies_sync import __version__
from allies_sync.engagements.answers import MOMENTS
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.prepare import Preparation, published_in
from allies_sync.engagements.stored import describe_space
from allies_sync.memoires.bags import SUFFIX, write_package
from allies_sync.memoires.crate import Work
from allies_sync.memoires.jsonld import memoire_jsonld
from allies_sync.memoires.manifest import (
    InBag,
    KeptAnswers,
    KeptFile,
    KeptResource,
    Level,
    Manifest,
    Stamp,
)
from allies_sync.memoires.packing import Builder, bag_info
from allies_sync.model.base import without_personal
from allies_sync.model.engagement import Engagement
from allies_sync.model.memoire import Memoire
from allies_sync.model.resources import Body, Document, Field, Form, Page, Rights, Share
from allies_sync.model.tomlfile import dump_toml
from allies_sync.platforms.errors import PlatformError, Refused
from allies_sync.platforms.holdings import Holdings, Pages
from allies_sync.platforms.interface import Answer, Answers, Seen, Target
from allies_sync.reconcile.plan import Item
from allies_sync.text.messages import _
from allies_sync.text.sanitise import clean_html, neutralise_formula
from allies_sync.workspace.making import MEDIA_TYPES

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Packaged:
    """A package on this disk. ``written``: whether it is another one than was there before."""

    path: Path
    manifest: Manifest
    written: bool
    size: int


def package_target(slug: str, output: Path | None) -> Path:
    """Where the package goes. Raises UserError for a place where something else is."""
    target = output or Path.cwd() / f"{slug}{SUFFIX}.zip"
    if target.is_dir():
        target = target / f"{slug}{SUFFIX}.zip"
    if not target.parent.is_dir():
        raise UserError(
            _("Le dossier {folder} n'existe pas.").format(folder=target.parent),
            _("Créez-le, ou choisissez un autre endroit avec -o."),
        )
    if target.exists() and not _is_package_of(slug, target):
        raise UserError(
            _("{path} existe déjà, et n'est pas un paquet de « {slug} ».").format(path=target, slug=slug),
            _("Rien n'a été remplacé. Déplacez ce fichier, ou choisissez un autre nom avec -o."),
        )
    return target


def _is_package_of(slug: str, path: Path) -> bool:
    """Whether a file is an older package of the same engagement, as far as its first bytes tell."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        head = stream.read(400)
    return head[:4] == b"PK\x03\x04" and head[30:].startswith(f"{slug}{SUFFIX}/".encode())


def package(
    desk: Desk,
    preparation: Preparation,
    memoire: Memoire,
    gaps: Sequence[str],
    target: Path,
    told: Told = lambda what: None,
) -> Packaged:
    """Writes the package of a workspace as it is now; one with the same contents stays as it is.

    Raises PlatformError when something cannot be read: a package holds everything, or there is none.
    """
    slug = preparation.slug
    with tempfile.TemporaryDirectory(prefix="allies-sync-") as place:
        folder = Path(place) / "bag"
        folder.mkdir()
        manifest = _Packing(desk, preparation, folder, told).manifest(memoire, gaps)
        written = write_package(folder, f"{slug}{SUFFIX}", target)
    return Packaged(target, manifest, written, target.stat().st_size)


class _Packing:
    def __init__(self, desk: Desk, preparation: Preparation, folder: Path, told: Told) -> None:
        self.desk = desk
        self.preparation = preparation
        self.plan = preparation.own.plan
        self.engagement = preparation.engagement
        self.builder = Builder(folder)
        self.told = told
        self.kept: dict[str, InBag] = {}

    def manifest(self, memoire: Memoire, gaps: Sequence[str]) -> Manifest:
        engagement = self.engagement
        day = engagement.archived or engagement.last_day
        impersonal = without_personal(engagement)
        files = tuple(self._files())
        resources = tuple(self._resource(item) for item in self.plan.items)
        manifest = Manifest(
            slug=self.preparation.slug,
            title=engagement.title,
            archived=day,
            software=f"allies-sync {__version__}",
            platforms={role: bound.name for role, bound in self.desk.bindings.items()},
            template=self._template(),
            engagement=self._add("", "engagement.toml", dump_toml(impersonal).encode(), "application/toml"),
            memoire=self._add(
                "", "memoire.jsonld", _json(memoire_jsonld(memoire)), "application/ld+json", memoire.title
            ),
            resources=resources,
            files=files,
            answers=tuple(self._answers()),
            extras=tuple(self._extras()),
            gaps=tuple(gaps),
        )
        work = _work(engagement, memoire, self.desk.config.collective.name, self.desk.config.collective.language)
        home = self.plan.space.addresses.get(self.preparation.workspace.home or "")
        url = home.url if home and home.url and home.url.startswith("https://") else ""
        return self.builder.finish(manifest, work, bag_info(manifest, work.organisation or engagement.title, url))

    def _add(self, folder: str, name: str, data: bytes, media_type: str, title: str = "") -> InBag:
        return self.builder.add(folder, name, data, media_type, title)

    # --- files ----------------------------------------------------------------------------------------------

    def _files(self) -> Iterator[KeptFile]:
        """Every file in the workspace: the tool's documents, and what people put there."""
        for bound in self.desk.bindings.values():
            if isinstance(bound.platform, Holdings):
                for holding in bound.platform.holdings(self.plan.space):
                    self.told(holding.path)
                    blocks = bound.platform.fetch(self.plan.space, holding.path)
                    media_type = MEDIA_TYPES.get(PurePosixPath(holding.path).suffix.lower(), holding.media_type)
                    kept = self.builder.add("files", holding.path, blocks, media_type)
                    self.kept[holding.path] = kept
                    yield KeptFile(path=holding.path, content=kept)

    # --- resources ------------------------------------------------------------------------------------------

    def _resource(self, item: Item) -> KeptResource:
        seen = item.seen if isinstance(item.seen, Seen) else None
        base = item.decision.base
        resource = item.resource
        gone = seen is None and base is not None
        content = page = markdown = None
        if seen is not None and isinstance(resource, Document):
            content = self.kept.get(seen.address.path) or self._read(item, "documents")
        elif seen is not None and item.kind not in ("folder", "share"):
            content = self._read(item, f"{item.kind}s")
        if seen is not None and isinstance(resource, Page):
            page = self._page(item)
            text = _markdown(resource.body)
            markdown = self._add("sources", f"{resource.name}.md", text.encode(), "text/markdown", item.title)
        public = seen is not None and not (isinstance(resource, Share) and resource.audience is not Rights.PUBLIC)
        return KeptResource(
            id=item.key,
            kind=item.kind,
            role=item.role,
            platform=item.platform,
            title=item.title,
            source=base.source if base else "",
            written=base.fingerprint if base else "",
            found=seen.fingerprint if seen else "",
            gone=gone,
            access=_level(base.access_seen) if base else None,
            former=_level(base.former) if base else None,
            name=str(getattr(resource, "name", "") or ""),
            url=(seen.address.url or "") if seen and public else "",
            content=content,
            page=page,
            markdown=markdown,
        )

    def _target(self, item: Item) -> Target:
        base = item.decision.base
        return Target(item.key, item.kind, item.resource, base.known() if base else None)

    def _read(self, item: Item, folder: str) -> InBag:
        self.told(item.title)
        content = self.desk.bindings[item.role].platform.read(self.plan.space, self._target(item))
        suffix = _SUFFIXES.get(content.media_type.partition(";")[0], ".txt")
        name = item.key.partition(":")[2].replace("/", "-") + suffix
        return self._add(folder, name, content.data, content.media_type.partition(";")[0], item.title)

    def _page(self, item: Item) -> InBag | None:
        platform = self.desk.bindings[item.role].platform
        if not isinstance(platform, Pages):
            return None
        try:
            content = platform.shown(self.plan.space, self._target(item))
        except Refused:
            return None  # not everybody may read it: its source is kept
        html = clean_html(content.text if content.text is not None else content.data.decode("utf-8", "replace"))
        name = item.key.partition(":")[2].replace("/", "-") + ".html"
        return self._add("pages", name, _document(item.title, html), "text/html", item.title)

    # --- answers --------------------------------------------------------------------------------------------

    def _answers(self) -> Iterator[KeptAnswers]:
        """What was answered, without personal fields, without names, in the order in which it came."""
        for item in self.plan.items:
            form = item.resource
            if not isinstance(form, Form) or form.moment not in MOMENTS or not isinstance(item.seen, Seen):
                continue
            platform = self.desk.bindings[item.role].platform
            if not isinstance(platform, Answers):
                continue
            base = item.decision.base
            answers = platform.answers(self.plan.space, form, base.known() if base else None)
            fields = [field for field in form.fields if not field.personal]
            rows = [_impersonal(answer, fields) for answer in sorted(answers, key=_when)]
            name = form.id.partition(":")[2]
            table = _csv(fields, rows, self._labels())
            yield KeptAnswers(
                form=form.id,
                title=form.title,
                moment=form.moment,
                session=form.session,
                answers=len(rows),
                csv=self._add("answers", f"{name}.csv", table, "text/csv", form.title),
                json_=self._add("answers", f"{name}.json", _json(_told(form, fields, rows)), "application/json"),
            )

    def _labels(self) -> Mapping[str, Mapping[str, str]]:
        found: dict[str, Mapping[str, str]] = {}
        for resource in self.preparation.workspace.resources:
            if resource.kind == "list":
                found[resource.id] = {it.key: it.label for it in getattr(resource, "options", ())}
        return found

    # --- the rest -------------------------------------------------------------------------------------------

    def _template(self) -> Stamp:
        """The template's own files, so that the workspace can be rebuilt where nobody has it."""
        template = self.desk.templates.get(self.engagement.template)
        files = []
        for number, layer in enumerate(template.layers):
            for name, data in sorted(layer.files.items()):
                files.append(self._add(f"template/{number}", name, data, "text/plain"))
        return Stamp(name=template.name, version=template.version, hash=template.hash, files=tuple(files))

    def _extras(self) -> Iterator[KeptFile]:
        """What was published, as it was written. Drafts stay with the team."""
        extras = describe_space(self.desk.store, self.preparation.slug).extras
        for name, text in sorted(published_in(extras).items()):
            data = text.encode()
            yield KeptFile(path=f"{name}.md", content=self._add("published", f"{name}.md", data, "text/markdown"))


_SUFFIXES = {"text/markdown": ".md", "application/json": ".json", "text/html": ".html", "text/plain": ".txt"}


def _level(level: object) -> Level | None:
    access = getattr(level, "access", None)
    if level is None or access is None:
        return None
    found = access()
    return Level(read=found.read, write=found.write)


def _markdown(body: Body) -> str:
    """The template's words with symbolic links; widgets as comments, which every Markdown reader leaves out."""
    return "".join(part if isinstance(part, str) else f"<!-- {part.name} {part.target or ''} -->" for part in body)


def _document(title: str, html: str) -> bytes:
    from markupsafe import escape

    return (
        f'<!DOCTYPE html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"</head>\n<body>\n{html}\n</body>\n</html>\n"
    ).encode("utf-8", "replace")


def _json(data: object) -> bytes:
    return (json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode("utf-8", "replace")


def _when(answer: Answer) -> tuple[str, str]:
    return answer.created.isoformat() if answer.created else "", answer.id


def _impersonal(answer: Answer, fields: Sequence[Field]) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    for field in fields:
        value = answer.values.get(field.id)
        if value:
            found[field.id] = value if isinstance(value, str) else list(value)
    return found


def _told(form: Form, fields: Sequence[Field], rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
    return {
        "title": form.title,
        "moment": form.moment,
        "session": form.session,
        "questions": [{"id": it.id, "label": it.label, "kind": it.kind.value} for it in fields],
        "answers": list(rows),
    }


def _csv(
    fields: Sequence[Field],
    rows: Sequence[Mapping[str, str | list[str]]],
    lists: Mapping[str, Mapping[str, str]],
) -> bytes:
    """A table that spreadsheets open: semicolons, labels instead of keys, nothing that they take for a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow([neutralise_formula(field.label) for field in fields])
    for row in rows:
        cells = []
        for field in fields:
            labels = {it.key: it.label for it in field.options} | dict(lists.get(field.options_from or "", {}))
            value = row.get(field.id, "")
            several = [value] if isinstance(value, str) else value
            cells.append(neutralise_formula(", ".join(labels.get(it, it) for it in several)))
        writer.writerow(cells)
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8", "replace")


def _work(engagement: Engagement, memoire: Memoire, collective: str, language: str) -> Work:
    return Work(
        title=engagement.title,
        description=memoire.description or "",
        licence=engagement.licence.url,
        licence_name=engagement.licence.label_in(language),
        organisation=collective or engagement.about.name,
        published=engagement.archived or engagement.last_day,
        language=language,
        authors=[person.name for person in engagement.facilitators],
        keywords=[*memoire.nature, *memoire.years],
    )


def unreadable(error: PlatformError) -> PlatformError:
    """What is told when the package cannot be made: the workspace is archived all the same."""
    return PlatformError(
        _("Le paquet n'a pas pu être fait : {why}").format(why=error.message),
        error.advice or _("L'espace est archivé. Relancez la même commande plus tard : elle fera le paquet."),
    )
