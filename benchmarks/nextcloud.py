"""The same tree on a Nextcloud, brought there by this tool and by others, side by side:
``python benchmarks/nextcloud.py [--url http://127.0.0.1:8080] [--user allies] [--folders 6] [--documents 18]``.

The account's app password comes from ``ALLIES_SYNC_FILES_SECRET``. Without ``--url`` it runs on the simulated server,
whose request counts are the real ones and whose times mean little.

Everybody goes through a proxy on this machine that counts requests and connections, and that adds 0 or 50 ms to each
request and to each new connection. Time is from the first request to the end of the last answer, so that starting a
program costs nobody anything. All trees are compared in the end. This tool writes its own description, its lease and
its journal besides; *with its shares* it also lets the team and the participants in, and makes a link. Exit code 1
unless this tool needs fewer requests than each of the others, and less time at the largest latency.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from proxy import Meter, Seen

ROOT = Path(__file__).parent.parent
SLUG = "2027-banc"
TEMPLATE = """
name = "banc"
version = 1
title = "Banc d'essai"
description = "Des dossiers et des documents."
licence = "CC-BY-SA-4.0"
"""
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
{groups}
[roles.wiki]
platform = "local"
path = "{wiki}"
"""


# --- the tree, and who brings it there -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Bench:
    """Where it all happens. ``url``: through the proxy; ``plain``: not."""

    place: Path
    plain: str
    url: str
    user: str
    secret: str
    folders: int
    documents: int

    def account(self, method: str, path: str, **options: Any) -> Any:
        import requests

        session = requests.Session()
        session.trust_env = False
        url = f"{self.plain}/remote.php/dav/files/{self.user}/{quote(path)}"
        return session.request(method, url, auth=(self.user, self.secret), timeout=60, **options)

    def tree(self, root: str) -> dict[str, bytes]:
        """All files of the engagement but the tool's own, by path."""
        import re
        from urllib.parse import unquote

        answer = self.account("PROPFIND", f"{root}/{SLUG}", headers={"Depth": "infinity"})
        top = f"/remote.php/dav/files/{self.user}/{root}/{SLUG}/"
        hrefs = [unquote(href) for href in re.findall(r"<d:href>([^<]*)</d:href>", answer.text)]
        paths = [href.partition(top)[2] for href in hrefs if top in href]
        own = [path for path in paths if path and not path.startswith("_allies-sync") and not path.endswith("/")]
        return {path: self.account("GET", f"{root}/{SLUG}/{path}").content for path in own}

    def local(self) -> Path:
        """The tree on this disk."""
        return self.place / "tree"

    def write_template(self, *, links: bool) -> None:
        folder = self.place / "templates" / "banc"
        (folder / "documents").mkdir(parents=True, exist_ok=True)
        text = TEMPLATE
        for number in range(self.folders):
            read = 'read = "participants"\nwrite = "team"\n' if links and not number else ""
            text += f'\n[[folder]]\nid = "d{number}"\ntitle = "Dossier {number}"\n{read}'
        for number in range(self.documents):
            (folder / "documents" / f"n{number}.md").write_text(f"# Note {number}\n\nBonjour à tou·te·s.\n", "utf-8")
            text += f'\n[[document]]\nid = "n{number}"\ntitle = "Note {number}"\nname = "Note {number}.md"\n'
            text += f'folder = "d{number % self.folders}"\n'
        if links:
            text += '\n[[share]]\nid = "d0"\ntitle = "Dossier 0"\ntarget = "folder:d0"\naudience = "participants"\n'
        (folder / "template.toml").write_text(text, "utf-8")


