"""Names made from what people type: slugs, file names, paths, wiki names, and the key under which two names collide.

Every function is deterministic and knows nothing of what exists: telling two equal names apart is the caller's work.
Errors are `ValueError`, with a sentence for the person.
"""

from __future__ import annotations

import re
import unicodedata

from allies_sync.text.characters import clean_line, cut
from allies_sync.text.messages import _

MAX_SLUG = 80
MAX_FILENAME_BYTES = 200

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

# Letters that Unicode does not decompose, as French readers would spell them without their mark.
_SPELLINGS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ŋ": "n"}
    | {"Œ": "OE", "Æ": "AE", "ẞ": "SS", "Ø": "O", "Đ": "D", "Ð": "D", "Þ": "TH", "Ł": "L", "Ħ": "H", "Ŋ": "N"}
    | {"ı": "i", "ŧ": "t", "Ŧ": "T", "ĸ": "k", "ə": "e", "Ə": "E"}
)
# "Allié·e·s" and "Allié.e.s" are one word; "v2.0" and "exemple.org" are not touched.
_ENDINGS = "e|es|s|x|ne|nes|le|les|ve|ves|fe|fes|ere|eres|te|tes|se|ses|euse|euses|rice|rices|trice|trices"
_INCLUSIVE_MARK = re.compile(rf"(?<=[a-z])[.·•‧](?=(?:{_ENDINGS})(?![a-z0-9]))", re.IGNORECASE)

_TO_DASH = str.maketrans(dict.fromkeys("/\\|:<>", "-") | {'"': "'", "?": None, "*": None})
# Windows takes these for devices, whatever their extension, also with superscript digits.
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³])(?= *(?:\.|$))", re.IGNORECASE)
# What servers and upload tools keep for unfinished uploads: refused, or hidden, by DAV servers.
_UNFINISHED = re.compile(r"\.(?=(?:part|filepart)$)", re.IGNORECASE)
_EXTENSION = re.compile(r"(?<=[^.])\.[A-Za-z0-9]{1,10}$")
_SPACES = re.compile(r"\s+")


def slugify(text: str, max_length: int = 60) -> str:
    """Return `text` in `[a-z0-9-]`, at most `max_length` long, cut between two words where it can be.

    Raises ValueError when `text` holds no letter and no digit that ASCII can spell.
    """
    slug = "-".join(_words(text)).lower()
    if not slug:
        message = _("« {text} » ne contient ni lettre ni chiffre utilisable dans un identifiant.")
        raise ValueError(message.format(text=_shown(text)))
    if len(slug) <= max_length:
        return slug
    boundary = slug.rfind("-", 0, max_length + 1)
    # A long word after a short one is cut inside: "a-bbbbb…" would else become "a".
    return slug[:boundary] if boundary >= max_length // 2 else slug[:max_length].rstrip("-")


def engagement_slug(title: str, year: int) -> str:
    """Return the slug of an engagement, `2027-dynamiques-de-cooperation`; a year at the title's start counts once.

    Raises ValueError when the title has nothing to make a slug from, or the year has not four digits.
    """
    if not 1000 <= year <= 9999:
        raise ValueError(_("{year} n'est pas une année à quatre chiffres.").format(year=year))
    name = slugify(title).removeprefix(f"{year}-")
    return f"{year}-{name}"


def is_slug(text: str) -> bool:
    """Tell whether `text` is a slug: lower-case ASCII words joined by single dashes, 80 characters or less."""
    return len(text) <= MAX_SLUG and _SLUG.fullmatch(text) is not None


def camel_name(text: str, max_length: int = 60) -> str:
    """Return `text` as an ASCII CamelCase name for wikis: `DynamiquesDeCooperation`. Words in capitals keep them.

    Raises ValueError when nothing of `text` can be spelt so.
    """
    name = ""
    for word in _words(text):
        capital = word[0].upper() + word[1:]
        if name and len(name) + len(capital) > max_length:
            break
        name += capital
    if not name:
        message = _("« {text} » ne contient ni lettre ni chiffre utilisable dans un nom de page.")
        raise ValueError(message.format(text=_shown(text)))
    return name[:max_length]


