"""One commissioned piece of work with a client and a group: everything that its workspace is made from.

A title, a client and a first day are enough; all other fields have defaults.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from allies_sync.model.base import (
    Count,
    Data,
    Day,
    Issue,
    Label,
    Line,
    Name,
    Several,
    Slug,
    Text,
    Title,
)
from allies_sync.model.documents import PUBLISHED_BILAN, Consent, Piece, PieceRole
from allies_sync.model.licence import Licence
from allies_sync.model.lifecycle import Progress, State, progress
from allies_sync.model.people import About, Organisation, Person, Privacy
from allies_sync.model.price import Deliverable, Phase, Price
from allies_sync.model.problems import Code
from allies_sync.model.programme import Session, in_order
from allies_sync.model.questionnaire import duplicates
from allies_sync.model.record import Record
from allies_sync.model.territory import Territory

DEFAULT_TEMPLATE = "accompagnement"


class Context(Data):
    """Where the demand comes from, and what is at stake."""

    overview: Text = ""
    stakes: Text = ""


class Tool(Data):
    """A family of tools or methods that the process draws on."""

    title: Label
    description: Text = ""


class Process(Data):
    """How the work goes on, from before the first session until after the last."""

    overview: Text = ""
    before: Text = ""
    during: Text = ""
    after: Text = ""
    tools: Several[Tool] = ()


class Engagement(Data):
    """The whole of it. ``slug``, ``opened``, ``cancelled``, ``purged``, ``archived`` and ``archived_from`` are the
    tool's to set; the slug stays.

    ``links_until``: no link ends before that day. ``purged``: when personal answers were emptied;
    ``withdrawn``: ids of answers on paper that were taken away at their persons' request, not to be added again.
    ``archived_from``: the state that unarchiving brings back.
    """

    slug: Slug | None = None
    title: Title
    subtitle: Line = ""
    template: Name = DEFAULT_TEMPLATE
    kind: Line = ""
    state: State = State.PROPOSED
    start: Day
    end: Day | None = None
    opened: Day | None = None
    cancelled: Day | None = None
    archived: Day | None = None
    archived_from: State | None = None
    links_until: Day | None = None
    purged: Day | None = None
    withdrawn: Several[Line] = ()
    participants: Count | None = None
    audience: Text = ""
    demand: Text = ""
    approach: Text = ""
    result: Text = ""
    programme_note: Text = ""
    licence: Licence = Licence.CC_BY_SA
    stories_licence: Licence | None = None

    client: Organisation
    commissioned_by: Organisation | None = None
    partners: Several[Organisation] = ()
    context: Context = Context()
    process: Process = Process()
    sessions: Several[Session] = ()
    people: Several[Person] = ()
    price: Price = Price()
    calendar: Several[Phase] = ()
    deliverables: Several[Deliverable] = ()
    about: About = About()
    privacy: Privacy = Privacy()
    territory: Territory | None = None
    documents: Several[Piece] = ()
    consents: Several[Consent] = ()
    memoire: Record = Record()

    @property
    def year(self) -> int:
        """The year of its slug: that of its first day."""
        return self.start.year

    @property
    def years(self) -> tuple[int, ...]:
        """All years that it touches."""
        return tuple(range(self.start.year, self.last_day.year + 1))

    @property
    def last_day(self) -> date:
        """Its declared end, else the day of its last session, else its first day."""
        days = [session.date for session in self.sessions if session.date]
        return self.end or max([self.start, *days])

    @property
    def personal_until(self) -> date:
        """The last day on which personal answers may be kept: so many months after the last day."""
        months = self.last_day.month - 1 + self.privacy.retention_months
        year, month = self.last_day.year + months // 12, months % 12 + 1
        return date(year, month, min(self.last_day.day, monthrange(year, month)[1]))

    @property
    def sessions_in_order(self) -> tuple[Session, ...]:
        """By date; those without one last."""
        return in_order(self.sessions)

    @property
    def expected(self) -> int | None:
        """How many participants: as declared, else the most of any session."""
        known = [session.participants for session in self.sessions if session.participants is not None]
        return self.participants if self.participants is not None else max(known, default=None)

    @property
    def facilitators(self) -> tuple[Person, ...]:
        """People who lead sessions."""
        return tuple(person for person in self.people if not person.support)

    @property
    def support_people(self) -> tuple[Person, ...]:
        """People who prepare with them."""
        return tuple(person for person in self.people if person.support)

    @property
    def progress(self) -> Progress:
        """The mémoire's niveau d'avancement."""
        return progress(self.state, cancelled=self.cancelled is not None)

    def pieces(self, role: PieceRole) -> tuple[Piece, ...]:
        """The documents of that role, in the order in which they were added."""
        return tuple(piece for piece in self.documents if piece.role is role)

    @property
    def reformulations(self) -> tuple[Piece, ...]:
        """The demand in the collective's own words, where the client's may not be shown."""
        return self.pieces(PieceRole.REFORMULATION)

    @property
    def bilans(self) -> tuple[Piece, ...]:
        """The bilan that readers are led to: the published one, or as long as there is none those that were added."""
        added = self.pieces(PieceRole.BILAN)
        return tuple(piece for piece in added if piece.id == PUBLISHED_BILAN) or added

    def consent(self, *names: str) -> Consent | None:
        """The client's consent to the publication of a document, by its id or its role."""
        return next((consent for consent in self.consents if consent.document in names), None)

    def session(self, identifier: str) -> Session:
        """The session of that id; ``KeyError`` if there is none."""
        for session in self.sessions:
            if session.id == identifier:
                return session
        raise KeyError(identifier)

    def issues(self) -> Iterator[Issue]:
        if self.start and self.end and self.end < self.start:
            yield Issue(("end",), Code.END_BEFORE_START, self.end, (self.start.isoformat(),), other=("start",))
        yield from duplicates("sessions", tuple(session.id for session in self.sessions), "id")
        yield from duplicates("documents", tuple(piece.id for piece in self.documents), "id")
        yield from duplicates("consents", tuple(consent.document for consent in self.consents), "document")

    def remarks(self) -> Iterator[Issue]:
        """What is worth saying to the person, but not wrong."""
        for index, session in enumerate(self.sessions):
            for remark in session.remarks():
                yield Issue(("sessions", index, *remark.path), remark.code, remark.found, (), remark.details)
            early = session.date is not None and session.date < self.start
            if early or (session.date is not None and self.end is not None and session.date > self.end):
                span = (self.start.isoformat(), *((self.end.isoformat(),) if self.end else ()))
                details = {"title": session.title}
                yield Issue(("sessions", index, "date"), Code.SESSION_OUTSIDE, session.date, span, details)
