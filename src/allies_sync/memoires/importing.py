"""Importing: whoever recognises a source reads it; here is decided what is a mémoire, and what to tell the person.

Mémoires come out one after the other. What is kept meanwhile is a name for each, and counts for the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from allies_sync.memoires.building import Built, build
from allies_sync.memoires.own_files import OwnFiles
from allies_sync.memoires.source import FileSource, WebSource, files_in
from allies_sync.model.memoire import Memoire
from allies_sync.platforms.errors import PlatformError, Refused
from allies_sync.platforms.memoires import MemoireImporter, Record, Remark
from allies_sync.text.messages import _, ngettext

_WAITING = 500
_LISTED = 200


@dataclass(slots=True)
class Report:
    """What was read, and what had no place. Counts by label; sentences in the order in which they came.

    ``nothing_in``: the source in which no mémoire was found, "" when there was one.
    """

    read: int = 0
    twice: int = 0
    partial: int = 0
    cut: int = 0
    unreadable: int = 0
    other_forms: int = 0
    nothing_in: str = ""
    labels: Counter[str] = field(default_factory=Counter)
    outside: Counter[tuple[str, str]] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    def remark(self, sentence: str) -> None:
        if sentence not in self.remarks and len(self.remarks) < _LISTED:
            self.remarks.append(sentence)


@dataclass(slots=True)
class Reading:
    """One import under way. Iterate over :meth:`memoires`; ``report`` is complete afterwards."""

    source: FileSource | WebSource
    importers: Sequence[MemoireImporter]
    report: Report = field(default_factory=Report)
    _tags: set[str] = field(default_factory=set)
    _forms: dict[str, bool] = field(default_factory=dict)
    _waiting: dict[str, list[Built]] = field(default_factory=dict)

    def memoires(self) -> Iterator[Memoire]:
        """All mémoires of the source, each once. Raises PlatformError, Refused when nothing there can be read."""
        for found in self._records():
            if isinstance(found, Remark):
                self.report.remark(found.sentence)
            else:
                yield from self._sorted(found)
        self.report.other_forms += sum(map(len, self._waiting.values()))
        if not self.report.read:
            self.report.nothing_in = self.source.address[:200]

    # --- who reads what ---------------------------------------------------------------------------------------

    def _records(self) -> Iterator[Record | Remark]:
        importer = self._importer(self.source)
        if importer is not None:
            yield from importer.read(self.source)
        elif self.source.folder is not None:
            yield from self._folder(self.source)
        else:
            raise Refused(
                _("Aucune mémoire n'a été reconnue dans {address}.").format(address=self.source.address[:200]),
                _("Donnez l'adresse d'un wiki, d'une liste de mémoires ou d'une fiche, ou un fichier enregistré."),
            )

    def _folder(self, source: FileSource | WebSource) -> Iterator[Record | Remark]:
        recognised = False
        for file in files_in(source.folder) if source.folder else ():
            importer = self._importer(file)
            if importer is None:
                continue
            recognised = True
            try:
                yield from importer.read(file)
            except PlatformError as error:
                yield Remark(_("{file} : {reason}").format(file=file.address, reason=error.message))
        if not recognised:
            raise Refused(_("Aucun fichier du dossier {path} ne contient de mémoire.").format(path=source.address))

    def _importer(self, source: FileSource | WebSource) -> MemoireImporter | None:
        return next((it for it in (OwnFiles(), *self.importers) if it.recognises(source)), None)

    # --- what is a mémoire ------------------------------------------------------------------------------------

    def _sorted(self, record: Record) -> Iterator[Memoire]:
        """A form shows by one of its records that it is the one of mémoires; until then its others wait."""
        built = build(record)
        if built.memoire is None:
            self.report.unreadable += 1
            return
        if built.telling or record.partial or record.certain:
            self._forms[record.form] = True
        if self._forms.get(record.form):
            for waited in self._waiting.pop(record.form, ()):
                yield from self._counted(waited, partial=False)
            yield from self._counted(built, partial=record.partial)
            return
        waiting = self._waiting.setdefault(record.form, [])
        if len(waiting) < _WAITING:
            waiting.append(built)
        else:
            self.report.other_forms += 1

    def _counted(self, built: Built, *, partial: bool) -> Iterator[Memoire]:
        memoire = built.memoire
        if memoire is None:
            return
        key = memoire.tag.casefold() or f"\0{memoire.title.casefold()}"
        if key in self._tags:
            self.report.twice += 1
            return
        self._tags.add(key)
        self.report.read += 1
        self.report.cut += built.cut
        self.report.partial += partial
        for other in memoire.other:
            if other.label in self.report.labels or len(self.report.labels) < _LISTED:
                self.report.labels[other.label] += 1
        for outside in memoire.outside():
            pair = (outside.field, outside.value[:100])
            if pair in self.report.outside or len(self.report.outside) < _LISTED:
                self.report.outside[pair] += 1
        yield memoire


def read_all(source: FileSource | WebSource, importers: Sequence[MemoireImporter]) -> tuple[list[Memoire], Report]:
    """All mémoires of a source at once."""
    reading = Reading(source, importers)
    return list(reading.memoires()), reading.report


def distinct(memoires: Iterable[Memoire]) -> Iterator[Memoire]:
    """Each with a tag of its own: one without gets one from its title and years."""
    taken: set[str] = set()
    for memoire in memoires:
        tag = memoire.tag or " ".join([memoire.title, *memoire.years])
        number, wanted = 1, tag
        while wanted.casefold() in taken:
            number += 1
            wanted = f"{tag}-{number}"
        taken.add(wanted.casefold())
        yield memoire if memoire.tag == wanted else memoire.model_copy(update={"tag": wanted})


def sentences(report: Report, labels: dict[str, str]) -> Iterator[str]:
    """The report for a person. ``labels``: what the fields are called."""
    if report.nothing_in:
        yield _("Aucune mémoire d'action n'a été trouvée dans {address}.").format(address=report.nothing_in)
    if report.twice:
        text = ngettext("{count} était là deux fois.", "{count} étaient là deux fois.", report.twice)
        yield text.format(count=report.twice)
    if report.other_forms:
        text = ngettext(
            "{count} fiche d'un autre formulaire a été laissée de côté.",
            "{count} fiches d'autres formulaires ont été laissées de côté.",
            report.other_forms,
        )
        yield text.format(count=report.other_forms)
    if report.partial:
        text = ngettext(
            "{count} n'a pu être lue qu'en partie : cette liste ne montre pas tous les champs.",
            "{count} n'ont pu être lues qu'en partie : cette liste ne montre pas tous les champs.",
            report.partial,
        )
        yield text.format(count=report.partial)
    if report.unreadable:
        text = ngettext(
            "{count} fiche n'a pas pu être lue.", "{count} fiches n'ont pas pu être lues.", report.unreadable
        )
        yield text.format(count=report.unreadable)
    if report.cut:
        text = ngettext(
            "{count} texte trop long a été coupé.", "{count} textes trop longs ont été coupés.", report.cut
        )
        yield text.format(count=report.cut)
    for (name, value), count in sorted(report.outside.items()):
        text = ngettext(
            "« {value} » n'est pas une valeur de « {label} » : gardée telle quelle ({count} fiche).",
            "« {value} » n'est pas une valeur de « {label} » : gardée telle quelle ({count} fiches).",
            count,
        )
        yield text.format(value=value, label=labels[name], count=count)
    for label, count in sorted(report.labels.items()):
        text = ngettext(
            "« {label} » ne correspond à aucun champ : gardé à part ({count} fiche).",
            "« {label} » ne correspond à aucun champ : gardé à part ({count} fiches).",
            count,
        )
        yield text.format(label=label, count=count)
    yield from report.remarks
