"""``login`` and ``logout``: where a secret goes, where it comes from, and that nobody ever sees it."""

from __future__ import annotations

import getpass
import io
import json
import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from allies_sync.engagements import credentials, secrets
from allies_sync.engagements.config import Collective, Config, RoleConfig
from allies_sync.engagements.credentials import KeyringTrouble, from_file, out_of_files, secret_file, to_file
from allies_sync.engagements.secrets import kept_secret, role_account, role_secret
from allies_sync.platforms.errors import Denied, PlatformError
from tests.cli.conftest import Ran, Run

SERVICE = "allies-sync https://cloud.example"
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows keeps access lists instead of modes")

PLUGIN = """
import itertools, json
from pathlib import Path
from pydantic import BaseModel
from allies_sync.platforms.errors import Denied, Unavailable
from allies_sync.platforms.hookspecs import hookimpl
from allies_sync.platforms.interface import Credentials, PlatformType

class Settings(BaseModel):
    url: str = ""
    user: str = ""

SERVER = Path(__file__).with_name("server.json")

def server():
    return json.loads(SERVER.read_text()) if SERVER.exists() else {"valid": [], "given": 0}

class Plain:
    def __init__(self, opening):
        self.opening = opening
    def close(self):
        pass

class Site(Plain):
    def login(self, visit, password=None):
        here = server()
        if password is None:
            visit(here.get("address", "https://cloud.example/agree?x=1"))
        elif password != "own password":
            raise Denied("Ce mot de passe est refusé.")
        here["given"] += 1
        secret = f"given-secret-{here['given']}"
        here["valid"].append(secret)
        SERVER.write_text(json.dumps(here))
        return Credentials(here.get("user", self.opening.settings.user), secret)
    def logout(self):
        here = server()
        if here.get("down"):
            raise Unavailable("Le site ne répond pas.")
        here["valid"].remove(self.opening.secret())
        SERVER.write_text(json.dumps(here))

@hookimpl
def allies_sync_platforms():
    roles = frozenset({"files", "wiki"})
    kinds = {"site": Site, "plain": Plain}
    return [PlatformType(name, name, roles, Settings, kind) for name, kind in kinds.items()]
"""


class Ring(types.ModuleType):
    """A keyring that works, or one that fails in some way."""

    def __init__(self, failure: Exception | None = None, *, forgets: bool = False) -> None:
        super().__init__("keyring")
        import keyring.errors

        self.errors = keyring.errors
        self.kept: dict[tuple[str, str], str] = {}
        self.failure = failure
        self.forgets = forgets

    def _fail(self) -> None:
        if self.failure:
            raise self.failure

    def get_password(self, service: str, user: str) -> str | None:
        self._fail()
        return self.kept.get((service, user))

    def set_password(self, service: str, user: str, secret: str) -> None:
        self._fail()
        if not self.forgets:
            self.kept[service, user] = secret

    def delete_password(self, service: str, user: str) -> None:
        self._fail()
        if (service, user) not in self.kept:
            raise self.errors.PasswordDeleteError("no such thing")
        del self.kept[service, user]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    ring = Ring()
    monkeypatch.setitem(sys.modules, "keyring", ring)
    return ring


@pytest.fixture
def no_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring.errors

    monkeypatch.setitem(sys.modules, "keyring", Ring(keyring.errors.NoKeyringError("none")))


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(credentials, "_folder", lambda: tmp_path / "data" / "allies-sync" / "secrets")
    monkeypatch.setattr(secrets, "_handed_out", set())


class Site:
    """What the server of the test platform knows."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def set(self, **values: object) -> None:
        self.file.write_text(json.dumps(self.all() | values))

    def all(self) -> dict[str, object]:
        return json.loads(self.file.read_text()) if self.file.exists() else {"valid": [], "given": 0}

    @property
    def valid(self) -> object:
        return self.all()["valid"]


@pytest.fixture
def site(tmp_path: Path, place: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A collective with a site that hands out secrets for the files, and one that does not for the wiki."""
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "site_plugin.py").write_text(PLUGIN, encoding="utf-8")
    environment["ALLIES_SYNC_PLUGINS"] = "site_plugin"
    monkeypatch.setenv("ALLIES_SYNC_PLUGINS", "site_plugin")
    monkeypatch.syspath_prepend(str(folder))
    (place / "allies-sync.toml").write_text(
        '[roles.files]\nplatform = "site"\nurl = "https://cloud.example/x"\nuser = "robot"\n'
        '[roles.wiki]\nplatform = "plain"\nurl = "https://wiki.example"\nuser = "robot"\n'
    )
    yield Site(folder / "server.json")
    sys.modules.pop("site_plugin", None)