def fold(text: str) -> str:
    """Return the key under which two names collide on a disk or in a database that ignores case and accents."""
    letters = _without_accents(_without_accents(text).casefold())
    return _SPACES.sub(" ", letters.translate(_SPELLINGS)).strip()


def safe_filename(text: str, max_bytes: int = MAX_FILENAME_BYTES) -> str:
    """Return `text` as a file name that Windows, macOS, Linux and DAV servers all take; accents stay.

    The extension survives when the name is cut to `max_bytes` of UTF-8 (32 at least). A safe name stays as it is.
    Raises ValueError when nothing is left to make a name from.
    """
    if max_bytes < 32:
        raise ValueError(f"max_bytes is {max_bytes}: at least 32 is needed for a name and its extension")
    name = _defused(text)
    if len(name.encode("utf-8")) > max_bytes:
        # Again, since the cut can lay bare an ending that is not allowed; that adds one character at most.
        name = _defused(_bounded(name, max_bytes - 1))
    if not name:
        raise ValueError(_("« {text} » ne peut pas servir de nom de fichier.").format(text=_shown(text)))
    return name


def check_relative_path(path: str) -> str:
    """Return `path`, a path with slashes inside a workspace, if each of its names is safe everywhere.

    Raises ValueError, with the reason, for an absolute path, a drive letter, a backslash, a NUL, an empty name, `.`
    and `..`, and for any name that `safe_filename` would change: nothing is corrected silently.
    """
    reason = _reason_against(path)
    if reason:
        raise ValueError(_("Chemin refusé « {path} » : {reason}").format(path=_shown(path), reason=reason))
    return path


def _reason_against(path: str) -> str | None:
    if not path:
        return _("il est vide.")
    if "\0" in path:
        return _("il contient un caractère nul.")
    if "\\" in path:
        return _("les dossiers se séparent par « / », pas par « \\ ».")
    if path.startswith("/"):
        return _("il doit être relatif à l'espace de travail, sans « / » au début.")
    if re.match(r"[A-Za-z]:", path):
        return _("il commence par une lettre de lecteur.")
    for name in path.split("/"):
        if not name:
            return _("il contient un nom vide (deux « / » de suite, ou un « / » à la fin).")
        if name in (".", ".."):
            return _("« {name} » n'y est pas permis.").format(name=name)
        try:
            safe = safe_filename(name)
        except ValueError as error:
            return str(error)
        if safe != name:
            advice = _("« {name} » n'est pas un nom accepté partout ; « {safe} » le serait.")
            return advice.format(name=_shown(name), safe=safe)
    return None


def _words(text: str) -> list[str]:
    """Return the runs of ASCII letters and digits of `text`, each accent and inclusive mark left out."""
    plain = _without_accents(text).translate(_SPELLINGS)
    return re.findall(r"[A-Za-z0-9]+", _INCLUSIVE_MARK.sub("", plain))


def _shown(text: str) -> str:
    """Return `text` short enough, and tame enough, to be quoted in a message."""
    line = clean_line(text)
    return line if len(line) <= 80 else cut(line, 79) + "…"


def _without_accents(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _defused(text: str) -> str:
    """Return `text` without what some system refuses in a name, whatever its length; may be empty."""
    name = _SPACES.sub(" ", clean_line(text)).translate(_TO_DASH)
    # What was left out may have parted a letter from its accent.
    name = _SPACES.sub(" ", unicodedata.normalize("NFC", name)).strip(" .")
    name = _UNFINISHED.sub("_", name)
    reserved = _RESERVED.match(name)
    return f"{reserved[0]}_{name[reserved.end() :]}" if reserved else name


def _bounded(name: str, max_bytes: int) -> str:
    """Return `name`, which is longer, in at most `max_bytes` of UTF-8: its start, and its extension if it has one."""
    found = _EXTENSION.search(name)
    extension = found[0] if found else ""
    stem = name.removesuffix(extension)
    room = max_bytes - len(extension)
    length = len(stem.encode("utf-8")[:room].decode("utf-8", "ignore"))
    return cut(stem, length).rstrip(" .") + extension
