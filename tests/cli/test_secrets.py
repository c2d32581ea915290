"""Secrets: bound to the server that they are for, and in no message."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from allies_sync.engagements import secrets
from allies_sync.engagements.config import Collective, Config, RoleConfig
from allies_sync.engagements.secrets import hide, origin, redact, role_secret, service, variable
from allies_sync.platforms.errors import Denied


def config(**settings: str) -> Config:
    return Config(Collective(), {"wiki": RoleConfig("p", settings)}, Path("/"))


class Keyring(types.ModuleType):
    """A keyring with some secrets, or one that is broken."""

    def __init__(self, found: dict[tuple[str, str], str], failure: Exception | None = None) -> None:
        super().__init__("keyring")
        import keyring.errors

        self.errors = keyring.errors
        self.found = found
        self.failure = failure

    def get_password(self, name: str, user: str) -> str | None:
        if self.failure:
            raise self.failure
        return self.found.get((name, user))


def use(monkeypatch: pytest.MonkeyPatch, ring: Keyring) -> None:
    monkeypatch.setitem(sys.modules, "keyring", ring)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://wiki.example.org/?PagePrincipale", "https://wiki.example.org"),
        ("HTTPS://Wiki.Example.org:443/x", "https://wiki.example.org"),
        ("http://wiki.example.org:8080", "http://wiki.example.org:8080"),
        ("http://wiki.example.org:80", "http://wiki.example.org"),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"),
        ("https://me@wiki.example.org", "https://wiki.example.org"),
        ("ftp://wiki.example.org", None),
        ("https://", None),
        ("https://x:notaport", None),
        ("", None),
    ],
)
def test_origin(url: str, expected: str | None) -> None:
    assert origin(url) == expected


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Keyring({}, AssertionError("asked")))
    found = role_secret("wiki", config(url="https://a.example", user="u"), {variable("wiki"): "from env"})
    assert found == "from env"
    assert variable("files") == "ALLIES_SYNC_FILES_SECRET"


def test_the_keyring_is_bound_to_server_and_account(monkeypatch: pytest.MonkeyPatch) -> None:
    name = service("https://a.example/wiki")
    assert name is not None
    use(monkeypatch, Keyring({(name, "robot"): "kept"}))
    assert role_secret("wiki", config(url="https://a.example/other", user="robot"), {}) == "kept"
    for url, user in (
        ("https://evil.example", "robot"),
        ("http://a.example", "robot"),
        ("https://a.example:8443", "robot"),
        ("https://a.example.evil.example", "robot"),
        ("https://a.example@evil.example", "robot"),
        ("https://a.example", "other"),
        ("https://a.example", ""),
    ):
        assert role_secret("wiki", config(url=url, user=user), {}) is None


def test_no_address_no_question(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Keyring({}, AssertionError("asked")))
    assert role_secret("wiki", config(path="x"), {}) is None


def failures() -> list[Exception]:
    import keyring.errors

    return [
        keyring.errors.NoKeyringError("none"),
        keyring.errors.KeyringLocked("locked"),
        keyring.errors.InitError("init"),
        RuntimeError("D-Bus: secret=hunter2"),
        OSError("gone"),
    ]


@pytest.mark.parametrize("failure", failures(), ids=lambda failure: type(failure).__name__)
def test_a_broken_keyring_is_a_sentence(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    use(monkeypatch, Keyring({}, failure))
    with pytest.raises(Denied) as caught:
        role_secret("wiki", config(url="https://a.example", user="robot"), {})
    assert "ALLIES_SYNC_WIKI_SECRET" in caught.value.advice
    assert "hunter2" not in caught.value.message + caught.value.advice


def test_a_keyring_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(Denied):
        role_secret("wiki", config(url="https://a.example", user="robot"), {})


def test_redaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_handed_out", {"s3cr3t pass", "abc"})
    text = (
        "GET https://me:hunter2@example.org/ Authorization: Basic bWU6aHVudGVyMg==\n"
        "{'password': 'hunter2', \"token\": \"t0k3n\"} app_password=hunter2&x=1 s3cr3t pass abc from-env\n"
        "Cookie: session=hunter2; other=hunter2\n"
    )
    told = redact(text, {"ALLIES_SYNC_FILES_SECRET": "from-env"})
    for secret in ("hunter2", "bWU6", "t0k3n", "s3cr3t", "from-env"):
        assert secret not in told
    assert "example.org" in told
    assert "abc" in told  # too short to be anything but a coincidence
    assert "&x=1" in told


def test_what_people_read_keeps_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_handed_out", {"s3cr3t pass"})
    sentence = "Votre mot de passe : il vient du trousseau. Le secret = rien à voir."
    assert hide(sentence, {}) == sentence
    assert hide("https://me:hunter2@example.org s3cr3t pass", {}) == "https://•••@example.org •••"
