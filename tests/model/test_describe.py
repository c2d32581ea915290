"""Every problem has one clear sentence, in French."""

from __future__ import annotations

import re

import pytest

from allies_sync.model.checking import check, remarks_of
from allies_sync.model.engagement import Engagement
from allies_sync.model.problems import Code, InvalidData, Problem
from allies_sync.model.tomlfile import load_toml
from allies_sync.text.messages import using_language
from allies_sync.workspace.problems import describe, field_words

from .test_tomlread import WRONG


@pytest.fixture(autouse=True)
def french() -> object:
    with using_language("fr"):
        yield


def sentences(text: str) -> list[str]:
    with pytest.raises(InvalidData) as caught:
        load_toml(text, "engagement.toml", Engagement)
    return [describe(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_sentence(code: Code) -> None:
    problem = Problem("e.toml", 3, "sessions[0].date", '"{x}"', ("1", "2"), code, details={"title": "{y}"})
    sentence = describe(problem)
    assert sentence.startswith("e.toml, ligne 3 : ")
    assert sentence.endswith((".", "?")) or code is Code.INCONSISTENT
    assert not re.search(r"\{(?!x\}|y\})", sentence), "typed braces stay, places are filled"
    assert describe(Problem("", None, "", "", (), code)) if code is not Code.NO_MODULES else True


def test_the_sentences_of_a_whole_file() -> None:
    assert sentences(WRONG)[:8] == [
        "engagement.toml : il manque « title » : un texte entre guillemets droits.",
        "engagement.toml, ligne 1 : « titre » n'est pas une clé connue ici. Vouliez-vous écrire « title » ?",
        "engagement.toml, ligne 3 : « end » vaut 2027-01-01, trop tôt : le début est 2027-02-03 (ligne 2).",
        'engagement.toml, ligne 4 : « state » vaut "ouver" ; valeurs possibles : proposé, refusé, ouvert, en cours, '
        "bilan publié, archivé ou annulé. Vouliez-vous écrire « ouvert » ?",
        "engagement.toml, ligne 5 : « participants » vaut -2 ; il faut au moins 0.",
        "engagement.toml, ligne 7 : « client › name » est vide : il faut au moins une lettre ou un chiffre.",
        "engagement.toml, ligne 9 : « privacy › retention_months » vaut 500 ; il faut au plus 120.",
        "engagement.toml, ligne 10 : « privacy › contact » vaut 3 ; il faut un texte entre guillemets droits.",
    ]
    assert (
        "engagement.toml, ligne 22 : « Deux » commence à 10h30, alors que « Un » (10h–11h) dure jusqu'à 11h "
        "(ligne 18). Changez une heure ou une durée."
    ) in sentences(WRONG)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "title = Été",
            'engagement.toml, ligne 1 : la valeur de « title » s\'écrit entre guillemets droits : title = "Été".',
        ),
        ("a = 1\na = 2", "engagement.toml, ligne 2 : « a » est écrit deux fois. Gardez une seule des deux lignes."),
        (
            "start = 12/03/2027",
            "engagement.toml, ligne 1 : « start » vaut 12/03/2027 ; il faut une date qui existe, comme 2027-03-12.",
        ),
    ],
)
def test_sentences_about_syntax(text: str, sentence: str) -> None:
    assert sentences(text) == [sentence]


def test_what_was_typed_on_the_command_line_has_no_place() -> None:
    with pytest.raises(InvalidData) as caught:
        check({"title": "", "client": {"name": "DLA"}, "start": "demain"}, Engagement)
    assert [describe(problem) for problem in caught.value.problems] == [
        "« title » est vide : il faut au moins une lettre ou un chiffre.",
        '« start » vaut "demain" ; il faut une date qui existe, comme 2027-03-12.',
    ]


def test_remarks() -> None:
    session = {"id": "a", "title": "A", "date": "2028-01-01"}
    data = {
        "title": "T",
        "client": {"name": "DLA"},
        "start": "2027-01-01",
        "end": "2027-02-01",
        "sessions": [session],
    }
    (remark,) = remarks_of(check(data, Engagement).remarks())
    assert describe(remark) == (
        "La rencontre « A » a lieu le 2028-01-01, en dehors des dates de l'accompagnement (2027-01-01 ou 2027-02-01)."
    )


def test_fields_are_counted_as_people_count() -> None:
    assert field_words("sessions[0].programme[11].title") == "sessions n° 1 › programme n° 12 › title"
