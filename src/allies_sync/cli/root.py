"""``allies-sync`` without a command, and the options that stand before one."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from allies_sync.text.messages import _

COMPLETED = ("bash", "zsh", "fish")


def root(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help=_("Affiche le numéro de version."))] = False,
    install_completion: Annotated[
        bool,
        typer.Option("--install-completion", help=_("Apprend à ce terminal à compléter les commandes avec Tab.")),
    ] = False,
    show_completion: Annotated[
        bool, typer.Option("--show-completion", help=_("Affiche ce que --install-completion installerait."))
    ] = False,
) -> None:
    """The options that stand alone; without any, the help."""
    if version:
        from allies_sync import __version__

        typer.echo(f"allies-sync {__version__}")
    elif show_completion:
        typer.echo(_script(_shell()))
    elif install_completion:
        _install(_shell())
    elif ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())  # options of every command were all there was
    else:
        return
    raise typer.Exit


def _shell() -> str:
    shell = os.environ.get("SHELL", "").replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    return shell or ("powershell" if os.name == "nt" else "bash")


def _script(shell: str) -> str:
    from typer import completion

    script: str = completion.get_completion_script(  # type: ignore[attr-defined]
        prog_name="allies-sync", complete_var="_ALLIES_SYNC_COMPLETE", shell=_known(shell)
    )
    return script


def _install(shell: str) -> None:
    from typer import completion

    from allies_sync.engagements.errors import UserError

    if _known(shell) not in COMPLETED:
        # what typer does there would also lift PowerShell's restrictions on scripts
        raise UserError(
            _("Pour PowerShell, la complétion s'ajoute à la main."),
            _("Tapez : allies-sync --show-completion >> $PROFILE"),
        )
    completion.completion_init()  # type: ignore[attr-defined]
    name, path = completion.install(  # type: ignore[attr-defined]
        shell=shell, prog_name="allies-sync", complete_var="_ALLIES_SYNC_COMPLETE"
    )
    typer.echo(
        _("La complétion pour {shell} est installée dans {path} : ouvrez un nouveau terminal.").format(
            shell=name, path=path
        )
    )


def _known(shell: str) -> str:
    from allies_sync.engagements.errors import UserError

    if shell not in (*COMPLETED, "powershell", "pwsh"):
        raise UserError(
            _("La complétion n'existe pas pour le terminal « {shell} ».").format(shell=shell[:40]),
            _("Elle existe pour bash, zsh, fish et PowerShell."),
        )
    return shell
