"""Reading TOML that people write: everything that is wrong, at once, with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from allies_sync.model.checking import problems_of
from allies_sync.model.problems import Code, InvalidData, Problem, excerpt
from allies_sync.model.tomlplaces import Places

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R")

BIGGEST = 1_000_000
"""The most characters that a file may have: a hundred times what a rich engagement needs."""

_AT = re.compile(r"\(at line (\d+), column (\d+)\)")
_PAIR = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*=\s*(.*?)\s*$")
_HEADER = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_DATE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}.*")
_WORDS = re.compile(r"""[^"'\[{\s\d+-].*|\d{1,2}\s*[:hH]\s*\d{0,2}\s*(#.*)?|\d+\s*[^\W\d_].*""")
_QUOTES = re.compile(r"[“”„«»‘’]")


def load_toml(text: str, file: str, model: type[M]) -> M:
    """``text`` as a ``model``, or :class:`InvalidData` with all problems of the file."""
    text = normalised(text)
    data = parse_toml(text, file)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        places = _guarded(Places, text, file)
        raise InvalidData(problems_of(error, data, model, file=file, places=places)) from None


def parse_toml(text: str, file: str) -> dict[str, Any]:
    """The plain data of a TOML text, or :class:`InvalidData` with what its syntax lacks."""
    text = normalised(text)
    if len(text) > BIGGEST:
        raise InvalidData([Problem(file, None, "", str(len(text)), (str(BIGGEST),), Code.TOO_BIG)])
    return _guarded(tomllib.loads, text, file)


def decode(content: bytes, file: str) -> str:
    """The text of a file's bytes: UTF-8, as TOML demands, with or without a byte order mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidData([Problem(file, line, "", "", ("UTF-8",), Code.NOT_TEXT)]) from None


def normalised(text: str) -> str:
    """Without byte order mark, and with ``\\n`` as the only line break."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _guarded(read: Callable[[str], R], text: str, file: str) -> R:
    try:
        return read(text)
    except RecursionError:
        problem = Problem(file, None, "", "", (), Code.SYNTAX)
    except ValueError as error:
        problem = _syntax_problem(error, text, file)
    raise InvalidData([problem])


def _syntax_problem(error: ValueError, text: str, file: str) -> Problem:
    at = _AT.search(str(error))
    lines = text.rstrip().split("\n")
    if at:
        number, column = int(at[1]), int(at[2])
    else:  # at the end of the document; or a number of a thousand digits, which Python does not place
        number = next((i for i, line in enumerate(lines, 1) if re.search(r"\d{1000}", line)), len(lines))
        column = None
    line = lines[number - 1][:500] if number <= len(lines) else ""
    found, field, code = line.strip(), "", Code.SYNTAX
    said = str(error)
    pair, header = _PAIR.match(line), _HEADER.match(line)
    if "twice" in said or "overwrite" in said or "uplicate" in said or "immutable" in said:
        code, field = Code.TWICE, pair[1] if pair else header[1] if header else ""
    elif pair:
        field, found = pair[1], pair[2]
        if "date" in said or _DATE.fullmatch(found):
            code = Code.BAD_DATE
        elif _QUOTES.match(found) or (_WORDS.fullmatch(found) and found not in {"true", "false"}):
            code = Code.UNQUOTED
    return Problem(file, number, field, excerpt(found)[1:-1], (), code, column=column)
