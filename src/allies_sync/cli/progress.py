"""Long work, told while it goes on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from allies_sync.cli.screen import note
from allies_sync.reconcile.results import Finished
from allies_sync.reconcile.wording import done


@contextmanager
def told(total: int, title: str) -> Iterator[Callable[[Finished], None]]:
    """What to call for each finished item. Renewing what is derived from a page is not worth a word."""

    def only_told(say: Callable[[str], None]) -> Callable[[Finished], None]:
        def tell(finished: Finished) -> None:
            if finished.item.decision.content or finished.item.decision.rights or finished.error:
                say(done(finished.item, finished.result))

        return tell

    if total == 0:
        yield lambda finished: None
    elif on_terminal():
        with bar(total, title) as step:
            yield only_told(step)
    else:
        yield only_told(lambda line: note(f"  {line}"))


@contextmanager
def steps(count: Callable[[], int], title: str) -> Iterator[Callable[[str], None]]:
    """What to call with each next thing that is looked at. Silent, and uncounted, where there is no terminal."""
    total = count() if on_terminal() else 0
    if total > 1:
        with bar(total, title) as step:
            yield step
    else:
        yield lambda name: None


def on_terminal() -> bool:
    """Whether something that moves can be shown."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def bar(total: int, title: str) -> Iterator[Callable[[str], None]]:
    """A bar on standard error that disappears when it is full."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR")), highlight=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[now]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=total, now="")
        yield lambda now: progress.update(task, advance=1, now=now[:40])
