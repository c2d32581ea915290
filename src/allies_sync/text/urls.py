"""Which addresses a page may hold: nothing that runs, and no image that calls another server."""

from __future__ import annotations

import re
from collections.abc import Callable

# Gives the URL of a target, or None: then its text stands without a link.
Link = Callable[[str], str | None]

REF_SCHEME = "ref"  # our own references, "ref:page:programme"
SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel"})

_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
_IGNORED_BY_BROWSERS = re.compile("[\t\n\r]")
_CONTROLS = "".join(map(chr, range(0x21)))
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/]+={0,2}", re.IGNORECASE)


def is_safe_link(url: str) -> bool:
    """Tell whether a link may lead to `url`: relative, http(s), mailto or tel, as a browser would read it."""
    found = _SCHEME.match(_as_read(url))
    return not found or found[1].lower() in SAFE_SCHEMES


def is_local_image(url: str) -> bool:
    """Tell whether showing the image `url` asks nothing of another server: a relative path, or PNG or JPEG data."""
    if _DATA_IMAGE.fullmatch(url):
        return True
    read = _as_read(url).replace("\\", "/")  # as browsers do
    return bool(read) and not read.startswith("//") and not _SCHEME.match(read)


def link_url(target: str, link: Link | None) -> str | None:
    """Return the URL for the target of a link; None if there is none, or none that is safe."""
    url = link(target) if link and target else target
    return url if url and is_safe_link(url) else None


def image_url(target: str, link: Link | None) -> str | None:
    """Return the URL for the target of an image, local or not; None if there is none, or none that is safe."""
    if _DATA_IMAGE.fullmatch(target):
        return target
    url = link(target) if link and target else target
    return url if url and (is_safe_link(url) or is_local_image(url)) else None


def _as_read(url: str) -> str:
    return _IGNORED_BY_BROWSERS.sub("", url.strip(_CONTROLS))
