"""How ``allies-sync status`` grows with the engagements on a Nextcloud: requests, bytes and time.
``python benchmarks/nextcloud_status.py [--url http://127.0.0.1:8080] [--counts 10 100 500]``.

The account's app password comes from ``ALLIES_SYNC_FILES_SECRET``. Without ``--url`` it runs on the simulated server.
Measured are whole commands: *cold*, on a computer that never saw the server; *warm*, the same again; *one moved*,
after somebody added a file to one engagement. Exit code 1 when one of them takes more requests than it may.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from proxy import Meter, Seen

from nextcloud import ROOT, Bench, server

CONFIG = """
[collective]
name = "Les Rives"
[templates]
folders = ["{templates}"]
[roles.files]
platform = "nextcloud"
url = "{url}"
user = "{user}"
root = "{root}"
team_group = "equipe"
participants_group = "participants"
[roles.wiki]
platform = "local"
path = "{wiki}"
"""


def fill(bench: Bench, home: Path, count: int, start: int) -> None:
    """Opens engagements up to ``count``, in this process."""
    from datetime import date

    from allies_sync.engagements.carry import carry_out
    from allies_sync.engagements.config import load_config
    from allies_sync.engagements.desk import open_desk
    from allies_sync.engagements.opening import prepare_opening
    from allies_sync.model.engagement import Engagement

    environ = {**os.environ, "ALLIES_SYNC_FILES_SECRET": bench.secret, "ALLIES_SYNC_CACHE": str(home / "filling")}
    with open_desk(load_config(folder=home), environ) as desk:
        for number in range(start, count):
            first = date(2027, 3, 12)
            data = {"title": f"Banc {number}", "template": "banc", "client": {"name": "X"}, "start": first}
            new = Engagement.model_validate(data)
            outcome = carry_out(desk, prepare_opening(desk, new))
            assert outcome.complete, outcome.halted


def status(bench: Bench, home: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "plugins")]),
        "ALLIES_SYNC_CACHE": str(home / "cache"),
        "ALLIES_SYNC_FILES_SECRET": bench.secret,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    command = [sys.executable, "-m", "allies_sync", "status", "--json"]
    subprocess.run(command, cwd=home, env=environment, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """Measures, prints, judges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url")
    parser.add_argument("--user", default="allies")
    parser.add_argument("--counts", type=int, nargs="*", default=[10, 100, 500])
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "plugins")]
    secret = os.environ.get("ALLIES_SYNC_FILES_SECRET", "") if options.url else "allies-password"
    place = Path(tempfile.mkdtemp())
    root = f"banc-{uuid.uuid4().hex[:8]}"
    good = True
    try:
        with server(options.url) as plain:
            meter = Meter(plain)
            bench = Bench(place, plain, meter.url, options.user, secret, 2, 2)
            bench.write_template(links=True)
            config = CONFIG.format(
                templates=(place / "templates").as_posix(),
                url=meter.url,
                user=options.user,
                root=root,
                wiki=(place / "wiki").as_posix(),
            )
            (place / "allies-sync.toml").write_text(config, "utf-8")
            print(f"{'engagements':>12}{'':<12}{'requests':>10}{'most':>8}{'bytes':>12}{'time':>10}", flush=True)
            done = 0
            for count in sorted(options.counts):
                fill(bench, place, count, done)
                done = count
                shutil.rmtree(place / "cache", ignore_errors=True)
                good &= told(count, "cold", meter.measure(0, lambda: status(bench, place)), 3 + count)
                good &= told(count, "warm", meter.measure(0, lambda: status(bench, place)), 3)
                bench.account("PUT", f"{root}/2027-banc-0/note-{count}.md", data=b"Bonjour")
                good &= told(count, "one moved", meter.measure(0, lambda: status(bench, place)), 4)
            bench.account("DELETE", root)
            meter.close()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return 0 if good else 1


def told(count: int, what: str, seen: Seen, most: int) -> bool:
    line = f"{count:>12}  {what:<10}{seen.requests:>10}{most:>8}{seen.received:>12,}{seen.seconds:>8.2f} s"
    print(line + ("" if seen.requests <= most else "  TOO MANY"), flush=True)
    return seen.requests <= most


if __name__ == "__main__":
    sys.exit(main())
