"""The draft says what was counted, nothing of anybody, and where people have to write."""

from __future__ import annotations

import re
import unicodedata

import pytest

from allies_sync.bilans.conditions import conditions
from allies_sync.bilans.draft import Material, chart_name, write_draft
from allies_sync.bilans.merge import dump, load, written
from allies_sync.bilans.places import places
from allies_sync.model.engagement import Engagement
from allies_sync.model.licence import Licence
from allies_sync.text.blocks import likeness, split
from allies_sync.text.markdown import plain_text, render_html
from tests.bilans.editors import renormalised
from tests.bilans.samples import Counts, example, tally

HOSTILE = (
    "<script>alert(1)</script>",
    '{{include page="Secret"}}',
    "{% for x in y %}{{ config }}{% endfor %}",
    '""<b>brut</b>""',
    '#eval("1")$ #image("/etc/passwd")',
    '=HYPERLINK("http://mal.example")',
    "[lien](javascript:alert(1)) ![x](http://mal.example/x.png)",
    "| a | b |\n|---|---|\n| c | d |",
    "\u202egnp.exe\u202c",
    "Z\u0351\u036b\u0343a\u0315lgo",
    "nul\0nul",
    "[À écrire : rien]",
    "# Titre\n---\n- liste",
)


def text_of(engagement: Engagement, *tallies: Counts, **more: object) -> str:
    return written(write_draft(Material(engagement, [tally(counts) for counts in tallies], **more)).parts)  # type: ignore[arg-type]


def minimal() -> Engagement:
    return Engagement.model_validate({"title": "Une journée", "start": "2027-03-12", "client": {"name": "DLA"}})


def test_the_example_has_all_that_a_bilan_promises() -> None:
    text = text_of(example(), Counts())
    wanted = (
        "# Bilan : Dynamiques de coopération",
        "## La demande",
        "## Ce que nous avons proposé",
        "## Le programme, tel qu'il s'est passé",
        "### La journée de coopération",
        "## La participation",
        "## Ce que disent les réponses",
        "### À chaud : La journée de coopération",
        "#### Vos attentes ont-elles trouvé réponse ?",
        "## Ce qui a marché, ce qui est à changer",
        "## Les suites",
        "## Licence",
        "## Remerciements",
    )
    positions = [text.index(f"{heading}\n") for heading in wanted]
    assert positions == sorted(positions)
    assert "Collectif Exemple" in text
    assert "12 mars 2027" in text
    assert "vous pouvez le partager et l'adapter" in text
    assert "territoire/" not in dump(write_draft(Material(example())).parts)


def test_the_conditions_of_every_licence_are_asked_of_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    french = [conditions(licence) for licence in Licence]
    assert all(french) and len(set(french)) == len(french)
    monkeypatch.setattr("allies_sync.bilans.conditions._", str.upper)
    assert [conditions(licence) for licence in Licence] == [text.upper() for text in french]


def test_a_minimal_engagement_has_more_to_write() -> None:
    sparse, full = places(text_of(minimal())), places(text_of(example(), Counts()))
    assert "ce que le client demandait, et dans quel contexte" in [place.wanted for place in sparse]
    assert all(place.wanted for place in (*sparse, *full))
    text = text_of(minimal())
    assert "Ce bilan rend compte de l'accompagnement « Une journée », qui a eu lieu le 12 mars 2027." in text
    assert "Commandé par : DLA.\n" in text


def test_an_alliance_tells_of_its_steps() -> None:
    text = text_of(example("alliees-quartier"))
    assert "## Où en est l'alliance" in text
    assert "Garder trace et raconter |" in text


def test_each_part_is_one_block_and_its_key_is_its_own() -> None:
    for engagement in (example(), example("alliees-quartier"), minimal()):
        parts = write_draft(
            Material(engagement, [tally(Counts())], {("form:a-chaud-journee", "garde"): HOSTILE})
        ).parts
        assert [block.text for block in split(written(parts))[0]] == [part.text for part in parts]
        assert len({part.key for part in parts}) == len(parts)
        assert load(dump(parts)) == parts


def test_counts_and_shares_and_how_many_answered() -> None:
    text = text_of(example(), Counts())
    assert "24 réponses, du 12 mars au 14 mars 2027." in text
    assert "| Pas du tout | 1 | 4\u202f% |\n| Un peu | 3 | 13\u202f% |\n| Plutôt oui | 12 | 50\u202f% |" in text
    assert "24 personnes ont répondu." in text
    assert "6 personnes sur 24 ont répondu à cette question." in text
    assert "| À chaud\\ : La journée" not in text


def test_charts_are_pictures_with_words_beside_the_draft() -> None:
    draft = write_draft(Material(example(), [tally(Counts())]))
    assert list(draft.charts) == ["a-chaud-journee-satisfaction.svg"]
    line = next(part.text for part in draft.parts if part.key.endswith("/graphique"))
    assert re.fullmatch(r"!\[.+12, soit 50.+\]\(graphiques/a-chaud-journee-satisfaction\.svg\)", line)
    assert draft.charts["a-chaud-journee-satisfaction.svg"].startswith("<svg ")
    assert chart_name("form:a-froid", "utile_2") == "a-froid-utile_2.svg"


