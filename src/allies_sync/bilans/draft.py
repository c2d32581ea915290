"""The draft of a bilan: what the tool knows of an engagement, in Markdown, with places for what only people know.

A pure function of the engagement, of what was answered and of the quotations that somebody picked. Nothing personal
is in it, whatever it is given, and no word of a participant that nobody picked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from allies_sync.bilans.conditions import conditions
from allies_sync.bilans.parts import Part
from allies_sync.bilans.places import to_write
from allies_sync.model.engagement import Engagement
from allies_sync.model.programme import ProgrammeItem, Session
from allies_sync.model.questionnaire import CLOSED_KINDS, Moment
from allies_sync.model.resources import FieldKind
from allies_sync.model.tally import FormTally, QuestionTally
from allies_sync.text.blocks import split
from allies_sync.text.charts import chart_svg, chart_text, share
from allies_sync.text.escaping import Markdown, escape_markdown, escape_paragraphs
from allies_sync.text.messages import _, current_language, format_date, join_words, ngettext, using_language

MOMENTS = (Moment.BEFORE.value, Moment.AT_ONCE.value, Moment.LATER.value)
"""The questionnaires that a bilan tells of, in their order."""

_UNREADABLE = frozenset({FieldKind.HIDDEN, FieldKind.FILE, FieldKind.IMAGE, FieldKind.LINK, FieldKind.EMAIL})

Quotes = Mapping[tuple[str, str], Sequence[str]]
"""The quotations that somebody picked, by form and question."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a draft is made of. ``tallies``: in any order, without what is personal. ``charts``: the folder of the
    charts as the draft's links have it."""

    engagement: Engagement
    tallies: Sequence[FormTally] = ()
    quotes: Quotes = field(default_factory=dict)
    threshold: int = 5
    language: str = "fr"
    collective: str = ""
    charts: str = "graphiques"


@dataclass(frozen=True, slots=True)
class Draft:
    """The parts of a draft, and the charts that it shows (SVG by file name)."""

    parts: tuple[Part, ...]
    charts: Mapping[str, str]


def write_draft(material: Material) -> Draft:
    """The draft."""
    with using_language(material.language):
        writer = _Writer(material)
        writer.write()
        return Draft(tuple(writer.parts), writer.charts)


