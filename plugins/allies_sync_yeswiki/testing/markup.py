"""Wiki text to HTML: as much of the syntax as shows whether a text was understood, and whether it is harmless."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from allies_sync_yeswiki.testing.state import WikiState

Act = Callable[[str, dict[str, str]], str]
"""What an action in double braces turns into."""

_PARTS = re.compile(
    r'(?P<raw>"".*?"")|(?P<code>%%.*?%%)|(?P<comment>\{#.*?#\})|(?P<action>\{\{.*?\}\})|(?P<link>\[\[.*?\]\])',
    re.DOTALL,
)
_PARAMETER = re.compile(r'([\w-]+)\s*=\s*"(.*?)"', re.DOTALL)
_HEADING = re.compile(r"^(={2,6})(.+?)\1[ \t]*$", re.MULTILINE)
_SHARP = re.compile(r"^(#{1,5}) +(.+)$", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]+(?:-|\d+\)|\*) ?(.*)$")
_INLINE = (
    (re.compile(r"\*\*(.+?)\*\*"), r"<b>\1</b>"),
    (re.compile(r"(?<!:)//(.+?)(?<!:)//"), r"<i>\1</i>"),
    (re.compile(r"__(.+?)__"), r"<u>\1</u>"),
    (re.compile(r"@@(.+?)@@"), r"<span class='del'>\1</span>"),
    (re.compile(r"##(.+?)##"), r"<tt>\1</tt>"),
)


class Markup:
    def __init__(self, state: WikiState, act: Act) -> None:
        self._state = state
        self._act = act
        self._kept: list[str] = []

    def render(self, text: str) -> str:
        self._kept = []
        marked = _PARTS.sub(self._keep, text.replace("\x00", ""))
        lines = self._blocks(escape(marked, quote=False).replace('"', "&quot;"))
        return re.sub("\x00(\\d+)\x00", lambda found: self._kept[int(found[1])], lines)

    def _keep(self, found: re.Match[str]) -> str:
        whole = found[0]
        if found["raw"]:
            html = whole[2:-2] if self._state.config.allow_raw_html else escape(whole[2:-2])
        elif found["code"]:
            html = f'<div class="code">\n<pre>\n{escape(whole[2:-2])}\n</pre>\n</div>'
        elif found["comment"]:
            html = ""
        elif found["action"]:
            name, _, rest = whole[2:-2].strip().partition(" ")
            html = self._act(name.lower(), dict(_PARAMETER.findall(rest)))
        else:
            html = self._link(whole[2:-2].strip())
        self._kept.append(html)
        return f"\x00{len(self._kept) - 1}\x00"

    def _link(self, content: str) -> str:
        target, _, label = content.partition(" ")
        label = label.strip() or target
        if re.match(r"(?:https?|mailto|ftp):", target):
            return f'<a href="{escape(target)}">{escape(label)}</a>'
        if re.search(r"[:\\]|^\s*//", target.partition("?")[0]):
            return escape(f"[[{content}]]")
        place = target.replace("?", "&", 1) if "?" in target else target
        tag = target.partition("?")[0].partition("/")[0]
        address = escape(self._state.url(place))
        if self._state.pages.get(tag) is None:
            return f'<a href="{escape(self._state.url(tag + "/edit"))}" class="missingpage">{escape(label)}</a>'
        return (
            f'<a href="{address}" data-tag="{escape(tag)}" data-method="show" data-tracked="true">{escape(label)}</a>'
        )

    def _blocks(self, text: str) -> str:
        text = _HEADING.sub(lambda found: _heading(7 - len(found[1]), found[2]), text)
        text = _SHARP.sub(lambda found: _heading(len(found[1]), found[2]), text)
        for pattern, replacement in _INLINE:
            text = pattern.sub(replacement, text)
        out: list[str] = []
        in_list = False
        for line in text.split("\n"):
            item = _ITEM.match(line)
            if item and not in_list:
                out.append("<ul>\n")
            if not item and in_list:
                out.append("</ul>\n")
            in_list = item is not None
            if item:
                out.append(f"<li> {item[1]}</li>\n")
            elif re.fullmatch(r"-{4,}", line.strip()):
                out.append("<hr />\n")
            elif line.startswith("<h"):
                out.append(line)
            else:
                out.append(f"{line}<br />\n")
        if in_list:
            out.append("</ul>\n")
        return re.sub(r"(?:<br />\n)+$", "", "".join(out))


def _heading(level: int, words: str) -> str:
    return f"<h{level}>{words.strip()}\n</h{level}>".replace("\n", "\x01").replace("\x01", "")


__all__ = ["Act", "Markup"]
