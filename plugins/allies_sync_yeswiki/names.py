"""Where things are in a wiki whose names ignore case and accents, and which all engagements share.

``2027-dynamiques-de-cooperation`` is ``Dynamiques-de-cooperation-2027``, its programme
``Dynamiques-de-cooperation-2027.Programme``: no other engagement, and no other page, comes to the same name.
"""

from __future__ import annotations

import re
from hashlib import sha256
from urllib.parse import quote

from allies_sync.model.resources import Form, Page, Resource
from allies_sync.platforms.errors import Refused
from allies_sync.platforms.interface import Space
from allies_sync.text.messages import _
from allies_sync.text.names import is_slug, slugify

SHARED = "_collectif"
MARK = "allies-sync:"

_YEAR = re.compile(r"(\d{4})-(.+)")
_LONGEST = 90
_FIRST_FORM, _FORMS = 100_000_000, 3_000_000_000
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,190}")


def base_name(space: Space) -> str:
    """How all page names of an engagement begin."""
    if space.collective or space.slug == SHARED:
        return "Collectif"
    if not is_slug(space.slug):
        raise Refused(_("« {slug} » n'est pas un identifiant d'accompagnement.").format(slug=space.slug[:80]))
    found = _YEAR.fullmatch(space.slug)
    if found:
        return f"{_capital(found[2])}-{found[1]}"
    return f"Eng-{space.slug}"


def page_tag(space: Space, page: Page) -> str:
    """The name of a page in the wiki; that of the start page is the engagement's own."""
    base = base_name(space)
    return base if page.home else f"{base}.{_capital(_short(page.name))}"


def banner_tag(space: Space) -> str:
    """The page that shows above all pages of an engagement. No page that is declared has a ``_`` in its name."""
    return f"{base_name(space)}_Entete"


def entry_tag(space: Space, name: str) -> str:
    """The name of an entry that the tool owns."""
    return f"{base_name(space)}.Fiche-{_short(name)}"


def is_ours(key: str) -> bool:
    """Whether a folded name could be that of a page of ours, which are the only ones with a dot or these endings."""
    return "." in key or "_entete" in key or "_compte-" in key or "_direct-" in key


def is_entry_tag(tag: str) -> bool:
    """Whether an entry is one that the tool owns: what participants send gets no name with a dot."""
    return ".fiche-" in fold_tag(tag)


def form_number(space: Space, form: Form) -> str:
    """The number under which a form is created: its own for ever, wherever and whenever that is."""
    digest = sha256(space.mark(form.id).encode()).digest()
    return str(_FIRST_FORM + int.from_bytes(digest[:6], "big") % _FORMS)


def is_tag(text: str) -> bool:
    """Whether a name is one that this plugin could have given, or found."""
    return _TAG.fullmatch(text) is not None


def fold_tag(tag: str) -> str:
    """The key under which two of our names are one for the wiki. They are ASCII."""
    return tag.lower()


def page_url(base: str, tag: str) -> str:
    """The address of a page, for people."""
    return f"{base}/?{quote(tag, safe='')}"


def form_url(base: str, number: str) -> str:
    """Where a form is filled in."""
    return f"{base}/?BazaR&vue=saisir&action=saisir_fiche&id={number}"


def mark_of(space: Space, resource: Resource) -> str:
    return space.mark(resource.id)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _short(name: str) -> str:
    """A name of a page or an entry in ``[a-z0-9-]``; what had to be changed bears a mark of what it was."""
    if is_slug(name) and len(name) <= _LONGEST:
        return name
    try:
        words = slugify(name, _LONGEST - 10)
    except ValueError:
        words = "page"
    return f"{words}-{sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"
