"""``allies-sync.toml``: where it is found, what is refused, what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from allies_sync.engagements.config import (
    CONFIG_NAME,
    config_text,
    find_config,
    load_config,
    open_settings,
    read_config,
    write_config,
)
from allies_sync.engagements.errors import UserError
from allies_sync.platforms.errors import Full

GOOD = """
[collective]
name = "Cré-sol"
licence = "CC-BY-4.0"
language = "en"

[roles.files]
platform = "local"
path = "ici"

[roles.wiki]
platform = "other"
url = "https://wiki.example.org"
user = "robot"

[templates]
folders = ["modeles"]
"""


class Settings(BaseModel):
    """A platform's settings whose author did not think of mistyped keys."""

    path: str
    depth: int = 1


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str
    user: str = ""


@pytest.fixture(autouse=True)
def no_user_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "user-config"
    monkeypatch.setattr("platformdirs.user_config_path", lambda *args, **options: folder)
    return folder


def written(folder: Path, text: str) -> Path:
    file = folder / CONFIG_NAME
    file.write_text(text, encoding="utf-8")
    return file


def test_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "modeles").mkdir()
    config = read_config(written(tmp_path, GOOD))
    assert config.collective.name == "Cré-sol"
    assert config.collective.licence.value == "CC-BY-4.0"
    assert config.collective.language == "en"
    assert config.roles["files"].platform == "local"
    assert config.roles["files"].settings == {"path": str(tmp_path / "ici")}
    assert config.roles["wiki"].settings == {"url": "https://wiki.example.org", "user": "robot"}
    assert config.template_folders == (tmp_path / "modeles",)
    assert not config.by_default


def test_found_above_and_relative_to_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "modeles").mkdir()
    written(tmp_path, GOOD)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_config(deep) == tmp_path / CONFIG_NAME
    assert load_config(folder=deep).roles["files"].settings == {"path": str(tmp_path / "ici")}


def test_the_nearest_counts_then_the_users(tmp_path: Path, no_user_configuration: Path) -> None:
    no_user_configuration.mkdir()
    user = written(no_user_configuration, '[collective]\nname = "user"\n')
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_config(deep) == user
    near = written(deep.parent, '[collective]\nname = "near"\n')
    assert find_config(deep) == near


def test_without_any_both_roles_are_here(tmp_path: Path) -> None:
    config = load_config(folder=tmp_path)
    assert config.by_default
    assert config.file is None
    assert config.roles["files"].platform == config.roles["wiki"].platform == "local"
    assert config.roles["files"].settings == {"path": str(tmp_path / "espaces" / "fichiers")}
    assert config.roles["wiki"].settings == {"path": str(tmp_path / "espaces" / "wiki")}


def test_a_file_without_roles_keeps_things_beside_it(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, '[collective]\nname = "x"\n'))
    assert config.by_default
    assert config.roles["files"].settings == {"path": str(tmp_path / "espaces" / "fichiers")}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[collective]\nnam = "x"\n', 2, ["nam", "name"]),
        ('[collectif]\nname = "x"\n', 1, ["collectif", "collective"]),
        ('[roles.files]\nplatform = "local"\n', 1, ["wiki"]),
        ('[roles.files]\npath = "x"\n[roles.wiki]\nplatform = "local"\n', 1, ["platform"]),
        ('[roles.film]\nplatform = "local"\n', 1, ["film"]),
        ('[collective]\nlanguage = "de"\n', 2, ["de", "fr", "en"]),
        ('[collective]\nlicence = "MIT"\n', 2, ["MIT", "CC-BY-SA-4.0"]),
        ("[collective]\nname = Cré-sol\n", 2, ["Cré-sol"]),
        ("[collective\n", 1, []),
        ('[templates]\nfolders = "modeles"\n', 2, ["folders"]),
    ],
)
def test_every_mistake_names_file_and_line(tmp_path: Path, text: str, line: int, words: list[str]) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UserError) as caught:
        read_config(file)
    told = "\n".join(caught.value.details)
    assert str(file) in told
    assert f"ligne {line} " in told
    for word in words:
        assert word in told
    assert caught.value.advice


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_config(written(tmp_path, '[collective]\nnam = 1\nlanguage = "de"\nlicence = 3\n'))
    assert len(caught.value.details) == 3


