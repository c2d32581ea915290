"""The plugin manager, with distributions that really are on the path: a package and its .dist-info."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from allies_sync.platforms.hookspecs import Event
from allies_sync.platforms.manager import PluginError, Plugins, command_names, load_command, load_plugins

PLATFORM = """
    from pydantic import BaseModel
    from allies_sync.platforms.hookspecs import hookimpl
    from allies_sync.platforms.interface import PlatformType

    @hookimpl
    def allies_sync_platforms():
        return [PlatformType({name!r}, "Titre", frozenset({{"files"}}), BaseModel, lambda opening: None)]
"""
EVENT = Event("2027-essai", "Essai", "ouvert", {"home": "https://example.org"})


class Site:
    """A folder on sys.path into which fake distributions are installed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def module(self, name: str, code: str) -> None:
        (self.path / f"{name}.py").write_text(textwrap.dedent(code), "utf-8")

    def install(self, distribution: str, points: dict[str, dict[str, str]], version: str = "1.2") -> None:
        info = self.path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        groups = [
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
            for group, entries in points.items()
        ]
        (info / "entry_points.txt").write_text("\n".join(groups))

    def plugin(self, name: str, code: str) -> None:
        self.module(name, code)
        self.install(name.replace("_", "-"), {"allies_sync": {name: name}})


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    site = Site(folder)
    yield site
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(folder) in str(sys.modules[name].__file__):
            del sys.modules[name]


def problem(plugins: Plugins, name: str) -> str:
    [sentence] = [problem.sentence for problem in plugins.problems if problem.plugin == name]
    assert "\n" not in sentence and "Traceback" not in sentence
    return sentence


def names(plugins: Plugins) -> set[str]:
    return {plugin.name for plugin in plugins.installed}


def test_an_installed_plugin_is_found_by_its_entry_point(site: Site) -> None:
    site.module("demo_plugin", PLATFORM.format(name="demo"))
    site.install(
        "allies-sync-demo",
        {"allies_sync": {"demo": "demo_plugin"}, "allies_sync.commands": {"demo-export": "demo_plugin:nothing"}},
    )
    plugins = load_plugins({})
    [demo] = [plugin for plugin in plugins.installed if plugin.name == "demo"]
    assert (demo.distribution, demo.version, demo.bundled) == ("allies-sync-demo", "1.2", False)
    assert demo.commands == ("demo-export",)
    assert [kind.name for kind in demo.platforms] == ["demo"]
    assert plugins.platform_types()["demo"].title == "Titre"


def test_a_module_under_development_needs_no_installation(site: Site) -> None:
    site.module("first_one", PLATFORM.format(name="first"))
    site.module("second_one", PLATFORM.format(name="second"))
    plugins = load_plugins({"ALLIES_SYNC_PLUGINS": " first_one , second_one,,first_one"})
    assert {"first", "second"} <= set(plugins.platform_types())
    assert [plugin.name for plugin in plugins.installed].count("first_one") == 1
    assert not plugins.problems


def test_a_module_that_is_also_installed_is_loaded_once(site: Site) -> None:
    site.plugin("demo_plugin", PLATFORM.format(name="demo"))
    plugins = load_plugins({"ALLIES_SYNC_PLUGINS": "demo_plugin"})
    assert [plugin.name for plugin in plugins.installed].count("demo_plugin") == 1
    assert not plugins.problems


