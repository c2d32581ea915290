"""How long ``allies-sync --help`` takes, in bare interpreters: ``python benchmarks/startup.py [--runs 15]``.

Whole processes are timed, alternately, and medians compared. Exit code 1 when the help takes more than it may.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

MOST = 8.0
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "allies-sync --help": [sys.executable, "-m", "allies_sync", "--help"],
}


def seconds(command: list[str]) -> float:
    """The time that one process takes, from start to end."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure(runs: int) -> dict[str, float]:
    """The median of each command, after one run that fills the caches."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        seconds(command)
    for _ in range(runs):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    return {name: statistics.median(found) for name, found in times.items()}


def main() -> int:
    """Measures, prints, judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    medians = measure(parser.parse_args().runs)
    for name, median in medians.items():
        print(f"{name:<20} {median * 1000:7.1f} ms")
    bare, ours = medians.values()
    print(f"{'ratio':<20} {ours / bare:7.1f}    (at most {MOST:.0f})")
    return 0 if ours <= MOST * bare else 1


if __name__ == "__main__":
    sys.exit(main())
