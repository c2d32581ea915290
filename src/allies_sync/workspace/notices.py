"""What a form says before it is filled in: who reads the answers, why, for how long, and whom to ask."""

from __future__ import annotations

from collections.abc import Iterator

from allies_sync.model.people import Privacy
from allies_sync.model.questionnaire import Moment, Questionnaire
from allies_sync.model.resources import Rights
from allies_sync.text.escaping import Markdown
from allies_sync.text.messages import _, ngettext


def default_notice(questionnaire: Questionnaire, privacy: Privacy) -> str:
    """The words of the tool itself, as Markdown, for a template that has none."""
    return "\n\n".join(_paragraphs(questionnaire, privacy))


def _paragraphs(questionnaire: Questionnaire, privacy: Privacy) -> Iterator[str]:
    yield _fill(_("**Qui lit vos réponses ?** {readers}"), readers=_readers(questionnaire, privacy))
    if questionnaire.personal_questions and questionnaire.answers is not Rights.TEAM:
        yield _("Les réponses aux questions personnelles ne sont lues que par l'équipe qui anime.")
    counted = any(not question.is_personal for question in questionnaire.closed_questions)
    if counted and questionnaire.moment is not Moment.RESOURCE:
        yield _("Les réponses à cocher sont comptées : ces nombres, sans nom, peuvent être montrés au groupe.")
    if privacy.purpose:
        yield _fill(_("**Pour quoi faire ?** {purpose}"), purpose=privacy.purpose)
    if questionnaire.personal_questions:
        months = privacy.retention_months
        kept = ngettext(
            "**Combien de temps ?** Les réponses personnelles sont effacées {months} mois après la fin.",
            "**Combien de temps ?** Les réponses personnelles sont effacées {months} mois après la fin.",
            months,
        )
        yield _fill(kept, months=str(months))
    else:
        yield _("**Combien de temps ?** Ce qui est écrit ici est gardé avec cet espace.")
    if privacy.contact:
        yield _fill(_("**Relire, corriger ou retirer vos réponses :** {contact}"), contact=privacy.contact)


def _readers(questionnaire: Questionnaire, privacy: Privacy) -> str:
    if privacy.readers:
        return privacy.readers
    return {
        Rights.TEAM: _("L'équipe qui anime, et personne d'autre."),
        Rights.PARTICIPANTS: _("L'équipe qui anime et les autres participant·e·s."),
        Rights.PUBLIC: _("Tout le monde : les réponses sont publiques."),
    }[questionnaire.answers]


def _fill(message: str, **values: str) -> str:
    return Markdown.trusted(message).format(**values)
