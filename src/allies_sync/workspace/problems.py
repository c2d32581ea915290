"""One clear sentence for each problem of ``model.problems``: where, what was found, what is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from allies_sync.model.problems import Code, Problem
from allies_sync.text.messages import _, ngettext

_QUOTES = '“”„«»‘’" \u00a0\u202f'


def describe(problem: Problem) -> str:
    """The problem as a French (or translated) sentence that begins with its place, if it has one."""
    where = place(problem)
    what = _sentence(problem)
    return _("{where} : {what}").format(where=where, what=what) if where else what[:1].upper() + what[1:]


def place(problem: Problem) -> str:
    """``engagement.toml, ligne 3``; nothing for what was typed on the command line."""
    if not problem.file:
        return ""
    if problem.line is None:
        return problem.file
    return _("{file}, ligne {line}").format(file=problem.file, line=problem.line)


def field_words(field: str) -> str:
    """``sessions[0].date`` as people count: ``sessions n° 1 › date``."""
    numbered = re.sub(r"\[(\d+)\]", lambda match: f" n° {int(match[1]) + 1}", field)
    return numbered.replace(".", " › ")


def _sentence(problem: Problem) -> str:
    values: dict[str, str | int] = {
        "field": field_words(problem.field),
        "key": problem.field.rpartition(".")[2],
        "found": problem.found,
        "bare": problem.found.strip(_QUOTES),
        "allowed": one_of(problem.allowed),
        "most": problem.allowed[0] if problem.allowed else "",
        "length": "",
        "title": "",
        "other": "",
        "other_hours": "",
        "message": "",
        "column": problem.column or 0,
        "elsewhere": _elsewhere(problem.details),
    }
    values.update(problem.details)
    code = problem.code
    suggestion = problem.details.get("suggestion")
    template = _templates().get(code) or _("« {field} » ne convient pas : {found}.")
    if code == Code.WRONG_TYPE:
        values["allowed"] = one_of([_types().get(name, name) for name in problem.allowed])
    elif code == Code.MISSING:
        kinds = [_types()[name] for name in problem.allowed if name in _types()]
        if kinds or problem.allowed:
            template = _("il manque « {field} » : {allowed}.")
            values["allowed"] = one_of(kinds) if kinds else one_of(problem.allowed)
    elif code == Code.OUT_OF_RANGE:
        values["allowed"] = _bounds(problem.allowed)
    elif code == Code.SYNTAX and not problem.found:
        template = _("ce fichier n'est pas du TOML lisible : il est incomplet ou ses crochets sont mal fermés.")
    elif code == Code.NO_MODULES:
        count = int(problem.allowed[0])
        values["allowed"] = ngettext("{count} module est déclaré", "{count} modules sont déclarés", count).format(
            count=count
        )
    elif code == Code.UNKNOWN_KEY and (suggestion or not problem.allowed):
        template = _("« {key} » n'est pas une clé connue ici.")
    text = template.format(**values)
    if suggestion:
        text += " " + _("Vouliez-vous écrire « {suggestion} » ?").format(suggestion=suggestion)
    return text


def _templates() -> Mapping[str, str]:
    return {
        Code.SYNTAX: _("cette ligne n'est pas du TOML valide : {found}. Vérifiez ses guillemets et ses crochets."),
        Code.UNQUOTED: _('la valeur de « {field} » s\'écrit entre guillemets droits : {field} = "{bare}".'),
        Code.TWICE: _("« {field} » est écrit deux fois. Gardez une seule des deux lignes."),
        Code.TOO_BIG: _("le fichier a {found} caractères, {most} au plus sont lus."),
        Code.NOT_TEXT: _("ce fichier n'est pas du texte UTF-8. Enregistrez-le de nouveau en UTF-8."),
        Code.CANNOT_EDIT: _(
            "« {field} » ne peut pas être changé sans risque pour ce que vous avez écrit. "
            "Changez-le à la main dans ce fichier, puis relancez la commande."
        ),
        Code.MISSING: _("il manque « {field} »."),
        Code.UNKNOWN_KEY: _("« {key} » n'est pas une clé connue ici. Clés possibles : {allowed}."),
        Code.WRONG_TYPE: _("« {field} » vaut {found} ; il faut {allowed}."),
        Code.NOT_ALLOWED: _("« {field} » vaut {found} ; valeurs possibles : {allowed}."),
        Code.EMPTY: _("« {field} » est vide : il faut au moins une lettre ou un chiffre."),
        Code.TOO_LONG: _("« {field} » est trop long : {length} caractères, {most} au plus."),
        Code.TOO_SHORT: _("« {field} » est trop court : {most} caractères au moins."),
        Code.TOO_MANY: _("« {field} » a trop d'éléments : {most} au plus."),
        Code.TOO_FEW: _("« {field} » n'a pas assez d'éléments : {most} au moins."),
        Code.OUT_OF_RANGE: _("« {field} » vaut {found} ; il faut {allowed}."),
        Code.TOO_PRECISE: _("« {field} » vaut {found} ; deux chiffres après la virgule au plus."),
        Code.BAD_DATE: _("« {field} » vaut {found} ; il faut une date qui existe, comme 2027-03-12."),
        Code.BAD_TIME: _('« {field} » vaut {found} ; il faut une heure, comme "9h30" ou "14h".'),
        Code.BAD_AMOUNT: _('« {field} » vaut {found} ; il faut un nombre, comme 1000 ou "1 000,50".'),
        Code.BAD_ID: _(
            "« {field} » vaut {found} ; il faut un nom court, en minuscules sans accent ni espace (des chiffres et"
            " des tirets vont)."
        ),
        Code.BAD_SLUG: _(
            "« {field} » vaut {found} ; il faut des minuscules sans accent, des chiffres et des tirets, comme "
            '"2027-dynamiques-de-cooperation".'
        ),
        Code.BAD_URL: _('« {field} » vaut {found} ; il faut une adresse web, comme "https://exemple.org/page".'),
        Code.BAD_EMAIL: _('« {field} » vaut {found} ; il faut une adresse électronique, comme "nom@exemple.org".'),
        Code.BAD_FORMAT: _("« {field} » vaut {found}, ce qui ne convient pas ici."),
        Code.CONTROL_CHARACTERS: _("« {field} » contient des caractères invisibles de contrôle. Retapez ce texte."),
        Code.END_BEFORE_START: _("« {field} » vaut {found}, trop tôt : le début est {most}{elsewhere}."),
        Code.DUPLICATE: _("« {field} » vaut {found}, déjà pris{elsewhere}. Donnez une autre valeur à l'un des deux."),
        Code.NOT_SORTED: _(
            "« {title} » commence à {found}, avant « {other} » ({most}) qui le précède dans le programme{elsewhere}. "
            "Écrivez-les dans l'ordre des heures."
        ),
        Code.OVERLAP: _(
            "« {title} » commence à {found}, alors que « {other} » ({other_hours}) dure jusqu'à {most}{elsewhere}. "
            "Changez une heure ou une durée."
        ),
        Code.NO_MODULES: _("« {field} » annonce {found} modules en même temps, mais {allowed}."),
        Code.NO_OPTIONS: _("il manque « {field} » : une question de type {found} a besoin de réponses possibles."),
        Code.TWO_SOURCES: _("« {field} » renvoie à {found}, mais des réponses sont déjà données{elsewhere}."),
        Code.USELESS_OPTIONS: _("« {field} » ne sert à rien ici : seuls {allowed} ont des réponses possibles."),
        Code.INCONSISTENT: _("« {field} » ne convient pas : {message}"),
        Code.SESSION_OUTSIDE: _(
            "la rencontre « {title} » a lieu le {found}, en dehors des dates de l'accompagnement ({allowed})."
        ),
        Code.PROGRAMME_OUTSIDE: _("« {title} » ({found}) est en dehors des heures de la rencontre ({other_hours})."),
    }


def _types() -> Mapping[str, str]:
    return {
        "text": _("un texte entre guillemets droits"),
        "integer": _("un nombre entier, sans guillemets"),
        "number": _("un nombre, sans guillemets"),
        "amount": _("un nombre, comme 1000 ou 1000.50"),
        "boolean": _("true ou false"),
        "date": _("une date, comme 2027-03-12"),
        "time": _('une heure, comme "9h30"'),
        "list": _("une liste entre crochets"),
        "table": _("une table : son nom entre crochets, puis ses lignes « clé = valeur »"),
    }


def _bounds(bounds: Sequence[str]) -> str:
    signs = {
        ">=": _("au moins {bound}"),
        "<=": _("au plus {bound}"),
        ">": _("plus de {bound}"),
        "<": _("moins de {bound}"),
    }
    words = []
    for bound in bounds:
        sign, _space, value = bound.partition(" ")
        words.append(signs[sign].format(bound=value) if sign in signs else bound)
    return _(" et ").join(words)


def one_of(words: Sequence[str]) -> str:
    """``a, b ou c``."""
    return _(" ou ").join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def _elsewhere(details: Mapping[str, str | int]) -> str:
    line = details.get("other_line")
    return _(" (ligne {line})").format(line=line) if line else ""