def test_nothing_is_shown_for_fewer_answers_than_could_tell_who() -> None:
    few = Counts(answers=4, scale=(0, 0, 1, 3), words=("Un mot reconnaissable.",) * 3)
    text = text_of(example(), few)
    assert "4 réponses" in text
    assert "Tout à fait" not in text
    assert "Vos attentes" not in text
    one = Counts(answers=24, scale=(0, 0, 1, 3), words=("Un mot.",) * 24)
    text = text_of(example(), one, quotes={("form:a-chaud-journee", "satisfaction"): ["non"]})
    assert "Trop peu de personnes ont répondu" in text
    assert "Tout à fait" not in text
    assert write_draft(Material(example(), [tally(few), tally(one)])).charts == {}
    assert "Tout à fait" in text_of(example(), few, threshold=2)


def test_free_texts_are_quoted_only_where_somebody_picked_them() -> None:
    counts = Counts(words=("Premier mot à moi.", "Second mot à moi.", "c", "d", "e"))
    assert "mot à moi" not in text_of(example(), counts)
    text = text_of(example(), counts, quotes={("form:a-chaud-journee", "garde"): ["Second mot à moi.\n\nEt plus."]})
    assert "> Second mot à moi.\n>\n> Et plus.\n" in text
    assert "Premier" not in text


def test_a_questionnaire_without_answers_is_counted_and_no_more() -> None:
    none = Counts("form:a-froid", "Quelques semaines après", "a-froid", "", 0, (0, 0, 0, 0), ())
    assert "## Ce que disent" not in text_of(example(), none)
    text = text_of(example(), none, Counts())
    assert "| Quelques semaines après | 0 |  |" in text
    assert "### Quelques semaines après" not in text


def test_nothing_personal_even_when_it_is_given() -> None:
    counts = Counts(personal=("Zoé la personne",) * 12)
    text = text_of(example(), counts, quotes={("form:a-chaud-journee", "prenom"): ["Zoé la personne"]})
    assert "Zoé" not in text
    assert "prénom" not in text


def test_places_are_found_whatever_an_editor_did_to_them() -> None:
    text = text_of(example(), Counts())
    found = [place.wanted for place in places(text)]
    assert len(found) >= 8
    assert [place.wanted for place in places(renormalised(text))] == found
    assert [place.wanted for place in places(text.replace("[À", "\\[A\u0300").replace("\n", "\r\n"))] == found
    for place in places(text):
        assert "[À écrire" in text.split("\n")[place.line - 1]
    assert places("Voir [À ÉCRIRE: tout\u00a0] et [to write : all]") == places(
        "Voir [à écrire : tout] et [to write: all]"
    )
    assert [place.wanted for place in places("[À écrire : sans fin")] == ["sans fin"]
    assert places("> \\[À écrire : dit par quelqu'un\\]\n\nÀ écrire : rien") == ()


def test_an_untouched_draft_is_recognised_after_an_editor_rewrote_it() -> None:
    text = text_of(example(), Counts(), quotes={("form:a-chaud-journee", "garde"): ["Un mot."]})
    mine = [likeness(block.text) for block in split(text)[0]]
    assert [likeness(block.text) for block in split(renormalised(text))[0]] == mine


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_text(words: str) -> None:
    title = f"Journée {words.split(chr(10))[0]}"
    engagement = minimal().model_copy(update={"demand": words, "title": title})
    counts = Counts(labels={"1": f"Rien {words}"}, words=(words,) * 6)
    draft = write_draft(Material(engagement, [tally(counts)], {("form:a-chaud-journee", "garde"): [words]}))
    text = written(draft.parts)
    html = render_html(text)
    assert not re.search(r"<(script|iframe|b>|img[^>]*src=.http)|href=\"javascript", html)
    assert len(split(text)[0]) == len(draft.parts)
    plain = plain_text(text)
    for line in (
        it.strip() for it in words.replace("\0", "").replace("\u202e", "").replace("\u202c", "").split("\n")
    ):
        assert unicodedata.normalize("NFC", line) in plain
    assert "\0" not in text
    assert "\u202e" not in text
    for svg in draft.charts.values():
        assert "<script" not in svg
    # what the collective itself wrote may hold a place: in the title, below it, and in the demand
    assert [place.wanted for place in places(text)].count("rien") == (3 if "écrire" in words else 0)


def test_the_time_goes_with_the_length() -> None:
    import time

    def seconds(number: int) -> float:
        counts = Counts(answers=number, scale=(0, 0, 0, number), words=tuple(f"Mot {n}" for n in range(number)))
        quotes = {("form:a-chaud-journee", "garde"): [f"Mot {n}" for n in range(number // 10)]}
        start = time.process_time()
        text_of(example(), counts, quotes=quotes)
        return time.process_time() - start

    seconds(100)
    assert seconds(8000) < 30 * max(seconds(800), 0.005)


def test_in_english() -> None:
    text = text_of(minimal(), language="en")
    assert text.startswith("# ")
    assert "Attribution-ShareAlike 4.0 International" in text and "/by-sa/4.0/deed.en" in text
