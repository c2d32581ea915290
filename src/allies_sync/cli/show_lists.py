"""Templates and plugins, listed and looked into."""

from __future__ import annotations

import re
from pathlib import Path

from allies_sync.cli import settings
from allies_sync.cli.complaints import DONE, UNDONE, WRONG
from allies_sync.cli.screen import note, result, say, show, styled, wrapped
from allies_sync.cli.show_plan import short_path
from allies_sync.engagements.config import Config, load_config
from allies_sync.engagements.desk import Desk, open_desk
from allies_sync.engagements.errors import UserError
from allies_sync.model.problems import InvalidData
from allies_sync.model.resources import Scope
from allies_sync.platforms.manager import Plugin
from allies_sync.reconcile.wording import kind_name, rights_sentence, role_name
from allies_sync.text.messages import _, join_words, ngettext
from allies_sync.workspace.check import check_folder, check_template
from allies_sync.workspace.flaws import Finding, Severity
from allies_sync.workspace.sentences import describe
from allies_sync.workspace.template import Declaration, Template
from allies_sync.workspace.templates import UnknownTemplate


def origin_name(origin: str) -> str:
    """Where a template comes from."""
    return {"collective": _("du collectif"), "plugin": _("d'un greffon"), "bundled": _("fourni")}.get(origin, origin)


def configured() -> Config:
    """The configuration; without one there is nothing to be said here, since no workspace is looked at."""
    return load_config(Path(settings.current.config) if settings.current.config else None)


def show_templates() -> int:
    """All templates within reach. Exit code 1 when one of them cannot be used."""
    with open_desk(configured()) as desk:
        lines = desk.templates.overview()
    result(
        {
            "templates": [
                {
                    "name": it.name,
                    "title": it.title,
                    "description": it.description,
                    "version": it.version,
                    "origin": it.origin,
                    "path": str(it.path),
                    "problems": [describe(problem) for problem in it.problems],
                }
                for it in lines
            ]
        }
    )
    for number, it in enumerate(lines):
        if number:
            say()
        where = "" if it.origin == "bundled" else f", {short_path(it.path)}"
        show([f"{styled(it.name, 'bold')} — {it.title} ({origin_name(it.origin)}{where})"])
        show(wrapped(it.description, first="  ", rest="  "))
        if it.problems:
            text = ngettext("{count} problème", "{count} problèmes", len(it.problems)).format(count=len(it.problems))
            say(_("  ✗ {problems} : allies-sync templates check {name}").format(problems=text, name=it.name))
    if not lines:
        say(_("Aucun modèle."))
    return UNDONE if any(it.problems for it in lines) else DONE


def show_template(name: str) -> int:
    """What one template makes."""
    with open_desk(configured()) as desk:
        template = _template(desk, name)
    result(
        {
            "name": template.name,
            "title": template.title,
            "description": template.description,
            "version": template.version,
            "path": str(template.path),
            "resources": [
                {
                    "id": it.id,
                    "kind": it.item.kind,
                    "role": it.item.role,
                    "title": title_of(template, it),
                    "scope": it.item.scope.value,
                    "each": "session" if it.each else None,
                    "states": [state.value for state in it.item.when.states],
                    "read": it.item.access.read.value,
                    "write": it.item.access.write.value if it.item.access.write else None,
                }
                for it in template.declarations
            ],
        }
    )
    show([styled(f"{template.title} · {template.name}, version {template.version}", "bold")])
    show(wrapped(template.description, first="  ", rest="  "))
    say(f"  {template.path}")
    for role in dict.fromkeys(it.item.role for it in template.declarations):
        say()
        show([f"  {styled(role_name(role), 'bold')}"])
        for it in template.declarations:
            if it.item.role != role:
                continue
            said = [rights_sentence(it.item.access)]
            if it.item.scope is Scope.COLLECTIVE:
                said.append(_("commun à tous les accompagnements"))
            if it.each:
                said.append(_("un par rencontre"))
            if it.item.when.states:
                said.append(
                    _("quand : {states}").format(states=join_words([state.value for state in it.item.when.states]))
                )
            first = f"    {kind_name(it.item.kind):<12}"
            show(wrapped(f"{title_of(template, it)} — {' ; '.join(said)}", first=first, rest=" " * 16))
    return DONE


