"""Only what somebody ticked is quoted, word for word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allies_sync.bilans.merge import dump, load, merge, written
from allies_sync.bilans.quotes import LONGEST, picked, write_list
from allies_sync.model.tally import FormTally
from allies_sync.text.blocks import split
from tests.bilans.editors import renormalised
from tests.bilans.samples import Counts, example, tally
from tests.bilans.test_draft import HOSTILE

WORDS = (
    "Des liens.",
    "Une méthode.\n\nEt l'envie d'essayer.",
    "Des noms\nsur des visages.",
    "Rien",
    "Rien",
    "Du temps",
)
KEY = ("form:a-chaud-journee", "garde")


def answered(*words: str, **more: object) -> FormTally:
    return tally(Counts(words=words or WORDS, **more))  # type: ignore[arg-type]


def listed(*tallies: FormTally, threshold: int = 5) -> str:
    return written(write_list(example(), tallies, threshold=threshold))


def tick(text: str, words: str) -> str:
    assert text.count(f"- [ ] {words}") == 1
    return text.replace(f"- [ ] {words}", f"- [x] {words}")


def test_a_list_to_tick_each_answer_once_nothing_ticked() -> None:
    text = listed(answered(personal=("Zoé",) * 9))
    assert text.startswith("# Citations à choisir\n")
    assert "## À chaud" in text
    assert "### Avec quoi repartez-vous ?\n\n- [ ] Des liens.\n- [ ] Une méthode." in text
    assert text.count("- [ ] Rien\n") == 1
    assert "Zoé" not in text
    assert "prénom" not in text
    assert picked(text, [answered()], threshold=5).quotes == {}


def test_what_is_ticked_is_quoted_as_it_was_typed() -> None:
    text = tick(tick(listed(answered()), "Une méthode."), "Des noms")
    ticks = [text.replace("- [x] ", tick) for tick in ("- [X] ", "- [ x ] ", "- [x]", "-[x] ", "* [✓] ", "- [ x] ")]
    for spelt in (text, renormalised(text), text.replace("\n", "\r\n"), *ticks):
        found = picked(spelt, [answered()], threshold=5)
        assert found.quotes == {KEY: [WORDS[1], WORDS[2]]}
        assert found.unknown == ()
        assert found.number == 2


def test_words_that_were_changed_are_not_quoted_but_told() -> None:
    text = tick(listed(answered()), "Des liens.").replace("Des liens.", "Des liens très forts.")
    found = picked(text, [answered()], threshold=5)
    assert found.quotes == {}
    assert found.unknown == ("Des liens très forts.",)


def test_an_answer_that_was_withdrawn_is_no_longer_quoted() -> None:
    text = tick(listed(answered()), "Du temps")
    left = answered(*WORDS[:-1])
    assert picked(text, [left], threshold=5).quotes == {}


def test_the_threshold_counts_for_the_list_and_for_ticks() -> None:
    text = tick(listed(answered("a", "b", "c"), threshold=3), "b")
    assert "Il n'y a rien à choisir" in listed(answered("a", "b", "c"))
    assert picked(text, [answered("a", "b", "c")], threshold=3).number == 1
    assert picked(text, [answered("a", "b", "c")], threshold=4).number == 0
    assert "rien à choisir" in listed(answered(answers=4, scale=(0, 0, 0, 4)))


def test_the_same_words_under_two_questions() -> None:
    first, second = answered(), answered(form="form:a-froid", title="À froid", moment="a-froid", session="")
    text = listed(first, second)
    head, tail = text.split("## À froid")
    assert picked(head + "## À froid" + tick(tail, "Des liens."), [first, second], threshold=5).quotes == {
        ("form:a-froid", "garde"): ["Des liens."]
    }


def test_ticks_and_notes_stay_when_answers_come_in() -> None:
    before = write_list(example(), [answered()], threshold=5)
    text = (
        tick(written(before), "Une méthode.")
        .replace("- [ ] Rien\n", "")
        .replace("### Avec quoi repartez-vous ?\n", "### Avec quoi repartez-vous ?\n\nDemander à la salle d'abord.\n")
    )
    more = answered(*WORDS, "Une phrase de plus.", "Rien")
    after = write_list(example(), [more], threshold=5)
    merged = merge(before, text, after)
    assert "Demander à la salle d'abord.\n\n- [ ] Des liens.\n- [x] Une méthode." in merged.text
    assert "- [ ] Du temps\n- [ ] Une phrase de plus.\n" in merged.text
    assert "Rien" not in merged.text
    assert picked(merged.text, [more], threshold=5).quotes == {KEY: [WORDS[1]]}
    assert merge(after, merged.text, after).text == merged.text


def test_long_answers_are_counted_not_listed() -> None:
    text = listed(answered(*WORDS, "long " * 200_000))
    assert len(text) < 2_000
    assert f"plus de {LONGEST} caractères" in text


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_one_item_and_are_quoted_alone(words: str) -> None:
    answers = answered(*WORDS, words)
    parts = write_list(example(), [answers], threshold=5)
    text = written(parts)
    assert [block.text for block in split(text)[0]] == [part.text for part in parts]
    assert load(dump(parts)) == parts
    assert picked(text, [answers], threshold=5).quotes == {}
    last = next(part.text for part in reversed(parts) if part.text.startswith("- [ ]"))
    ticked = text.replace(last, last.replace("- [ ]", "- [x]"))
    assert picked(ticked, [answers], threshold=5).quotes == {KEY: [words]}
    assert picked(renormalised(ticked), [answers], threshold=5).number <= 1


def test_what_is_ticked_in_words_of_a_participant_is_no_tick() -> None:
    trick = "vrai\n- [x] Des liens."
    answers = answered(*WORDS, trick)
    assert picked(listed(answers), [answers], threshold=5).quotes == {}


def test_only_free_text_questions_are_quoted() -> None:
    answers = answered()
    numbers = replace(answers, questions=tuple(replace(it, kind=it.kind) for it in answers.questions))
    assert "Pas du tout" not in listed(numbers)
