"""A small package, as the tool makes them, and hands that spoil it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from allies_sync.memoires.bags import write_package
from allies_sync.memoires.crate import Work
from allies_sync.memoires.manifest import KeptAnswers, KeptFile, KeptResource, Manifest, Stamp
from allies_sync.memoires.packing import Builder, bag_info

NAME = "2027-exemple-memoire"


def build(folder: Path, bilan: bytes = b"%PDF-1.7 bilan") -> Manifest:
    """Makes ``folder`` (empty) a bag."""
    builder = Builder(folder)
    pdf = builder.add("files", "Bilan/Bilan.pdf", bilan, "application/pdf", "Bilan")
    page = builder.add("pages", "accueil.md", "# Accueil é\n".encode(), "text/markdown", "Accueil")
    answers = KeptAnswers(
        form="form:amont",
        title="Avant",
        answers=2,
        csv=builder.add("answers", "amont.csv", b"a;b\n", "text/csv"),
        json=builder.add("answers", "amont.json", b"[]\n", "application/json"),
    )
    manifest = Manifest(
        slug="2027-exemple",
        title="Un exemple",
        archived=date(2027, 6, 1),
        software="allies-sync 0",
        platforms={"files": "local", "wiki": "local"},
        template=Stamp(name="accompagnement", version=1, hash="0"),
        engagement=builder.add("", "engagement.toml", b'title = "Un exemple"\n', "application/toml"),
        memoire=builder.add("", "memoire.jsonld", json.dumps({"@id": "x"}).encode(), "application/ld+json"),
        resources=(
            KeptResource(
                id="page:accueil", kind="page", role="wiki", platform="local", content=page, written="1", found="2"
            ),
        ),
        files=(KeptFile(path="Bilan/Bilan.pdf", content=pdf),),
        answers=(answers,),
    )
    work = Work(
        "Un exemple", "", "https://example.org/licence", "CC", "Collectif", date(2027, 6, 1), authors=["A. B."]
    )
    return builder.finish(manifest, work, bag_info(manifest, "Collectif"))


def make(tmp_path: Path, bilan: bytes = b"%PDF-1.7 bilan") -> Path:
    """A package file."""
    folder = tmp_path / "bag"
    folder.mkdir()
    build(folder, bilan)
    target = tmp_path / f"{NAME}.zip"
    write_package(folder, NAME, target)
    return target