def title_of(template: Template, declared: Declaration) -> str:
    """What a template calls a thing; the title of a form is in its questionnaire."""
    questionnaire = template.questionnaires.get(declared.id)
    title = declared.item.title or (questionnaire.title if questionnaire else "")
    return re.sub(r"\{\{.*?\}\}", "…", title)


def check_template_named(name: str) -> int:
    """Everything that is wrong with a template, given by its name or its folder."""
    with open_desk(configured()) as desk:
        folder = Path(name)
        if folder.is_dir() and (folder / "template.toml").exists():
            found = check_folder(folder.resolve(), desk.templates)
        elif folder.is_dir() and name not in desk.templates.names():
            raise UserError(
                _("Le dossier {folder} ne contient pas de template.toml : ce n'est pas un modèle.").format(
                    folder=name
                ),
                _("Indiquez le dossier d'un modèle, ou un des noms de « allies-sync templates list »."),
            )
        else:
            try:
                found = check_template(_template(desk, name))
            except InvalidData as error:
                found = [Finding(problem) for problem in error.problems]
    errors = [it for it in found if it.severity is Severity.ERROR]
    result(
        {
            "template": name,
            "findings": [
                {
                    "severity": it.severity.value,
                    "file": it.problem.file,
                    "line": it.problem.line,
                    "code": str(it.problem.code),
                    "message": describe(it.problem),
                }
                for it in found
            ],
        }
    )
    for it in found:
        mark, style = ("✗", "red") if it.severity is Severity.ERROR else ("!", "yellow")
        lines = list(wrapped(describe(it.problem), first=f"{mark} ", rest="  "))
        show([lines[0].replace(mark, styled(mark, style), 1), *lines[1:]])
    if errors:
        count = len(errors)
        say(ngettext("{count} erreur.", "{count} erreurs.", count).format(count=count))
        return WRONG
    say(_("Le modèle « {name} » est valable.").format(name=name))
    return DONE


def _template(desk: Desk, name: str) -> Template:
    try:
        return desk.templates.get(name)
    except UnknownTemplate as error:
        raise UserError(str(error), _("« allies-sync templates list » les liste.")) from error


def show_plugins() -> int:
    """All plugins. Exit code 1 when one of them cannot be used."""
    with open_desk(configured()) as desk:
        plugins = desk.plugins
    result(
        {
            "plugins": [
                {
                    "name": it.name,
                    "distribution": it.distribution,
                    "version": it.version,
                    "bundled": it.bundled,
                    "platforms": [kind.name for kind in it.platforms],
                    "templates": [str(folder) for folder in it.templates],
                    "commands": list(it.commands),
                    "events": list(it.events),
                }
                for it in plugins.installed
            ],
            "problems": [{"plugin": it.plugin, "message": it.sentence} for it in plugins.problems],
        }
    )
    for it in plugins.installed:
        _show_plugin(it)
    if not plugins.installed:
        say(_("Aucun greffon n'est installé."))
    for problem in plugins.problems:
        note(problem.sentence)
    return UNDONE if plugins.problems else DONE


def _show_plugin(plugin: Plugin) -> None:
    origin = _("fourni") if plugin.bundled else " ".join(filter(None, (plugin.distribution, plugin.version)))
    show([styled(plugin.name, "bold") + (f" ({origin})" if origin else "")])
    for kind in plugin.platforms:
        roles = join_words(sorted(role_name(role) for role in kind.roles))
        text = _("plateforme {name} : {title}, pour {roles}").format(name=kind.name, title=kind.title, roles=roles)
        show(wrapped(text, first="  ", rest="    "))
    for folder in plugin.templates:
        show(wrapped(_("modèles : {folder}").format(folder=folder), first="  ", rest="    "))
    if plugin.commands:
        show(wrapped(_("commandes : {names}").format(names=join_words(plugin.commands)), first="  ", rest="    "))
