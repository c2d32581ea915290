"""How ``allies-sync status`` grows: ``python benchmarks/status.py [--few 100] [--many 1000] [--runs 3]``.

Opens engagements on the local platform in a temporary folder, then times whole processes in turn. Exit code 1 when
ten times as many take more than twelve times as long.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MOST = 12.0
EXAMPLE = Path(__file__).parent.parent / "examples" / "dynamiques-de-cooperation.toml"


def fill(folder: Path, count: int) -> None:
    """Opens ``count`` engagements in ``folder``, in this process."""
    from allies_sync.engagements.carry import carry_out
    from allies_sync.engagements.config import load_config
    from allies_sync.engagements.desk import open_desk
    from allies_sync.engagements.opening import prepare_opening
    from allies_sync.engagements.stored import parse_engagement

    folder.mkdir()
    base = parse_engagement(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
    with open_desk(load_config(folder=folder)) as desk:
        for number in range(count):
            carry_out(desk, prepare_opening(desk, base.model_copy(update={"title": f"Journée {number}"})))


def seconds(folder: Path) -> float:
    """The time of one ``status`` of everything in ``folder``."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "allies_sync", "status", "--json"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> int:
    """Measures, prints, judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--many", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp())
    os.environ["ALLIES_SYNC_CACHE"] = str(place / "cache")
    try:
        for count in (options.few, options.many):
            fill(place / str(count), count)
        pairs = [
            (seconds(place / str(options.few)), seconds(place / str(options.many))) for _run in range(options.runs)
        ]
    finally:
        shutil.rmtree(place, ignore_errors=True)
    few, many = (statistics.median(found) for found in zip(*pairs, strict=True))
    ratio = statistics.median(many / few for few, many in pairs)
    print(f"{options.few:>6} engagements {few:7.2f} s")
    print(f"{options.many:>6} engagements {many:7.2f} s")
    print(f"{'ratio':<18} {ratio:7.1f}    (at most {MOST:.0f} for ten times as many)")
    return 0 if ratio <= MOST * options.many / options.few / 10 else 1


if __name__ == "__main__":
    sys.exit(main())