def ours(bench: Bench, root: str, *, shares: bool) -> None:
    """The command that people type, on a computer that never saw this server."""
    bench.write_template(links=shares)
    home = bench.place / f"home-{root}"
    home.mkdir()
    groups = 'team_group = "equipe"\nparticipants_group = "participants"' if shares else ""
    config = CONFIG.format(
        templates=(bench.place / "templates").as_posix(),
        url=bench.url,
        user=bench.user,
        root=root,
        groups=groups,
        wiki=(home / "wiki").as_posix(),
    )
    (home / "allies-sync.toml").write_text(config, "utf-8")
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "plugins")])
    environment = {
        **os.environ,
        "PYTHONPATH": paths,
        "ALLIES_SYNC_CACHE": str(home / "cache"),
        "ALLIES_SYNC_FILES_SECRET": bench.secret,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    arguments = ["new-engagement", "Banc", "--template", "banc", "--client", "X", "--start", "2027-03-12", "--yes"]
    run([sys.executable, "-m", "allies_sync", *arguments], cwd=home, env=environment)


def webdavclient(bench: Bench, root: str) -> None:
    """Its ``upload_directory``, in a process of its own."""
    code = (
        "import os, sys\nfrom webdav3.client import Client\nurl, user, remote, local = sys.argv[1:]\n"
        "client = Client({'webdav_hostname': url, 'webdav_root': f'/remote.php/dav/files/{user}/',"
        " 'webdav_login': user, 'webdav_password': os.environ['ALLIES_SYNC_FILES_SECRET']})\n"
        "client.session.trust_env = False\n"
        "client.upload_directory(remote_path=remote, local_path=local)\n"
    )
    arguments = [bench.url, bench.user, f"{root}/{SLUG}", str(bench.local())]
    run([sys.executable, "-c", code, *arguments], env={**os.environ, "ALLIES_SYNC_FILES_SECRET": bench.secret})


def rclone(bench: Bench, root: str, *options: str) -> None:
    """``rclone copy``."""
    hidden = subprocess.run(
        ["rclone", "obscure", "-"], input=bench.secret, capture_output=True, text=True, check=True
    ).stdout.strip()
    environment = {
        **os.environ,
        "RCLONE_CONFIG": os.devnull,
        "RCLONE_CONFIG_NC_TYPE": "webdav",
        "RCLONE_CONFIG_NC_VENDOR": "nextcloud",
        "RCLONE_CONFIG_NC_URL": f"{bench.url}/remote.php/dav/files/{bench.user}",
        "RCLONE_CONFIG_NC_USER": bench.user,
        "RCLONE_CONFIG_NC_PASS": hidden,
        "NO_PROXY": "*",
    }
    run(["rclone", "copy", str(bench.local()), f"nc:{root}/{SLUG}", *options], env=environment)


def run(command: list[str], **options: Any) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise RuntimeError(f"{command[:3]}: {done.stdout}\n{done.stderr}")


# --- the comparison -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def server(url: str | None) -> Iterator[str]:
    """The real one, or a simulated one."""
    if url:
        yield url.rstrip("/")
        return
    from allies_sync_nextcloud.testing import SimulatedNextcloud

    with SimulatedNextcloud() as simulated:
        yield simulated.url


def main() -> int:
    """Measures, prints, judges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url")
    parser.add_argument("--user", default="allies")
    parser.add_argument("--folders", type=int, default=6)
    parser.add_argument("--documents", type=int, default=18)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--latency", type=int, nargs="*", default=[0, 50], help="milliseconds")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "plugins")]
    secret = os.environ.get("ALLIES_SYNC_FILES_SECRET", "") if options.url else "allies-password"
    place = Path(tempfile.mkdtemp())
    contestants: dict[str, Callable[[Bench, str], None]] = {
        "allies-sync, without shares": lambda bench, root: ours(bench, root, shares=False),
        "allies-sync, with its shares": lambda bench, root: ours(bench, root, shares=True),
        "webdavclient3 upload_directory": webdavclient,
    }
    if shutil.which("rclone"):
        contestants["rclone copy"] = rclone
        contestants["rclone copy, one transfer"] = lambda b, root: rclone(b, root, "--transfers=1", "--checkers=1")
    else:
        print("rclone is not installed here: left out")
    found: dict[tuple[str, int], list[Seen]] = {}
    try:
        with server(options.url) as plain:
            meter = Meter(plain)
            bench = Bench(place, plain, meter.url, options.user, secret, options.folders, options.documents)
            try:
                expected = None
                for _run in range(options.runs):
                    for latency in options.latency:
                        for name, work in contestants.items():
                            root = f"banc-{uuid.uuid4().hex[:8]}"
                            bench.account("MKCOL", root)
                            seen = meter.measure(latency / 1000, lambda work=work, root=root: work(bench, root))  # type: ignore[misc]
                            tree = bench.tree(root)
                            expected = expected or keep(tree, bench.local())
                            assert tree == expected, f"{name} left another tree"
                            found.setdefault((name, latency), []).append(seen)
                            bench.account("DELETE", root)
            finally:
                meter.close()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return judge(found, list(contestants), options.latency, len(expected or {}), options.folders)


def keep(tree: dict[str, bytes], folder: Path) -> dict[str, bytes]:
    """Writes the tree to this disk, for the others."""
    for path, content in tree.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return tree


def judge(
    found: dict[tuple[str, int], list[Seen]], names: list[str], latencies: list[int], files: int, folders: int
) -> int:
    print(f"{files} files in {folders} folders; median, from the first to the last request")
    columns = "".join(f"{f'+{latency} ms':>12}" for latency in latencies)
    print(f"{'':<32}{'requests':>9}{'connections':>13}{columns}")
    requests: dict[str, int] = {}
    times: dict[tuple[str, int], float] = {}
    for name in names:
        of_name = [seen for latency in latencies for seen in found[name, latency]]
        requests[name] = max(seen.requests for seen in of_name)
        connections = statistics.median(seen.connections for seen in of_name)
        for latency in latencies:
            times[name, latency] = statistics.median(seen.seconds for seen in found[name, latency])
        shown = "".join(f"{times[name, latency]:>10.2f} s" for latency in latencies)
        print(f"{name:<32}{requests[name]:>9}{connections:>13.0f}{shown}")
    us, others, far = names[0], names[2:], max(latencies)
    fewer = all(requests[us] < requests[name] for name in others)
    faster = all(times[us, far] < times[name, far] for name in others)
    print(f"fewer requests than each of the others: {'yes' if fewer else 'NO'}")
    print(f"less time than each of the others at +{far} ms: {'yes' if faster else 'NO'}")
    return 0 if fewer and faster else 1


if __name__ == "__main__":
    sys.exit(main())