def chart_name(form: str, question: str) -> str:
    """The file of a question's chart: ``a-chaud-journee-satisfaction.svg``."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", f"{form.partition(':')[2] or form}-{question}").strip("-") + ".svg"


def in_order(tallies: Sequence[FormTally], engagement: Engagement) -> list[FormTally]:
    """The questionnaires in the order of the engagement: by moment, then by session."""
    sessions = [session.id for session in engagement.sessions_in_order]

    def place(tally: FormTally) -> tuple[int, int]:
        known = tally.session in sessions
        return MOMENTS.index(tally.moment), sessions.index(tally.session) if known else len(sessions)

    return sorted((tally for tally in tallies if tally.moment in MOMENTS), key=place)


class _Writer:
    def __init__(self, material: Material) -> None:
        self.material = material
        self.engagement = material.engagement
        self.tallies = in_order(material.tallies, material.engagement)
        self.parts: list[Part] = []
        self.charts: dict[str, str] = {}

    # --- parts ---------------------------------------------------------------------------------------------

    def add(self, key: str, text: str) -> None:
        if text:
            self.parts.append(Part(key, str(text)))

    def heading(self, key: str, level: int, words: str) -> None:
        self.add(f"{key}/titre", f"{'#' * level} {escape_markdown(words)}")

    def place(self, key: str, wanted: str) -> None:
        self.add(key, to_write(wanted))

    def paragraphs(self, key: str, typed: str) -> bool:
        """What people typed in the engagement's data, one part a paragraph; whether there is any."""
        blocks, _tail = split(escape_paragraphs(typed))
        for number, block in enumerate(blocks, 1):
            self.add(f"{key}/{number}", block.text)
        return bool(blocks)

    # --- the whole -----------------------------------------------------------------------------------------

    def write(self) -> None:
        self.opening()
        self.demand()
        self.proposed()
        self.programme()
        self.participation()
        self.answers()
        self.lessons()
        self.territory()
        self.next_steps()
        self.licence()
        self.thanks()

    def opening(self) -> None:
        engagement = self.engagement
        self.add("ouverture/titre", Markdown.trusted(_("# Bilan : {title}")).format(title=engagement.title))
        first, last = engagement.start, engagement.last_day
        collective = self.material.collective or engagement.about.name
        if first == last:
            sentence = _("Ce bilan rend compte de l'accompagnement « {title} », qui a eu lieu le {first}.")
        else:
            sentence = _("Ce bilan rend compte de l'accompagnement « {title} », du {first} au {last}.")
        facts = {"title": engagement.title, "first": format_date(first), "last": format_date(last)}
        self.add("ouverture/chapeau", Markdown.trusted(sentence).format(**facts))
        who = _("Commandé par : {client}.")
        if collective:
            who = _("Commandé par : {client}. Mené par : {collective}.")
        names = {"client": _undotted(engagement.client.name), "collective": _undotted(collective)}
        self.add("ouverture/qui", Markdown.trusted(who).format(**names))
        self.place(
            "ouverture/essentiel", _("en trois ou quatre phrases, l'essentiel à retenir de cet accompagnement")
        )

    def demand(self) -> None:
        self.heading("demande", 2, _("La demande"))
        told = self.paragraphs("demande/contexte", self.engagement.context.overview)
        told = self.paragraphs("demande/texte", self.engagement.demand) or told
        if not told:
            self.place("demande/manque", _("ce que le client demandait, et dans quel contexte"))

    def proposed(self) -> None:
        self.heading("propose", 2, _("Ce que nous avons proposé"))
        told = self.paragraphs("propose/demarche", self.engagement.approach)
        told = self.paragraphs("propose/resultat", self.engagement.result) or told
        if not told:
            self.place("propose/manque", _("la démarche proposée, et le résultat visé"))

    # --- what happened -------------------------------------------------------------------------------------

    def programme(self) -> None:
        self.heading("programme", 2, _("Le programme, tel qu'il s'est passé"))
        for session in self.engagement.sessions_in_order:
            self.session(session)
        if not self.engagement.sessions:
            self.place("programme/deroule", _("ce qui s'est passé, dans l'ordre"))

    def session(self, session: Session) -> None:
        key = f"programme/{session.id}"
        self.heading(key, 3, session.title)
        when = format_date(session.date, weekday=True) if session.date else session.when
        facts = [when, session.hours, session.place]
        line = Markdown.trusted(" · ").join([fact for fact in facts if fact])
        self.add(f"{key}/rendez-vous", f"**{line}**" if line else "")
        if session.programme:
            rows = [(item.hours, _activity(item)) for item in session.programme]
            self.add(f"{key}/deroule", _table((_("Heure"), _("Ce qui était prévu")), rows))
        self.place(f"{key}/ecarts", _("ce qui s'est passé autrement que prévu, et pourquoi"))

    def participation(self) -> None:
        self.heading("participation", 2, _("La participation"))
        expected = self.engagement.expected
        if expected:
            sentence = ngettext("{count} personne était attendue.", "{count} personnes étaient attendues.", expected)
            self.add("participation/attendues", Markdown.trusted(sentence).format(count=expected))
        self.place(
            "participation/venues", _("combien de personnes sont venues, de quelles structures ou de quels lieux")
        )
        rows = [(tally.title, str(tally.answers), _period(tally)) for tally in self.tallies]
        if rows:
            head = (_("Questionnaire"), _("Réponses"), _("Reçues"))
            self.add("participation/questionnaires", _table(head, rows, numbers=(1,)))

    # --- what was answered ---------------------------------------------------------------------------------

    def answers(self) -> None:
        answered = [tally for tally in self.tallies if tally.answers]
        if not answered:
            return
        threshold = self.material.threshold
        self.heading("reponses", 2, _("Ce que disent les réponses"))
        sentence = _(
            "Les réponses ont été lues ensemble : aucune n'est attribuée à une personne. Rien n'est montré d'une "
            "question à laquelle moins de {threshold} personnes ont répondu. Les parts sont arrondies, et calculées "
            "sur les réponses à chaque question."
        )
        self.add("reponses/methode", Markdown.trusted(sentence).format(threshold=threshold))
        for tally in answered:
            self.form(tally)

    def form(self, tally: FormTally) -> None:
        key = f"reponses/{tally.form.partition(':')[2]}"
        self.heading(key, 3, tally.title)
        self.add(f"{key}/nombre", _count(tally))
        if tally.answers < self.material.threshold:
            sentence = _("C'est trop peu pour en montrer le détail sans risquer de reconnaître quelqu'un.")
            self.add(f"{key}/trop-peu", sentence)
            return
        for question in tally.questions:
            if not question.personal and question.kind not in _UNREADABLE and question.answered:
                self.question(tally, question)

    def question(self, tally: FormTally, question: QuestionTally) -> None:
        key = f"reponses/{tally.form.partition(':')[2]}/{question.id}"
        self.heading(key, 4, question.label)
        if question.answered < self.material.threshold:
            sentence = _("Trop peu de personnes ont répondu à cette question pour en montrer les réponses.")
            self.add(f"{key}/trop-peu", sentence)
        elif question.kind in CLOSED_KINDS:
            self.closed(key, tally, question)
        else:
            self.open(key, tally, question)

    def closed(self, key: str, tally: FormTally, question: QuestionTally) -> None:
        language = current_language()
        threshold = self.material.threshold
        svg = chart_svg(question, tally.answers, language, threshold=threshold, titled=False)
        text = chart_text(question, tally.answers, language, threshold=threshold)
        if svg is not None and text is not None:
            name = chart_name(tally.form, question.id)
            self.charts[name] = svg
            self.add(f"{key}/graphique", f"![{escape_markdown(text)}]({self.material.charts}/{name})")
        rows = [(bar.label, str(bar.number), share(bar.number, question.answered, language)) for bar in question.bars]
        self.add(f"{key}/table", _table((_("Réponse"), _("Nombre"), _("Part")), rows, numbers=(1, 2)))
        self.add(f"{key}/nombre", _answered(tally, question))

    def open(self, key: str, tally: FormTally, question: QuestionTally) -> None:
        self.add(f"{key}/nombre", _answered(tally, question))
        for words in dict.fromkeys(self.material.quotes.get((tally.form, question.id), ())):
            self.add(f"{key}/citation-{digest(words)}", quotation(words))
        wanted = ngettext(
            "ce que dit cette réponse, sans nommer personne",
            "ce qui ressort de ces {count} réponses, sans nommer personne",
            question.answered,
        )
        self.place(f"{key}/lecture", wanted.format(count=question.answered))

    # --- what people make of it ----------------------------------------------------------------------------

    def lessons(self) -> None:
        self.heading("lecons", 2, _("Ce qui a marché, ce qui est à changer"))
        self.heading("lecons/marche", 3, _("Ce qui a marché"))
        self.place("lecons/marche/texte", _("ce qui a aidé le groupe, et à quoi on l'a vu"))
        self.heading("lecons/changer", 3, _("Ce qui est à changer"))
        self.place("lecons/changer/texte", _("ce que nous ferions autrement, et ce que le groupe a demandé"))

    def territory(self) -> None:
        territory = self.engagement.territory
        if territory is None:
            return
        self.heading("territoire", 2, _("Où en est l'alliance"))
        head = (_("Étape"), _("Où nous en sommes"), _("Notes"))
        rows = [(f"{step.number}. {step.title}", step.state.label, step.note) for step in territory.all_steps]
        self.add("territoire/etapes", _table(head, rows))
        projects = [(project.title, project.state.label, project.horizon) for project in territory.projects]
        if projects:
            self.add("territoire/projets", _table((_("Projet"), _("Où il en est"), _("Horizon")), projects))
        self.place("territoire/texte", _("ce que l'alliance a changé sur le territoire, et pour qui"))

    def next_steps(self) -> None:
        self.heading("suites", 2, _("Les suites"))
        self.place("suites/texte", _("ce qui a été décidé, qui s'en charge et pour quand"))
        self.place("suites/besoins", _("les besoins d'appui à transmettre, et à qui"))

    def licence(self) -> None:
        licence = self.engagement.licence
        self.heading("licence", 2, _("Licence"))
        label, url = licence.label_in(current_language()), licence.url_in(current_language())
        link = Markdown.trusted("[{label}]").format(label=label) + Markdown.trusted(f"({url})")
        sentence = _("Ce bilan est partagé sous licence {link} : vous pouvez {conditions}.")
        self.add("licence/texte", Markdown.trusted(sentence).format(link=link, conditions=conditions(licence)))

    def thanks(self) -> None:
        self.heading("remerciements", 2, _("Remerciements"))
        engagement = self.engagement
        others = [engagement.client.name, *(partner.name for partner in engagement.partners)]
        if engagement.commissioned_by:
            others.insert(1, engagement.commissioned_by.name)
        sentence = _(
            "Merci à toutes les personnes qui ont participé et répondu aux questionnaires, ainsi qu'à : {others}."
        )
        names = join_words(list(dict.fromkeys(others)))
        self.add("remerciements/tous", Markdown.trusted(sentence).format(others=_undotted(names)))
        team = join_words([person.name for person in engagement.people])
        if team:
            self.add("remerciements/equipe", Markdown.trusted(_("L'équipe : {team}.")).format(team=_undotted(team)))
        self.place("remerciements/texte", _("les lieux et les personnes à remercier, avec leur accord"))


