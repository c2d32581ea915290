"""Where each thing of a wiki is, inside the engagement's folder.

A page and a form are two files: what people edit (the source), and what is made of it (a web page). A list and an
entry are one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from allies_sync.model.resources import Entry, Page, Resource
from allies_sync.platforms.errors import Suspicious
from allies_sync.platforms.interface import COLLECTIVE, Known
from allies_sync.text.messages import _
from allies_sync.text.names import is_slug, slugify

STYLE = "style.css"
INDEX = "index"
SOURCES = "sources"
FORMS = "formulaires"
LISTS = "listes"
ENTRIES = "fiches"
ANSWERS = "reponses"

_SOURCES = {
    "page": re.compile(rf"{SOURCES}/(?P<stem>[a-z0-9-]+)\.md"),
    "form": re.compile(rf"{FORMS}/(?P<stem>[a-z0-9-]+)\.json"),
    "list": re.compile(rf"{LISTS}/(?P<stem>[a-z0-9-]+)\.json"),
    "entry": re.compile(rf"{ENTRIES}/(?P<form>[a-z0-9-]+)/(?P<stem>[a-z0-9-]+)\.json"),
}
_NAMED = re.compile(
    rf"(?:\.\./(?P<space>{COLLECTIVE})/)?(?P<folder>(?:{FORMS}|{LISTS})/)?(?P<stem>[a-z0-9-]+)\.(?:html|json)"
)


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one thing, relative to the engagement's folder. ``rendered`` is empty when there is none."""

    kind: str
    source: str
    rendered: str = ""

    @property
    def address(self) -> str:
        """What people are sent to."""
        return self.rendered or self.source

    @property
    def stem(self) -> str:
        return self.source.rpartition("/")[2].rpartition(".")[0]


def files_of(resource: Resource) -> Files:
    """Where a declared thing goes."""
    stem = safe_stem(getattr(resource, "name", ""))
    if isinstance(resource, Page):
        if resource.home:
            stem = INDEX
        elif stem == INDEX:
            stem = f"page-{INDEX}"
        return page_files(stem)
    if resource.kind == "form":
        return form_files(stem)
    if isinstance(resource, Entry):
        return Files("entry", f"{ENTRIES}/{entries_folder(resource.form)}/{stem}.json")
    return Files("list", f"{LISTS}/{stem}.json")


def page_files(stem: str) -> Files:
    return Files("page", f"{SOURCES}/{stem}.md", f"{stem}.html")


def form_files(stem: str) -> Files:
    return Files("form", f"{FORMS}/{stem}.json", f"{FORMS}/{stem}.html")


def files_known(slug: str, kind: str, known: Known) -> Files:
    """Where a remembered thing is. Raises Suspicious for anything but a place of ours."""
    pattern = _SOURCES.get(kind)
    space, _slash, source = known.remote_id.partition("/")
    found = pattern.fullmatch(source) if pattern and space == slug else None
    files = None
    if found and all(is_slug(part) for part in found.groupdict().values()):
        stem = found["stem"]
        if kind == "page":
            files = page_files(stem)
        elif kind == "form":
            files = form_files(stem)
        else:
            files = Files(kind, source)
    if files is None or known.address.path != files.address:
        raise Suspicious(
            _("Une adresse mémorisée n'est pas une place de ce wiki : « {path} ».").format(
                path=f"{known.remote_id} · {known.address.path}"[:200]
            )
        )
    return files


def entries_folder(form: str) -> str:
    """The folder of a form's entries, by the form's id: ``form:ressources``."""
    return safe_stem(form.partition(":")[2])


def safe_stem(name: str) -> str:
    """A name as a part of an address: lower case, without accents; never empty."""
    try:
        return slugify(name)
    except ValueError:
        return "n-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def name_of(relative: str, folder: str) -> str | None:
    """How sources name a page, form or list at a link of their space: ``programme``, ``_collectif/ressources``."""
    found = _NAMED.fullmatch(relative)
    if not found or (found["folder"] or "") != folder or not is_slug(found["stem"]):
        return None
    return f"{found['space']}/{found['stem']}" if found["space"] else found["stem"]


def split_name(name: str) -> tuple[str, str] | None:
    """The space ("" for the own one) and the stem of such a name; None when it is none."""
    space, slash, stem = name.rpartition("/")
    if not is_slug(stem) or (slash and space != COLLECTIVE):
        return None
    return space, stem
