"""``allies-sync.toml``: who the collective is, and which platform holds which role.

It is looked for in the current folder and above it, then in the user's configuration folder; without one, everything
is kept on this disk under ``./espaces``.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictInt, create_model

from allies_sync.engagements.errors import UserError
from allies_sync.model.base import Data, Line, Name, Several
from allies_sync.model.checking import check
from allies_sync.model.licence import Licence
from allies_sync.model.problems import InvalidData
from allies_sync.model.tomlfile import decode, load_toml, normalised
from allies_sync.model.tomlplaces import Places
from allies_sync.model.tomlwrite import value_text
from allies_sync.platforms.errors import Full, PlatformError, Refused
from allies_sync.text.messages import _
from allies_sync.text.system import system_words
from allies_sync.workspace.problems import describe

CONFIG_NAME = "allies-sync.toml"
ROLES = ("files", "wiki")
LOCAL = "local"
LOCAL_FOLDER = "espaces"
LOCAL_FOLDERS = {"files": "fichiers", "wiki": "wiki"}

THRESHOLD = 5
"""How many answers it takes before anything of them is shown in public, unless the collective says otherwise."""

_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]*:[^/?#\s]*@")

M = TypeVar("M", bound=BaseModel)


class Collective(Data):
    """The people who use the tool, as they present themselves."""

    name: Line = ""
    licence: Licence = Licence.CC_BY_SA
    language: Literal["fr", "en"] = "fr"


class RoleTable(BaseModel):
    """``[roles.files]``: which platform, and whatever that platform needs (checked when it is opened)."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    platform: Name


class RolesTable(Data):
    """``[roles]``."""

    files: RoleTable
    wiki: RoleTable


class TemplatesTable(Data):
    """``[templates]``: folders with templates of the collective's own."""

    folders: Several[Line] = ()


class AnswersTable(Data):
    """``[answers]``. ``threshold``: below so many answers nothing is counted, charted or quoted in public."""

    threshold: Annotated[StrictInt, Field(ge=1, le=1000)] = THRESHOLD


class ConfigFile(Data):
    """The whole file."""

    collective: Collective = Collective()
    roles: RolesTable | None = None
    templates: TemplatesTable = TemplatesTable()
    answers: AnswersTable = AnswersTable()


@dataclass(frozen=True, slots=True)
class RoleConfig:
    """One role: its platform, and that platform's settings as they stand in the file, paths made absolute."""

    platform: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Config:
    """What is configured. ``file`` is None when there is no file at all; ``by_default`` says that nobody chose
    where the workspaces are, which is worth telling."""

    collective: Collective
    roles: Mapping[str, RoleConfig]
    base: Path
    template_folders: tuple[Path, ...] = ()
    file: Path | None = None
    by_default: bool = False
    text: str = field(default="", repr=False)
    #: how few answers could identify someone: see :class:`AnswersTable`
    threshold: int = THRESHOLD


def load_config(chosen: Path | None = None, *, folder: Path | None = None) -> Config:
    """The configuration: ``chosen`` if given, else the one that is found from ``folder`` (the current one) upwards.

    Raises UserError with everything that is wrong in the file.
    """
    start = folder or _current_folder()
    file = _absolute(start, str(chosen)) if chosen else find_config(start)
    if file is None:
        return Config(Collective(), local_roles(start), start, by_default=True)
    return read_config(file)


def find_config(folder: Path) -> Path | None:
    """The nearest ``allies-sync.toml``: in ``folder``, above it, or in the user's configuration folder."""
    import platformdirs

    user = platformdirs.user_config_path("allies-sync", appauthor=False)
    for place in (folder, *folder.parents, user):
        with suppress(OSError):  # a folder above that may not be looked into has nothing for us
            if (place / CONFIG_NAME).exists():
                return place / CONFIG_NAME
    return None


