"""Addresses that a page may hold."""

import pytest

from allies_sync.text.urls import image_url, is_local_image, is_safe_link, link_url


@pytest.mark.parametrize(
    "url",
    [
        "https://a.fr/b",
        "HTTP://a.fr",
        "mailto:a@b.fr",
        "tel:+33123",
        "programme.html",
        "../a b.html",
        "#a",
        "?a=1",
        "/a:b",
        "//a.fr/b",
        "a/b:c",
        "%6Aavascript:alert(1)",
    ],
)
def test_safe_links(url: str) -> None:
    assert is_safe_link(url)
    assert link_url(url, None) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "vbscript:a",
        "data:text/html,a",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "ref:page:a",
        "blob:a",
        "a.b+c-1:x",
    ],
)
def test_unsafe_links(url: str) -> None:
    assert not is_safe_link(url)
    assert link_url(url, None) is None
    assert link_url("ref:page:x", lambda target: url) is None


@pytest.mark.parametrize(
    "url", ["img/a.png", "/img/a.png", "../a.png", "?a", "data:image/png;base64,AAAA", "a/b:c.png"]
)
def test_images_from_here(url: str) -> None:
    assert is_local_image(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.fr/a.png",
        "//a.fr/a.png",
        "\\\\a.fr/a.png",
        "/\\a.fr/a.png",
        "/\t/a.fr/a.png",
        " //a.fr",
        "ftp:a",
        "",
        "data:image/svg+xml;base64,AAAA",
        "data:text/html;base64,AAAA",
        "data:image/png,<svg>",
        "data:image/gif;base64,AA",
    ],
)
def test_images_from_elsewhere(url: str) -> None:
    assert not is_local_image(url)


def test_the_callback_decides() -> None:
    assert link_url("ref:page:a", lambda target: f"{target[9:]}.html") == "a.html"
    assert link_url("a.html", lambda target: None) is None
    assert link_url("", lambda target: "a.html") is None
    assert image_url("ref:document:a", lambda target: "a.png") == "a.png"
    assert image_url("data:image/png;base64,AAAA", lambda target: None) == "data:image/png;base64,AAAA"
    assert image_url("data:image/svg+xml,a", lambda target: target) is None
