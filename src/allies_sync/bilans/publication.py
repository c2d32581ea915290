"""What a draft becomes when it is published: the text of the PDF, and that of the page on the wiki."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

from allies_sync.bilans.places import places, without_places
from allies_sync.text.blocks import Block, join, likeness, split, with_unix_lines
from allies_sync.text.markdown import parse


def finished(source: str) -> str:
    """The draft without the places that nobody filled in, and without headings that then stand over nothing."""
    source = with_unix_lines(source)
    if not places(source):
        return source
    blocks = []
    for block in split(source)[0]:
        text = without_places(block.text)
        if text.strip(" \n-*+"):
            blocks.append(Block(block.before, text))
    levels = [block.level for block in blocks]
    return _spaced(
        [block for number, block in enumerate(blocks) if not levels[number] or _stands_over(levels, number)]
    )


def _stands_over(levels: Sequence[int], number: int) -> bool:
    """Whether something stands below a heading before the next one of its rank."""
    for level in levels[number + 1 :]:
        if level == 0:
            return True
        if level <= levels[number]:
            return False
    return False


def _spaced(blocks: Sequence[Block]) -> str:
    """Blocks as a text; those between which something went are an empty line apart."""
    return join(
        [
            Block("" if not number else block.before if "\n" in block.before else "\n\n", block.text)
            for number, block in enumerate(blocks)
        ]
    )


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


def page(source: str) -> str:
    """The text for the wiki: without the title, which the page has, and without pictures: the tables say it all."""
    blocks, _tail = split(with_unix_lines(source))
    left = [block for block in blocks if not _is_picture(block.text)]
    if left and left[0].level == 1:
        left = left[1:]
    return _spaced(left)


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
