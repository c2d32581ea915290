"""What no page may ever hold, checked on the HTML as a browser reads it."""

import re
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup

from allies_sync.text.urls import is_local_image, is_safe_link

_TAGS = """
a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5
h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead time tr
u ul var wbr
"""
_ATTRIBUTES = """
alt class colspan datetime dir height href id lang open rel rowspan scope src start title width
"""
TAGS = set(_TAGS.split())
ATTRIBUTES = set(_ATTRIBUTES.split())


@pytest.fixture(scope="session")
def harmless() -> Callable[[str], None]:
    return assert_harmless


def assert_harmless(html: str) -> None:
    """Fail if `html` holds an element, an attribute or an address that does something, or is not balanced."""
    for parser in ("html.parser", "lxml"):
        for tag in BeautifulSoup(f"<main>{html}</main>", parser).find_all(True):
            if tag.name in ("html", "body", "main"):
                continue
            assert tag.name in TAGS, html
            assert set(tag.attrs) <= ATTRIBUTES, html
            if "href" in tag.attrs:
                assert tag.name == "a", html
                assert is_safe_link(str(tag["href"])), html
                assert tag["rel"] == ["noopener", "noreferrer"], html
            if "src" in tag.attrs:
                assert tag.name == "img", html
                assert is_local_image(str(tag["src"])), html
    assert not re.search(r"<(?![a-z/])", html)
    soup = BeautifulSoup(f"<main>{html}</main><aside></aside>", "html.parser")
    assert [tag.name for tag in soup.find_all(True, recursive=False)] == ["main", "aside"], html
