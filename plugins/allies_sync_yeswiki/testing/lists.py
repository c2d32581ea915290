"""Lists of choices: pages whose text is JSON, in another shape and under another name in each dialect."""

from __future__ import annotations

import json
from typing import Any

from allies_sync_yeswiki.testing import names, php
from allies_sync_yeswiki.testing.php import Fields
from allies_sync_yeswiki.testing.purifier import purify
from allies_sync_yeswiki.testing.state import WikiState
from allies_sync_yeswiki.testing.triples import LIST, TYPE


def is_list(state: WikiState, tag: str) -> bool:
    return state.triples.value(tag, TYPE) == LIST


def read_list(state: WikiState, tag: str) -> tuple[str, dict[str, str]] | None:
    """Title and labels by key; both shapes are understood."""
    page = state.pages.get(tag)
    if page is None or not is_list(state, tag):
        return None
    try:
        data = json.loads(page.body)
    except ValueError:
        return None
    if "nodes" in data:
        return data["title"], {str(node["id"]): node["label"] for node in _all_nodes(data["nodes"])}
    return data.get("titre_liste", ""), dict(data.get("label") or {})


def _all_nodes(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [found for node in nodes for found in (node, *_all_nodes(node.get("children", [])))]


def options_of_list(state: WikiState, tag: str) -> dict[str, str]:
    found = read_list(state, tag)
    return found[1] if found else {}


def list_body(dev: bool, title: str, labels: dict[str, str]) -> str:
    if dev:
        nodes = [{"id": key, "label": label, "children": []} for key, label in labels.items()]
        return php.json_plain({"title": title, "nodes": nodes})
    return php.json_plain({"titre_liste": title, "label": labels})


def sent_list(state: WikiState, post: Fields) -> tuple[str, dict[str, str]] | None:
    """Title and labels of a form; None when it lacks what this dialect looks at. Titles are not filtered."""
    if state.is_dev:
        if "submit" not in post:
            return None
        try:
            nodes = json.loads(php.texts(post, "nodes") or "[]")
        except ValueError:
            nodes = []
        return php.texts(post, "title"), _labels(state, nodes)
    if "valider" not in post:
        return None
    keys, words = post.get("id") or {}, post.get("label") or {}
    labels = {str(keys[at]): _clean(state, str(word)) for at, word in words.items() if str(keys.get(at, "")) and word}
    return php.texts(post, "titre_liste"), labels


def imported_list(state: WikiState, text: str) -> tuple[str, dict[str, str]] | None:
    """A list as another wiki exported it, in the shape of this one."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    if state.is_dev:
        return str(data.get("title", "")), _labels(state, data.get("nodes") or [])
    labels = data.get("label") or {}
    return str(data.get("titre_liste", "")), {str(key): _clean(state, str(word)) for key, word in labels.items()}


def _labels(state: WikiState, nodes: list[dict[str, Any]]) -> dict[str, str]:
    return {str(node["id"]): _clean(state, str(node["label"])) for node in nodes}


def _clean(state: WikiState, text: str) -> str:
    return purify(text) if state.config.htmlPurifierActivated else text


def create_list(state: WikiState, title: str, labels: dict[str, str], user: str) -> str:
    prefix = "List" if state.is_dev else "Liste "
    tag = names.from_title(prefix + title, lambda name: state.pages.get(name) is not None)
    state.save(tag, list_body(state.is_dev, title, labels), user)
    state.triples.add(tag, TYPE, LIST)
    return tag


def update_list(state: WikiState, tag: str, title: str, labels: dict[str, str], user: str) -> None:
    state.save(tag, list_body(state.is_dev, title, labels), user)
