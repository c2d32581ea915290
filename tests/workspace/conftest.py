"""Templates to try: the tiny ones under ``fixtures``, and any that a test writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from allies_sync.model.engagement import Engagement
from allies_sync.workspace.rendering import Collective, Workspace, render_workspace
from allies_sync.workspace.template import Template
from allies_sync.workspace.templates import Templates, load_template

FIXTURES = Path(__file__).parent / "fixtures" / "templates"

HEAD = 'name = "essai"\nversion = 1\ntitle = "Essai"\ndescription = "Un essai."\n'
HOME = '[[page]]\nid = "accueil"\ntitle = "Accueil"\nhome = true\n'

Make = Callable[..., Template]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a template: its declarations after the usual head, and its files."""

    def write_files(
        declarations: str = HOME, files: Mapping[str, str | bytes] | None = None, name: str = "essai"
    ) -> Path:
        folder = tmp_path / "templates" / name
        manifest = HEAD.replace('"essai"', f'"{name}"') + declarations
        for path, content in {"template.toml": manifest, **(files or {})}.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write_files


@pytest.fixture
def make(write: Write, tmp_path: Path) -> Make:
    """Writes and loads a template; the others that were written can be extended."""

    def load(
        declarations: str = HOME, files: Mapping[str, str | bytes] | None = None, name: str = "essai"
    ) -> Template:
        folder = write(declarations, {"pages/accueil.md": "# Accueil\n", **(files or {})}, name)
        return load_template(folder, Templates([tmp_path / "templates"], bundled=False))

    return load


@pytest.fixture(scope="session")
def journee() -> Template:
    """The template of ``fixtures`` that uses everything."""
    return Templates([FIXTURES], bundled=False).get("journee")


def engagement(**data: Any) -> Engagement:
    """An engagement that is open, from as little data as a test needs."""
    given = {"title": "Coopérer", "client": {"name": "DLA"}, "start": "2027-03-12", "state": "ouvert"}
    return Engagement.model_validate({**given, **data})


def rendered(template: Template, known: Any = None, **data: Any) -> Workspace:
    """The workspace of such an engagement."""
    return render_workspace(template, engagement(**data), Collective(name="Collectif"), known=known)


@pytest.fixture
def render() -> Callable[..., Workspace]:
    return rendered


@pytest.fixture
def page(make: Make) -> Callable[..., str]:
    """The text of a page made from one source; widgets as their names in braces."""

    def text(source: str, files: Mapping[str, str] | None = None, **data: Any) -> str:
        workspace = rendered(make(HOME, {**(files or {}), "pages/accueil.md": source}), **data)
        body = workspace.resources[0].body  # type: ignore[attr-defined]
        return "".join(part if isinstance(part, str) else f"{{{part.name}}}" for part in body)

    return text
