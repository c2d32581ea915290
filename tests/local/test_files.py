"""The role `files`: what people have on their disk is never lost, and nothing leads out of the folder."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from allies_sync.model.resources import Access, Document, Folder, Resource, Rights, Widget
from allies_sync.platforms.errors import Denied, Full, PlatformError, Refused, Suspicious, Unavailable
from allies_sync.platforms.interface import (
    Absent,
    Act,
    Address,
    Change,
    Done,
    Failed,
    Known,
    Observation,
    Outcome,
    Overtaken,
    Seen,
    Space,
    Target,
    Unknown,
)
from allies_sync_local import disk
from allies_sync_local.files import LocalFiles
from tests.local.conftest import lease, times, tree

SLUG = "2027-cooperation"
SPACE = Space(SLUG, "Coopération")
CLOSED = Access(Rights.TEAM, None)
FOLDER = Folder(id="folder:bilan", role="files", title="Bilan", name="Bilan")
NOTE = Document(
    id="document:note", role="files", title="Note", name="Note.md", folder="folder:bilan", body=("Un texte.\n",)
)


@pytest.fixture
def root(files: LocalFiles, base: Path) -> Iterator[Path]:
    files.acquire(SLUG, lease())
    yield base / SLUG


@pytest.fixture
def place(files: LocalFiles) -> Space:
    addresses: dict[str, Address] = {}
    for resource in (FOLDER, NOTE):
        address = files.predict(replace(SPACE, addresses=addresses), resource)
        assert address is not None
        addresses[resource.id] = address
    return replace(SPACE, addresses=addresses)


def look(files: LocalFiles, space: Space, resource: Resource, known: Known | None = None) -> Observation:
    return files.observe(space, [Target(resource.id, resource.kind, resource, known)])[resource.id]


def seen(files: LocalFiles, space: Space, resource: Resource) -> Seen:
    found = look(files, space, resource)
    assert isinstance(found, Seen), found
    return found


def act(
    files: LocalFiles,
    space: Space,
    resource: Resource,
    what: Act = Act.CREATE,
    base: Seen | None = None,
    access: Access | None = None,
    **parts: bool,
) -> Outcome:
    change = Change(resource.id, resource.kind, what, resource, base, None, access or Access(), **parts)
    [outcome] = files.apply(space, [change])
    return outcome


def made(files: LocalFiles, space: Space, *resources: Resource) -> None:
    for resource in resources:
        outcome = act(files, space, resource)
        assert isinstance(outcome, Done), outcome


def known(found: Seen) -> Known:
    return Known(found.remote_id, found.address, found.fingerprint, found.access)


def failure(outcome: Outcome) -> PlatformError:
    assert isinstance(outcome, Failed), outcome
    return outcome.error


# --- what is written -------------------------------------------------------------------------------------


def test_links_in_documents_are_relative(files: LocalFiles, place: Space, root: Path) -> None:
    wiki = Address("programme.html", (root.parent.parent / "wiki" / SLUG / "programme.html").as_uri())
    elsewhere = Address("x", "https://wiki.exemple.org/?Page (1)")
    space = replace(place, addresses={**place.addresses, "page:programme": wiki, "form:amont": elsewhere})
    body = (
        "Voir [le [vrai] programme](ref:page:programme), [le dossier](ref:folder:bilan), [rien](ref:page:absente).\n"
        "Pas \\[un lien\\](ref:page:programme).\n\n",
        Widget("form", "form:amont", (("label", "Répondre [ici](x)"),)),
        "\n\nEn ligne : ",
        Widget("button", "page:programme", (("label", "voir"),)),
        ".\n\n",
        Widget("button", "page:absente", (("label", "seul"),)),
        "\n",
    )
    note = replace(NOTE, body=body)
    made(files, space, FOLDER, note)
    assert (root / "Bilan/Note.md").read_text() == (
        f"Voir [le [vrai] programme](../../../wiki/{SLUG}/programme.html), [le dossier](./), rien.\n"
        "Pas \\[un lien\\](ref:page:programme).\n\n"
        "[Répondre \\[ici\\](x)](https://wiki.exemple.org/?Page%20%281%29)\n\n"
        f"En ligne : [voir](../../../wiki/{SLUG}/programme.html).\n\n"
        "seul\n"
    )


def test_bytes_are_written_as_they_are(files: LocalFiles, place: Space, root: Path) -> None:
    logo = replace(NOTE, data=b"\x89PNG\r\n\0", name="logo.png", body=())
    made(files, place, FOLDER, logo)
    assert (root / "Bilan/logo.png").read_bytes() == b"\x89PNG\r\n\0"


def test_a_second_update_writes_nothing_new(files: LocalFiles, place: Space, root: Path) -> None:
    made(files, place, FOLDER, NOTE)
    before = times(root)
    found = seen(files, place, NOTE)
    rights = act(files, place, NOTE, Act.UPDATE, found, content=False)
    assert isinstance(rights, Done) and times(root) == before


def test_no_temporary_file_stays(files: LocalFiles, place: Space, root: Path) -> None:
    made(files, place, FOLDER, NOTE)
    assert sorted(tree(root)) == [
        "Bilan",
        "Bilan/Note.md",
        "_allies-sync",
        "_allies-sync/holder.lock",
        "_allies-sync/lease.json",
        "_allies-sync/lease.lock",
    ]


def test_without_hard_links_nothing_is_replaced_either(
    files: LocalFiles, place: Space, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_more: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    made(files, place, FOLDER, NOTE)
    assert (root / "Bilan/Note.md").read_text() == "Un texte.\n"
    (root / "Bilan/Note.md").write_text("À moi")
    assert isinstance(act(files, place, NOTE), Overtaken)
    assert (root / "Bilan/Note.md").read_text() == "À moi"
    assert sorted(tree(root / "Bilan")) == ["Note.md"]


def test_a_name_that_was_claimed_and_not_filled_is_absent(
    files: LocalFiles, place: Space, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(files, place, FOLDER)
    path = root / "Bilan/Note.md"
    path.touch()
    assert isinstance(look(files, place, NOTE), Seen), "an empty file of a person's is one"
    disk._claim(path).write_bytes(b"Un texte.\n")
    assert look(files, place, NOTE) == Absent()
    made(files, place, NOTE)
    assert sorted(tree(root / "Bilan")) == ["Note.md"]


# --- people -------------------------------------------------------------------------------------------------


def test_a_file_where_a_folder_should_be_stays(files: LocalFiles, place: Space, root: Path) -> None:
    (root / "Bilan").write_text("un fichier")
    assert seen(files, place, FOLDER).fingerprint != files.fingerprint(place, FOLDER)
    assert isinstance(act(files, place, FOLDER), Overtaken)
    assert look(files, place, NOTE) == Absent()
    assert isinstance(failure(act(files, place, NOTE)), Refused)
    assert isinstance(act(files, place, FOLDER, Act.DELETE, replace(seen(files, place, FOLDER))), Overtaken)
    assert (root / "Bilan").read_text() == "un fichier"


def test_a_folder_where_a_document_should_be_stays(files: LocalFiles, place: Space, root: Path) -> None:
    made(files, place, FOLDER)
    (root / "Bilan/Note.md").mkdir()
    (root / "Bilan/Note.md/photo").write_text("x")
    found = seen(files, place, NOTE)
    assert found.fingerprint != files.fingerprint(place, NOTE)
    assert isinstance(act(files, place, NOTE), Overtaken)
    for what in (Act.UPDATE, Act.DELETE):
        assert not isinstance(act(files, place, NOTE, what, found), Done)
    assert (root / "Bilan/Note.md/photo").exists()


def test_the_mode_of_a_file_stays(files: LocalFiles, place: Space, root: Path) -> None:
    made(files, place, FOLDER, NOTE)
    (root / "Bilan/Note.md").chmod(0o640)
    wanted = replace(NOTE, body=("Autre.\n",))
    assert isinstance(act(files, place, wanted, Act.UPDATE, seen(files, place, NOTE), rights=False), Done)
    assert (root / "Bilan/Note.md").stat().st_mode & 0o777 == 0o640


def test_frozen_folders_and_files(files: LocalFiles, place: Space, root: Path) -> None:
    for resource in (FOLDER, NOTE):
        assert isinstance(act(files, place, resource, access=CLOSED), Done)
    bits = [(root / name).stat().st_mode & 0o222 for name in ("Bilan", "Bilan/Note.md")]
    assert bits == [0, 0]
    wanted = replace(NOTE, body=("Autre.\n",))
    outcome = act(files, place, wanted, Act.UPDATE, seen(files, place, NOTE), access=CLOSED)
    assert isinstance(outcome, Done) and outcome.seen and outcome.seen.access == CLOSED
    assert [(root / name).stat().st_mode & 0o222 for name in ("Bilan", "Bilan/Note.md")] == [0, 0]
    for resource in (FOLDER, NOTE):
        act(files, place, resource, Act.UPDATE, seen(files, place, resource), content=False)
    share = (root.stat().st_mode) & 0o222
    assert [(root / name).stat().st_mode & 0o222 for name in ("Bilan", "Bilan/Note.md")] == [share, share]


def test_people_s_own_files_beside_ours_change_nothing(files: LocalFiles, place: Space, root: Path) -> None:
    made(files, place, FOLDER, NOTE)
    before = seen(files, place, FOLDER)
    (root / "Bilan/photo.jpg").write_bytes(b"x")
    assert seen(files, place, FOLDER).fingerprint == before.fingerprint
    assert isinstance(act(files, place, FOLDER, Act.DELETE, before), Overtaken)


# --- links and paths ------------------------------------------------------------------------------------------


def test_a_link_is_never_followed(files: LocalFiles, place: Space, root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "ailleurs"
    secret.mkdir()
    (secret / "Note.md").write_text("secret")
    (root / "Bilan").symlink_to(secret)
    assert seen(files, place, FOLDER).fingerprint != files.fingerprint(place, FOLDER)
    found = look(files, place, NOTE)
    assert isinstance(found, Unknown) and "lien" in found.reason
    assert isinstance(failure(act(files, place, replace(NOTE, name="x.md"))), Suspicious)
    with pytest.raises(Suspicious):
        files.read(place, Target(NOTE.id, NOTE.kind, NOTE))
    assert sorted(tree(secret)) == ["Note.md"]


def test_a_document_that_became_a_link_stays_one(files: LocalFiles, place: Space, root: Path, tmp_path: Path) -> None:
    made(files, place, FOLDER, NOTE)
    before = seen(files, place, NOTE)
    target = tmp_path / "cible.md"
    target.write_text("Un texte.\n")
    (root / "Bilan/Note.md").unlink()
    (root / "Bilan/Note.md").symlink_to(target)
    assert seen(files, place, NOTE).fingerprint != before.fingerprint
    for what in (Act.UPDATE, Act.DELETE):
        assert isinstance(act(files, place, NOTE, what, before), Overtaken)
    with pytest.raises(PlatformError):
        files.read(place, Target(NOTE.id, NOTE.kind, NOTE))
    assert (root / "Bilan/Note.md").is_symlink() and target.read_text() == "Un texte.\n"


@pytest.mark.parametrize(
    "path",
    [
        "../2027-voisin/Note.md",
        "/etc/passwd",
        "Bilan/../../x",
        "",
        "_allies-sync/state.json",
        "_Allies-Sync/x",
        "C:/x",
    ],
)
def test_a_memory_that_leads_elsewhere_is_suspicious(files: LocalFiles, place: Space, root: Path, path: str) -> None:
    made(files, place, FOLDER, NOTE)
    before = tree(root.parent)
    forged = Known(f"{SLUG}/{path}", Address(path), "x")
    target = Target(NOTE.id, NOTE.kind, NOTE, forged)
    with pytest.raises(Suspicious):
        files.observe(place, [target])
    with pytest.raises(Suspicious):
        files.read(place, target)
    for what in (Act.UPDATE, Act.DELETE):
        change = Change(NOTE.id, NOTE.kind, what, NOTE, seen(files, place, NOTE), forged, Access())
        [outcome] = files.apply(place, [change])
        assert isinstance(failure(outcome), Suspicious)
    assert tree(root.parent) == before


def test_a_resource_may_not_take_the_reserved_folder(files: LocalFiles, root: Path) -> None:
    for name in ("_allies-sync", "_ALLIES-SYNC"):
        folder = replace(FOLDER, name=name)
        with pytest.raises(Suspicious):
            look(files, SPACE, folder)
        assert isinstance(failure(act(files, SPACE, folder)), Suspicious)


# --- the disk ---------------------------------------------------------------------------------------------------


def test_a_disk_that_is_not_there_is_unknown(files: LocalFiles, place: Space, root: Path) -> None:
    made(files, place, FOLDER, NOTE)
    memory = known(seen(files, place, NOTE))
    root.parent.rename(root.parent.with_name("ailleurs"))
    found = look(files, place, NOTE, memory)
    assert isinstance(found, Unknown) and str(root.parent) in found.reason
    assert look(files, place, NOTE) == Absent(), "nothing is known: this is a first opening"


def test_what_may_not_be_looked_at_is_unknown(
    files: LocalFiles, place: Space, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(files, place, FOLDER, NOTE)

    def refuse(path: Path) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(disk, "digest_of", refuse)
    found = look(files, place, NOTE)
    assert isinstance(found, Unknown) and "Note.md" in found.reason


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOSPC, Full),
        (errno.EDQUOT, Full),
        (errno.EROFS, Denied),
        (errno.EACCES, Denied),
        (errno.ENAMETOOLONG, Refused),
        (errno.EIO, Unavailable),
        (errno.ESTALE, Unavailable),
    ],
)
def test_what_the_disk_says_is_told_and_nothing_is_left(
    files: LocalFiles,
    place: Space,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    kind: type[PlatformError],
) -> None:
    made(files, place, FOLDER, NOTE)
    before = tree(root)
    found = seen(files, place, NOTE)

    def full(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    other = replace(NOTE, id="document:autre", name="Autre.md")
    for outcome in (
        act(files, place, other),
        act(files, place, replace(NOTE, body=("Plus long\n",)), Act.UPDATE, found),
    ):
        error = failure(outcome)
        assert isinstance(error, kind) and SLUG in error.message
    assert tree(root) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a disk")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    import subprocess

    from tests.local.machine import Machine

    base = tmp_path / "petit"
    base.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", str(base)], check=False)
    if mounted.returncode:
        pytest.skip("no right to mount")
    try:
        (base / "lest").write_bytes(b"x" * 20_000)
        report = Machine(base).sync()
        assert not report.complete
        errors = {type(it.error) for it in report.finished.values() if it.error} | {type(report.halted)}
        assert Full in errors, errors
        subprocess.run(["mount", "-o", "remount,size=4m", str(base)], check=True)
        assert Machine(base).sync().complete
        assert Machine(base).actions() == {}
        assert not [name for name in tree(base) if ".allies-sync-" in name]
    finally:
        subprocess.run(["umount", str(base)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes somebody else")
def test_a_folder_that_may_not_be_written_to() -> None:
    from tests.local.machine import Machine

    # pytest's own folders are closed to everybody else
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        base = Path(folder) / "espaces"
        Machine(base).open_all()
        before = tree(base)
        assert refused_to_nobody(base)
        assert tree(base) == before


def refused_to_nobody(base: Path) -> bool:
    from tests.local.machine import Machine

    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(65534)
            machine = Machine(base)
            assert machine.actions() == {}
            try:
                changed = replace(NOTE, id="document:neuf", folder=None)
                machine.sync([changed])
            except Denied as error:
                code = 0 if str(base) in error.message else 2
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_checks_speak_and_leave_nothing(files: LocalFiles, base: Path) -> None:
    sentences = [finding.sentence for finding in files.check()]
    assert any("n'existe pas encore" in sentence for sentence in sentences) and not base.exists()
    base.mkdir(parents=True)
    levels = [finding.level.value for finding in files.check()]
    assert levels == ["ok", "ok", "ok"] and tree(base) == {}
    base.rmdir()
    base.write_text("un fichier")
    assert [finding.level.value for finding in files.check()] == ["fault"]
