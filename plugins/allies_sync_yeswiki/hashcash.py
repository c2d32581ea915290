"""The riddle that a wiki asks for with each edit: a sum, written as JavaScript that is written as numbers.

    function a(){var x = new Array(2); x[0] = 946002551 ^ 1527557905; …  return eval(a.join('')); } a();

Each pair gives four bytes of another script, ``function f (){var v = 399785625; v += 138232662; return v; } f ();``.
"""

from __future__ import annotations

import re

_PAIR = re.compile(r"\[\s*(\d+)\s*\]\s*=\s*(\d+)\s*\^\s*(\d+)")
_NUMBER = re.compile(r"(?:=|\+=)\s*(\d+)\s*;")
_INNER = re.compile(
    r"\s*function\s+\w+\s*\(\)\s*\{\s*(?:var\s+\w+\s*=\s*\d+;|\w+\s*\+=\s*\d+;|return\s+\w+;|\s)+\}.*", re.S
)
_MOST = 2000


def solve(script: str) -> str | None:
    """The value to send with an edit, or None when the script is none that is known."""
    words: dict[int, int] = {}
    for found in _PAIR.finditer(script):
        words[int(found[1])] = int(found[2]) ^ int(found[3])
    if not words or len(words) > _MOST or sorted(words) != list(range(len(words))):
        return None
    data = b"".join((words[index] & 0xFFFFFFFF).to_bytes(4, "little") for index in range(len(words)))
    inner = data.decode("latin-1")
    if not _INNER.fullmatch(inner):
        return None
    return str(sum(int(found) for found in _NUMBER.findall(inner)))