def config(**settings: str) -> Config:
    return Config(Collective(), {"files": RoleConfig("p", settings)}, Path("/"))


CLOUD = config(url="https://cloud.example/x", user="robot")


def no_secret(ran: Ran) -> Ran:
    assert "given-secret" not in ran.said
    assert "own password" not in ran.said
    return ran


# --- the file -----------------------------------------------------------------------------------------------


def test_a_file_is_for_one_server_and_one_account() -> None:
    to_file(SERVICE, "robot", "s3cret")
    assert from_file(SERVICE, "robot") == "s3cret"
    assert from_file(SERVICE, "other") is None
    assert from_file("allies-sync https://evil.example", "robot") is None
    # a file that was copied to another's name is not believed either
    secret_file("allies-sync https://evil.example", "robot").write_bytes(secret_file(SERVICE, "robot").read_bytes())
    secret_file("allies-sync https://evil.example", "robot").chmod(0o600)
    with pytest.raises(Denied):
        from_file("allies-sync https://evil.example", "robot")
    assert out_of_files(SERVICE, "robot")
    assert not out_of_files(SERVICE, "robot")
    assert from_file(SERVICE, "robot") is None


@POSIX
def test_only_the_owner_can_read_it() -> None:
    previous = os.umask(0)
    try:
        file = to_file(SERVICE, "robot", "s3cret")
    finally:
        os.umask(previous)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@POSIX
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_file_that_others_can_read_is_refused(mode: int) -> None:
    file = to_file(SERVICE, "robot", "s3cret")
    file.chmod(mode)
    with pytest.raises(Denied) as caught:
        from_file(SERVICE, "robot")
    assert "chmod 600" in caught.value.advice
    assert "s3cret" not in caught.value.message + caught.value.advice


@POSIX
def test_a_folder_that_others_can_enter_is_refused() -> None:
    file = to_file(SERVICE, "robot", "s3cret")
    file.parent.chmod(0o750)
    with pytest.raises(Denied):
        from_file(SERVICE, "robot")
    with pytest.raises(Denied) as caught:
        to_file(SERVICE, "robot", "other")
    assert "chmod 700" in caught.value.advice


@POSIX
def test_a_link_to_elsewhere_is_refused(tmp_path: Path) -> None:
    file = to_file(SERVICE, "robot", "s3cret")
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Denied):
        from_file(SERVICE, "robot")
    to_file(SERVICE, "robot", "new")  # replaces the link, writes nothing through it
    assert "new" not in (tmp_path / "elsewhere").read_text()
    assert from_file(SERVICE, "robot") == "new"


@pytest.mark.parametrize(
    "text", ["", "s3cret", "[]", '{"service": 1}', '{"secret": "s3cret"}', "[" * 50_000, "\udcff"]
)
def test_a_broken_file_is_a_sentence_without_what_it_holds(text: str) -> None:
    file = to_file(SERVICE, "robot", "x")
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(Denied) as caught:
        from_file(SERVICE, "robot")
    assert "s3cret" not in str(caught.value.__cause__) + caught.value.message


