"""The English catalogue: complete, faithful, and compiled.

Red here? Run `make messages`, fill in the empty `msgstr` of the .po file, run it again, commit both files.
"""

import ast
import gettext
import io
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
PO = ROOT / "src/allies_sync/locale/en/LC_MESSAGES/allies_sync.po"
SOURCES = (ROOT / "src", ROOT / "plugins")

Forms = tuple[str, ...]


def forms(value: object) -> Forms:
    """The one form of a message, or its singular and plural."""
    return tuple(str(form) for form in value) if isinstance(value, list | tuple) else (str(value),)


def places(message: str) -> set[str]:
    """The named places of a format string."""
    return {name for _text, name, _spec, _conversion in Formatter().parse(message) if name is not None}


@pytest.fixture(scope="module")
def english() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="en")


@pytest.fixture(scope="module")
def used() -> dict[Forms, str]:
    """Every message of the code, with the first place where it is used."""
    found: dict[Forms, str] = {}
    for source in SOURCES:
        for name, line, message, _comments, _context in extract_from_dir(source, [("**.py", "python")]):
            found.setdefault(forms(message), f"{source.name}/{name}:{line}")
    return found


def test_compiled_catalogue_is_what_the_source_compiles_to(english: Catalog) -> None:
    fresh = io.BytesIO()
    write_mo(fresh, english)
    fresh.seek(0)
    with PO.with_suffix(".mo").open("rb") as file:
        committed = gettext.GNUTranslations(file)
    expected = gettext.GNUTranslations(fresh)
    # The header holds dates and versions of tools, which say nothing to a reader.
    assert {k: v for k, v in messages_of(committed) if k} == {k: v for k, v in messages_of(expected) if k}
    assert committed.info()["plural-forms"] == expected.info()["plural-forms"]


def messages_of(translations: gettext.GNUTranslations) -> Iterator[tuple[object, str]]:
    catalogue: dict[object, str] = translations._catalog  # type: ignore[attr-defined]
    yield from catalogue.items()


def test_every_message_is_translated(english: Catalog, used: dict[Forms, str]) -> None:
    translated = {forms(entry.id) for entry in english if entry.id and is_done(entry)}
    missing = [f"#: {where}\n{as_entry(message)}" for message, where in used.items() if message not in translated]
    assert not missing, "to translate:\n\n" + "\n\n".join(missing)


def is_done(entry: Message) -> bool:
    return not entry.fuzzy and all(text.strip() for text in forms(entry.string))


def as_entry(message: Forms) -> str:
    quoted = ['"' + form.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"' for form in message]
    if len(quoted) == 1:
        return f'msgid {quoted[0]}\nmsgstr ""'
    return f'msgid {quoted[0]}\nmsgid_plural {quoted[1]}\nmsgstr[0] ""\nmsgstr[1] ""'


def test_translations_have_the_same_places(english: Catalog) -> None:
    wrong = []
    for entry in english:
        if not entry.id or not is_done(entry):
            continue
        french, translated = forms(entry.id), forms(entry.string)
        asked = set().union(*map(places, french))
        # A plural has all the places; a singular may leave the number out ("un jour").
        if places(translated[-1]) != asked or not all(places(form) <= asked for form in translated):
            wrong.append(f"{french} -> {translated}")
    assert not wrong, "\n".join(wrong)


def test_translations_have_the_same_blanks_at_their_ends(english: Catalog) -> None:
    """Sentences are put together from pieces: "en retard : " without its last blank would stick to what follows."""
    wrong = [
        f"{french!r} -> {translated!r}"
        for entry in english
        if entry.id and is_done(entry)
        for french, translated in zip(forms(entry.id), forms(entry.string), strict=True)
        if (french[:1].isspace(), french[-1:].isspace()) != (translated[:1].isspace(), translated[-1:].isspace())
    ]
    assert not wrong, "\n".join(wrong)


def test_messages_are_literal() -> None:
    """An f-string or a variable given to `_` cannot be extracted, so it would never be translated."""
    wrong = []
    for source in SOURCES:
        for path in source.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                texts = node.args[: {"_": 1, "ngettext": 2}.get(node.func.id, 0)]
                if not all(isinstance(text, ast.Constant) and isinstance(text.value, str) for text in texts):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong, "not a literal message: " + ", ".join(wrong)
