"""Which characters of typed text are kept: the rules that every other module of `text` starts from."""

from __future__ import annotations

import re
import unicodedata

# Line ends of every system; the vertical tab and the form feed are what word processors put for a line break.
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_LINE_SPACES = re.compile("[ \t\n\r\v\f\x85\u2028\u2029]+")

# Left out because they show nothing and mislead a reader or a program: controls, overrides of the writing direction
# (they turn "fdp.exe" into "exe.pdf"), the private area (where renderers keep their sentinels), the byte order mark,
# interlinear marks, noncharacters, and lone surrogates, which no file can hold.
# The joiners U+200C and U+200D stay: emoji, Persian and Hindi are spelt with them.
_UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000-\uf8ff"
    "\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")
MOST_MARKS = 4  # Hebrew, Vietnamese and Thai are spelt with up to three on a letter


def clean_line(value: str) -> str:
    """Return `value` as one line: NFC, unsafe characters left out, blanks and line ends collapsed, ends stripped.

    No-break spaces inside stay: French needs them.
    """
    return unicodedata.normalize("NFC", _LINE_SPACES.sub(" ", _UNSAFE.sub("", value))).strip()


def clean_lines(value: str) -> str:
    """Return `value` in NFC with LF line ends and without unsafe characters; tabs and spaces stay."""
    return unicodedata.normalize("NFC", _UNSAFE.sub("", _LINE_ENDS.sub("\n", value)))


def harmless_json(text: str) -> str:
    """Return JSON text that says the same, with the characters that terminals obey and readers do not see escaped."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def encodable(value: str) -> str:
    """Return `value` with each lone surrogate, which UTF-8 cannot hold, replaced by U+FFFD."""
    return _SURROGATES.sub("\ufffd", value)


def calm_marks(value: str) -> str:
    """Return `value` with at most `MOST_MARKS` accents on one letter: a pile of them hides the lines around it."""
    if value.isascii():
        return value
    kept: list[str] = []
    marks = 0
    for char in value:
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def cut(value: str, length: int) -> str:
    """Return at most the first `length` code points of `value`, without cutting a letter from its accents."""
    if len(value) <= length:
        return value
    end = max(length, 0)
    while end > 0 and _continues(value, end):
        end -= 1
    return value[:end]


def _continues(value: str, index: int) -> bool:
    """Tell whether the code point at `index` belongs to what a reader takes for the character before it."""
    char = value[index]
    return unicodedata.combining(char) != 0 or char in _JOINERS or value[index - 1] == "\u200d"
