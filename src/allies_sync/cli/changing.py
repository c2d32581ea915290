"""New data for an engagement: single fields, a whole file, or an editor on a copy."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from allies_sync.cli.complaints import complaint_of, tell
from allies_sync.cli.files import read_text
from allies_sync.cli.screen import ask, interactive, say
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.editing import load_engagement, prepare_edit
from allies_sync.engagements.errors import Declined, UserError
from allies_sync.engagements.keepsakes import own_folder, set_aside
from allies_sync.engagements.prepare import Preparation
from allies_sync.engagements.stored import invalid
from allies_sync.model.engagement import Engagement
from allies_sync.model.problems import Code, InvalidData
from allies_sync.model.tomlfile import load_toml, parse_path, update_toml
from allies_sync.text.messages import _
from allies_sync.text.names import is_slug


def prepared(desk: Desk, slug: str, changes: Sequence[str], source: str | None) -> Preparation:
    """The plan for the new data. Raises UserError, and Declined when the editor changed nothing."""
    if changes and source is not None:
        raise UserError(
            _("--set et --from ne vont pas ensemble."), _("Choisissez : quelques champs, ou un fichier entier.")
        )
    if source is not None:
        return prepare_edit(desk, slug, read_text(source), source)
    before, engagement = load_engagement(desk, slug)
    if changes:
        return prepare_edit(desk, slug, changed(before.text, pairs(changes)), "")
    if not interactive():
        raise UserError(
            _("Que faut-il changer ?"),
            _("Exemple : allies-sync edit {slug} --set start=2027-03-19 ; ou --from FICHIER.").format(slug=slug),
        )
    return _in_editor(desk, slug, before.text, engagement)


def pairs(changes: Sequence[str]) -> dict[str, str]:
    """``start=2027-03-19`` as field and value. Raises UserError for what is not of that form."""
    found: dict[str, str] = {}
    for change in changes:
        field, equals, value = change.partition("=")
        if not equals or not field.strip():
            raise UserError(
                _("« {change} » n'est pas de la forme CHAMP=VALEUR.").format(change=change[:80]),
                _("Exemple : --set start=2027-03-19"),
            )
        try:
            parse_path(field.strip())
        except ValueError as error:
            raise UserError(
                _("« {field} » n'est pas le nom d'un champ.").format(field=field.strip()[:80]),
                _("Exemples : start, client.name, sessions[0].date"),
            ) from error
        found[field.strip()] = value.strip()
    return found


def changed(text: str, typed: Mapping[str, str]) -> str:
    """``text`` with new values. What is typed is text, and a number, a date or a list where the field wants one;
    nothing at all takes the field out. Raises UserError."""
    values: dict[str, Any] = {field: value or None for field, value in typed.items()}
    title = _("Ces données ne conviennent pas.")
    try:
        _check_paths(text, values)
        edited = update_toml(text, values)
        with suppress(InvalidData):
            load_toml(edited, "", Engagement)
            return edited
        for field, value in typed.items():
            values[field] = _as_wanted(text, field, value)
        return update_toml(text, values)
    except InvalidData as error:
        raise invalid(error, title) from error


def _check_paths(text: str, values: Mapping[str, Any]) -> None:
    """Whether each field can be reached at all. Raises UserError."""
    for field, value in values.items():
        try:
            with suppress(InvalidData):
                update_toml(text, {field: value})
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise UserError(
                _("« {field} » ne peut pas être changé ainsi : ce qui le contient n'existe pas encore.").format(
                    field=field
                ),
                _("Rien n'a été modifié. Sans --set, « allies-sync edit » ouvre toutes les données dans un éditeur."),
            ) from error


def _as_wanted(text: str, field: str, value: str) -> Any:
    """The value as text, unless the field wants something else and the words can be read as that."""
    if not value:
        return None
    try:
        load_toml(update_toml(text, {field: value}), "", Engagement)
    except InvalidData as error:
        wrong = any(problem.field == field and problem.code == Code.WRONG_TYPE for problem in error.problems)
        if wrong:
            with suppress(tomllib.TOMLDecodeError):
                return tomllib.loads(f"value = {value}")["value"]
    return value


def _in_editor(desk: Desk, slug: str, text: str, opened: Engagement) -> Preparation:
    """A draft in the person's editor, as often as it takes to make it valid."""
    command = _editor()
    draft = draft_of(slug)
    set_aside(draft)
    draft.write_text(text, encoding="utf-8", newline="\n")
    while True:
        try:
            subprocess.run([*command, str(draft)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise UserError(
                _("L'éditeur « {editor} » n'a pas pu être ouvert.").format(editor=command[0]),
                _("Rien n'a été modifié. Choisissez-en un avec la variable EDITOR, ou utilisez --set."),
            ) from error
        try:
            edited = read_text(str(draft))
            if edited == text:
                draft.unlink()
                raise Declined
            return prepare_edit(desk, slug, edited, draft.name, opened=opened)
        except UserError as error:
            tell(complaint_of(error))
            say()
            if ask(_("Rouvrir l'éditeur pour corriger ? [O/n]")).casefold().startswith("n"):
                raise Declined from error


def draft_of(slug: str) -> Path:
    """Where what is typed in the editor stays until it is saved in the workspace. Makes the folder."""
    folder = own_folder() / "brouillons"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{slug}.toml"


@contextmanager
def keeping_draft(slug: str, *, dry_run: bool) -> Iterator[None]:
    """The draft goes when what was typed is saved; whatever else happens, it stays, and where is said."""
    try:
        yield
    except BaseException:
        _tell_draft(slug)
        raise
    if dry_run:
        _tell_draft(slug)
    elif is_slug(slug):
        draft_of(slug).unlink(missing_ok=True)


def _tell_draft(slug: str) -> None:
    if is_slug(slug) and draft_of(slug).exists():
        say(_("Ce que vous avez écrit est gardé dans {path}").format(path=draft_of(slug)))


def _editor() -> list[str]:
    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if chosen:
        return [chosen] if os.name == "nt" else shlex.split(chosen)
    for name in ("notepad",) if os.name == "nt" else ("nano", "vim", "vi"):
        if shutil.which(name):
            return [name]
    raise UserError(
        _("Aucun éditeur de texte n'a été trouvé."), _("Choisissez-en un avec la variable EDITOR, ou utilisez --set.")
    )
