"""Groups in which one command is meant when none is named: ``answers SLUG`` beside ``answers add FILE``."""

from __future__ import annotations

import os
from typing import Annotated, Any

import pytest
import typer

from allies_sync.cli.group import Command, TooMuch, application, command_of, defaulting

OPTIONS: dict[str, Any] = {"cls": Command, "context_settings": {"allow_extra_args": True}}
said: list[tuple[str, ...]] = []


def group() -> Any:
    app = application(defaulting("show"), help="Tout sur les réponses.")

    @app.command("show", help="Montre.", **OPTIONS)
    def show(
        slug: Annotated[str, typer.Argument(metavar="IDENTIFIANT", autocompletion=lambda incomplete: ["2027-x"])],
        moment: Annotated[str, typer.Option("--moment", help="À quel moment.")] = "",
    ) -> int:
        said.append(("show", slug, moment))
        return 0

    @app.command("add", help="Ajoute.", **OPTIONS)
    def add(file: Annotated[str, typer.Argument(metavar="FICHIER")]) -> int:
        said.append(("add", file))
        return 0

    return command_of(app, "answers", "Les réponses.")


def call(*arguments: str) -> tuple[str, ...]:
    said.clear()
    with group().make_context("answers", list(arguments)) as ctx:
        ctx.command.invoke(ctx)
    return said[0]


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("2027-x",), ("show", "2027-x", "")),
        (("2027-x", "--moment", "amont"), ("show", "2027-x", "amont")),
        (("--moment", "amont", "2027-x"), ("show", "2027-x", "amont")),
        (("show", "add"), ("show", "add", "")),
        (("add", "feuille.csv"), ("add", "feuille.csv")),
    ],
)
def test_which_command_is_meant(arguments: tuple[str, ...], meant: tuple[str, ...]) -> None:
    assert call(*arguments) == meant


def test_too_much_is_said() -> None:
    with pytest.raises(TooMuch):
        call("ad", "feuille.csv")


def test_help_tells_both(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        group().make_context("answers", [])
    out = capsys.readouterr().out
    assert "Utilisation : answers IDENTIFIANT [options]\n              answers COMMANDE [options]\n" in out
    assert "Tout sur les réponses." in out
    assert "--moment" in out
    assert "add" in out
    assert "  show" not in out


@pytest.mark.parametrize(("typed", "found"), [("", ["add", "2027-x"]), ("a", ["add"]), ("2", ["2027-x"])])
def test_completion(typed: str, found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("_ALLIES_SYNC_COMPLETE", raising=False)
    command = group()
    ctx = command.make_context("answers", [], resilient_parsing=True)
    values = [item.value for item in command.shell_complete(ctx, typed)]
    assert [value for value in values if value.startswith(typed)] == found
    assert os.environ.get("_ALLIES_SYNC_COMPLETE") is None
