"""What a draft becomes when it is published: the text of the PDF, and that of the page on the wiki."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from urllib.parse import unquote

from allies_sync.bilans.places import places, without_places
from allies_sync.text.blocks import Block, join, likeness, split, with_unix_lines
from allies_sync.text.escaping import escape_markdown
from allies_sync.text.markdown import parse
from allies_sync.text.messages import _


def finished(source: str) -> str:
    """The draft without the places that nobody filled in, and without headings that then stand over nothing."""
    source = with_unix_lines(source)
    if not places(source):
        return source
    blocks = [Block(block.before, without_places(block.text)) for block in split(source)[0]]
    told = [bool(block.text.strip(" \n-*+")) for block in blocks]
    levels = [block.level if words else -1 for block, words in zip(blocks, told, strict=True)]
    return _spaced(
        blocks,
        [words and (not levels[number] or _stands_over(levels, number)) for number, words in enumerate(told)],
    )


def _stands_over(levels: Sequence[int], number: int) -> bool:
    """Whether something stands below a heading before the next one of its rank."""
    for level in levels[number + 1 :]:
        if level == 0:
            return True
        if 0 < level <= levels[number]:
            return False
    return False


def _spaced(blocks: Sequence[Block], kept: Sequence[bool]) -> str:
    """The blocks that are kept, as a text: as far apart as they were, or as what stood between them was."""
    found: list[Block] = []
    widest = ""
    for block, stays in zip(blocks, kept, strict=True):
        widest = max(widest, block.before, key=lambda between: between.count("\n"))
        if stays:
            found.append(Block(widest if found else "", block.text))
            widest = ""
    return join(found)


def pictures(source: str) -> tuple[str, ...]:
    """The targets of all pictures, each once, as they are written."""
    return tuple(dict.fromkeys(_pictures(source)))


def _pictures(source: str) -> Iterator[str]:
    for token in parse(source):
        for child in token.children or []:
            if child.type == "image":
                yield str(child.attrs.get("src", ""))


def same_place(target: str) -> str:
    """A picture's target as a path: however an editor wrote it."""
    return unquote(target).removeprefix("./")


def page(source: str, photographs: Collection[str] = ()) -> str:
    """The text for the wiki: without the title, which the page has, and without charts: the tables say it all. In
    the place of ``photographs`` (targets as :func:`same_place` has them) stands what is said of them.

    A page may hold people's HTML and a wiki's own signs, a bilan holds none: editors drop the backslashes that made
    text of them, and what looks like them may be a participant's words.
    """
    written, _tail = split(with_unix_lines(source))
    blocks = [Block(block.before, _described(block.text, photographs)) for block in written]
    kept = [not _is_picture(block.text) for block in blocks]
    first = next((number for number, stays in enumerate(kept) if stays), None)
    if first is not None and blocks[first].level == 1:
        kept[first] = False
    return _spaced([Block(block.before, _inert(block.text)) for block in blocks], kept)


# code, which shows what it holds; an escaped character; an address in angle brackets; what would begin HTML; the
# braces of a wiki's own signs
_ACTIVE = re.compile(
    r"(?s)(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|\\.|<(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]+@[^\s<>]+)>"
    r"|(<(?=[A-Za-z/!?])|\{(?=\{)|(?<=\{)\{)"
)


def _inert(text: str) -> str:
    """A block in which nothing is HTML, nor anything that a wiki would do."""
    if any(token.type in ("fence", "code_block") for token in parse(text)):
        return text
    return _ACTIVE.sub(_as_words, text)


def _as_words(match: re.Match[str]) -> str:
    if match[2]:
        return f"\\{match[2]}"
    if match[1] and "{{" in match[0]:  # some wikis look into code as well
        return str(escape_markdown(match[0]))
    return match[0]


def _described(text: str, photographs: Collection[str]) -> str:
    """A block of nothing but photographs as words; any other as it is."""
    if not photographs or not _is_picture(text):
        return text
    images = [child for token in parse(text) for child in token.children or [] if child.type == "image"]
    said = [it.content for it in images if same_place(str(it.attrs.get("src", ""))) in photographs]
    words = (_("Image, dans le PDF : {words}").format(words=escape_markdown(it)) for it in said if it.strip())
    return "\n\n".join(f"*{it}*" for it in words) or text


def _is_picture(text: str) -> bool:
    """Whether a block is a picture and nothing else."""
    return all(part.startswith("image\0") for part in likeness(text))


def known_pictures(source: str, charts: Mapping[str, bytes]) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The contents of a text's pictures by their targets as written, and the targets that are not at hand."""
    found, missing = dict[str, bytes](), list[str]()
    for target in pictures(source):
        data = charts.get(same_place(target))
        if data is None:
            missing.append(target)
        else:
            found[target] = data
    return found, tuple(missing)
