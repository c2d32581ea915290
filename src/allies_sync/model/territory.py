"""An Allié.e.s alliance on a territory: where it starts, how far it reaches, and its steps 0 to 6."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from allies_sync.model.base import Data, Day, Issue, Label, Line, Several, Statement, Text, Title, Url, Yes
from allies_sync.model.problems import Code


class Labelled(StrEnum):
    """A fixed vocabulary; each value has a label in French."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Labelled:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class StartingPoint(Labelled):
    """The five ways to start."""

    INHABITANTS = "habitants", "Des besoins ou une demande des habitant·e·s"
    INSTITUTION = "institution", "La demande d'une institution ou l'initiative d'une organisation"
    DIAGNOSIS = "diagnostic", "Un diagnostic de territoire, déjà fait ou à faire"
    THEME = "theme", "Un thème proposé par le collectif"
    CALL = "appel-a-projets", "Un appel à projets"


class Scale(Labelled):
    """The six scales of a territory of human size."""

    STREETS = "rues", "Quelques rues"
    ORGANISATION = "organisation", "Une organisation"
    NEIGHBOURHOOD = "quartier", "Un quartier"
    TOWN = "commune", "Une commune ou une communauté de communes"
    DEPARTMENT = "departement", "Un département"
    COUNTRY = "pays", "Un pays, par un réseau de territoires"


class CommitteeTask(Labelled):
    """The six tasks of a steering committee."""

    OBJECTIVES = "objectifs", "Dire ce que le projet vise et ce qu'on en attend"
    PERIMETER = "perimetre", "Délimiter le territoire concerné"
    TEAM = "equipe", "Composer l'équipe et poser les principes de travail"
    FUNDING = "financement", "Bâtir le plan de financement"
    FOLLOW_UP = "suivi", "Suivre l'avancement avec recul et tenir le cadre"
    REVIEW = "bilan", "Contribuer au bilan, et à l'analyse de ce qui a été vécu"


class StepState(Labelled):
    """How far a step is."""

    TO_COME = "à venir", "À venir"
    RUNNING = "en cours", "En cours"
    DONE = "fait", "Fait"


class ProjectState(Labelled):
    """How far a common project is. An idea may also be put aside."""

    IDEA = "idée", "Une idée"
    TRIAL = "essai", "À l'essai"
    RUNNING = "en cours", "En cours"
    AUTONOMOUS = "autonome", "Porté sans nous"
    ASIDE = "mis de côté", "Mis de côté"


class TraceForm(Labelled):
    """The forms that a trace may take."""

    TEXT = "texte", "Texte ou récit"
    PICTURE = "image", "Photographie ou dessin"
    FILM = "film", "Film"
    SOUND = "son", "Son ou podcast"
    BOOK = "livre", "Livre ou livret"
    MAP = "carte", "Carte"
    DIGITAL = "numerique", "Ressource numérique"


STEP_TITLES = (
    "Se rencontrer et poser les premières hypothèses",
    "Réunir les partenaires et créer le comité de pilotage",
    "Établir le diagnostic et embarquer les personnes concernées",
    "Nouer des alliances",
    "Imaginer ensemble projets et solutions",
    "Mettre les projets en œuvre",
    "Garder trace et raconter",
)
"""Steps 0 to 6. The last one begins with the first."""


class Member(Data):
    """Somebody on the steering committee: an organisation and a function; the name only for the team."""

    organisation: Title
    role: Line = ""
    person: Line = Field(default="", json_schema_extra={"personal": True})


class Committee(Data):
    """The steering committee."""

    members: Several[Member] = ()
    tasks: tuple[CommitteeTask, ...] = tuple(CommitteeTask)
    rhythm: Line = ""
    note: Text = ""


class Diagnosis(Data):
    """Step 2: how the territory is read, and what was found."""

    summary: Text = ""
    methods: Several[Statement] = ()
    findings: Several[Statement] = ()


class Actor(Data):
    """An organisation or a group to bring on board. Not a person's name."""

    name: Label
    kind: Line = ""
    why: Text = ""
    on_board: Yes = False


class Alliance(Data):
    """Step 3: who works with whom. ``existing``: it was already there and is made stronger."""

    title: Label
    partners: Several[Label] = ()
    description: Text = ""
    practices: Several[Statement] = ()
    existing: Yes = False


class Project(Data):
    """Steps 4 and 5: something imagined together, then tried."""

    title: Label
    description: Text = ""
    led_by: Line = ""
    horizon: Line = ""
    state: ProjectState = ProjectState.IDEA
    next_steps: Several[Statement] = ()


class Trace(Data):
    """Step 6: how the story is kept."""

    title: Label
    form: TraceForm = TraceForm.TEXT
    description: Text = ""
    url: Url | None = None


class Step(Data):
    """Where one of the steps 0 to 6 is."""

    number: Annotated[int, Field(strict=True, ge=0, le=6)]
    state: StepState = StepState.TO_COME
    start: Day | None = None
    end: Day | None = None
    note: Text = ""

    @property
    def title(self) -> str:
        """Its fixed title."""
        return STEP_TITLES[self.number]

    def issues(self) -> Iterator[Issue]:
        if self.start and self.end and self.end < self.start:
            yield Issue(("end",), Code.END_BEFORE_START, self.end, (self.start.isoformat(),), other=("start",))


class Territory(Data):
    """Everything that an Allié.e.s engagement says besides what all engagements say."""

    starting_point: StartingPoint | None = None
    starting_note: Text = ""
    scale: Scale | None = None
    place: Line = ""
    perimeter: Text = ""
    theme: Line = ""
    intention: Text = ""
    hypotheses: Several[Statement] = ()
    objectives: Several[Statement] = ()
    funding: Text = ""
    expertise: Several[Label] = ()
    toolbox: Several[Label] = ()
    committee: Committee = Committee()
    diagnosis: Diagnosis = Diagnosis()
    actors: Several[Actor] = ()
    alliances: Several[Alliance] = ()
    projects: Several[Project] = ()
    traces: Several[Trace] = ()
    steps: Several[Step] = ()

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """Steps 0 to 6, those not declared as still to come."""
        declared = {step.number: step for step in self.steps}
        return tuple(declared.get(number) or Step(number=number) for number in range(len(STEP_TITLES)))

    def step(self, number: int) -> Step:
        """One of the steps 0 to 6."""
        return self.all_steps[number]

    def issues(self) -> Iterator[Issue]:
        seen: dict[int, int] = {}
        for index, step in enumerate(self.steps):
            if step.number in seen:
                other = ("steps", seen[step.number], "number")
                yield Issue(("steps", index, "number"), Code.DUPLICATE, step.number, other=other)
            elif step.number is not None:
                seen[step.number] = index
