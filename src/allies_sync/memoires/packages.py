"""Opening and checking an archive package."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from allies_sync.memoires.bags import CHECKSUMS, is_exact, quiet_bagit
from allies_sync.memoires.manifest import MANIFEST, InBag, Manifest, load_manifest
from allies_sync.memoires.paths import BadPackage, shown
from allies_sync.memoires.unpacking import LIMITS, Limits, unpack
from allies_sync.text.messages import _

PAYLOAD = "data"
_DECLARATIONS = tuple(
    f"BagIt-Version: {version}\nTag-File-Character-Encoding: UTF-8\n".encode() for version in ("0.97", "1.0")
)
_LISTED = 10


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was found whole. ``folder`` is the bag; ``exact``: the file that holds it is, byte for byte,
    what the tool would write (None for a package that was unpacked by hand)."""

    folder: Path
    manifest: Manifest
    exact: bool | None = None
    files: int = 0
    size: int = 0
    digests: dict[str, str] = field(default_factory=dict, repr=False)

    def path(self, file: InBag) -> Path:
        """Where a file of the package is."""
        return self.folder / PAYLOAD / file.path

    def read(self, file: InBag) -> bytes:
        """A file's bytes. It was compared with its digest when the package was opened."""
        return self.path(file).read_bytes()


@contextmanager
def open_package(package: Path, limits: Limits = LIMITS) -> Iterator[Package]:
    """Unpacks a package for the time of a command, and checks everything in it: names, sizes, the bag's checksums
    with the reference tool, and that the manifest tells the truth. Raises :class:`BadPackage`, with a sentence."""
    with tempfile.TemporaryDirectory(prefix="allies-sync-") as place:
        folder = unpack(package, Path(place), limits)
        bag = check_bag(folder, limits)
        manifest = load_manifest(folder / PAYLOAD / MANIFEST)
        digests = _digests(bag)
        for file in manifest.in_bag():
            _check_told(file, folder, digests)
        exact = None if package.is_dir() else is_exact(folder, folder.name, package)
        sizes = [(folder / name).stat().st_size for name in digests]
        yield Package(folder, manifest, exact, len(sizes), sum(sizes), digests)


def check_bag(folder: Path, limits: Limits = LIMITS) -> Any:
    """The bag in a folder, validated with the reference tool. Raises BadPackage with what differs."""
    import bagit

    quiet_bagit()
    _check_lists(folder, limits)
    try:
        bag = bagit.Bag(str(folder))
        if not set(bag.algorithms) & set(CHECKSUMS):
            raise _not_a_bag()
        bag.validate()
    except bagit.BagValidationError as error:
        names = sorted({shown(str(detail.path)) for detail in error.details if hasattr(detail, "path")})
        raise _differs(names) from error
    except (bagit.BagError, OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise _not_a_bag() from error
    return bag


def _check_lists(folder: Path, limits: Limits) -> None:
    """The bag's own files are as this tool writes them, and small enough to be read at once."""
    declaration = folder / "bagit.txt"
    if not declaration.is_file() or not (folder / PAYLOAD).is_dir():
        raise _not_a_bag()
    tags = [path for path in folder.iterdir() if path.is_file()]
    if any(path.stat().st_size > limits.tables for path in tags) or (folder / "fetch.txt").exists():
        raise _not_a_bag()  # what is fetched from elsewhere is not in the package
    if declaration.read_bytes().replace(b"\r\n", b"\n") not in _DECLARATIONS:
        raise _not_a_bag()
    if not any(path.name.startswith("tagmanifest-") for path in tags):
        raise _not_a_bag()


def _digests(bag: Any) -> dict[str, str]:
    """SHA-256 of every file of the payload, as the bag has it (and the file as well, as was just checked)."""
    found = {}
    for name, sums in bag.payload_entries().items():
        if "sha256" not in sums:
            raise _not_a_bag()
        found[name] = sums["sha256"].lower()
    return found


def _check_told(file: InBag, folder: Path, digests: dict[str, str]) -> None:
    """What the manifest says of a file is what the bag has."""
    path = folder / PAYLOAD / file.path
    if digests.get(f"{PAYLOAD}/{file.path}") != file.sha256 or path.stat().st_size != file.size:
        raise BadPackage(
            _("Le paquet ne contient pas « {name} » tel qu'il l'annonce.").format(name=shown(file.path)),
            _("Rien n'en a été utilisé. Reprenez-le de sa source, ou d'une sauvegarde."),
        )


def _not_a_bag() -> BadPackage:
    return BadPackage(
        _("Ce n'est pas un paquet d'archive : il lui manque les listes et les sommes de contrôle de BagIt."),
        _("Un paquet est fait par « allies-sync archive »."),
    )


def _differs(names: list[str]) -> BadPackage:
    if not names:
        return BadPackage(
            _("Le paquet n'est pas entier : ses listes et son contenu ne s'accordent pas."),
            _("Rien n'en a été utilisé. Reprenez-le de sa source, ou d'une sauvegarde."),
        )
    listed = ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
    return BadPackage(
        _("Le paquet est abîmé ou a été changé. Ne s'accordent pas avec leurs sommes de contrôle : {names}.").format(
            names=listed
        ),
        _("Rien n'en a été utilisé. Reprenez-le de sa source, ou d'une sauvegarde."),
    )