BROKEN = {
    "import_error": ("import does_not_exist_at_all", "does_not_exist_at_all"),
    "syntax_error": ("def (:", "SyntaxError"),
    "exits": ("raise SystemExit('no thanks')", "no thanks"),
    "raises": (
        """
        from allies_sync.platforms.hookspecs import hookimpl
        @hookimpl
        def allies_sync_platforms():
            raise ValueError("first line\\nsecond line")
        """,
        "first line second line",
    ),
    "wrong_type": (
        """
        from allies_sync.platforms.hookspecs import hookimpl
        @hookimpl
        def allies_sync_platforms():
            return ["nextcloud"]
        """,
        "PlatformType",
    ),
    "not_a_list": (
        """
        from allies_sync.platforms.hookspecs import hookimpl
        @hookimpl
        def allies_sync_templates():
            return "templates"
        """,
        "Path",
    ),
    "unknown_hook": (
        """
        from allies_sync.platforms.hookspecs import hookimpl
        @hookimpl
        def allies_sync_platform():
            return []
        """,
        "allies_sync_platform",
    ),
    "unknown_unmarked": ("def allies_sync_plattforms():\n    return []\n", "allies_sync_plattforms"),
    "unmarked": ("def allies_sync_platforms():\n    return []\n", "@hookimpl"),
    "wrong_argument": (
        """
        from allies_sync.platforms.hookspecs import hookimpl
        @hookimpl
        def engagement_opened(engagement):
            pass
        """,
        "engagement",
    ),
    "bad_name": (PLATFORM.format(name="Été à l'école"), "Été"),
    "lazy_error": (
        """
        from allies_sync.platforms.hookspecs import hookimpl
        @hookimpl
        def allies_sync_templates():
            yield 1 / 0
        """,
        "ZeroDivisionError",
    ),
    "no_settings": (
        """
        from allies_sync.platforms.hookspecs import hookimpl
        from allies_sync.platforms.interface import PlatformType
        @hookimpl
        def allies_sync_platforms():
            return [PlatformType("nothing", "", frozenset({"files"}), dict, print)]
        """,
        "nothing",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_reported_and_the_others_go_on(site: Site, case: str) -> None:
    code, clue = BROKEN[case]
    site.plugin(f"aaa_{case}", code)
    site.plugin("zzz_fine", PLATFORM.format(name="fine"))
    plugins = load_plugins({})
    assert f"aaa_{case}" not in names(plugins)
    assert clue in problem(plugins, f"aaa_{case}")
    assert "fine" in plugins.platform_types()


def test_a_broken_module_under_development_is_reported_too(site: Site) -> None:
    plugins = load_plugins({"ALLIES_SYNC_PLUGINS": "no_such_module_here"})
    assert "no_such_module_here" in problem(plugins, "no_such_module_here")


def test_two_plugins_cannot_bring_the_same_platform(site: Site) -> None:
    site.plugin("aaa_first", PLATFORM.format(name="shared"))
    site.plugin("bbb_second", PLATFORM.format(name="shared"))
    plugins = load_plugins({})
    assert "aaa_first" in problem(plugins, "bbb_second")
    assert names(plugins) & {"aaa_first", "bbb_second"} == {"aaa_first"}


def test_template_folders(site: Site, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    site.plugin(
        "with_templates",
        f"""
        from pathlib import Path
        from allies_sync.platforms.hookspecs import hookimpl
        @hookimpl
        def allies_sync_templates():
            return [Path({str(tmp_path / "models")!r}), Path({str(tmp_path / "missing")!r})]
        """,
    )
    plugins = load_plugins({})
    assert tmp_path / "models" in plugins.template_folders()
    assert "missing" in problem(plugins, "with_templates")


def test_an_event_reaches_everybody_even_when_one_fails(site: Site, tmp_path: Path) -> None:
    told = tmp_path / "told"
    site.plugin(
        "aaa_fails",
        """
        from allies_sync.platforms.hookspecs import hookimpl
        @hookimpl
        def engagement_opened(event):
            raise RuntimeError(f"no mail server for {event.slug}")
        """,
    )
    site.plugin(
        "bbb_notes",
        f"""
        from pathlib import Path
        from allies_sync.platforms.hookspecs import hookimpl
        @hookimpl
        def engagement_opened(event):
            print("chatter")
            Path({str(told)!r}).write_text(event.title)
        """,
    )
    [warning] = load_plugins({}).notify("engagement_opened", EVENT)
    assert "aaa_fails" in warning and "no mail server for 2027-essai" in warning
    assert told.read_text() == "Essai"
    assert load_plugins({}).notify("some_event_that_nobody_knows", EVENT) == []


def test_what_a_plugin_prints_does_not_reach_our_output(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.plugin("prints", 'print("hello")\n')
    load_plugins({})
    captured = capsys.readouterr()
    assert captured.out == "" and "hello" in captured.err


def test_commands_are_listed_without_importing_their_plugin(site: Site) -> None:
    site.module("loud", "raise RuntimeError('imported')")
    site.module("quiet", "def run(): return 'ran'")
    site.install("loud-one", {"allies_sync.commands": {"loud": "loud:run"}})
    site.install("quiet-one", {"allies_sync.commands": {"quiet": "quiet:run"}})
    assert {"loud", "quiet"} <= set(command_names())
    assert "loud" not in sys.modules
    assert load_command("quiet")() == "ran"
    with pytest.raises(PluginError, match=r"loud-one.*imported"):
        load_command("loud")
    with pytest.raises(PluginError, match="nowhere"):
        load_command("nowhere")


def test_the_manager_is_light() -> None:
    code = """
import sys
import allies_sync.platforms.manager as manager
manager.command_names()
heavy = {"pydantic", "requests", "rich", "jinja2", "markdown_it", "pluggy", "webdav3", "bs4"}
print(sorted(heavy & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
