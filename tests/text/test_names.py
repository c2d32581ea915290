"""Names made from titles: always valid, always the same."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from allies_sync.text.names import (
    camel_name,
    check_relative_path,
    engagement_slug,
    fold,
    is_slug,
    safe_filename,
    slugify,
)

ANY = st.text(st.characters(codec=None), max_size=80)
NASTY = st.text(st.sampled_from('aé.- ?*/"CONULpart\u0301œ🙂\u200d'), max_size=60)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Dynamiques de coopération", "dynamiques-de-cooperation"),
        ("  L'équipe : cœur & âme, ŒUVRE  ", "l-equipe-coeur-ame-oeuvre"),
        ("Straße Ægir Łódź", "strasse-aegir-lodz"),
        ("Allié.e.s du Nord", "alliees-du-nord"),
        ("Pour les participant·e·s", "pour-les-participantes"),
        ("Version 2.0 sur exemple.org", "version-2-0-sur-exemple-org"),
        ("½ journée ℡", "1-2-journee-tel"),
        ("../../etc", "etc"),
    ],
)
def test_slugify(text: str, slug: str) -> None:
    assert slugify(text) == slug


@pytest.mark.parametrize("text", ["", "  ", "???", "日本語", "\u0301" * 300, "…—"])
def test_slugify_refuses_what_leaves_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="identifiant"):
        slugify(text)


def test_slugify_cuts_between_words_or_inside_a_word_too_long() -> None:
    assert slugify("un deux trois quatre", max_length=13) == "un-deux-trois"
    assert slugify("un deux trois quatre", max_length=12) == "un-deux"
    assert slugify("é" * 300) == "e" * 60
    assert slugify("à " + "b" * 300) == "a-" + "b" * 58


@given(ANY, st.integers(1, 70))
def test_slugs_are_slugs(text: str, max_length: int) -> None:
    try:
        slug = slugify(text, max_length)
    except ValueError:
        return
    assert is_slug(slug)
    assert len(slug) <= max_length
    assert slugify(slug, max_length) == slug


def test_engagement_slug() -> None:
    assert engagement_slug("Dynamiques de coopération", 2027) == "2027-dynamiques-de-cooperation"
    assert engagement_slug("2027, l'année des communs", 2027) == "2027-l-annee-des-communs"
    assert is_slug(engagement_slug("é" * 300, 2027))
    for year in (999, 10000):
        with pytest.raises(ValueError, match="année"):
            engagement_slug("Titre", year)


@pytest.mark.parametrize("text", ["", "A", "é", "a--b", "-a", "a-", "a\n", "a_b", "../a", "a" * 81])
def test_is_slug_refuses(text: str) -> None:
    assert not is_slug(text)


def test_is_slug_accepts() -> None:
    assert is_slug("2027-dynamiques-de-cooperation")
    assert is_slug("a" * 80)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Compte-rendu de l'été.md", "Compte-rendu de l'été.md"),
        ("Bilan : 1/2 <fin>?.pdf", "Bilan - 1-2 -fin-.pdf"),
        ('Le "vrai" bilan', "Le 'vrai' bilan"),
        ("  .htaccess ", "htaccess"),
        ("..", None),
        ("???", None),
        ("", None),
        ("fin...", "fin"),
        ("CON", "CON_"),
        ("nul.tar.gz", "nul_.tar.gz"),
        ("com1 .txt", "com1_ .txt"),
        ("Console.txt", "Console.txt"),
        ("COM¹.md", "COM¹_.md"),
        ("envoi.part", "envoi_part"),
        ("envoi.FilePart", "envoi_FilePart"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("Titre\u00a0: suite\n", "Titre - suite"),
        ("e?\u0301", "é"),
    ],
)
def test_safe_filename(text: str, name: str | None) -> None:
    if name is None:
        with pytest.raises(ValueError, match="nom de fichier"):
            safe_filename(text)
    else:
        assert safe_filename(text) == name


def test_safe_filename_is_bounded_and_keeps_the_extension() -> None:
    name = safe_filename("é" * 300 + ".markdown")
    assert name.endswith("é.markdown")
    assert 195 <= len(name.encode()) <= 200
    assert safe_filename("a" * 200) == "a" * 200
    assert safe_filename("a" * 28 + " . . .md", 32) == "a" * 28 + ".md"
    with pytest.raises(ValueError, match="32"):
        safe_filename("a", 5)


@given(st.one_of(ANY, NASTY), st.integers(32, 64))
@example("a" * 30 + ".part.parttt", 32)
@example("a" * 26 + "x." + "part" + "b" * 50, 32)
def test_file_names_are_safe_and_stay_so(text: str, max_bytes: int) -> None:
    try:
        name = safe_filename(text, max_bytes)
    except ValueError:
        return
    assert 0 < len(name.encode()) <= max_bytes
    assert name == unicodedata.normalize("NFC", name)
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
    assert name == name.strip(" .")
    assert not name.lower().endswith((".part", ".filepart"))
    assert safe_filename(name, max_bytes) == name
    assert check_relative_path(f"Bilan/{name}") == f"Bilan/{name}"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "vide"),
        ("/etc/passwd", "relatif"),
        ("C:/a", "lecteur"),
        ("c:a", "lecteur"),
        ("a/../b", r"« \.\. »"),
        ("./a", r"« \. »"),
        ("a//b", "nom vide"),
        ("a/", "nom vide"),
        ("a\\b", "dossiers"),
        ("a\0b", "nul"),
        ("a/.htaccess", "« htaccess »"),
        ("a/CON/b", "« CON_ »"),
        ("a/b ", "« b »"),
        ("a/???", "nom de fichier"),
        ("e\u0301te\u0301/a", "accepté partout"),
        ("a/" + "b" * 201, "accepté partout"),
    ],
)
def test_check_relative_path_refuses_with_a_reason(path: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as error:
        check_relative_path(path)
    assert "\0" not in str(error.value)


def test_check_relative_path_accepts() -> None:
    for path in ("Bilan", "Cahier des charges/Été 2027.md", "a/b/c.d"):
        assert check_relative_path(path) == path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Dynamiques de coopération", "DynamiquesDeCooperation"),
        ("2027-dynamiques-de-cooperation", "2027DynamiquesDeCooperation"),
        ("Œuvre du DLA, l'été", "OEuvreDuDLALEte"),
        ("participant·e·s", "Participantes"),
        ("é" * 300, "E" + "e" * 59),
    ],
)
def test_camel_name(text: str, name: str) -> None:
    assert camel_name(text) == name


def test_camel_name_refuses_what_leaves_nothing() -> None:
    with pytest.raises(ValueError, match="page"):
        camel_name("日本語")


@given(ANY)
def test_camel_names_are_ascii(text: str) -> None:
    try:
        name = camel_name(text)
    except ValueError:
        return
    assert re.fullmatch("[A-Za-z0-9]{1,60}", name)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Été", "ETE"), ("e\u0301te\u0301", "été"), ("Œuvre", "oeuvre"), ("Straße", "STRASSE"), (" a\u00a0 b", "A B")],
)
def test_fold_collides(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(ANY)
def test_fold_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text) == fold(unicodedata.normalize("NFC", text))
    assert fold("Programme 1") != fold("Programme 2")
