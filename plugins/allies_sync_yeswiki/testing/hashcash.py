"""The riddle against robots: one number for everybody, told in JavaScript that is written as numbers."""

from __future__ import annotations

import random
import string

LIFETIME = 4 * 3600.0


class Hashcash:
    """``cache/hashcash.key``: not there on a fresh wiki, made anew when an edit form is shown after four hours."""

    def __init__(self) -> None:
        self.value: int | None = None
        self.made = 0.0

    def form_shown(self, now: float) -> None:
        if self.value is None or now - self.made >= LIFETIME:
            self.renew(now)

    def renew(self, now: float) -> None:
        former = self.value
        while self.value == former:
            self.value = random.randint(300_000_000, 2_000_000_000)  # noqa: S311
        self.made = now

    def accepts(self, sent: str) -> bool:
        return self.value is not None and sent == str(self.value)

    def script(self) -> str | None:
        """What ``wp-hashcash-getkey.php`` answers; None when it fails with a 500."""
        return None if self.value is None else _obfuscated(_sum(self.value))


def _name() -> str:
    return "".join(random.choices(string.ascii_letters, k=random.randint(7, 18)))  # noqa: S311


def _sum(value: int) -> str:
    function, variable = _name(), _name()
    parts: list[int] = []
    while sum(parts) < value and len(parts) < 5:
        parts.append(random.randint(1, value - sum(parts)))  # noqa: S311
    parts.append(value - sum(parts))
    first, *others = [part for part in parts if part]
    additions = "".join(f"{variable} += {part}; " for part in others)
    return f"function {function} (){{var {variable} = {first}; {additions}return {variable}; }} {function} ();"


def _obfuscated(script: str) -> str:
    key = random.randint(2**24, 2**31 - 1)  # noqa: S311
    data = script.encode("latin-1")
    data += b" " * (-len(data) % 4)
    words = [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]
    function, array = _name(), _name()
    lines = "".join(f"{array}[{index}] = {word ^ key} ^ {key}; " for index, word in enumerate(words))
    shifts = ", ".join(f"{array}[i]{shift} & 0xFF" for shift in ("", ">>>8", ">>>16", ">>>24"))
    return (
        f"function {function}(){{var {array} = new Array({len(words)}); {lines} "
        f"var a = new Array({array}.length); for (var i=0; i<{array}.length; i++) "
        f"{{ a[i] = String.fromCharCode({shifts}); }} return eval(a.join('')); }} {function}();"
    )
