"""The command line itself: commands imported when they are called, help and complaints in the reader's language."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from allies_sync.cli import catalogue
from allies_sync.text.messages import _

GENERAL = ("config", "lang", "verbose", "help")
WIDEST = 100
COLUMN = 26

UsageProblem: type[Exception] = typer.BadParameter.__mro__[1]
"""What the parser raises for a command line that it does not understand."""


class UnknownCommand(Exception):
    """No command has this name; ``near`` are those that look like it."""

    def __init__(self, name: str, near: list[str]) -> None:
        super().__init__(name)
        self.name = name
        self.near = near


class TooMuch(Exception):
    """More arguments than the command takes."""

    def __init__(self, arguments: list[str], ctx: Any) -> None:
        super().__init__(" ".join(arguments))
        self.arguments = arguments
        self.ctx = ctx


class Suggestion:
    """One word that may come next. Without an explanation: for one, typer would import the whole of rich."""

    type = "plain"
    help = None

    def __init__(self, value: str) -> None:
        self.value = value


class Command(TyperCommand):
    """One command."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write("\n".join(_help(self, ctx)))

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        return [Suggestion(item.value) for item in super().shell_complete(ctx, incomplete)]

    def invoke(self, ctx: Any) -> Any:
        if ctx.args:
            raise TooMuch(list(ctx.args), ctx)
        return super().invoke(ctx)