@pytest.mark.parametrize("kind", ["missing", "folder", "latin1", "broken-link"])
def test_files_that_cannot_be_read(tmp_path: Path, kind: str) -> None:
    file = tmp_path / CONFIG_NAME
    if kind == "folder":
        file.mkdir()
    elif kind == "latin1":
        file.write_bytes('name = "é"'.encode("latin-1"))
    elif kind == "broken-link":
        file.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError) as caught:
        load_config(file)
    assert str(file) in caught.value.message
    assert caught.value.advice


@pytest.mark.parametrize("url", ["https://me:pass@example.org/x", "http://a:b@c", "davs://a:@c/"])
def test_an_address_with_a_password_is_refused_without_repeating_it(tmp_path: Path, url: str) -> None:
    text = f'[roles.files]\nplatform = "local"\npath = "x"\n[roles.wiki]\nplatform = "p"\nurl = "{url}"\n'
    with pytest.raises(UserError) as caught:
        read_config(written(tmp_path, text))
    told = caught.value.message + caught.value.advice + "".join(caught.value.details)
    assert "ligne 6" in told
    assert "ALLIES_SYNC_WIKI_SECRET" in told
    assert url not in told
    assert "pass@" not in told


def test_an_address_with_only_a_name_is_not_a_password(tmp_path: Path) -> None:
    text = '[roles.files]\nplatform = "local"\npath = "x"\n[roles.wiki]\nplatform = "p"\nurl = "https://a@c/d:e@f"\n'
    assert read_config(written(tmp_path, text)).roles["wiki"].settings["url"]


def test_a_template_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_config(written(tmp_path, '[collective]\nname = "x"\n[templates]\nfolders = ["modeles"]\n'))
    assert "ligne 4" in caught.value.message
    assert "modeles" in caught.value.message


def test_settings_of_a_platform_with_lines(tmp_path: Path) -> None:
    text = '[roles.files]\nplatform = "local"\npath = "x"\ndepth = "deep"\npaht = "y"\n[roles.wiki]\nplatform = "p"\n'
    config = read_config(written(tmp_path, text))
    with pytest.raises(UserError) as caught:
        open_settings(config, "files", Settings)
    told = "\n".join(caught.value.details)
    assert "ligne 4" in told
    assert "ligne 5" in told
    assert "paht" in told
    with pytest.raises(UserError) as caught:
        open_settings(config, "wiki", Strict)
    assert "ligne 6" in caught.value.details[0]


def test_settings_that_fit(tmp_path: Path) -> None:
    settings = open_settings(load_config(folder=tmp_path), "files", Settings)
    assert isinstance(settings, Settings)
    assert settings.path == str(tmp_path / "espaces" / "fichiers")


def test_what_init_writes_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "new" / CONFIG_NAME
    write_config(file, config_text('Les "amies" du bout\\ du monde · é', "./espaces"))
    config = read_config(file)
    assert config.collective.name == 'Les "amies" du bout\\ du monde · é'
    assert config.roles["files"].settings["path"] == str(tmp_path / "new" / "espaces" / "fichiers")
    assert not config.by_default
    assert [path.name for path in file.parent.iterdir()] == [CONFIG_NAME]


def test_an_existing_configuration_is_never_overwritten(tmp_path: Path) -> None:
    file = written(tmp_path, "# mine\n")
    with pytest.raises(UserError):
        write_config(file, config_text("x", "y"))
    assert file.read_text() == "# mine\n"


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import os

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Full):
        write_config(tmp_path / CONFIG_NAME, "x = 1\n")
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as caught:
        write_config(tmp_path / "file" / CONFIG_NAME, "x = 1\n")
    assert "n'est pas un dossier" in caught.value.message
