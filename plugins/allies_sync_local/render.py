"""Web pages made of what :mod:`site` gathered. The same bytes for the same model."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from allies_sync.text.markdown import render_people_html
from allies_sync.text.messages import LANGUAGES, using_language
from allies_sync.text.urls import is_safe_link
from allies_sync_local import words
from allies_sync_local.fragment import Fragments, spaced
from allies_sync_local.integrity import SEAL, sealed_page, sealed_style
from allies_sync_local.site import Model, inputs_of, rebased

_TEMPLATES = ("base.html", "page.html", "form.html", "widgets.html")


def web_page(model: Model) -> bytes:
    """The web page of a model, sealed."""
    language = model["chrome"]["language"]
    with using_language(language if language in LANGUAGES else "fr"):
        text = _form(model) if model["kind"] == "form" else _page(model)
    return sealed_page(text, inputs_of(model))


@cache
def stylesheet() -> bytes:
    """The stylesheet, sealed."""
    return sealed_style(_resource("style.css"))


def _page(model: Model) -> str:
    fragments = Fragments(model["chrome"]["language"])
    blocks = [_shown(block, fragments) for block in model["blocks"]]
    title = fragments.title or (model["chrome"]["title"] if model["home"] else model["stem"].capitalize())
    return _render("page.html", model, title=title, blocks=blocks)


def _form(model: Model) -> str:
    fragments = Fragments(model["chrome"]["language"])
    fragments.title = spaced(model["title"], model["chrome"]["language"]) or words.words()["untitled"]
    notice = [_shown(block, fragments) for block in model["notice"]]
    asks = any(_about_organisation(question["label"]) for question in model["questions"])
    return _render("form.html", model, title=fragments.title, notice=notice, ask_organisation=not asks)


def _about_organisation(label: str) -> bool:
    return any(word in label.lower() for word in ("organisation", "structure", "organization"))


def _shown(block: Model, fragments: Fragments) -> Model:
    """A block with its text as HTML."""
    if block["is"] == "text":
        references, prefix = block["references"], block["prefix"]

        def link(target: str) -> str | None:
            if target.startswith("ref:"):
                url = references.get(target.removeprefix("ref:"))
                return url if isinstance(url, str) else None
            return rebased(target, prefix)

        return {**block, "html": Markup(fragments.finish(render_people_html(block["text"], link=link)))}  # noqa: S704
    if "href" in block and not is_safe_link(block["href"]):
        return {**block, "href": ""}
    return block


def _render(template: str, model: Model, **values: Any) -> str:
    chrome = model["chrome"]
    title = values.pop("title")
    # what the whole space has to say, and what a form says of its answers: two notices
    space_notice = chrome.get("notice", "")
    context = {**chrome, **values, "space_notice": space_notice, "model": model}
    context |= {"page_title": title, "space_title": chrome["title"]}
    return _environment().get_template(template).render(seal=SEAL, words=words.words(), **context)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader({name: _resource(name) for name in _TEMPLATES}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["spaced"] = spaced
    environment.globals |= {
        "answers_received": words.answers_received,
        "answers_count": words.answers_count,
        "form_summary": words.form_summary,
        "too_few": words.too_few,
    }
    return environment


def _resource(name: str) -> str:
    return files("allies_sync_local").joinpath("html", name).read_text(encoding="utf-8").replace("\r\n", "\n")
