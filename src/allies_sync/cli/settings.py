"""What counts for every command, and may be typed before or after it: ``--config``, ``--lang``, ``-v``."""

from __future__ import annotations

from collections.abc import Sequence


class Settings:
    """The settings of this process. ``json``: nothing but JSON goes to standard output."""

    def __init__(self) -> None:
        self.config: str | None = None
        self.lang: str | None = None
        self.verbose = 0
        self.json = False


_WITH_VALUE = {"--config": "config", "--lang": "lang"}

current = Settings()


def take(arguments: Sequence[str]) -> tuple[Settings, list[str]]:
    """Takes the general options out of a command line, wherever they stand; what follows ``--`` is left alone.

    An option whose value is missing stays where it is, for the parser to complain about.
    """
    found = Settings()
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        name, equals, value = argument.partition("=")
        if argument == "--":
            return found, [*rest, argument, *waiting]
        if name in _WITH_VALUE and (equals or waiting):
            setattr(found, _WITH_VALUE[name], value if equals else waiting.pop(0))
        elif argument in ("-v", "--verbose"):
            found.verbose += 1
        else:
            found.json = found.json or argument == "--json"
            rest.append(argument)
    return found, rest