def test_a_draft_that_could_not_be_finished_leaves_the_old_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    file = to_file(SERVICE, "robot", "old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PlatformError) as caught:
        to_file(SERVICE, "robot", "brand-new")
    assert "brand-new" not in caught.value.message
    assert from_file(SERVICE, "robot") == "old"
    assert [path.name for path in file.parent.iterdir()] == [file.name]


# --- where a secret comes from ------------------------------------------------------------------------------


def test_environment_then_keyring_then_file(ring: Ring) -> None:
    to_file(SERVICE, "robot", "from file")
    assert role_secret("files", CLOUD, {}) == "from file"
    ring.kept[SERVICE, "robot"] = "from keyring"
    assert role_secret("files", CLOUD, {}) == "from keyring"
    assert role_secret("files", CLOUD, {"ALLIES_SYNC_FILES_SECRET": "from environment"}) == "from environment"
    assert secrets.hide("from file, from keyring, from environment", {}) == "•••, •••, •••"


def test_without_a_keyring_the_file(no_ring: None) -> None:
    with pytest.raises(Denied) as caught:
        role_secret("files", CLOUD, {})
    assert "allies-sync login files" in caught.value.advice
    to_file(SERVICE, "robot", "from file")
    assert role_secret("files", CLOUD, {}) == "from file"


def test_a_locked_keyring_is_said_also_when_nothing_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring.errors

    account = role_account("files", CLOUD)
    assert account is not None
    monkeypatch.setitem(sys.modules, "keyring", Ring(keyring.errors.KeyringLocked("locked")))
    with pytest.raises(Denied):
        kept_secret("files", account, needed=False)
    monkeypatch.setitem(sys.modules, "keyring", Ring(RuntimeError("broken")))
    assert kept_secret("files", account, needed=False) is None


def test_what_a_keyring_says_when_it_fails_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", Ring(RuntimeError("secret-tool store s3cret")))
    with pytest.raises(KeyringTrouble) as caught:
        credentials.to_keyring(SERVICE, "robot", "s3cret")
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_nothing_shows_a_secret_by_accident() -> None:
    assert "s3cret" not in repr(secrets.Kept(secrets.Where.FILE, "s3cret"))


# --- the commands -------------------------------------------------------------------------------------------


def test_login_keeps_the_secret_in_the_keyring(call: Run, site: Site, ring: Ring, place: Path) -> None:
    before = (place / "allies-sync.toml").read_bytes()
    ran = no_secret(call("login", "files"))
    assert ran.code == 0
    assert "https://cloud.example/agree?x=1" in ran.out
    assert "trousseau" in ran.out
    assert ring.kept == {(SERVICE, "robot"): "given-secret-1"}
    assert (place / "allies-sync.toml").read_bytes() == before
    assert not credentials._folder().exists()


def test_a_second_login_revokes_what_the_first_one_got(call: Run, site: Site, ring: Ring) -> None:
    call("login", "files")
    assert no_secret(call("login", "files")).code == 0
    assert ring.kept == {(SERVICE, "robot"): "given-secret-2"}
    assert site.valid == ["given-secret-2"]
    site.set(down=True)
    ran = no_secret(call("login", "files"))
    assert ran.code == 0
    assert "n'a pas pu être révoqué" in ran.err


@pytest.mark.parametrize("forgets", [True, False])
def test_without_a_keyring_a_file_and_it_says_so(
    call: Run, site: Site, monkeypatch: pytest.MonkeyPatch, forgets: bool
) -> None:
    failure = None if forgets else RuntimeError("D-Bus")
    monkeypatch.setitem(sys.modules, "keyring", Ring(failure, forgets=forgets))
    ran = no_secret(call("login", "files"))
    assert ran.code == 0
    file = secret_file(SERVICE, "robot")
    assert str(file) in ran.err
    assert role_secret("files", CLOUD, {}) == "given-secret-1"
    assert no_secret(call("logout", "files")).code == 0
    assert not file.exists()
    assert site.valid == []


def test_a_keyring_that_works_again_takes_over_from_the_file(call: Run, site: Site, ring: Ring) -> None:
    site.set(valid=["older"])
    to_file(SERVICE, "robot", "older")
    assert call("login", "files").code == 0
    assert not secret_file(SERVICE, "robot").exists()
    assert site.valid == ["given-secret-1"]


def test_json(call: Run, site: Site, ring: Ring) -> None:
    ran = no_secret(call("login", "files", "--json"))
    assert ran.json == {
        "role": "files",
        "platform": "site",
        "server": "https://cloud.example",
        "user": "robot",
        "stored": "keyring",
        "file": None,
    }
    assert "https://cloud.example/agree?x=1" in ran.err
    ran = no_secret(call("logout", "files", "--json"))
    assert (ran.json["removed"], ran.json["revoked"]) == ("keyring", True)
    ran = call("logout", "files", "--json")
    assert (ran.code, ran.json["removed"], ran.json["revoked"]) == (0, None, False)


def test_logout_keeps_what_it_could_not_revoke(call: Run, site: Site, ring: Ring) -> None:
    call("login", "files")
    site.set(down=True)
    ran = no_secret(call("logout", "files"))
    assert ran.code == 1
    assert "--forget" in ran.err
    assert ring.kept
    ran = no_secret(call("logout", "files", "--forget"))
    assert ran.code == 0
    assert "pas révoqué" in ran.err
    assert not ring.kept


def test_a_platform_that_hands_out_nothing(call: Run, site: Site, ring: Ring) -> None:
    ran = call("login", "wiki")
    assert ran.code == 2
    assert "ALLIES_SYNC_WIKI_SECRET" in ran.err
    assert call("logout", "wiki").code == 0


def test_another_role(call: Run, site: Site) -> None:
    ran = call("login", "fichiers")
    assert ran.code == 2
    assert "files" in ran.err


def test_another_account_agreed(call: Run, site: Site, ring: Ring) -> None:
    site.set(user="camille")
    ran = no_secret(call("login", "files"))
    assert ran.code == 1
    assert "camille" in ran.err
    assert not ring.kept
    assert site.valid == []


def test_a_secret_that_cannot_be_kept_is_given_back(call: Run, site: Site, no_ring: None) -> None:
    credentials._folder().parent.mkdir(parents=True)
    credentials._folder().write_text("in the way")
    ran = no_secret(call("login", "files"))
    assert ran.code != 0
    assert site.valid == []


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "javascript:alert(1)", "https://x\x1b]0;y", "https://x --evil", ""]
)
def test_an_address_that_is_none_is_not_opened(call: Run, site: Site, ring: Ring, address: str) -> None:
    site.set(address=address)
    ran = call("login", "files")
    assert ran.code == 1
    assert not ring.kept


