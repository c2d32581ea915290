"""One clear sentence for each thing that can be wrong with a template, with what to write instead."""

from __future__ import annotations

from collections.abc import Mapping

from allies_sync.model.problems import Problem
from allies_sync.text.messages import _
from allies_sync.workspace.flaws import Finding, Flaw, Severity
from allies_sync.workspace.problems import describe as describe_data
from allies_sync.workspace.problems import place

_MOST_NAMES = 40


def describe(problem: Problem) -> str:
    """A problem of a template, or of any other data, as a sentence that begins with its place."""
    sentence = _templates().get(problem.code)
    if sentence is None:
        return describe_data(problem)
    values: dict[str, str | int] = {
        "field": problem.field,
        "found": problem.found,
        "allowed": _listed(problem.allowed),
        "most": problem.allowed[0] if problem.allowed else "",
        "other": "",
        "what": "",
        "place": "",
    }
    values.update(problem.details)
    values["place"] = _places().get(str(values["place"]), "")
    values["what"] = _limits().get(str(values["what"]), values["what"])
    text = sentence.format(**values)
    suggestion = problem.details.get("suggestion")
    if suggestion and problem.code in _WITH_SUGGESTION:
        text += " " + _("Vouliez-vous écrire « {suggestion} » ?").format(suggestion=suggestion)
    elif problem.allowed and problem.code in _WITH_CHOICE:
        text += " " + _("Possible ici : {allowed}.").format(allowed=values["allowed"]).replace("….", "…")
    where = place(problem)
    return _("{where} : {what}").format(where=where, what=text) if where else text[:1].upper() + text[1:]


def describe_finding(finding: Finding) -> str:
    """The same for a finding; warnings say that they are."""
    text = describe(finding.problem)
    return _("{text} (avertissement)").format(text=text) if finding.severity is Severity.WARNING else text


def _listed(names: tuple[str, ...]) -> str:
    more = ", …" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


_WITH_CHOICE = frozenset(
    {
        Flaw.UNKNOWN_BASE,
        Flaw.DANGLING,
        Flaw.NOTHING_REMOVED,
        Flaw.UNKNOWN_FILTER,
        Flaw.UNKNOWN_TEST,
        Flaw.UNKNOWN_NAME,
        Flaw.UNKNOWN_FIELD,
        Flaw.UNKNOWN_WIDGET,
        Flaw.UNKNOWN_BLOCK,
    }
)

_WITH_SUGGESTION = _WITH_CHOICE | {Flaw.MISSING_SOURCE, Flaw.UNUSED_SOURCE}


def _places() -> Mapping[str, str]:
    return {
        "code": _("à l'intérieur de code (entre accents graves)"),
        "html": _("à l'intérieur d'une balise « <…> »"),
        "link": _("dans l'adresse d'un lien"),
    }


def _limits() -> Mapping[str, str]:
    return {
        "steps": _("trop de tours de boucle ou d'appels"),
        "size": _("le texte produit est trop long"),
        "number": _("un nombre devient trop grand"),
    }


