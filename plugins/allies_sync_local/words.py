"""The words of the web pages themselves, in the language of the collective (not of whoever runs the tool)."""

from __future__ import annotations

from typing import Any

from allies_sync.text.messages import _, ngettext


def words() -> dict[str, str]:
    """By the name that the templates use."""
    return {
        "skip": _("Aller au contenu"),
        "menu": _("Pages de l'accompagnement"),
        "licence": _("Licence :"),
        "open_questionnaire": _("Ouvrir le questionnaire"),
        "open_form": _("Ouvrir le formulaire"),
        "missing": _("Ce qui devrait se trouver ici n'existe pas :"),
        "reserved": _("Les réponses sont lues par l'équipe d'animation."),
        "answer": _("Réponse"),
        "number": _("Nombre"),
        "no_engagement": _("Aucun accompagnement n'est encore ouvert."),
        "paper": _("À imprimer et à remplir à la main."),
        "organisation": _("Votre organisation (facultatif)"),
        "notice": _("Ce que deviennent vos réponses"),
        "required": _("réponse attendue"),
        "personal": _("réponse personnelle, lue par la seule équipe d'animation"),
        "one": _("Une seule réponse"),
        "several": _("Plusieurs réponses possibles"),
        "scale": _("Cochez la réponse qui vous correspond"),
        "attach": _("À joindre à ce questionnaire"),
        "day": _("jour"),
        "month": _("mois"),
        "year": _("année"),
        "thanks": _("Merci d'avoir pris ce temps."),
        "untitled": _("Sans titre"),
    }


def answers_received(count: int) -> str:
    if count == 0:
        return _("Aucune réponse pour le moment.")
    return ngettext("{count} réponse reçue.", "{count} réponses reçues.", count).format(count=count)


def answers_count(count: int) -> str:
    return ngettext("{count} réponse", "{count} réponses", count).format(count=count)


def too_few(threshold: int) -> str:
    return ngettext(
        "Les réponses sont comptées ici à partir de {count} : moins nombreuses, elles diraient qui a répondu quoi.",
        "Les réponses sont comptées ici à partir de {count} : moins nombreuses, elles diraient qui a répondu quoi.",
        threshold,
    ).format(count=threshold)


def form_summary(block: dict[str, Any]) -> str:
    """« 7 questions, dont 2 personnelles »."""
    count, personal = block["questions"], block["personal"]
    text = ngettext("{count} question", "{count} questions", count).format(count=count)
    if personal:
        more = ngettext("dont {count} personnelle", "dont {count} personnelles", personal).format(count=personal)
        text = f"{text}, {more}"
    return text