@pytest.mark.parametrize(("arguments", "opens"), [((), True), (("--no-browser",), False), (("--json",), False)])
def test_the_browser(
    call: Run, site: Site, ring: Ring, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], opens: bool
) -> None:
    import webbrowser

    asked: list[str] = []
    record: Callable[[str], None] = asked.append
    monkeypatch.setattr(webbrowser, "open", record)
    call("login", "files", *arguments, env={"DISPLAY": ":0"})
    assert asked == (["https://cloud.example/agree?x=1"] if opens else [])


def test_a_password_from_standard_input(
    call: Run, site: Site, ring: Ring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert call("login", "files", "--password").code == 2  # nothing there
    from allies_sync.cli import show_login

    for typed, code in (("own password\n", 0), ("wrong password\n", 1)):
        monkeypatch.setattr(show_login, "sys", types.SimpleNamespace(**{**vars(sys), "stdin": io.StringIO(typed)}))
        ran = no_secret(call("login", "files", "--password"))
        assert ran.code == code
        assert "wrong password" not in ran.said
    assert ring.kept == {(SERVICE, "robot"): "given-secret-1"}


def test_a_password_typed_unseen(call: Run, site: Site, ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    from allies_sync.cli import show_login

    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(show_login, "sys", types.SimpleNamespace(**{**vars(sys), "stdin": terminal}))
    monkeypatch.setattr(getpass, "getpass", lambda prompt: "own password" if "robot" in prompt else "")
    assert no_secret(call("login", "files", "--password")).code == 0


def test_the_environment_comes_first_and_is_told(call: Run, site: Site, ring: Ring) -> None:
    variable = {"ALLIES_SYNC_FILES_SECRET": "other secret"}
    ran = no_secret(call("login", "files", env=variable))
    assert ran.code == 0
    assert "ALLIES_SYNC_FILES_SECRET" in ran.err
    # what is taken back is what this machine keeps, not what somebody gave it for once
    ran = no_secret(call("logout", "files", env=variable))
    assert ran.code == 0
    assert site.valid == []
    assert "other secret" not in ran.said
