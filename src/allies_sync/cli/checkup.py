"""``doctor``: everything that has to work before an engagement can be opened, in the order in which it matters."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from allies_sync import __version__
from allies_sync.cli import settings
from allies_sync.cli.complaints import DONE, UNDONE
from allies_sync.cli.screen import result, say, show, styled, wrapped
from allies_sync.engagements.config import ROLES, Config, load_config
from allies_sync.engagements.desk import Desk, open_desk
from allies_sync.engagements.errors import UserError
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Checks, Finding, Level, Probes, StateStore
from allies_sync.reconcile.wording import role_name
from allies_sync.text.messages import _, ngettext
from allies_sync.workspace.sentences import describe

MARKS = {
    Level.OK: ("✓", "green"),
    Level.NOTE: ("·", "cyan"),
    Level.WARNING: ("!", "yellow"),
    Level.FAULT: ("✗", "red"),
}

Section = tuple[str, Finding]


def check_up(*, probe: bool = False) -> int:
    """Looks at everything, changes nothing. Exit code 1 when something does not work.

    ``probe``: also tries to write, on what platforms make for it, after saying what that is.
    """
    found: list[Section] = []
    title = ""
    for section, finding in chain(findings(), probed() if probe else ()):
        found.append((section, finding))
        if section != title:
            title = section
            say()
            show([f"  {styled(section, 'bold')}"])
        mark, style = MARKS[finding.level]
        lines = list(wrapped(finding.sentence, first=f"    {mark} ", rest="      "))
        show([lines[0].replace(mark, styled(mark, style), 1), *lines[1:]])
        if finding.advice:
            show(wrapped(finding.advice, first="      → ", rest="        "))
    faults = sum(finding.level is Level.FAULT for _section, finding in found)
    result(
        {
            "version": __version__,
            "findings": [
                {"section": section, "level": it.level.value, "sentence": it.sentence, "advice": it.advice}
                for section, it in found
            ],
            "faults": faults,
        }
    )
    say()
    if faults:
        text = ngettext("{count} chose ne fonctionne pas.", "{count} choses ne fonctionnent pas.", faults)
        say(text.format(count=faults))
        return UNDONE
    say(_("Tout fonctionne."))
    return DONE


def findings() -> Iterator[Section]:
    """All findings, section by section."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield (
        _("outil"),
        Finding(Level.OK, _("allies-sync {version}, Python {python}").format(version=__version__, python=python)),
    )
    try:
        config = load_config(Path(settings.current.config) if settings.current.config else None)
    except UserError as error:
        yield _("configuration"), _fault(error)
        return
    yield _("configuration"), _about(config)
    with open_desk(config, os.environ) as desk:
        for problem in desk.plugins.problems:
            yield _("greffons"), Finding(Level.WARNING, problem.sentence, _("Mettez-le à jour ou désinstallez-le."))
        for overview in desk.templates.overview():
            for flaw in overview.problems:
                advice = _("« allies-sync templates check {name} » dit tout.").format(name=overview.name)
                yield _("modèles"), Finding(Level.WARNING, describe(flaw), advice)
        for role in ROLES:
            for finding in _of_role(desk, role):
                yield role_name(role), finding


def probed() -> Iterator[Section]:
    """What trying came to, role by role."""
    try:
        config = load_config(Path(settings.current.config) if settings.current.config else None)
    except UserError:
        return  # told already
    with open_desk(config, os.environ) as desk:
        for role in ROLES:
            try:
                platform = desk.bound(role).platform
                if not isinstance(platform, Probes):
                    continue
                say()
                say("  " + _("Pour l'essai sont créés, puis supprimés :"))
                for sentence in platform.probes():
                    show(wrapped(sentence, first="    + ", rest="      "))
                for finding in platform.probe():
                    yield _("essai : {role}").format(role=role_name(role)), finding
            except (UserError, PlatformError) as error:
                yield _("essai : {role}").format(role=role_name(role)), _fault(error)


def _about(config: Config) -> Finding:
    if config.file is None:
        sentence = _("Aucun fichier de configuration : les espaces sont rangés dans {folder}.")
        return Finding(
            Level.NOTE,
            sentence.format(folder=config.base / "espaces"),
            _("« allies-sync init » en écrit un, avec le nom de votre collectif."),
        )
    if not config.collective.name:
        return Finding(
            Level.WARNING,
            _("{file} ne dit pas le nom du collectif.").format(file=config.file),
            _("Ajoutez name dans [collective] : il figure sur les pages et les propositions."),
        )
    return Finding(Level.OK, _("{file} — {name}").format(file=config.file, name=config.collective.name))


def _of_role(desk: Desk, role: str) -> Iterator[Finding]:
    try:
        bound = desk.bound(role)
    except (UserError, PlatformError) as error:
        yield _fault(error)
        return
    yield Finding(Level.OK, _("plateforme « {name} »").format(name=bound.name))
    try:
        faults = 0
        for finding in bound.platform.check() if isinstance(bound.platform, Checks) else ():
            faults += finding.level is Level.FAULT
            yield finding
        if faults:
            return  # what is asked now would fail for the same reason, in other words
        if role == "files" and isinstance(bound.platform, StateStore):
            count = len(bound.platform.engagements())
            text = ngettext("{count} accompagnement", "{count} accompagnements", count)
            yield Finding(Level.OK, text.format(count=count))
    except (UserError, PlatformError) as error:
        yield _fault(error)


def _fault(error: UserError | PlatformError) -> Finding:
    details = getattr(error, "details", ())
    return Finding(Level.FAULT, " ".join([error.message, *details]), error.advice)