def digest(words: str) -> str:
    """A short name for words, the same as long as they are."""
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:12]


def quotation(words: str) -> str:
    """Somebody's words, as they were typed, as a quotation."""
    return escape_paragraphs(words.strip(), "> ")


def _activity(item: ProgrammeItem) -> str:
    """An item of the programme in a few words, with the modules to choose from."""
    modules = " ; ".join(module.title for module in item.modules)
    return _("{title} : {modules}").format(title=item.title, modules=modules) if modules else item.title


def _undotted(words: str) -> str:
    """Words before the end of a sentence: an abbreviation brings its own full stop."""
    return words.removesuffix(".")


def _count(tally: FormTally) -> str:
    sentence = ngettext("{count} réponse, {period}.", "{count} réponses, {period}.", tally.answers)
    if not _period(tally):
        sentence = ngettext("{count} réponse.", "{count} réponses.", tally.answers)
    return Markdown.trusted(sentence).format(count=tally.answers, period=_period(tally))


def _answered(tally: FormTally, question: QuestionTally) -> str:
    if question.answered == tally.answers:
        sentence = ngettext("{count} personne a répondu.", "{count} personnes ont répondu.", question.answered)
    else:
        sentence = ngettext(
            "{count} personne sur {all} a répondu à cette question.",
            "{count} personnes sur {all} ont répondu à cette question.",
            question.answered,
        )
    if question.kind is FieldKind.CHOICES:
        sentence += " " + _("Plusieurs choix étaient possibles.")
    return Markdown.trusted(sentence).format(count=question.answered, all=tally.answers)


def _period(tally: FormTally) -> str:
    """When the answers came."""
    first, last = _day(tally.first), _day(tally.last)
    if first is None or last is None:
        return ""
    if first == last:
        return _("le {day}").format(day=format_date(first))
    return _("du {first} au {last}").format(
        first=format_date(first, year=first.year != last.year), last=format_date(last)
    )


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    rule = "".join("---:|" if column in numbers else "---|" for column in range(len(head)))
    return "\n".join(["|".join(["", *_cells(head), ""]), f"|{rule}", *_rows(rows)])


def _rows(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in rows:
        yield "|".join(["", *_cells(row), ""])


def _cells(values: Sequence[str]) -> Iterator[str]:
    for value in values:
        yield f" {escape_markdown(value)} "
