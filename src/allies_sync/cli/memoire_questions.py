"""The fields of a mémoire, asked for one by one, or taken from a file."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from typing import Any

from allies_sync.cli.files import read_text
from allies_sync.cli.screen import ask, say
from allies_sync.engagements.errors import UserError
from allies_sync.model.base import is_url
from allies_sync.model.memoire import LINKS, SEVERAL, VOCABULARIES, same_words
from allies_sync.model.memoire_form import LABELS
from allies_sync.text.messages import _


def data_of_file(name: str) -> dict[str, Any]:
    """The fields of one mémoire in a TOML or JSON file. Raises UserError."""
    text = read_text(name)
    try:
        as_json = text.lstrip()[:1] in ("{", "[") and not name.endswith(".toml")
        found: Any = json.loads(text) if as_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(
            _("Le fichier {file} n'est ni du TOML, ni du JSON : {why}.").format(file=name, why=str(error)[:200]),
            _("Rien n'a été modifié."),
        ) from error
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, dict):
        raise UserError(
            _("Le fichier {file} ne contient pas une mémoire, et une seule.").format(file=name),
            _("Pour en envoyer plusieurs : allies-sync memoires push {file}").format(file=name),
        )
    return {key: _several(key, value) for key, value in found.items()}


def _several(name: str, value: Any) -> Any:
    """A single value where several are possible; years as numbers."""
    if name in SEVERAL and isinstance(value, str | int):
        value = [value]
    if name == "years" and isinstance(value, list):
        return [str(item) for item in value]
    return value


def ask_fields(names: Sequence[str]) -> dict[str, Any]:
    """Asks for fields, one after the other. What is passed over stays out."""
    found: dict[str, Any] = {}
    for name in names:
        if name in VOCABULARIES and name != "years":
            value: Any = _chosen(name)
        elif name == "years":
            value = ask(_("Année(s), par exemple 2017 ou 2017, 2018 :")).replace(",", " ").split()
        elif name == "description":
            value = _paragraphs()
        elif name in LINKS:
            value = _link(name)
        else:
            value = ask(f"{LABELS[name]} :")
            while name == "title" and not value:
                value = ask(_("Il faut un titre :"))
        if value:
            found[name] = value
    return found


def _chosen(name: str) -> Any:
    """Options by their numbers; other words are kept as they are."""
    options = VOCABULARIES[name]
    say(f"{LABELS[name]} :")
    for number, option in enumerate(options, 1):
        say(f"  {number}  {option.label}")
    several = name in SEVERAL
    question = _("Numéros, séparés par des virgules :") if several else _("Numéro :")
    typed = ask(question)
    by_number = {str(number): option.label for number, option in enumerate(options, 1)}
    by_words = {same_words(option.label): option.label for option in options}
    parts = [part.strip() for part in typed.split(",") if part.strip()]
    if not all(part in by_number for part in parts):
        parts = [typed] if same_words(typed) in by_words or not several else parts
    labels = [by_number.get(part) or by_words.get(same_words(part)) or part for part in parts]
    return labels if several else (labels[0] if labels else None)


def _paragraphs() -> str:
    say(_("Description de l'action : autant de lignes que vous voulez, puis une ligne avec un point seul."))
    lines: list[str] = []
    while (line := ask("…")) != ".":
        if not line and not lines:
            break
        lines.append(line)
    return "\n".join(lines)


def _link(name: str) -> str:
    while True:
        typed = ask(f"{LABELS[name]} (https://…) :")
        if not typed or is_url(typed):
            return typed
        say(_("Ce n'est pas une adresse web : elle commence par https:// et n'a pas d'espace."))
