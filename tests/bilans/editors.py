"""What editors do to Markdown that nobody touched: other marks, escapes, spaces, tables filled up."""

from __future__ import annotations

import re

_CELL = re.compile(r"(?<!\\)\|")


def renormalised(source: str) -> str:
    """``source`` as an editor writes it back: ``*`` for ``-``, escaped brackets, trailing spaces, padded tables, line
    breaks as two spaces, emphasis with ``_``, no-break spaces lost, one empty line more before headings."""
    lines = []
    for line in source.split("\n"):
        if line.startswith("- "):
            line = "* " + line[2:]
        if line.startswith("|"):
            cells = [cell.strip() for cell in _CELL.split(line.strip())[1:-1]]
            dashes = all(set(cell) <= set("-:") and cell for cell in cells)
            width = 14
            line = "| " + " | ".join(("-" * width) if dashes else f"{cell:<{width}}" for cell in cells) + " |"
        elif not line.startswith(("!", "* [")):
            line = re.sub(r"(?<!\\)([\[\]])(?![^\[]*\]\(|\()", r"\\\1", line) if "](" not in line else line
            line = line.replace("\u00a0", " ")
        if line.endswith("\\") and not line.endswith("\\\\"):
            line = line[:-1] + "  "
        if line.startswith("#"):
            line = "\n" + line
        lines.append(line)
    return "\n".join(lines).lstrip("\n") + "\n"
