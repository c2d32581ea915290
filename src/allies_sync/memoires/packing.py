"""Putting a package together: files as they come, then what describes them, then the bag."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from allies_sync.memoires.bags import make_bag
from allies_sync.memoires.crate import CRATE, Work, crate_bytes
from allies_sync.memoires.manifest import MANIFEST, InBag, Manifest
from allies_sync.memoires.paths import Names


class Builder:
    """The payload of a package, in an empty folder. One file at a time is in memory, or none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names = Names()
        self.titles: dict[str, str] = {}
        for own in (MANIFEST, CRATE):
            self.names.take("", own)

    def add(
        self, folder: str, name: str, content: bytes | Iterable[bytes], media_type: str, title: str = ""
    ) -> InBag:
        """Writes one file under ``folder/``, with a name that is safe everywhere. Raises what ``content`` raises, and
        OSError."""
        path = self.names.take(folder, name)
        target = self.folder.joinpath(*path.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        size = 0
        with target.open("xb") as file:
            for block in [content] if isinstance(content, bytes) else content:
                file.write(block)
                digest.update(block)
                size += len(block)
        self.titles[path] = title
        return InBag(path=path, sha256=digest.hexdigest(), size=size, media_type=media_type)

    def finish(self, manifest: Manifest, work: Work, info: Mapping[str, str]) -> Manifest:
        """Adds the crate and the manifest, and makes the bag. ``info``: what ``bag-info.txt`` says."""
        files = {file.path: file for file in manifest.in_bag()}
        crate = crate_bytes(work, [(file, self.titles.get(path, "")) for path, file in sorted(files.items())])
        # the crate describes all the rest, and the manifest the crate
        (self.folder / CRATE).write_bytes(crate)
        described = InBag(
            path=CRATE, sha256=hashlib.sha256(crate).hexdigest(), size=len(crate), media_type="application/ld+json"
        )
        whole = manifest.model_copy(update={"crate": described})
        (self.folder / MANIFEST).write_bytes(whole.dump())
        make_bag(self.folder, info)
        return whole


def bag_info(manifest: Manifest, organisation: str, url: str = "") -> dict[str, str]:
    """What ``bag-info.txt`` says (RFC 8493, 2.2.2): nothing that differs from one machine to the next."""
    found: dict[str, Any] = {
        "Source-Organization": organisation,
        "External-Identifier": manifest.slug,
        "External-Description": manifest.title,
        "Bagging-Date": _day(manifest.archived),
        "Bag-Software-Agent": manifest.software,
        "Internal-Sender-Description": url,
    }
    return {key: " ".join(value.split()) for key, value in found.items() if value}


def _day(day: date) -> str:
    return day.isoformat()
