"""Archive packages: whole, checked to the last byte, and harmless whoever made them."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from allies_sync.memoires.bags import write_package
from allies_sync.memoires.manifest import MANIFEST
from allies_sync.memoires.packages import open_package
from allies_sync.memoires.paths import BadPackage, Names, member_path
from allies_sync.memoires.unpacking import Limits
from tests.memoires.packing import NAME, build, make


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return make(tmp_path)


def whole(path: Path, limits: Limits | None = None) -> bool:
    """Whether a package is found whole and untouched."""
    try:
        with open_package(path, limits or Limits()) as opened:
            return opened.exact is not False
    except BadPackage as error:
        assert error.message and error.advice
        return False


def test_it_opens_and_says_what_it_holds(package: Path) -> None:
    with open_package(package) as opened:
        assert opened.exact
        assert opened.manifest.slug == "2027-exemple"
        assert opened.manifest.resources[0].edited
        assert opened.read(opened.manifest.files[0].content) == b"%PDF-1.7 bilan"
        assert opened.files == 8


def test_the_reference_tool_validates_it(package: Path, tmp_path: Path) -> None:
    """In a process of its own, on what any unzip gives."""
    shutil.unpack_archive(package, tmp_path / "out")
    done = subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", str(tmp_path / "out" / NAME)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_open_science_tools_read_it(package: Path, tmp_path: Path) -> None:
    from rocrate.rocrate import ROCrate

    shutil.unpack_archive(package, tmp_path / "out")
    crate = ROCrate(str(tmp_path / "out" / NAME / "data"))
    assert crate.name == "Un exemple"
    assert crate.get("files/Bilan/Bilan.pdf")["encodingFormat"] == "application/pdf"
    assert crate.root_dataset["author"][0]["name"] == "A. B."
    assert {entity.id for entity in crate.data_entities} >= {"memoire.jsonld", "engagement.toml", "pages/accueil.md"}


def test_the_same_contents_give_the_same_bytes(package: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert make(other).read_bytes() == package.read_bytes()
    before = package.stat().st_mtime_ns
    assert not write_package(tmp_path / "bag", NAME, package)
    assert package.stat().st_mtime_ns == before


def test_every_flipped_byte_is_found(package: Path, tmp_path: Path) -> None:
    """All of the first file's head and of the zip's own tables, and bytes drawn from everywhere else."""
    data = package.read_bytes()
    tables = data.rfind(b"PK\x05\x06")
    start = struct.unpack("<L", data[tables + 16 : tables + 20])[0]
    drawn = random.Random(6).sample(range(start), 60)
    ends = random.Random(7).sample(range(start, len(data)), 60)
    spoilt = tmp_path / "spoilt.zip"
    missed = []
    for position in sorted({*range(0, 30, 3), *drawn, *ends, *range(len(data) - 22, len(data))}):
        changed = bytearray(data)
        changed[position] ^= 1 << (position % 8)
        spoilt.write_bytes(bytes(changed))
        if whole(spoilt):
            missed.append(position)
    assert missed == []


@pytest.mark.slow
@pytest.mark.parametrize("first", range(4))
def test_every_flipped_byte_is_found_without_exception(package: Path, tmp_path: Path, first: int) -> None:
    data = package.read_bytes()
    spoilt = tmp_path / "spoilt.zip"
    for position in range(first, len(data), 4):
        changed = bytearray(data)
        changed[position] ^= 0x40
        spoilt.write_bytes(bytes(changed))
        assert not whole(spoilt), position


@pytest.mark.parametrize("length", [0, 1, 21, 22, 500, -1, -22])
def test_a_package_that_was_cut_is_refused(package: Path, length: int) -> None:
    package.write_bytes(package.read_bytes()[:length])
    assert not whole(package)


def test_something_added_behind_it_is_found(package: Path) -> None:
    package.write_bytes(package.read_bytes() + b"\0")
    assert not whole(package)
    package.write_bytes(b"#!/bin/sh\n" + package.read_bytes()[:-1])
    assert not whole(package)


def test_one_that_was_packed_again_still_opens_but_is_not_taken_for_untouched(package: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(package, tmp_path / "out")
    shutil.make_archive(str(tmp_path / "again"), "zip", tmp_path / "out", NAME)
    with open_package(tmp_path / "again.zip") as opened:
        assert opened.exact is False
    with open_package(tmp_path / "out" / NAME) as opened:
        assert opened.exact is None


# --- hostile ones ----------------------------------------------------------------------------------------------


def rezipped(package: Path, change: Callable[[zipfile.ZipFile], None]) -> Path:
    target = package.with_name("hostile.zip")
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
        change(new)
    return target


@pytest.mark.parametrize(
    "name",
    [
        "../escaped.txt",
        f"{NAME}/data/../../../escaped.txt",
        "/tmp/escaped.txt",
        "//server/share/escaped.txt",
        "C:/escaped.txt",
        "C:escaped.txt",
        f"{NAME}\\..\\..\\escaped.txt",
        f"{NAME}/data/CON",
        f"{NAME}/data/nul.txt",
        f"{NAME}/data/escaped.txt:stream",
        f"{NAME}/data/ends-with-a-dot.",
        f"{NAME}/data/a\x01b",
        f"{NAME}/data/" + "d/" * 40 + "deep",
        f"{NAME}/data/" + "n" * 300,
        f"{NAME}//data/empty",
        f"{NAME}/./data/dot",
        f"{NAME}/data/BILAN.TXT/../bilan.txt",
    ],
)
def test_names_that_lead_out_or_are_no_names_are_refused(package: Path, tmp_path: Path, name: str) -> None:
    hostile = rezipped(package, lambda new: new.writestr(zipfile.ZipInfo(name), b"escaped"))
    with pytest.raises(BadPackage), open_package(hostile):
        pass
    assert not list(tmp_path.rglob("*escaped*"))


@pytest.mark.parametrize("name", [f"{NAME}/bagit.txt", f"{NAME}/BAGIT.txt", f"{NAME}/data", f"{NAME}/bagit.txt/x"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_is_refused(package: Path, name: str) -> None:
    assert not whole(rezipped(package, lambda new: new.writestr(name, b"x")))


def test_links_and_devices_are_refused(package: Path) -> None:
    for mode in (0o120777, 0o020666, 0o010666):
        info = zipfile.ZipInfo(f"{NAME}/data/link")
        info.create_system = 3
        info.external_attr = mode << 16
        hostile = rezipped(package, lambda new, info=info: new.writestr(info, "/etc/passwd"))  # type: ignore[misc]
        assert not whole(hostile)


def test_links_in_an_unpacked_package_are_refused(package: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(package, tmp_path / "out")
    (tmp_path / "out" / NAME / "data" / "link").symlink_to("/etc/passwd")
    assert not whole(tmp_path / "out" / NAME)


def test_bombs_are_refused_before_they_go_off(package: Path, tmp_path: Path) -> None:
    bomb = rezipped(package, lambda new: new.writestr(f"{NAME}/data/bomb", b"\0" * 30_000_000))
    assert bomb.stat().st_size < 200_000
    assert not whole(bomb)
    assert not whole(package, Limits(total=1_000))
    assert not whole(package, Limits(files=3))
    assert not whole(package, Limits(tables=100))


def test_a_list_of_files_too_long_for_memory_is_not_even_read(package: Path, tmp_path: Path) -> None:
    """The end of the zip says that its list takes four gigabytes, as a zip64 may."""
    data = package.read_bytes()
    end = data.rfind(b"PK\x05\x06")
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 9, 9, 1 << 40, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    package.write_bytes(data[:end] + record + locator + data[end:])
    assert not whole(package)


def test_a_size_that_lies_is_refused(package: Path) -> None:
    """The list says one byte, the packed data give more."""
    hostile = rezipped(package, lambda new: new.writestr(f"{NAME}/data/lie", b"x" * 5000))
    data = bytearray(hostile.read_bytes())
    place = data.rfind(b"/data/lie")
    entry = data.rfind(b"PK\x01\x02", 0, place)
    data[entry + 24 : entry + 28] = struct.pack("<L", 1)
    hostile.write_bytes(bytes(data))
    assert not whole(hostile)


def test_tar_archives_are_refused_whatever_they_hold(tmp_path: Path) -> None:
    target = tmp_path / "x.tar.gz"
    with tarfile.open(target, "w:gz") as archive:
        info = tarfile.TarInfo("../../escaped.txt")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    assert not whole(target)
    assert not (tmp_path.parent / "escaped.txt").exists()


def test_packages_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_text("bonjour")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    for name in ("empty", "text.zip", "empty.zip", "missing.zip"):
        assert not whole(tmp_path / name)
    os.mkfifo(tmp_path / "pipe")
    assert not whole(tmp_path / "pipe")


# --- bags that lie ---------------------------------------------------------------------------------------------


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    build(folder)
    assert whole(folder)
    return folder


@pytest.mark.parametrize(
    "spoil",
    [
        lambda bag: (bag / "data/files/Bilan/Bilan.pdf").write_bytes(b"%PDF-1.7 bilam"),
        lambda bag: (bag / "data/files/Bilan/Bilan.pdf").unlink(),
        lambda bag: (bag / "data/more.txt").write_text("x"),
        lambda bag: (bag / "bag-info.txt").write_text("Payload-Oxum: 1.1\n"),
        lambda bag: (bag / "manifest-sha256.txt").unlink(),
        lambda bag: (bag / "manifest-sha512.txt").write_text(""),
        lambda bag: (bag / "bagit.txt").write_text("BagIt-Version: 0.97\nTag-File-Character-Encoding: zlib_codec\n"),
        lambda bag: (bag / "bagit.txt").unlink(),
        lambda bag: (bag / "fetch.txt").write_text("https://example.org/x 5 data/x\n"),
        lambda bag: [path.unlink() for path in bag.glob("tagmanifest-*")],
        lambda bag: (bag / "manifest-sha256.txt").write_text("0" * 64 + "  ../../../etc/passwd\n"),
        lambda bag: (bag / "manifest-sha256.txt").write_bytes(b"\xff\xfe\x00"),
    ],
)
def test_a_bag_whose_lists_lie_is_refused(bag: Path, spoil: Callable[[Path], object]) -> None:
    spoil(bag)
    assert not whole(bag)


def remade(bag: Path, change: Callable[[dict[str, object]], object]) -> Path:
    """The same bag with another manifest of ours, and checksums that fit it."""
    from allies_sync.memoires.bags import make_bag

    data = bag.parent / "remade"
    shutil.move(bag / "data", data)
    content = json.loads((data / MANIFEST).read_bytes())
    change(content)
    (data / MANIFEST).write_text(json.dumps(content))
    make_bag(data, {"Bagging-Date": "2027-06-01", "Bag-Software-Agent": "x"})
    return data


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it["memoire"].update(path="../../etc/passwd"),
        lambda it: it["memoire"].update(path="/etc/passwd"),
        lambda it: it["memoire"].update(path="missing.jsonld"),
        lambda it: it["memoire"].update(sha256="0" * 64),
        lambda it: it["memoire"].update(size=1),
        lambda it: it.update(slug="../other"),
        lambda it: it.update(format=2),
        lambda it: it.update(format="1"),
        lambda it: it["resources"][0].update(kind="program"),
        lambda it: it["resources"][0].update(id="page:../x y"),
        lambda it: it.clear(),
    ],
)
def test_a_manifest_that_lies_is_refused_though_its_checksums_fit(
    bag: Path, change: Callable[[dict[str, object]], object]
) -> None:
    assert not whole(remade(bag, change))


def test_a_manifest_nested_without_end_is_refused(bag: Path) -> None:
    from allies_sync.memoires.bags import make_bag

    data = bag.parent / "remade"
    shutil.move(bag / "data", data)
    (data / MANIFEST).write_text("[" * 200_000)
    make_bag(data, {"Bagging-Date": "2027-06-01", "Bag-Software-Agent": "x"})
    assert not whole(data)


# --- names -----------------------------------------------------------------------------------------------------


def test_whatever_people_call_their_files_gets_a_name_of_its_own() -> None:
    names = Names()
    wanted = ["a/b.txt", "a/B.TXT", "../../x", "a:b?.pdf", "CON", "…", "é.txt", "é.txt", "a" * 400, "/", "a/b.txt"]
    given = [names.take("files", path) for path in wanted]
    assert len({name.casefold() for name in given}) == len(wanted)
    for name in given:
        assert str(member_path(name)) == name
        assert name.startswith("files/")
