"""Runs a command of allies-sync and kills the process at its n-th write: a program of its own.

The writes are counted from outside the code under test, by an audit hook: every opening for writing, rename, link,
mkdir, removal, change of mode or time below the watched folder, whoever makes it (cache, state and lease included).
The children are forked from a process that has everything imported, so that hundreds of deaths take seconds.

Usage: dying.py PLAN.json (see :func:`many`)
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

EVENTS = {
    "os.rename": (0, 1),
    "os.link": (1,),
    "os.symlink": (1,),
    "os.mkdir": (0,),
    "os.rmdir": (0,),
    "os.remove": (0,),
    "os.truncate": (0,),
    "os.chmod": (0,),
    "os.utime": (0,),
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """Counts writes below a folder and dies at one of them, before it happens."""

    def __init__(self, folder: str, kill_at: int) -> None:
        self.folder = os.path.realpath(folder)
        self.kill_at = kill_at
        self.count = 0

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = args
            writes = bool(flags & WRITING) if isinstance(flags, int) else any(it in (mode or "") for it in "wax+")
            if writes and self.inside(path):
                self.strike()
        elif event in EVENTS and any(self.inside(args[index]) for index in EVENTS[event]):
            self.strike()

    def inside(self, path: object) -> bool:
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, str | os.PathLike):
            return isinstance(path, int) and path > 2
        return os.path.abspath(os.fspath(path)).startswith(self.folder)  # noqa: PTH100 - must not look at the disk

    def strike(self) -> None:
        self.count += 1
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def run(folder: str, kill_at: int, command: list[str], counter: str | None = None, log: str = os.devnull) -> int:
    """Runs one command in a forked child; returns its exit code, or -9 when it was killed."""
    child = os.fork()
    if child == 0:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(output, stream)
        from allies_sync.__main__ import main

        watch = Watch(folder, kill_at)
        sys.addaudithook(watch)
        code = 70
        try:
            sys.argv = ["allies-sync", *command]
            returned = main()
            code = returned if isinstance(returned, int) else 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0
        finally:
            counted = watch.count
            watch.kill_at = -1
            watch.folder = "\0"
            if counter:
                Path(counter).write_text(json.dumps({"writes": counted, "modules": sorted(sys.modules)}))
            sys.stdout.flush()
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def tree(folder: Path) -> dict[str, str]:
    """Every file with its content's hash, every folder, with what people may do to them."""
    import hashlib

    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        mode = oct(path.lstat().st_mode & 0o222)
        found[name] = f"{mode} folder" if path.is_dir() else f"{mode} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return found


def rehearse(command: list[str]) -> None:
    """Goes through the command without writing: what a template compiles to is known to all children from then on."""
    from jinja2 import Environment

    compiled: dict[Any, Any] = {}
    compile_ = Environment.compile

    def remembered(self: Any, source: Any, *names: Any, **more: Any) -> Any:
        key = (type(self), getattr(self, "mode", None), source, names, tuple(more.items()))
        if key not in compiled:
            compiled[key] = compile_(self, source, *names, **more)
        return compiled[key]

    Environment.compile = remembered  # type: ignore[method-assign]
    from allies_sync.__main__ import main

    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere), suppress(SystemExit):  # noqa: PTH123
        sys.argv = ["allies-sync", *command, "--dry-run"]
        main()


def many(plan: dict[str, Any]) -> dict[str, Any]:
    """Kills a command at each of its writes, one run a write, and reruns it.

    ``base``: a folder that is copied to ``place`` before each run; ``watched``: what is counted and compared, inside
    ``place``; ``command``; ``step`` and ``first``: which writes. Returns the number of writes and what went wrong.
    """
    base, place = Path(plan["base"]), Path(plan["place"])
    command: list[str] = plan["command"]

    def fresh() -> None:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(base, place, symlinks=True)

    watched = place / plan["watched"]
    counter = str(place.parent / "counter")
    log = str(place.parent / "log")
    os.chdir(place.parent)
    fresh()
    code = run(str(place), 0, command, counter, log)
    if code != 0:
        return {"writes": 0, "wrong": [f"without any death: exit {code}: {Path(log).read_text()[-2000:]}"]}
    told = json.loads(Path(counter).read_text())
    writes = told["writes"]
    for name in told["modules"]:
        # here, once, for all children
        with suppress(Exception):
            importlib.import_module(name)
    expected = tree(watched)
    fresh()
    rehearse(command)
    wrong = []
    for at in range(plan.get("first", 1), writes + 1, plan.get("step", 1)):
        fresh()
        died = run(str(place), at, command)
        if died != -signal.SIGKILL:
            wrong.append(f"write {at}: not killed (exit {died})")
            continue
        code = run(str(place), 0, command, None, log)
        if code != 0:
            wrong.append(f"write {at}: the rerun ended with {code}: {Path(log).read_text()[-600:]}")
            continue
        found = tree(watched)
        if found != expected:
            differing = {
                name: (expected.get(name), found.get(name))
                for name in sorted(set(expected) | set(found))
                if expected.get(name) != found.get(name)
            }
            wrong.append(f"write {at}: another tree: {differing}")
    return {"writes": writes, "wrong": wrong}


if __name__ == "__main__":
    json.dump(many(json.loads(Path(sys.argv[1]).read_text())), sys.stdout, ensure_ascii=False)
