"""What a person may ask of their answers, and what is promised to all: one withdrawn, personal ones emptied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from allies_sync.answers.paper import PREFIX
from allies_sync.answers.tallying import asked as questions
from allies_sync.answers.tallying import given, in_order, is_personal
from allies_sync.engagements.answers import Reading, questionnaires, read_answers
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.paper import desk_of
from allies_sync.engagements.stored import describe_space, today, write_engagement
from allies_sync.model.engagement import Engagement
from allies_sync.model.questionnaire import CLOSED_KINDS
from allies_sync.model.resources import Field, Form, Resource, Scope
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Answer
from allies_sync.reconcile.lease import Held, hold
from allies_sync.reconcile.state import ENGAGEMENT_FILE
from allies_sync.text.messages import _
from allies_sync.text.names import fold


@dataclass(frozen=True, slots=True)
class Match:
    """One answer that was looked for."""

    form: Form
    answer: Answer


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """``removed``: whether the answer was still there; ``left``: where its words still are, as sentences."""

    removed: bool
    left: tuple[str, ...] = ()


def find_answers(found: Reading, words: str) -> list[Match]:
    """Answers in which all these words stand, case and accents aside, personal ones included."""
    wanted = fold(words).split()
    return [
        Match(form, answer)
        for form, answers in found.pairs
        for answer in in_order(answers)
        if wanted and _holds(answer, wanted)
    ]


def _holds(answer: Answer, wanted: list[str]) -> bool:
    texts = [text for value in answer.values.values() for text in ((value,) if isinstance(value, str) else value)]
    whole = fold("\n".join(texts))
    return all(word in whole for word in wanted)


def answer_of(found: Reading, identity: str, words: str | None = None) -> Match:
    """The answer that has an id; among those with these ``words``, if any are given. Two forms may each have an
    answer of that id: then nobody guesses. Raises UserError."""
    folded = fold(words or "").split()
    matches = [
        Match(form, answer)
        for form, answers in found.pairs
        for answer in answers
        if answer.id == identity and _holds(answer, folded)
    ]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UserError(
            _("Plusieurs questionnaires ont une réponse « {id} ».").format(id=identity[:80]),
            _("Rien n'a été retiré. Ajoutez --find et des mots de la bonne réponse à la même commande."),
            [found.asked.titled(match.form) for match in matches],
        )
    raise UserError(
        _("Aucune réponse n'a l'identifiant « {id} ».").format(id=identity[:80]),
        _("Rien n'a été retiré. Cherchez-la par ses mots, avec --find."),
    )


def withdraw(desk: Desk, found: Reading, match: Match) -> Withdrawn:
    """Removes one answer at its platform, and its words where the tool itself remembers them. One that came on paper
    is noted first in the engagement's description, so that its sheet does not bring it back. Raises PlatformError."""
    from allies_sync.engagements.forgetting import forget  # all of the bilan: only here

    asked, identity = found.asked, match.answer.id
    if identity.startswith(PREFIX):
        with hold(desk.store, asked.space.slug) as held:
            _note(held, withdrawn=lambda before: tuple(dict.fromkeys([*before.withdrawn, identity])))
    known = asked.target(match.form).known
    gone = desk_of(desk, match.form).withdraw(asked.space, match.form, known, [identity])
    return Withdrawn(identity in gone, tuple(forget(desk, asked.space.slug, _only_theirs(found, match))))


def _only_theirs(found: Reading, match: Match) -> frozenset[str]:
    """What this person wrote and nobody else did."""
    own: set[str] = set()
    others: set[str] = set()
    for form, answers in found.pairs:
        for answer in answers:
            mine = form.id == match.form.id and answer.id == match.answer.id
            for it in questions(form, personal=True):
                if it.kind not in CLOSED_KINDS:
                    (own if mine else others).update(text.strip() for text in given(answer, it))
    return frozenset(own - others - {""})