def _templates() -> Mapping[str, str]:
    return {
        Flaw.NO_TEMPLATE_FILE: _("ce dossier n'est pas un modèle : il n'a pas de fichier « {found} »."),
        Flaw.UNKNOWN_BASE: _("ce modèle complète « {found} », qui n'existe pas."),
        Flaw.BASE_CIRCLE: _("ce modèle finit par se compléter lui-même, par « {found} »."),
        Flaw.TOO_BIG: _("ce modèle est trop gros (au plus : {allowed}). Retirez les fichiers qui n'y servent pas."),
        Flaw.UNREADABLE: _("ce fichier ne peut pas être lu : {found}."),
        Flaw.OTHER_NAME: _("le modèle s'appelle « {found} », mais son dossier « {most} » : donnez-leur le même nom."),
        Flaw.DANGLING: _("« {found} » ne désigne rien dans ce modèle."),
        Flaw.NOT_HERE: _(
            "« {found} » appartient à un accompagnement : ce qui est au collectif ne peut pas en dépendre."
        ),
        Flaw.NEEDS_SESSION: _(
            "« {found} » existe pour chaque rencontre : dites laquelle, par exemple avec « session=… » dans une "
            'boucle, ou avec each = "session".'
        ),
        Flaw.FOLDER_CIRCLE: _("ce dossier est rangé dans lui-même, par « {found} »."),
        Flaw.NOTHING_REMOVED: _("« {found} » est à retirer, mais le modèle complété ne le déclare pas."),
        Flaw.SAME_NAME: _(
            "« {found} » porte au même endroit le même nom que « {other} », accents et majuscules mis à part."
        ),
        Flaw.NO_HOME: _("aucune page n'est la page d'accueil : ajoutez home = true à l'une d'elles."),
        Flaw.TWO_HOMES: _(
            "« {found} » ne peut pas être la page d'accueil : il en faut une seule, propre à l'accompagnement et non "
            "à une rencontre (ici : {most})."
        ),
        Flaw.UNREACHED: _(
            "aucune page ne mène à « {found} », et elle n'est pas au menu : ajoutez un lien ou menu = true."
        ),
        Flaw.MISSING_SOURCE: _("le fichier « {found} » manque dans le modèle."),
        Flaw.UNUSED_SOURCE: _("rien n'emploie ce fichier."),
        Flaw.OTHER_ID: _("le questionnaire a pour id « {found} », mais le formulaire « {most} »."),
        Flaw.SYNTAX: _("cette ligne n'est pas du Jinja valide : {what}."),
        Flaw.FORBIDDEN: _(
            "« {found} » n'est pas permis dans un modèle : seuls le sont les fonctions, les filtres et les boucles "
            "de la documentation. Pour assembler des textes, écrivez-les à la suite."
        ),
        Flaw.UNKNOWN_FILTER: _("le filtre « {found} » n'existe pas."),
        Flaw.UNKNOWN_TEST: _("le test « {found} » n'existe pas."),
        Flaw.UNKNOWN_NAME: _("« {found} » n'existe pas ici."),
        Flaw.UNKNOWN_FIELD: _("« {field} » : le champ « {found} » n'existe pas."),
        Flaw.UNKNOWN_BLOCK: _("ce que ce fichier complète n'a pas de bloc « {found} » : personne ne le verrait."),
        Flaw.UNKNOWN_WIDGET: _("widget(« {found} ») n'existe pas."),
        Flaw.NOT_CONSTANT: _("le nom du fichier à inclure s'écrit entre guillemets, et ne peut pas être calculé."),
        Flaw.RAW_REFERENCE: _("un lien vers une page s'écrit avec la fonction link(), pas avec « ref: »."),
        Flaw.RAW_HTML: _("« {found} » est du HTML : écrivez-le en Markdown, ou employez widget()."),
        Flaw.BAD_PLACE: _(
            "une valeur est écrite {place}, où elle ne peut pas être protégée. Sortez-la de là, ou employez "
            "weblink() pour une adresse."
        ),
        Flaw.BREAKS_OUT: _(
            "ce que l'on tape dans « {field} » (par exemple : {found}) changerait la mise en forme de la page. "
            "Écrivez la valeur ailleurs qu'en début de ligne devant une ponctuation, et hors du code."
        ),
        Flaw.BAD_CHARACTER: _("ce texte contient des caractères invisibles ou réservés. Retapez-le."),
        Flaw.UNSET: _(
            "« {field} » peut être vide : écrivez « | default(\"…\") » après lui, ou mettez-le dans un « if »."
        ),
        Flaw.NOT_TEXT: _(
            "cette valeur ({found}) ne s'écrit pas telle quelle : choisissez l'un de ses champs, ou un filtre."
        ),
        Flaw.NOT_A_LIST: _("la boucle ou le filtre porte sur une valeur ({found}) qui n'est pas une liste."),
        Flaw.NOT_A_NUMBER: _("« {found} » ne s'applique qu'à des nombres."),
        Flaw.ALREADY_MARKDOWN: _(
            "ce filtre ou cette fonction ne s'applique qu'à un texte simple, pas à du texte déjà mis en forme."
        ),
        Flaw.NOT_A_LINK: _("« {found} » n'est pas une adresse web (http:// ou https://)."),
        Flaw.TOO_MUCH: _("{what} (au plus {most})."),
        Flaw.FAILED: _("le modèle s'arrête ici : {what}"),
    }