def read_config(file: Path) -> Config:
    """One configuration file. Raises UserError."""
    if not file.exists():
        raise UserError(
            _("Le fichier de configuration {file} n'existe pas.").format(file=file),
            _("Vérifiez --config, ou créez-le avec « allies-sync init »."),
        )
    if not file.is_file():
        raise UserError(
            _("{file} devrait être un fichier de configuration, mais c'est autre chose.").format(file=file),
            _("Déplacez-le ou indiquez un autre fichier avec --config."),
        )
    try:
        text = normalised(decode(file.read_bytes(), str(file)))
        parsed = load_toml(text, str(file), ConfigFile)
    except OSError as error:
        raise UserError(
            _("Le fichier de configuration {file} ne peut pas être lu.").format(file=file),
            _("Vérifiez que vous avez le droit de le lire."),
        ) from error
    except InvalidData as error:
        raise _invalid(file, error) from error
    base = file.parent
    tables = {"files": parsed.roles.files, "wiki": parsed.roles.wiki} if parsed.roles else {}
    roles = {
        role: RoleConfig(table.platform, _with_paths(base, table.model_extra or {})) for role, table in tables.items()
    }
    _refuse_passwords(file, text, roles)
    return Config(
        collective=parsed.collective,
        roles=roles or local_roles(base),
        base=base,
        template_folders=_template_folders(file, text, parsed.templates),
        file=file,
        by_default=not roles,
        text=text,
        threshold=parsed.answers.threshold,
    )


def local_roles(folder: Path) -> dict[str, RoleConfig]:
    """Both roles on this disk, under ``espaces``."""
    place = folder / LOCAL_FOLDER
    return {role: RoleConfig(LOCAL, {"path": str(place / name)}) for role, name in LOCAL_FOLDERS.items()}


def open_settings(config: Config, role: str, model: type[M]) -> M:
    """A role's settings as its platform understands them. Raises UserError with file and line for each mistake."""
    if model.model_config.get("extra") not in ("forbid", "allow"):
        # a mistyped key is a mistake, also where a plugin's author did not think of it
        model = type(model.__name__, (model,), {"model_config": ConfigDict(extra="forbid"), "__module__": __name__})
    _refuse_files(config, role)
    one_role = create_model("Roles", **{role: (model, ...)})  # type: ignore[call-overload]
    whole = create_model("Whole", roles=(one_role, ...))
    data = {"roles": {role: dict(config.roles[role].settings)}}
    file = config.file or Path(CONFIG_NAME)
    try:
        checked = check(data, whole, file=str(file), places=Places(config.text) if config.text else None)
    except InvalidData as error:
        raise _invalid(file, error) from error
    settings: M = getattr(checked.roles, role)  # type: ignore[attr-defined]
    return settings


def config_text(name: str, place: str) -> str:
    """A first ``allies-sync.toml``, with everything on this disk under ``place``."""
    lines = [
        _("# La configuration d'allies-sync pour votre collectif. Elle ne contient aucun mot de passe."),
        "",
        "[collective]",
        _("# Le nom du collectif, tel que vos client·es le lisent."),
        f"name = {value_text(name)}",
        _("# La licence sous laquelle vous publiez : {names}.").format(names=", ".join(Licence)),
        f"licence = {value_text(Licence.CC_BY_SA.value)}",
        _("# La langue de ce que l'outil écrit lui-même dans les espaces, fr ou en ; les modèles ont la leur."),
        'language = "fr"',
        "",
        _("# Où vivent les espaces. « allies-sync plugins list » nomme les plateformes installées ;"),
        _("# pour un serveur, donnez aussi son adresse (url) et le compte du collectif (user)."),
        _("# Le mot de passe ne s'écrit pas ici : il vient du trousseau de ce poste, ou de la variable"),
        _("# d'environnement {files} ou {wiki}.").format(
            files="ALLIES_SYNC_FILES_SECRET", wiki="ALLIES_SYNC_WIKI_SECRET"
        ),
        "",
        _("# Les documents : cahier des charges, proposition, bilan, ressources."),
        "[roles.files]",
        f"platform = {value_text(LOCAL)}",
        f"path = {value_text(_joined(place, LOCAL_FOLDERS['files']))}",
        "",
        _("# Les pages et les questionnaires."),
        "[roles.wiki]",
        f"platform = {value_text(LOCAL)}",
        f"path = {value_text(_joined(place, LOCAL_FOLDERS['wiki']))}",
        "",
        _("# Hors de l'équipe, rien n'est compté ni cité de moins de réponses que cela."),
        "[answers]",
        f"threshold = {THRESHOLD}",
        "",
        _("# Vos propres modèles d'espaces, s'il y en a : des dossiers, à partir de celui-ci."),
        "# [templates]",
        '# folders = ["modeles"]',
    ]
    return "\n".join(lines) + "\n"


