"""Reading what was answered to an engagement's forms: all of them at once, in the fewest requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from allies_sync.answers.tallying import Lists, tally
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.editing import load_engagement
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.prepare import render, space_notice
from allies_sync.engagements.stored import Description
from allies_sync.model.engagement import Engagement
from allies_sync.model.questionnaire import Moment
from allies_sync.model.resources import Form, List_, Scope
from allies_sync.model.tally import FormTally
from allies_sync.platforms.errors import Refused
from allies_sync.platforms.interface import Address, Answer, Answers, Gathered, Gathering, Platform, Space, Target
from allies_sync.text.messages import _, join_words

MOMENTS = (Moment.BEFORE, Moment.AT_ONCE, Moment.LATER)
"""When participants are asked, in the order of the work."""


@dataclass(frozen=True, slots=True)
class Questionnaires:
    """The forms of one engagement that participants answer, or those that were asked for, and where they are."""

    engagement: Engagement
    before: Description
    space: Space
    forms: tuple[Form, ...]
    lists: Lists

    def target(self, form: Form) -> Target:
        """A form as its platform looks for it."""
        memory = self.before.state.resources.get(form.id)
        return Target(form.id, form.kind, form, memory.known() if memory else None)

    def titled(self, form: Form) -> str:
        """A form's title, and of which meeting it is, where there are several."""
        if not form.session:
            return form.title
        titles = {session.id: session.title for session in self.engagement.sessions}
        meeting = titles.get(form.session, form.session)
        return form.title if meeting in form.title else f"{form.title} · {meeting}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was answered. ``missing``: forms that are not on the platform (any more); ``token``: for what comes next.

    ``remarks``: what the platform has to say about these answers; ``unread``: which of them could not be read.
    """

    asked: Questionnaires
    answers: Mapping[str, Sequence[Answer]]
    missing: tuple[Form, ...] = ()
    remarks: tuple[str, ...] = ()
    token: str = ""
    unread: tuple[str, ...] = ()

    @property
    def pairs(self) -> list[tuple[Form, Sequence[Answer]]]:
        """Each form that is there with its answers, in the order of the work."""
        return [(form, self.answers[form.id]) for form in self.asked.forms if form.id in self.answers]

    def tallies(self, *, personal: bool = False, public: bool = False) -> list[FormTally]:
        """The same, counted. ``public``: nothing that somebody typed instead of choosing."""
        lists = self.asked.lists
        return [tally(form, answers, lists, personal=personal, public=public) for form, answers in self.pairs]


def read_forms(
    desk: Desk, slug: str, moment: str | None = None, session: str | None = None
) -> list[tuple[Form, Sequence[Answer]]]:
    """The forms of an engagement, each with all of its answers. Raises UserError and PlatformError."""
    return read_answers(desk, questionnaires(desk, slug, moment, session)).pairs


def tallies(desk: Desk, slug: str, moment: str | None = None, session: str | None = None) -> list[FormTally]:
    """The same, counted for what others read: charts, drafts."""
    return read_answers(desk, questionnaires(desk, slug, moment, session)).tallies(public=True)


# --- which forms -----------------------------------------------------------------------------------------------


def questionnaires(desk: Desk, slug: str, moment: str | None = None, session: str | None = None) -> Questionnaires:
    """The forms of an engagement that participants answer, of one moment or one meeting if asked for.

    ``session``: the number of a meeting, in their order, or its id. Raises UserError when there is none.
    """
    before, engagement = load_engagement(desk, slug)
    workspace = render(desk, engagement, slug, set(before.state.resources))
    forms = [
        it
        for it in workspace.resources
        if isinstance(it, Form) and it.scope is Scope.ENGAGEMENT and it.moment in MOMENTS
    ]
    wanted = _session(engagement, session)
    chosen = [
        form
        for form in _ordered(forms, engagement)
        if (moment is None or form.moment == _moment(moment)) and (wanted is None or form.session == wanted)
    ]
    if not chosen:
        raise _no_form(slug, forms, moment, session)
    lists = {it.id: it.options for it in workspace.resources if isinstance(it, List_)}
    addresses = {
        key: Address(memory.address.path, memory.address.url) for key, memory in before.state.resources.items()
    }
    collective = desk.config.collective
    space = Space(
        slug=slug,
        title=engagement.title,
        addresses=addresses,
        collective_name=collective.name,
        home=workspace.home,
        menu=workspace.menu,
        language=collective.language,
        licence=engagement.licence.label_in(collective.language),
        notice=space_notice(engagement, collective.language),
    )
    return Questionnaires(engagement, before, space, tuple(chosen), lists)


def _ordered(forms: Sequence[Form], engagement: Engagement) -> list[Form]:
    meetings = [session.id for session in engagement.sessions_in_order]
    moments = [moment.value for moment in MOMENTS]

    def place(form: Form) -> tuple[int, int]:
        return moments.index(form.moment), meetings.index(form.session) if form.session in meetings else -1

    return sorted(forms, key=place)


def _moment(typed: str) -> str:
    moments = [moment.value for moment in MOMENTS]
    if typed not in moments:
        raise UserError(
            _("« {typed} » n'est pas un moment.").format(typed=typed[:40]),
            _("Choisissez {moments}.").format(moments=", ".join(moments)),
        )
    return typed


def _session(engagement: Engagement, typed: str | None) -> str | None:
    """The id of a meeting, of what a person typed."""
    if typed is None:
        return None
    meetings = engagement.sessions_in_order
    for number, session in enumerate(meetings, 1):
        if typed.strip() in (str(number), session.id) and session.id:
            return session.id
    known = [f"{number} ({session.title})" for number, session in enumerate(meetings, 1)]
    raise UserError(
        _("Cet accompagnement n'a pas de rencontre « {typed} ».").format(typed=typed[:40]),
        _("Ses rencontres : {known}.").format(known=", ".join(known)) if known else _("Il n'en a aucune."),
    )


def _no_form(slug: str, forms: Sequence[Form], moment: str | None, session: str | None) -> UserError:
    if not forms:
        return UserError(
            _("L'espace « {slug} » n'a pas de questionnaire dans son état présent.").format(slug=slug),
            _("« allies-sync templates show » dit ce que son modèle contient."),
        )
    kinds = [f"--moment {value}" for value in dict.fromkeys(form.moment for form in forms)]
    if session is not None and any(form.session for form in forms):
        per_session = dict.fromkeys(form.moment for form in forms if form.session)
        advice = _("Ont un questionnaire par rencontre : {moments}.").format(moments=join_words(list(per_session)))
    else:
        advice = _("Il en a pour : {kinds}.").format(kinds=join_words(kinds))
    return UserError(_("L'espace « {slug} » n'a pas de tel questionnaire.").format(slug=slug), advice)


# --- reading ---------------------------------------------------------------------------------------------------


def read_answers(desk: Desk, asked: Questionnaires, since: str = "") -> Reading:
    """What was answered to these forms: in one or two requests where the platform can. Raises PlatformError.

    With ``since``, :func:`gather` says whether these are all answers.
    """
    return reading(asked, gather(desk, asked, since))


def reading(asked: Questionnaires, gathered: Gathered) -> Reading:
    """What was gathered, put in order."""
    missing = tuple(form for form in asked.forms if form.id not in gathered.answers)
    return Reading(asked, gathered.answers, missing, tuple(gathered.remarks), gathered.token, tuple(gathered.unread))


def gather(desk: Desk, asked: Questionnaires, since: str = "") -> Gathered:
    """The same as the platform says it. Forms that were never made are not asked for."""
    answers: dict[str, Sequence[Answer]] = {}
    remarks: list[str] = []
    unread: list[str] = []
    whole, token = True, ""
    made = [form for form in asked.forms if asked.before.recovering or form.id in asked.before.state.resources]
    for role in dict.fromkeys(form.role for form in made):
        bound = desk.bound(role)
        targets = [asked.target(form) for form in made if form.role == role]
        found = _gather(bound.platform, bound.name, asked.space, targets, since)
        answers |= found.answers
        remarks += found.remarks
        unread += found.unread
        whole, token = whole and found.whole, found.token
    return Gathered(answers, token, whole, remarks, unread)


def _gather(platform: Platform, name: str, space: Space, targets: Sequence[Target], since: str) -> Gathered:
    if isinstance(platform, Gathering):
        return platform.gather(space, targets, since)
    if not isinstance(platform, Answers):
        raise Refused(_("La plateforme « {name} » ne sait pas lire les réponses.").format(name=name))
    forms = [(it.resource, it.known) for it in targets if isinstance(it.resource, Form)]
    return Gathered({form.id: platform.answers(space, form, known) for form, known in forms})
