"""Every key and list item of any TOML text is found on the line where it stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from allies_sync.model.problems import Path
from allies_sync.model.tomlplaces import Places


class Writer:
    """Writes a random TOML document in which every key and every value is a word of its own."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.words = 0
        self.lines: list[str] = []

    def pick(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def word(self) -> str:
        self.words += 1
        return f"w{self.words}w"

    def key(self) -> str:
        word = self.word()
        return self.pick(word, f'"{word}"', f"'{word}'", f'"{word} = [é] # \\" \\u00e9"', f"'{word} \\ \" ]'")

    def keys(self, most: int = 3) -> str:
        dot = self.pick(".", " . ", "\t.")
        return dot.join(self.key() for _ in range(self.draw(st.integers(1, most))))

    def scalar(self) -> str:
        word = self.word()
        return self.pick(
            f'"{word}"',
            f"'{word}'",
            f'"{word} \\\\\\" # = [ {{ , \\n"',
            f"'{word} # ] }} , \\'",
            f'"""{word}"""',
            f'"""{word}\n[x]\ny = 1 # "" \\""" \\\n   z"""',
            f"'''{word}\n[[x]]\n'' \\\n'''",
            f'"""{word} two quotes at the end"""""',
            f"'''{word}'''''",
            "1",
            "-1.5e3",
            "true",
            "2027-03-12",
            "2027-03-12 10:00:00",
            "2027-03-12T10:00:00+02:00",
            "10:00:00",
            "0xff",
            "inf",
        )

    def blank(self) -> str:
        return self.pick("", " ", "\n", '\n  # note, with ] and "\n', "\t")

    def value(self, depth: int, *, inline: bool = False) -> str:
        kind = self.pick("scalar", "scalar", "array", "table") if depth else "scalar"
        if kind == "array":
            blank = self.blank
            items = [self.value(depth - 1) for _ in range(self.draw(st.integers(0, 3)))]
            comma = self.pick(",", "") if items else ""
            return "[" + ",".join(f"{blank()}{item}{blank()}" for item in items) + comma + blank() + "]"
        if kind == "table":
            pairs = [f"{self.keys(2)} = {self.value(depth - 1)}" for _ in range(self.draw(st.integers(0, 3)))]
            return "{ " + ", ".join(pairs) + " }"
        return self.scalar()

    def pairs(self) -> None:
        for _ in range(self.draw(st.integers(0, 3))):
            equals = self.pick(" = ", "=", "\t=  ")
            comment = self.pick("", '  # note [x] = """')
            self.lines.append(f"{self.pick('', '  ')}{self.keys()}{equals}{self.value(2)}{comment}")
            self.lines.extend(self.pick("", "none", "# [comment]").replace("none", "\n").splitlines())

    def document(self) -> str:
        self.pairs()
        for _ in range(self.draw(st.integers(0, 3))):
            name = self.keys()
            if self.draw(st.booleans()):
                self.lines.append(f"[{name}] # note")
                self.pairs()
                continue
            for _ in range(self.draw(st.integers(1, 3))):
                self.lines.append(f"[[ {name} ]]")
                self.pairs()
                for inner in [self.key() for _ in range(self.draw(st.integers(0, 2)))]:
                    if self.draw(st.booleans()):
                        self.lines.append(f"  [{name}.{inner}]")
                        self.pairs()
                    else:
                        for _ in range(self.draw(st.integers(1, 2))):
                            self.lines.append(f"  [[{name}.{inner}]]")
                            self.pairs()
        return "\n".join(self.lines) + self.pick("", "\n")


@st.composite
def documents(draw: st.DrawFn) -> str:
    return Writer(draw).document()


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def word(text: str) -> str:
    match = re.match(r"w\d+w", text)
    assert match
    return match[0]


@settings(deadline=None)
@given(documents())
def test_every_leaf_is_on_its_line(text: str) -> None:
    data = tomllib.loads(text)
    places, lines = Places(text), text.split("\n")
    for path, value in leaves(data):
        if not path:
            continue
        line = places.line(path)
        assert line is not None
        if isinstance(path[-1], str):
            assert word(path[-1]) in lines[line - 1], path
        elif isinstance(value, str) and value.startswith("w"):
            assert word(value) in lines[line - 1], path


@settings(deadline=None)
@given(documents())
def test_values_stand_where_they_are_said_to(text: str) -> None:
    """Each value, cut out and read alone, is what the document holds there."""
    data = tomllib.loads(text)
    places = Places(text)
    for path, place in places.values.items():
        expected: Any = data
        for step in path:
            expected = expected[step]
        assert tomllib.loads(f"v = {text[place.start : place.end]}")["v"] == expected


def test_headers_of_tables_and_of_items() -> None:
    text = (
        'title = "x"\n\n[[sessions]]\nid = "a"\n[[sessions.programme]]\n[sessions.place]\n\n[[sessions]]\nid = "b"\n'
    )
    places = Places(text)
    assert [places.line(path) for path in (("sessions",), ("sessions", 0), ("sessions", 1))] == [3, 3, 8]
    assert places.line(("sessions", 1, "id")) == 9
    assert places.line(("sessions", 0, "programme", 0)) == 5
    assert places.line(("sessions", 0, "place", "name")) == 6, "what is missing is on the line of its table"
    assert places.line(("client", "name")) is None, "nothing there says where a missing table should be"


def test_time_is_linear() -> None:
    import time

    def seconds(count: int) -> float:
        text = "".join(f'[[sessions]]\nid = "s{n}"\nnotes = ["a", "b"]\n' for n in range(count))
        best = 1e9
        for _ in range(3):
            start = time.process_time()
            Places(text)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(4000) < 20 * seconds(500), "8 times as much takes about 8 times as long, not 64"