def write_config(file: Path, text: str) -> None:
    """Writes a new configuration, whole or not at all; an existing one is never overwritten."""
    if os.path.lexists(file):
        raise already_there(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise UserError(
            _("{folder} n'est pas un dossier : la configuration ne peut pas y être écrite.").format(
                folder=file.parent
            ),
            _("Rien n'a été modifié. Choisissez un autre endroit avec --config."),
        ) from error
    except OSError as error:
        raise _cannot_write(file, error) from error
    try:
        handle, draft = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            Path(draft).chmod(0o644)
            _place(draft, file)
        finally:
            with suppress(OSError):
                Path(draft).unlink(missing_ok=True)
    except FileExistsError as error:
        raise already_there(file) from error
    except OSError as error:
        raise _cannot_write(file, error) from error


def already_there(file: Path) -> UserError:
    """There is a configuration already."""
    return UserError(
        _("Il y a déjà une configuration : {file}.").format(file=file),
        _("Rien n'a été modifié. Ouvrez ce fichier dans un éditeur pour la changer."),
    )


def _place(draft: str, file: Path) -> None:
    """Gives the finished draft its name, unless somebody was faster."""
    try:
        os.link(draft, file)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(file):
            raise FileExistsError(None, None, str(file)) from None
        Path(draft).replace(file)


def _cannot_write(file: Path, error: OSError) -> PlatformError:
    import errno

    message = _("La configuration {file} n'a pas pu être écrite : {why}.").format(file=file, why=system_words(error))
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Full(message, _("Rien n'a été modifié. Faites de la place sur le disque, puis relancez la commande."))
    return Refused(message, _("Rien n'a été modifié. Choisissez un autre endroit avec --config."))


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise UserError(
            _("Le dossier courant n'existe plus."), _("Placez-vous dans un autre dossier, puis relancez la commande.")
        ) from error


def _absolute(base: Path, written: str) -> Path:
    with suppress(RuntimeError):  # no home folder: the path stays as it was written
        return Path(os.path.normpath(base / Path(written).expanduser()))
    return Path(os.path.normpath(base / written))


def _joined(place: str, name: str) -> str:
    return f"{place.rstrip('/')}/{name}"


def _with_paths(base: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A ``path`` is meant from the file that says it, wherever the command is run."""
    found = dict(settings)
    path = found.get("path")
    if isinstance(path, str) and path.strip():
        found["path"] = str(_absolute(base, path.strip()))
    return found


def _template_folders(file: Path, text: str, table: TemplatesTable) -> tuple[Path, ...]:
    folders = tuple(_absolute(file.parent, folder) for folder in table.folders)
    places = Places(text)
    for index, folder in enumerate(folders):
        if not folder.is_dir():
            raise UserError(
                _("{file}, ligne {line} : le dossier de modèles {folder} n'existe pas.").format(
                    file=file, line=places.line(("templates", "folders", index)), folder=folder
                ),
                _("Créez ce dossier, ou retirez-le de [templates]."),
            )
    return folders


def _refuse_passwords(file: Path, text: str, roles: Mapping[str, RoleConfig]) -> None:
    for role, table in roles.items():
        for key, value in table.settings.items():
            if isinstance(value, str) and _PASSWORD.match(value):
                raise UserError(
                    _("{file}, ligne {line} : l'adresse de [roles.{role}] contient un mot de passe.").format(
                        file=file, line=Places(text).line(("roles", role, key)), role=role
                    ),
                    _(
                        "Retirez-le de l'adresse : il vient du trousseau de ce poste, ou de la variable "
                        "d'environnement {variable}. S'il a été partagé avec ce fichier, changez-le."
                    ).format(variable=f"ALLIES_SYNC_{role.upper()}_SECRET"),
                )


def _refuse_files(config: Config, role: str) -> None:
    """A local role is a folder: anything else in its place is told before anything is made beside it."""
    table = config.roles[role]
    path = table.settings.get("path")
    if table.platform != LOCAL or not isinstance(path, str):
        return
    for place in (Path(path), *Path(path).parents):
        if os.path.lexists(place):
            if place.is_dir():
                return
            raise UserError(
                _("« {place} » n'est pas un dossier : les espaces ne peuvent pas y être rangés.").format(place=place),
                _(
                    "Rien n'a été modifié. Déplacez-le, ou choisissez un autre dossier dans [roles.{role}] (path)."
                ).format(role=role),
            )


def _invalid(file: Path, error: InvalidData) -> UserError:
    return UserError(
        _("La configuration {file} n'est pas valable.").format(file=file),
        _("Rien n'a été modifié. Corrigez ce fichier, puis relancez la commande."),
        [describe(problem) for problem in error.problems],
    )