def _note(held: Held, **changes: Callable[[Engagement], object]) -> None:
    """Writes into the engagement's description, which may have changed since it was read."""
    before = describe_space(held.store, held.slug)
    if before.engagement is None:
        return
    update = {name: make(before.engagement) for name, make in changes.items()}
    description = write_engagement(before.engagement.model_copy(update=update), before)
    if description is not None:
        held.save({ENGAGEMENT_FILE: description}, before.revision)


# --- what is personal, emptied ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Personal:
    """What would be emptied in one form: the questions, and how many answers say something to each."""

    form: Form
    fields: tuple[tuple[Field, int], ...]
    answers: int

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(field.id for field, _count in self.fields)


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """What would be emptied, and until when it was promised to be."""

    found: Reading
    forms: tuple[Personal, ...]
    due: date

    @property
    def answers(self) -> int:
        return sum(it.answers for it in self.forms)

    @property
    def gone(self) -> tuple[Form, ...]:
        """Forms that were there and are no more: what was answered to them could not be read."""
        made = self.found.asked.before.state.resources
        return tuple(form for form in self.found.missing if form.id in made)


@dataclass
class PurgeOutcome:
    """What was emptied. ``left``: where the words may still be; ``unread``: answers that could not be read, in
    which nothing was emptied; ``error`` stopped it."""

    answers: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    error: PlatformError | None = None
    recorded: date | None = None


def prepare_purge(desk: Desk, slug: str) -> PurgePlan:
    """Reads all answers, and what of them is personal. Raises UserError when no form asks for anything personal."""
    found = read_answers(desk, questionnaires(desk, slug))
    forms = tuple(_personal(found))
    if not asks_personal(found.asked.forms):
        raise UserError(
            _("Aucun questionnaire de « {slug} » ne demande de réponse personnelle.").format(slug=slug),
            _("Rien n'est à effacer."),
        )
    return PurgePlan(found, forms, found.asked.engagement.personal_until)


def asks_personal(resources: Iterable[Resource]) -> bool:
    """Whether any of these is a form of the engagement that asks for something personal."""
    forms = (it for it in resources if isinstance(it, Form) and it.scope is Scope.ENGAGEMENT)
    return any(is_personal(it) for form in forms for it in questions(form, personal=True))


def _personal(found: Reading) -> Iterator[Personal]:
    for form, answers in found.pairs:
        fields = [it for it in questions(form, personal=True) if is_personal(it)]
        counts = [(it, sum(bool(given(answer, it)) for answer in answers)) for it in fields]
        touched = sum(any(given(answer, it) for it in fields) for answer in answers)
        if fields:
            yield Personal(form, tuple(counts), touched)


def purge(desk: Desk, plan: PurgePlan) -> PurgeOutcome:
    """Empties what is personal, under the engagement's lease, and writes into its description that and when it was
    done. What a killed run left is finished by the next one. Raises PlatformError when nothing could be begun."""
    asked = plan.found.asked
    slug = asked.space.slug
    outcome = PurgeOutcome()
    for it in plan.forms:
        desk_of(desk, it.form)
    with hold(desk.store, slug) as held:
        for it in plan.forms:
            held.check()
            try:
                done = desk_of(desk, it.form).purge(asked.space, it.form, asked.target(it.form).known, it.ids)
            except PlatformError as error:
                outcome.error = error
                return outcome
            outcome.answers[it.form.id] = done.answers
            outcome.left += [sentence for sentence in done.left if sentence not in outcome.left]
            outcome.unread += done.unread
        if plan.gone or outcome.unread:
            return outcome  # what could not be read was not emptied: it is not said to be
        day = outcome.recorded = today(desk.environ)
        _note(held, purged=lambda before: day)
    from allies_sync.engagements.forgetting import written_by_hand  # all of the bilan: only here

    outcome.left += written_by_hand(desk, slug, _personal_words(plan.found))
    return outcome


def _personal_words(found: Reading) -> frozenset[str]:
    return frozenset(
        text.strip()
        for form, answers in found.pairs
        for it in questions(form, personal=True)
        if is_personal(it) and it.kind not in CLOSED_KINDS
        for answer in answers
        for text in given(answer, it)
    )