class Group(TyperGroup):
    """A group of commands defined together."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            raise typer.Exit
        return list(super().parse_args(ctx, args))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        rows = [(name, self.summary(ctx, name)) for name in self.list_commands(ctx)]
        formatter.write("\n".join(_help(self, ctx, rows)))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command = super().get_command(ctx, cmd_name)
        return with_general_options(command) if command else None

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        if incomplete.startswith("-"):
            return [Suggestion(item.value) for item in super().shell_complete(ctx, incomplete)]
        return [Suggestion(name) for name in self.list_commands(ctx) if name.startswith(incomplete)]

    def summary(self, ctx: Any, name: str) -> str:
        """One line about a command."""
        command = self.get_command(ctx, name)
        return str(command.short_help or command.help or "").strip().partition("\n")[0] if command else ""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = str(args[0])
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            from difflib import get_close_matches

            raise UnknownCommand(name, get_close_matches(name, self.list_commands(ctx), n=3, cutoff=0.5))
        return super().resolve_command(ctx, args)


class DefaultGroup(Group):
    """A group one of whose commands, :attr:`default`, is meant when no other is named: ``answers SLUG``."""

    default = ""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.list_commands(ctx), *ctx.help_option_names):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        rows = [(name, self.summary(ctx, name)) for name in self.list_commands(ctx) if name != self.default]
        formatter.write("\n".join(_help(self.get_command(ctx, self.default), ctx, rows, about=self.help)))

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        found = [item for item in super().shell_complete(ctx, incomplete) if item.value != self.default]
        arguments = [it for it in self.get_command(ctx, self.default).params if it.param_type_name == "argument"]
        if arguments and not incomplete.startswith("-"):
            found += [Suggestion(item.value) for item in arguments[0].shell_complete(ctx, incomplete)]
        return found


def defaulting(command: str) -> type[DefaultGroup]:
    """A class for :func:`application`, of groups in which ``command`` is meant when none is named."""
    return type("DefaultGroup", (DefaultGroup,), {"default": command})


class Root(Group):
    """All commands. A module is imported when one of its commands is called, a plugin likewise."""

    def list_commands(self, ctx: Any) -> list[str]:
        known = list(catalogue.entries())
        return known + [name for name in _extra_names() if name not in known]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = catalogue.entries().get(cmd_name)
        if entry:
            defined = getattr(import_module(f"{catalogue.PACKAGE}.{entry.module}"), entry.attribute)
            return command_of(defined, cmd_name, entry.summary)
        if cmd_name in _extra_names():
            from allies_sync.platforms.manager import load_command

            return command_of(load_command(cmd_name), cmd_name, None)
        return None

    def get_help_option(self, ctx: Any) -> Any:
        option: Any = super().get_help_option(ctx)
        if option is not None and "process_value" not in vars(option):
            process = option.process_value
            option.process_value = lambda ctx, value: process(ctx, value) if value else value  # as below
        return option

    def summary(self, ctx: Any, name: str) -> str:
        entry = catalogue.entries().get(name)
        return entry.summary if entry else _("(ajoutée par un greffon)")


def command_of(defined: Any, name: str, summary: str | None) -> Any:
    """A command as the parser needs it, of a function or a ``typer.Typer``."""
    if isinstance(defined, typer.Typer):
        app = defined
    else:
        app = application()
        app.command(name, cls=Command, help=summary, context_settings={"allow_extra_args": True})(defined)
    command = typer.main.get_command(app)
    command.name = name
    if summary and not command.help:
        command.help = summary
    return with_general_options(command)


def application(cls: type[TyperGroup] = Group, **options: Any) -> typer.Typer:
    """A Typer as all groups here have it: no colours of its own, no tracebacks, no completion options."""
    return typer.Typer(
        cls=cls, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, **options
    )


def _general(
    config: Annotated[
        str | None,
        typer.Option("--config", metavar=_("FICHIER"), help=_("Le fichier de configuration à utiliser.")),
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", metavar="fr|en", help=_("La langue des messages."))] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help=_("Donne plus de détails."))] = False,
) -> None:
    """What every command understands: taken from the command line beforehand, here for help and completion."""


def with_general_options(command: Any) -> Any:
    """Adds what every command understands, without telling the command."""
    known = {param.name for param in command.params}
    app = application()
    app.command()(_general)
    for param in typer.main.get_command(app).params:
        if param.name not in known:
            untouched: Any = param
            untouched.expose_value = False
            untouched.process_value = _as_it_is  # typer would import pydantic to find that nothing is there
            command.params.append(untouched)
    return command


def _as_it_is(ctx: Any, value: Any) -> Any:
    return value


def _extra_names() -> list[str]:
    from allies_sync.cli.extras import command_names

    return command_names()


# --- help ----------------------------------------------------------------------------------------------------------


def _help(
    command: Any, ctx: Any, commands: list[tuple[str, str]] | None = None, about: str | None = None
) -> Iterator[str]:
    width = min(shutil.get_terminal_size().columns, WIDEST) - 1
    yield from _usage(command, ctx, width, bool(commands), bool(about))
    yield ""
    for paragraph in (about or command.help or "").strip().split("\n\n"):
        yield from textwrap.wrap(" ".join(paragraph.split()), width, break_on_hyphens=False)
        yield ""
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = [param for param in command.get_params(ctx) if param.param_type_name == "option" and not param.hidden]
    own = [param for param in options if param.name not in GENERAL]
    general = [param for param in options if param.name in GENERAL]
    rows = [(_metavar(param), param.help or "") for param in arguments if param.help]
    yield from _section(_("Ce qu'il faut indiquer :"), rows, width)
    yield from _section(_("Commandes :"), commands or [], width)
    yield from _section(_("Options :"), [_option(param) for param in own], width)
    yield from _section(_("Options de toutes les commandes :"), [_option(param) for param in general], width)
    if commands:
        hint = _("« {path} COMMANDE --help » explique une commande.").format(path=ctx.command_path)
        yield from textwrap.wrap(hint, width, break_on_hyphens=False)


def _usage(command: Any, ctx: Any, width: int, group: bool, either: bool) -> Iterator[str]:
    """``group``: a command has to be named; ``either``: it may be, instead of what the command itself takes."""
    pieces = [
        _metavar(param) if param.required else f"[{_metavar(param)}]"
        for param in command.params
        if param.param_type_name == "argument"
    ]
    ways = [pieces, [_("COMMANDE")]] if either else [[*pieces, _("COMMANDE")] if group else pieces]
    start = _("Utilisation : {path} ").format(path=ctx.command_path)
    for way in ways:
        text = start + " ".join([*way, _("[options]")])
        yield from textwrap.wrap(text, width, subsequent_indent="    ", break_on_hyphens=False)
        start = " " * (len(start) - len(ctx.command_path) - 1) + ctx.command_path + " "


def _section(title: str, rows: list[tuple[str, str]], width: int) -> Iterator[str]:
    if not rows:
        return
    yield title
    column = min(max(len(name) for name, _text in rows) + 2, COLUMN)
    for name, text in rows:
        lines = textwrap.wrap(text, max(width - column - 2, 20), break_on_hyphens=False) or [""]
        if len(name) + 2 > column:
            yield f"  {name}"
        else:
            yield f"  {name:<{column}}{lines.pop(0)}".rstrip()
        for line in lines:
            yield f"  {'':<{column}}{line}"
    yield ""


def _metavar(param: Any) -> str:
    name = str(param.metavar or param.name.upper())
    return f"{name}…" if param.nargs != 1 else name


def _option(param: Any) -> tuple[str, str]:
    names = ", ".join(sorted(param.opts, key=len))
    if param.metavar and not getattr(param, "is_flag", False):
        names = f"{names} {param.metavar}"
    text = _("Affiche cette aide.") if param.name == "help" else str(param.help or "")
    return names, text
