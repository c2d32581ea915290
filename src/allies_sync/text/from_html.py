"""HTML that people made on one platform as Markdown for another: only what can be read, never what can act."""

from __future__ import annotations

from allies_sync.text.sanitise import clean_html
from allies_sync.text.urls import Link

LARGEST = 2_000_000
"""Characters of HTML that are converted; more is cut."""


def markdown_of(html: str, *, link: Link | None = None) -> str:
    """The words, headings, lists, tables and links of a page. What is no plain address stays as words.

    ``link`` gives the address of each target, or None for one that leads nowhere any more.
    """
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    clean = clean_html(html[:LARGEST], link=link)
    try:
        text = MarkdownConverter(heading_style="ATX", bullets="-", escape_misc=True).convert(clean)
    except RecursionError:
        text = BeautifulSoup(clean, "html.parser").get_text("\n")
    lines = [line.rstrip() for line in str(text).replace("](ref:", "](#").splitlines()]
    return "\n".join(lines).strip() + "\n"
